/* Sums of products to 8 bits by a multiplier and a right shift, in the form that the 8-bit kernels take: what depends
 * on the channel alone is computed once, so that a vector of sums costs ten instructions. The result is
 * ln_requantize's.
 *
 * With 0 < M < 2^31 and a right shift e, the reference computes q = floor((x * M + 2^30) / 2^31), then
 * r = floor((q + h - [x < 0]) / 2^e), h = 2^(e-1); for e = 0 it is r = q. (It asks for the sign of q, which differs
 * from that of x only where q is 0, and there r is 0 either way.) The kernels keep u = x + 2^31, an unsigned number:
 *
 *   floor((u * 2M + 2^31) / 2^32) = q + M, so that with k = h - M - [e > 0]
 *   r = (high half of (u * 2M + 2^31) + k + (u >> s)) >> e, s = 31, or 32 where e = 0: no sign is taken off there.
 *
 * All is modulo 2^32, as sums are in the reference, and right where q + h stays below 2^31. Factors of 1 and above,
 * which are rare, have e = 0 and are shifted to the left first: then u = (x << left) + 2^31.
 *
 * The short way takes six instructions. Both floors are one, of a real number: with s = M / 2^(31 + e), d = 2^-(1 + e)
 * (0 where e = 0) and the output's zero point z
 *
 *   r + z = floor(v), v = x * s + z + 1/2 + d, and - d in place of + d where x < 0.
 *
 * Kernels compute v * 2^16 + 8 in floats, round it to 32 bits, and take the upper half. Whatever the rounding mode that
 * is off by less than 8 for 0 <= v <= 257: x, s, the first sum and the last rounding by one unit each of at most
 * 2^(25 - 23), 2^(25 - 23), 2 and 1; where |x * s| is large the sum with z is small. So the upper half is right unless
 * the lower one is below 16; then the sums are done again by the long way, which happens to one of 4096. Outside of
 * that range v is clamped. Where the range of the output begins at z or above, x < 0 gives its lowest number by either
 * sign of d, and + d is part of one number with z. There no sum is too large either: what 32 bits do not hold becomes
 * -2^31 (or is clamped to them, on ARM), which counts as in doubt. Elsewhere z is added behind that, so that sums are
 * bounded. */
#ifndef LN_KERNELS_REQUANT_Q8_H_
#define LN_KERNELS_REQUANT_Q8_H_

#include <stdbool.h>
#include <stdint.h>

/* Of one channel. */
typedef struct ln_requant_q8 {
  uint32_t bias;       /* added to the sum; 2^31 is in it */
  uint32_t multiplier; /* 2M */
  uint32_t offset;     /* k */
  uint32_t sign_shift; /* s */
  uint32_t shift;      /* e */
  uint32_t left;
} ln_requant_q8;

/* The short way's numbers of a channel: s * 2^16, and (z + 1/2 + d) * 2^16 + 8 where the range begins at z or above,
 * otherwise d * 2^16 alone. */
typedef struct ln_requant_q8_short {
  float scale, start;
} ln_requant_q8_short;

/* What all channels share. Zero point and range are those of the output seen as unsigned; bytes are stored after an
 * exclusive or with `flip` (0x80 for int8, which is moved up by 128 for that, 0 for uint8). */
typedef struct ln_requant_q8_out {
  uint8_t zero_point, low, high, flip;
} ln_requant_q8_out;

/* False: the shift is to the left, or q + h can leave its range with sums of up to `largest` and the bias. (Biases of
 * channels whose weights are all but 0 can be as large as int32 allows.) */
static inline bool ln_requant_q8_make(int32_t bias, int64_t largest, int32_t multiplier, int32_t shift,
                                      ln_requant_q8* r) {
  if (shift > 30 || shift < -31 || multiplier < 0) return false;
  const int64_t limit = INT64_C(1) << 31, sum = largest + (bias < 0 ? -(int64_t)bias : bias);
  const int64_t q = (((sum < limit ? sum : limit) * multiplier) >> 31) + 1;
  const int64_t half = shift < 0 ? INT64_C(1) << (-shift - 1) : 0;
  if (shift == -31 ? q >= half : shift <= 0 && q + half >= limit) return false;
  /* Of 31 bits nothing is left. */
  const uint32_t m = shift == -31 ? 0 : (uint32_t)multiplier, e = shift == -31 ? 1 : shift > 0 ? 0 : (uint32_t)-shift;
  r->bias = (uint32_t)bias + (UINT32_C(1) << 31);
  r->multiplier = 2 * m;
  r->offset = (e > 0 ? (UINT32_C(1) << (e - 1)) - 1 : 0) - m;
  r->sign_shift = e > 0 ? 31 : 32;
  r->shift = e;
  r->left = shift > 0 ? (uint32_t)shift : 0;
  return true;
}

static inline ln_requant_q8_out ln_requant_q8_range(int32_t zero_point, int32_t low, int32_t high, bool is_signed) {
  const int32_t up = is_signed ? 128 : 0;
  return (ln_requant_q8_out){(uint8_t)(zero_point + up), (uint8_t)(low + up), (uint8_t)(high + up),
                             is_signed ? 0x80 : 0};
}

/* What is added to a sum's 2^16-fold where its sign decides about d. */
static inline int32_t ln_requant_q8_base(const ln_requant_q8_out* out) { return (out->zero_point << 16) + 0x8008; }

static inline bool ln_requant_q8_starts_at_zero(const ln_requant_q8_out* out) { return out->low >= out->zero_point; }

/* The start of a channel that does not exist: never in doubt. */
static inline float ln_requant_q8_no_start(const ln_requant_q8_out* out) {
  return ln_requant_q8_starts_at_zero(out) ? 32768.0f : 0.0f;
}

static inline float ln_requant_q8_d(const ln_requant_q8* r) {
  return r->shift > 0 ? 32768.0f / (float)(UINT32_C(1) << r->shift) : 0.0f;
}

/* False: the short way is not open to sums of up to `largest` and the bias: 32 bits do not hold v * 2^16, or the factor
 * is 1 and above. */
static inline bool ln_requant_q8_make_short(const ln_requant_q8* r, int32_t bias, int64_t largest,
                                            const ln_requant_q8_out* out, ln_requant_q8_short* to) {
  const double scale = (double)(r->multiplier >> 1) / (double)(UINT64_C(1) << (31 + r->shift));
  const double sum = (double)largest + (bias < 0 ? -(double)bias : (double)bias);
  const double d = ln_requant_q8_d(r);
  if (r->left > 0 || sum >= 2147483648.0) return false;
  if (!ln_requant_q8_starts_at_zero(out) && sum * scale >= 32000) return false;
  to->scale = (float)(scale * 65536);
  to->start = (float)(ln_requant_q8_starts_at_zero(out) ? ln_requant_q8_base(out) + d : d);
  return true;
}

/* The definition: `sum` has the bias in it. */
static inline uint8_t ln_requant_q8_apply(const ln_requant_q8* r, const ln_requant_q8_out* out, uint32_t sum) {
  sum = (sum << r->left) + (r->left > 0 ? UINT32_C(1) << 31 : 0);
  const uint32_t product = (uint32_t)(((uint64_t)sum * r->multiplier + (UINT64_C(1) << 31)) >> 32);
  const int32_t x = (int32_t)(product + r->offset + (uint32_t)((uint64_t)sum >> r->sign_shift)) >> r->shift;
  const int32_t value = x + out->zero_point, low = out->low, high = out->high;
  const int32_t above = value < low ? low : value;
  return (uint8_t)((above > high ? high : above) ^ out->flip);
}

#endif
