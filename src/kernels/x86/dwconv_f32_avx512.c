/* Float depthwise convolution with AVX-512. */
#include "kernels/x86/vec_avx512.h"

/* Pixels made at once by the width of the windows (in two lines where LN_PAIR5 or the width is 3), vectors of channels
 * elsewhere. */
#define LN_PAIR5 1
enum { kPixels3 = 7, kPixels5 = 7, kPixels7 = 7, kVectors = 4 };

#include "kernels/generic/dwconv_f32_body.h"
#include "kernels/x86/dwconv_f32_x86.h"

const ln_dwconv_f32 ln_dwconv_f32_avx512 = {
    .name = "dwconv_f32_avx512", .isa = LN_ISA_AVX512, .lanes = VEC_LANES, .run = run};
