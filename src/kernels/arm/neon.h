/* NEON under names that both 32-bit and 64-bit ARM have: what only one of them knows as an instruction is written out
 * for the other. */
#ifndef LN_KERNELS_ARM_NEON_H_
#define LN_KERNELS_ARM_NEON_H_

#include <arm_neon.h>
#include <math.h>
#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"

#if defined(__aarch64__)

enum { NEON_REGISTERS = 32 };

LN_INLINE float neon_largest_f32(float32x4_t x) { return vmaxvq_f32(x); }
LN_INLINE uint32_t neon_sum_u32(uint32x4_t x) { return vaddvq_u32(x); }
LN_INLINE float32x4_t neon_div_f32(float32x4_t a, float32x4_t b) { return vdivq_f32(a, b); }
LN_INLINE float32x4_t neon_sqrt_f32(float32x4_t x) { return vsqrtq_f32(x); }
/* To the nearest whole number, of two the even one; |x| < 2^22. */
LN_INLINE int32x4_t neon_round_s32(float32x4_t x) { return vcvtnq_s32_f32(x); }
LN_INLINE float32x4_t neon_round_f32(float32x4_t x) { return vrndnq_f32(x); }

/* The low and the high half of w times lane `lane` of x, added to two vectors of sums. */
#define NEON_MLAL_LANE(low, high, w, x, lane)               \
  do {                                                      \
    (low) = vmlal_laneq_s16(low, vget_low_s16(w), x, lane); \
    (high) = vmlal_high_laneq_s16(high, w, x, lane);        \
  } while (0)

/* Sums by a double, rounded once, half away from zero, in [low, high]; NaN counts as the least. */
LN_INLINE int32x4_t neon_scale_s32(int32x4_t sum, const double* scale, double low, double high) {
  const float64x2_t least = vdupq_n_f64(low), most = vdupq_n_f64(high);
  const float64x2_t a = vmulq_f64(vcvtq_f64_s64(vmovl_s32(vget_low_s32(sum))), vld1q_f64(scale));
  const float64x2_t b = vmulq_f64(vcvtq_f64_s64(vmovl_s32(vget_high_s32(sum))), vld1q_f64(scale + 2));
  const float64x2_t x = vminnmq_f64(vmaxnmq_f64(vrndaq_f64(a), least), most);
  const float64x2_t y = vminnmq_f64(vmaxnmq_f64(vrndaq_f64(b), least), most);
  return vcombine_s32(vmovn_s64(vcvtq_s64_f64(x)), vmovn_s64(vcvtq_s64_f64(y)));
}

#else

enum { NEON_REGISTERS = 16 };

LN_INLINE float neon_largest_f32(float32x4_t x) {
  const float32x2_t two = vmax_f32(vget_low_f32(x), vget_high_f32(x));
  return vget_lane_f32(vpmax_f32(two, two), 0);
}

LN_INLINE uint32_t neon_sum_u32(uint32x4_t x) {
  const uint32x2_t two = vadd_u32(vget_low_u32(x), vget_high_u32(x));
  return vget_lane_u32(vpadd_u32(two, two), 0);
}

LN_INLINE float32x4_t neon_div_f32(float32x4_t a, float32x4_t b) {
  float x[4], y[4];
  vst1q_f32(x, a);
  vst1q_f32(y, b);
  for (size_t i = 0; i < 4; ++i) x[i] /= y[i];
  return vld1q_f32(x);
}

LN_INLINE float32x4_t neon_sqrt_f32(float32x4_t a) {
  float x[4];
  vst1q_f32(x, a);
  for (size_t i = 0; i < 4; ++i) x[i] = sqrtf(x[i]);
  return vld1q_f32(x);
}

/* Added to 1.5 * 2^23 the fraction is rounded away, and the whole number is the difference of the bits. */
LN_INLINE int32x4_t neon_round_s32(float32x4_t x) {
  const float32x4_t far = vdupq_n_f32(12582912.0f);
  return vsubq_s32(vreinterpretq_s32_f32(vaddq_f32(x, far)), vreinterpretq_s32_f32(far));
}

LN_INLINE float32x4_t neon_round_f32(float32x4_t x) { return vcvtq_f32_s32(neon_round_s32(x)); }

#define NEON_MLAL_LANE(low, high, w, x, lane)                                \
  do {                                                                       \
    const int16x4_t half_ = (lane) < 4 ? vget_low_s16(x) : vget_high_s16(x); \
    (low) = vmlal_lane_s16(low, vget_low_s16(w), half_, (lane) % 4);         \
    (high) = vmlal_lane_s16(high, vget_high_s16(w), half_, (lane) % 4);      \
  } while (0)

LN_INLINE int32x4_t neon_scale_s32(int32x4_t sum, const double* scale, double low, double high) {
  int32_t x[4];
  vst1q_s32(x, sum);
  for (size_t i = 0; i < 4; ++i) {
    const double rounded = round(x[i] * scale[i]), above = rounded > low ? rounded : low;
    x[i] = (int32_t)(above < high ? above : high);
  }
  return vld1q_s32(x);
}

#endif

#endif
