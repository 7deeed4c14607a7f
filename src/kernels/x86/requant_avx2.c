/* Requantization of eight values at a time, bit for bit as the reference in requant.c. */
#include <immintrin.h>

#include "kernels/x86/requant_x86.h"

static inline __m256i load(const int32_t* p) { return _mm256_loadu_si256((const __m256i*)(const void*)p); }

/* round(a * b / 2^31), half away from zero for positive and half up for negative products: both are
 * floor((a * b + 2^30) / 2^31). Only bits 31 to 62 are wanted: low halves of the even lanes shifted right by 31, high
 * halves of the odd ones shifted left by 1. The case that saturates needs a negative multiplier and does not occur. */
static inline __m256i doubling_high_mul(__m256i a, __m256i b) {
  const __m256i nudge = _mm256_set1_epi64x(INT64_C(1) << 30);
  const __m256i even = _mm256_add_epi64(_mm256_mul_epi32(a, b), nudge);
  const __m256i odd = _mm256_add_epi64(_mm256_mul_epi32(_mm256_srli_epi64(a, 32), _mm256_srli_epi64(b, 32)), nudge);
  return _mm256_blend_epi32(_mm256_srli_epi64(even, 31), _mm256_slli_epi64(odd, 1), 0xaa);
}

static inline __m256i rounding_shift_right(__m256i x, __m256i exponent) {
  const __m256i one = _mm256_set1_epi32(1);
  const __m256i mask = _mm256_sub_epi32(_mm256_sllv_epi32(one, exponent), one);
  const __m256i remainder = _mm256_and_si256(x, mask);
  const __m256i threshold = _mm256_sub_epi32(_mm256_srai_epi32(mask, 1), _mm256_srai_epi32(x, 31));
  return _mm256_sub_epi32(_mm256_srav_epi32(x, exponent), _mm256_cmpgt_epi32(remainder, threshold));
}

static void fixed(const ln_requant* params, size_t first, size_t count, int32_t* values) {
  const __m256i zero = _mm256_setzero_si256(), zero_point = _mm256_set1_epi32(params->zero_point);
  const __m256i low = _mm256_set1_epi32(params->low), high = _mm256_set1_epi32(params->high);
  for (size_t i = 0; i < count; i += LN_REQUANT_STEP) {
    const __m256i shift = load(params->shift + first + i);
    __m256i x = _mm256_add_epi32(load(values + i), load(params->bias + first + i));
    x = _mm256_sllv_epi32(x, _mm256_max_epi32(shift, zero));
    x = doubling_high_mul(x, load(params->multiplier + first + i));
    x = rounding_shift_right(x, _mm256_max_epi32(_mm256_sub_epi32(zero, shift), zero));
    x = _mm256_add_epi32(x, zero_point);
    x = _mm256_min_epi32(_mm256_max_epi32(x, low), high);
    _mm256_storeu_si256((__m256i*)(void*)(values + i), x);
  }
}

/* Half away from zero: what the cut takes off is exact, and from one half on one more is added with the sign of x. NaN
 * is the first operand of max, which then gives the second. */
static inline __m128i scale_four(__m128i sum, __m256d scale, __m256d zero_point, __m256d low, __m256d high) {
  const __m256d sign = _mm256_set1_pd(-0.0);
  const __m256d x = _mm256_mul_pd(_mm256_cvtepi32_pd(sum), scale);
  const __m256d whole = _mm256_round_pd(x, _MM_FROUND_TO_ZERO | _MM_FROUND_NO_EXC);
  const __m256d rest = _mm256_andnot_pd(sign, _mm256_sub_pd(x, whole));
  const __m256d more = _mm256_and_pd(_mm256_cmp_pd(rest, _mm256_set1_pd(0.5), _CMP_GE_OQ),
                                     _mm256_or_pd(_mm256_and_pd(x, sign), _mm256_set1_pd(1.0)));
  const __m256d clamped = _mm256_min_pd(_mm256_max_pd(_mm256_add_pd(whole, more), low), high);
  return _mm256_cvttpd_epi32(_mm256_add_pd(clamped, zero_point));
}

static void real(const ln_requant* params, size_t first, size_t count, int32_t* values) {
  const __m256d zero_point = _mm256_set1_pd(params->zero_point);
  const __m256d low = _mm256_set1_pd((double)params->low - params->zero_point);
  const __m256d high = _mm256_set1_pd((double)params->high - params->zero_point);
  for (size_t i = 0; i < count; i += 4) {
    const __m128i sum = _mm_add_epi32(_mm_loadu_si128((const __m128i*)(const void*)(values + i)),
                                      _mm_loadu_si128((const __m128i*)(const void*)(params->bias + first + i)));
    const __m128i x = scale_four(sum, _mm256_loadu_pd(params->scale + first + i), zero_point, low, high);
    _mm_storeu_si128((__m128i*)(void*)(values + i), x);
  }
}

/* ln_requantize_i64 of four sums: the product's low 64 bits, and a shift of a signed number by one of an unsigned that
 * is 2^63 more. */
static inline __m256i scale_wide_four(__m256i sum, __m128i multiplier, __m128i shift) {
  const __m256i one = _mm256_set1_epi64x(1), top = _mm256_set1_epi64x(INT64_MIN);
  const __m128i reduced =
      _mm_min_epi32(_mm_srli_epi32(_mm_add_epi32(multiplier, _mm_set1_epi32(1 << 15)), 16), _mm_set1_epi32(0x7FFF));
  const __m256i factor = _mm256_cvtepu32_epi64(reduced);
  const __m256i right = _mm256_cvtepi32_epi64(_mm_sub_epi32(_mm_set1_epi32(15), shift));
  const __m256i upper = _mm256_slli_epi64(_mm256_mul_epu32(_mm256_srli_epi64(sum, 32), factor), 32);
  const __m256i half = _mm256_sllv_epi64(one, _mm256_sub_epi64(right, one));
  const __m256i product = _mm256_add_epi64(_mm256_add_epi64(_mm256_mul_epu32(sum, factor), upper), half);
  return _mm256_sub_epi64(_mm256_srlv_epi64(_mm256_xor_si256(product, top), right), _mm256_srlv_epi64(top, right));
}

static inline __m256i load_wide(const int64_t* p) { return _mm256_loadu_si256((const __m256i*)(const void*)p); }

static inline __m128i load_four(const int32_t* p) { return _mm_loadu_si128((const __m128i*)(const void*)p); }

static void wide_fixed(const ln_requant* params, const int64_t* bias, size_t first, size_t count, const int64_t* sums,
                       int32_t* values) {
  const __m256i zero_point = _mm256_set1_epi32(params->zero_point), low = _mm256_set1_epi32(params->low);
  const __m256i high = _mm256_set1_epi32(params->high), halves = _mm256_setr_epi32(0, 1, 4, 5, 2, 3, 6, 7);
  size_t i = 0;
  for (; i + 8 <= count; i += 8) {
    __m256i scaled[2];
    for (size_t h = 0; h < 2; ++h) {
      const size_t at = i + 4 * h, channel = first + at;
      scaled[h] = scale_wide_four(_mm256_add_epi64(load_wide(sums + at), load_wide(bias + channel)),
                                  load_four(params->multiplier + channel), load_four(params->shift + channel));
    }
    const __m256 lower = _mm256_shuffle_ps(_mm256_castsi256_ps(scaled[0]), _mm256_castsi256_ps(scaled[1]), 0x88);
    const __m256i ordered = _mm256_permutevar8x32_epi32(_mm256_castps_si256(lower), halves);
    const __m256i x = _mm256_add_epi32(ordered, zero_point);
    _mm256_storeu_si256((__m256i*)(void*)(values + i), _mm256_min_epi32(_mm256_max_epi32(x, low), high));
  }
  ln_requant_wide_fixed(params, bias, first + i, count - i, sums + i, values + i);
}

const ln_requant_kernel ln_requant_avx2 = {
    .name = "requant_avx2", .isa = LN_ISA_AVX2, .fixed = fixed, .real = real, .wide_fixed = wide_fixed};
