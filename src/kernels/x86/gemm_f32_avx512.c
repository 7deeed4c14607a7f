/* Float matrix products with AVX-512: twenty-four accumulators and two vectors of b of the thirty-two registers; few
 * columns take two values of the depth at once. */
#include <string.h>

#include "kernels/x86/vec_avx512.h"

enum { kRows = 12, kMostRows = kRows };
#define LN_ALL_ROWS(each) \
  each(1) each(2) each(3) each(4) each(5) each(6) each(7) each(8) each(9) each(10) each(11) each(12)
#define LN_MOST_ROWS LN_ALL_ROWS

#include "kernels/generic/gemm_f32_body.h"
#include "kernels/x86/gemm_x86.h"

/* Windows by at most eight columns, the first layer of a small net: half a vector would stay empty, so that vectors
 * hold the sums of two values of the depth in turn, which are added in the end. Their panels have each value's weights
 * zipped with those of the next one behind them, where otherwise nothing is. */
enum { kZipped = VEC_LANES };

LN_INLINE vec zip(half even, half odd) {
  const __m512i order = _mm512_setr_epi32(0, 8, 1, 9, 2, 10, 3, 11, 4, 12, 5, 13, 6, 14, 7, 15);
  return _mm512_permutexvar_ps(order, _mm512_insertf32x8(_mm512_castps256_ps512(even), odd, 1));
}

LN_INLINE vec two(const float* p) {
  double both;
  memcpy(&both, p, sizeof both);
  return _mm512_castpd_ps(_mm512_set1_pd(both));
}

/* The sums of row m in the lower half, of the next one in the upper half. */
LN_INLINE vec unzip(vec first, vec second) {
  const __m512i even = _mm512_setr_epi32(0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30);
  const __m512i odd = _mm512_setr_epi32(1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31);
  return vec_add(_mm512_permutex2var_ps(first, even, second), _mm512_permutex2var_ps(first, odd, second));
}

LN_INLINE void tile_by_pairs(size_t rows, size_t columns, const ln_gemm_walk* walk, const float* a, const float* b,
                             const float* bias, float low, float high, float* c, size_t c_stride) {
  enum { kEven = 0x5555 };
  vec sums[kRows];
  LN_UNROLL for (size_t m = 0; m < rows; ++m) sums[m] = zip(half_load(bias), half_set(0.0f));
  for (size_t s = 0; s < walk->segments; ++s) {
    const float *bases[kRows], *weights = b + s * walk->b_segment;
    LN_UNROLL for (size_t m = 0; m < rows; ++m) bases[m] = a + s * walk->a_segment + m / 3 * 3 * walk->a_stride;
    size_t k = 0;
    for (; k + 1 < walk->depth; k += 2, weights += 2 * kColumns) {
      const vec w = vec_load(weights + kZipped);
      LN_UNROLL for (size_t m = 0; m < rows; ++m) sums[m] =
          vec_fma(two(&bases[m][m % 3 * walk->a_stride + k]), w, sums[m]);
    }
    if (k == walk->depth) continue;
    const vec w = vec_load(weights + kZipped);
    LN_UNROLL for (size_t m = 0; m < rows; ++m) sums[m] =
        _mm512_mask3_fmadd_ps(vec_set(bases[m][m % 3 * walk->a_stride + k]), w, sums[m], kEven);
  }
  LN_UNROLL for (size_t m = 0; m < rows; m += 2) {
    const vec x = vec_min(vec_set(high), vec_max(vec_set(low), unzip(sums[m], sums[m + 1 < rows ? m + 1 : m])));
    half_store_n(c + m * c_stride, half_of(x), columns);
    half second = _mm512_extractf32x8_ps(x, 1);
    LN_KEEP(second); /* a masked store of that half in one instruction may not end before the end of a page */
    if (m + 1 < rows) half_store_n(c + (m + 1) * c_stride, second, columns);
  }
}

#define LN_PAIRS(n)                                                                                        \
  LN_NOINLINE static void pairs_##n(size_t rows, size_t columns, const ln_gemm_walk* walk, const float* a, \
                                    const float* b, const float* bias, float low, float high, float* c,    \
                                    size_t c_stride) {                                                     \
    (void)rows;                                                                                            \
    tile_by_pairs(n, columns, walk, a, b, bias, low, high, c, c_stride);                                   \
  }
LN_ALL_ROWS(LN_PAIRS)
#define LN_PAIRS_ENTRY(n) pairs_##n,
static const ln_gemm_f32_fn kPairs[] = {LN_ALL_ROWS(LN_PAIRS_ENTRY)};

/* In the same order. */
LN_NOINLINE static void pairs_anywhere(size_t rows, size_t columns, const ln_gemm_walk* walk, const float* a,
                                       const float* b, const float* bias, float low, float high, float* c,
                                       size_t c_stride) {
  for (size_t m = 0; m < rows; ++m)
    pairs_1(1, columns, walk, a + walk->row_at[m], b, bias, low, high, c + m * c_stride, c_stride);
}

static void run_any(size_t rows, size_t columns, const ln_gemm_walk* walk, const float* a, const float* b,
                    const float* bias, float low, float high, float* c, size_t c_stride) {
  if (columns <= VEC_HALF && walk->segments > 1) {
    const ln_gemm_f32_fn tile = walk->row_at == NULL ? kPairs[rows - 1] : pairs_anywhere;
    tile(rows, columns, walk, a, b, bias, low, high, c, c_stride);
    return;
  }
  run(rows, columns, walk, a, b, bias, low, high, c, c_stride);
}

static void pack_any(const ln_gemm_layout* layout, const float* b, size_t first, float* panel) {
  const size_t depth = layout->taps_y * layout->taps_x * layout->channels;
  pack(layout, b, first, panel);
  if (layout->columns - first > VEC_HALF) return;
  for (size_t k = 0; k < depth; ++k, panel += kColumns)
    vec_store(panel + kZipped, zip(half_load(panel), k + 1 < depth ? half_load(panel + kColumns) : half_set(0.0f)));
}

const ln_gemm_f32 ln_gemm_f32_12x32_avx512 = {.name = "gemm_f32_12x32_avx512",
                                              .isa = LN_ISA_AVX512,
                                              .id = 33,
                                              .mr = kRows,
                                              .nr = kColumns,
                                              .run = run_any,
                                              .run_row = run_row,
                                              .pack = pack_any};
