/* Transposed convolutions as matrix products: output places that lie a multiple of the strides apart, a phase, are an
 * ordinary convolution of the input by some of the taps. Knows the matrix, not the operators. */
#ifndef LN_OPS_TRANSPOSED_H_
#define LN_OPS_TRANSPOSED_H_

#include "ops/matrix.h"
#include "ops/matrix_images.h"

/* One direction: input place i meets output place i * stride - pad + k * dilation with tap k, which lies
 * k * tap_stride elements within the filter. */
typedef struct ln_transposed_axis {
  int32_t in, out, filter, stride, dilation, pad;
  size_t tap_stride;
  /* ln_transposed's own. Taps of a phase lie `step` apart, their input places `reach`; `divisor` is the greatest of
   * stride and dilation, `inverse` that of dilation / divisor modulo step. */
  int32_t step, reach, divisor, inverse;
} ln_transposed_axis;

enum { LN_TRANSPOSED_Z, LN_TRANSPOSED_Y, LN_TRANSPOSED_X, LN_TRANSPOSED_AXES };

/* The operator zeroes it when it is made, and sets `matrix` as ops/matrix.h says but for its parts. */
typedef struct ln_transposed {
  ln_matrix matrix;
  ln_transposed_axis axes[LN_TRANSPOSED_AXES]; /* pictures have a depth, filter, stride and dilation of 1 */
  int32_t batch, channels, outputs;
  size_t output_stride; /* of the filter: from output channel to output channel; its input channels lie together */
  size_t scratch_bytes; /* of ln_transposed_prepare */
} ln_transposed;

/* Sets channels, outputs and all of the axes but in, out and pad of y and x, for filters [O,h,w,C] of pictures. */
void ln_transposed_set_picture(ln_transposed* t, const TfLiteTensor* filter, int32_t stride_y, int32_t stride_x);

/* With channels, outputs, output_stride and, of all axes, filter, stride, dilation (each at least 1) and tap_stride
 * set: the matrix's parts and columns. */
TfLiteStatus ln_transposed_make_parts(TfLiteContext* context, ln_transposed* t);

/* Then, with the rest of the matrix set, but for numbers of quantized channels: kernels, weights, scratch memory. */
TfLiteStatus ln_transposed_prepare(TfLiteContext* context, ln_transposed* t, const TfLiteTensor* filter);

/* All of `t` is set, and the matrix loaded. `images` is NULL, or the input of a hybrid product. */
void ln_transposed_run(TfLiteContext* context, const ln_transposed* t, void* scratch, const TfLiteTensor* input,
                       const ln_matrix_images* images, TfLiteTensor* output);

/* A registration's `free` for data, of ln_malloc, that begin with an ln_transposed. */
void ln_transposed_free(TfLiteContext* context, void* user_data);

#endif
