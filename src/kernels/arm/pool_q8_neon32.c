/* Pooling of bytes, the portable body as compiled for NEON: on 64-bit ARM it is that already. */
#include "kernels/arm/rungs_arm.h"
#include "kernels/generic/pool_q8_body.h"

const ln_pool_q8 ln_pool_q8_neon = {.name = "pool_q8_neon",
                                    .isa = LN_ISA_NEON,
                                    .average_u8 = average_u8,
                                    .average_s8 = average_s8,
                                    .max_u8 = max_u8,
                                    .max_s8 = max_s8,
                                    .sum_u8 = sum_u8,
                                    .sum_s8 = sum_s8};
