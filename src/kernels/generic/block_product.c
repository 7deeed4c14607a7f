#include "kernels/generic/block_product.h"

static int32_t dot(const int8_t* a, int32_t zero_point, const int8_t* b, size_t count) {
  int32_t sum = 0;
  for (size_t i = 0; i < count; ++i) sum += (int16_t)(a[i] - zero_point) * b[i];
  return sum;
}

void ln_block_product_s8(const ln_block_product* p, size_t first, size_t last, float* out) {
  const size_t blocks = p->depth / p->block;
  for (size_t n = first; n < last; ++n) {
    const float bias = p->bias != NULL ? p->bias[n] : 0;
    for (size_t r = 0; r < p->rows; ++r) {
      const int8_t *a = p->in + r * p->depth, *b = p->weights + n * p->depth;
      float sum = 0;
      for (size_t i = 0; i < blocks; ++i, a += p->block, b += p->block)
        sum += (float)dot(a, p->zero_points[r], b, p->block) * p->scales[n * blocks + i];
      const float y = sum * p->in_scales[r] + bias;
      out[r * p->columns + n] = y < p->low ? p->low : y > p->high ? p->high : y;
    }
  }
}
