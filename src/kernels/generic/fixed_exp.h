/* Fixed-point exponential, reciprocal and inverse square root, with the reference's polynomials and bits. Qm.n below is
 * an int32 with m integer bits (Q0: raw / 2^31, Q5: raw / 2^26). Pure functions on scalars. */
#ifndef LN_KERNELS_FIXED_EXP_H_
#define LN_KERNELS_FIXED_EXP_H_

#include <stdint.h>

#include "kernels/generic/fixed_point.h"

/* x * 2^exponent, exponent >= 0, saturating. */
static inline int32_t ln_saturating_shift_left(int32_t x, int exponent) {
  const int64_t shifted = (int64_t)x * (INT64_C(1) << exponent);
  return shifted > INT32_MAX ? INT32_MAX : shifted < INT32_MIN ? INT32_MIN : (int32_t)shifted;
}

static inline int32_t ln_wrapping_add(int32_t a, int32_t b) { return (int32_t)((uint32_t)a + (uint32_t)b); }

static inline int32_t ln_wrapping_sub(int32_t a, int32_t b) { return (int32_t)((uint32_t)a - (uint32_t)b); }

static inline int32_t ln_saturating_add(int32_t a, int32_t b) {
  const int64_t sum = (int64_t)a + b;
  return sum > INT32_MAX ? INT32_MAX : sum < INT32_MIN ? INT32_MIN : (int32_t)sum;
}

/* exp(a) for a in [-1/4, 0), both Q0: the Taylor series around -1/8 to the fourth power. */
static inline int32_t ln_exp_quarter(int32_t a) {
  const int32_t exp_minus_eighth = 1895147668, third = 715827883;
  const int32_t x = ln_wrapping_add(a, 1 << 28);
  const int32_t x2 = ln_doubling_high_mul(x, x), x3 = ln_doubling_high_mul(x2, x), x4 = ln_doubling_high_mul(x2, x2);
  const int32_t x4_quarter = ln_rounding_shift_right(x4, 2);
  const int32_t tail =
      ln_rounding_shift_right(ln_wrapping_add(ln_doubling_high_mul(ln_wrapping_add(x4_quarter, x3), third), x2), 1);
  return ln_saturating_add(exp_minus_eighth, ln_doubling_high_mul(exp_minus_eighth, ln_wrapping_add(x, tail)));
}

/* exp(a) for a <= 0 with `integer_bits` integer bits (at most 5), as Q0. The part below a quarter by the series, then
 * one factor exp(-2^k) for every bit that is set above it. */
static inline int32_t ln_exp_on_negative(int32_t a, int integer_bits) {
  static const int32_t kFactors[] = {1672461947, 1302514674, 790015084, 290630308, 39332535, 720401, 242};
  const int fraction_bits = 31 - integer_bits;
  const int32_t quarter = 1 << (fraction_bits - 2), mask = quarter - 1;
  const int32_t reduced = (a & mask) - quarter;
  int32_t result = ln_exp_quarter(ln_saturating_shift_left(reduced, integer_bits));
  const int32_t remainder = ln_wrapping_sub(reduced, a);
  for (int k = -2; k < integer_bits && k <= 4; ++k)
    if ((remainder & (1 << (fraction_bits + k))) != 0) result = ln_doubling_high_mul(result, kFactors[k + 2]);
  return a == 0 ? INT32_MAX : result;
}

/* (a + b) / 2, rounded half away from zero. */
static inline int32_t ln_rounding_half_sum(int32_t a, int32_t b) {
  const int64_t sum = (int64_t)a + b;
  return (int32_t)((sum + (sum >= 0 ? 1 : -1)) / 2);
}

/* A Newton-Raphson reciprocal of half = (1 + a) / 2, half in [1/2, 1] as Q0, result Q2: starts from the line
 * 48/17 - 32/17 half and doubles the correct digits three times. */
static inline int32_t ln_newton_reciprocal(int32_t half) {
  int32_t x = ln_wrapping_add(1515870810, ln_doubling_high_mul(half, -1010580540));
  for (int i = 0; i < 3; ++i) {
    const int32_t rest = ln_wrapping_sub(1 << 29, ln_doubling_high_mul(half, x));
    x = ln_wrapping_add(x, ln_saturating_shift_left(ln_doubling_high_mul(x, rest), 2));
  }
  return x;
}

/* 1 / (1 + a) for a in [0, 1], both Q0. */
static inline int32_t ln_one_over_one_plus(int32_t a) {
  return ln_saturating_shift_left(ln_newton_reciprocal(ln_rounding_half_sum(a, INT32_MAX)), 1);
}

/* (1 - a) / (1 + a) for a in [0, 1], both Q0. */
static inline int32_t ln_one_minus_over_one_plus(int32_t a) {
  return ln_saturating_shift_left(ln_wrapping_sub(ln_newton_reciprocal(ln_rounding_half_sum(a, INT32_MAX)), 1 << 29),
                                  2);
}

static inline int ln_leading_zeros(uint32_t x) {
  int count = x == 0 ? 1 : 0;
  for (int step = 16; step > 0; step /= 2)
    if (x >> (32 - step) == 0) {
      x <<= step;
      count += step;
    }
  return count;
}

/* 1 / x for x > 0 with `integer_bits` integer bits: the result is Q0 times 2^-bits_over_unit. */
static inline int32_t ln_reciprocal(int32_t x, int integer_bits, int* bits_over_unit) {
  const int headroom = ln_leading_zeros((uint32_t)x);
  *bits_over_unit = integer_bits - headroom;
  const int32_t minus_one = (int32_t)(((uint32_t)x << headroom) - 0x80000000u);
  return ln_one_over_one_plus(minus_one);
}

/* 1 / sqrt(x) for an integer x >= 0 as multiplier * 2^(-shift - 31) in the reference's way: x is brought to [1/8, 1/2)
 * by pairs of bits, then five Newton steps x (3 - a x^2) / 2 in Q3. x 0 or 1 gives the largest multiplier. */
static inline void ln_inverse_sqrt(int32_t input, int32_t* multiplier, int* shift) {
  if (input <= 1) {
    *multiplier = INT32_MAX;
    *shift = 0;
    return;
  }
  *shift = 11;
  while (input >= 1 << 29) {
    input /= 4;
    ++*shift;
  }
  const int pairs = (ln_leading_zeros((uint32_t)input) - 1) / 2 - 1;
  *shift -= pairs;
  input <<= 2 * pairs;
  const int32_t half_input = ln_rounding_shift_right(input >> 1, 1), half_three = (1 << 28) + (1 << 27);
  int32_t x = 1 << 28;
  for (int i = 0; i < 5; ++i) {
    const int32_t cube = ln_saturating_shift_left(ln_doubling_high_mul(ln_doubling_high_mul(x, x), x), 6);
    x = ln_saturating_shift_left(
        ln_wrapping_sub(ln_doubling_high_mul(half_three, x), ln_doubling_high_mul(half_input, cube)), 3);
  }
  *multiplier = ln_doubling_high_mul(x, 1518500250); /* sqrt(2) / 2 */
  if (*shift < 0) {
    *multiplier = (int32_t)((uint32_t)*multiplier << -*shift);
    *shift = 0;
  }
}

#endif
