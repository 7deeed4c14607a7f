/* The x86 rungs of the reduce_small family. */
#ifndef LN_KERNELS_X86_REDUCE_SMALL_X86_H_
#define LN_KERNELS_X86_REDUCE_SMALL_X86_H_

#include "kernels/generic/reduce_small.h"

extern const ln_reduce_small_kernel ln_reduce_small_avx2;

#endif
