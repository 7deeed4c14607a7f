/* Fused activations of recurrent operators, on floats in place. The numbers are those of the interface's
 * TfLiteFusedActivation; the operators assert it. */
#ifndef LN_KERNELS_ACTIVATE_H_
#define LN_KERNELS_ACTIVATE_H_

#include <stddef.h>

typedef enum ln_activation {
  LN_ACTIVATION_NONE,
  LN_ACTIVATION_RELU,
  LN_ACTIVATION_RELU_N1_TO_1,
  LN_ACTIVATION_RELU6,
  LN_ACTIVATION_TANH,
  LN_ACTIVATION_SIGN_BIT,
  LN_ACTIVATION_LOGISTIC
} ln_activation;

void ln_activate_f32(ln_activation activation, float* values, size_t count);

#endif
