/* The x86 rungs of the rows_q8 family. */
#ifndef LN_KERNELS_X86_ROWS_Q8_X86_H_
#define LN_KERNELS_X86_ROWS_Q8_X86_H_

#include "kernels/generic/rows_q8.h"

extern const ln_rows_q8 ln_rows_q8_avx2;
extern const ln_rows_q8 ln_rows_q8_avx512;

#endif
