/* Depthwise convolutions of bytes with one input channel, and so with all filters over it: a convolution, whose filter
 * lies [h,w,filters]. Not to be used where ln_depthwise_single_suits says no. */
#ifndef LN_OPS_DEPTHWISE_SINGLE_H_
#define LN_OPS_DEPTHWISE_SINGLE_H_

#include "kernels/generic/dwconv.h"
#include "ops/matrix.h"

/* Zeroed when the operator is made. */
typedef struct ln_depthwise_single {
  ln_matrix matrix;
  ln_im2col shape;
  size_t batch, scratch_bytes;
} ln_depthwise_single;

void ln_depthwise_single_free(ln_depthwise_single* single);

/* By types, dilation and what is constant; the tensors' ranks need not have been checked. `bias` may be NULL. */
bool ln_depthwise_single_suits(const TfLiteTensor* input, const TfLiteTensor* filter, const TfLiteTensor* bias,
                               const TfLiteDepthwiseConvParams* params);

/* After the tensors have been checked and the output has its shape. */
TfLiteStatus ln_depthwise_single_prepare(TfLiteContext* context, ln_depthwise_single* single, const TfLiteTensor* input,
                                         const TfLiteTensor* filter, const TfLiteTensor* bias,
                                         const TfLiteTensor* output, const ln_dwconv_shape* shape,
                                         TfLiteFusedActivation activation);

/* `scratch` has scratch_bytes. */
void ln_depthwise_single_run(TfLiteContext* context, const ln_depthwise_single* single, const void* in, void* out,
                             void* scratch);

#endif
