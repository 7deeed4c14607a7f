/* The peak with NEON. */
#include "kernels/arm/rungs_arm.h"
#include "kernels/arm/vec_neon.h"
#include "kernels/generic/peak_body.h"

const ln_peak_f32 ln_peak_f32_neon = {
    .name = "peak_f32_neon", .isa = LN_ISA_NEON, .per_turn = kChains * VEC_LANES, .run = run};
