/* The gates as compiled for AVX2; the product with vpmaddwd on widened weights, four rows at once. */
#include <immintrin.h>

#include "kernels/generic/gates_s16_body.h"
#include "kernels/x86/gates_s16_x86.h"

enum { kLanes = 16 };

LN_INLINE int32_t sum_of(__m256i x) {
  const __m128i four = _mm_add_epi32(_mm256_castsi256_si128(x), _mm256_extracti128_si256(x, 1));
  const __m128i two = _mm_add_epi32(four, _mm_shuffle_epi32(four, 0x4e));
  return _mm_cvtsi128_si32(_mm_add_epi32(two, _mm_shuffle_epi32(two, 0xb1)));
}

LN_INLINE void dot_rows(size_t rows, const int8_t* matrix, size_t columns, const int16_t* vector, int32_t* result) {
  __m256i sums[4];
  size_t c = 0;
  LN_UNROLL for (size_t r = 0; r < rows; ++r) sums[r] = _mm256_setzero_si256();
  for (; c + kLanes <= columns; c += kLanes) {
    const __m256i x = _mm256_loadu_si256((const __m256i*)(const void*)(vector + c));
    LN_UNROLL for (size_t r = 0; r < rows; ++r) {
      const __m128i w = _mm_loadu_si128((const __m128i*)(const void*)(matrix + r * columns + c));
      sums[r] = _mm256_add_epi32(sums[r], _mm256_madd_epi16(x, _mm256_cvtepi8_epi16(w)));
    }
  }
  LN_UNROLL for (size_t r = 0; r < rows; ++r) {
    uint32_t sum = (uint32_t)sum_of(sums[r]);
    for (size_t k = c; k < columns; ++k) sum += (uint32_t)((int32_t)matrix[r * columns + k] * vector[k]);
    result[r] = (int32_t)sum;
  }
}

static void matvec(const int8_t* matrix, size_t rows, size_t columns, const int16_t* vector, int32_t* result) {
  size_t r = 0;
  for (; r + 4 <= rows; r += 4) dot_rows(4, matrix + r * columns, columns, vector, result + r);
  for (; r < rows; ++r) dot_rows(1, matrix + r * columns, columns, vector, result + r);
}

const ln_gates_s16 ln_gates_s16_avx2 = {.name = "gates_s16_avx2",
                                        .isa = LN_ISA_AVX2,
                                        .matvec = matvec,
                                        .accumulate = accumulate,
                                        .logistic = logistic_row,
                                        .tanh = tanh_row};
