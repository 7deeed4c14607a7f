/* Stretches of floats to bytes by the short way of requant_q8.h, on the vectors of vec_q8_avx2.h or vec_q8_avx512.h,
 * which the including file names before: what quantize_q8_body.h asks for as LN_MULTIPLY and LN_SCALE.
 *
 * In units of 2^-16, and whatever the rounding mode, the quotient and the factor (or, of hybrid operators, the product
 * and its sum with the offset) are each off by 2 as long as they make less than 256, the sum with the zero point by 1,
 * and the whole number that is made of it by 1 again: 6, less than the 8 of requant_q8.h. Larger numbers saturate. What
 * is none, or too large for 32 bits, comes out of the conversion as INT32_MIN, whose lower half counts as a doubt. */

/* To `low` at least, as unsigned, and then xor `flip`; false: one of them is in doubt. */
LN_INLINE bool short_bytes(float factor, float base, uint8_t low, uint8_t flip, const float* in, void* out) {
  const vecf factors = vecf_set(factor), bases = vecf_set(base);
  bool is_sure = true;
  LN_UNROLL for (size_t block = 0; block < 64; block += 4 * kLanes) {
    vec v[4];
    LN_UNROLL for (size_t i = 0; i < 4; ++i) v[i] =
        vec_nearly(vecf_fma(vecf_load(in + block + i * kLanes), factors, bases));
    const vec bytes = vec_max_bytes(vec_short_whole(v), vec_set(low * UINT32_C(0x01010101)));
    vec_store((uint8_t*)out + block, vec_xor(bytes, vec_set(flip * UINT32_C(0x01010101))));
    is_sure &= !vec_doubtful(v);
  }
  return is_sure;
}

LN_INLINE bool multiply(float inverse, int32_t zero, bool is_signed, const float* in, void* out) {
  const int32_t up = is_signed ? 128 : 0;
  const ln_requant_q8_out range = ln_requant_q8_range(zero, -up, UINT8_MAX - up, is_signed);
  return short_bytes(inverse * 65536, (float)ln_requant_q8_base(&range), 0, range.flip, in, out);
}

LN_INLINE bool scale_short(float offset, float inverse, int32_t low, uint8_t flip, const float* in, uint8_t* out) {
  return short_bytes(inverse * 65536, (offset + 128.5f) * 65536 + 8, (uint8_t)(low + 128), flip ^ 0x80, in, out);
}
