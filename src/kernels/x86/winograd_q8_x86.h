/* The x86 rungs of Winograd's convolutions of bytes. */
#ifndef LN_KERNELS_X86_WINOGRAD_Q8_X86_H_
#define LN_KERNELS_X86_WINOGRAD_Q8_X86_H_

#include "kernels/generic/winograd_q8.h"

extern const ln_winograd_q8 ln_winograd_q8_avx2;
extern const ln_winograd_q8 ln_winograd_q8_avxvnni;
extern const ln_winograd_q8 ln_winograd_q8_avx512vnni;

#endif
