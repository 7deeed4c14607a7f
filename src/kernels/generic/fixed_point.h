/* The integer arithmetic of quantized inference: a real factor as a 31-bit multiplier and a power of two, and rounding
 * as the reference does it (twice: a saturating doubling high multiply that rounds half away from zero, then a right
 * shift that rounds half away from zero). Pure functions on scalars. */
#ifndef LN_KERNELS_FIXED_POINT_H_
#define LN_KERNELS_FIXED_POINT_H_

#include <math.h>
#include <stdint.h>

/* a * b / 2^31, rounded, halves up; the one overflow (both INT32_MIN) saturates. (The reference adds 1 - 2^30 to a
 * negative product and cuts its quotient, which is the same number: floor((n - 1) / d) = ceil(n / d) - 1.) */
static inline int32_t ln_doubling_high_mul(int32_t a, int32_t b) {
  if (a == b && a == INT32_MIN) return INT32_MAX;
  return (int32_t)(((int64_t)a * b + (INT64_C(1) << 30)) >> 31);
}

/* round(x / 2^exponent), half away from zero; 0 <= exponent <= 31. */
static inline int32_t ln_rounding_shift_right(int32_t x, int exponent) {
  const int32_t mask = (int32_t)((INT64_C(1) << exponent) - 1);
  const int32_t remainder = x & mask;
  const int32_t threshold = (mask >> 1) + (x < 0 ? 1 : 0);
  return (x >> exponent) + (remainder > threshold ? 1 : 0);
}

/* x * multiplier * 2^(shift - 31): shift > 0 to the left first (wrapping as the reference does), else right afterwards.
 */
static inline int32_t ln_requantize(int32_t x, int32_t multiplier, int shift) {
  const int left = shift > 0 ? shift : 0;
  const int right = shift > 0 ? 0 : -shift;
  const int32_t shifted = (int32_t)((uint32_t)x << left);
  return ln_rounding_shift_right(ln_doubling_high_mul(shifted, multiplier), right);
}

/* The same for a 64-bit accumulator of up to 48 bits (16x8 operators): the multiplier is cut to 15 bits, one rounding.
 */
static inline int32_t ln_requantize_i64(int64_t x, int32_t multiplier, int shift) {
  const int32_t reduced = multiplier < 0x7FFF0000 ? ((multiplier + (1 << 15)) >> 16) : 0x7FFF;
  const int total_shift = 15 - shift;
  const int64_t product = (int64_t)((uint64_t)x * (uint64_t)(int64_t)reduced + ((uint64_t)1 << (total_shift - 1)));
  return (int32_t)(product >> total_shift);
}

/* A real factor >= 0 as multiplier * 2^(shift - 31), multiplier in [2^30, 2^31) or 0. */
static inline void ln_quantize_multiplier(double factor, int32_t* multiplier, int* shift) {
  *multiplier = 0;
  *shift = 0;
  if (factor == 0.0 || !isfinite(factor)) return;
  int64_t fraction = (int64_t)round(frexp(factor, shift) * (double)(INT64_C(1) << 31));
  if (fraction == (INT64_C(1) << 31)) {
    fraction /= 2;
    ++*shift;
  }
  if (*shift < -31) {
    *shift = 0;
    fraction = 0;
  }
  if (*shift > 30) { /* as the reference: the largest that can be shifted */
    *shift = 30;
    fraction = INT32_MAX;
  }
  *multiplier = (int32_t)fraction;
}

static inline int32_t ln_clamp_i32(int32_t x, int32_t low, int32_t high) {
  return x < low ? low : (x > high ? high : x);
}

#endif
