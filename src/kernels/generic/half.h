/* float16 and bfloat16 as bits, to and from float. Pure functions on scalars. */
#ifndef LN_KERNELS_HALF_H_
#define LN_KERNELS_HALF_H_

#include <math.h>
#include <stdint.h>
#include <string.h>

static inline uint32_t ln_float_bits(float x) {
  uint32_t bits;
  memcpy(&bits, &x, sizeof bits);
  return bits;
}

static inline float ln_float_of_bits(uint32_t bits) {
  float x;
  memcpy(&x, &bits, sizeof x);
  return x;
}

static inline float ln_half_to_float(uint16_t h) {
  const uint32_t sign = (uint32_t)(h & 0x8000) << 16, exponent = (h >> 10) & 31, fraction = h & 1023;
  if (exponent == 0) return ln_float_of_bits(ln_float_bits(ldexpf((float)fraction, -24)) | sign);
  return ln_float_of_bits(sign | (exponent == 31 ? 0x7F800000u : (exponent + 112) << 23) | fraction << 13);
}

/* x / 2^shift to the nearest, ties to even; 1 <= shift <= 31. */
static inline uint32_t ln_shift_right_even(uint32_t x, int shift) {
  const uint32_t half = UINT32_C(1) << (shift - 1), odd = x >> shift & 1;
  return (x + half - 1 + odd) >> shift;
}

/* To the nearest, ties to even; too large is infinity, NaN the quiet NaN of its sign. */
static inline uint16_t ln_float_to_half(float x) {
  const uint32_t bits = ln_float_bits(x), sign = bits >> 16 & 0x8000, magnitude = bits & 0x7FFFFFFF;
  uint32_t half;
  if (magnitude > 0x7F800000u)
    half = 0x7E00;
  else if (magnitude >= 0x47800000u) /* 2^16 */
    half = 0x7C00;
  else if (magnitude >= 0x38800000u) /* 2^-14: normal. A carry goes on into the exponent, up to infinity. */
    half = ln_shift_right_even(magnitude - 0x38000000u, 13);
  else if (magnitude < 0x33000000u) /* below 2^-25 */
    half = 0;
  else
    half = ln_shift_right_even((magnitude & 0x7FFFFF) | 0x800000, 126 - (int)(magnitude >> 23));
  return (uint16_t)(sign | half);
}

static inline float ln_bfloat16_to_float(uint16_t b) { return ln_float_of_bits((uint32_t)b << 16); }

/* To the nearest, ties to even; NaN is the quiet NaN of its sign. */
static inline uint16_t ln_float_to_bfloat16(float x) {
  const uint32_t bits = ln_float_bits(x);
  if ((bits & 0x7FFFFFFF) > 0x7F800000u) return (uint16_t)((bits >> 16 & 0x8000) | 0x7FC0);
  return (uint16_t)((bits + 0x7FFF + (bits >> 16 & 1)) >> 16);
}

#endif
