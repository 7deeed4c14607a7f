#include "kernels/generic/block_product.h"

#include <string.h>

enum { kMaxTile = 1024 }; /* mr * nr */

static void add_scaled(const int32_t* sums, size_t width, const float* scales, size_t rows, size_t columns,
                       float* tile) {
  for (size_t m = 0; m < rows; ++m)
    for (size_t n = 0; n < columns; ++n) tile[m * width + n] += (float)sums[m * width + n] * scales[n];
}

void ln_block_product(const ln_block_weights* w, const ln_block_rows* rows, size_t panel, float* out) {
  const ln_gemm_q8* kernel = w->kernel;
  const size_t first = panel * kernel->nr, left = w->columns - first, blocks = w->depth / w->block;
  const size_t columns = left < kernel->nr ? left : kernel->nr, width = ln_gemm_q8_width(kernel, columns);
  const size_t block_bytes = ln_gemm_q8_packed_size(kernel, w->columns, w->block, 1);
  const size_t block_depth = ln_gemm_q8_depth(kernel, w->block, 1);
  const size_t mr = kernel->mr * width <= kMaxTile ? kernel->mr : 1;
  for (size_t row = 0; row < rows->count; row += mr) {
    const size_t count = rows->count - row < mr ? rows->count - row : mr;
    int32_t sums[kMaxTile];
    float tile[kMaxTile];
    memset(tile, 0, count * width * sizeof tile[0]);
    for (size_t i = 0; i < blocks; ++i) {
      const ln_gemm_q8_rows some = {.rows = count,
                                    .columns = columns,
                                    .segments = 1,
                                    .groups = block_depth / kernel->kr,
                                    .a = (const char*)rows->a + (row * w->depth + i * w->block) * kernel->a_size,
                                    .a_stride = w->depth,
                                    .b = w->packed + i * block_bytes + first * block_depth};
      kernel->run_sums(&some, sums);
      add_scaled(sums, width, w->scales + i * w->columns + first, count, columns, tile);
    }
    for (size_t m = 0; m < count; ++m)
      for (size_t n = 0; n < columns; ++n) {
        const float sum = tile[m * width + n] - (float)rows->offsets[row + m] * w->sums[first + n];
        const float bias = rows->bias != NULL ? rows->bias[first + n] : 0, y = sum * rows->scales[row + m] + bias;
        out[(row + m) * w->columns + first + n] = y < rows->low ? rows->low : y > rows->high ? rows->high : y;
      }
  }
}
