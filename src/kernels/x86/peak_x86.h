/* The x86 rungs of the peak. */
#ifndef LN_KERNELS_X86_PEAK_X86_H_
#define LN_KERNELS_X86_PEAK_X86_H_

#include "kernels/generic/peak.h"

extern const ln_peak_f32 ln_peak_f32_avx2;
extern const ln_peak_f32 ln_peak_f32_avx512;

#endif
