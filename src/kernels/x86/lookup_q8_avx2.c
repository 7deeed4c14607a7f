/* Looking bytes up with AVX2, sixty-four at a time in sixteen tables of sixteen. vpshufb gives 0 where an index is
 * negative and looks at its lower half otherwise: tables k and k + 8 together serve the bytes, and the bytes with the
 * top bit changed. Of the eight results that leaves bits 4 to 6 choose one.
 *
 * Words: both neighbours in the table come with one load, and vpmaddwd interpolates: low * (128 - part) + high * part
 * is low * 128 + (high - low) * part. Loads one by one, as vpgatherdd is slow on many processors and hardly faster
 * here. */
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

LN_INLINE __m128i four_pairs(const int16_t* middle, const int16_t* in) {
  int32_t pairs[4];
  LN_UNROLL for (size_t i = 0; i < 4; ++i) memcpy(&pairs[i], middle + (in[i] >> 7), sizeof pairs[i]);
  return _mm_setr_epi32(pairs[0], pairs[1], pairs[2], pairs[3]);
}

LN_INLINE __m256i eight_words(const int16_t* middle, const int16_t* in) {
  const __m256i x = _mm256_cvtepi16_epi32(_mm_loadu_si128((const __m128i*)(const void*)in));
  const __m256i part = _mm256_and_si256(x, _mm256_set1_epi32(127));
  const __m256i weights = _mm256_or_si256(_mm256_slli_epi32(part, 16), _mm256_sub_epi32(_mm256_set1_epi32(128), part));
  const __m256i pairs = _mm256_setr_m128i(four_pairs(middle, in), four_pairs(middle, in + 4));
  const __m256i sum = _mm256_add_epi32(_mm256_madd_epi16(pairs, weights), _mm256_set1_epi32(64));
  return _mm256_srai_epi32(sum, 7);
}

enum { kWords = 16 };

LN_INLINE void look_up_16(const int16_t* middle, const int16_t* in, int16_t* out) {
  const __m256i words = _mm256_packs_epi32(eight_words(middle, in), eight_words(middle, in + 8));
  _mm256_storeu_si256((__m256i*)(void*)out, _mm256_permute4x64_epi64(words, _MM_SHUFFLE(3, 1, 2, 0)));
}

void ln_lookup_16_avx2(const int16_t table[LN_LOOKUP_16_SIZE], const int16_t* in, int16_t* out, size_t count) {
  const int16_t* middle = table + LN_LOOKUP_16_SIZE / 2;
  int16_t block[kWords] = {0};
  size_t i = 0;
  for (; i + kWords <= count; i += kWords) look_up_16(middle, in + i, out + i);
  if (i == count) return;
  memcpy(block, in + i, (count - i) * sizeof *in);
  look_up_16(middle, block, block);
  memcpy(out + i, block, (count - i) * sizeof *out);
}

const ln_lookup_q8 ln_lookup_q8_avx2 = {
    .name = "lookup_q8_avx2", .isa = LN_ISA_AVX2, .run = run, .run_16 = ln_lookup_16_avx2};
