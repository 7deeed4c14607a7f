/* The x86 rungs of the gemm_q8 family. */
#ifndef LN_KERNELS_X86_GEMM_Q8_X86_H_
#define LN_KERNELS_X86_GEMM_Q8_X86_H_

#include "kernels/generic/gemm_q8.h"

extern const ln_gemm_q8 ln_gemm_q8_6x16_avx2;
extern const ln_gemm_q8 ln_gemm_q8_pairs_6x16_avx2;
extern const ln_gemm_q8 ln_gemm_q8_6x16_avxvnni;
extern const ln_gemm_q8 ln_gemm_q8_6x64_avx512vnni;
extern const ln_gemm_q8 ln_gemm_q8_6x64_avx512vbmi;
extern const ln_gemm_q8 ln_gemm_q8_16x64_amx;

#endif
