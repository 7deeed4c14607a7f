#include "kernels/generic/mixed_matvec.h"

#include "kernels/generic/hybrid_quantize.h"
#include "kernels/generic/matvec.h"

ln_mixed_vector ln_mixed_quantize(const float* values, size_t count, bool asymmetric, int8_t* s8, int16_t* s16) {
  ln_mixed_vector v = {values, s16, 1.0f, count};
  int32_t zero_point;
  ln_quantize_rows_s8(values, 1, count, asymmetric, s8, &v.scale, &zero_point);
  for (size_t i = 0; i < count; ++i) s16[i] = (int16_t)(s8[i] - zero_point);
  return v;
}

void ln_mixed_matvec(const ln_mixed_matrix* matrix, size_t rows, const ln_mixed_vector* vector, int32_t* sums,
                     float* result) {
  if (matrix->diagonal) {
    const float* diagonal = matrix->data;
    for (size_t r = 0; r < rows; ++r) result[r] += diagonal[r] * vector->f32[r];
  } else if (matrix->is_s8) {
    const float scale = matrix->scale * vector->scale;
    ln_matvec_s8_s16(matrix->data, rows, vector->count, vector->s16, sums);
    for (size_t r = 0; r < rows; ++r) result[r] += (float)sums[r] * scale;
  } else {
    ln_matvec_f32(matrix->data, rows, vector->count, vector->f32, result);
  }
}
