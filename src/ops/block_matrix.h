/* Products of float rows, quantized to bytes row by row, with constant weights of 4 or 2 bits that have a scale for
 * each block of a row (ops/weights.h). Sees tensors and kernels/generic/block_product.h. */
#ifndef LN_OPS_BLOCK_MATRIX_H_
#define LN_OPS_BLOCK_MATRIX_H_

#include "kernels/generic/block_product.h"
#include "ops/op_util.h"

typedef struct ln_block_matrix {
  ln_block_weights weights;
  int8_t* packed;
  float* numbers; /* the scales, then the sums */
} ln_block_matrix;

/* Checks and packs the weights. What was there is freed. */
TfLiteStatus ln_block_matrix_prepare(TfLiteContext* context, ln_block_matrix* matrix, const TfLiteTensor* weights);
void ln_block_matrix_free(ln_block_matrix* matrix);

/* Bytes that ln_block_matrix_run needs for so many rows. */
TfLiteStatus ln_block_matrix_scratch(TfLiteContext* context, const ln_block_matrix* matrix, size_t rows, size_t* bytes);

/* rows.a are int8 rows with these zero points, which it changes; rows.offsets count for nothing. */
void ln_block_matrix_run(TfLiteContext* context, const ln_block_matrix* matrix, ln_block_rows rows,
                         int32_t* zero_points, void* scratch, float* out);

#endif
