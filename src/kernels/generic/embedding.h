/* Rows of integers of 8, 4 or 2 bits as floats. Pointers and numbers only. */
#ifndef LN_KERNELS_EMBEDDING_H_
#define LN_KERNELS_EMBEDDING_H_

#include <stddef.h>
#include <stdint.h>

/* out[i] = scale * the integer i, in two's complement, the first in a byte's low bits; `bits` is 8, 4 or 2. */
void ln_widen_bits_f32(const uint8_t* in, int bits, float scale, float* out, size_t n);
void ln_widen_bits_f16(const uint8_t* in, int bits, float scale, uint16_t* out, size_t n);

#endif
