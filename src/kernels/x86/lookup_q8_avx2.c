/* Looking bytes up with AVX2, sixty-four at a time in sixteen tables of sixteen. vpshufb gives 0 where an index is
 * negative and looks at its lower half otherwise: tables k and k + 8 together serve the bytes, and the bytes with the
 * top bit changed. Of the eight results that leaves bits 4 to 6 choose one. */
#include <immintrin.h>
#include <string.h>

#include "base/compiler.h"
#include "kernels/x86/lookup_q8_x86.h"

enum { kVectors = 2, kBlock = 32 * kVectors, kTables = 16, kHalf = kTables / 2 };

LN_INLINE __m256i one_of(const __m256i t[kTables], int k, __m256i x, __m256i flipped) {
  return _mm256_or_si256(_mm256_shuffle_epi8(t[k], x), _mm256_shuffle_epi8(t[k + kHalf], flipped));
}

LN_INLINE void look_up(const __m256i t[kTables], const uint8_t* in, uint8_t* out) {
  LN_UNROLL for (int v = 0; v < kVectors; ++v) {
    const __m256i x = _mm256_loadu_si256((const __m256i*)(const void*)(in + (size_t)v * 32));
    const __m256i flipped = _mm256_xor_si256(x, _mm256_set1_epi8(INT8_MIN));
    const __m256i bit4 = _mm256_slli_epi16(x, 3), bit5 = _mm256_slli_epi16(x, 2), bit6 = _mm256_add_epi8(x, x);
    __m256i found[kHalf / 2];
    LN_UNROLL for (int k = 0; k < kHalf / 2; ++k) {
      found[k] = _mm256_blendv_epi8(one_of(t, 2 * k, x, flipped), one_of(t, 2 * k + 1, x, flipped), bit4);
    }
    const __m256i lower = _mm256_blendv_epi8(found[0], found[1], bit5);
    const __m256i upper = _mm256_blendv_epi8(found[2], found[3], bit5);
    _mm256_storeu_si256((__m256i*)(void*)(out + (size_t)v * 32), _mm256_blendv_epi8(lower, upper, bit6));
  }
}

static void run(const uint8_t table[256], const uint8_t* in, uint8_t* out, size_t count) {
  __m256i t[kTables];
  uint8_t block[kBlock];
  size_t i = 0;
  for (size_t k = 0; k < kTables; ++k)
    t[k] = _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i*)(const void*)(table + k * 16)));
  for (; i + kBlock <= count; i += kBlock) look_up(t, in + i, out + i);
  if (i == count) return;
  memset(block, 0, sizeof block);
  memcpy(block, in + i, count - i);
  look_up(t, block, block);
  memcpy(out + i, block, count - i);
}

const ln_lookup_q8 ln_lookup_q8_avx2 = {.name = "lookup_q8_avx2", .isa = LN_ISA_AVX2, .run = run};
