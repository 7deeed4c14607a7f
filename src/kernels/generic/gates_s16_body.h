/* The body of a cell's gates: fixed_exp16.h once more, without branches and in 32 bits, so that compilers make vectors
 * of it in the instruction set that the including file is compiled for. No include guard on purpose. */
#include <string.h>

#include "base/compiler.h"
#include "kernels/generic/gates_s16.h"

LN_INLINE int32_t wrap(int32_t x) { return (int16_t)(uint16_t)(uint32_t)x; }
LN_INLINE int32_t saturate(int32_t x) {
  const int32_t above = x > INT16_MIN ? x : INT16_MIN;
  return above < INT16_MAX ? above : INT16_MAX;
}
/* Halves away from zero are floor(x + 1/2) here too: the reference cuts negative numbers after it has moved them up. */
LN_INLINE int32_t high_mul(int32_t a, int32_t b) {
  const int32_t product = (a * b + (1 << 14)) >> 15;
  return product < INT16_MAX ? product : INT16_MAX;
}
/* round(x / 2^exponent), half away from zero. */
LN_INLINE int32_t shift_right(int32_t x, int exponent) {
  const int32_t half = exponent > 0 ? 1 << (exponent - 1) : 0, down = exponent > 0 && x < 0 ? -1 : 0;
  return (x + half + down) >> exponent;
}

LN_INLINE int32_t exp_quarter(int32_t a) {
  const int32_t exp_minus_eighth = 28918, third = 10923, x = wrap(a + (1 << 12));
  const int32_t x2 = high_mul(x, x), x3 = high_mul(x2, x), x4 = high_mul(x2, x2);
  const int32_t square = wrap(high_mul(wrap(shift_right(x4, 2) + x3), third) + x2);
  return saturate(exp_minus_eighth + high_mul(exp_minus_eighth, wrap(x + shift_right(square, 1))));
}

LN_INLINE int32_t factor_if(int32_t result, int32_t set, int32_t factor) {
  const int32_t product = high_mul(result, factor);
  return set != 0 ? product : result;
}

LN_INLINE int32_t exp_on_negative(int32_t a, int integer_bits) {
  const int fraction_bits = 15 - integer_bits;
  const int32_t quarter = 1 << (fraction_bits - 2), reduced = (a & (quarter - 1)) - quarter;
  const int32_t remainder = reduced - a, whole = 1 << fraction_bits;
  int32_t result = exp_quarter(saturate(reduced * (1 << integer_bits)));
  result = factor_if(result, remainder & quarter, 25520);
  result = factor_if(result, remainder & (quarter << 1), 19875);
  if (integer_bits > 0) result = factor_if(result, remainder & whole, 12055);
  if (integer_bits > 1) result = factor_if(result, remainder & (whole << 1), 4435);
  if (integer_bits > 2) result = factor_if(result, remainder & (whole << 2), 600);
  if (integer_bits > 3) result = factor_if(result, remainder & (whole << 3), 11);
  if (integer_bits > 4) result = factor_if(result, remainder & (whole << 4), 0);
  if (integer_bits > 5) result = a < -(1 << (20 - integer_bits)) ? 0 : result;
  return a == 0 ? INT16_MAX : result;
}

LN_INLINE int32_t newton_reciprocal(int32_t a) {
  const int32_t half = (a + INT16_MAX + 1) >> 1;
  int32_t x = wrap(23130 + high_mul(half, -15420));
  for (int i = 0; i < 3; ++i) {
    const int32_t rest = wrap((1 << 13) - high_mul(half, x));
    x = wrap(x + saturate(high_mul(x, rest) * 4));
  }
  return x;
}

LN_INLINE int32_t minus_magnitude(int32_t a) { return a > 0 ? -a : a; }

LN_INLINE int32_t logistic_of(int32_t a, int integer_bits) {
  const int32_t positive = saturate(newton_reciprocal(exp_on_negative(minus_magnitude(a), integer_bits)) * 2);
  const int32_t result = a > 0 ? positive : wrap(INT16_MAX - positive);
  return a == 0 ? 1 << 14 : result;
}

LN_INLINE int32_t tanh_of(int32_t a, int integer_bits) {
  const int32_t power = exp_on_negative(minus_magnitude(a), integer_bits + 1);
  const int32_t magnitude = saturate(wrap(newton_reciprocal(power) - (1 << 13)) * 4);
  const int32_t result = a < 0 ? wrap(-magnitude) : magnitude;
  return a == 0 ? 0 : result;
}

/* Through memory of its own, as `out` may be `in`. The bits are a constant where most cells have theirs. */
enum { kStretch = 32 };
#define LN_GATE(name)                                                                       \
  LN_INLINE void name##_stretch(int integer_bits, const int16_t* in, int16_t* out) {        \
    for (size_t i = 0; i < kStretch; ++i) out[i] = (int16_t)name##_of(in[i], integer_bits); \
  }                                                                                         \
  static void name##_row(int integer_bits, const int16_t* in, int16_t* out, size_t count) { \
    int16_t from[kStretch] = {0}, to[kStretch];                                             \
    for (size_t i = 0; i < count; i += kStretch) {                                          \
      const size_t size = (count - i < kStretch ? count - i : kStretch) * sizeof *in;       \
      memcpy(from, in + i, size);                                                           \
      switch (integer_bits) {                                                               \
        case 3:                                                                             \
          name##_stretch(3, from, to);                                                      \
          break;                                                                            \
        case 4:                                                                             \
          name##_stretch(4, from, to);                                                      \
          break;                                                                            \
        default:                                                                            \
          name##_stretch(integer_bits, from, to);                                           \
      }                                                                                     \
      memcpy(out + i, to, size);                                                            \
    }                                                                                       \
  }
LN_GATE(logistic)
LN_GATE(tanh)

/* Sums are brought near the gates' range first: beyond it they saturate whatever is added. */
static void accumulate(const int32_t* sums, const int32_t* bias, int32_t multiplier, int shift, int16_t* gate,
                       size_t count) {
  enum { kFar = 1 << 20 };
  const int left = shift > 0 ? shift : 0, right = shift > 0 ? 0 : -shift;
  const int64_t half = right > 0 ? INT64_C(1) << (right - 1) : 0;
  for (size_t i = 0; i < count; ++i) {
    const uint32_t sum = ((uint32_t)sums[i] + (bias != NULL ? (uint32_t)bias[i] : 0)) << left;
    const int64_t scaled = ((int64_t)(int32_t)sum * multiplier + (INT64_C(1) << 30)) >> 31;
    const int64_t shifted = (scaled + half + (right > 0 && scaled < 0 ? -1 : 0)) >> right;
    const int64_t above = shifted > -kFar ? shifted : -kFar;
    gate[i] = (int16_t)saturate((int32_t)(above < kFar ? above : kFar) + gate[i]);
  }
}
