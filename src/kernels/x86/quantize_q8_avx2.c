/* Floats to bytes and back, the portable body as compiled for AVX2. */
#include <immintrin.h>
#include <stdbool.h>

#include "base/compiler.h"
#include "kernels/x86/quantize_q8_x86.h"

/* 64 elements: LN_MULTIPLY of the body. */
LN_INLINE bool multiply(float inverse, const float* in, int32_t* rounded) {
  const __m256 factor = _mm256_set1_ps(inverse), low = _mm256_set1_ps(-1024.0f), high = _mm256_set1_ps(1024.0f);
  const __m256 sure = _mm256_set1_ps(0.5f - 0x1p-11f), sign = _mm256_set1_ps(-0.0f);
  __m256 most = _mm256_setzero_ps();
  LN_UNROLL for (size_t i = 0; i < 64; i += 8) {
    const __m256 x = _mm256_min_ps(_mm256_max_ps(_mm256_mul_ps(_mm256_loadu_ps(in + i), factor), low), high);
    const __m256i whole = _mm256_cvtps_epi32(x);
    most = _mm256_max_ps(most, _mm256_andnot_ps(sign, _mm256_sub_ps(x, _mm256_cvtepi32_ps(whole))));
    _mm256_storeu_si256((__m256i*)(void*)(rounded + i), whole);
  }
  return _mm256_movemask_ps(_mm256_cmp_ps(most, sure, _CMP_GT_OQ)) == 0;
}

#define LN_MULTIPLY(inverse, in, rounded) multiply(inverse, in, rounded)
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
