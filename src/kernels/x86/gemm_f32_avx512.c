/* Float matrix products with AVX-512: twenty-four accumulators and two vectors of b of the thirty-two registers. */
#include "kernels/x86/vec_avx512.h"

enum { kRows = 12, kMostRows = kRows };
#define LN_ALL_ROWS(each) \
  each(1) each(2) each(3) each(4) each(5) each(6) each(7) each(8) each(9) each(10) each(11) each(12)
#define LN_MOST_ROWS LN_ALL_ROWS

#include "kernels/generic/gemm_f32_body.h"
#include "kernels/x86/gemm_x86.h"

const ln_gemm_f32 ln_gemm_f32_12x32_avx512 = {.name = "gemm_f32_12x32_avx512",
                                              .isa = LN_ISA_AVX512,
                                              .id = 32,
                                              .mr = kRows,
                                              .nr = kColumns,
                                              .run = run,
                                              .run_row = run_row,
                                              .pack = pack};
