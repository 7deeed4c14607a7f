#include "kernels/generic/matvec.h"

#include "kernels/generic/gates_s16.h"
#include "kernels/generic/rows_f32.h"

enum { kLanes = 8 };

/* Eight sums side by side, so that the compiler may use vectors without changing the order of summation. */
static float dot_f32(const float* a, const float* b, size_t count) {
  float sums[kLanes] = {0.0f};
  size_t i = 0;
  for (; i + kLanes <= count; i += kLanes)
    for (size_t j = 0; j < kLanes; ++j) sums[j] += a[i + j] * b[i + j];
  float sum = ((sums[0] + sums[4]) + (sums[2] + sums[6])) + ((sums[1] + sums[5]) + (sums[3] + sums[7]));
  for (; i < count; ++i) sum += a[i] * b[i];
  return sum;
}

void ln_matvec_f32(const float* matrix, size_t rows, size_t columns, const float* vector, float* result) {
  ln_rows_f32_best()->matvec(matrix, rows, columns, vector, result);
}

void ln_matvec_f32_ref(const float* matrix, size_t rows, size_t columns, const float* vector, float* result) {
  for (size_t r = 0; r < rows; ++r) result[r] += dot_f32(matrix + r * columns, vector, columns);
}

void ln_matvec_s8_s16_ref(const int8_t* matrix, size_t rows, size_t columns, const int16_t* vector, int32_t* result) {
  for (size_t r = 0; r < rows; ++r) {
    const int8_t* row = matrix + r * columns;
    uint32_t sum = 0;
    for (size_t c = 0; c < columns; ++c) sum += (uint32_t)((int32_t)row[c] * vector[c]);
    result[r] = (int32_t)sum;
  }
}

void ln_matvec_s8_s16(const int8_t* matrix, size_t rows, size_t columns, const int16_t* vector, int32_t* result) {
  ln_gates_s16_best()->matvec(matrix, rows, columns, vector, result);
}
