/* Float matrix products with AVX-512: tiles of 12 x 32, twenty-four accumulators and two vectors of b of the thirty-two
 * registers. A last panel of at most 16 columns takes one vector a row; one row alone takes two panels at once. */
#include <immintrin.h>

#include "base/compiler.h"
#include "kernels/x86/gemm_x86.h"

enum { kRows = 12, kColumns = 32, kLanes = 16 };

LN_INLINE __m512 clamp(__m512 x, float low, float high) {
  return _mm512_min_ps(_mm512_set1_ps(high), _mm512_max_ps(_mm512_set1_ps(low), x));
}

LN_INLINE void store(float* c, __m512 x, size_t columns) {
  _mm512_mask_storeu_ps(c, (__mmask16)(columns >= kLanes ? 0xffffu : (1u << columns) - 1u), x);
}

LN_INLINE void tile(size_t rows, size_t vectors, size_t columns, size_t depth, const float* a, size_t a_stride,
                    const float* b, const float* bias, float low, float high, float* c, size_t c_stride) {
  __m512 sums[kRows][2];
  const float* bases[4];
  LN_UNROLL for (size_t i = 0; i < 4; ++i) bases[i] = 3 * i < rows ? a + 3 * i * a_stride : a;
  LN_UNROLL for (size_t m = 0; m < rows; ++m) {
    LN_UNROLL for (size_t v = 0; v < vectors; ++v) sums[m][v] = _mm512_loadu_ps(bias + v * kLanes);
  }
  for (size_t k = 0; k < depth; ++k, b += kColumns) {
    __m512 w[2];
    LN_UNROLL for (size_t v = 0; v < vectors; ++v) w[v] = _mm512_loadu_ps(b + v * kLanes);
    LN_UNROLL for (size_t m = 0; m < rows; ++m) {
      const __m512 x = _mm512_set1_ps(bases[m / 3][m % 3 * a_stride + k]);
      LN_UNROLL for (size_t v = 0; v < vectors; ++v) sums[m][v] = _mm512_fmadd_ps(x, w[v], sums[m][v]);
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
    LN_CASE(12)
    LN_CASE(11)
    LN_CASE(10)
    LN_CASE(9)
    LN_CASE(8)
    LN_CASE(7)
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
  __m512 sums[8];
  LN_UNROLL for (size_t v = 0; v < 2 * panels; ++v) sums[v] = _mm512_loadu_ps(bias + v * kLanes);
  for (size_t k = 0; k < depth; ++k, b += kColumns) {
    const __m512 x = _mm512_set1_ps(a[k]);
    LN_UNROLL for (size_t v = 0; v < 2 * panels; ++v) sums[v] =
        _mm512_fmadd_ps(x, _mm512_loadu_ps(b + v / 2 * depth * kColumns + v % 2 * kLanes), sums[v]);
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

const ln_gemm_f32 ln_gemm_f32_12x32_avx512 = {.name = "gemm_f32_12x32_avx512",
                                              .isa = LN_ISA_AVX512,
                                              .id = 32,
                                              .mr = kRows,
                                              .nr = kColumns,
                                              .run = run,
                                              .run_row = run_row};
