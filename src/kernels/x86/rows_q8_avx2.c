/* Quantized rows of bytes with AVX2. */
#include "kernels/x86/rows_q8_x86.h"
#include "kernels/x86/turn_16x16.h"
#include "kernels/x86/vec_q8_avx2.h"
/* The body is made of them. */
#include "kernels/generic/rows_q8_body.h"

const ln_rows_q8 ln_rows_q8_avx2 = {.name = "rows_q8_avx2",
                                    .isa = LN_ISA_AVX2,
                                    .binary = variants,
                                    .scale_shift = scale_shift,
                                    .scale_fill = scale_fill,
                                    .scale = scale,
                                    .turn = turn_16x16};
