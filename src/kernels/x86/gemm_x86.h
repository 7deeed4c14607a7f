/* The x86 rungs of the gemm family. */
#ifndef LN_KERNELS_X86_GEMM_X86_H_
#define LN_KERNELS_X86_GEMM_X86_H_

#include "kernels/generic/gemm.h"

extern const ln_gemm_f32 ln_gemm_f32_6x16_avx2;
extern const ln_gemm_f32 ln_gemm_f32_12x32_avx512;
extern const ln_gemm_s16s8 ln_gemm_s16s8_6x16_avx2;
extern const ln_gemm_s16s8 ln_gemm_s16s8_6x16_avxvnni;
extern const ln_gemm_s16s8 ln_gemm_s16s8_12x32_avx512;
extern const ln_gemm_s16s8 ln_gemm_s16s8_12x32_avx512vnni;

#endif
