/* Products of rows of activations with sparse weights: out[m][n] = sum over k of a[m][k] * w[n][k], over the weights
 * that are stored only. Knows pointers, sizes and strides; no tensor, no quantization. */
#ifndef LN_KERNELS_SPARSE_PRODUCT_H_
#define LN_KERNELS_SPARSE_PRODUCT_H_

#include <stddef.h>
#include <stdint.h>

/* Row n of the weights has the blocks starts[n] to starts[n + 1] - 1, by rising column: block i is `block` values, at
 * values[i * block] (float or int8), for the columns from columns[i]. */
typedef struct ln_sparse_rows {
  size_t rows, block;
  const uint32_t *starts, *columns;
  const void* values;
} ln_sparse_rows;

/* For `count` rows of a, a_stride elements apart, and rows begin to end - 1 of the weights:
 * out[m * out_stride + n - begin] = clamp(sum + bias[n], low, high). The order of a sum depends on its row of weights
 * alone. */
void ln_sparse_product_f32(const ln_sparse_rows* weights, size_t begin, size_t end, const float* a, size_t a_stride,
                           size_t count, const float* bias, float low, float high, float* out, size_t out_stride);

/* sums[n - begin] for one row of a, modulo 2^32; by the best rung of sparse_q8.h, and the definition. */
void ln_sparse_product_s8(const ln_sparse_rows* weights, size_t begin, size_t end, const int8_t* a, int32_t* sums);
void ln_sparse_product_s8_ref(const ln_sparse_rows* weights, size_t begin, size_t end, const int8_t* a, int32_t* sums);

/* The sum of the int8 values of each row of the weights, modulo 2^32. */
void ln_sparse_sum_rows_s8(const ln_sparse_rows* weights, int32_t* sums);

#endif
