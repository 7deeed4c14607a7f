/* Floats rounded to the values that a quantized type can hold, and kept as floats. Pointers and numbers only. */
#ifndef LN_KERNELS_FAKE_QUANT_H_
#define LN_KERNELS_FAKE_QUANT_H_

#include <stddef.h>

typedef struct ln_fake_quant {
  float low, high, scale; /* `high` is `low` and a whole number of scales */
} ln_fake_quant;

/* The range moved so that 0 is one of its 2^bits values; low < high, 1 <= bits <= 16. */
ln_fake_quant ln_fake_quant_range(float low, float high, int bits);

/* In unary.h's form: params are an ln_fake_quant. */
void ln_fake_quant_f32(const void* params, const void* in, void* out, size_t n);

#endif
