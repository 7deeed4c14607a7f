/* Winograd's transforms with NEON. */
#include "kernels/arm/rungs_arm.h"
#include "kernels/arm/vec_neon.h"
#include "kernels/generic/winograd_f32_body.h"

const ln_winograd_f32 ln_winograd_f32_neon = {
    .name = "winograd_f32_neon", .isa = LN_ISA_NEON, .forms = LN_WINOGRAD_KERNELS};
