/* Bilinear resizing, the portable body as compiled for AVX-512. */
#include <math.h>

#include "base/compiler.h"
#include "kernels/generic/bilinear_body.h"
#include "kernels/x86/bilinear_x86.h"

const ln_bilinear ln_bilinear_avx512 = {.name = "bilinear_avx512",
                                        .isa = LN_ISA_AVX512,
                                        .run_u8 = run_u8,
                                        .run_s8 = run_s8,
                                        .run_s16 = run_s16,
                                        .run_f32 = run_f32};
