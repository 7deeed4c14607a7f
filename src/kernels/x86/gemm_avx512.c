/* The gemm family with AVX-512: tiles of 12 x 32, twenty-four accumulators and two vectors of b of the thirty-two
 * registers. The VNNI rung (multiply pairs and add in one instruction) lies in gemm_avx512vnni.c. */
#include <immintrin.h>
#include <string.h>

#include "base/compiler.h"
#include "kernels/x86/gemm_x86.h"

enum { kRows = 12, kColumns = 32 };

#define LN_TILE_ADD(sum, x, y) _mm512_add_epi32((sum), _mm512_madd_epi16((x), (y)))
#include "kernels/x86/gemm_s16s8_avx512.h"

const ln_gemm_s16s8 ln_gemm_s16s8_12x32_avx512 = {
    .name = "gemm_s16s8_12x32_avx512", .isa = LN_ISA_AVX512, .id = 32, .mr = kRows, .nr = kColumns, .run = run_s16s8};
