#include "ops/channel_factors.h"

#include "kernels/generic/fixed_point.h"

TfLiteStatus ln_set_channel_factors(TfLiteContext* context, const TfLiteTensor* input, const TfLiteTensor* filter,
                                    const TfLiteTensor* output, int32_t outputs, int32_t** numbers) {
  const TfLiteAffineQuantization* affine;
  LN_TRY(ln_get_affine(context, filter, "the filter", &affine));
  LN_CHECK(context, input->params.scale > 0 && output->params.scale > 0,
           "the scales are %g and %g; input and output need one above 0", (double)input->params.scale,
           (double)output->params.scale);
  LN_CHECK(context, affine->scale->size == 1 || affine->scale->size == outputs,
           "the filter has %d scales; 1 or %d are right", affine->scale->size, outputs);
  ln_free(*numbers);
  *numbers = ln_calloc(2 * (size_t)outputs, sizeof(int32_t));
  LN_CHECK(context, *numbers != NULL, "no memory for %d channels", outputs);
  const bool one = affine->scale->size == 1 && input->type == kTfLiteUInt8;
  for (int32_t o = 0; o < outputs; ++o) {
    const float w = affine->scale->data[affine->scale->size == 1 ? 0 : o];
    const double product = one ? (double)(input->params.scale * w) : (double)input->params.scale * (double)w;
    int shift;
    ln_quantize_multiplier(product / (double)output->params.scale, &(*numbers)[o], &shift);
    LN_CHECK(context, input->type != kTfLiteInt16 || shift <= 14, "the factor of channel %d is too large", o);
    (*numbers)[outputs + o] = shift;
  }
  return kTfLiteOk;
}
