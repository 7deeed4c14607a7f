/* Vectors of 32-bit lanes and what the kernels of bytes do with them, under one set of names: here AVX2, 8 lanes. The
 * requantization is requant_q8.h's. Included by one file of each family, which no other includes. */
#ifndef LN_KERNELS_X86_VEC_Q8_AVX2_H_
#define LN_KERNELS_X86_VEC_Q8_AVX2_H_

#include <immintrin.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "kernels/x86/requant_q8_avx2.h"

typedef __m256i vec;
typedef q8_range range;
enum { kLanes = 8 };

LN_INLINE vec vec_load(const void* p) { return _mm256_loadu_si256((const __m256i*)p); }
LN_INLINE void vec_store(void* p, vec x) { _mm256_storeu_si256((__m256i*)p, x); }
LN_INLINE vec vec_set(uint32_t x) { return _mm256_set1_epi32((int)x); }
LN_INLINE vec vec_add(vec a, vec b) { return _mm256_add_epi32(a, b); }
LN_INLINE vec vec_xor(vec a, vec b) { return _mm256_xor_si256(a, b); }
LN_INLINE vec vec_max_bytes(vec a, vec b) { return _mm256_max_epu8(a, b); }
LN_INLINE vec vec_sub(vec a, vec b) { return _mm256_sub_epi32(a, b); }
LN_INLINE vec vec_mul(vec a, vec b) { return _mm256_mullo_epi32(a, b); }
LN_INLINE vec vec_shift_left(vec x, uint32_t count) { return _mm256_sll_epi32(x, _mm_cvtsi32_si128((int)count)); }
LN_INLINE vec vec_load_bytes(const uint8_t* p, vec flip) {
  return _mm256_xor_si256(_mm256_cvtepu8_epi32(_mm_loadl_epi64((const __m128i*)(const void*)p)), flip);
}
LN_INLINE vec vec_load_signed(const uint8_t* p) {
  return _mm256_cvtepi8_epi32(_mm_loadl_epi64((const __m128i*)(const void*)p));
}
typedef __m256 vecf;

LN_INLINE vecf vecf_load(const float* p) { return _mm256_loadu_ps(p); }
LN_INLINE vecf vecf_set(float x) { return _mm256_set1_ps(x); }
/* Of two places the first where x < zero, as signed numbers. */
LN_INLINE vecf vecf_by_side(vec x, vec zero, const float* below, const float* from) {
  return _mm256_blendv_ps(vecf_load(from), vecf_load(below), _mm256_castsi256_ps(_mm256_cmpgt_epi32(zero, x)));
}
LN_INLINE vecf vecf_zero(void) { return _mm256_setzero_ps(); }
LN_INLINE vecf vecf_from(vec x) { return _mm256_cvtepi32_ps(x); }
LN_INLINE vecf vecf_fma(vecf a, vecf b, vecf c) { return _mm256_fmadd_ps(a, b, c); }
LN_INLINE vecf vecf_add(vecf a, vecf b) { return _mm256_add_ps(a, b); }
LN_INLINE vecf vecf_sub(vecf a, vecf b) { return _mm256_sub_ps(a, b); }
LN_INLINE vecf vecf_max(vecf a, vecf b) { return _mm256_max_ps(a, b); } /* b where one is NaN */
LN_INLINE vecf vecf_min(vecf a, vecf b) { return _mm256_min_ps(a, b); }
LN_INLINE vecf vecf_mul(vecf a, vecf b) { return _mm256_mul_ps(a, b); }
LN_INLINE vecf vecf_copysign(vecf a, vecf x) { return _mm256_or_ps(a, _mm256_and_ps(x, _mm256_set1_ps(-0.0f))); }
/* The larger size, where a is none below 0. */
LN_INLINE vecf vecf_larger(vecf a, vecf b) { return _mm256_max_ps(a, _mm256_andnot_ps(_mm256_set1_ps(-0.0f), b)); }
LN_INLINE vecf vecf_farther(vecf far, vecf x, vec rounded) {
  return vecf_larger(far, _mm256_sub_ps(x, _mm256_cvtepi32_ps(rounded)));
}
/* Should the thread round another way, vecf_farther shows it. */
LN_INLINE vec vec_round(vecf x) { return _mm256_cvtps_epi32(x); }
LN_INLINE vecf vecf_whole(vecf x) { return _mm256_round_ps(x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC); }
/* In whatever way the thread rounds. */
LN_INLINE vec vec_nearly(vecf x) { return _mm256_cvtps_epi32(x); }
LN_INLINE bool vecf_any_above(vecf x, vecf limit) {
  return _mm256_movemask_ps(_mm256_cmp_ps(x, limit, _CMP_GT_OQ)) != 0;
}

LN_INLINE void vecf_store_n(float* out, vecf x, size_t n) {
  if (n >= kLanes) {
    _mm256_storeu_ps(out, x);
  } else {
    float floats[kLanes];
    _mm256_storeu_ps(floats, x);
    memcpy(out, floats, n * sizeof *out);
  }
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

/* By a double, as ln_gemm_q8_numbers.scale asks; less the zero point. */
typedef requant_real_avx2 real_range;
LN_INLINE real_range real_range_of(const ln_requant_q8_out* out) { return requant_real_of(out); }
LN_INLINE vec requant_real(vec sum, const double* scale, const real_range* r) {
  return requant_real_eight(sum, scale, r);
}

/* The bytes of four vectors, one after the other. Packing works within halves: the fours of lanes come out in the order
 * 0 2 4 6 1 3 5 7. */
LN_INLINE vec vec_bytes(const vec x[4], const range* to) {
  const vec bytes = q8_bytes(_mm256_packs_epi32(x[0], x[1]), _mm256_packs_epi32(x[2], x[3]), to);
  return _mm256_permutevar8x32_epi32(bytes, _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7));
}

/* Of the short way's. */
LN_INLINE vec short_order(vec packed) {
  return _mm256_permutevar8x32_epi32(packed, _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7));
}
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
  _mm_storeu_si128((__m128i*)(void*)out, i == 0 ? _mm256_castsi256_si128(bytes) : _mm256_extracti128_si256(bytes, 1));
}
LN_INLINE void vec_store_quarter(uint8_t* out, vec bytes, int i, size_t n) {
  const __m128i half = i < 2 ? _mm256_castsi256_si128(bytes) : _mm256_extracti128_si256(bytes, 1);
  const uint64_t eight = (uint64_t)(i % 2 == 0 ? _mm_cvtsi128_si64(half) : _mm_extract_epi64(half, 1));
  memcpy(out, &eight, n >= 8 ? 8 : n);
}

#endif
