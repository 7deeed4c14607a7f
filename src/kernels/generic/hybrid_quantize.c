#include "kernels/generic/hybrid_quantize.h"

#include <math.h>
#include <string.h>

#include "kernels/generic/quantize_q8.h"

static void find_range(const float* values, size_t count, float* low, float* high) {
  *low = *high = 0.0f;
  if (count > 0) ln_quantize_q8_best()->range_f32(values, count, low, high);
}

float ln_quantize_symmetric_s8(const float* values, size_t count, int8_t* quantized) {
  float low, high;
  find_range(values, count, &low, &high);
  const float range = fabsf(low) < fabsf(high) ? fabsf(high) : fabsf(low);
  if (range == 0.0f) {
    if (count > 0) memset(quantized, 0, count);
    return 1.0f;
  }
  const float inverse = 127.0f / range;
  ln_quantize_q8_best()->scale_s8(0.0f, inverse, -127, values, quantized, count);
  return range / 127.0f;
}

/* The zero point comes from the end of the range whose error is smaller. */
static int32_t choose_zero_point(double low, double high, double scale) {
  const double from_low = -128.0 - low / scale, from_high = 127.0 - high / scale;
  const double low_error = 128.0 + fabs(low / scale), high_error = 127.0 + fabs(high / scale);
  const double zero_point = low_error < high_error ? from_low : from_high;
  if (!(zero_point > -128.0)) return -128;
  if (zero_point >= 127.0) return 127;
  return (int32_t)round(zero_point);
}

void ln_quantize_asymmetric_s8(const float* values, size_t count, int8_t* quantized, float* scale,
                               int32_t* zero_point) {
  float smallest, largest;
  find_range(values, count, &smallest, &largest);
  const double low = smallest < 0.0f ? smallest : 0.0f, high = largest > 0.0f ? largest : 0.0f;
  if (low == high) {
    if (count > 0) memset(quantized, 0, count);
    *scale = 1.0f;
    *zero_point = 0;
    return;
  }
  const double step = (high - low) / 255.0;
  *scale = (float)step;
  *zero_point = choose_zero_point(low, high, step);
  const float inverse = 1.0f / *scale, offset = (float)*zero_point;
  ln_quantize_q8_best()->scale_s8(offset, inverse, -128, values, quantized, count);
}

void ln_quantize_rows_s8(const float* values, size_t rows, size_t count, bool asymmetric, int8_t* quantized,
                         float* scales, int32_t* zero_points) {
  for (size_t row = 0; row < rows; ++row, values += count, quantized += count) {
    if (asymmetric) {
      ln_quantize_asymmetric_s8(values, count, quantized, &scales[row], &zero_points[row]);
    } else {
      scales[row] = ln_quantize_symmetric_s8(values, count, quantized);
      zero_points[row] = 0;
    }
  }
}

bool ln_all_zero_f32(const float* values, size_t count) {
  for (size_t i = 0; i < count; ++i)
    if (values[i] != 0.0f) return false;
  return true;
}
