/* Transposed convolutions as matrix products: output pixels that lie a multiple of the strides apart, a phase, are an
 * ordinary convolution of the input by every stride-th tap. Knows the matrix, not the operators. */
#ifndef LN_OPS_TRANSPOSED_H_
#define LN_OPS_TRANSPOSED_H_

#include "ops/matrix.h"
#include "ops/matrix_images.h"

/* The operator zeroes it when it is made, and sets `matrix` as ops/matrix.h says but for its parts. Output pixel (y, x)
 * gathers the input pixels (i, j) by the taps (y + pad_top - i * stride_y, x + pad_left - j * stride_x). */
typedef struct ln_transposed {
  ln_matrix matrix;
  int32_t batch, in_height, in_width, channels;
  int32_t out_height, out_width, outputs;
  int32_t filter_height, filter_width, stride_y, stride_x, pad_top, pad_left;
  size_t scratch_bytes; /* of ln_transposed_prepare */
} ln_transposed;

/* With sizes of input, filter [O,h,w,C] and strides set (each at least 1): the matrix's parts and columns. */
TfLiteStatus ln_transposed_make_parts(TfLiteContext* context, ln_transposed* t);

/* `images` is NULL, or the input of a hybrid product. All of `t` is set, and the matrix loaded. */
void ln_transposed_run(TfLiteContext* context, const ln_transposed* t, void* scratch, const TfLiteTensor* input,
                       const ln_matrix_images* images, TfLiteTensor* output);

#endif
