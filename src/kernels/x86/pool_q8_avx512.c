/* Pooling of bytes, the portable body as compiled for AVX-512. */
#include "kernels/x86/pool_q8_x86.h"

#define LN_SUMS_IN_WORDS true
#include "kernels/generic/pool_q8_body.h"

const ln_pool_q8 ln_pool_q8_avx512 = {.name = "pool_q8_avx512",
                                      .isa = LN_ISA_AVX512,
                                      .average_u8 = average_u8,
                                      .average_s8 = average_s8,
                                      .max_u8 = max_u8,
                                      .max_s8 = max_s8,
                                      .sum_u8 = sum_u8,
                                      .sum_s8 = sum_s8};
