/* The body of float matrix products over vec_*.h: tiles of kRows x two vectors. A last panel takes no more vectors a
 * row than it has columns for; one row alone takes four panels at once, as two accumulators would wait for each other.
 */
#include "kernels/x86/gemm_x86.h"

/* Weights are asked for so many floats early: those of a layer come from the third cache or memory. */
enum { kColumns = 2 * VEC_LANES, kPanels = 4, kAhead = 512 };

LN_INLINE void finish(float* c, vec sum, float low, float high, size_t columns) {
  vec_store_n(c, vec_min(vec_set(high), vec_max(vec_set(low), sum)), columns);
}

/* `vectors` whole vectors of each row of the panel are looked at, and behind them `halves` half ones (at most one). */
LN_INLINE void tile(size_t rows, size_t vectors, size_t halves, size_t columns, const ln_gemm_walk* walk,
                    const float* a, const float* b, const float* bias, float low, float high, float* c,
                    size_t c_stride) {
  const size_t depth = walk->depth, a_stride = walk->a_stride, behind = vectors * VEC_LANES;
  vec sums[kRows][2];
  half tails[kRows];
  LN_UNROLL for (size_t m = 0; m < rows; ++m) {
    LN_UNROLL for (size_t v = 0; v < vectors; ++v) sums[m][v] = vec_load(bias + v * VEC_LANES);
    if (halves > 0) tails[m] = half_load(bias + behind);
  }
  for (size_t s = 0; s < walk->segments; ++s) {
    /* Three rows are reached from one address. */
    const float *bases[(kRows + 2) / 3], *weights = b + s * walk->b_segment;
    LN_UNROLL for (size_t i = 0; i < (rows + 2) / 3; ++i) bases[i] = a + s * walk->a_segment + 3 * i * a_stride;
    for (size_t k = 0; k < depth; ++k, weights += kColumns) {
      vec w[2];
      half w_tail;
      LN_UNROLL for (size_t v = 0; v < 2; ++v) {
        if (v * VEC_LANES * sizeof(float) % 64 == 0) LN_PREFETCH(weights + kAhead + v * VEC_LANES);
      }
      LN_UNROLL for (size_t v = 0; v < vectors; ++v) w[v] = vec_load(weights + v * VEC_LANES);
      if (halves > 0) w_tail = half_load(weights + behind);
      LN_UNROLL for (size_t m = 0; m < rows; ++m) {
        const vec x = vec_set(bases[m / 3][m % 3 * a_stride + k]);
        LN_UNROLL for (size_t v = 0; v < vectors; ++v) sums[m][v] = vec_fma(x, w[v], sums[m][v]);
        if (halves > 0) tails[m] = half_fma(half_of(x), w_tail, tails[m]);
      }
    }
  }
  LN_UNROLL for (size_t m = 0; m < rows; ++m) {
    LN_UNROLL for (size_t v = 0; v < vectors; ++v)
        finish(c + m * c_stride + v * VEC_LANES, sums[m][v], low, high, columns - v * VEC_LANES);
    if (halves > 0) finish(c + m * c_stride + behind, half_widen(tails[m]), low, high, columns - behind);
  }
}

#define LN_ROWS(n)                                                                 \
  case n:                                                                          \
    if (columns <= VEC_HALF)                                                       \
      tile(n, 0, VEC_HALF > 0, columns, walk, a, b, bias, low, high, c, c_stride); \
    else if (columns <= VEC_LANES)                                                 \
      tile(n, 1, 0, columns, walk, a, b, bias, low, high, c, c_stride);            \
    else if (VEC_HALF > 0 && columns <= VEC_LANES + VEC_HALF)                      \
      tile(n, 1, VEC_HALF > 0, columns, walk, a, b, bias, low, high, c, c_stride); \
    else                                                                           \
      tile(n, 2, 0, columns, walk, a, b, bias, low, high, c, c_stride);            \
    return;

static void run(size_t rows, size_t columns, const ln_gemm_walk* walk, const float* a, const float* b,
                const float* bias, float low, float high, float* c, size_t c_stride) {
  switch (rows) {
    LN_ALL_ROWS
    default:
      return;
  }
}

/* One row by `panels` panels. */
LN_INLINE void row(size_t panels, size_t columns, size_t depth, const float* a, const float* b, const float* bias,
                   float low, float high, float* c) {
  vec sums[2 * kPanels];
  LN_UNROLL for (size_t v = 0; v < 2 * panels; ++v) sums[v] = vec_load(bias + v * VEC_LANES);
  for (size_t k = 0; k < depth; ++k, b += kColumns) {
    const vec x = vec_set(a[k]);
    LN_UNROLL for (size_t v = 0; v < 2 * panels; ++v) sums[v] =
        vec_fma(x, vec_load(b + v / 2 * depth * kColumns + v % 2 * VEC_LANES), sums[v]);
  }
  LN_UNROLL for (size_t v = 0; v < 2 * panels; ++v) {
    if (v * VEC_LANES < columns) finish(c + v * VEC_LANES, sums[v], low, high, columns - v * VEC_LANES);
  }
}

static void run_row(size_t columns, size_t depth, const float* a, const float* b, const float* bias, float low,
                    float high, float* c) {
  size_t n = 0;
  for (; n + (kPanels - 1) * kColumns < columns; n += kPanels * kColumns, b += kPanels * kColumns * depth)
    row(kPanels, columns - n, depth, a, b, bias + n, low, high, c + n);
  for (; n < columns; n += kColumns, b += kColumns * depth)
    row(1, columns - n, depth, a, b, bias + n, low, high, c + n);
}

/* Eight columns by eight of their neighbours, which lie `stride` apart, to eight rows `step` apart. */
LN_INLINE void transpose_8x8(const float* from, size_t stride, float* to, size_t step) {
  __m256 r[8], a[8], p[8];
  LN_UNROLL for (size_t i = 0; i < 8; ++i) r[i] = _mm256_loadu_ps(from + i * stride);
  LN_UNROLL for (size_t i = 0; i < 4; ++i) {
    a[2 * i] = _mm256_unpacklo_ps(r[2 * i], r[2 * i + 1]);
    a[2 * i + 1] = _mm256_unpackhi_ps(r[2 * i], r[2 * i + 1]);
  }
  LN_UNROLL for (size_t i = 0; i < 2; ++i) {
    p[4 * i] = _mm256_shuffle_ps(a[4 * i], a[4 * i + 2], 0x44);
    p[4 * i + 1] = _mm256_shuffle_ps(a[4 * i], a[4 * i + 2], 0xee);
    p[4 * i + 2] = _mm256_shuffle_ps(a[4 * i + 1], a[4 * i + 3], 0x44);
    p[4 * i + 3] = _mm256_shuffle_ps(a[4 * i + 1], a[4 * i + 3], 0xee);
  }
  LN_UNROLL for (size_t i = 0; i < 4; ++i) {
    _mm256_storeu_ps(to + i * step, _mm256_permute2f128_ps(p[i], p[i + 4], 0x20));
    _mm256_storeu_ps(to + (i + 4) * step, _mm256_permute2f128_ps(p[i], p[i + 4], 0x31));
  }
}

/* A plain matrix: columns whose depth is contiguous are turned in blocks, columns that lie side by side are copied. */
static void pack(const ln_gemm_layout* layout, const float* b, size_t first, float* panel) {
  const size_t depth = layout->channels, stride = layout->column_stride;
  if (layout->taps_y * layout->taps_x != 1 || layout->columns - first < kColumns ||
      (layout->channel_stride != 1 && stride != 1)) {
    ln_gemm_f32_pack_panel_ref(kColumns, layout, b, first, panel);
    return;
  }
  b += first * stride;
  if (stride == 1) {
    for (size_t k = 0; k < depth; ++k)
      LN_UNROLL for (size_t v = 0; v < 2; ++v)
          vec_store(panel + k * kColumns + v * VEC_LANES, vec_load(b + k * layout->channel_stride + v * VEC_LANES));
    return;
  }
  for (size_t n = 0; n < kColumns; n += 16) {
    size_t k = 0;
    for (; k + 8 <= depth; k += 8) {
      transpose_8x8(b + n * stride + k, stride, panel + k * kColumns + n, kColumns);
      transpose_8x8(b + (n + 8) * stride + k, stride, panel + k * kColumns + n + 8, kColumns);
    }
    for (; k < depth; ++k)
      for (size_t i = n; i < n + 16; ++i) panel[k * kColumns + i] = b[i * stride + k];
  }
}
