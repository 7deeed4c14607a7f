/* 16-bit activations by 8-bit weights with AVX2: tiles of 6 x 16, so that twelve accumulators, two vectors of b and one
 * of a fill the sixteen registers. */
#include <string.h>

#include "base/compiler.h"
#include "kernels/x86/gemm_x86.h"
#include "kernels/x86/vec_q8_avx2.h"

enum { kRows = 6 };
#define LN_CASES LN_CASE(6) LN_CASE(5) LN_CASE(4) LN_CASE(3) LN_CASE(2) LN_CASE(1)

LN_INLINE vec load_weights(const int8_t* p) {
  return _mm256_cvtepi8_epi16(_mm_loadu_si128((const __m128i*)(const void*)p));
}
LN_INLINE vec add_products(vec sum, vec x, vec w) { return vec_add(sum, _mm256_madd_epi16(x, w)); }

#include "kernels/x86/gemm_s16s8_body.h"

const ln_gemm_s16s8 ln_gemm_s16s8_6x16_avx2 = {
    .name = "gemm_s16s8_6x16_avx2", .isa = LN_ISA_AVX2, .id = 16, .mr = kRows, .nr = kColumns, .run = run_s16s8};
