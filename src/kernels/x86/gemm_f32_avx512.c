/* Float matrix products with AVX-512: twenty-four accumulators and two vectors of b of the thirty-two registers; few
 * columns take two values of the depth at once. */
#include <string.h>

#include "kernels/x86/vec_avx512.h"

enum { kRows = 12, kMostRows = kRows, kHalf = 8 };
#define LN_ALL_ROWS(each) \
  each(1) each(2) each(3) each(4) each(5) each(6) each(7) each(8) each(9) each(10) each(11) each(12)
#define LN_MOST_ROWS LN_ALL_ROWS

#include "kernels/generic/gemm_f32_body.h"
#include "kernels/x86/gemm_x86.h"

/* The last eight columns of a panel or fewer, behind a whole vector or alone: half a vector takes as long as a whole
 * one, so that vectors hold the sums of two values of the depth in turn, which are added in the end. Panels of such
 * columns alone have each value's weights zipped with those of the next one behind them, where otherwise nothing is. */
enum { kZipped = VEC_LANES };
typedef __m256 half;
LN_INLINE half half_load(const float* p) { return _mm256_loadu_ps(p); }
LN_INLINE half half_set(float x) { return _mm256_set1_ps(x); }
LN_INLINE void half_store_n(float* p, half x, size_t n) {
  _mm256_mask_storeu_ps(p, (__mmask8)(n >= kHalf ? 0xffu : (1u << n) - 1u), x);
}

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

LN_INLINE void store_pairs(size_t rows, const vec* sums, float low, float high, size_t columns, float* c,
                           size_t c_stride) {
  LN_UNROLL for (size_t m = 0; m < rows; m += 2) {
    const vec x = vec_min(vec_set(high), vec_max(vec_set(low), unzip(sums[m], sums[m + 1 < rows ? m + 1 : m])));
    half_store_n(c + m * c_stride, _mm512_castps512_ps256(x), columns);
    half second = _mm512_extractf32x8_ps(x, 1);
    LN_KEEP(second); /* a masked store of that half in one instruction may not end before the end of a page */
    if (m + 1 < rows) half_store_n(c + (m + 1) * c_stride, second, columns);
  }
}

LN_INLINE void tile_by_pairs(size_t rows, bool beside, bool anywhere, size_t columns, const ln_gemm_walk* walk,
                             const float* a, const float* b, const float* bias, float low, float high, float* c,
                             size_t c_stride) {
  enum { kEven = 0x5555 };
  const half none = half_set(0.0f);
  const size_t step = anywhere ? 0 : walk->a_stride, whole = beside ? VEC_LANES : 0;
  vec sums[kRows], pairs[kRows];
  LN_UNROLL for (size_t m = 0; m < rows; ++m) {
    if (beside) sums[m] = vec_load(bias);
    pairs[m] = zip(half_load(bias + whole), none);
  }
  for (size_t s = 0; s < walk->segments; ++s) {
    const float *bases[kRows], *from = a + s * walk->a_segment, *weights = b + s * walk->b_segment;
    LN_UNROLL for (size_t m = 0; m < rows; ++m) bases[m] = from + (anywhere ? walk->row_at[m] : m / 3 * 3 * step);
    size_t k = 0;
    for (; k + 1 < walk->depth; k += 2, weights += 2 * kColumns) {
      const vec w =
          beside ? zip(half_load(weights + whole), half_load(weights + kColumns + whole)) : vec_load(weights + kZipped);
      const vec even = beside ? vec_load(weights) : w, odd = beside ? vec_load(weights + kColumns) : w;
      LN_UNROLL for (size_t m = 0; m < rows; ++m) {
        const float* x = &bases[m][m % 3 * step + k];
        pairs[m] = vec_fma(two(x), w, pairs[m]);
        if (beside) sums[m] = vec_fma(vec_set(x[0]), even, sums[m]);
      }
      LN_UNROLL for (size_t m = 0; m < rows; ++m) {
        if (beside) sums[m] = vec_fma(vec_set(bases[m][m % 3 * step + k + 1]), odd, sums[m]);
      }
    }
    if (k == walk->depth) continue;
    const vec w = beside ? zip(half_load(weights + whole), none) : vec_load(weights + kZipped);
    const vec even = beside ? vec_load(weights) : w;
    LN_UNROLL for (size_t m = 0; m < rows; ++m) {
      const vec x = vec_set(bases[m][m % 3 * step + k]);
      pairs[m] = _mm512_mask3_fmadd_ps(x, w, pairs[m], kEven);
      if (beside) sums[m] = vec_fma(x, even, sums[m]);
    }
  }
  LN_UNROLL for (size_t m = 0; m < rows; ++m) {
    if (beside) finish(c + m * c_stride, sums[m], low, high, VEC_LANES);
  }
  store_pairs(rows, pairs, low, high, columns - whole, c + whole, c_stride);
}

#define LN_PAIRS(name, n, beside, anywhere)                                                                 \
  LN_NOINLINE static void name##_##n(size_t rows, size_t columns, const ln_gemm_walk* walk, const float* a, \
                                     const float* b, const float* bias, float low, float high, float* c,    \
                                     size_t c_stride) {                                                     \
    (void)rows;                                                                                             \
    tile_by_pairs(n, beside, anywhere, columns, walk, a, b, bias, low, high, c, c_stride);                  \
  }
#define LN_PAIRS_ALL(n)                    \
  LN_PAIRS(pairs, n, false, false)         \
  LN_PAIRS(pairs_anywhere, n, false, true) \
  LN_PAIRS(beside, n, true, false)         \
  LN_PAIRS(beside_anywhere, n, true, true)
LN_ALL_ROWS(LN_PAIRS_ALL)
#define LN_PAIRS_ENTRY(n) {{pairs_##n, pairs_anywhere_##n}, {beside_##n, beside_anywhere_##n}},
static const ln_gemm_f32_fn kPairs[][2][2] = {LN_ALL_ROWS(LN_PAIRS_ENTRY)};

static bool has_pairs(size_t columns) { return columns > 0 && (columns - 1) % VEC_LANES < kHalf; }

static void run_any(size_t rows, size_t columns, const ln_gemm_walk* walk, const float* a, const float* b,
                    const float* bias, float low, float high, float* c, size_t c_stride) {
  if (has_pairs(columns)) {
    kPairs[rows - 1][columns > VEC_LANES][walk->row_at != NULL](rows, columns, walk, a, b, bias, low, high, c,
                                                                c_stride);
    return;
  }
  run(rows, columns, walk, a, b, bias, low, high, c, c_stride);
}

/* A column's sum is added up in one order, whatever the tile. */
static void run_row_any(size_t columns, size_t depth, const float* a, const float* b, const float* bias, float low,
                        float high, float* c) {
  const size_t last = columns % kColumns, rest = has_pairs(last) ? last : 0, n = columns - rest;
  const ln_gemm_walk walk = {.segments = 1, .depth = depth};
  if (n > 0) run_row(n, depth, a, b, bias, low, high, c);
  if (rest > 0) run_any(1, rest, &walk, a, b + n * depth, bias + n, low, high, c + n, 0);
}

static void pack_any(const ln_gemm_layout* layout, const float* b, size_t first, float* panel) {
  const size_t depth = layout->taps_y * layout->taps_x * layout->channels;
  pack(layout, b, first, panel);
  if (layout->columns - first > kHalf) return;
  for (size_t k = 0; k < depth; ++k, panel += kColumns)
    vec_store(panel + kZipped, zip(half_load(panel), k + 1 < depth ? half_load(panel + kColumns) : half_set(0.0f)));
}

const ln_gemm_f32 ln_gemm_f32_12x32_avx512 = {.name = "gemm_f32_12x32_avx512",
                                              .isa = LN_ISA_AVX512,
                                              .id = 33,
                                              .mr = kRows,
                                              .nr = kColumns,
                                              .run = run_any,
                                              .run_row = run_row_any,
                                              .pack = pack_any};
