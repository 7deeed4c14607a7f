/* Reductions of small integers with AVX2. Sums of bytes are psadbw's; the largest of a vector is the least of its
 * complement, which phminposuw finds of words. */
#include <immintrin.h>

#include "base/compiler.h"
#include "kernels/x86/reduce_small_x86.h"

enum { kBytes = 32 };
typedef __m256i bytes;
typedef __m256i sums;

LN_INLINE bytes bytes_load(const void* p) { return _mm256_loadu_si256((const __m256i*)p); }
LN_INLINE void bytes_store(void* p, bytes x) { _mm256_storeu_si256((__m256i*)p, x); }
LN_INLINE bytes bytes_set(uint8_t x) { return _mm256_set1_epi8((char)x); }
LN_INLINE bytes words_set(int16_t x) { return _mm256_set1_epi16(x); }
LN_INLINE bytes bytes_xor(bytes a, bytes b) { return _mm256_xor_si256(a, b); }
LN_INLINE bytes bytes_most(bytes a, bytes b) { return _mm256_max_epu8(a, b); }
LN_INLINE bytes words_most(bytes a, bytes b) { return _mm256_max_epi16(a, b); }
LN_INLINE sums sums_zero(void) { return _mm256_setzero_si256(); }
/* Lanes of 32 bits, of bytes every other one. */
LN_INLINE sums sums_add(sums a, sums b) { return _mm256_add_epi32(a, b); }
LN_INLINE sums sums_add_bytes(sums s, bytes x) { return sums_add(s, _mm256_sad_epu8(x, _mm256_setzero_si256())); }
LN_INLINE sums sums_add_words(sums s, bytes x) { return sums_add(s, _mm256_madd_epi16(x, _mm256_set1_epi16(1))); }

LN_INLINE uint32_t sums_of_bytes(sums s) {
  const __m128i half = _mm_add_epi32(_mm256_castsi256_si128(s), _mm256_extracti128_si256(s, 1));
  return (uint32_t)_mm_cvtsi128_si32(_mm_add_epi32(half, _mm_unpackhi_epi64(half, half)));
}

LN_INLINE uint32_t sums_of_words(sums s) {
  const __m128i half = _mm_add_epi32(_mm256_castsi256_si128(s), _mm256_extracti128_si256(s, 1));
  const __m128i pair = _mm_add_epi32(half, _mm_unpackhi_epi64(half, half));
  return (uint32_t)_mm_cvtsi128_si32(_mm_add_epi32(pair, _mm_srli_epi64(pair, 32)));
}

LN_INLINE uint8_t bytes_largest(bytes x) {
  const __m128i half = _mm_max_epu8(_mm256_castsi256_si128(x), _mm256_extracti128_si256(x, 1));
  const __m128i inverted = _mm_xor_si128(half, _mm_set1_epi8(-1));
  const __m128i words = _mm_min_epu8(inverted, _mm_srli_epi16(inverted, 8));
  return (uint8_t)~_mm_cvtsi128_si32(_mm_minpos_epu16(words));
}

LN_INLINE int16_t words_largest(bytes x) {
  const __m128i half = _mm_max_epi16(_mm256_castsi256_si128(x), _mm256_extracti128_si256(x, 1));
  const __m128i turned = _mm_xor_si128(half, _mm_set1_epi16(0x7fff));
  return (int16_t)(_mm_cvtsi128_si32(_mm_minpos_epu16(turned)) ^ 0x7fff);
}

#include "kernels/generic/reduce_small_body.h"

const ln_reduce_small_kernel ln_reduce_small_avx2 = {.name = "reduce_small_avx2",
                                                     .isa = LN_ISA_AVX2,
                                                     .sum_bytes = sum_bytes,
                                                     .sum_s16 = sum_s16,
                                                     .most_bytes = most_bytes,
                                                     .most_s16 = most_s16,
                                                     .most_bytes_down = most_bytes_down,
                                                     .most_s16_down = most_s16_down};
