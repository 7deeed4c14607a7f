/* What requant_q8_body.h leaves to the instruction set, for AVX2, and the formula on eight sums. */
#ifndef LN_KERNELS_X86_REQUANT_Q8_AVX2_H_
#define LN_KERNELS_X86_REQUANT_Q8_AVX2_H_

#include <immintrin.h>

#include "base/compiler.h"
#include "kernels/generic/requant_q8.h"

#define LN_UPPER_HALVES(even, odd) LN_OP(blend_epi32)(LN_OP(srli_epi64)(even, 32), odd, 0xaa & LN_LANES)
#define LN_FLIP_TOP(x, left) LN_OP(add_epi32)(x, LN_OP(slli_epi32)(LN_OP(cmpgt_epi32)(left, LN_OP(set1_epi32)(0)), 31))

#define LN_V __m256i
#define LN_XOR(x, y) _mm256_xor_si256(x, y)
#define LN_LANES 0xff
#define LN_OP(name) _mm256_##name
#define LN_NAME(name) q8_##name
#include "kernels/x86/requant_q8_body.h"
#undef LN_V
#undef LN_XOR
#undef LN_LANES
#undef LN_OP
#undef LN_NAME

/* ---- By a double: ln_gemm_q8_numbers.scale. ---- */

typedef struct requant_real_avx2 {
  __m256d low, high; /* less the zero point */
} requant_real_avx2;

LN_INLINE requant_real_avx2 requant_real_of(const ln_requant_q8_out* out) {
  return (requant_real_avx2){_mm256_set1_pd(out->low - out->zero_point), _mm256_set1_pd(out->high - out->zero_point)};
}

/* Adding the largest double below a half and cutting rounds half away from zero. The second operand is what max gives
 * for NaN. */
LN_INLINE __m128i requant_real_four(__m128i sum, __m256d scale, const requant_real_avx2* r) {
  const __m256d sign = _mm256_set1_pd(-0.0), half = _mm256_set1_pd(0x1.fffffffffffffp-2);
  const __m256d x = _mm256_mul_pd(_mm256_cvtepi32_pd(sum), scale);
  const __m256d moved = _mm256_add_pd(x, _mm256_or_pd(_mm256_and_pd(x, sign), half));
  return _mm256_cvttpd_epi32(_mm256_min_pd(_mm256_max_pd(moved, r->low), r->high));
}

LN_INLINE __m256i requant_real_eight(__m256i sum, const double* scale, const requant_real_avx2* r) {
  const __m128i low = requant_real_four(_mm256_castsi256_si128(sum), _mm256_loadu_pd(scale), r);
  const __m128i high = requant_real_four(_mm256_extracti128_si256(sum, 1), _mm256_loadu_pd(scale + 4), r);
  return _mm256_inserti128_si256(_mm256_castsi128_si256(low), high, 1);
}

#endif
