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
#define LN_SIGNED(a, x) LN_OP(ternarylogic_epi32)(x, LN_OP(set1_epi32)(INT32_MIN), a, 0xea)
#define LN_ANY_WITHOUT(x, bits) (LN_OP(testn_epi32_mask)(x, LN_OP(set1_epi32)(bits)) != 0)

/* LN_UPPER_WORDS of 512 bits, and of narrower vectors. */
LN_INLINE __m512i upper_words_512(__m512i a, __m512i b) {
  const __m512i order = _mm512_set_epi16(63, 61, 59, 57, 31, 29, 27, 25, 55, 53, 51, 49, 23, 21, 19, 17, 47, 45, 43, 41,
                                         15, 13, 11, 9, 39, 37, 35, 33, 7, 5, 3, 1);
  return _mm512_permutex2var_epi16(a, order, b);
}
#define LN_UPPER_WORDS_BY_PACKING(a, b) LN_OP(packs_epi32)(LN_OP(srai_epi32)(a, 16), LN_OP(srai_epi32)(b, 16))

#endif
