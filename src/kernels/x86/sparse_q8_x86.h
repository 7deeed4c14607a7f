/* The x86 rungs of the sparse_q8 family. */
#ifndef LN_KERNELS_X86_SPARSE_Q8_X86_H_
#define LN_KERNELS_X86_SPARSE_Q8_X86_H_

#include "kernels/generic/sparse_q8.h"

extern const ln_sparse_q8 ln_sparse_q8_avx2;

#endif
