/* Float matrix products with AVX2 and FMA: twelve accumulators, two vectors of b and one of a fill the sixteen
 * registers; where a panel has one vector of columns tiles have twelve rows. */
#include "kernels/x86/vec_avx2.h"

enum { kRows = 6, kMostRows = 12 };
#define LN_ALL_ROWS(each) each(1) each(2) each(3) each(4) each(5) each(6)
#define LN_MOST_ROWS(each) LN_ALL_ROWS(each) each(7) each(8) each(9) each(10) each(11) each(12)

#include "kernels/generic/gemm_f32_body.h"
#include "kernels/x86/gemm_x86.h"

const ln_gemm_f32 ln_gemm_f32_6x16_avx2 = {.name = "gemm_f32_6x16_avx2",
                                           .isa = LN_ISA_AVX2,
                                           .id = 16,
                                           .mr = kRows,
                                           .nr = kColumns,
                                           .narrow_columns = VEC_LANES,
                                           .narrow_mr = kMostRows,
                                           .run = run,
                                           .run_row = run_row,
                                           .pack = pack};
