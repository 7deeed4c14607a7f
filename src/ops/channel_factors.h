/* The factors from sums to output that a convolution's quantized channels have. Sees tensors; the kernels see the
 * numbers. */
#ifndef LN_OPS_CHANNEL_FACTORS_H_
#define LN_OPS_CHANNEL_FACTORS_H_

#include "ops/op_util.h"

/* Each channel's factor in * weights / out as a multiplier and a shift: *numbers becomes the multipliers, then the
 * shifts, of `outputs` channels (what it was is freed; the caller frees it). With one scale for all of UINT8 weights
 * the product is rounded to float first, as the reference does. */
TfLiteStatus ln_set_channel_factors(TfLiteContext* context, const TfLiteTensor* input, const TfLiteTensor* filter,
                                    const TfLiteTensor* output, int32_t outputs, int32_t** numbers);

#endif
