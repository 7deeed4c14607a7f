/* The body of quantizing to bytes: plain C in operations that compilers have vectors for, in the instruction set that
 * the including file is compiled for. No include guard on purpose. */
#include <math.h>

#include "base/compiler.h"
#include "kernels/generic/half.h"
#include "kernels/generic/quantize_q8.h"

/* A stretch is clamped first and rounded then, in two loops: in one, compilers make branches of the clamps. NaN counts
 * as the least. */
enum { kStretch = 64 };

LN_INLINE void clamp_near(float scale, float most, const float* in, size_t n, float* near) {
  for (size_t i = 0; i < n; ++i) {
    const float q = in[i] / scale, above = q > -most ? q : -most;
    near[i] = above < most ? above : most;
  }
}

/* roundf: half away from zero. */
LN_INLINE int32_t round_near(float x) {
  const int32_t cut = (int32_t)x;
  const float rest = x - (float)cut;
  return cut + (rest >= 0.5f) - (rest <= -0.5f);
}

/* `most` is twice what any result less its zero point can be. */
LN_INLINE void divide(float scale, float most, const float* in, size_t n, int32_t* rounded) {
  float near[kStretch];
  clamp_near(scale, most, in, n, near);
  for (size_t i = 0; i < n; ++i) rounded[i] = round_near(near[i]);
}

/* Where products are faster than quotients the including file has a function for whole stretches: it multiplies by
 * 1 / scale, rounds, adds the zero point, saturates, and says whether no product was so near a half that the quotient
 * could round to another byte; if one was, the stretch is divided. */
#ifndef LN_MULTIPLY
#define LN_MULTIPLY(inverse, zero, is_signed, in, out) false
#endif

#define LN_FINISH(suffix, type, low, high)                                                    \
  LN_INLINE void finish_##suffix(const int32_t* rounded, int32_t zero, type* out, size_t n) { \
    for (size_t i = 0; i < n; ++i) {                                                          \
      const int32_t q = rounded[i] + zero, above = q < (low) ? (low) : q;                     \
      out[i] = (type)(above > (high) ? (high) : above);                                       \
    }                                                                                         \
  }

LN_FINISH(s8, int8_t, INT8_MIN, INT8_MAX)
LN_FINISH(u8, uint8_t, 0, UINT8_MAX)
LN_FINISH(s16, int16_t, INT16_MIN, INT16_MAX)

static void quantize_s16(float scale, int32_t zero, const float* in, int16_t* out, size_t n) {
  const float most = 1 << 17;
  int32_t rounded[kStretch];
  size_t i = 0;
  if (zero < INT16_MIN || zero > INT16_MAX) {
    ln_quantize_f32_s16_ref(scale, zero, in, out, n);
    return;
  }
  for (; i + kStretch <= n; i += kStretch) {
    divide(scale, most, in + i, kStretch, rounded);
    finish_s16(rounded, zero, out + i, kStretch);
  }
  divide(scale, most, in + i, n - i, rounded);
  finish_s16(rounded, zero, out + i, n - i);
}

#define LN_QUANTIZE_Q8(suffix, type, is_signed, low, high)                                                       \
  static void quantize_##suffix(float scale, int32_t zero, const float* in, type* out, size_t n) {               \
    const bool multiplies = scale > 0x1p-100f && scale < 0x1p100f;                                               \
    const float inverse = multiplies ? 1.0f / scale : 0.0f;                                                      \
    int32_t rounded[kStretch];                                                                                   \
    size_t i = 0;                                                                                                \
    (void)inverse;                                                                                               \
    if (zero < (low) || zero > (high)) {                                                                         \
      ln_quantize_f32_##suffix##_ref(scale, zero, in, out, n);                                                   \
      return;                                                                                                    \
    }                                                                                                            \
    for (; i + kStretch <= n; i += kStretch) {                                                                   \
      if (multiplies && LN_MULTIPLY(inverse, zero, is_signed, in + i, out + i)) continue;                        \
      divide(scale, 1024, in + i, kStretch, rounded);                                                            \
      finish_##suffix(rounded, zero, out + i, kStretch);                                                         \
    }                                                                                                            \
    divide(scale, 1024, in + i, n - i, rounded);                                                                 \
    finish_##suffix(rounded, zero, out + i, n - i);                                                              \
  }                                                                                                              \
  static void dequantize_##suffix(float scale, int32_t zero, const type* in, float* out, size_t n) {             \
    for (size_t i = 0; i < n; ++i) out[i] = scale * (float)(int32_t)((uint32_t)(int32_t)in[i] - (uint32_t)zero); \
  }

LN_QUANTIZE_Q8(s8, int8_t, true, INT8_MIN, INT8_MAX)
LN_QUANTIZE_Q8(u8, uint8_t, false, 0, UINT8_MAX)

/* ln_half_to_float without a branch: what is not normal is 2^-14 * (1 + f) - 2^-14, which is exact. */
static void dequantize_f16(const uint16_t* in, float* out, size_t n) {
  for (size_t i = 0; i < n; ++i) {
    const uint32_t sign = (uint32_t)(in[i] & 0x8000) << 16, magnitude = (uint32_t)(in[i] & 0x7FFF) << 13;
    const uint32_t small = ln_float_bits(ln_float_of_bits(magnitude + (113u << 23)) - 0x1p-14f);
    const uint32_t normal = magnitude + (112u << 23);
    const uint32_t bits = magnitude < 1u << 23 ? small : magnitude < 31u << 23 ? normal : magnitude | 0x7F800000u;
    out[i] = ln_float_of_bits(bits | sign);
  }
}

/* ---- Hybrid operators ---- */

/* The including file may have a function for whole stretches, which gives scale_near's bytes or says that it does not.
 */
#ifndef LN_SCALE
#define LN_SCALE(offset, inverse, low, flip, in, out) false
#endif

/* In [low, 127]. Adding the largest float below a half and cutting rounds half away from zero. */
LN_INLINE float scale_near(float offset, float inverse, float low, float in) {
  const float q = offset + in * inverse, above = q > low ? q : low, near = above < 127.0f ? above : 127.0f;
  return near + copysignf(0x1.fffffep-2f, near);
}

LN_INLINE void scale_stretch(float offset, float inverse, float low, const float* in, float* near, size_t n) {
  for (size_t i = 0; i < n; ++i) near[i] = scale_near(offset, inverse, low, in[i]);
}

LN_INLINE void store_bytes(const float* near, uint8_t flip, uint8_t* out, size_t n) {
  for (size_t i = 0; i < n; ++i) out[i] = (uint8_t)((uint32_t)(int32_t)near[i] ^ flip);
}

/* What fills no stretch is made once more with its neighbours. */
static void scale_q8(float offset, float inverse, int32_t low, uint8_t flip, const float* in, uint8_t* out, size_t n) {
  float near[kStretch];
  const size_t some = n < kStretch ? n : kStretch, last = n - some;
  for (size_t i = 0; i < n; i += some) {
    const size_t at = i < last ? i : last;
    if (some == kStretch && LN_SCALE(offset, inverse, low, flip, in + at, out + at)) continue;
    scale_stretch(offset, inverse, (float)low, in + at, near, some);
    store_bytes(near, flip, out + at, some);
  }
}

static void scale_f32(float offset, float inverse, int32_t low, const float* in, float* out, size_t n) {
  float near[kStretch];
  for (size_t i = 0; i < n; i += kStretch) {
    const size_t some = n - i < kStretch ? n - i : kStretch;
    scale_stretch(offset, inverse, (float)low, in + i, near, some);
    for (size_t k = 0; k < some; ++k) out[i + k] = (float)(int32_t)near[k] - offset;
  }
}

/* The including file may have a range_f32 of its own. */
#ifndef LN_OWN_RANGE
static void range_f32(const float* in, size_t n, float* low, float* high) {
  enum { kLanes = 32 };
  float least[kLanes], most[kLanes];
  size_t i = 0;
  for (size_t k = 0; k < kLanes; ++k) least[k] = most[k] = in[0];
  for (; i + kLanes <= n; i += kLanes)
    for (size_t k = 0; k < kLanes; ++k) {
      least[k] = in[i + k] < least[k] ? in[i + k] : least[k];
      most[k] = in[i + k] > most[k] ? in[i + k] : most[k];
    }
  for (; i < n; ++i) {
    least[0] = in[i] < least[0] ? in[i] : least[0];
    most[0] = in[i] > most[0] ? in[i] : most[0];
  }
  LN_UNROLL for (size_t half = kLanes / 2; half > 0; half /= 2) {
    for (size_t k = 0; k < half; ++k) {
      least[k] = least[k + half] < least[k] ? least[k + half] : least[k];
      most[k] = most[k + half] > most[k] ? most[k + half] : most[k];
    }
  }
  *low = least[0];
  *high = most[0];
}
#endif

static void hybrid_store(const ln_hybrid_params* p, size_t first, size_t count, int32_t zero_point, float row_scale,
                         const int32_t* values, float* out) {
  if (p->scales == NULL || p->bias == NULL) {
    ln_hybrid_store(p, first, count, zero_point, row_scale, values, out);
    return;
  }
  const int32_t* column_sums = p->column_sums + first;
  const float *scales = p->scales + first, *bias = p->bias + first, low = p->low, high = p->high;
  for (size_t done = 0; done < count; done += kStretch) {
    const size_t n = count - done < kStretch ? count - done : kStretch;
    float x[kStretch];
    for (size_t i = 0; i < n; ++i) {
      const uint32_t offset = (uint32_t)zero_point * (uint32_t)column_sums[done + i];
      x[i] = (float)(int32_t)((uint32_t)values[done + i] - offset) * (row_scale * scales[done + i]) + bias[done + i];
    }
    for (size_t i = 0; i < n; ++i) {
      const float above = x[i] < low ? low : x[i];
      out[done + i] = above > high ? high : above;
    }
  }
}

static void hybrid_finish(size_t pixels, size_t channels, float scale, const float* scales, const float* bias,
                          float low, float high, float* x) {
  for (size_t p = 0; p < pixels; ++p, x += channels)
    for (size_t c = 0; c < channels; ++c) {
      const float y = x[c] * (scales[c] * scale) + bias[c], above = y < low ? low : y;
      x[c] = above > high ? high : above;
    }
}
