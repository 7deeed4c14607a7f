/* Rows of floats to int8 with a scale of their own, as hybrid operators (float activations, int8 weights) need them.
 * Knows no tensor. The arithmetic is the original's, operation by operation, so that the int8 values are its bits.
 *
 * A row without elements, or of zeros only, gives scale 1, zero point 0. NaN counts as the lower end of the range. */
#ifndef LN_KERNELS_HYBRID_QUANTIZE_H_
#define LN_KERNELS_HYBRID_QUANTIZE_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* quantized[i] = round(values[i] / scale) in [-127, 127]; returns scale = max|values| / 127. */
float ln_quantize_symmetric_s8(const float* values, size_t count, int8_t* quantized);

/* quantized[i] = round(zero_point + values[i] / scale) in [-128, 127]; the range always holds 0. */
void ln_quantize_asymmetric_s8(const float* values, size_t count, int8_t* quantized, float* scale, int32_t* zero_point);

/* `rows` rows of `count` values one after the other; zero points are 0 where `asymmetric` is false. */
void ln_quantize_rows_s8(const float* values, size_t rows, size_t count, bool asymmetric, int8_t* quantized,
                         float* scales, int32_t* zero_points);

/* True if every value is +0 or -0. */
bool ln_all_zero_f32(const float* values, size_t count);

#endif
