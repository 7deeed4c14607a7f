#include "kernels/generic/strided_copy.h"

#include <stdint.h>
#include <string.h>

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

#define LN_COPY_ROW(type)                                                                   \
  for (size_t i = 0; i < count; ++i) {                                                      \
    memcpy(dst + (ptrdiff_t)i * dst_stride, src + (ptrdiff_t)i * src_stride, sizeof(type)); \
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

static void copy_row(size_t count, const char* src, ptrdiff_t src_stride, char* dst, ptrdiff_t dst_stride,
                     size_t bytes) {
  if (src_stride == 0 && dst_stride == (ptrdiff_t)bytes) {
    repeat(count, src, dst, bytes);
    return;
  }
  switch (bytes) {
    case 1:
      LN_COPY_ROW(uint8_t)
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
      for (size_t i = 0; i < count; ++i)
        memcpy(dst + (ptrdiff_t)i * dst_stride, src + (ptrdiff_t)i * src_stride, bytes);
  }
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
  const int inner = s.rank - 1;
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
