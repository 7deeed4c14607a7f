/* requant_q8.h's formula on a vector of sums, as part of a template: the including file defines LN_V (the vector),
 * LN_OP (an intrinsic's name by its operation), LN_LANES (a bit for each of its 32-bit lanes), LN_NAME (a function's
 * name), and by requant_q8_avx512.h or requant_q8_avx2.h
 *
 *   LN_UPPER_HALVES(even, odd)     of 64-bit numbers: those of `even`, moved down, beside those of `odd`
 *   LN_FLIP_TOP(x, left)           the top bit of x changed where `left` is not 0
 *   LN_XOR(x, y)
 *   LN_UPPER_WORDS(a, b)           the upper halves of all lanes, in an order that the user of short_bytes knows
 *   LN_FLOATS(x)                   its bits as floats
 *   LN_SIGNED(a, x)                the top bit of x, or a
 *   LN_ANY_WITHOUT(x, bits)        whether there is a lane without any of these bits
 *
 * No include guard on purpose. */

typedef struct LN_NAME(range) {
  LN_V zero_point, low, high, flip, base;
} LN_NAME(range);

LN_INLINE LN_NAME(range) LN_NAME(range_of)(const ln_requant_q8_out* out) {
  return (LN_NAME(range)){LN_OP(set1_epi16)(out->zero_point), LN_OP(set1_epi8)((char)out->low),
                          LN_OP(set1_epi8)((char)out->high), LN_OP(set1_epi8)((char)out->flip),
                          LN_OP(set1_epi32)(ln_requant_q8_base(out))};
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

/* The short way: v * 2^16 + 8. `at_zero` is ln_requant_q8_starts_at_zero, a constant where it is called; scale and
 * start are bits of floats. */
LN_INLINE LN_V LN_NAME(short)(bool at_zero, LN_V x, LN_V scale, LN_V start, const LN_NAME(range) * r) {
  const LN_V d = at_zero ? start : LN_SIGNED(start, x);
  const LN_V v = LN_OP(cvtps_epi32)(LN_OP(fmadd_ps)(LN_OP(cvtepi32_ps)(x), LN_FLOATS(scale), LN_FLOATS(d)));
  return at_zero ? v : LN_OP(add_epi32)(v, r->base);
}

/* Whether a number in one of four vectors has none of these bits, the upper ones of the lower half. */
LN_INLINE bool LN_NAME(any_without)(const LN_V v[4], uint32_t bits) {
  const LN_V least = LN_OP(min_epu16)(LN_OP(min_epu16)(v[0], v[1]), LN_OP(min_epu16)(v[2], v[3]));
  return LN_ANY_WITHOUT(least, (int)bits);
}

/* Whether one of them must go the long way. */
LN_INLINE bool LN_NAME(doubtful)(const LN_V v[4]) { return LN_NAME(any_without)(v, 0xfff0); }

/* Their bytes, in the order in which packing leaves them; as they are where the range is that of a byte. */
LN_INLINE LN_V LN_NAME(short_packed)(const LN_V v[4]) {
  return LN_OP(packus_epi16)(LN_UPPER_WORDS(v[0], v[1]), LN_UPPER_WORDS(v[2], v[3]));
}
LN_INLINE LN_V LN_NAME(short_bytes)(const LN_V v[4], const LN_NAME(range) * r) {
  const LN_V bytes = LN_NAME(short_packed)(v);
  return LN_XOR(LN_OP(min_epu8)(LN_OP(max_epu8)(bytes, r->low), r->high), r->flip);
}
