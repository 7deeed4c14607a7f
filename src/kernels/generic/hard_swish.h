/* x * relu6(x + 3) / 6 on quantized values, in 16-bit fixed point as the reference does it. Rows in unary.h's form. */
#ifndef LN_KERNELS_HARD_SWISH_H_
#define LN_KERNELS_HARD_SWISH_H_

#include <stddef.h>
#include <stdint.h>

typedef struct ln_hard_swish {
  int32_t in_zero_point, out_zero_point, low, high;
  int16_t out_multiplier, gate_multiplier; /* 15 bits of fraction */
  int out_shift, gate_shift;               /* powers of two; out_shift <= 0 */
} ln_hard_swish;

/* A 31-bit multiplier cut to 15 bits, rounded. */
int16_t ln_multiplier_to_s16(int32_t multiplier);

void ln_hard_swish_s8(const void* params, const void* in, void* out, size_t n);
void ln_hard_swish_u8(const void* params, const void* in, void* out, size_t n);

#endif
