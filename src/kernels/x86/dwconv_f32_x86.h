/* The x86 rungs of float depthwise convolution. */
#ifndef LN_KERNELS_X86_DWCONV_F32_X86_H_
#define LN_KERNELS_X86_DWCONV_F32_X86_H_

#include "kernels/generic/dwconv_f32.h"

extern const ln_dwconv_f32 ln_dwconv_f32_avx2;
extern const ln_dwconv_f32 ln_dwconv_f32_avx512;

#endif
