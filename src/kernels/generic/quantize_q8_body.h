/* The body of quantizing to bytes: plain C in operations that compilers have vectors for, in the instruction set that
 * the including file is compiled for. No include guard on purpose. */
#include "base/compiler.h"
#include "kernels/generic/quantize_q8.h"

/* A stretch is clamped first and rounded then, in two loops: in one, compilers make branches of the clamps. NaN counts
 * as the least. */
enum { kStretch = 64 };

LN_INLINE void clamp_near(float scale, const float* in, size_t n, float* near) {
  for (size_t i = 0; i < n; ++i) {
    const float q = in[i] / scale, above = q > -1024.0f ? q : -1024.0f;
    near[i] = above < 1024.0f ? above : 1024.0f;
  }
}

/* roundf: half away from zero. */
LN_INLINE int32_t round_near(float x) {
  const int32_t cut = (int32_t)x;
  const float rest = x - (float)cut;
  return cut + (rest >= 0.5f) - (rest <= -0.5f);
}

#define LN_QUANTIZE_Q8(suffix, type, low, high)                                                                  \
  LN_INLINE void stretch_##suffix(float scale, int32_t zero, const float* in, type* out, size_t n) {             \
    float near[kStretch];                                                                                        \
    clamp_near(scale, in, n, near);                                                                              \
    for (size_t i = 0; i < n; ++i) {                                                                             \
      const int32_t q = round_near(near[i]) + zero, above = q < (low) ? (low) : q;                               \
      out[i] = (type)(above > (high) ? (high) : above);                                                          \
    }                                                                                                            \
  }                                                                                                              \
  static void quantize_##suffix(float scale, int32_t zero, const float* in, type* out, size_t n) {               \
    size_t i = 0;                                                                                                \
    if (zero < (low) || zero > (high)) {                                                                         \
      ln_quantize_f32_##suffix##_ref(scale, zero, in, out, n);                                                   \
      return;                                                                                                    \
    }                                                                                                            \
    for (; i + kStretch <= n; i += kStretch) stretch_##suffix(scale, zero, in + i, out + i, kStretch);           \
    stretch_##suffix(scale, zero, in + i, out + i, n - i);                                                       \
  }                                                                                                              \
  static void dequantize_##suffix(float scale, int32_t zero, const type* in, float* out, size_t n) {             \
    for (size_t i = 0; i < n; ++i) out[i] = scale * (float)(int32_t)((uint32_t)(int32_t)in[i] - (uint32_t)zero); \
  }

LN_QUANTIZE_Q8(s8, int8_t, INT8_MIN, INT8_MAX)
LN_QUANTIZE_Q8(u8, uint8_t, 0, UINT8_MAX)
