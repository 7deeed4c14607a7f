/* Floats to bytes and back, the portable body as compiled for AVX-512. */
#include "kernels/x86/quantize_q8_x86.h"
#include "kernels/x86/vec_q8_avx512.h"
/* Made of them. */
#include "kernels/x86/quantize_q8_short.h"

#define LN_MULTIPLY(inverse, zero, is_signed, in, out) multiply(inverse, zero, is_signed, in, out)
#define LN_SCALE(offset, inverse, low, flip, in, out) scale_short(offset, inverse, low, flip, in, out)

/* Both at once, in the halves of a vector: the greatest is the least of all with the other sign. NaN in x leaves what
 * there is. */
#define LN_OWN_RANGE
static void range_f32(const float* in, size_t n, float* low, float* high) {
  enum { kAtOnce = 4 };
  const __m512 start = _mm512_set1_ps(in[0]);
  __m512 least[kAtOnce] = {start, start, start, start}, most[kAtOnce] = {start, start, start, start};
  size_t i = 0;
  for (; i + kAtOnce * kLanes <= n; i += kAtOnce * kLanes) {
    LN_UNROLL for (size_t k = 0; k < kAtOnce; ++k) {
      const __m512 x = vecf_load(in + i + k * kLanes);
      least[k] = vecf_min(x, least[k]);
      most[k] = vecf_max(x, most[k]);
    }
  }
  for (; i < n; i += kLanes) {
    const __mmask16 some = (__mmask16)(n - i < kLanes ? (1u << (n - i)) - 1 : 0xffff);
    const __m512 x = _mm512_mask_loadu_ps(start, some, in + i);
    least[0] = vecf_min(x, least[0]);
    most[0] = vecf_max(x, most[0]);
  }
  const __m512 a = vecf_min(vecf_min(least[0], least[1]), vecf_min(least[2], least[3]));
  const __m512 b = vecf_sub(vecf_zero(), vecf_max(vecf_max(most[0], most[1]), vecf_max(most[2], most[3])));
  __m512 both = vecf_min(_mm512_shuffle_f32x4(a, b, 0x44), _mm512_shuffle_f32x4(a, b, 0xee));
  both = vecf_min(both, _mm512_shuffle_f32x4(both, both, 0xb1));
  both = vecf_min(both, _mm512_permute_ps(both, 0x4e));
  both = vecf_min(both, _mm512_permute_ps(both, 0xb1));
  *low = _mm512_cvtss_f32(both);
  *high = -_mm_cvtss_f32(_mm512_extractf32x4_ps(both, 2));
}

#include "kernels/generic/quantize_q8_body.h"

const ln_quantize_q8 ln_quantize_q8_avx512 = {.name = "quantize_q8_avx512",
                                              .isa = LN_ISA_AVX512,
                                              .quantize_s8 = quantize_s8,
                                              .quantize_u8 = quantize_u8,
                                              .quantize_s16 = quantize_s16,
                                              .dequantize_s8 = dequantize_s8,
                                              .dequantize_u8 = dequantize_u8,
                                              .dequantize_f16 = dequantize_f16,
                                              .scale_q8 = scale_q8,
                                              .scale_f32 = scale_f32,
                                              .range_f32 = range_f32,
                                              .hybrid_store = hybrid_store,
                                              .hybrid_finish = hybrid_finish};
