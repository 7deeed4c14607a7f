/* A matrix times vectors, for operators that do it step by step (recurrent cells). Knows pointers and sizes only. The
 * matrix is row-major, [rows, columns] without gaps, and is used as it lies in the file. */
#ifndef LN_KERNELS_MATVEC_H_
#define LN_KERNELS_MATVEC_H_

#include <stddef.h>
#include <stdint.h>

/* result[r] += sum over c of matrix[r][c] * vector[c]; by the best rung of rows_f32.h, and the definition. */
void ln_matvec_f32(const float* matrix, size_t rows, size_t columns, const float* vector, float* result);
void ln_matvec_f32_ref(const float* matrix, size_t rows, size_t columns, const float* vector, float* result);

/* result[r] = the sum, exact modulo 2^32, with a vector of 16 bits, as bytes whose zero point is taken off already
 * have; by the best rung of gates_s16.h, and the definition. */
void ln_matvec_s8_s16(const int8_t* matrix, size_t rows, size_t columns, const int16_t* vector, int32_t* result);
void ln_matvec_s8_s16_ref(const int8_t* matrix, size_t rows, size_t columns, const int16_t* vector, int32_t* result);

#endif
