/* Float pooling with AVX2. */
#include "kernels/x86/vec_avx2.h"

#define LN_POOL_NAME "pool_f32_avx2"

#include "kernels/generic/pool_f32_body.h"
#include "kernels/x86/pool_f32_x86.h"

const ln_pool_f32 ln_pool_f32_avx2 = {.name = LN_POOL_NAME,
                                      .isa = LN_ISA_AVX2,
                                      .average = average,
                                      .max = max,
                                      .reduce = reduce,
                                      .arg_extreme = arg_extreme,
                                      .layer_norm = layer_norm};
