/* Float depthwise convolution with AVX2. */
#include "kernels/x86/vec_avx2.h"

/* Pixels made at once by the width of the windows (in two lines where LN_PAIR5 or the width is 3), vectors of channels
 * elsewhere; with LN_LINES3 short lines are made whole by windows 3 wide. */
#define LN_PAIR5 0
#define LN_LINES3 0
enum { kPixels3 = 4, kPixels5 = 7, kPixels7 = 7, kVectors = 4 };

#include "kernels/generic/dwconv_f32_body.h"
#include "kernels/x86/dwconv_f32_x86.h"

const ln_dwconv_f32 ln_dwconv_f32_avx2 = {
    .name = "dwconv_f32_avx2", .isa = LN_ISA_AVX2, .lanes = VEC_LANES, .run = run};
