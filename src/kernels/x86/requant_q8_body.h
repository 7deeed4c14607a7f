/* requant_q8.h's formula on a vector of sums, as part of a template: the including file defines LN_V (the vector),
 * LN_OP (an intrinsic's name by its operation), LN_LANES (a bit for each of its 32-bit lanes), LN_NAME (a function's
 * name), and by requant_q8_avx512.h or requant_q8_avx2.h
 *
 *   LN_UPPER_HALVES(even, odd)     of 64-bit numbers: those of `even`, moved down, beside those of `odd`
 *   LN_FLIP_TOP(x, left)           the top bit of x changed where `left` is not 0
 *   LN_XOR(x, y)
 *
 * No include guard on purpose. */

typedef struct LN_NAME(range) {
  LN_V zero_point, low, high, flip;
} LN_NAME(range);

LN_INLINE LN_NAME(range) LN_NAME(range_of)(const ln_requant_q8_out* out) {
  return (LN_NAME(range)){LN_OP(set1_epi16)(out->zero_point), LN_OP(set1_epi8)((char)out->low),
                          LN_OP(set1_epi8)((char)out->high), LN_OP(set1_epi8)((char)out->flip)};
}

LN_INLINE LN_V LN_NAME(requant)(LN_V u, LN_V multiplier, LN_V offset, LN_V sign_shift, LN_V shift) {
  const LN_V half = LN_OP(srli_epi64)(LN_OP(set1_epi32)(INT32_MIN), 32);
  const LN_V even = LN_OP(add_epi64)(LN_OP(mul_epu32)(u, multiplier), half);
  const LN_V odd =
      LN_OP(add_epi64)(LN_OP(mul_epu32)(LN_OP(srli_epi64)(u, 32), LN_OP(srli_epi64)(multiplier, 32)), half);
  const LN_V high = LN_UPPER_HALVES(even, odd);
  return LN_OP(srav_epi32)(LN_OP(add_epi32)(LN_OP(add_epi32)(high, offset), LN_OP(srlv_epi32)(u, sign_shift)), shift);
}

/* For channels some of which are shifted to the left first. */
LN_INLINE LN_V LN_NAME(requant_left)(LN_V u, LN_V left) { return LN_FLIP_TOP(LN_OP(sllv_epi32)(u, left), left); }

/* Bytes from 16-bit values less the zero point. */
LN_INLINE LN_V LN_NAME(bytes)(LN_V a, LN_V b, const LN_NAME(range) * r) {
  const LN_V bytes = LN_OP(packus_epi16)(LN_OP(adds_epi16)(a, r->zero_point), LN_OP(adds_epi16)(b, r->zero_point));
  return LN_XOR(LN_OP(min_epu8)(LN_OP(max_epu8)(bytes, r->low), r->high), r->flip);
}
