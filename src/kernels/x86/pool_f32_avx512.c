/* Float pooling with AVX-512. */
#include "kernels/x86/vec_avx512.h"

#define LN_POOL_NAME "pool_f32_avx512"

#include "kernels/generic/pool_f32_body.h"
#include "kernels/x86/pool_f32_x86.h"

const ln_pool_f32 ln_pool_f32_avx512 = {.name = LN_POOL_NAME,
                                        .isa = LN_ISA_AVX512,
                                        .average = average,
                                        .max = max,
                                        .reduce = reduce,
                                        .arg_extreme = arg_extreme,
                                        .layer_norm = layer_norm};
