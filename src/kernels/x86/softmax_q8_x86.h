/* The x86 rungs of the softmax_q8 family. */
#ifndef LN_KERNELS_X86_SOFTMAX_Q8_X86_H_
#define LN_KERNELS_X86_SOFTMAX_Q8_X86_H_

#include "kernels/generic/softmax_q8.h"

extern const ln_softmax_q8 ln_softmax_q8_avx2;

#endif
