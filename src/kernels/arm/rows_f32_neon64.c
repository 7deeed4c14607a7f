/* Float rows with NEON. */
#include "kernels/arm/rungs_arm.h"
#include "kernels/arm/vec_neon.h"
#include "kernels/generic/rows_f32_body.h"

const ln_rows_f32 ln_rows_f32_neon = {.name = "rows_f32_neon",
                                      .isa = LN_ISA_NEON,
                                      .unary = unary,
                                      .binary = binary,
                                      .softmax = softmax,
                                      .log_softmax = log_softmax,
                                      .matvec = matvec,
                                      .matvecs = matvecs,
                                      .turn = turn,
                                      .scale_shift = scale_shift,
                                      .add_rows = add_rows};
