#include "kernels/generic/prelu.h"

#include "kernels/generic/fixed_point.h"

static inline int32_t add(int32_t a, int32_t b) { return (int32_t)((uint32_t)a + (uint32_t)b); }

static inline int32_t prelu(const ln_prelu_quantized* p, int32_t x, int32_t slope, int32_t low, int32_t high) {
  const int32_t in = add(x, p->in_offset);
  int32_t out;
  if (in >= 0) {
    out = ln_requantize(in, p->multiplier, p->shift);
  } else {
    const int32_t product = (int32_t)((uint32_t)in * (uint32_t)add(slope, p->slope_offset));
    out = ln_requantize(product, p->slope_multiplier, p->slope_shift);
  }
  return ln_clamp_i32(add(out, p->out_offset), low, high);
}

#define LN_ROW(name, type, slope_type, params_type, expression)                                                        \
  void ln_prelu_##name##_ref(const void* params, const void* in, size_t in_step, const void* slope, size_t slope_step, \
                             void* out, size_t n) {                                                                    \
    const params_type* p = params;                                                                                     \
    const type* from = in;                                                                                             \
    const slope_type* slopes = slope;                                                                                  \
    type* to = out;                                                                                                    \
    (void)p;                                                                                                           \
    for (size_t i = 0; i < n; ++i) {                                                                                   \
      const type x = from[i * in_step];                                                                                \
      const slope_type y = slopes[i * slope_step];                                                                     \
      to[i] = expression;                                                                                              \
    }                                                                                                                  \
  }

LN_ROW(f32, float, float, void, x >= 0 ? x : x * y)
LN_ROW(qu8, uint8_t, uint8_t, ln_prelu_quantized, (uint8_t)prelu(p, x, y, 0, UINT8_MAX))
LN_ROW(qs8, int8_t, int8_t, ln_prelu_quantized, (int8_t)prelu(p, x, y, INT8_MIN, INT8_MAX))
LN_ROW(qs16, int16_t, int8_t, ln_prelu_quantized, (int16_t)prelu(p, x, y, INT16_MIN, INT16_MAX))
