/* The x86 rungs of the gates_s16 family. */
#ifndef LN_KERNELS_X86_GATES_S16_X86_H_
#define LN_KERNELS_X86_GATES_S16_X86_H_

#include "kernels/generic/gates_s16.h"

extern const ln_gates_s16 ln_gates_s16_avx2;
extern const ln_gates_s16 ln_gates_s16_avx512;

#endif
