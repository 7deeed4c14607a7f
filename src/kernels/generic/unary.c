#include "kernels/generic/unary.h"

#include <math.h>

#include "kernels/generic/fixed_exp.h"

#define LN_ROW(name, type, expression)                                                  \
  void ln_unary_##name##_ref(const void* params, const void* in, void* out, size_t n) { \
    const type* from = in;                                                              \
    type* to = out;                                                                     \
    (void)params;                                                                       \
    for (size_t i = 0; i < n; ++i) {                                                    \
      const type x = from[i];                                                           \
      to[i] = expression;                                                               \
    }                                                                                   \
  }

static inline float sign(float x) { return x > 0 ? 1.0f : x < 0 ? -1.0f : x; }

static inline float hard_swish(float x) {
  const float gate = x + 3.0f < 0 ? 0.0f : x + 3.0f > 6.0f ? 6.0f : x + 3.0f;
  return x * gate / 6.0f;
}

LN_ROW(sin_f32, float, sinf(x))
LN_ROW(cos_f32, float, cosf(x))
LN_ROW(sqrt_f32, float, sqrtf(x))
LN_ROW(rsqrt_f32, float, 1.0f / sqrtf(x))
LN_ROW(square_f32, float, x* x)
LN_ROW(exp_f32, float, expf(x))
LN_ROW(log_f32, float, logf(x))
LN_ROW(floor_f32, float, floorf(x))
LN_ROW(ceil_f32, float, ceilf(x))
LN_ROW(round_f32, float, nearbyintf(x))
LN_ROW(sign_f32, float, sign(x))
LN_ROW(sign_f64, double, x > 0 ? 1.0 : x < 0 ? -1.0 : x)
LN_ROW(sign_i32, int32_t, (x > 0) - (x < 0))
LN_ROW(abs_f32, float, fabsf(x))
LN_ROW(abs_i32, int32_t, x < 0 ? (int32_t)(0u - (uint32_t)x) : x)
LN_ROW(abs_s16, int16_t, (int16_t)(x < 0 ? -x : x))
LN_ROW(neg_f32, float, -x)
LN_ROW(neg_i32, int32_t, (int32_t)(0u - (uint32_t)x))
LN_ROW(neg_i64, int64_t, (int64_t)(UINT64_C(0) - (uint64_t)x))
LN_ROW(neg_s8, int8_t, (int8_t)-x)
LN_ROW(neg_s16, int16_t, (int16_t)-x)
LN_ROW(logical_not, uint8_t, (uint8_t)(x == 0))
LN_ROW(tanh_f32, float, tanhf(x))
LN_ROW(logistic_f32, float, 1.0f / (1.0f + expf(-x)))
LN_ROW(swish_f32, float, x*(1.0f / (1.0f + expf(-x))))
LN_ROW(elu_f32, float, x < 0 ? expm1f(x) : x)
LN_ROW(hard_swish_f32, float, hard_swish(x))
LN_ROW(gelu_f32, float, 0.5f * x * (1.0f + erff(x * 0.70710678f)))
LN_ROW(gelu_tanh_f32, float, 0.5f * x * (1.0f + tanhf(0.7978845608f * (x + 0.044715f * x * x * x))))

void ln_unary_clamp_f32_ref(const void* params, const void* in, void* out, size_t n) {
  const ln_unary_clamp* p = params;
  const float* from = in;
  float* to = out;
  for (size_t i = 0; i < n; ++i) to[i] = from[i] < p->low ? p->low : from[i] > p->high ? p->high : from[i];
}

void ln_unary_leaky_relu_f32_ref(const void* params, const void* in, void* out, size_t n) {
  const float alpha = *(const float*)params;
  const float* from = in;
  float* to = out;
  for (size_t i = 0; i < n; ++i) to[i] = from[i] > 0 ? from[i] : from[i] * alpha;
}

static inline int32_t rescale(const ln_unary_rescale* p, int32_t x) {
  const int32_t value = x - p->in_zero_point;
  const int32_t scaled = value >= 0 ? ln_requantize(value, p->positive_multiplier, p->positive_shift)
                                    : ln_requantize(value, p->negative_multiplier, p->negative_shift);
  return ln_clamp_i32((int32_t)((uint32_t)scaled + (uint32_t)p->out_zero_point), p->low, p->high);
}

/* 1 / sqrt(value) with 20 bits of fraction, then to the output's scale. Negative values have no root: they must not
 * occur. */
static inline int32_t inverse_root(const ln_unary_rescale* p, int32_t x) {
  enum { FRACTION = 20 };
  const int32_t value = x - p->in_zero_point;
  if (value <= 0) return p->high;
  int32_t multiplier;
  int shift;
  ln_inverse_sqrt(value, &multiplier, &shift);
  const int32_t inverse = ln_requantize(1, multiplier, -shift + FRACTION);
  const int32_t scaled = ln_requantize(inverse, p->positive_multiplier, p->positive_shift - FRACTION);
  return ln_clamp_i32(scaled + p->out_zero_point, p->low, p->high);
}

static inline int32_t root(const ln_unary_rescale* p, int32_t x) {
  const float value = x > p->in_zero_point ? p->in_scale * (float)(x - p->in_zero_point) : 0.0f;
  const float scaled = sqrtf(value) / p->out_scale;
  return ln_clamp_i32((scaled < 65536.0f ? (int32_t)scaled : 65536) + p->out_zero_point, p->low, p->high);
}

#define LN_RESCALE(name, type, function)                                                \
  void ln_unary_##name##_ref(const void* params, const void* in, void* out, size_t n) { \
    const type* from = in;                                                              \
    type* to = out;                                                                     \
    for (size_t i = 0; i < n; ++i) to[i] = (type)function(params, from[i]);             \
  }

LN_RESCALE(rescale_qu8, uint8_t, rescale)
LN_RESCALE(rescale_qs8, int8_t, rescale)
LN_RESCALE(rescale_qs16, int16_t, rescale)
LN_RESCALE(rsqrt_qs8, int8_t, inverse_root)
LN_RESCALE(sqrt_qs8, int8_t, root)
LN_RESCALE(sqrt_qs16, int16_t, root)
