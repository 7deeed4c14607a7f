/* What float matrix products over vec_*.h have beside their tiles, whose panels have two vectors of columns: the
 * product of one row, and packing. */
#include "kernels/generic/gemm.h"

enum { kColumns = 2 * VEC_LANES, kPanels = 4 };

LN_INLINE void finish(float* c, vec sum, float low, float high, size_t columns) {
  vec_store_n(c, vec_min(vec_set(high), vec_max(vec_set(low), sum)), columns);
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
  if (n >= columns) return;
  const size_t left = columns - n;
  if (left > 2 * kColumns)
    row(3, left, depth, a, b, bias + n, low, high, c + n);
  else if (left > kColumns)
    row(2, left, depth, a, b, bias + n, low, high, c + n);
  else
    row(1, left, depth, a, b, bias + n, low, high, c + n);
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
  for (size_t n = 0; n < kColumns; n += 2 * VEC_TURN) {
    size_t k = 0;
    for (; k + VEC_TURN <= depth; k += VEC_TURN) {
      vec_turn(b + n * stride + k, stride, panel + k * kColumns + n, kColumns);
      vec_turn(b + (n + VEC_TURN) * stride + k, stride, panel + k * kColumns + n + VEC_TURN, kColumns);
    }
    for (; k < depth; ++k)
      for (size_t i = n; i < n + 2 * VEC_TURN; ++i) panel[k * kColumns + i] = b[i * stride + k];
  }
}
