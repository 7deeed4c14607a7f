/* The x86 rungs of the requant family. */
#ifndef LN_KERNELS_X86_REQUANT_X86_H_
#define LN_KERNELS_X86_REQUANT_X86_H_

#include "kernels/generic/requant.h"

extern const ln_requant_kernel ln_requant_avx2;

#endif
