/* Softmax of bytes, the portable body as compiled for AVX2. */
#include "kernels/generic/softmax_q8_body.h"
#include "kernels/x86/softmax_q8_x86.h"

const ln_softmax_q8 ln_softmax_q8_avx2 = {
    .name = "softmax_q8_avx2", .isa = LN_ISA_AVX2, .bytes = bytes, .bytes_s16 = bytes_s16, .log = log_bytes};
