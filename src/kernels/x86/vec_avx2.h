/* Vectors of floats under one set of names, so that a kernel's body is written once and made for every instruction set:
 * here AVX2 with FMA, 8 lanes. `…_n` functions touch the first n lanes' memory only, 1 <= n <= VEC_LANES. Where an
 * operand is NaN, vec_max and vec_min give the second one. Included by one file of each family, which no other
 * includes.
 */
#ifndef LN_KERNELS_X86_VEC_AVX2_H_
#define LN_KERNELS_X86_VEC_AVX2_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <x86intrin.h>

#include "base/compiler.h"
#include "kernels/x86/turn_8x8.h"

#define VEC_ISA avx2
enum { VEC_LANES = 8 };
typedef __m256 vec;

LN_INLINE vec vec_set(float x) { return _mm256_set1_ps(x); }
LN_INLINE vec vec_load(const float* p) { return _mm256_loadu_ps(p); }
LN_INLINE void vec_store(float* p, vec x) { _mm256_storeu_ps(p, x); }

static inline __m256i vec_first(size_t n) {
  static const int32_t lanes[16] = {-1, -1, -1, -1, -1, -1, -1, -1, 0, 0, 0, 0, 0, 0, 0, 0};
  return _mm256_loadu_si256((const __m256i*)(const void*)(lanes + 8 - n));
}

/* Lanes from n on are 0. */
LN_INLINE vec vec_load_n(const float* p, size_t n) {
  return n >= VEC_LANES ? vec_load(p) : _mm256_maskload_ps(p, vec_first(n));
}

/* (Masked stores take dozens of cycles on some processors.) */
LN_INLINE void vec_store_n(float* p, vec x, size_t n) {
  if (n >= VEC_LANES) {
    vec_store(p, x);
  } else {
    float lanes[VEC_LANES];
    vec_store(lanes, x);
    memcpy(p, lanes, n * sizeof(float));
  }
}

LN_INLINE vec vec_add(vec a, vec b) { return _mm256_add_ps(a, b); }
LN_INLINE vec vec_sub(vec a, vec b) { return _mm256_sub_ps(a, b); }
LN_INLINE vec vec_mul(vec a, vec b) { return _mm256_mul_ps(a, b); }
LN_INLINE vec vec_div(vec a, vec b) { return _mm256_div_ps(a, b); }
LN_INLINE vec vec_max(vec a, vec b) { return _mm256_max_ps(a, b); }
LN_INLINE vec vec_min(vec a, vec b) { return _mm256_min_ps(a, b); }
LN_INLINE vec vec_sqrt(vec a) { return _mm256_sqrt_ps(a); }
LN_INLINE vec vec_fma(vec a, vec b, vec c) { return _mm256_fmadd_ps(a, b, c); }   /* a * b + c */
LN_INLINE vec vec_fnma(vec a, vec b, vec c) { return _mm256_fnmadd_ps(a, b, c); } /* c - a * b */
LN_INLINE vec vec_round(vec a) { return _mm256_round_ps(a, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC); }
LN_INLINE vec vec_floor(vec a) { return _mm256_floor_ps(a); }
LN_INLINE vec vec_ceil(vec a) { return _mm256_ceil_ps(a); }
LN_INLINE vec vec_abs(vec a) { return _mm256_andnot_ps(_mm256_set1_ps(-0.0f), a); }
LN_INLINE vec vec_sign_of(vec magnitude, vec sign) {
  return _mm256_or_ps(vec_abs(magnitude), _mm256_and_ps(_mm256_set1_ps(-0.0f), sign));
}
/* x < y ? a : b; b where x or y is NaN. */
LN_INLINE vec vec_if_less(vec x, vec y, vec a, vec b) {
  return _mm256_blendv_ps(b, a, _mm256_cmp_ps(x, y, _CMP_LT_OQ));
}
/* Whether x < y in all lanes. */
LN_INLINE bool vec_all_less(vec x, vec y) { return _mm256_movemask_ps(_mm256_cmp_ps(x, y, _CMP_LT_OQ)) == 0xff; }
/* Whether low < x < high in all lanes of four vectors. */
LN_INLINE bool vec_four_within(const vec x[4], vec low, vec high) {
  vec within = _mm256_cmp_ps(low, x[0], _CMP_LT_OQ);
  LN_UNROLL for (size_t v = 1; v < 4; ++v) within = _mm256_and_ps(within, _mm256_cmp_ps(low, x[v], _CMP_LT_OQ));
  LN_UNROLL for (size_t v = 0; v < 4; ++v) within = _mm256_and_ps(within, _mm256_cmp_ps(x[v], high, _CMP_LT_OQ));
  return _mm256_movemask_ps(within) == 0xff;
}
/* 1 / vec_sqrt(a), with the same two roundings. Roots and quotients wait for the same unit, so the root is made of an
 * estimate that is off by 1.5 * 2^-12 at most: a step of third order, and what a is more than the root's square, which
 * is exact: right for every mantissa and any estimate within that bound. (kcheck goes through all mantissas.) Alone it
 * is no faster than vec_sqrt. */
LN_INLINE vec vec_rsqrt(vec a) {
  const vec one = vec_set(1.0f), half = vec_set(0.5f);
  if (!(vec_all_less(vec_set(0x1p-90f), a) && vec_all_less(a, vec_set(0x1p90f)))) return vec_div(one, vec_sqrt(a));
  const vec estimate = _mm256_rsqrt_ps(a), less = vec_fnma(vec_mul(a, estimate), estimate, one);
  const vec off = vec_mul(less, vec_fma(less, vec_set(0.375f), half));
  const vec inverse = vec_fma(estimate, off, estimate), root = vec_mul(a, inverse);
  return vec_div(one, vec_fma(vec_fnma(root, root, a), vec_mul(inverse, half), root));
}
/* The first lane where x is y, VEC_LANES where there is none. */
LN_INLINE size_t vec_find(vec x, vec y) {
  return (size_t)_bit_scan_forward(_mm256_movemask_ps(_mm256_cmp_ps(x, y, _CMP_EQ_OQ)) | 1 << VEC_LANES);
}
/* A positive normal number is m * 2^n, m from 0.7 (0x3f330000) to below 1.4: m, and n by `exponent`. */
LN_INLINE vec vec_split(vec a, vec* exponent) {
  const __m256i bits = _mm256_castps_si256(a);
  const __m256i n = _mm256_srai_epi32(_mm256_sub_epi32(bits, _mm256_set1_epi32(0x3f330000)), 23);
  *exponent = _mm256_cvtepi32_ps(n);
  return _mm256_castsi256_ps(_mm256_sub_epi32(bits, _mm256_slli_epi32(n, 23)));
}
/* a * 2^n for whole n in [-252, 254], in two steps, so that results near the ends of the range come out. */
LN_INLINE vec vec_scale(vec a, vec n) {
  const __m256i whole = _mm256_cvtps_epi32(n), half = _mm256_srai_epi32(whole, 1), bias = _mm256_set1_epi32(127);
  const __m256i rest = _mm256_sub_epi32(whole, half);
  const vec first = _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_add_epi32(half, bias), 23));
  const vec second = _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_add_epi32(rest, bias), 23));
  return vec_mul(vec_mul(a, first), second);
}
/* -a where the lowest bit of n is set. */
LN_INLINE vec vec_turn_if_odd(vec a, vec n) {
  return _mm256_xor_ps(a, _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_castps_si256(n), 31)));
}
/* The float whose exponent's bits are t's lowest. */
LN_INLINE vec vec_power_of(vec t) { return _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_castps_si256(t), 23)); }

/* All lanes', in a fixed order. */
LN_INLINE float vec_sum(vec a) {
  const __m128 half = _mm_add_ps(_mm256_castps256_ps128(a), _mm256_extractf128_ps(a, 1));
  const __m128 pair = _mm_add_ps(half, _mm_movehl_ps(half, half));
  return _mm_cvtss_f32(_mm_add_ss(pair, _mm_movehdup_ps(pair)));
}
LN_INLINE float vec_largest(vec a) {
  const __m128 half = _mm_max_ps(_mm256_castps256_ps128(a), _mm256_extractf128_ps(a, 1));
  const __m128 pair = _mm_max_ps(half, _mm_movehl_ps(half, half));
  return _mm_cvtss_f32(_mm_max_ss(pair, _mm_movehdup_ps(pair)));
}

#endif
