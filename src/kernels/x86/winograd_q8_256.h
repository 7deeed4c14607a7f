/* Winograd's convolutions of bytes on 256 bits: what winograd_q8_body.h asks for, but for multiply(sum, x, w), which
 * the including file defines: sum + the products of 16-bit pairs. No include guard on purpose. */

enum { kMaxRows = 12, kMaxVectors = 2, kLanes = 8, kWords = 16 };

#define LN_V __m256i
#define LN_OP(name) _mm256_##name

typedef q8_range byte_range;

LN_INLINE LN_V load(const void* p) { return _mm256_loadu_si256((const __m256i*)p); }
LN_INLINE void store(void* p, LN_V x) { _mm256_storeu_si256((__m256i*)p, x); }
LN_INLINE LN_V load_bytes(const uint8_t* p, size_t n, uint8_t flip) {
  uint8_t some[16] = {0};
  if (n < kWords) p = memcpy(some, p, n);
  const __m128i bytes = _mm_loadu_si128((const __m128i*)(const void*)p);
  return _mm256_cvtepu8_epi16(_mm_xor_si128(bytes, _mm_set1_epi8((char)flip)));
}
LN_INLINE void store_words(int16_t* p, LN_V x, size_t n) {
  int16_t some[kWords];
  if (n == kWords) {
    store(p, x);
    return;
  }
  store(some, x);
  memcpy(p, some, n * sizeof *some);
}
LN_INLINE LN_V broadcast_pair(const int16_t* p) {
  int32_t pair;
  memcpy(&pair, p, sizeof pair);
  return _mm256_set1_epi32(pair);
}

LN_INLINE byte_range byte_range_of(const ln_gemm_q8_numbers* n) {
  const ln_requant_q8_out none = {0};
  return q8_range_of(n != NULL ? &n->range : &none);
}
LN_INLINE LN_V requant_vector(const ln_gemm_q8_numbers* n, size_t at, LN_V sum) {
  sum = _mm256_add_epi32(sum, load(n->bias + at));
  if (n->left != NULL) sum = q8_requant_left(sum, load(n->left + at));
  return q8_requant(sum, load(n->multiplier + at), load(n->offset + at), load(n->sign_shift + at), load(n->shift + at));
}

LN_INLINE void store_eight(uint8_t* out, __m128i x, size_t n) {
  uint8_t bytes[16];
  if (n == kLanes) {
    _mm_storel_epi64((__m128i*)(void*)out, x);
    return;
  }
  _mm_storeu_si128((__m128i*)(void*)bytes, x);
  memcpy(out, bytes, n);
}

/* `count` pixels of n bytes. Packing works within halves: the fours of columns come out in the order 0 2 4 6 1 3 5 7.
 */
LN_INLINE void store_pixels(uint8_t* out, size_t stride, const LN_V x[4], size_t count, size_t n,
                            const byte_range* range) {
  const __m256i packed = q8_bytes(_mm256_packs_epi32(x[0], x[1]), _mm256_packs_epi32(x[2], x[3]), range);
  const __m256i bytes = _mm256_permutevar8x32_epi32(packed, _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7));
  const __m128i low = _mm256_castsi256_si128(bytes), high = _mm256_extracti128_si256(bytes, 1);
  store_eight(out, low, n);
  if (count > 1) store_eight(out + stride, _mm_unpackhi_epi64(low, low), n);
  if (count > 2) store_eight(out + 2 * stride, high, n);
  if (count > 3) store_eight(out + 3 * stride, _mm_unpackhi_epi64(high, high), n);
}

#include "kernels/x86/winograd_q8_body.h"

LN_PRODUCT(12, 1)
LN_EVEN_PRODUCT(2)

static void product(const ln_winograd_q8_product* p) {
  const size_t width = (p->columns + kLanes - 1) / kLanes * kLanes;
  size_t at = 0;
  for (; at + 2 * kLanes <= width; at += 2 * kLanes) product_2(p, at);
  if (at < width) product_1(p, at);
}
