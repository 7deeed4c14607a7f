#include "kernels/generic/activate.h"

#include <math.h>

#include "kernels/generic/rows_f32.h"

static void clamp(float* values, size_t count, float low, float high) {
  const ln_unary_clamp range = {low, high};
  ln_unary_best(ln_unary_clamp_f32_ref)(&range, values, values, count);
}

void ln_activate_f32(ln_activation activation, float* values, size_t count) {
  switch (activation) {
    case LN_ACTIVATION_NONE:
      break;
    case LN_ACTIVATION_RELU:
      clamp(values, count, 0.0f, INFINITY);
      break;
    case LN_ACTIVATION_RELU_N1_TO_1:
      clamp(values, count, -1.0f, 1.0f);
      break;
    case LN_ACTIVATION_RELU6:
      clamp(values, count, 0.0f, 6.0f);
      break;
    case LN_ACTIVATION_TANH:
      ln_unary_best(ln_unary_tanh_f32_ref)(NULL, values, values, count);
      break;
    case LN_ACTIVATION_SIGN_BIT:
      for (size_t i = 0; i < count; ++i) values[i] = signbit(values[i]) ? 1.0f : 0.0f;
      break;
    case LN_ACTIVATION_LOGISTIC:
      ln_unary_best(ln_unary_logistic_f32_ref)(NULL, values, values, count);
      break;
  }
}
