#include "kernels/generic/hybrid_quantize.h"

#include <math.h>
#include <string.h>

#include "kernels/generic/quantize_q8.h"

static void find_range(const ln_quantize_q8* kernel, const float* values, size_t count, float* low, float* high) {
  *low = *high = 0.0f;
  if (count > 0) kernel->range_f32(values, count, low, high);
}

static ln_row_scale symmetric(float low, float high) {
  const float range = fabsf(low) < fabsf(high) ? fabsf(high) : fabsf(low);
  if (range == 0.0f) return (ln_row_scale){.scale = 1.0f, .zeros = true};
  return (ln_row_scale){.scale = range / 127.0f, .inverse = 127.0f / range, .low = -127};
}

/* The zero point comes from the end of the range whose error is smaller; which one no processor can foresee, so that it
 * is looked up instead of jumped to. */
static int32_t choose_zero_point(double low, double high, double scale) {
  const double low_error = 128.0 + fabs(low / scale), high_error = 127.0 + fabs(high / scale);
  const double from[2] = {127.0 - high / scale, -128.0 - low / scale};
  const double zero_point = from[low_error < high_error];
  if (!(zero_point > -128.0)) return -128;
  if (zero_point >= 127.0) return 127;
  /* Adding the largest double below a half and cutting rounds half away from zero. */
  return (int32_t)(zero_point + copysign(0x1.fffffffffffffp-2, zero_point));
}

static ln_row_scale asymmetric_from(float smallest, float largest) {
  const double low = smallest < 0.0f ? smallest : 0.0f, high = largest > 0.0f ? largest : 0.0f;
  if (low == high) return (ln_row_scale){.scale = 1.0f, .zeros = true};
  const double step = (high - low) / 255.0;
  const float scale = (float)step;
  return (ln_row_scale){scale, 1.0f / scale, choose_zero_point(low, high, step), -128, false};
}

ln_row_scale ln_row_scale_of(float smallest, float largest, bool asymmetric) {
  return asymmetric ? asymmetric_from(smallest, largest) : symmetric(smallest, largest);
}

ln_row_scale ln_choose_row_scale(const ln_quantize_q8* kernel, const float* values, size_t count, bool asymmetric) {
  float low, high;
  find_range(kernel, values, count, &low, &high);
  return ln_row_scale_of(low, high, asymmetric);
}

void ln_scale_row_q8(const ln_quantize_q8* kernel, const ln_row_scale* how, const float* values, size_t count,
                     uint8_t flip, uint8_t* quantized) {
  if (how->zeros)
    memset(quantized, flip, count);
  else
    kernel->scale_q8((float)how->zero_point, how->inverse, how->low, flip, values, quantized, count);
}

void ln_scale_row_f32(const ln_quantize_q8* kernel, const ln_row_scale* how, const float* values, size_t count,
                      float* whole) {
  if (how->zeros)
    memset(whole, 0, count * sizeof *whole);
  else
    kernel->scale_f32((float)how->zero_point, how->inverse, how->low, values, whole, count);
}

void ln_quantize_rows_s8(const float* values, size_t rows, size_t count, bool asymmetric, int8_t* quantized,
                         float* scales, int32_t* zero_points) {
  const ln_quantize_q8* kernel = ln_quantize_q8_best();
  for (size_t row = 0; row < rows; ++row, values += count, quantized += count) {
    const ln_row_scale how = ln_choose_row_scale(kernel, values, count, asymmetric);
    scales[row] = how.scale;
    zero_points[row] = how.zero_point;
    if (count > 0) ln_scale_row_q8(kernel, &how, values, count, 0, (uint8_t*)quantized);
  }
}
