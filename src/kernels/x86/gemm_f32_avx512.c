/* Float matrix products with AVX-512: twenty-four accumulators and two vectors of b of the thirty-two registers. */
#include "kernels/x86/vec_avx512.h"

enum { kRows = 12 };
#define LN_ALL_ROWS \
  LN_ROWS(12)       \
  LN_ROWS(11)       \
  LN_ROWS(10) LN_ROWS(9) LN_ROWS(8) LN_ROWS(7) LN_ROWS(6) LN_ROWS(5) LN_ROWS(4) LN_ROWS(3) LN_ROWS(2) LN_ROWS(1)

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
