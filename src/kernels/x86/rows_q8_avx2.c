/* Quantized rows of bytes with AVX2. */
#include <immintrin.h>
#include <string.h>

#include "base/compiler.h"
#include "kernels/x86/requant_q8_avx2.h"
#include "kernels/x86/rows_q8_x86.h"

typedef __m256i vec;
typedef requant_range_avx2 range;
enum { kLanes = 8 };

static inline vec vec_set(uint32_t x) { return _mm256_set1_epi32((int)x); }
static inline vec vec_add(vec a, vec b) { return _mm256_add_epi32(a, b); }
static inline vec vec_sub(vec a, vec b) { return _mm256_sub_epi32(a, b); }
static inline vec vec_mul(vec a, vec b) { return _mm256_mullo_epi32(a, b); }
static inline vec vec_shift_left(vec x, uint32_t count) { return _mm256_sll_epi32(x, _mm_cvtsi32_si128((int)count)); }
static inline vec vec_load_bytes(const uint8_t* p, vec flip) {
  return _mm256_xor_si256(_mm256_cvtepu8_epi32(_mm_loadl_epi64((const __m128i*)(const void*)p)), flip);
}
static inline vec vec_load_signed(const uint8_t* p) {
  return _mm256_cvtepi8_epi32(_mm_loadl_epi64((const __m128i*)(const void*)p));
}
typedef __m256 vecf;

static inline vecf vecf_set(float x) { return _mm256_set1_ps(x); }
static inline vecf vecf_zero(void) { return _mm256_setzero_ps(); }
static inline vecf vecf_from(vec x) { return _mm256_cvtepi32_ps(x); }
static inline vecf vecf_fma(vecf a, vecf b, vecf c) { return _mm256_fmadd_ps(a, b, c); }
static inline vecf vecf_mul(vecf a, vecf b) { return _mm256_mul_ps(a, b); }
static inline vecf vecf_copysign(vecf a, vecf x) { return _mm256_or_ps(a, _mm256_and_ps(x, _mm256_set1_ps(-0.0f))); }
static inline vecf vecf_farther(vecf far, vecf x, vec rounded) {
  const vecf away = _mm256_sub_ps(x, _mm256_cvtepi32_ps(rounded));
  return _mm256_max_ps(far, _mm256_andnot_ps(_mm256_set1_ps(-0.0f), away));
}
/* Should the thread round another way, vecf_farther shows it. */
static inline vec vec_round(vecf x) { return _mm256_cvtps_epi32(x); }
static inline bool vecf_any_above(vecf x, vecf limit) {
  return _mm256_movemask_ps(_mm256_cmp_ps(x, limit, _CMP_GT_OQ)) != 0;
}

static inline range range_of(const ln_requant_q8_out* out) { return requant_range_of(out); }
static inline vec requant(vec u, vec multiplier, vec offset, vec sign_shift, vec shift) {
  return requant_eight(u, multiplier, offset, sign_shift, shift);
}

/* Packing works within halves: the fours of lanes come out in the order 0 2 4 6 1 3 5 7. */
static inline void vec_store_bytes(uint8_t* out, const vec x[4], const range* to) {
  const vec bytes = requant_bytes(_mm256_packs_epi32(x[0], x[1]), _mm256_packs_epi32(x[2], x[3]), to);
  _mm256_storeu_si256((__m256i*)(void*)out,
                      _mm256_permutevar8x32_epi32(bytes, _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7)));
}

#include "kernels/generic/rows_q8_body.h"

const ln_rows_q8 ln_rows_q8_avx2 = {.name = "rows_q8_avx2", .isa = LN_ISA_AVX2, .binary = variants};
