/* requant_q8.h's formula on eight sums. */
#ifndef LN_KERNELS_X86_REQUANT_Q8_AVX2_H_
#define LN_KERNELS_X86_REQUANT_Q8_AVX2_H_

#include <immintrin.h>

#include "base/compiler.h"
#include "kernels/generic/requant_q8.h"

typedef struct requant_range_avx2 {
  __m256i zero_point, low, high, flip;
} requant_range_avx2;

LN_INLINE requant_range_avx2 requant_range_of(const ln_requant_q8_out* out) {
  return (requant_range_avx2){_mm256_set1_epi16(out->zero_point), _mm256_set1_epi8((char)out->low),
                              _mm256_set1_epi8((char)out->high), _mm256_set1_epi8((char)out->flip)};
}

/* The numbers of eight channels lie in five vectors of their own: bias, multiplier, offset, sign_shift, shift. */
LN_INLINE __m256i requant_eight(__m256i u, __m256i multiplier, __m256i offset, __m256i sign_shift, __m256i shift) {
  const __m256i half = _mm256_set1_epi64x(INT64_C(1) << 31);
  const __m256i even = _mm256_add_epi64(_mm256_mul_epu32(u, multiplier), half);
  const __m256i odd =
      _mm256_add_epi64(_mm256_mul_epu32(_mm256_srli_epi64(u, 32), _mm256_srli_epi64(multiplier, 32)), half);
  const __m256i high = _mm256_blend_epi32(_mm256_srli_epi64(even, 32), odd, 0xaa);
  return _mm256_srav_epi32(_mm256_add_epi32(_mm256_add_epi32(high, offset), _mm256_srlv_epi32(u, sign_shift)), shift);
}

/* For channels some of which are shifted to the left first. */
LN_INLINE __m256i requant_left_eight(__m256i u, __m256i left) {
  const __m256i top = _mm256_set1_epi32(INT32_MIN);
  const __m256i is_left = _mm256_cmpgt_epi32(left, _mm256_setzero_si256());
  return _mm256_add_epi32(_mm256_sllv_epi32(u, left), _mm256_and_si256(is_left, top));
}

/* Bytes from 16-bit values less the zero point. */
LN_INLINE __m256i requant_bytes(__m256i a, __m256i b, const requant_range_avx2* r) {
  const __m256i bytes = _mm256_packus_epi16(_mm256_adds_epi16(a, r->zero_point), _mm256_adds_epi16(b, r->zero_point));
  return _mm256_xor_si256(_mm256_min_epu8(_mm256_max_epu8(bytes, r->low), r->high), r->flip);
}

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
