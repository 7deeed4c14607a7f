/* The gates as compiled for AVX-512; the product with vpmaddwd on widened weights, four rows at once. */
#include <immintrin.h>

#include "kernels/generic/gates_s16_body.h"
#include "kernels/x86/gates_s16_x86.h"

enum { kLanes = 32 };

LN_INLINE void dot_rows(size_t rows, const int8_t* matrix, size_t columns, const int16_t* vector, int32_t* result) {
  __m512i sums[4];
  LN_UNROLL for (size_t r = 0; r < rows; ++r) sums[r] = _mm512_setzero_si512();
  size_t c = 0;
  for (; c + kLanes <= columns; c += kLanes) {
    const __m512i x = _mm512_loadu_si512(vector + c);
    LN_UNROLL for (size_t r = 0; r < rows; ++r) {
      const __m256i w = _mm256_loadu_si256((const __m256i*)(const void*)(matrix + r * columns + c));
      sums[r] = _mm512_add_epi32(sums[r], _mm512_madd_epi16(x, _mm512_cvtepi8_epi16(w)));
    }
  }
  if (c < columns) {
    const __mmask32 mask = (UINT32_C(1) << (columns - c)) - 1;
    const __m512i x = _mm512_maskz_loadu_epi16(mask, vector + c);
    LN_UNROLL for (size_t r = 0; r < rows; ++r) {
      const __m512i w = _mm512_cvtepi8_epi16(_mm256_maskz_loadu_epi8(mask, matrix + r * columns + c));
      sums[r] = _mm512_add_epi32(sums[r], _mm512_madd_epi16(x, w));
    }
  }
  LN_UNROLL for (size_t r = 0; r < rows; ++r) result[r] = _mm512_reduce_add_epi32(sums[r]);
}

static void matvec(const int8_t* matrix, size_t rows, size_t columns, const int16_t* vector, int32_t* result) {
  size_t r = 0;
  for (; r + 4 <= rows; r += 4) dot_rows(4, matrix + r * columns, columns, vector, result + r);
  for (; r < rows; ++r) dot_rows(1, matrix + r * columns, columns, vector, result + r);
}

const ln_gates_s16 ln_gates_s16_avx512 = {.name = "gates_s16_avx512",
                                          .isa = LN_ISA_AVX512,
                                          .matvec = matvec,
                                          .accumulate = accumulate,
                                          .logistic = logistic_row,
                                          .tanh = tanh_row};
