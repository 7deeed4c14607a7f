/* Reductions of small integers with NEON. */
#include <arm_neon.h>

#include "base/compiler.h"
#include "kernels/arm/rungs_arm.h"

enum { kBytes = 16 };
typedef uint8x16_t bytes;
typedef uint32x4_t sums;

LN_INLINE bytes bytes_load(const void* p) { return vld1q_u8(p); }
LN_INLINE void bytes_store(void* p, bytes x) { vst1q_u8(p, x); }
LN_INLINE bytes bytes_set(uint8_t x) { return vdupq_n_u8(x); }
LN_INLINE bytes words_set(int16_t x) { return vreinterpretq_u8_s16(vdupq_n_s16(x)); }
LN_INLINE bytes bytes_xor(bytes a, bytes b) { return veorq_u8(a, b); }
LN_INLINE bytes bytes_most(bytes a, bytes b) { return vmaxq_u8(a, b); }
LN_INLINE bytes words_most(bytes a, bytes b) {
  return vreinterpretq_u8_s16(vmaxq_s16(vreinterpretq_s16_u8(a), vreinterpretq_s16_u8(b)));
}
LN_INLINE sums sums_zero(void) { return vdupq_n_u32(0); }
LN_INLINE sums sums_add(sums a, sums b) { return vaddq_u32(a, b); }
LN_INLINE sums sums_add_bytes(sums s, bytes x) { return vpadalq_u16(s, vpaddlq_u8(x)); }
LN_INLINE sums sums_add_words(sums s, bytes x) {
  return vreinterpretq_u32_s32(vpadalq_s16(vreinterpretq_s32_u32(s), vreinterpretq_s16_u8(x)));
}
LN_INLINE uint32_t sums_of_bytes(sums s) { return vaddvq_u32(s); }
LN_INLINE uint32_t sums_of_words(sums s) { return vaddvq_u32(s); }
LN_INLINE uint8_t bytes_largest(bytes x) { return vmaxvq_u8(x); }
LN_INLINE int16_t words_largest(bytes x) { return vmaxvq_s16(vreinterpretq_s16_u8(x)); }

#include "kernels/generic/reduce_small_body.h"

const ln_reduce_small_kernel ln_reduce_small_neon = {.name = "reduce_small_neon",
                                                     .isa = LN_ISA_NEON,
                                                     .sum_bytes = sum_bytes,
                                                     .sum_s16 = sum_s16,
                                                     .most_bytes = most_bytes,
                                                     .most_s16 = most_s16,
                                                     .most_bytes_down = most_bytes_down,
                                                     .most_s16_down = most_s16_down};
