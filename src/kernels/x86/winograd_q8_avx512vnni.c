/* Winograd's convolutions of bytes with AVX-512 VNNI: vpdpwssd multiplies and adds pairs of 16 bits. */
#include <immintrin.h>
#include <string.h>

#include "base/compiler.h"
#include "kernels/x86/requant_q8_avx512.h"
#include "kernels/x86/winograd_q8_x86.h"

enum { kMaxRows = 12, kMaxVectors = 4, kLanes = 16, kWords = 32 };

#define LN_V __m512i
#define LN_LANES 0xffff
#define LN_FLOATS(x) _mm512_castsi512_ps(x)
#define LN_UPPER_WORDS(a, b) LN_UPPER_WORDS_BY_PACKING(a, b)
#define LN_OP(name) _mm512_##name
#define LN_NAME(name) q8_##name
#include "kernels/x86/requant_q8_body.h"

typedef q8_range byte_range;

LN_INLINE LN_V load(const void* p) { return _mm512_loadu_si512(p); }
LN_INLINE void store(void* p, LN_V x) { _mm512_storeu_si512(p, x); }
LN_INLINE LN_V load_bytes(const uint8_t* p, size_t n, uint8_t flip) {
  const __m256i bytes = n == kWords ? _mm256_loadu_si256((const __m256i*)(const void*)p)
                                    : _mm256_maskz_loadu_epi8((__mmask32)((UINT32_C(1) << n) - 1), p);
  return _mm512_cvtepu8_epi16(_mm256_xor_si256(bytes, _mm256_set1_epi8((char)flip)));
}
LN_INLINE void store_words(int16_t* p, LN_V x, size_t n) {
  if (n == kWords)
    store(p, x);
  else
    _mm512_mask_storeu_epi16(p, (__mmask32)((UINT32_C(1) << n) - 1), x);
}
LN_INLINE LN_V multiply(LN_V sum, LN_V x, LN_V w) { return _mm512_dpwssd_epi32(sum, x, w); }
LN_INLINE LN_V broadcast_pair(const int16_t* p) {
  int32_t pair;
  memcpy(&pair, p, sizeof pair);
  return _mm512_set1_epi32(pair);
}

LN_INLINE byte_range byte_range_of(const ln_gemm_q8_numbers* n) {
  const ln_requant_q8_out none = {0};
  return q8_range_of(n != NULL ? &n->range : &none);
}
LN_INLINE LN_V requant_vector(const ln_gemm_q8_numbers* n, size_t at, LN_V sum) {
  sum = _mm512_add_epi32(sum, load(n->bias + at));
  if (n->left != NULL) sum = q8_requant_left(sum, load(n->left + at));
  return q8_requant(sum, load(n->multiplier + at), load(n->offset + at), load(n->sign_shift + at), load(n->shift + at));
}

/* `count` pixels of n bytes. Packing works within 128 bits: the fours of columns come out transposed. */
LN_INLINE void store_pixels(uint8_t* out, size_t stride, const LN_V x[4], size_t count, size_t n,
                            const byte_range* range) {
  const __m512i order = _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
  const __m512i bytes =
      _mm512_permutexvar_epi32(order, q8_bytes(_mm512_packs_epi32(x[0], x[1]), _mm512_packs_epi32(x[2], x[3]), range));
  const __mmask16 mask = (__mmask16)((UINT32_C(1) << n) - 1);
  _mm_mask_storeu_epi8(out, mask, _mm512_castsi512_si128(bytes));
  if (count > 1) _mm_mask_storeu_epi8(out + stride, mask, _mm512_extracti32x4_epi32(bytes, 1));
  if (count > 2) _mm_mask_storeu_epi8(out + 2 * stride, mask, _mm512_extracti32x4_epi32(bytes, 2));
  if (count > 3) _mm_mask_storeu_epi8(out + 3 * stride, mask, _mm512_extracti32x4_epi32(bytes, 3));
}

#include "kernels/x86/winograd_q8_body.h"

LN_PRODUCT(12, 1)
LN_PRODUCT(12, 2)
LN_PRODUCT(8, 3)
LN_EVEN_PRODUCT(4)

static void product(const ln_winograd_q8_product* p) {
  static void (*const by_vectors[])(const ln_winograd_q8_product* p, size_t at) = {product_1, product_2, product_3,
                                                                                   product_4};
  by_vectors[(p->columns - 1) / kLanes](p, 0);
}

const ln_winograd_q8 ln_winograd_q8_avx512vnni = {.name = "winograd_q8_avx512vnni",
                                                  .isa = LN_ISA_AVX512VNNI,
                                                  .mr = 6,
                                                  .nr = kLanes * kMaxVectors,
                                                  .lanes = kLanes,
                                                  .in = in,
                                                  .product = product,
                                                  .out = out};
