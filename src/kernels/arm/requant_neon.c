/* Requantization of four values at a time, bit for bit as the reference in requant.c. */
#include <arm_neon.h>

#include "kernels/arm/requant_q8_neon.h"
#include "kernels/arm/rungs_arm.h"

static void fixed(const ln_requant* params, size_t first, size_t count, int32_t* values) {
  const int32x4_t zero = vdupq_n_s32(0), zero_point = vdupq_n_s32(params->zero_point);
  const int32x4_t low = vdupq_n_s32(params->low), high = vdupq_n_s32(params->high);
  for (size_t i = 0; i < count; i += 4) {
    const int32x4_t shift = vld1q_s32(params->shift + first + i);
    int32x4_t x = vaddq_s32(vld1q_s32(values + i), vld1q_s32(params->bias + first + i));
    x = vshlq_s32(x, vmaxq_s32(shift, zero));
    x = vqrdmulhq_s32(x, vld1q_s32(params->multiplier + first + i));
    x = vaddq_s32(requant_shift(x, vminq_s32(shift, zero)), zero_point);
    vst1q_s32(values + i, vminq_s32(vmaxq_s32(x, low), high));
  }
}

static void real(const ln_requant* params, size_t first, size_t count, int32_t* values) {
  const int32x4_t zero_point = vdupq_n_s32(params->zero_point);
  const double low = (double)params->low - params->zero_point, high = (double)params->high - params->zero_point;
  for (size_t i = 0; i < count; i += 4) {
    const int32x4_t sum = vaddq_s32(vld1q_s32(values + i), vld1q_s32(params->bias + first + i));
    const int32x4_t x = neon_scale_s32(sum, params->scale + first + i, low, high);
    vst1q_s32(values + i, vaddq_s32(x, zero_point));
  }
}

const ln_requant_kernel ln_requant_neon = {
    .name = "requant_neon", .isa = LN_ISA_NEON, .fixed = fixed, .real = real, .wide_fixed = ln_requant_wide_fixed};
