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

/* ---- Sixteen sums, shifts of at least 1. ----
 *
 * The upper halves of (u * 2M + 2^31 - 2^32 M) are q itself, of the even and the odd sums together by one shuffle,
 * which exchanges the middle two of four. What is shifted away is q + h - [q < 0]: all but seven bits of it in 32 bits,
 * the rest by a rounding multiplication of 16 bits; what does not fit those is clamped anyway. */

typedef struct requant_q8_sixteen {
  uint32_t multiplier[2][8], odd[2][8]; /* 2M, the second moved down */
  uint64_t even_term[2][4], odd_term[2][4];
  uint32_t shift[2][8]; /* e - 7, at least 0; as the shuffle leaves the sums */
  int16_t factor[16];   /* 2^(15 - min(e, 7)) */
} requant_q8_sixteen;

/* False: there is a shift of 0 among those of channels with a factor. */
static inline bool requant_q8_make_sixteen(const uint32_t multiplier[2][8], const uint32_t shift[2][8],
                                           requant_q8_sixteen* r) {
  static const uint8_t kShuffled[4] = {0, 2, 1, 3};
  for (size_t v = 0; v < 2; ++v) {
    for (size_t i = 0; i < 8; ++i) {
      const size_t from = i / 4 * 4 + kShuffled[i % 4];
      const uint32_t m = multiplier[v][i] / 2, e = shift[v][from];
      const uint64_t term = ((uint64_t)(0 - m) << 32) + (UINT64_C(1) << 31);
      if (e == 0 && multiplier[v][from] != 0) return false;
      (i % 2 == 0 ? r->even_term : r->odd_term)[v][i / 2] = term;
      r->multiplier[v][i] = multiplier[v][i];
      r->odd[v][i] = i % 2 == 0 ? multiplier[v][i + 1] : 0;
      r->shift[v][i] = e > 7 ? e - 7 : 0;
      r->factor[i / 4 * 8 + v * 4 + i % 4] = (int16_t)(1 << (e > 7 ? 8 : e > 0 ? 15 - e : 14));
    }
  }
  return true;
}

LN_INLINE __m256i requant_q8_load(const void* p) { return _mm256_loadu_si256((const __m256i*)p); }

/* All but the last step. */
LN_INLINE __m256i requant_q8_eight(const requant_q8_sixteen* r, size_t v, __m256i u) {
  const __m256i even =
      _mm256_add_epi64(_mm256_mul_epu32(u, requant_q8_load(r->multiplier[v])), requant_q8_load(r->even_term[v]));
  const __m256i odd = _mm256_add_epi64(_mm256_mul_epu32(_mm256_srli_epi64(u, 32), requant_q8_load(r->odd[v])),
                                       requant_q8_load(r->odd_term[v]));
  const __m256i q = _mm256_castps_si256(_mm256_shuffle_ps(_mm256_castsi256_ps(even), _mm256_castsi256_ps(odd), 0xdd));
  return _mm256_srav_epi32(_mm256_add_epi32(q, _mm256_srai_epi32(q, 31)), requant_q8_load(r->shift[v]));
}

/* 16-bit values less the zero point; in each half the first four are of a, the middle two exchanged. */
LN_INLINE __m256i requant_q8_words(const requant_q8_sixteen* r, __m256i a, __m256i b) {
  const __m256i words = _mm256_packs_epi32(requant_q8_eight(r, 0, a), requant_q8_eight(r, 1, b));
  return _mm256_mulhrs_epi16(words, requant_q8_load(r->factor));
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
