/* The ARM rungs of all families. */
#ifndef LN_KERNELS_ARM_RUNGS_ARM_H_
#define LN_KERNELS_ARM_RUNGS_ARM_H_

#include "kernels/generic/arg_max_q8.h"
#include "kernels/generic/dwconv_f32.h"
#include "kernels/generic/dwconv_q8.h"
#include "kernels/generic/gemm.h"
#include "kernels/generic/gemm_q8.h"
#include "kernels/generic/lookup_q8.h"
#include "kernels/generic/peak.h"
#include "kernels/generic/pool_f32.h"
#include "kernels/generic/pool_q8.h"
#include "kernels/generic/reduce_small.h"
#include "kernels/generic/requant.h"
#include "kernels/generic/rows_f32.h"
#include "kernels/generic/rows_q8.h"
#include "kernels/generic/winograd_f32.h"

extern const ln_gemm_f32 ln_gemm_f32_8x8_neon; /* 64-bit */
extern const ln_gemm_f32 ln_gemm_f32_4x8_neon; /* 32-bit */
extern const ln_dwconv_f32 ln_dwconv_f32_neon;
extern const ln_winograd_f32 ln_winograd_f32_neon;
extern const ln_rows_f32 ln_rows_f32_neon;
extern const ln_pool_f32 ln_pool_f32_neon;
extern const ln_pool_q8 ln_pool_q8_neon; /* 32-bit */
extern const ln_peak_f32 ln_peak_f32_neon;
extern const ln_gemm_q8 ln_gemm_q8_neon;
extern const ln_gemm_q8 ln_gemm_q8_4x16_dotprod;
extern const ln_gemm_q8 ln_gemm_q8_6x16_i8mm;
extern const ln_gemm_s16s8 ln_gemm_s16s8_4x16_neon;
extern const ln_dwconv_q8 ln_dwconv_q8_neon;
extern const ln_requant_kernel ln_requant_neon;
extern const ln_rows_q8 ln_rows_q8_neon;
extern const ln_arg_max_q8 ln_arg_max_q8_neon;
extern const ln_lookup_q8 ln_lookup_q8_neon;
extern const ln_reduce_small_kernel ln_reduce_small_neon;

#endif
