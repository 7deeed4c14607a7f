/* Floats to bytes and back, the portable body as compiled for AVX-512. */
#include "kernels/x86/quantize_q8_x86.h"
#include "kernels/x86/vec_q8_avx512.h"
/* Made of them. */
#include "kernels/x86/quantize_q8_short.h"

#define LN_MULTIPLY(inverse, zero, is_signed, in, out) multiply(inverse, zero, is_signed, in, out)

/* Packed by lanes and put in order once, where the compiler narrows vector by vector by two operations and three. */
LN_INLINE bool scale_packed(float offset, float inverse, float low, uint8_t flip, const float* in, uint8_t* out) {
  const __m512 half = _mm512_set1_ps(0x1.fffffep-2f), sign = _mm512_set1_ps(-0.0f);
  const __m512i order = _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
  __m512i v[4];
  LN_UNROLL for (size_t i = 0; i < 4; ++i) {
    const __m512 scaled = _mm512_mul_ps(_mm512_loadu_ps(in + 16 * i), _mm512_set1_ps(inverse));
    const __m512 q = _mm512_max_ps(_mm512_add_ps(_mm512_set1_ps(offset), scaled), _mm512_set1_ps(low));
    const __m512 near = _mm512_min_ps(q, _mm512_set1_ps(127.0f));
    v[i] = _mm512_cvttps_epi32(_mm512_add_ps(near, _mm512_or_ps(half, _mm512_and_ps(near, sign))));
  }
  const __m512i bytes = _mm512_packs_epi16(_mm512_packs_epi32(v[0], v[1]), _mm512_packs_epi32(v[2], v[3]));
  _mm512_storeu_si512(out, _mm512_xor_si512(_mm512_permutexvar_epi32(order, bytes), _mm512_set1_epi8((char)flip)));
  return true;
}
#define LN_SCALE(offset, inverse, low, flip, in, out) scale_packed(offset, inverse, low, flip, in, out)

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
