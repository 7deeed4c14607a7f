/* Floats to bytes and back, the portable body as compiled for AVX-512. */
#include <immintrin.h>
#include <stdbool.h>

#include "base/compiler.h"
#include "kernels/x86/quantize_q8_x86.h"

/* LN_MULTIPLY of the body. What is no number or far below 0 comes out of the conversion as INT32_MIN, which packing
 * saturates. */
LN_INLINE bool multiply(float inverse, int32_t zero, bool is_signed, const float* in, void* out) {
  const __m512 factor = _mm512_set1_ps(inverse), high = _mm512_set1_ps(512.0f);
  const __m512i offset = _mm512_set1_epi16((int16_t)zero);
  const __m512i order = _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
  __m512 rest[4];
  __m512i whole[4];
  LN_UNROLL for (size_t i = 0; i < 4; ++i) {
    const __m512 x = _mm512_min_ps(high, _mm512_mul_ps(_mm512_loadu_ps(in + 16 * i), factor));
    whole[i] = _mm512_cvt_roundps_epi32(x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
    rest[i] = _mm512_reduce_ps(x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
  }
  const __m512i first = _mm512_adds_epi16(_mm512_packs_epi32(whole[0], whole[1]), offset);
  const __m512i last = _mm512_adds_epi16(_mm512_packs_epi32(whole[2], whole[3]), offset);
  const __m512i bytes = is_signed ? _mm512_packs_epi16(first, last) : _mm512_packus_epi16(first, last);
  _mm512_storeu_si512(out, _mm512_permutexvar_epi32(order, bytes));
  /* 11: the larger size. */
  const __m512 farthest =
      _mm512_range_ps(_mm512_range_ps(rest[0], rest[1], 11), _mm512_range_ps(rest[2], rest[3], 11), 11);
  return _mm512_cmp_ps_mask(farthest, _mm512_set1_ps(0.5f - 0x1p-13f), _CMP_GT_OQ) == 0;
}

#define LN_MULTIPLY(inverse, zero, is_signed, in, out) multiply(inverse, zero, is_signed, in, out)
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
