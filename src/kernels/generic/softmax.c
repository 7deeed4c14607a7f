#include "kernels/generic/softmax.h"

#include <float.h>
#include <math.h>

#include "kernels/generic/fixed_exp.h"

enum { DIFF_INTEGER_BITS = 5, SUM_INTEGER_BITS = 12 };

static float largest_f32(const float* row, size_t depth) {
  float largest = -FLT_MAX;
  for (size_t i = 0; i < depth; ++i)
    if (row[i] > largest) largest = row[i];
  return largest;
}

void ln_softmax_f32_ref(float beta, const float* in, float* out, size_t rows, size_t depth) {
  for (size_t r = 0; r < rows; ++r, in += depth, out += depth) {
    const float largest = largest_f32(in, depth);
    float sum = 0;
    for (size_t i = 0; i < depth; ++i) {
      out[i] = expf((in[i] - largest) * beta);
      sum += out[i];
    }
    for (size_t i = 0; i < depth; ++i) out[i] /= sum;
  }
}

void ln_log_softmax_f32_ref(const float* in, float* out, size_t rows, size_t depth) {
  for (size_t r = 0; r < rows; ++r, in += depth, out += depth) {
    const float largest = largest_f32(in, depth);
    float sum = 0;
    for (size_t i = 0; i < depth; ++i) sum += expf(in[i] - largest);
    const float log_sum = logf(sum);
    for (size_t i = 0; i < depth; ++i) out[i] = in[i] - largest - log_sum;
  }
}

int ln_softmax_prepare(double beta, double in_scale, ln_softmax_quantized* p) {
  const double limit = 2147483647.0;
  double factor = beta * in_scale * (double)(1 << (31 - DIFF_INTEGER_BITS));
  if (!(factor > 1)) return 0;
  if (factor > limit) factor = limit;
  ln_quantize_multiplier(factor, &p->multiplier, &p->left_shift);
  /* The largest difference whose rescaled value still has DIFF_INTEGER_BITS integer bits. */
  const double radius = (double)((1 << DIFF_INTEGER_BITS) - 1) * (double)(1 << (31 - DIFF_INTEGER_BITS)) /
                        (double)(INT64_C(1) << p->left_shift);
  p->diff_min = (int32_t)(-1.0 * floor(radius));
  return 1;
}

static int32_t exp_of(const ln_softmax_quantized* p, int32_t diff) {
  const int32_t shifted = (int32_t)((uint32_t)diff << p->left_shift);
  return ln_exp_on_negative(ln_doubling_high_mul(shifted, p->multiplier), DIFF_INTEGER_BITS);
}

#define LN_SOFTMAX(name, in_type, out_type, lowest_in, bits, low, high)                                        \
  void ln_softmax_##name##_ref(const ln_softmax_quantized* p, const in_type* in, out_type* out, size_t rows,   \
                               size_t depth) {                                                                 \
    for (size_t r = 0; r < rows; ++r, in += depth, out += depth) {                                             \
      int32_t largest = lowest_in, sum = 0, over_unit;                                                         \
      for (size_t i = 0; i < depth; ++i)                                                                       \
        if (in[i] > largest) largest = in[i];                                                                  \
      for (size_t i = 0; i < depth; ++i)                                                                       \
        if (in[i] - largest >= p->diff_min)                                                                    \
          sum = ln_saturating_add(sum, ln_rounding_shift_right(exp_of(p, in[i] - largest), SUM_INTEGER_BITS)); \
      const int32_t scale = sum > 0 ? ln_reciprocal(sum, SUM_INTEGER_BITS, &over_unit) : (over_unit = 0);      \
      const int exponent = over_unit + 31 - (bits);                                                            \
      for (size_t i = 0; i < depth; ++i) {                                                                     \
        if (in[i] - largest < p->diff_min) {                                                                   \
          out[i] = low;                                                                                        \
          continue;                                                                                            \
        }                                                                                                      \
        const int32_t product = ln_doubling_high_mul(scale, exp_of(p, in[i] - largest));                       \
        /* A sum over 256 moves every 8-bit output below a half. */                                            \
        const int32_t share = exponent <= 31 ? ln_rounding_shift_right(product, exponent) : 0;                 \
        out[i] = (out_type)ln_clamp_i32(share + (low), low, high);                                             \
      }                                                                                                        \
    }                                                                                                          \
  }

LN_SOFTMAX(qs8, int8_t, int8_t, INT8_MIN, 8, INT8_MIN, INT8_MAX)
LN_SOFTMAX(qu8, uint8_t, uint8_t, 0, 8, 0, UINT8_MAX)
LN_SOFTMAX(qs8_s16, int8_t, int16_t, INT8_MIN, 16, INT16_MIN, INT16_MAX)
