/* The x86 rungs of the lookup_q8 family. */
#ifndef LN_KERNELS_X86_LOOKUP_Q8_X86_H_
#define LN_KERNELS_X86_LOOKUP_Q8_X86_H_

#include "kernels/generic/lookup_q8.h"

extern const ln_lookup_q8 ln_lookup_q8_avx2;
extern const ln_lookup_q8 ln_lookup_q8_avx512vbmi;

void ln_lookup_16_avx2(const int16_t table[LN_LOOKUP_16_SIZE], const int16_t* in, int16_t* out, size_t count);

#endif
