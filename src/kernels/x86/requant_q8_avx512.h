/* What requant_q8_body.h leaves to the instruction set: AVX-512, with VL for narrower vectors. */
#ifndef LN_KERNELS_X86_REQUANT_Q8_AVX512_H_
#define LN_KERNELS_X86_REQUANT_Q8_AVX512_H_

#include <immintrin.h>

#include "base/compiler.h"
#include "kernels/generic/requant_q8.h"

#define LN_UPPER_HALVES(even, odd) LN_OP(mask_shuffle_epi32)(odd, 0x5555 & LN_LANES, even, 0xf5)
#define LN_FLIP_TOP(x, left) \
  LN_OP(mask_add_epi32)(x, LN_OP(test_epi32_mask)(left, left), x, LN_OP(set1_epi32)(INT32_MIN))
#define LN_XOR(x, y) LN_OP(xor_epi32)(x, y)

#endif
