/* The x86 rungs of float rows. */
#ifndef LN_KERNELS_X86_ROWS_F32_X86_H_
#define LN_KERNELS_X86_ROWS_F32_X86_H_

#include "kernels/generic/rows_f32.h"

extern const ln_rows_f32 ln_rows_f32_avx2;
extern const ln_rows_f32 ln_rows_f32_avx512;

#endif
