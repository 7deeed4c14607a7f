/* The x86 rungs of the bilinear family. */
#ifndef LN_KERNELS_X86_BILINEAR_X86_H_
#define LN_KERNELS_X86_BILINEAR_X86_H_

#include "kernels/generic/bilinear.h"

extern const ln_bilinear ln_bilinear_avx2;
extern const ln_bilinear ln_bilinear_avx512;

#endif
