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

#endif
