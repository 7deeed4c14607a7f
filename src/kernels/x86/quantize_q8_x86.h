/* The x86 rungs of the quantize_q8 family. */
#ifndef LN_KERNELS_X86_QUANTIZE_Q8_X86_H_
#define LN_KERNELS_X86_QUANTIZE_Q8_X86_H_

#include "kernels/generic/quantize_q8.h"

extern const ln_quantize_q8 ln_quantize_q8_avx2;
extern const ln_quantize_q8 ln_quantize_q8_avx512;

#endif
