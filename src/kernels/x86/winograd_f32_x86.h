/* The x86 rungs of Winograd's transforms. */
#ifndef LN_KERNELS_X86_WINOGRAD_F32_X86_H_
#define LN_KERNELS_X86_WINOGRAD_F32_X86_H_

#include "kernels/generic/winograd_f32.h"

extern const ln_winograd_f32 ln_winograd_f32_avx2;
extern const ln_winograd_f32 ln_winograd_f32_avx512;

#endif
