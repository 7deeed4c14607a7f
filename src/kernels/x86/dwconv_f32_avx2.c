/* Float depthwise convolution with AVX2. */
#include "kernels/x86/vec_avx2.h"

enum { kPixels = 8, kVectors = 4 }; /* made at once */

#include "kernels/generic/dwconv_f32_body.h"
#include "kernels/x86/dwconv_f32_x86.h"

const ln_dwconv_f32 ln_dwconv_f32_avx2 = {.name = "dwconv_f32_avx2", .isa = LN_ISA_AVX2, .run = run};
