/* Float matrix products with AVX2 and FMA: twelve accumulators, two vectors of b and one of a fill the sixteen
 * registers. */
#include "kernels/x86/vec_avx2.h"

enum { kRows = 6 };
#define LN_ALL_ROWS LN_ROWS(6) LN_ROWS(5) LN_ROWS(4) LN_ROWS(3) LN_ROWS(2) LN_ROWS(1)

#include "kernels/generic/gemm_f32_body.h"
#include "kernels/x86/gemm_x86.h"

const ln_gemm_f32 ln_gemm_f32_6x16_avx2 = {.name = "gemm_f32_6x16_avx2",
                                           .isa = LN_ISA_AVX2,
                                           .id = 16,
                                           .mr = kRows,
                                           .nr = kColumns,
                                           .run = run,
                                           .run_row = run_row,
                                           .pack = pack};
