#include "convert/permute.h"

#include <string.h>

enum { MAX_RANK = 8, TILE = 16, TILE_ROWS = 64 };
/* In elements of 4 bytes: what is put together before it is written. */
enum { WINDOW = 1 << 20, MIN_ROWS = 1024 };

typedef struct layout {
  int rank;
  size_t width;                              /* of an element, in bytes */
  size_t extent[MAX_RANK], stride[MAX_RANK]; /* of the result; strides are the source's, in elements */
} layout;

/* Dimensions that stay side by side count as one, those of one element as none. */
static layout join(int rank, const int32_t* dims, const int32_t* order) {
  size_t strides[MAX_RANK], stride = 1;
  layout l;
  int last = -1;
  memset(&l, 0, sizeof l); /* with what is between its fields: it is compared as bytes */
  for (int i = rank - 1; i >= 0; --i) {
    strides[i] = stride;
    stride *= (size_t)dims[i];
  }
  for (int i = 0; i < rank; ++i) {
    const int from = order[i];
    const size_t extent = (size_t)dims[from];
    if (extent == 1) continue;
    if (last >= 0 && l.stride[l.rank - 1] == strides[from] * extent) {
      l.extent[l.rank - 1] *= extent;
      l.stride[l.rank - 1] = strides[from];
    } else {
      l.extent[l.rank] = extent;
      l.stride[l.rank++] = strides[from];
    }
    last = from;
  }
  return l;
}

/* The source may lie at any address. */
static void transpose_tiles(uint32_t* to, size_t to_stride, const unsigned char* from, size_t from_stride, size_t rows,
                            size_t columns) {
  for (size_t r0 = 0; r0 < rows; r0 += TILE_ROWS) {
    const size_t r1 = rows - r0 < TILE_ROWS ? rows : r0 + TILE_ROWS;
    for (size_t c0 = 0; c0 < columns; c0 += TILE) {
      const size_t c1 = columns - c0 < TILE ? columns : c0 + TILE;
      for (size_t c = c0; c < c1; ++c)
        for (size_t r = r0; r < r1; ++r) memcpy(&to[c * to_stride + r], from + 4 * (r * from_stride + c), 4);
    }
  }
}

/* [rows,columns] to [columns,rows] for elements of 4 bytes. Where the whole is too large for the window it is put
 * together in parts of all columns, a page or more of each. */
static void transpose_words(ln_job* job, void* to, const unsigned char* from, size_t rows, size_t columns) {
  const size_t most = WINDOW / columns < MIN_ROWS ? MIN_ROWS : WINDOW / columns, high = rows < most ? rows : most;
  const size_t wide = columns < WINDOW / high ? columns : WINDOW / high > 0 ? WINDOW / high : 1;
  uint32_t* part = ln_job_scratch(job, high * wide * sizeof *part);
  for (size_t r = 0, height; r < rows; r += height) {
    height = rows - r < high ? rows - r : high;
    for (size_t c = 0, width; c < columns; c += width) {
      width = columns - c < wide ? columns - c : wide;
      transpose_tiles(part, height, from + 4 * (r * columns + c), columns, height, width);
      if (height == rows)
        ln_job_fill(job, to, c * rows * sizeof *part, part, width * rows * sizeof *part);
      else
        for (size_t k = 0; k < width; ++k)
          ln_job_fill(job, to, ((c + k) * rows + r) * sizeof *part, part + k * height, height * sizeof *part);
      ln_job_touch(job, height * width * sizeof *part);
    }
  }
}

/* Runs of `run` bytes that stay together, in the result's order. */
static void move_runs(ln_job* job, void* to, const unsigned char* from, size_t width, const layout* l, size_t run) {
  size_t at[MAX_RANK] = {0}, offset = 0, done = 0, in_part = 0;
  const size_t room = run > LN_JOB_STRETCH_BYTES ? run : LN_JOB_STRETCH_BYTES / run * run;
  unsigned char* part = ln_job_scratch(job, room);
  for (int d = 0; d >= 0;) {
    memcpy(part + in_part, from + offset * width, run);
    in_part += run;
    for (d = l->rank - 1; d >= 0; --d) {
      offset += l->stride[d];
      if (++at[d] < l->extent[d]) break;
      offset -= l->stride[d] * l->extent[d];
      at[d] = 0;
    }
    if (in_part < room && d >= 0) continue;
    ln_job_fill(job, to, done, part, in_part);
    ln_job_touch(job, in_part);
    done += in_part;
    in_part = 0;
  }
}

const void* ln_permute(ln_job* job, const void* data, size_t width, int rank, const int32_t* dims,
                       const int32_t* order) {
  size_t count = 1;
  for (int i = 0; i < rank; ++i) count *= (size_t)dims[i];
  layout l = join(rank, dims, order);
  l.width = width;
  if (l.rank == 0 || count == 0 || (l.rank == 1 && l.stride[0] == 1))
    return (uintptr_t)data % width == 0 ? data : ln_job_copy(job, data, count * width);
  const layout how = l;
  void* result = ln_job_find_derived(job, data, &how, sizeof how);
  if (result != NULL) return result;
  result = ln_job_alloc_raw(job, count * width);
  ln_job_note_derived(job, data, &how, sizeof how, result);
  if (l.rank == 2 && l.stride[0] == 1 && width == sizeof(uint32_t)) {
    transpose_words(job, result, data, l.extent[1], l.extent[0]);
    return result;
  }
  size_t run = width;
  if (l.stride[l.rank - 1] == 1) run *= l.extent[--l.rank];
  move_runs(job, result, data, width, &l, run);
  return result;
}
