/* 16-bit activations by 8-bit weights with AVX-512: tiles of 12 x 32, twenty-four accumulators and two vectors of b of
 * the thirty-two registers. */
#include <string.h>

#include "base/compiler.h"
#include "kernels/x86/gemm_x86.h"
#include "kernels/x86/vec_q8_avx512.h"

enum { kRows = 12 };
#define LN_CASES \
  LN_CASE(12)    \
  LN_CASE(11)    \
  LN_CASE(10) LN_CASE(9) LN_CASE(8) LN_CASE(7) LN_CASE(6) LN_CASE(5) LN_CASE(4) LN_CASE(3) LN_CASE(2) LN_CASE(1)

LN_INLINE vec load_weights(const int8_t* p) {
  return _mm512_cvtepi8_epi16(_mm256_loadu_si256((const __m256i*)(const void*)p));
}
LN_INLINE vec add_products(vec sum, vec x, vec w) { return vec_add(sum, _mm512_madd_epi16(x, w)); }

#include "kernels/x86/gemm_s16s8_body.h"

const ln_gemm_s16s8 ln_gemm_s16s8_12x32_avx512 = {
    .name = "gemm_s16s8_12x32_avx512", .isa = LN_ISA_AVX512, .id = 32, .mr = kRows, .nr = kColumns, .run = run_s16s8};
