/* The integer gemm with AVX-512 VNNI: the pairs of int16 are multiplied and added to the sum by one instruction. */
#include <immintrin.h>
#include <string.h>

#include "base/compiler.h"
#include "kernels/x86/gemm_x86.h"

enum { kRows = 12, kColumns = 32 };

#define LN_TILE_ADD(sum, x, y) _mm512_dpwssd_epi32((sum), (x), (y))
#include "kernels/x86/gemm_s16s8_avx512.h"

const ln_gemm_s16s8 ln_gemm_s16s8_12x32_avx512vnni = {.name = "gemm_s16s8_12x32_avx512vnni",
                                                      .isa = LN_ISA_AVX512VNNI,
                                                      .id = 32,
                                                      .mr = kRows,
                                                      .nr = kColumns,
                                                      .run = run_s16s8};
