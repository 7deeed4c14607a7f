/* The gemm family with AVX-512: tiles of 12 x 32, twenty-four accumulators and two vectors of b of the thirty-two
 * registers. The VNNI rung (multiply pairs and add in one instruction) lies in gemm_avx512vnni.c. */
#include <immintrin.h>
#include <string.h>

#include "base/compiler.h"
#include "kernels/x86/gemm_x86.h"

enum { kRows = 12, kColumns = 32 };

static inline __mmask16 mask_of(size_t count) { return (__mmask16)(count >= 16 ? 0xffffu : (1u << count) - 1u); }

LN_INLINE void tile_f32(size_t rows, size_t columns, size_t depth, const float* a, size_t a_stride, const float* b,
                        const float* bias, float low, float high, float* c, size_t c_stride) {
  __m512 sums[kRows][2];
  for (size_t m = 0; m < rows; ++m) {
    sums[m][0] = _mm512_loadu_ps(bias);
    sums[m][1] = _mm512_loadu_ps(bias + 16);
  }
  for (size_t k = 0; k < depth; ++k, b += kColumns) {
    const __m512 b0 = _mm512_loadu_ps(b), b1 = _mm512_loadu_ps(b + 16);
    for (size_t m = 0; m < rows; ++m) {
      const __m512 x = _mm512_set1_ps(a[m * a_stride + k]);
      sums[m][0] = _mm512_fmadd_ps(x, b0, sums[m][0]);
      sums[m][1] = _mm512_fmadd_ps(x, b1, sums[m][1]);
    }
  }
  const __m512 lows = _mm512_set1_ps(low), highs = _mm512_set1_ps(high);
  const __mmask16 mask0 = mask_of(columns), mask1 = mask_of(columns > 16 ? columns - 16 : 0);
  for (size_t m = 0; m < rows; ++m) {
    _mm512_mask_storeu_ps(c + m * c_stride, mask0, _mm512_min_ps(highs, _mm512_max_ps(lows, sums[m][0])));
    if (mask1 != 0)
      _mm512_mask_storeu_ps(c + m * c_stride + 16, mask1, _mm512_min_ps(highs, _mm512_max_ps(lows, sums[m][1])));
  }
}

static void run_f32(size_t rows, size_t columns, size_t depth, const float* a, size_t a_stride, const float* b,
                    const float* bias, float low, float high, float* c, size_t c_stride) {
#define LN_CASE(n)                                                             \
  case n:                                                                      \
    tile_f32(n, columns, depth, a, a_stride, b, bias, low, high, c, c_stride); \
    return;
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
#undef LN_CASE
}

const ln_gemm_f32 ln_gemm_f32_12x32_avx512 = {
    .name = "gemm_f32_12x32_avx512", .isa = LN_ISA_AVX512, .id = 32, .mr = kRows, .nr = kColumns, .run = run_f32};

#define LN_TILE_ADD(sum, x, y) _mm512_add_epi32((sum), _mm512_madd_epi16((x), (y)))
#include "kernels/x86/gemm_s16s8_avx512.h"

const ln_gemm_s16s8 ln_gemm_s16s8_12x32_avx512 = {
    .name = "gemm_s16s8_12x32_avx512", .isa = LN_ISA_AVX512, .id = 32, .mr = kRows, .nr = kColumns, .run = run_s16s8};
