/* The x86 rungs of the bilinear_q8 family. */
#ifndef LN_KERNELS_X86_BILINEAR_Q8_X86_H_
#define LN_KERNELS_X86_BILINEAR_Q8_X86_H_

#include "kernels/generic/bilinear_q8.h"

extern const ln_bilinear_q8 ln_bilinear_q8_avx2;
extern const ln_bilinear_q8 ln_bilinear_q8_avx512;

#endif
