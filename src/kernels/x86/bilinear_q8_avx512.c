/* Bilinear resizing of bytes, the portable body as compiled for AVX-512. */
#include <math.h>

#include "base/compiler.h"
#include "kernels/generic/bilinear_q8_body.h"
#include "kernels/x86/bilinear_q8_x86.h"

const ln_bilinear_q8 ln_bilinear_q8_avx512 = {
    .name = "bilinear_q8_avx512", .isa = LN_ISA_AVX512, .run_u8 = run_u8, .run_s8 = run_s8};
