/* Float depthwise convolution with NEON. */
#include "kernels/arm/rungs_arm.h"
#include "kernels/arm/vec_neon.h"

/* Pixels made at once by the width of the windows (in two lines where LN_PAIR5 or the width is 3), vectors of channels
 * elsewhere; with LN_LINES3 short lines are made whole by windows 3 wide. */
#define LN_PAIR5 (NEON_REGISTERS > 16)
#define LN_LINES3 LN_PAIR5
enum { kPixels3 = LN_PAIR5 ? 7 : 4, kPixels5 = 7, kPixels7 = 7, kVectors = 4 };

#include "kernels/generic/dwconv_f32_body.h"

const ln_dwconv_f32 ln_dwconv_f32_neon = {
    .name = "dwconv_f32_neon", .isa = LN_ISA_NEON, .lanes = VEC_LANES, .run = run};
