/* requant_q8.h's formula on four sums. The processor's own multiplication rounds as the reference's first step does:
 * both are floor((x * M + 2^30) / 2^31). Its rounding shift takes halves up; one less for negative numbers, where
 * there is a shift at all, makes that away from zero. */
#ifndef LN_KERNELS_ARM_REQUANT_Q8_NEON_H_
#define LN_KERNELS_ARM_REQUANT_Q8_NEON_H_

#include "base/compiler.h"
#include "kernels/arm/neon.h"
#include "kernels/generic/requant_q8.h"

typedef struct requant_range_neon {
  int16x8_t zero_point;
  uint8x16_t low, high, flip;
} requant_range_neon;

LN_INLINE requant_range_neon requant_range_of(const ln_requant_q8_out* out) {
  return (requant_range_neon){vdupq_n_s16(out->zero_point), vdupq_n_u8(out->low), vdupq_n_u8(out->high),
                              vdupq_n_u8(out->flip)};
}

/* x / 2^e, half away from zero; `minus_shift` is -e. */
LN_INLINE int32x4_t requant_shift(int32x4_t x, int32x4_t minus_shift) {
  return vrshlq_s32(vsraq_n_s32(x, vandq_s32(x, minus_shift), 31), minus_shift);
}

/* The numbers of four channels as vectors: M, which is half of what ln_requant_q8 keeps, and -e. */
typedef struct requant_numbers_neon {
  int32x4_t multiplier, minus_shift;
} requant_numbers_neon;

LN_INLINE requant_numbers_neon requant_numbers_of(uint32x4_t multiplier, uint32x4_t shift) {
  return (requant_numbers_neon){vreinterpretq_s32_u32(vshrq_n_u32(multiplier, 1)),
                                vnegq_s32(vreinterpretq_s32_u32(shift))};
}

/* `u` has 2^31 in it. */
LN_INLINE int32x4_t requant_signed(uint32x4_t u) {
  return vreinterpretq_s32_u32(veorq_u32(u, vdupq_n_u32(UINT32_C(1) << 31)));
}

LN_INLINE int32x4_t requant_four(int32x4_t x, requant_numbers_neon n) {
  return requant_shift(vqrdmulhq_s32(x, n.multiplier), n.minus_shift);
}

/* Bytes from values less the zero point. */
LN_INLINE uint8x8_t requant_eight_bytes(int32x4_t a, int32x4_t b, const requant_range_neon* r) {
  return vqmovun_s16(vqaddq_s16(vcombine_s16(vqmovn_s32(a), vqmovn_s32(b)), r->zero_point));
}
LN_INLINE uint8x8_t requant_clamp_half(uint8x8_t x, const requant_range_neon* r) {
  return veor_u8(vmin_u8(vmax_u8(x, vget_low_u8(r->low)), vget_low_u8(r->high)), vget_low_u8(r->flip));
}
LN_INLINE uint8x16_t requant_clamp(uint8x16_t x, const requant_range_neon* r) {
  return veorq_u8(vminq_u8(vmaxq_u8(x, r->low), r->high), r->flip);
}

#endif
