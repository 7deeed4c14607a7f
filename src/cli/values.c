#include "values.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tensorflow/lite/c/common.h"

size_t value_bytes(TfLiteType type) {
  switch (type) {
    case kTfLiteInt8:
    case kTfLiteUInt8:
    case kTfLiteBool:
      return 1;
    case kTfLiteInt16:
    case kTfLiteUInt16:
    case kTfLiteFloat16:
    case kTfLiteBFloat16:
      return 2;
    case kTfLiteFloat32:
    case kTfLiteInt32:
    case kTfLiteUInt32:
    case kTfLiteComplex64:
      return 4;
    case kTfLiteFloat64:
    case kTfLiteInt64:
    case kTfLiteUInt64:
    case kTfLiteComplex128:
      return 8;
    default:
      return 0;
  }
}

static uint32_t word(const uint8_t* p) {
  return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

size_t value_count(const TfLiteTensor* t) {
  const TfLiteType type = TfLiteTensorType(t);
  const uint8_t* data = TfLiteTensorData(t);
  const size_t width = value_bytes(type), size = TfLiteTensorByteSize(t);
  if (data == NULL) return 0;
  if (type != kTfLiteString) return width != 0 ? size / width : 0;
  const size_t count = size >= 8 ? word(data) : 0;
  return count <= (size - 8) / 4 ? count : 0;
}

static double half(uint16_t h) {
  const int exponent = (h >> 10) & 31, fraction = h & 1023;
  const double value = exponent == 31  ? (fraction != 0 ? NAN : INFINITY)
                       : exponent == 0 ? ldexp(fraction, -24)
                                       : ldexp(1024 + fraction, exponent - 25);
  return (h & 0x8000) != 0 ? -value : value;
}

static double brain(uint16_t h) {
  const uint32_t bits = (uint32_t)h << 16;
  float value;
  memcpy(&value, &bits, 4);
  return (double)value;
}

static double number(TfLiteType type, TfLitePtrUnion data, size_t i) {
  switch (type) {
    case kTfLiteFloat32:
    case kTfLiteComplex64:
      return (double)data.f[i];
    case kTfLiteFloat64:
    case kTfLiteComplex128:
      return data.f64[i];
    case kTfLiteFloat16:
      return half(data.ui16[i]);
    case kTfLiteBFloat16:
      return brain(data.ui16[i]);
    case kTfLiteInt8:
      return data.int8[i];
    case kTfLiteInt16:
      return data.i16[i];
    case kTfLiteUInt16:
      return data.ui16[i];
    case kTfLiteInt32:
      return data.i32[i];
    case kTfLiteUInt32:
      return data.u32[i];
    case kTfLiteInt64:
      return (double)data.i64[i];
    case kTfLiteUInt64:
      return (double)data.u64[i];
    default:
      return data.uint8[i];
  }
}

double value_number(const TfLiteTensor* t, size_t i, bool real) {
  const TfLitePtrUnion data = {.data = TfLiteTensorData(t)};
  if (data.data == NULL) return NAN;
  const double value = number(TfLiteTensorType(t), data, i);
  const TfLiteQuantizationParams q = TfLiteTensorQuantizationParams(t);
  return real && q.scale > 0 ? (value - q.zero_point) * (double)q.scale : value;
}

/* String `i` of a buffer that holds at least its count. */
static const char* string_in(const uint8_t* data, size_t size, size_t i, size_t* length) {
  const size_t count = word(data);
  if (count > (size - 8) / 4 || i >= count) return NULL;
  const size_t begin = word(data + 4 + 4 * i), end = word(data + 8 + 4 * i);
  if (begin > end || end > size) return NULL;
  *length = end - begin;
  return (const char*)data + begin;
}

const char* value_string(const TfLiteTensor* t, size_t i, size_t* length) {
  const uint8_t* data = TfLiteTensorData(t);
  const size_t size = TfLiteTensorByteSize(t);
  return data != NULL && size >= 8 ? string_in(data, size, i, length) : NULL;
}

static void put_word(uint8_t* p, size_t value) {
  for (int i = 0; i < 4; ++i) p[i] = (uint8_t)(value >> (8 * i));
}

static bool set_bytes(TfLiteTensor* t, const void* data, size_t size) {
  if (TfLiteTensorRealloc(size, t) != kTfLiteOk || TfLiteTensorData(t) == NULL) return false;
  memcpy(TfLiteTensorData(t), data, size);
  return true;
}

bool value_set_strings(TfLiteTensor* t, size_t count, const char* (*text)(const void* arg, size_t i, size_t* length),
                       const void* arg) {
  size_t length, size = 8 + 4 * count;
  if (count > INT32_MAX / 8) return false;
  for (size_t i = 0; i < count; ++i) {
    text(arg, i, &length);
    if (length > INT32_MAX - size) return false;
    size += length;
  }
  uint8_t* buffer = malloc(size);
  if (buffer == NULL) return false;
  size_t at = 8 + 4 * count;
  put_word(buffer, count);
  for (size_t i = 0; i < count; ++i) {
    const char* from = text(arg, i, &length);
    put_word(buffer + 4 + 4 * i, at);
    memcpy(buffer + at, from, length);
    at += length;
  }
  put_word(buffer + 4 + 4 * count, at);
  const bool done = set_bytes(t, buffer, size);
  free(buffer);
  return done;
}

bool value_set_string_buffer(TfLiteTensor* t, const void* data, size_t size) {
  size_t length;
  if (size < 8 || word(data) > (size - 8) / 4) return false;
  for (size_t i = 0; i < word(data); ++i)
    if (string_in(data, size, i, &length) == NULL) return false;
  return set_bytes(t, data, size);
}

size_t value_shape_count(const TfLiteTensor* t) {
  size_t count = 1;
  for (int i = 0; i < TfLiteTensorNumDims(t); ++i) {
    const int extent = TfLiteTensorDim(t, i);
    if (extent <= 0) return 0;
    if (count > SIZE_MAX / 16 / (size_t)extent) return SIZE_MAX / 16;
    count *= (size_t)extent;
  }
  return count;
}
