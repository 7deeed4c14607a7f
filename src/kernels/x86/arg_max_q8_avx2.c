/* The largest of a row of bytes with AVX2: sixteen at a time, the last sixteen over those before. The largest of a
 * vector is the least of its complement: phminposuw finds that of words, which are the least of two bytes each. */
#include <immintrin.h>

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

/* At most 32: two vectors that may overlap. */
static int32_t find_short(const uint8_t* row, size_t count, __m128i flip) {
  const __m128i a = load(row, flip), b = load(row + count - kBlock, flip);
  const __m128i largest = largest_of(_mm_max_epu8(a, b));
  const int32_t place = place_in(a, largest);
  return place >= 0 ? place : (int32_t)(count - kBlock) + place_in(b, largest);
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
  for (size_t m = 0; m < rows; ++m, in += count)
    best[m] = count <= 2 * kBlock ? find_short(in, count, flips) : find_long(in, count, flips);
}

const ln_arg_max_q8 ln_arg_max_q8_avx2 = {.name = "arg_max_q8_avx2", .isa = LN_ISA_AVX2, .run = run};
