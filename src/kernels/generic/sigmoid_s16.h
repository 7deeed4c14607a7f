/* Logistic function and tanh of int16 values to 1 / 32768, by linear interpolation in one table of the former. Rows in
 * unary.h's form; params: ln_sigmoid_s16. */
#ifndef LN_KERNELS_SIGMOID_S16_H_
#define LN_KERNELS_SIGMOID_S16_H_

#include <stddef.h>
#include <stdint.h>

/* What brings the input to 1 / 12288: x * multiplier / 2^shift. */
typedef struct ln_sigmoid_s16 {
  int32_t multiplier;
  int shift;
} ln_sigmoid_s16;

void ln_logistic_s16(const void* params, const void* in, void* out, size_t n);
void ln_tanh_s16(const void* params, const void* in, void* out, size_t n);

#endif
