#include "kernels/generic/sparse_product.h"

#include "kernels/generic/sparse_q8.h"

enum { kLanes = 4 };

/* Value i of a block, or block i of single values, goes to lane i % kLanes: sums that do not wait for each other. */
static float join(const float lanes[kLanes]) { return (lanes[0] + lanes[1]) + (lanes[2] + lanes[3]); }

static float dot_singles(const float* values, const uint32_t* columns, size_t count, const float* a) {
  float lanes[kLanes] = {0};
  size_t i = 0;
  for (; i + kLanes <= count; i += kLanes)
    for (size_t lane = 0; lane < kLanes; ++lane) lanes[lane] += values[i + lane] * a[columns[i + lane]];
  for (; i < count; ++i) lanes[i % kLanes] += values[i] * a[columns[i]];
  return join(lanes);
}

static float dot_blocks(const float* values, const uint32_t* columns, size_t count, size_t block, const float* a) {
  float lanes[kLanes] = {0};
  for (size_t i = 0; i < count; ++i, values += block) {
    const float* at = a + columns[i];
    size_t k = 0;
    for (; k + kLanes <= block; k += kLanes)
      for (size_t lane = 0; lane < kLanes; ++lane) lanes[lane] += values[k + lane] * at[k + lane];
    for (; k < block; ++k) lanes[k % kLanes] += values[k] * at[k];
  }
  return join(lanes);
}

void ln_sparse_product_f32(const ln_sparse_rows* weights, size_t begin, size_t end, const float* a, size_t a_stride,
                           size_t count, const float* bias, float low, float high, float* out, size_t out_stride) {
  const size_t block = weights->block;
  for (size_t n = begin; n < end; ++n) {
    const size_t first = weights->starts[n], blocks = weights->starts[n + 1] - first;
    const float* values = (const float*)weights->values + first * block;
    const uint32_t* columns = weights->columns + first;
    for (size_t m = 0; m < count; ++m) {
      const float* row = a + m * a_stride;
      const float sum =
          block == 1 ? dot_singles(values, columns, blocks, row) : dot_blocks(values, columns, blocks, block, row);
      const float y = sum + bias[n];
      out[m * out_stride + n - begin] = y < low ? low : y > high ? high : y;
    }
  }
}

static uint32_t dot_singles_s8(const int8_t* values, const uint32_t* columns, size_t count, const int8_t* a) {
  uint32_t sums[2] = {0, 0};
  size_t i = 0;
  for (; i + 4 <= count; i += 4) {
    sums[0] += (uint32_t)(values[i] * a[columns[i]] + values[i + 1] * a[columns[i + 1]]);
    sums[1] += (uint32_t)(values[i + 2] * a[columns[i + 2]] + values[i + 3] * a[columns[i + 3]]);
  }
  for (; i < count; ++i) sums[0] += (uint32_t)(values[i] * a[columns[i]]);
  return sums[0] + sums[1];
}

/* Of a fixed count: compilers make whole vectors of it. */
static int32_t dot_sixteen(const int8_t* a, const int8_t* b) {
  int32_t sum = 0;
  for (size_t i = 0; i < 16; ++i) sum += a[i] * b[i];
  return sum;
}

static uint32_t dot_blocks_s8(const int8_t* values, const uint32_t* columns, size_t count, size_t block,
                              const int8_t* a) {
  uint32_t sum = 0;
  for (size_t i = 0; i < count; ++i, values += block) {
    const int8_t* at = a + columns[i];
    size_t k = 0;
    for (; k + 16 <= block; k += 16) sum += (uint32_t)dot_sixteen(values + k, at + k);
    for (; k < block; ++k) sum += (uint32_t)(values[k] * at[k]);
  }
  return sum;
}

void ln_sparse_product_s8_ref(const ln_sparse_rows* weights, size_t begin, size_t end, const int8_t* a, int32_t* sums) {
  const size_t block = weights->block;
  for (size_t n = begin; n < end; ++n) {
    const size_t first = weights->starts[n], blocks = weights->starts[n + 1] - first;
    const int8_t* values = (const int8_t*)weights->values + first * block;
    const uint32_t* columns = weights->columns + first;
    sums[n - begin] = (int32_t)(block == 1 ? dot_singles_s8(values, columns, blocks, a)
                                           : dot_blocks_s8(values, columns, blocks, block, a));
  }
}

void ln_sparse_product_s8(const ln_sparse_rows* weights, size_t begin, size_t end, const int8_t* a, int32_t* sums) {
  ln_sparse_q8_best()->product(weights, begin, end, a, sums);
}

void ln_sparse_sum_rows_s8(const ln_sparse_rows* weights, int32_t* sums) {
  for (size_t n = 0; n < weights->rows; ++n) {
    uint32_t sum = 0;
    const int8_t* values = weights->values;
    for (size_t i = weights->starts[n] * weights->block; i < weights->starts[n + 1] * weights->block; ++i)
      sum += (uint32_t)values[i];
    sums[n] = (int32_t)sum;
  }
}
