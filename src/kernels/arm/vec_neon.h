/* vec_avx2.h's names for NEON, 4 lanes. */
#ifndef LN_KERNELS_ARM_VEC_NEON_H_
#define LN_KERNELS_ARM_VEC_NEON_H_

#include <stdbool.h>
#include <stddef.h>

#include "base/compiler.h"
#include "kernels/arm/neon.h"

#define VEC_ISA neon
enum { VEC_LANES = 4, VEC_TURN = 4 };
typedef float32x4_t vec;

LN_INLINE vec vec_set(float x) { return vdupq_n_f32(x); }
LN_INLINE vec vec_load(const float* p) { return vld1q_f32(p); }
LN_INLINE void vec_store(float* p, vec x) { vst1q_f32(p, x); }

/* Lanes from n on are 0. */
LN_INLINE vec vec_load_n(const float* p, size_t n) {
  if (n >= VEC_LANES) return vec_load(p);
  const vec zero = vdupq_n_f32(0.0f);
  if (n == 1) return vld1q_lane_f32(p, zero, 0);
  const vec two = vcombine_f32(vld1_f32(p), vget_low_f32(zero));
  return n == 2 ? two : vld1q_lane_f32(p + 2, two, 2);
}

LN_INLINE void vec_store_n(float* p, vec x, size_t n) {
  if (n >= VEC_LANES) {
    vec_store(p, x);
  } else if (n == 1) {
    vst1q_lane_f32(p, x, 0);
  } else {
    vst1_f32(p, vget_low_f32(x));
    if (n == 3) vst1q_lane_f32(p + 2, x, 2);
  }
}

/* x < y ? a : b; b where x or y is NaN. */
LN_INLINE vec vec_if_less(vec x, vec y, vec a, vec b) { return vbslq_f32(vcltq_f32(x, y), a, b); }

LN_INLINE vec vec_add(vec a, vec b) { return vaddq_f32(a, b); }
LN_INLINE vec vec_sub(vec a, vec b) { return vsubq_f32(a, b); }
LN_INLINE vec vec_mul(vec a, vec b) { return vmulq_f32(a, b); }
LN_INLINE vec vec_div(vec a, vec b) { return neon_div_f32(a, b); }
/* (The processor's own maximum is NaN where one operand is.) */
LN_INLINE vec vec_max(vec a, vec b) { return vec_if_less(b, a, a, b); }
LN_INLINE vec vec_min(vec a, vec b) { return vec_if_less(a, b, a, b); }
LN_INLINE vec vec_sqrt(vec a) { return neon_sqrt_f32(a); }
LN_INLINE vec vec_rsqrt(vec a) { return vec_div(vec_set(1.0f), vec_sqrt(a)); }
LN_INLINE vec vec_fma(vec a, vec b, vec c) { return vfmaq_f32(c, a, b); }
LN_INLINE vec vec_fnma(vec a, vec b, vec c) { return vfmsq_f32(c, a, b); }
LN_INLINE vec vec_round(vec a) { return neon_round_f32(a); }
#if defined(__aarch64__)
LN_INLINE vec vec_floor(vec a) { return vrndmq_f32(a); }
LN_INLINE vec vec_ceil(vec a) { return vrndpq_f32(a); }
#endif
LN_INLINE vec vec_abs(vec a) { return vabsq_f32(a); }
LN_INLINE vec vec_sign_of(vec magnitude, vec sign) {
  return vbslq_f32(vdupq_n_u32(UINT32_C(1) << 31), sign, magnitude);
}
LN_INLINE bool vec_all_less(vec x, vec y) {
  const uint32x4_t less = vcltq_f32(x, y);
  const uint32x2_t both = vand_u32(vget_low_u32(less), vget_high_u32(less));
  return (vget_lane_u32(both, 0) & vget_lane_u32(both, 1)) != 0;
}
LN_INLINE bool vec_four_within(const vec x[4], vec low, vec high) {
  bool within = true;
  for (size_t v = 0; v < 4; ++v) within = within && vec_all_less(low, x[v]) && vec_all_less(x[v], high);
  return within;
}
LN_INLINE size_t vec_find(vec x, vec y) {
  uint32_t same[VEC_LANES];
  size_t lane = 0;
  vst1q_u32(same, vceqq_f32(x, y));
  while (lane < VEC_LANES && same[lane] == 0) ++lane;
  return lane;
}
LN_INLINE vec vec_split(vec a, vec* exponent) {
  const int32x4_t bits = vreinterpretq_s32_f32(a), n = vshrq_n_s32(vsubq_s32(bits, vdupq_n_s32(0x3f330000)), 23);
  *exponent = vcvtq_f32_s32(n);
  return vreinterpretq_f32_s32(vsubq_s32(bits, vshlq_n_s32(n, 23)));
}
LN_INLINE vec vec_scale(vec a, vec n) {
  const int32x4_t whole = vcvtq_s32_f32(n), part = vshrq_n_s32(whole, 1), bias = vdupq_n_s32(127);
  const int32x4_t rest = vsubq_s32(whole, part);
  const vec first = vreinterpretq_f32_s32(vshlq_n_s32(vaddq_s32(part, bias), 23));
  const vec second = vreinterpretq_f32_s32(vshlq_n_s32(vaddq_s32(rest, bias), 23));
  return vec_mul(vec_mul(a, first), second);
}
LN_INLINE vec vec_turn_if_odd(vec a, vec n) {
  return vreinterpretq_f32_u32(veorq_u32(vreinterpretq_u32_f32(a), vshlq_n_u32(vreinterpretq_u32_f32(n), 31)));
}
LN_INLINE vec vec_power_of(vec t) { return vreinterpretq_f32_s32(vshlq_n_s32(vreinterpretq_s32_f32(t), 23)); }
/* Half a vector is not worth having. */
LN_INLINE float vec_sum(vec a) {
  const float32x2_t pair = vadd_f32(vget_low_f32(a), vget_high_f32(a));
  return vget_lane_f32(vpadd_f32(pair, pair), 0);
}
LN_INLINE float vec_largest(vec a) { return neon_largest_f32(a); }

LN_INLINE void vec_turn(const float* from, size_t stride, float* to, size_t step) {
  const float32x4x2_t a = vtrnq_f32(vld1q_f32(from), vld1q_f32(from + stride));
  const float32x4x2_t b = vtrnq_f32(vld1q_f32(from + 2 * stride), vld1q_f32(from + 3 * stride));
  vst1q_f32(to, vcombine_f32(vget_low_f32(a.val[0]), vget_low_f32(b.val[0])));
  vst1q_f32(to + step, vcombine_f32(vget_low_f32(a.val[1]), vget_low_f32(b.val[1])));
  vst1q_f32(to + 2 * step, vcombine_f32(vget_high_f32(a.val[0]), vget_high_f32(b.val[0])));
  vst1q_f32(to + 3 * step, vcombine_f32(vget_high_f32(a.val[1]), vget_high_f32(b.val[1])));
}

#endif
