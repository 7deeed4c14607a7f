/* The x86 rungs of the arg_max_q8 family. */
#ifndef LN_KERNELS_X86_ARG_MAX_Q8_X86_H_
#define LN_KERNELS_X86_ARG_MAX_Q8_X86_H_

#include "kernels/generic/arg_max_q8.h"

extern const ln_arg_max_q8 ln_arg_max_q8_avx2;

#endif
