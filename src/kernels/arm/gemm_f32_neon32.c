/* Float matrix products with NEON on 32-bit ARM: eight accumulators, two vectors of b and one of a; with twelve GCC
 * keeps some in memory. */
#include "kernels/arm/rungs_arm.h"
#include "kernels/arm/vec_neon.h"

enum { kRows = 4, kMostRows = kRows };
#define LN_ALL_ROWS(each) each(1) each(2) each(3) each(4)
#define LN_MOST_ROWS LN_ALL_ROWS

#include "kernels/generic/gemm_f32_body.h"

const ln_gemm_f32 ln_gemm_f32_4x8_neon = {.name = "gemm_f32_4x8_neon",
                                          .isa = LN_ISA_NEON,
                                          .id = 8,
                                          .mr = kRows,
                                          .nr = kColumns,
                                          .run = run,
                                          .run_row = run_row,
                                          .pack = pack};
