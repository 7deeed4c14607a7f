/* Winograd's transforms with AVX2. */
#include "kernels/x86/vec_avx2.h"

#define LN_WINOGRAD_NAME "winograd_f32_avx2"
#define LN_STORE_PAST _mm256_stream_ps
#define LN_STORED_PAST _mm_sfence

#include "kernels/generic/winograd_f32_body.h"
#include "kernels/x86/winograd_f32_x86.h"

const ln_winograd_f32 ln_winograd_f32_avx2 = {
    .name = LN_WINOGRAD_NAME, .isa = LN_ISA_AVX2, .forms = LN_WINOGRAD_KERNELS};
