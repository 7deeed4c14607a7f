/* The gemm of bytes with AVX2: tiles of 6 x 16, or 12 x 8 where a panel has no more columns. Activations come widened
 * to 16 bits, weights are widened when they are loaded (once for six rows), and vpmaddwd multiplies and adds pairs
 * exactly. vpmaddubsw would take half as many multiplications, but needs a widening addition for each, and its pair
 * sums saturate: docs/performance.md. */
#include <string.h>

#include "base/compiler.h"
#include "kernels/x86/gemm_q8_x86.h"
#include "kernels/x86/vec_q8_avx2.h"

enum { kMaxRows = 12, kInRegisters = 1, kVectors = 2, kAhead = 1024, kElementBytes = 2, kWeightBytes = 16 };

LN_INLINE vec load_weights(const int8_t* p) {
  return _mm256_cvtepi8_epi16(_mm_loadu_si128((const __m128i*)(const void*)p));
}
LN_INLINE vec add_products(vec sum, vec x, vec w) { return vec_add(sum, _mm256_madd_epi16(x, w)); }

#include "kernels/x86/gemm_q8_tile_body.h"

LN_RUN(12, 1)
LN_RUN(6, 2)
LN_RUN_ALL(LN_TWO)

static int32_t sum_of(const int16_t* row, size_t depth) {
  const __m256i ones = _mm256_set1_epi16(1);
  __m256i sums = _mm256_setzero_si256();
  uint32_t lanes[8], sum = 0;
  size_t k = 0;
  for (; k + 16 <= depth; k += 16) sums = _mm256_add_epi32(sums, _mm256_madd_epi16(vec_load(row + k), ones));
  _mm256_storeu_si256((__m256i*)(void*)lanes, sums);
  for (size_t i = 0; i < 8; ++i) sum += lanes[i];
  for (; k < depth; ++k) sum += (uint32_t)row[k];
  return (int32_t)sum;
}

static void sum_rows(size_t rows, size_t depth, const void* a, size_t a_stride, int32_t factor, int32_t* terms) {
  for (size_t m = 0; m < rows; ++m) {
    const uint32_t sum = (uint32_t)sum_of((const int16_t*)a + m * a_stride, depth);
    terms[m] = (int32_t)((uint32_t)terms[m] + sum * (uint32_t)factor);
  }
}

const ln_gemm_q8 ln_gemm_q8_6x16_avx2 = {.name = "gemm_q8_6x16_avx2",
                                         .isa = LN_ISA_AVX2,
                                         .id = 2016,
                                         .mr = 6,
                                         .nr = kLanes * kVectors,
                                         .kr = 2,
                                         .step = kLanes,
                                         .a_size = 2,
                                         .run = run,
                                         .run_sums = run_sums,
                                         .run_floats = run_floats,
                                         .sum_rows = sum_rows};
