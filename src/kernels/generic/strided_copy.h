/* Moving elements between two arrays that are walked with different strides: slices, transpositions, padding, tiling,
 * broadcasting are all this. Knows nothing of types but their size. */
#ifndef LN_KERNELS_STRIDED_COPY_H_
#define LN_KERNELS_STRIDED_COPY_H_

#include <stddef.h>

enum { LN_COPY_MAX_RANK = 16 };

/* For every index i below `extents`: dst[sum i*dst_strides] = src[sum i*src_strides]. Strides are in bytes, may be
 * negative, and for the source 0. */
typedef struct ln_copy_shape {
  int rank;
  size_t extents[LN_COPY_MAX_RANK];
  ptrdiff_t src_strides[LN_COPY_MAX_RANK], dst_strides[LN_COPY_MAX_RANK];
} ln_copy_shape;

/* Adds a dimension behind the others. */
static inline void ln_copy_add(ln_copy_shape* shape, size_t extent, ptrdiff_t src_stride, ptrdiff_t dst_stride) {
  shape->extents[shape->rank] = extent;
  shape->src_strides[shape->rank] = src_stride;
  shape->dst_strides[shape->rank++] = dst_stride;
}

/* The arrays must not overlap. `element_bytes` is any size from 1. */
void ln_strided_copy(const ln_copy_shape* shape, const void* src, void* dst, size_t element_bytes);

#endif
