/* A stretch of floats to bytes by the short way of requant_q8.h, on the vectors of vec_q8_avx2.h or vec_q8_avx512.h,
 * which the including file names before: what quantize_q8_body.h asks for
 * as LN_MULTIPLY.
 *
 * In units of 2^-16 the three roundings between a product and the quotient are 3 * 2^-24 * 2^24, as long as that is
 * below 256, the sum with the zero point is off by 1, and the whole number that is made of it by 1 again: 5, less than
 * the 8 of requant_q8.h. Larger numbers saturate. What is no number or far below 0 comes out of the conversion as
 * INT32_MIN, the least. */
LN_INLINE bool multiply(float inverse, int32_t zero, bool is_signed, const float* in, void* out) {
  const int32_t up = is_signed ? 128 : 0;
  const ln_requant_q8_out range = ln_requant_q8_range(zero, -up, UINT8_MAX - up, is_signed);
  const q8_range to = range_of(&range);
  const vecf factor = vecf_set(inverse * 65536), most = vecf_set(0x1p14f / inverse);
  const vecf base = vecf_set((float)ln_requant_q8_base(&range));
  bool is_sure = true;
  LN_UNROLL for (size_t block = 0; block < 64; block += 4 * kLanes) {
    vec v[4];
    LN_UNROLL for (size_t i = 0; i < 4; ++i) v[i] =
        vec_nearly(vecf_fma(vecf_min(most, vecf_load(in + block + i * kLanes)), factor, base));
    vec_store_short_bytes((uint8_t*)out + block, v, &to);
    is_sure &= !vec_doubtful(v);
  }
  return is_sure;
}
