/* A matrix of floats, or of int8 with a scale, times a float vector: with int8 the vector is quantized on the way, once
 * for all matrices that it meets. Knows pointers and sizes only. */
#ifndef LN_KERNELS_MIXED_MATVEC_H_
#define LN_KERNELS_MIXED_MATVEC_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* [rows, columns] of float, or of int8 with a scale; `diagonal`: [rows] floats. data NULL: there is none. */
typedef struct ln_mixed_matrix {
  const void* data;
  bool is_s8, diagonal;
  float scale;
} ln_mixed_matrix;

typedef struct ln_mixed_vector {
  const float* f32;
  const int16_t* s16; /* quantized, the zero point taken off; float is s16 * scale */
  float scale;
  size_t count;
} ln_mixed_vector;

/* The vector with its quantized form in `s16` ([count], lives as long as the vector is used); `s8` is [count] of
 * scratch. */
ln_mixed_vector ln_mixed_quantize(const float* values, size_t count, bool asymmetric, int8_t* s8, int16_t* s16);

/* result[r] += the product; `sums` is [rows] of scratch, used where the matrix is int8. */
void ln_mixed_matvec(const ln_mixed_matrix* matrix, size_t rows, const ln_mixed_vector* vector, int32_t* sums,
                     float* result);

#endif
