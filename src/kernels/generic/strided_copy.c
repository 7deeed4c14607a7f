#include "kernels/generic/strided_copy.h"

#include <stdint.h>
#include <string.h>

#include "base/compiler.h"
#include "kernels/generic/rows_f32.h"
#include "kernels/generic/rows_q8.h"

/* Drops dimensions of extent 1 and joins neighbours that are one walk in both arrays; false: nothing to copy. */
static int simplify(const ln_copy_shape* shape, ln_copy_shape* simple) {
  simple->rank = 0;
  for (int i = 0; i < shape->rank; ++i) {
    if (shape->extents[i] == 0) return 0;
    if (shape->extents[i] == 1) continue;
    const int last = simple->rank - 1;
    const ptrdiff_t extent = (ptrdiff_t)shape->extents[i];
    if (last >= 0 && simple->src_strides[last] == shape->src_strides[i] * extent &&
        simple->dst_strides[last] == shape->dst_strides[i] * extent) {
      simple->extents[last] *= shape->extents[i];
      simple->src_strides[last] = shape->src_strides[i];
      simple->dst_strides[last] = shape->dst_strides[i];
    } else {
      ln_copy_add(simple, shape->extents[i], shape->src_strides[i], shape->dst_strides[i]);
    }
  }
  return 1;
}

/* What lies the other way round is a loop of its own, which compilers make vectors of. */
#define LN_COPY_ROW(type)                                                                     \
  if (src_stride == -(ptrdiff_t)sizeof(type) && dst_stride == (ptrdiff_t)sizeof(type)) {      \
    LN_INDEPENDENT for (size_t i = 0; i < count; ++i) {                                       \
      type x;                                                                                 \
      memcpy(&x, src - (ptrdiff_t)(i * sizeof(type)), sizeof(type));                          \
      memcpy(dst + i * sizeof(type), &x, sizeof(type));                                       \
    }                                                                                         \
  } else {                                                                                    \
    for (size_t i = 0; i < count; ++i)                                                        \
      memcpy(dst + (ptrdiff_t)i * dst_stride, src + (ptrdiff_t)i * src_stride, sizeof(type)); \
  }

/* In the other order. */
static inline uint64_t swap_bytes(uint64_t x) {
  const uint64_t bytes = UINT64_C(0x00ff00ff00ff00ff), pairs = UINT64_C(0x0000ffff0000ffff);
  x = (x & bytes) << 8 | (x >> 8 & bytes);
  x = (x & pairs) << 16 | (x >> 16 & pairs);
  return x << 32 | x >> 32;
}

static void copy_bytes(size_t count, const char* src, ptrdiff_t src_stride, char* dst, ptrdiff_t dst_stride) {
  if (src_stride == -1 && dst_stride == 1) {
    for (; count >= 8; count -= 8, src -= 8, dst += 8) {
      uint64_t x;
      memcpy(&x, src - 7, 8);
      x = swap_bytes(x);
      memcpy(dst, &x, 8);
    }
  }
  for (size_t i = 0; i < count; ++i) dst[(ptrdiff_t)i * dst_stride] = src[(ptrdiff_t)i * src_stride];
}

/* One element into `count` neighbours: what is there already is copied to what is not. */
static void repeat(size_t count, const char* src, char* dst, size_t bytes) {
  const size_t total = count * bytes;
  if (bytes == 1) {
    memset(dst, (unsigned char)*src, total);
    return;
  }
  memcpy(dst, src, total > 0 ? bytes : 0);
  for (size_t done = bytes; done < total; done *= 2) memcpy(dst + done, dst, done < total - done ? done : total - done);
}

/* Short blocks are copied faster than memcpy is called. */
static void copy_blocks(size_t count, const char* src, ptrdiff_t src_stride, char* dst, ptrdiff_t dst_stride,
                        size_t bytes) {
  for (size_t i = 0; i < count; ++i, src += src_stride, dst += dst_stride) {
    if (bytes > 1024) {
      memcpy(dst, src, bytes);
      continue;
    }
    for (size_t k = 0; k < bytes; k += 32) memcpy(dst + k, src + k, 32);
  }
}

static void copy_row(size_t count, const char* src, ptrdiff_t src_stride, char* dst, ptrdiff_t dst_stride,
                     size_t bytes) {
  if (src_stride == 0 && dst_stride == (ptrdiff_t)bytes) {
    repeat(count, src, dst, bytes);
    return;
  }
  switch (bytes) {
    case 1:
      copy_bytes(count, src, src_stride, dst, dst_stride);
      break;
    case 2:
      LN_COPY_ROW(uint16_t)
      break;
    case 4:
      LN_COPY_ROW(uint32_t)
      break;
    case 8:
      LN_COPY_ROW(uint64_t)
      break;
    default:
      if (bytes % 32 == 0) {
        copy_blocks(count, src, src_stride, dst, dst_stride, bytes);
        break;
      }
      for (size_t i = 0; i < count; ++i)
        memcpy(dst + (ptrdiff_t)i * dst_stride, src + (ptrdiff_t)i * src_stride, bytes);
  }
}

/* ---- Transpositions: elements of 8, 16 or 32 bits that are neighbours along one dimension in the source and along
 * another, the last, in the destination. The two are a matrix that is turned. ---- */

static int find_turned(const ln_copy_shape* s, size_t element_bytes, const char* src, const char* dst) {
  const int last = s->rank - 1;
  const ptrdiff_t step = (ptrdiff_t)element_bytes;
  if ((step != 1 && step != 2 && step != 4) || s->rank < 2 || s->dst_strides[last] != step ||
      s->src_strides[last] <= step || s->src_strides[last] % step != 0)
    return -1;
  if (step == 4 && ((uintptr_t)src % 4 != 0 || (uintptr_t)dst % 4 != 0)) return -1;
  for (int i = 0; i < last; ++i)
    if (s->src_strides[i] == step && s->dst_strides[i] > 0 && s->dst_strides[i] % step == 0) return i;
  return -1;
}

/* The upper parts of *a change places with the lower ones of *b; parts have `bits` bits, the lower ones are `mask`. */
static inline void swap_parts(uint64_t* a, uint64_t* b, unsigned bits, uint64_t mask) {
  const uint64_t both = ((*a >> bits) ^ *b) & mask;
  *b ^= both;
  *a ^= both << bits;
}

/* 8 x 8 bytes, and 4 x 4 of 16 bits: halves change places across the diagonal, then theirs. */
static inline void turn_8(const char* in, size_t in_stride, char* out, size_t out_stride) {
  uint64_t r[8];
  for (size_t i = 0; i < 8; ++i) memcpy(&r[i], in + i * in_stride, 8);
  for (size_t i = 0; i < 4; ++i) swap_parts(&r[i], &r[i + 4], 32, UINT64_C(0xffffffff));
  for (size_t i = 0; i < 8; ++i)
    if ((i & 2) == 0) swap_parts(&r[i], &r[i + 2], 16, UINT64_C(0xffff0000ffff));
  for (size_t i = 0; i < 8; i += 2) swap_parts(&r[i], &r[i + 1], 8, UINT64_C(0xff00ff00ff00ff));
  for (size_t i = 0; i < 8; ++i) memcpy(out + i * out_stride, &r[i], 8);
}

static inline void turn_16(const char* in, size_t in_stride, char* out, size_t out_stride) {
  uint64_t r[4];
  for (size_t i = 0; i < 4; ++i) memcpy(&r[i], in + i * in_stride, 8);
  for (size_t i = 0; i < 2; ++i) swap_parts(&r[i], &r[i + 2], 32, UINT64_C(0xffffffff));
  for (size_t i = 0; i < 4; i += 2) swap_parts(&r[i], &r[i + 1], 16, UINT64_C(0xffff0000ffff));
  for (size_t i = 0; i < 4; ++i) memcpy(out + i * out_stride, &r[i], 8);
}

/* out[c][r] = in[r][c]; strides are in bytes. A line of the cache is written at once: the lines of an output whose
 * stride is a power of two have few places there. */
enum { LINE = 64 };
#define LN_TURN(name, type, block, turn)                                                                               \
  static void name(size_t rows, size_t columns, const char* in, size_t in_stride, char* out, size_t out_stride) {      \
    const size_t whole_rows = rows / (block) * (block), whole_columns = columns / (block) * (block);                   \
    for (size_t r = 0; r < rows; ++r) {                                                                                \
      const size_t first = r < whole_rows ? whole_columns : 0;                                                         \
      for (size_t c = first; c < columns; ++c)                                                                         \
        memcpy(out + c * out_stride + r * sizeof(type), in + r * in_stride + c * sizeof(type), sizeof(type));          \
    }                                                                                                                  \
    for (size_t first = 0, end; first < whole_rows; first = end) {                                                     \
      end = first + LINE / sizeof(type) < whole_rows ? first + LINE / sizeof(type) : whole_rows;                       \
      for (size_t c = 0; c < whole_columns; c += (block))                                                              \
        for (size_t r = first; r < end; r += (block))                                                                  \
          turn(in + r * in_stride + c * sizeof(type), in_stride, out + c * out_stride + r * sizeof(type), out_stride); \
    }                                                                                                                  \
  }
LN_TURN(turn_some_bytes, uint8_t, 8, turn_8)
LN_TURN(turn_halves, uint16_t, 4, turn_16)

/* Blocks of 16 by 16, of which the last begin earlier and make some again. */
static void turn_bytes(size_t rows, size_t columns, const char* in, size_t in_stride, char* out, size_t out_stride) {
  enum { BLOCK = 16 };
  const ln_turn_bytes_fn turn = ln_turn_bytes_best();
  if (turn == NULL || rows < BLOCK || columns < BLOCK) {
    turn_some_bytes(rows, columns, in, in_stride, out, out_stride);
    return;
  }
  for (size_t first = 0; first < rows; first += LINE)
    for (size_t c = 0; c < columns; c += BLOCK)
      for (size_t r = first; r < rows && r < first + LINE; r += BLOCK) {
        const size_t row = r + BLOCK <= rows ? r : rows - BLOCK, column = c + BLOCK <= columns ? c : columns - BLOCK;
        turn(in + row * in_stride + column, in_stride, out + column * out_stride + row, out_stride);
      }
}

static void turn_floats(size_t rows, size_t columns, const char* in, size_t in_stride, char* out, size_t out_stride) {
  ln_rows_f32_best()->turn(rows, columns, (const float*)(const void*)in, in_stride / sizeof(float), (float*)(void*)out,
                           out_stride / sizeof(float));
}

/* All but the last dimension and `axis` are walked. */
static void copy_turned(const ln_copy_shape* s, int axis, const char* src, char* dst) {
  const int last = s->rank - 1;
  const ptrdiff_t bytes = s->dst_strides[last];
  const size_t in_stride = (size_t)s->src_strides[last], out_stride = (size_t)s->dst_strides[axis];
  size_t index[LN_COPY_MAX_RANK] = {0};
  for (;;) {
    (bytes == 1   ? turn_bytes
     : bytes == 2 ? turn_halves
                  : turn_floats)(s->extents[last], s->extents[axis], src, in_stride, dst, out_stride);
    int i = last - 1;
    for (; i >= 0; --i) {
      if (i == axis) continue;
      src += s->src_strides[i];
      dst += s->dst_strides[i];
      if (++index[i] < s->extents[i]) break;
      src -= s->src_strides[i] * (ptrdiff_t)s->extents[i];
      dst -= s->dst_strides[i] * (ptrdiff_t)s->extents[i];
      index[i] = 0;
    }
    if (i < 0) return;
  }
}

/* Very short rows, as channels of pictures are, change places with the dimension outside of them. */
static void lengthen_rows(ln_copy_shape* s) {
  const int inner = s->rank - 1, outer = inner - 1;
  if (inner < 1 || s->extents[inner] > 4 || s->extents[outer] <= s->extents[inner]) return;
  const size_t extent = s->extents[inner];
  const ptrdiff_t src = s->src_strides[inner], dst = s->dst_strides[inner];
  s->extents[inner] = s->extents[outer];
  s->src_strides[inner] = s->src_strides[outer];
  s->dst_strides[inner] = s->dst_strides[outer];
  s->extents[outer] = extent;
  s->src_strides[outer] = src;
  s->dst_strides[outer] = dst;
}

void ln_strided_copy(const ln_copy_shape* shape, const void* src, void* dst, size_t element_bytes) {
  ln_copy_shape s;
  if (!simplify(shape, &s)) return;
  size_t bytes = element_bytes;
  if (s.rank > 0 && s.src_strides[s.rank - 1] == (ptrdiff_t)bytes && s.dst_strides[s.rank - 1] == (ptrdiff_t)bytes)
    bytes *= s.extents[--s.rank];
  if (s.rank == 0) {
    memcpy(dst, src, bytes);
    return;
  }
  const int turned = find_turned(&s, bytes, src, dst);
  if (turned >= 0) {
    copy_turned(&s, turned, src, dst);
    return;
  }
  const int inner = s.rank - 1;
  lengthen_rows(&s);
  size_t index[LN_COPY_MAX_RANK] = {0};
  const char* from = src;
  char* to = dst;
  for (;;) {
    copy_row(s.extents[inner], from, s.src_strides[inner], to, s.dst_strides[inner], bytes);
    int axis = inner - 1;
    for (; axis >= 0; --axis) {
      from += s.src_strides[axis];
      to += s.dst_strides[axis];
      if (++index[axis] < s.extents[axis]) break;
      from -= s.src_strides[axis] * (ptrdiff_t)s.extents[axis];
      to -= s.dst_strides[axis] * (ptrdiff_t)s.extents[axis];
      index[axis] = 0;
    }
    if (axis < 0) return;
  }
}
