/* The largest of a row of bytes with AVX2: sixteen at a time, the last sixteen over those before. The largest of a
 * vector is the least of its complement: phminposuw finds that of words, which are the least of two bytes each. */
#include <x86intrin.h>

#include "base/compiler.h"
#include "kernels/x86/arg_max_q8_x86.h"

enum { kBlock = 16 };

static inline __m128i load(const uint8_t* p, __m128i flip) {
  return _mm_xor_si128(_mm_loadu_si128((const __m128i*)(const void*)p), flip);
}

static inline __m128i largest_of(__m128i x) {
  const __m128i inverted = _mm_xor_si128(x, _mm_set1_epi8(-1));
  const __m128i words = _mm_and_si128(_mm_min_epu8(inverted, _mm_srli_epi16(inverted, 8)), _mm_set1_epi16(255));
  return _mm_set1_epi8((char)~_mm_cvtsi128_si32(_mm_minpos_epu16(words)));
}

/* -1: it is not there. */
static inline int32_t place_in(__m128i x, __m128i largest) {
  const int mask = _mm_movemask_epi8(_mm_cmpeq_epi8(x, largest));
  return mask != 0 ? _bit_scan_forward(mask) : -1;
}

/* 16 to 32: two vectors that may overlap. With its place below it each byte's complement becomes a word, of which the
 * least is that of the first of the largest bytes. */
static void find_short(const uint8_t* in, size_t rows, size_t count, __m128i flip, int32_t* best) {
  const size_t second = count - kBlock;
  const __m128i first = _mm_setr_epi8(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
  const __m256i places = _mm256_set_m128i(_mm_add_epi8(first, _mm_set1_epi8((char)second)), first);
  const __m256i inverts = _mm256_broadcastsi128_si256(_mm_xor_si128(flip, _mm_set1_epi8(-1)));
  for (size_t m = 0; m < rows; ++m, in += count) {
    const __m128i a = _mm_loadu_si128((const __m128i*)(const void*)in);
    const __m128i b = _mm_loadu_si128((const __m128i*)(const void*)(in + second));
    const __m256i bytes = _mm256_xor_si256(_mm256_set_m128i(b, a), inverts);
    const __m256i least = _mm256_min_epu16(_mm256_unpacklo_epi8(places, bytes), _mm256_unpackhi_epi8(places, bytes));
    const __m128i eight = _mm_min_epu16(_mm256_castsi256_si128(least), _mm256_extracti128_si256(least, 1));
    best[m] = _mm_cvtsi128_si32(_mm_minpos_epu16(eight)) & 255;
  }
}

static int32_t find_long(const uint8_t* row, size_t count, __m128i flip) {
  __m128i most = load(row + count - kBlock, flip);
  for (size_t i = 0; i + kBlock <= count; i += kBlock) most = _mm_max_epu8(most, load(row + i, flip));
  const __m128i largest = largest_of(most);
  for (size_t i = 0; i + kBlock <= count; i += kBlock) {
    const int32_t place = place_in(load(row + i, flip), largest);
    if (place >= 0) return (int32_t)i + place;
  }
  return (int32_t)(count - kBlock) + place_in(load(row + count - kBlock, flip), largest);
}

static void run(const uint8_t* in, size_t rows, size_t count, uint8_t flip, int32_t* best) {
  const __m128i flips = _mm_set1_epi8((char)flip);
  if (count < kBlock) {
    ln_arg_max_q8_ref(in, rows, count, flip, best);
    return;
  }
  if (count <= 2 * kBlock)
    find_short(in, rows, count, flips, best);
  else
    for (size_t m = 0; m < rows; ++m, in += count) best[m] = find_long(in, count, flips);
}

const ln_arg_max_q8 ln_arg_max_q8_avx2 = {.name = "arg_max_q8_avx2", .isa = LN_ISA_AVX2, .run = run};
