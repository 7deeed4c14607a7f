/* Float pooling with NEON. */
#include "kernels/arm/rungs_arm.h"
#include "kernels/arm/vec_neon.h"
#include "kernels/generic/pool_f32_body.h"

const ln_pool_f32 ln_pool_f32_neon = {.name = "pool_f32_neon",
                                      .isa = LN_ISA_NEON,
                                      .average = average,
                                      .max = max,
                                      .reduce = reduce,
                                      .arg_extreme = arg_extreme,
                                      .layer_norm = layer_norm};
