/* What requant_q8_body.h leaves to the instruction set, for AVX2, and the formula on eight sums. */
#ifndef LN_KERNELS_X86_REQUANT_Q8_AVX2_H_
#define LN_KERNELS_X86_REQUANT_Q8_AVX2_H_

#include <immintrin.h>

#include "base/compiler.h"
#include "kernels/generic/requant_q8.h"

#define LN_UPPER_HALVES(even, odd) LN_OP(blend_epi32)(LN_OP(srli_epi64)(even, 32), odd, 0xaa & LN_LANES)
#define LN_FLIP_TOP(x, left) LN_OP(add_epi32)(x, LN_OP(slli_epi32)(LN_OP(cmpgt_epi32)(left, LN_OP(set1_epi32)(0)), 31))
#define LN_UPPER_WORDS(a, b) LN_OP(packs_epi32)(LN_OP(srai_epi32)(a, 16), LN_OP(srai_epi32)(b, 16))
#define LN_SIGNED(a, x) LN_OR(a, LN_AND(x, LN_OP(set1_epi32)(INT32_MIN)))
#define LN_ANY_WITHOUT(x, bits) \
  (LN_OP(movemask_epi8)(LN_OP(cmpeq_epi32)(LN_AND(x, LN_OP(set1_epi32)(bits)), LN_OP(set1_epi32)(0))) != 0)

#define LN_V __m256i
#define LN_XOR(x, y) _mm256_xor_si256(x, y)
#define LN_AND(x, y) _mm256_and_si256(x, y)
#define LN_OR(x, y) _mm256_or_si256(x, y)
#define LN_FLOATS(x) _mm256_castsi256_ps(x)
#define LN_LANES 0xff
#define LN_OP(name) _mm256_##name
#define LN_NAME(name) q8_##name
#include "kernels/x86/requant_q8_body.h"
#undef LN_V
#undef LN_XOR
#undef LN_AND
#undef LN_OR
#undef LN_FLOATS
#undef LN_LANES
#undef LN_OP
#undef LN_NAME

/* ---- Sixteen sums, shifts of at least 1. ----
 *
 * The upper halves of (u * 2M + 2^31 - 2^32 M) are q itself, of the even and the odd sums together by one shuffle,
 * which exchanges the middle two of four. What is shifted away is q + h - [q < 0]: all but seven bits of it in 32 bits,
 * the rest by a rounding multiplication of 16 bits; what does not fit those is clamped anyway. */

typedef struct requant_q8_sixteen {
  __m256i multiplier[2], odd[2]; /* 2M, the second moved down */
  __m256i even_term[2], odd_term[2];
  __m256i shift[2]; /* e - 7, at least 0; as the shuffle leaves the sums */
  __m256i factor;   /* 2^(15 - min(e, 7)), in 16 bits */
} requant_q8_sixteen;

/* Of channels from `first` and from `second` on. False: there is a shift of 0 among those of channels with a factor. */
LN_INLINE bool requant_q8_make_sixteen(const uint32_t* multiplier, const uint32_t* shift, size_t first, size_t second,
                                       requant_q8_sixteen* r) {
  const __m256i half = _mm256_srli_epi64(_mm256_set1_epi32(INT32_MIN), 32), zero = _mm256_setzero_si256();
  const __m256i seven = _mm256_set1_epi32(7), one = _mm256_set1_epi32(1);
  __m256i factors[2], wrong = zero;
  LN_UNROLL for (size_t v = 0; v < 2; ++v) {
    const size_t at = v == 0 ? first : second;
    const __m256i m = _mm256_loadu_si256((const __m256i*)(const void*)(multiplier + at));
    const __m256i e = _mm256_loadu_si256((const __m256i*)(const void*)(shift + at));
    const __m256i off = _mm256_sub_epi32(zero, _mm256_srli_epi32(m, 1)), exchanged = _mm256_shuffle_epi32(e, 0xd8);
    wrong = _mm256_or_si256(wrong, _mm256_andnot_si256(_mm256_cmpeq_epi32(m, zero), _mm256_cmpeq_epi32(e, zero)));
    r->multiplier[v] = m;
    r->odd[v] = _mm256_srli_epi64(m, 32);
    r->even_term[v] = _mm256_or_si256(_mm256_slli_epi64(off, 32), half);
    r->odd_term[v] = _mm256_blend_epi32(half, off, 0xaa);
    r->shift[v] = _mm256_max_epi32(_mm256_sub_epi32(exchanged, seven), zero);
    factors[v] = _mm256_sllv_epi32(one, _mm256_sub_epi32(_mm256_set1_epi32(15), _mm256_min_epi32(exchanged, seven)));
  }
  r->factor = _mm256_packs_epi32(factors[0], factors[1]);
  return _mm256_testz_si256(wrong, wrong) != 0;
}

/* All but the last step. */
LN_INLINE __m256i requant_q8_eight(const requant_q8_sixteen* r, size_t v, __m256i u) {
  const __m256i even = _mm256_add_epi64(_mm256_mul_epu32(u, r->multiplier[v]), r->even_term[v]);
  const __m256i odd = _mm256_add_epi64(_mm256_mul_epu32(_mm256_srli_epi64(u, 32), r->odd[v]), r->odd_term[v]);
  const __m256i q = _mm256_castps_si256(_mm256_shuffle_ps(_mm256_castsi256_ps(even), _mm256_castsi256_ps(odd), 0xdd));
  return _mm256_srav_epi32(_mm256_add_epi32(q, _mm256_srai_epi32(q, 31)), r->shift[v]);
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
