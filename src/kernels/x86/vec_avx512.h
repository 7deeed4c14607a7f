/* vec_avx2.h's names for AVX-512, 16 lanes. */
#ifndef LN_KERNELS_X86_VEC_AVX512_H_
#define LN_KERNELS_X86_VEC_AVX512_H_

#include <stdbool.h>
#include <stddef.h>
#include <x86intrin.h>

#include "base/compiler.h"
#include "kernels/x86/turn_8x8.h"

#define VEC_ISA avx512
enum { VEC_LANES = 16 };
typedef __m512 vec;

LN_INLINE vec vec_set(float x) { return _mm512_set1_ps(x); }
LN_INLINE vec vec_load(const float* p) { return _mm512_loadu_ps(p); }
LN_INLINE void vec_store(float* p, vec x) { _mm512_storeu_ps(p, x); }
LN_INLINE __mmask16 vec_first(size_t n) { return (__mmask16)(n >= 16 ? 0xffffu : (1u << n) - 1u); }
LN_INLINE vec vec_load_n(const float* p, size_t n) { return _mm512_maskz_loadu_ps(vec_first(n), p); }
LN_INLINE void vec_store_n(float* p, vec x, size_t n) { _mm512_mask_storeu_ps(p, vec_first(n), x); }
LN_INLINE vec vec_add(vec a, vec b) { return _mm512_add_ps(a, b); }
LN_INLINE vec vec_sub(vec a, vec b) { return _mm512_sub_ps(a, b); }
LN_INLINE vec vec_mul(vec a, vec b) { return _mm512_mul_ps(a, b); }
LN_INLINE vec vec_div(vec a, vec b) { return _mm512_div_ps(a, b); }
LN_INLINE vec vec_max(vec a, vec b) { return _mm512_max_ps(a, b); }
LN_INLINE vec vec_min(vec a, vec b) { return _mm512_min_ps(a, b); }
LN_INLINE vec vec_fma(vec a, vec b, vec c) { return _mm512_fmadd_ps(a, b, c); }
LN_INLINE vec vec_fnma(vec a, vec b, vec c) { return _mm512_fnmadd_ps(a, b, c); }
LN_INLINE vec vec_round(vec a) { return _mm512_roundscale_ps(a, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC); }
LN_INLINE vec vec_floor(vec a) { return _mm512_roundscale_ps(a, _MM_FROUND_TO_NEG_INF | _MM_FROUND_NO_EXC); }
LN_INLINE vec vec_ceil(vec a) { return _mm512_roundscale_ps(a, _MM_FROUND_TO_POS_INF | _MM_FROUND_NO_EXC); }
LN_INLINE vec vec_abs(vec a) { return _mm512_abs_ps(a); }
LN_INLINE vec vec_sign_of(vec magnitude, vec sign) {
  return _mm512_or_ps(vec_abs(magnitude), _mm512_and_ps(_mm512_set1_ps(-0.0f), sign));
}
LN_INLINE vec vec_if_less(vec x, vec y, vec a, vec b) {
  return _mm512_mask_blend_ps(_mm512_cmp_ps_mask(x, y, _CMP_LT_OQ), b, a);
}
LN_INLINE bool vec_all_less(vec x, vec y) { return _mm512_cmp_ps_mask(x, y, _CMP_LT_OQ) == 0xffff; }
/* Whether low < x < high in all lanes of four vectors. */
LN_INLINE bool vec_four_within(const vec x[4], vec low, vec high) {
  __mmask16 within = 0xffff;
  LN_UNROLL for (size_t v = 0; v < 4; ++v) {
    within = _mm512_mask_cmp_ps_mask(within, low, x[v], _CMP_LT_OQ);
    within = _mm512_mask_cmp_ps_mask(within, x[v], high, _CMP_LT_OQ);
  }
  return within == 0xffff;
}
/* The root, rounded as the processor's own instruction rounds it, from an estimate that is off by 2^-14 at most: a step
 * brings it near, and what a is more than its square, which is exact, puts it right: for every mantissa and any
 * estimate within that bound. (kcheck goes through all mantissas.) Far from 1 that would be denormal, and 0, negative
 * numbers, infinity and NaN have no estimate of use: a must be within VEC_NEAR_LEAST and VEC_NEAR_MOST. Roots take the
 * unit that also divides twelve cycles, this takes six of others. */
#define VEC_NEAR_LEAST 0x1p-90f
#define VEC_NEAR_MOST 0x1p90f
LN_INLINE vec vec_sqrt_near(vec a) {
  const vec estimate = _mm512_rsqrt14_ps(a), half = vec_mul(estimate, vec_set(0.5f)), near = vec_mul(a, estimate);
  const vec off = vec_fnma(near, half, vec_set(0.5f)), root = vec_fma(near, off, near);
  return vec_fma(vec_fnma(root, root, a), vec_fma(half, off, half), root);
}
LN_INLINE vec vec_sqrt(vec a) {
  const bool is_near = vec_all_less(vec_set(VEC_NEAR_LEAST), a) && vec_all_less(a, vec_set(VEC_NEAR_MOST));
  return is_near ? vec_sqrt_near(a) : _mm512_sqrt_ps(a);
}
LN_INLINE vec vec_rsqrt(vec a) { return vec_div(vec_set(1.0f), vec_sqrt(a)); }
LN_INLINE size_t vec_find(vec x, vec y) {
  return (size_t)_bit_scan_forward((int)_mm512_cmp_ps_mask(x, y, _CMP_EQ_OQ) | 1 << VEC_LANES);
}
LN_INLINE vec vec_split(vec a, vec* exponent) {
  const __m512i bits = _mm512_castps_si512(a);
  const __m512i n = _mm512_srai_epi32(_mm512_sub_epi32(bits, _mm512_set1_epi32(0x3f330000)), 23);
  *exponent = _mm512_cvtepi32_ps(n);
  return _mm512_castsi512_ps(_mm512_sub_epi32(bits, _mm512_slli_epi32(n, 23)));
}
LN_INLINE vec vec_scale(vec a, vec n) { return _mm512_scalef_ps(a, n); }
LN_INLINE vec vec_turn_if_odd(vec a, vec n) {
  return _mm512_xor_ps(a, _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_castps_si512(n), 31)));
}
LN_INLINE vec vec_power_of(vec t) { return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_castps_si512(t), 23)); }
LN_INLINE float vec_sum(vec a) { return _mm512_reduce_add_ps(a); }
LN_INLINE float vec_largest(vec a) { return _mm512_reduce_max_ps(a); }

#endif
