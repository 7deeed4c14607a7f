/* Floats to bytes and back, the portable body as compiled for AVX2. */
#include <immintrin.h>
#include <stdbool.h>

#include "base/compiler.h"
#include "kernels/x86/quantize_q8_x86.h"

/* LN_MULTIPLY of the body. What is no number or far below 0 comes out of the conversion as INT32_MIN, which packing
 * saturates. */
LN_INLINE bool multiply(float inverse, int32_t zero, bool is_signed, const float* in, uint8_t* out) {
  const __m256 factor = _mm256_set1_ps(inverse), high = _mm256_set1_ps(512.0f), sign = _mm256_set1_ps(-0.0f);
  const __m256i offset = _mm256_set1_epi16((int16_t)zero), order = _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7);
  __m256 farthest = _mm256_setzero_ps();
  LN_UNROLL for (size_t half = 0; half < 64; half += 32) {
    __m256i whole[4];
    LN_UNROLL for (size_t i = 0; i < 4; ++i) {
      const __m256 x = _mm256_min_ps(high, _mm256_mul_ps(_mm256_loadu_ps(in + half + 8 * i), factor));
      whole[i] = _mm256_cvtps_epi32(x);
      const __m256 rest = _mm256_sub_ps(x, _mm256_cvtepi32_ps(whole[i]));
      farthest = _mm256_max_ps(_mm256_andnot_ps(sign, rest), farthest);
    }
    const __m256i first = _mm256_adds_epi16(_mm256_packs_epi32(whole[0], whole[1]), offset);
    const __m256i last = _mm256_adds_epi16(_mm256_packs_epi32(whole[2], whole[3]), offset);
    const __m256i bytes = is_signed ? _mm256_packs_epi16(first, last) : _mm256_packus_epi16(first, last);
    _mm256_storeu_si256((__m256i*)(void*)(out + half), _mm256_permutevar8x32_epi32(bytes, order));
  }
  return _mm256_movemask_ps(_mm256_cmp_ps(farthest, _mm256_set1_ps(0.5f - 0x1p-13f), _CMP_GT_OQ)) == 0;
}

#define LN_MULTIPLY(inverse, zero, is_signed, in, out) multiply(inverse, zero, is_signed, in, (uint8_t*)(out))
#include "kernels/generic/quantize_q8_body.h"

const ln_quantize_q8 ln_quantize_q8_avx2 = {.name = "quantize_q8_avx2",
                                            .isa = LN_ISA_AVX2,
                                            .quantize_s8 = quantize_s8,
                                            .quantize_u8 = quantize_u8,
                                            .dequantize_s8 = dequantize_s8,
                                            .dequantize_u8 = dequantize_u8,
                                            .dequantize_f16 = dequantize_f16,
                                            .scale_q8 = scale_q8,
                                            .scale_f32 = scale_f32,
                                            .range_f32 = range_f32,
                                            .hybrid_store = hybrid_store,
                                            .hybrid_finish = hybrid_finish};
