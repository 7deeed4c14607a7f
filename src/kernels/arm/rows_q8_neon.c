/* Quantized rows of bytes with NEON. */
#include <arm_neon.h>
#include <string.h>

#include "base/compiler.h"
#include "kernels/arm/requant_q8_neon.h"
#include "kernels/arm/rungs_arm.h"

typedef uint32x4_t vec;
typedef requant_range_neon range;
enum { kLanes = 4 };

static inline vec vec_set(uint32_t x) { return vdupq_n_u32(x); }
static inline vec vec_add(vec a, vec b) { return vaddq_u32(a, b); }
static inline vec vec_sub(vec a, vec b) { return vsubq_u32(a, b); }
static inline vec vec_mul(vec a, vec b) { return vmulq_u32(a, b); }
static inline vec vec_shift_left(vec x, uint32_t count) { return vshlq_u32(x, vdupq_n_s32((int32_t)count)); }
static inline vec vec_load_bytes(const uint8_t* p, vec flip) {
  uint32_t four;
  memcpy(&four, p, sizeof four);
  const uint8x8_t bytes = vreinterpret_u8_u32(vdup_n_u32(four));
  return veorq_u32(vmovl_u16(vget_low_u16(vmovl_u8(bytes))), flip);
}
static inline vec vec_load_signed(const uint8_t* p) {
  uint32_t four;
  memcpy(&four, p, sizeof four);
  const int8x8_t bytes = vreinterpret_s8_u32(vdup_n_u32(four));
  return vreinterpretq_u32_s32(vmovl_s16(vget_low_s16(vmovl_s8(bytes))));
}
typedef float32x4_t vecf;

static inline vecf vecf_set(float x) { return vdupq_n_f32(x); }
static inline vecf vecf_zero(void) { return vdupq_n_f32(0.0f); }
static inline vecf vecf_from(vec x) { return vcvtq_f32_s32(vreinterpretq_s32_u32(x)); }
static inline vecf vecf_fma(vecf a, vecf b, vecf c) { return vfmaq_f32(c, a, b); }
static inline vecf vecf_load(const float* p) { return vld1q_f32(p); }
/* Of two places the first where x < zero, as signed numbers. */
static inline vecf vecf_by_side(vec x, vec zero, const float* below, const float* from) {
  const vec is_below = vcltq_s32(vreinterpretq_s32_u32(x), vreinterpretq_s32_u32(zero));
  return vbslq_f32(is_below, vld1q_f32(below), vld1q_f32(from));
}
static inline vecf vecf_add(vecf a, vecf b) { return vaddq_f32(a, b); }
static inline vecf vecf_max(vecf a, vecf b) { return vmaxq_f32(a, b); }
static inline vecf vecf_min(vecf a, vecf b) { return vminq_f32(a, b); }
static inline vecf vecf_mul(vecf a, vecf b) { return vmulq_f32(a, b); }
static inline vecf vecf_copysign(vecf a, vecf x) { return vbslq_f32(vdupq_n_u32(UINT32_C(1) << 31), x, a); }
static inline vecf vecf_sub(vecf a, vecf b) { return vsubq_f32(a, b); }
/* The larger size, where a is none below 0. */
static inline vecf vecf_larger(vecf a, vecf b) { return vmaxq_f32(a, vabsq_f32(b)); }
static inline vecf vecf_whole(vecf x) { return vcvtq_f32_s32(neon_round_s32(x)); }
static inline bool vecf_any_above(vecf x, vecf limit) {
  return neon_sum_u32(vshrq_n_u32(vcgtq_f32(x, limit), 31)) != 0;
}

static inline range range_of(const ln_requant_q8_out* out) { return requant_range_of(out); }
static inline vec requant(vec u, vec multiplier, vec offset, vec sign_shift, vec shift) {
  (void)offset;
  (void)sign_shift;
  return vreinterpretq_u32_s32(requant_four(requant_signed(u), requant_numbers_of(multiplier, shift)));
}

static inline void vec_store_bytes(uint8_t* out, const vec x[4], const range* to) {
  int32x4_t r[4];
  for (size_t i = 0; i < 4; ++i) r[i] = vreinterpretq_s32_u32(x[i]);
  const uint8x16_t bytes = vcombine_u8(requant_eight_bytes(r[0], r[1], to), requant_eight_bytes(r[2], r[3], to));
  vst1q_u8(out, requant_clamp(bytes, to));
}

/* The short way. Numbers too large become the largest there are; the fraction is cut off. */
static inline vec vec_nearly(vecf x) { return vreinterpretq_u32_s32(vcvtq_s32_f32(x)); }
static inline bool vec_any_without(const vec v[4], uint32_t these) {
  const vec bits = vdupq_n_u32(these);
  const vec some = vminq_u32(vandq_u32(v[0], bits), vandq_u32(v[1], bits));
  const vec others = vminq_u32(vandq_u32(v[2], bits), vandq_u32(v[3], bits));
  return neon_sum_u32(vshrq_n_u32(vceqq_u32(vminq_u32(some, others), vdupq_n_u32(0)), 31)) != 0;
}
static inline void vec_store_short_bytes(uint8_t* out, const vec v[4], const range* to) {
  int16x4_t upper[4];
  for (size_t i = 0; i < 4; ++i) upper[i] = vshrn_n_s32(vreinterpretq_s32_u32(v[i]), 16);
  const uint8x8_t first = vqmovun_s16(vcombine_s16(upper[0], upper[1]));
  vst1q_u8(out, requant_clamp(vcombine_u8(first, vqmovun_s16(vcombine_s16(upper[2], upper[3]))), to));
}

#include "kernels/generic/rows_q8_body.h"

const ln_rows_q8 ln_rows_q8_neon = {.name = "rows_q8_neon",
                                    .isa = LN_ISA_NEON,
                                    .binary = variants,
                                    .scale_shift = scale_shift,
                                    .scale_fill = scale_fill,
                                    .scale = scale};
