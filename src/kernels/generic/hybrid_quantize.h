/* Rows of floats to int8 with a scale of their own, as hybrid operators (float activations, int8 weights) need them.
 * Knows no tensor. The arithmetic is the original's, operation by operation, so that the int8 values are its bits.
 *
 * A row without elements, or of zeros only, gives scale 1, zero point 0. NaN counts as the lower end of the range. */
#ifndef LN_KERNELS_HYBRID_QUANTIZE_H_
#define LN_KERNELS_HYBRID_QUANTIZE_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernels/generic/quantize_q8.h"

/* How a row is quantized: q = round(zero_point + x * inverse) in [low, 127]. */
typedef struct ln_row_scale {
  float scale, inverse;
  int32_t zero_point, low;
  bool zeros; /* every q is 0 */
} ln_row_scale;

/* Symmetric: scale = max|values| / 127, in [-127, 127]. Asymmetric: in [-128, 127]; the range always holds 0. */
ln_row_scale ln_row_scale_of(float smallest, float largest, bool asymmetric);
ln_row_scale ln_choose_row_scale(const ln_quantize_q8* kernel, const float* values, size_t count, bool asymmetric);

/* To q ^ flip: int8 with flip 0, moved up by 128 with flip 0x80; to q - zero_point as floats. Any part of the row. */
void ln_scale_row_q8(const ln_quantize_q8* kernel, const ln_row_scale* how, const float* values, size_t count,
                     uint8_t flip, uint8_t* quantized);
void ln_scale_row_f32(const ln_quantize_q8* kernel, const ln_row_scale* how, const float* values, size_t count,
                      float* whole);

/* `rows` rows of `count` values one after the other; zero points are 0 where `asymmetric` is false. */
void ln_quantize_rows_s8(const float* values, size_t rows, size_t count, bool asymmetric, int8_t* quantized,
                         float* scales, int32_t* zero_points);

#endif
