/* Float rows with AVX-512. */
#include "kernels/x86/vec_avx512.h"

#define LN_ROW_NAME "rows_f32_avx512"

#include "kernels/generic/rows_f32_body.h"
#include "kernels/x86/rows_f32_x86.h"

const ln_rows_f32 ln_rows_f32_avx512 = {.name = LN_ROW_NAME,
                                        .isa = LN_ISA_AVX512,
                                        .unary = unary,
                                        .binary = binary,
                                        .softmax = softmax,
                                        .log_softmax = log_softmax,
                                        .matvec = matvec,
                                        .matvecs = matvecs,
                                        .turn = turn,
                                        .scale_shift = scale_shift,
                                        .add_rows = add_rows};
