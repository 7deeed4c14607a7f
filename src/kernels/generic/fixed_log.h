/* The logarithm of a sum of exponentials in fixed point, with the reference's rational function and bits, in operations
 * that compilers have vectors for. It knows softmax's parameters, no rows. */
#ifndef LN_KERNELS_FIXED_LOG_H_
#define LN_KERNELS_FIXED_LOG_H_

#include <stdint.h>

#include "kernels/generic/fixed_point.h"
#include "kernels/generic/softmax.h"

enum { LN_LOG_INTEGER_BITS = 12 };

/* ln_doubling_high_mul of numbers that are not both INT32_MIN. */
static inline int32_t ln_log_mul(int32_t a, int32_t b) {
  return (int32_t)(uint32_t)((uint64_t)((int64_t)a * b + (INT64_C(1) << 30)) >> 31);
}

static inline int32_t ln_log_saturated(uint32_t x) { return (int32_t)(x < INT32_MAX ? x : INT32_MAX); }

static inline int32_t ln_log_sum(int32_t a, int32_t b) { return (int32_t)((uint32_t)a + (uint32_t)b); }

/* ln(x) in Q5.26 for x >= 1/4 in Q12.19: x = z 2^n with z around 1, ln z by a rational function. `n` takes steps of a
 * half, by the smaller of two candidates for z. (The reference saturates wherever it shifts to the left. For such x
 * only both candidates and the reciprocal, which is 1 at most, can be too large, and none of them is negative.) */
static inline int32_t ln_log_of(int32_t x) {
  const int32_t log_2 = 1488522236, root_4_half = 1805811301, root_half = 1518500250, quarter_q6 = 1 << 23;
  const int32_t alpha_n = 117049297, alpha_d = 127690142, alpha_i = 1057819769, alpha_f = 638450708;
  uint32_t up = (uint32_t)x; /* without its leading zeros, fourteen at most */
  int32_t zeros = up < UINT32_C(1) << 24 ? 8 : 0, more;
  up <<= zeros;
  more = up < UINT32_C(1) << 28 ? 4 : 0;
  up <<= more;
  zeros += more;
  more = up < UINT32_C(1) << 30 ? 2 : 0;
  up <<= more;
  zeros += more;
  more = up < UINT32_C(1) << 31 ? 1 : 0;
  up <<= more;
  zeros += more;
  /* x * sqrt(1/2) has as many leading zeros or one more. */
  const int32_t headroom = zeros - ((uint32_t)ln_log_mul(x, root_half) << zeros >= UINT32_C(1) << 31 ? 1 : 0);
  const int32_t z_a = ln_log_saturated((uint32_t)ln_log_mul((int32_t)(up >> 1), root_half) << 1);
  const int32_t z_b = ln_log_saturated((uint32_t)x << headroom);
  const int32_t power_a = (LN_LOG_INTEGER_BITS - zeros) * (1 << 25) + quarter_q6;
  const int32_t power_b = (LN_LOG_INTEGER_BITS - headroom) * (1 << 25) - quarter_q6;
  const int32_t r = z_a < z_b ? z_a : z_b, power = power_a > power_b ? power_a : power_b;
  const int32_t p = (int32_t)(((uint32_t)r + (uint32_t)root_4_half + 1) >> 1), q = 2 * (r - root_4_half);
  const int32_t square = ln_log_mul(q, q);
  const int32_t numerator = ln_log_sum(ln_log_mul(q, r), ln_log_mul(ln_log_mul(q, square), alpha_n));
  const int32_t inner = ln_log_sum(ln_log_sum(alpha_i, q), ln_log_mul(alpha_d, square));
  const int32_t denominator = ln_log_sum(ln_log_mul(p, inner), ln_log_mul(alpha_f, q));
  /* Its reciprocal as fixed_exp.h's, by Newton's steps. */
  const int32_t half = (int32_t)(((uint32_t)denominator + (UINT32_C(1) << 31)) >> 1);
  int32_t inverse = ln_log_sum(1515870810, ln_log_mul(half, -1010580540));
  for (int i = 0; i < 3; ++i) {
    const int32_t rest = (1 << 29) - ln_log_mul(half, inverse);
    inverse = ln_log_sum(inverse, 4 * ln_log_mul(inverse, rest));
  }
  const int32_t rounded = (numerator + 32 - (numerator < 0 ? 1 : 0)) >> 6;
  return 2 * ln_log_sum(ln_log_mul(power, log_2), ln_log_mul(rounded, ln_log_saturated((uint32_t)inverse << 1)));
}

/* The logarithm of a sum of parts, and the difference (negative) from which on nothing is left: what is below `reach`
 * would leave Q5.26 once the logarithm is taken off. */
static inline void ln_log_softmax_sum(const ln_log_softmax_quantized* p, uint64_t sum, int32_t* log, int32_t* least) {
  *log = ln_log_of(sum < INT32_MAX ? (int32_t)sum : INT32_MAX);
  const int32_t reach = ln_requantize(ln_log_sum(*log, INT32_MIN), p->back_multiplier, p->back_shift);
  *least = reach > p->exp.diff_min - 1 ? reach : p->exp.diff_min - 1;
}

#endif
