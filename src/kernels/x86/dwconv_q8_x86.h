/* The x86 rungs of the dwconv_q8 family. */
#ifndef LN_KERNELS_X86_DWCONV_Q8_X86_H_
#define LN_KERNELS_X86_DWCONV_Q8_X86_H_

#include "kernels/generic/dwconv_q8.h"

extern const ln_dwconv_q8 ln_dwconv_q8_avx2;
extern const ln_dwconv_q8 ln_dwconv_q8_avxvnni;
extern const ln_dwconv_q8 ln_dwconv_q8_avx512vnni;

#endif
