/* Float matrix products with AVX2 and FMA: tiles of 6 x 16, so that twelve accumulators, two vectors of b and one of a
 * fill the sixteen registers. A last panel of at most 8 columns takes one vector a row; one row alone takes two panels
 * at once, as two accumulators would wait for each other. */
#include <immintrin.h>
#include <string.h>

#include "base/compiler.h"
#include "kernels/x86/gemm_x86.h"

enum { kRows = 6, kColumns = 16, kLanes = 8 };

/* A NaN sum is the second operand, which max and min then give. */
LN_INLINE __m256 clamp(__m256 x, float low, float high) {
  return _mm256_min_ps(_mm256_set1_ps(high), _mm256_max_ps(_mm256_set1_ps(low), x));
}

LN_INLINE void store(float* c, __m256 x, size_t columns) {
  if (columns >= kLanes) {
    _mm256_storeu_ps(c, x);
  } else {
    float row[kLanes];
    _mm256_storeu_ps(row, x);
    memcpy(c, row, columns * sizeof(float));
  }
}

/* `vectors` of each row of the panel are looked at. */
LN_INLINE void tile(size_t rows, size_t vectors, size_t columns, size_t depth, const float* a, size_t a_stride,
                    const float* b, const float* bias, float low, float high, float* c, size_t c_stride) {
  __m256 sums[kRows][2];
  const float* a3 = rows > 3 ? a + 3 * a_stride : a;
  LN_UNROLL for (size_t m = 0; m < rows; ++m) {
    LN_UNROLL for (size_t v = 0; v < vectors; ++v) sums[m][v] = _mm256_loadu_ps(bias + v * kLanes);
  }
  for (size_t k = 0; k < depth; ++k, b += kColumns) {
    __m256 w[2];
    LN_UNROLL for (size_t v = 0; v < vectors; ++v) w[v] = _mm256_loadu_ps(b + v * kLanes);
    LN_UNROLL for (size_t m = 0; m < rows; ++m) {
      const __m256 x = _mm256_broadcast_ss((m < 3 ? a : a3) + m % 3 * a_stride + k);
      LN_UNROLL for (size_t v = 0; v < vectors; ++v) sums[m][v] = _mm256_fmadd_ps(x, w[v], sums[m][v]);
    }
  }
  LN_UNROLL for (size_t m = 0; m < rows; ++m) {
    LN_UNROLL for (size_t v = 0; v < vectors; ++v)
        store(c + m * c_stride + v * kLanes, clamp(sums[m][v], low, high), columns - v * kLanes);
  }
}

#define LN_CASE(n)                                                              \
  case n:                                                                       \
    if (columns <= kLanes)                                                      \
      tile(n, 1, columns, depth, a, a_stride, b, bias, low, high, c, c_stride); \
    else                                                                        \
      tile(n, 2, columns, depth, a, a_stride, b, bias, low, high, c, c_stride); \
    return;

static void run(size_t rows, size_t columns, size_t depth, const float* a, size_t a_stride, const float* b,
                const float* bias, float low, float high, float* c, size_t c_stride) {
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
}

/* One row by `panels` panels. */
LN_INLINE void row(size_t panels, size_t columns, size_t depth, const float* a, const float* b, const float* bias,
                   float low, float high, float* c) {
  __m256 sums[8];
  LN_UNROLL for (size_t v = 0; v < 2 * panels; ++v) sums[v] = _mm256_loadu_ps(bias + v * kLanes);
  for (size_t k = 0; k < depth; ++k, b += kColumns) {
    const __m256 x = _mm256_broadcast_ss(a + k);
    LN_UNROLL for (size_t v = 0; v < 2 * panels; ++v) sums[v] =
        _mm256_fmadd_ps(x, _mm256_loadu_ps(b + v / 2 * depth * kColumns + v % 2 * kLanes), sums[v]);
  }
  LN_UNROLL for (size_t v = 0; v < 2 * panels; ++v) {
    if (v * kLanes < columns) store(c + v * kLanes, clamp(sums[v], low, high), columns - v * kLanes);
  }
}

static void run_row(size_t columns, size_t depth, const float* a, const float* b, const float* bias, float low,
                    float high, float* c) {
  size_t n = 0;
  for (; columns - n > 3 * kColumns; n += 4 * kColumns, b += 4 * kColumns * depth) {
    row(4, columns - n, depth, a, b, bias + n, low, high, c + n);
    if (columns - n <= 4 * kColumns) return;
  }
  for (; n < columns; n += kColumns, b += kColumns * depth)
    row(1, columns - n, depth, a, b, bias + n, low, high, c + n);
}

const ln_gemm_f32 ln_gemm_f32_6x16_avx2 = {.name = "gemm_f32_6x16_avx2",
                                           .isa = LN_ISA_AVX2,
                                           .id = 16,
                                           .mr = kRows,
                                           .nr = kColumns,
                                           .run = run,
                                           .run_row = run_row};
