/* The peak with AVX-512. */
#include "kernels/x86/vec_avx512.h"

#define LN_PEAK_NAME "peak_f32_avx512"

#include "kernels/generic/peak_body.h"
#include "kernels/x86/peak_x86.h"

const ln_peak_f32 ln_peak_f32_avx512 = {
    .name = LN_PEAK_NAME, .isa = LN_ISA_AVX512, .per_turn = kChains * VEC_LANES, .run = run};
