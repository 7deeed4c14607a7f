/* The gemm family with AVX2 and FMA: tiles of 6 x 16, so that twelve accumulators, two vectors of b and one of a fill
 * the sixteen registers. */
#include <immintrin.h>
#include <string.h>

#include "base/compiler.h"
#include "kernels/x86/gemm_x86.h"

enum { kRows = 6, kColumns = 16 };

static inline __m256i broadcast_pair(const int16_t* a) {
  int32_t pair;
  memcpy(&pair, a, sizeof pair);
  return _mm256_set1_epi32(pair);
}

LN_INLINE void tile_s16s8(size_t rows, size_t pairs, const int16_t* a, size_t a_stride, const int8_t* b,
                          int32_t* sums) {
  __m256i tile[kRows][2];
  for (size_t m = 0; m < rows; ++m) tile[m][0] = tile[m][1] = _mm256_setzero_si256();
  for (size_t p = 0; p < pairs; ++p, b += 2 * kColumns) {
    const __m256i b0 = _mm256_cvtepi8_epi16(_mm_loadu_si128((const __m128i*)(const void*)b));
    const __m256i b1 = _mm256_cvtepi8_epi16(_mm_loadu_si128((const __m128i*)(const void*)(b + 16)));
    for (size_t m = 0; m < rows; ++m) {
      const __m256i x = broadcast_pair(a + m * a_stride + 2 * p);
      tile[m][0] = _mm256_add_epi32(tile[m][0], _mm256_madd_epi16(x, b0));
      tile[m][1] = _mm256_add_epi32(tile[m][1], _mm256_madd_epi16(x, b1));
    }
  }
  for (size_t m = 0; m < rows; ++m) {
    _mm256_storeu_si256((__m256i*)(void*)(sums + m * kColumns), tile[m][0]);
    _mm256_storeu_si256((__m256i*)(void*)(sums + m * kColumns + 8), tile[m][1]);
  }
}

static void run_s16s8(size_t rows, size_t pairs, const int16_t* a, size_t a_stride, const int8_t* b, int32_t* sums) {
#define LN_CASE(n)                              \
  case n:                                       \
    tile_s16s8(n, pairs, a, a_stride, b, sums); \
    return;
  switch (rows) {
    LN_CASE(6)
    LN_CASE(5)
    LN_CASE(4)
    LN_CASE(3)
    LN_CASE(2)
    LN_CASE(1)
    default:
      return;
  }
#undef LN_CASE
}

const ln_gemm_s16s8 ln_gemm_s16s8_6x16_avx2 = {
    .name = "gemm_s16s8_6x16_avx2", .isa = LN_ISA_AVX2, .id = 16, .mr = kRows, .nr = kColumns, .run = run_s16s8};
