/* Float matrix multiplication: the definition, a blocked version in plain C, packing, the ladder. */
#include "base/compiler.h"
#include "kernels/generic/gemm.h"
#if defined(__x86_64__)
#include "kernels/x86/gemm_x86.h"
#elif defined(__aarch64__) || defined(__arm__)
#include "kernels/arm/rungs_arm.h"
#endif

static float clamp(float x, float low, float high) {
  x = x < low ? low : x;
  return x > high ? high : x;
}

void ln_gemm_f32_ref(size_t rows, size_t columns, size_t depth, const float* a, size_t a_stride, const float* b,
                     const float* bias, float low, float high, float* c, size_t c_stride) {
  for (size_t m = 0; m < rows; ++m) {
    for (size_t n = 0; n < columns; ++n) {
      float sum = bias[n];
      for (size_t k = 0; k < depth; ++k) sum += a[m * a_stride + k] * b[n * depth + k];
      c[m * c_stride + n] = clamp(sum, low, high);
    }
  }
}

enum { kRows = 4, kColumns = 8 };

LN_INLINE void tile(size_t rows, size_t columns, const ln_gemm_walk* walk, const float* a, const float* b,
                    const float* bias, float low, float high, float* c, size_t c_stride) {
  float sums[kRows][kColumns];
  for (size_t m = 0; m < rows; ++m)
    for (size_t n = 0; n < kColumns; ++n) sums[m][n] = bias[n];
  for (size_t s = 0; s < walk->segments; ++s) {
    const float *from = a + s * walk->a_segment, *w = b + s * walk->b_segment;
    for (size_t k = 0; k < walk->depth; ++k, w += kColumns) {
      for (size_t m = 0; m < rows; ++m) {
        const float x = from[(walk->row_at != NULL ? walk->row_at[m] : m * walk->a_stride) + k];
        for (size_t n = 0; n < kColumns; ++n) sums[m][n] += x * w[n];
      }
    }
  }
  for (size_t m = 0; m < rows; ++m)
    for (size_t n = 0; n < columns; ++n) c[m * c_stride + n] = clamp(sums[m][n], low, high);
}

static void run_4x8(size_t rows, size_t columns, const ln_gemm_walk* walk, const float* a, const float* b,
                    const float* bias, float low, float high, float* c, size_t c_stride) {
  switch (rows) {
    case 4:
      tile(4, columns, walk, a, b, bias, low, high, c, c_stride);
      return;
    case 3:
      tile(3, columns, walk, a, b, bias, low, high, c, c_stride);
      return;
    case 2:
      tile(2, columns, walk, a, b, bias, low, high, c, c_stride);
      return;
    default:
      tile(1, columns, walk, a, b, bias, low, high, c, c_stride);
  }
}

void ln_gemm_f32_pack_panel_ref(size_t nr, const ln_gemm_layout* layout, const float* b, size_t first, float* panel) {
  const size_t columns = layout->columns - first < nr ? layout->columns - first : nr;
  for (size_t t = 0; t < layout->taps_y * layout->taps_x; ++t) {
    const float* tap = b + ln_gemm_tap_place(layout, first, t);
    for (size_t i = 0; i < layout->channels; ++i, panel += nr) {
      const float* source = tap + i * layout->channel_stride;
      for (size_t n = 0; n < columns; ++n) panel[n] = source[n * layout->column_stride];
      for (size_t n = columns; n < nr; ++n) panel[n] = 0.0f;
    }
  }
}

static void pack_8(const ln_gemm_layout* layout, const float* b, size_t first, float* panel) {
  ln_gemm_f32_pack_panel_ref(kColumns, layout, b, first, panel);
}

static const ln_gemm_f32 ln_gemm_f32_4x8_generic = {.name = "gemm_f32_4x8_generic",
                                                    .isa = LN_ISA_GENERIC,
                                                    .id = 8,
                                                    .mr = kRows,
                                                    .nr = kColumns,
                                                    .run = run_4x8,
                                                    .pack = pack_8};

static const ln_gemm_f32* const ladder[] = {
    &ln_gemm_f32_4x8_generic,
#if defined(__x86_64__)
    &ln_gemm_f32_6x16_avx2,
    &ln_gemm_f32_12x32_avx512,
#elif defined(__aarch64__)
    &ln_gemm_f32_8x8_neon,
#elif defined(__arm__)
    &ln_gemm_f32_4x8_neon,
#endif
};

const ln_gemm_f32* const* ln_gemm_f32_rungs(size_t* count) {
  *count = sizeof ladder / sizeof ladder[0];
  return ladder;
}

const ln_gemm_f32* ln_gemm_f32_best(void) {
  const ln_gemm_f32* best = ladder[0];
  for (size_t i = 1; i < sizeof ladder / sizeof ladder[0]; ++i)
    if (ln_cpu_has(ladder[i]->isa)) best = ladder[i];
  return best;
}

size_t ln_gemm_f32_packed_size(const ln_gemm_f32* kernel, size_t columns, size_t depth) {
  return (columns + kernel->nr - 1) / kernel->nr * kernel->nr * depth;
}

void ln_gemm_f32_pack(const ln_gemm_f32* kernel, const ln_gemm_layout* layout, const float* b, float* packed) {
  const size_t panel = kernel->nr * layout->taps_y * layout->taps_x * layout->channels;
  for (size_t first = 0; first < layout->columns; first += kernel->nr, packed += panel)
    kernel->pack(layout, b, first, packed);
}

void ln_gemm_f32_block(const ln_gemm_f32* kernel, size_t rows, size_t columns, size_t depth, const float* a,
                       size_t a_stride, const float* packed, const float* bias, float low, float high, float* c,
                       size_t c_stride) {
  const size_t nr = kernel->nr;
  if (rows == 1 && kernel->run_row != NULL) {
    kernel->run_row(columns, depth, a, packed, bias, low, high, c);
    return;
  }
  ln_gemm_walk walk = {.segments = 1, .depth = depth, .a_stride = a_stride};
  for (size_t n = 0; n < columns; n += nr, packed += nr * depth) {
    const size_t width = columns - n < nr ? columns - n : nr, mr = ln_gemm_f32_rows(kernel, width);
    /* Tiles of even heights: a last one of a row or two would wait for its own sums. */
    const size_t tiles = (rows + mr - 1) / mr;
    for (size_t t = 0, m = 0, height; t < tiles; ++t, m += height) {
      height = rows * (t + 1) / tiles - m;
      ln_gemm_f32_look_ahead(kernel, depth, packed, n == 0, columns - n <= nr, t, tiles, &walk);
      kernel->run(height, width, &walk, a + m * a_stride, packed, bias + n, low, high, c + m * c_stride + n, c_stride);
    }
  }
}
