/* Float depthwise convolution with NEON. */
#include "kernels/arm/rungs_arm.h"
#include "kernels/arm/vec_neon.h"

enum { kPixels = NEON_REGISTERS / 4, kVectors = 4 }; /* made at once */

#include "kernels/generic/dwconv_f32_body.h"

const ln_dwconv_f32 ln_dwconv_f32_neon = {.name = "dwconv_f32_neon", .isa = LN_ISA_NEON, .run = run};
