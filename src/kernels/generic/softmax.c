#include "kernels/generic/softmax.h"

#include <float.h>
#include <math.h>

#include "kernels/generic/fixed_exp.h"
#include "kernels/generic/fixed_log.h"

enum { DIFF_INTEGER_BITS = 5, SUM_INTEGER_BITS = LN_LOG_INTEGER_BITS };

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

static int32_t rescaled(const ln_softmax_quantized* p, int32_t diff) {
  return ln_doubling_high_mul((int32_t)((uint32_t)diff << p->left_shift), p->multiplier);
}

static int32_t exp_of(const ln_softmax_quantized* p, int32_t diff) {
  return ln_exp_on_negative(rescaled(p, diff), DIFF_INTEGER_BITS);
}

void ln_softmax_make_table(const ln_softmax_quantized* p, ln_softmax_table* table) {
  for (int32_t i = 0; i < LN_SOFTMAX_DIFFERENCES; ++i) {
    const int32_t e = -i >= p->diff_min ? exp_of(p, -i) : 0;
    table->exp[i] = (uint32_t)e;
    table->part[i] = (uint32_t)ln_rounding_shift_right(e, SUM_INTEGER_BITS);
  }
}

ln_softmax_scale ln_softmax_scale_of(uint64_t sum, int bits) {
  int32_t over_unit;
  const int32_t scale = ln_reciprocal(sum < INT32_MAX ? (int32_t)sum : INT32_MAX, SUM_INTEGER_BITS, &over_unit);
  const int exponent = over_unit + 31 - bits;
  /* A sum over 256 moves every 8-bit output below a half. */
  return exponent > 31 ? (ln_softmax_scale){0, 31} : (ln_softmax_scale){(uint32_t)scale, exponent};
}

/* What is left of an exponential when it is multiplied by `scale` (Q0.31), both rounded as fixed point is. */
static inline int32_t share_of(uint32_t scale, int exponent, uint32_t e) {
  const uint64_t product = ((uint64_t)scale * e + (UINT64_C(1) << 30)) >> 31;
  return (int32_t)((product + (UINT64_C(1) << (exponent - 1))) >> exponent);
}

/* Rows of at least as many elements as there are differences compute each output once. */
#define LN_SOFTMAX(name, in_type, out_type, lowest_in, bits, low, high)                                           \
  static inline out_type result_##name(uint32_t scale, int exponent, uint32_t e) {                                \
    const int32_t x = share_of(scale, exponent, e) + (low);                                                       \
    return (out_type)(x < (high) ? x : (high));                                                                   \
  }                                                                                                               \
  void ln_softmax_##name##_ref(const ln_softmax_table* t, const in_type* in, out_type* out, size_t rows,          \
                               size_t depth) {                                                                    \
    out_type results[LN_SOFTMAX_DIFFERENCES];                                                                     \
    for (size_t r = 0; r < rows; ++r, in += depth, out += depth) {                                                \
      int32_t largest = lowest_in;                                                                                \
      uint64_t sum = 0;                                                                                           \
      for (size_t i = 0; i < depth; ++i)                                                                          \
        if (in[i] > largest) largest = in[i];                                                                     \
      for (size_t i = 0; i < depth; ++i) sum += t->part[largest - in[i]];                                         \
      const ln_softmax_scale by = ln_softmax_scale_of(sum, bits);                                                 \
      const uint32_t scale = by.scale;                                                                            \
      const int exponent = by.exponent;                                                                           \
      if (depth < LN_SOFTMAX_DIFFERENCES) {                                                                       \
        for (size_t i = 0; i < depth; ++i) out[i] = result_##name(scale, exponent, t->exp[largest - in[i]]);      \
        continue;                                                                                                 \
      }                                                                                                           \
      for (size_t i = 0; i < LN_SOFTMAX_DIFFERENCES; ++i) results[i] = result_##name(scale, exponent, t->exp[i]); \
      for (size_t i = 0; i < depth; ++i) out[i] = results[largest - in[i]];                                       \
    }                                                                                                             \
  }

LN_SOFTMAX(qs8, int8_t, int8_t, INT8_MIN, 8, INT8_MIN, INT8_MAX)
LN_SOFTMAX(qu8, uint8_t, uint8_t, 0, 8, 0, UINT8_MAX)
LN_SOFTMAX(qs8_s16, int8_t, int16_t, INT8_MIN, 16, INT16_MIN, INT16_MAX)
LN_SOFTMAX(qu8_s16, uint8_t, int16_t, 0, 16, INT16_MIN, INT16_MAX)

static float exp_f32(float x, const void* params) {
  (void)params;
  return expf(x);
}

static float reciprocal_f32(float x, const void* params) {
  (void)params;
  return 1.0f / (1.0f + x);
}

void ln_softmax_prepare_s16(float beta, float in_scale, ln_softmax_s16* p) {
  const ln_quantization unit = {2.0f / 65535.0f, 0};
  ln_lookup_fill_16((ln_quantization){10.0f / 65535.0f, INT16_MAX}, unit, exp_f32, NULL, p->exp);
  ln_lookup_fill_16((ln_quantization){1.0f / 65535.0f, INT16_MIN}, unit, reciprocal_f32, NULL, p->reciprocal);
  ln_quantize_multiplier((double)(in_scale * beta) / (10.0 / 65535.0), &p->multiplier, &p->shift);
}

static int16_t saturate_s16(int32_t x) { return (int16_t)ln_clamp_i32(x, INT16_MIN, INT16_MAX); }

void ln_softmax_qs16_ref(const ln_softmax_s16* p, const int16_t* in, int16_t* out, size_t rows, size_t depth) {
  for (size_t r = 0; r < rows; ++r, in += depth, out += depth) {
    int16_t largest = INT16_MIN;
    uint32_t sum = 0;
    for (size_t i = 0; i < depth; ++i)
      if (in[i] > largest) largest = in[i];
    for (size_t i = 0; i < depth; ++i) {
      const int32_t scaled = ln_requantize(in[i] - largest, p->multiplier, p->shift);
      const int16_t place = saturate_s16((int32_t)((uint32_t)scaled + 32767u));
      out[i] = ln_lookup_one_16(p->exp, place);
      sum += (uint32_t)(int32_t)out[i];
    }
    /* The sum is brought to [1, 2) in Q1.16, its part above 1 is what the second table takes. The largest element adds
     * one to the sum, so that there are at most 17 leading zeros. */
    const int zeros = ln_leading_zeros(sum);
    if (zeros < 1 || zeros > 30) {
      for (size_t i = 0; i < depth; ++i) out[i] = 0;
      continue;
    }
    const int32_t fraction = (int32_t)((((int64_t)sum << (zeros - 1)) + (1 << 13)) >> 14) - ((1 << 15) + (1 << 16));
    const int16_t place = saturate_s16(fraction);
    const int16_t reciprocal = ln_lookup_one_16(p->reciprocal, place);
    const int shift = 31 - zeros;
    for (size_t i = 0; i < depth; ++i) {
      const int64_t product = (int64_t)out[i] * reciprocal + (INT64_C(1) << (shift - 1));
      out[i] = (int16_t)ln_clamp_i32((int32_t)(product >> shift), 0, INT16_MAX);
    }
  }
}

int ln_log_softmax_prepare(double in_scale, ln_log_softmax_quantized* p) {
  if (!ln_softmax_prepare(1.0, in_scale, &p->exp)) return 0;
  const double back = (double)(INT64_C(1) << (31 - p->exp.left_shift)) / (double)p->exp.multiplier;
  ln_quantize_multiplier(back, &p->back_multiplier, &p->back_shift);
  ln_softmax_make_table(&p->exp, &p->table);
  for (int32_t i = 0; i < LN_SOFTMAX_DIFFERENCES; ++i) p->scaled[i] = rescaled(&p->exp, -i);
  return 1;
}

/* Rows of at least as many elements as there are differences compute each output once. */
#define LN_LOG_SOFTMAX(name, type, low, high)                                                                    \
  static inline type log_result_##name(const ln_log_softmax_quantized* p, int32_t below, int32_t log_sum,        \
                                       int32_t least) {                                                          \
    const int32_t rest = ln_wrapping_sub(p->scaled[below], log_sum);                                             \
    const int32_t q = ln_rounding_shift_right(rest, LN_LOG_SOFTMAX_SHIFT);                                       \
    return -below > least ? (type)ln_clamp_i32(q + (high), low, high) : (type)(low);                             \
  }                                                                                                              \
  void ln_log_softmax_##name##_ref(const ln_log_softmax_quantized* p, const type* in, type* out, size_t rows,    \
                                   size_t depth) {                                                               \
    type results[LN_SOFTMAX_DIFFERENCES];                                                                        \
    for (size_t r = 0; r < rows; ++r, in += depth, out += depth) {                                               \
      int32_t largest = low;                                                                                     \
      uint64_t sum = 0;                                                                                          \
      for (size_t i = 0; i < depth; ++i)                                                                         \
        if (in[i] > largest) largest = in[i];                                                                    \
      for (size_t i = 0; i < depth; ++i) sum += p->table.part[largest - in[i]];                                  \
      int32_t log_sum, least;                                                                                    \
      ln_log_softmax_sum(p, sum, &log_sum, &least);                                                              \
      if (depth < LN_SOFTMAX_DIFFERENCES) {                                                                      \
        for (size_t i = 0; i < depth; ++i) out[i] = log_result_##name(p, largest - in[i], log_sum, least);       \
        continue;                                                                                                \
      }                                                                                                          \
      for (int32_t i = 0; i < LN_SOFTMAX_DIFFERENCES; ++i) results[i] = log_result_##name(p, i, log_sum, least); \
      for (size_t i = 0; i < depth; ++i) out[i] = results[largest - in[i]];                                      \
    }                                                                                                            \
  }

LN_LOG_SOFTMAX(qs8, int8_t, INT8_MIN, INT8_MAX)
LN_LOG_SOFTMAX(qu8, uint8_t, 0, UINT8_MAX)
