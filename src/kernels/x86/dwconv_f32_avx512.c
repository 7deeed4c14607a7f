/* Float depthwise convolution with AVX-512. */
#include "kernels/x86/vec_avx512.h"

enum { kPixels = 4, kVectors = 4 }; /* made at once */

#include "kernels/generic/dwconv_f32_body.h"
#include "kernels/x86/dwconv_f32_x86.h"

const ln_dwconv_f32 ln_dwconv_f32_avx512 = {.name = "dwconv_f32_avx512", .isa = LN_ISA_AVX512, .run = run};
