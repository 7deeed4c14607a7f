/* The x86 rungs of float pooling. */
#ifndef LN_KERNELS_X86_POOL_F32_X86_H_
#define LN_KERNELS_X86_POOL_F32_X86_H_

#include "kernels/generic/pool_f32.h"

extern const ln_pool_f32 ln_pool_f32_avx2;
extern const ln_pool_f32 ln_pool_f32_avx512;

#endif
