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

/* LN_UPPER_WORDS of 512 bits: lane by lane a's below b's. vpermt2w would leave a's together, of which Intel's
 * processors make three instructions, two of them on the one port for shuffles. */
LN_INLINE __m512i words_in_turns(__m512i a, __m512i b) {
  const __m512i down = _mm512_set4_epi32(0x0f0e0f0e, 0x0b0a0b0a, 0x07060706, 0x03020302);
  return _mm512_mask_shuffle_epi8(b, UINT64_C(0x3333333333333333), a, down);
}
/* Bytes packed of such words, those of a vector together again within 128 bits. */
LN_INLINE __m512i turns_undone(__m512i packed) {
  const __m512i order = _mm512_set4_epi32(0x0f0d0b09, 0x0e0c0a08, 0x07050301, 0x06040200);
  return _mm512_shuffle_epi8(packed, order);
}

/* LN_UPPER_WORDS of narrower vectors. */
#define LN_UPPER_WORDS_BY_PACKING(a, b) LN_OP(packs_epi32)(LN_OP(srai_epi32)(a, 16), LN_OP(srai_epi32)(b, 16))

#endif
