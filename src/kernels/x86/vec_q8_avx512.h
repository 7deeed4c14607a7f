/* Vectors of 32-bit lanes and what the kernels of bytes do with them, under one set of names: here AVX-512, 16 lanes.
 * The requantization is requant_q8.h's. Included by one file of each family, which no other includes. */
#ifndef LN_KERNELS_X86_VEC_Q8_AVX512_H_
#define LN_KERNELS_X86_VEC_Q8_AVX512_H_

#include <immintrin.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/compiler.h"
#include "kernels/x86/requant_q8_avx512.h"

#define LN_V __m512i
#define LN_LANES 0xffff
#define LN_FLOATS(x) _mm512_castsi512_ps(x)
#define LN_UPPER_WORDS(a, b) words_in_turns(a, b)
#ifndef LN_SHORT_ORDER /* gemm_q8_avx512vbmi.c has its own */
#define LN_SHORT_ORDER(packed) transposed_512(turns_undone(packed))
#endif
#define LN_OP(name) _mm512_##name
#define LN_NAME(name) q8_##name
#include "kernels/x86/requant_q8_body.h"

typedef __m512i vec;
typedef q8_range range;
enum { kLanes = 16 };

LN_INLINE vec vec_load(const void* p) { return _mm512_loadu_si512(p); }
LN_INLINE void vec_store(void* p, vec x) { _mm512_storeu_si512(p, x); }
LN_INLINE vec vec_set(uint32_t x) { return _mm512_set1_epi32((int)x); }
LN_INLINE vec vec_add(vec a, vec b) { return _mm512_add_epi32(a, b); }
LN_INLINE vec vec_xor(vec a, vec b) { return _mm512_xor_si512(a, b); }
LN_INLINE vec vec_max_bytes(vec a, vec b) { return _mm512_max_epu8(a, b); }
LN_INLINE vec vec_sub(vec a, vec b) { return _mm512_sub_epi32(a, b); }
LN_INLINE vec vec_mul(vec a, vec b) { return _mm512_mullo_epi32(a, b); }
LN_INLINE vec vec_shift_left(vec x, uint32_t count) { return _mm512_sll_epi32(x, _mm_cvtsi32_si128((int)count)); }
LN_INLINE vec vec_load_bytes(const uint8_t* p, vec flip) {
  return _mm512_xor_si512(_mm512_cvtepu8_epi32(_mm_loadu_si128((const __m128i*)(const void*)p)), flip);
}
LN_INLINE vec vec_load_signed(const uint8_t* p) {
  return _mm512_cvtepi8_epi32(_mm_loadu_si128((const __m128i*)(const void*)p));
}
typedef __m512 vecf;

LN_INLINE vecf vecf_load(const float* p) { return _mm512_loadu_ps(p); }
LN_INLINE vecf vecf_set(float x) { return _mm512_set1_ps(x); }
/* Of two places the first where x < zero, as signed numbers. */
LN_INLINE vecf vecf_by_side(vec x, vec zero, const float* below, const float* from) {
  return _mm512_mask_loadu_ps(_mm512_loadu_ps(from), _mm512_cmplt_epi32_mask(x, zero), below);
}
LN_INLINE vecf vecf_zero(void) { return _mm512_setzero_ps(); }
LN_INLINE vecf vecf_from(vec x) { return _mm512_cvtepi32_ps(x); }
LN_INLINE vecf vecf_fma(vecf a, vecf b, vecf c) { return _mm512_fmadd_ps(a, b, c); }
LN_INLINE vecf vecf_add(vecf a, vecf b) { return _mm512_add_ps(a, b); }
LN_INLINE vecf vecf_sub(vecf a, vecf b) { return _mm512_sub_ps(a, b); }
LN_INLINE vecf vecf_max(vecf a, vecf b) { return _mm512_max_ps(a, b); } /* b where one is NaN */
LN_INLINE vecf vecf_min(vecf a, vecf b) { return _mm512_min_ps(a, b); }
LN_INLINE vecf vecf_mul(vecf a, vecf b) { return _mm512_mul_ps(a, b); }
/* The sign of x, or a. */
LN_INLINE vecf vecf_copysign(vecf a, vecf x) {
  const __m512i sign = _mm512_set1_epi32(INT32_MIN);
  return _mm512_castsi512_ps(_mm512_ternarylogic_epi32(_mm512_castps_si512(x), sign, _mm512_castps_si512(a), 0xea));
}
/* The larger size. */
LN_INLINE vecf vecf_larger(vecf a, vecf b) { return _mm512_range_ps(a, b, 11); }
LN_INLINE vecf vecf_farther(vecf far, vecf x, vec rounded) {
  return vecf_larger(far, _mm512_sub_ps(x, _mm512_cvtepi32_ps(rounded)));
}
LN_INLINE vec vec_round(vecf x) { return _mm512_cvt_roundps_epi32(x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC); }
LN_INLINE vecf vecf_whole(vecf x) { return _mm512_roundscale_ps(x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC); }
/* In whatever way the thread rounds. */
LN_INLINE vec vec_nearly(vecf x) { return _mm512_cvtps_epi32(x); }
LN_INLINE bool vecf_any_above(vecf x, vecf limit) { return _mm512_cmp_ps_mask(x, limit, _CMP_GT_OQ) != 0; }

LN_INLINE void vecf_store_n(float* out, vecf x, size_t n) {
  _mm512_mask_storeu_ps(out, (__mmask16)(n >= kLanes ? 0xffff : (1u << n) - 1), x);
}

LN_INLINE range range_of(const ln_requant_q8_out* out) { return q8_range_of(out); }
LN_INLINE vec requant(vec u, vec multiplier, vec offset, vec sign_shift, vec shift) {
  return q8_requant(u, multiplier, offset, sign_shift, shift);
}
LN_INLINE vec requant_short(bool at_zero, vec x, vec scale, vec start, const range* r) {
  return q8_short(at_zero, x, scale, start, r);
}
LN_INLINE bool vec_doubtful(const vec v[4]) { return q8_doubtful(v); }
LN_INLINE bool vec_any_without(const vec v[4], uint32_t bits) { return q8_any_without(v, bits); }
LN_INLINE vec requant_left(vec u, vec left) { return q8_requant_left(u, left); }

/* By a double, as ln_gemm_q8_numbers.scale asks; less the zero point. Adding the largest double below a half and
 * cutting rounds half away from zero; the second operand is what max gives for NaN. */
typedef struct real_range {
  __m512d low, high;
} real_range;

LN_INLINE real_range real_range_of(const ln_requant_q8_out* out) {
  return (real_range){_mm512_set1_pd(out->low - out->zero_point), _mm512_set1_pd(out->high - out->zero_point)};
}

LN_INLINE __m256i requant_real_eight(__m256i sum, __m512d scale, const real_range* r) {
  const __m512i sign = _mm512_set1_epi64(INT64_MIN), half = _mm512_castpd_si512(_mm512_set1_pd(0x1.fffffffffffffp-2));
  const __m512d x = _mm512_mul_pd(_mm512_cvtepi32_pd(sum), scale);
  /* half, or the sign of x: (x and sign) or half. */
  const __m512d moved =
      _mm512_add_pd(x, _mm512_castsi512_pd(_mm512_ternarylogic_epi64(_mm512_castpd_si512(x), sign, half, 0xea)));
  return _mm512_cvttpd_epi32(_mm512_min_pd(_mm512_max_pd(moved, r->low), r->high));
}

LN_INLINE vec requant_real(vec sum, const double* scale, const real_range* r) {
  const __m256i first = requant_real_eight(_mm512_castsi512_si256(sum), _mm512_loadu_pd(scale), r);
  const __m256i second = requant_real_eight(_mm512_extracti64x4_epi64(sum, 1), _mm512_loadu_pd(scale + 8), r);
  return _mm512_inserti64x4(_mm512_castsi256_si512(first), second, 1);
}

/* Packing works within 128 bits: the fours of lanes come out transposed. */
LN_INLINE vec transposed_512(vec packed) {
  const __m512i order = _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
  return _mm512_permutexvar_epi32(order, packed);
}

/* The bytes of four vectors, one after the other. */
LN_INLINE vec vec_bytes(const vec x[4], const range* to) {
  return transposed_512(q8_bytes(_mm512_packs_epi32(x[0], x[1]), _mm512_packs_epi32(x[2], x[3]), to));
}

/* Of the short way's. */
LN_INLINE vec short_order(vec packed) { return LN_SHORT_ORDER(packed); }
LN_INLINE vec vec_short_bytes(const vec v[4], const range* to) { return short_order(q8_short_bytes(v, to)); }
/* The same for the whole range of a byte, up to the flip. */
LN_INLINE vec vec_short_whole(const vec v[4]) { return short_order(q8_short_packed(v)); }

LN_INLINE void vec_store_short_bytes(uint8_t* out, const vec v[4], const range* to) {
  vec_store(out, vec_short_bytes(v, to));
}
LN_INLINE void vec_store_bytes(uint8_t* out, const vec x[4], const range* to) { vec_store(out, vec_bytes(x, to)); }

/* Half 0 or 1 of a vector of bytes, and the first n <= kLanes bytes of quarter 0 to 3, which are constants where it is
 * called. */
LN_INLINE void vec_store_half(uint8_t* out, vec bytes, int i) {
  _mm256_storeu_si256((__m256i*)(void*)out,
                      i == 0 ? _mm512_castsi512_si256(bytes) : _mm512_extracti64x4_epi64(bytes, 1));
}
LN_INLINE void vec_store_quarter(uint8_t* out, vec bytes, int i, size_t n) {
  const __m128i x = i == 0   ? _mm512_castsi512_si128(bytes)
                    : i == 1 ? _mm512_extracti32x4_epi32(bytes, 1)
                    : i == 2 ? _mm512_extracti32x4_epi32(bytes, 2)
                             : _mm512_extracti32x4_epi32(bytes, 3);
  if (n >= 16) {
    _mm_storeu_si128((__m128i*)(void*)out, x);
  } else if (n >= 8) {
    _mm_storel_epi64((__m128i*)(void*)out, x);
    const uint64_t rest = (uint64_t)_mm_extract_epi64(x, 1);
    memcpy(out + 8, &rest, n - 8);
  } else {
    const uint64_t rest = (uint64_t)_mm_cvtsi128_si64(x);
    memcpy(out, &rest, n);
  }
}

#endif
