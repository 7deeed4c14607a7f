/* Floats to bytes and back, the portable body as compiled for AVX-512. */
#include <immintrin.h>
#include <stdbool.h>

#include "base/compiler.h"
#include "kernels/x86/quantize_q8_x86.h"

/* 64 elements: LN_MULTIPLY of the body. */
LN_INLINE bool multiply(float inverse, const float* in, int32_t* rounded) {
  const __m512 factor = _mm512_set1_ps(inverse), low = _mm512_set1_ps(-1024.0f), high = _mm512_set1_ps(1024.0f);
  const __m512 sure = _mm512_set1_ps(0.5f - 0x1p-11f);
  __mmask16 unsure = 0;
  LN_UNROLL for (size_t i = 0; i < 64; i += 16) {
    const __m512 x = _mm512_min_ps(_mm512_max_ps(_mm512_mul_ps(_mm512_loadu_ps(in + i), factor), low), high);
    const __m512i whole = _mm512_cvtps_epi32(x);
    const __m512 rest = _mm512_abs_ps(_mm512_sub_ps(x, _mm512_cvtepi32_ps(whole)));
    _mm512_storeu_si512(rounded + i, whole);
    unsure |= _mm512_cmp_ps_mask(rest, sure, _CMP_GT_OQ);
  }
  return unsure == 0;
}

#define LN_MULTIPLY(inverse, in, rounded) multiply(inverse, in, rounded)
#include "kernels/generic/quantize_q8_body.h"

const ln_quantize_q8 ln_quantize_q8_avx512 = {.name = "quantize_q8_avx512",
                                              .isa = LN_ISA_AVX512,
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
