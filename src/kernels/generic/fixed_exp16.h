/* The logistic function and tanh of 16-bit fixed-point numbers, with the reference's polynomials and bits: those of
 * fixed_exp.h, every constant rounded to 16 bits and every step in 16 bits. Qm has m integer bits; Q0 is raw / 2^15.
 * Pure functions on scalars. */
#ifndef LN_KERNELS_FIXED_EXP16_H_
#define LN_KERNELS_FIXED_EXP16_H_

#include <stdint.h>

#include "kernels/generic/fixed_point.h"

static inline int16_t ln_saturate_s16(int32_t x) { return (int16_t)ln_clamp_i32(x, INT16_MIN, INT16_MAX); }

/* Sums that the reference lets wrap. */
static inline int16_t ln_wrap_s16(int32_t x) { return (int16_t)(uint16_t)(uint32_t)x; }

/* round(a * b / 2^15), half away from zero; the one overflow saturates. */
static inline int16_t ln_doubling_high_mul_s16(int16_t a, int16_t b) {
  if (a == b && a == INT16_MIN) return INT16_MAX;
  const int32_t product = a * b;
  return (int16_t)((product + (product >= 0 ? 1 << 14 : 1 - (1 << 14))) / (1 << 15));
}

/* exp(a) for a in [-1/4, 0), both Q0. */
static inline int16_t ln_exp_quarter_s16(int16_t a) {
  const int16_t exp_minus_eighth = 28918, third = 10923;
  const int16_t x = ln_wrap_s16(a + (1 << 12));
  const int16_t x2 = ln_doubling_high_mul_s16(x, x), x3 = ln_doubling_high_mul_s16(x2, x),
                x4 = ln_doubling_high_mul_s16(x2, x2);
  const int16_t cubic = ln_wrap_s16(ln_rounding_shift_right(x4, 2) + x3);
  const int16_t square = ln_wrap_s16(ln_doubling_high_mul_s16(cubic, third) + x2);
  const int16_t tail = ln_wrap_s16(x + ln_rounding_shift_right(square, 1));
  return ln_saturate_s16(exp_minus_eighth + ln_doubling_high_mul_s16(exp_minus_eighth, tail));
}

/* exp(a) for a <= 0 with `integer_bits` (at most 7) integer bits, as Q0; below -32 it is 0. */
static inline int16_t ln_exp_on_negative_s16(int16_t a, int integer_bits) {
  static const int16_t kFactors[] = {25520, 19875, 12055, 4435, 600, 11, 0};
  const int fraction_bits = 15 - integer_bits;
  if (a == 0) return INT16_MAX;
  if (integer_bits > 5 && a < -(1 << (20 - integer_bits))) return 0;
  const int32_t quarter = 1 << (fraction_bits - 2);
  const int32_t reduced = (a & (quarter - 1)) - quarter;
  int16_t result = ln_exp_quarter_s16(ln_saturate_s16(reduced * (1 << integer_bits)));
  const int32_t remainder = reduced - a;
  for (int k = -2; k < integer_bits && k <= 4; ++k)
    if ((remainder & (1 << (fraction_bits + k))) != 0) result = ln_doubling_high_mul_s16(result, kFactors[k + 2]);
  return result;
}

/* 2 / (1 + a) in Q2 for a in [0, 1] in Q0: Newton-Raphson from the line 48/17 - 32/17 x. */
static inline int16_t ln_newton_reciprocal_s16(int16_t a) {
  const int16_t half = (int16_t)((a + INT16_MAX + 1) / 2);
  int16_t x = ln_wrap_s16(23130 + ln_doubling_high_mul_s16(half, -15420));
  for (int i = 0; i < 3; ++i) {
    const int16_t rest = ln_wrap_s16((1 << 13) - ln_doubling_high_mul_s16(half, x));
    x = ln_wrap_s16(x + ln_saturate_s16(ln_doubling_high_mul_s16(x, rest) * 4));
  }
  return x;
}

/* 1 / (1 + exp(-a)) as Q0. */
static inline int16_t ln_logistic_s16(int16_t a, int integer_bits) {
  if (a == 0) return 1 << 14;
  const int16_t power = ln_exp_on_negative_s16(a > 0 ? (int16_t)-a : a, integer_bits);
  const int16_t positive = ln_saturate_s16(ln_newton_reciprocal_s16(power) * 2);
  return a > 0 ? positive : ln_wrap_s16(INT16_MAX - positive);
}

/* tanh(a) = (1 - exp(-2a)) / (1 + exp(-2a)) as Q0; doubling is reading it with one integer bit more. */
static inline int16_t ln_tanh_s16(int16_t a, int integer_bits) {
  if (a == 0) return 0;
  const int16_t power = ln_exp_on_negative_s16(a > 0 ? (int16_t)-a : a, integer_bits + 1);
  const int16_t magnitude = ln_saturate_s16(ln_wrap_s16(ln_newton_reciprocal_s16(power) - (1 << 13)) * 4);
  return a < 0 ? ln_wrap_s16(-magnitude) : magnitude;
}

#endif
