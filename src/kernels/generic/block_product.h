/* Rows of bytes times weights that have a scale for every few values of a row. Knows pointers and sizes only; the sums
 * are those of gemm_q8.h. */
#ifndef LN_KERNELS_BLOCK_PRODUCT_H_
#define LN_KERNELS_BLOCK_PRODUCT_H_

#include "kernels/generic/gemm_q8.h"

typedef struct ln_block_weights {
  const ln_gemm_q8* kernel;
  size_t columns, depth, block; /* `block` divides the depth */
  const int8_t* packed;         /* the blocks one after the other, each packed as a matrix of its own */
  const float* scales;          /* [depth / block, columns] */
  const float* sums;            /* [columns]: sum of scale * weight */
} ln_block_weights;

/* out = (a - offset) * scale, times the weights, plus the bias, in [low, high] */
typedef struct ln_block_rows {
  size_t count;
  const void* a; /* as the kernel takes it, [count, depth]; LN_BLOCK_SLACK bytes behind it are readable */
  const int32_t* offsets;
  const float *scales, *bias; /* bias NULL: none */
  float low, high;
} ln_block_rows;

enum { LN_BLOCK_SLACK = 64 };

/* The columns of a panel of the kernel's, in `out`, [count, columns]. The blocks of a sum are added up in order. */
void ln_block_product(const ln_block_weights* w, const ln_block_rows* rows, size_t panel, float* out);

#endif
