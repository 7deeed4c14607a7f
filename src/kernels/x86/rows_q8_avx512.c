/* Quantized rows of bytes with AVX-512. */
#include <immintrin.h>
#include <string.h>

#include "base/compiler.h"
#include "kernels/x86/rows_q8_x86.h"

#define LN_V __m512i
#define LN_LANES 0xffff
#define LN_OP(name) _mm512_##name
#define LN_NAME(name) q8_##name
#include "kernels/x86/requant_q8_avx512.h"

typedef __m512i vec;
typedef q8_range range;
enum { kLanes = 16 };

static inline vec vec_set(uint32_t x) { return _mm512_set1_epi32((int)x); }
static inline vec vec_add(vec a, vec b) { return _mm512_add_epi32(a, b); }
static inline vec vec_sub(vec a, vec b) { return _mm512_sub_epi32(a, b); }
static inline vec vec_mul(vec a, vec b) { return _mm512_mullo_epi32(a, b); }
static inline vec vec_shift_left(vec x, uint32_t count) { return _mm512_sll_epi32(x, _mm_cvtsi32_si128((int)count)); }
static inline vec vec_load_bytes(const uint8_t* p, vec flip) {
  return _mm512_xor_si512(_mm512_cvtepu8_epi32(_mm_loadu_si128((const __m128i*)(const void*)p)), flip);
}
static inline vec vec_load_signed(const uint8_t* p) {
  return _mm512_cvtepi8_epi32(_mm_loadu_si128((const __m128i*)(const void*)p));
}
typedef __m512 vecf;

static inline vecf vecf_set(float x) { return _mm512_set1_ps(x); }
static inline vecf vecf_zero(void) { return _mm512_setzero_ps(); }
static inline vecf vecf_from(vec x) { return _mm512_cvtepi32_ps(x); }
static inline vecf vecf_fma(vecf a, vecf b, vecf c) { return _mm512_fmadd_ps(a, b, c); }
static inline vecf vecf_mul(vecf a, vecf b) { return _mm512_mul_ps(a, b); }
/* The sign of x, or a. */
static inline vecf vecf_copysign(vecf a, vecf x) {
  const __m512i sign = _mm512_set1_epi32(INT32_MIN);
  return _mm512_castsi512_ps(_mm512_ternarylogic_epi32(_mm512_castps_si512(x), sign, _mm512_castps_si512(a), 0xea));
}
static inline vecf vecf_farther(vecf far, vecf x, vec rounded) {
  (void)rounded;
  return _mm512_range_ps(far, _mm512_reduce_ps(x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC), 11); /* larger size */
}
static inline vec vec_round(vecf x) {
  return _mm512_cvt_roundps_epi32(x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
}
static inline bool vecf_any_above(vecf x, vecf limit) { return _mm512_cmp_ps_mask(x, limit, _CMP_GT_OQ) != 0; }

static inline range range_of(const ln_requant_q8_out* out) { return q8_range_of(out); }
static inline vec requant(vec u, vec multiplier, vec offset, vec sign_shift, vec shift) {
  return q8_requant(u, multiplier, offset, sign_shift, shift);
}

/* Packing works within 128 bits: the fours of lanes come out transposed. */
static inline void vec_store_bytes(uint8_t* out, const vec x[4], const range* to) {
  const __m512i order = _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
  const vec bytes = q8_bytes(_mm512_packs_epi32(x[0], x[1]), _mm512_packs_epi32(x[2], x[3]), to);
  _mm512_storeu_si512(out, _mm512_permutexvar_epi32(order, bytes));
}

#include "kernels/generic/rows_q8_body.h"

const ln_rows_q8 ln_rows_q8_avx512 = {.name = "rows_q8_avx512", .isa = LN_ISA_AVX512, .binary = variants};
