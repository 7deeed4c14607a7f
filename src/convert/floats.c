#include "convert/floats.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "model/model.h"

int ln_computed_type(int type) {
  if (type == LN_TYPE_FLOAT64 || type == LN_TYPE_FLOAT16 || type == LN_TYPE_BFLOAT16) return LN_TYPE_FLOAT32;
  return type == LN_TYPE_COMPLEX128 ? LN_TYPE_COMPLEX64 : type;
}

void ln_warn_of_width(ln_job* job, int type) {
  if (ln_computed_type(type) != type)
    ln_warn(job, NULL, "%s is computed as %s, in which TFLite has operators", ln_tensor_type_name((uint8_t)type),
            ln_tensor_type_name((uint8_t)ln_computed_type(type)));
}

static float of_half(uint16_t half) {
  const uint32_t exponent = half >> 10 & 31, mantissa = half & 1023;
  const float sign = (half & 0x8000) != 0 ? -1.0f : 1.0f;
  if (exponent == 31) return mantissa != 0 ? NAN : sign * INFINITY;
  if (exponent == 0) return sign * ldexpf((float)mantissa, -24);
  return sign * ldexpf((float)(mantissa | 1024), (int)exponent - 25);
}

static float of_bfloat(uint16_t half) {
  const uint32_t bits = (uint32_t)half << 16;
  float value;
  memcpy(&value, &bits, sizeof value);
  return value;
}

static float of_double(double value) {
  if (isfinite(value) && value > (double)FLT_MAX) return FLT_MAX;
  if (isfinite(value) && value < -(double)FLT_MAX) return -FLT_MAX;
  return (float)value;
}

const void* ln_computed_numbers(ln_job* job, int type, size_t count, const void* data) {
  if (ln_computed_type(type) == type || data == NULL) return data;
  ln_warn_of_width(job, type);
  if (type == LN_TYPE_COMPLEX128) count *= 2; /* pairs of doubles */
  const bool wide = type == LN_TYPE_FLOAT64 || type == LN_TYPE_COMPLEX128;
  float* result = ln_job_alloc(job, count, sizeof *result);
  for (size_t i = 0; i < count; ++i) {
    double number;
    uint16_t half;
    if (wide)
      memcpy(&number, (const char*)data + i * sizeof number, sizeof number);
    else
      memcpy(&half, (const char*)data + i * sizeof half, sizeof half);
    result[i] = wide ? of_double(number) : type == LN_TYPE_FLOAT16 ? of_half(half) : of_bfloat(half);
  }
  return result;
}
