#include "kernels/generic/activate.h"

#include <math.h>

static void clamp(float* values, size_t count, float low, float high) {
  for (size_t i = 0; i < count; ++i) {
    const float raised = values[i] < low ? low : values[i];
    values[i] = raised > high ? high : raised;
  }
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
      for (size_t i = 0; i < count; ++i) values[i] = tanhf(values[i]);
      break;
    case LN_ACTIVATION_SIGN_BIT:
      for (size_t i = 0; i < count; ++i) values[i] = signbit(values[i]) ? 1.0f : 0.0f;
      break;
    case LN_ACTIVATION_LOGISTIC:
      for (size_t i = 0; i < count; ++i) values[i] = 1.0f / (1.0f + expf(-values[i]));
      break;
  }
}
