/* The x86 rungs of the pool_q8 family. */
#ifndef LN_KERNELS_X86_POOL_Q8_X86_H_
#define LN_KERNELS_X86_POOL_Q8_X86_H_

#include "kernels/generic/pool_q8.h"

extern const ln_pool_q8 ln_pool_q8_avx2;
extern const ln_pool_q8 ln_pool_q8_avx512;

#endif
