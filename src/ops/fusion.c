#include "ops/fusion.h"

#include "kernels/generic/rows_f32.h"

LinnetFusion ln_fusion(TfLiteContext* context) {
  LinnetBackend* backend = LinnetBackendOf(context);
  const LinnetFusion* fusion = backend != NULL ? backend->Fusion(backend) : NULL;
  return fusion != NULL ? *fusion : (LinnetFusion){0};
}

TfLiteType ln_weights_type(TfLiteContext* context, const TfLiteTensor* weights) {
  return weights->type == kTfLiteFloat16 && ln_fusion(context).half_weights ? kTfLiteFloat32 : weights->type;
}

static ln_unary_row cut(float* low, float* high, float least, float most) {
  if (*low < least) *low = least;
  if (*high > most) *high = most;
  return NULL;
}

ln_unary_row ln_fused_row(const LinnetFusion* fusion, float* low, float* high) {
  switch (fusion->activation) {
    case kLinnetFusedNone:
      return NULL;
    case kLinnetFusedRelu:
      return cut(low, high, 0.0f, *high);
    case kLinnetFusedRelu6:
      return cut(low, high, 0.0f, 6.0f);
    case kLinnetFusedReluN1To1:
      return cut(low, high, -1.0f, 1.0f);
    case kLinnetFusedRelu0To1:
      return cut(low, high, 0.0f, 1.0f);
    case kLinnetFusedHardSwish:
      return ln_unary_best(ln_unary_hard_swish_f32_ref);
    case kLinnetFusedLogistic:
      return ln_unary_best(ln_unary_logistic_f32_ref);
    case kLinnetFusedTanh:
      return ln_unary_best(ln_unary_tanh_f32_ref);
    case kLinnetFusedSwish:
      return ln_unary_best(ln_unary_swish_f32_ref);
  }
  return NULL;
}
