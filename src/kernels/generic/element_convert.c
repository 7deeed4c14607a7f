/* Conversions between all types of numbers, and sums of products. Each number goes through the widest type of its kind,
 * which holds all of its bits. */
#include <math.h>
#include <string.h>

#include "kernels/generic/element.h"
#include "kernels/generic/element_complex.h"
#include "kernels/generic/half.h"

size_t ln_number_size(ln_number type) {
  static const unsigned char kSizes[LN_NUMBER_COUNT] = {1, 1, 2, 4, 8, 1, 2, 4, 8, 2, 2, 4, 8, 8, 16};
  return kSizes[type];
}

static int is_float(ln_number type) { return type >= LN_NUMBER_F16; }
static int is_complex(ln_number type) { return type >= LN_NUMBER_C64; }

/* The bits of an integer, its sign extended. */
static uint64_t load_int(ln_number type, const void* data, size_t i) {
  switch (type) {
    case LN_NUMBER_BOOL:
      return ((const uint8_t*)data)[i] != 0;
    case LN_NUMBER_S8:
      return (uint64_t)((const int8_t*)data)[i];
    case LN_NUMBER_S16:
      return (uint64_t)((const int16_t*)data)[i];
    case LN_NUMBER_S32:
      return (uint64_t)((const int32_t*)data)[i];
    case LN_NUMBER_U8:
      return ((const uint8_t*)data)[i];
    case LN_NUMBER_U16:
      return ((const uint16_t*)data)[i];
    case LN_NUMBER_U32:
      return ((const uint32_t*)data)[i];
    default:
      return ((const uint64_t*)data)[i];
  }
}

static void store_int(ln_number type, uint64_t x, void* data, size_t i) {
  switch (type) {
    case LN_NUMBER_BOOL:
      ((uint8_t*)data)[i] = x != 0;
      break;
    case LN_NUMBER_S8:
    case LN_NUMBER_U8:
      ((uint8_t*)data)[i] = (uint8_t)x;
      break;
    case LN_NUMBER_S16:
    case LN_NUMBER_U16:
      ((uint16_t*)data)[i] = (uint16_t)x;
      break;
    case LN_NUMBER_S32:
    case LN_NUMBER_U32:
      ((uint32_t*)data)[i] = (uint32_t)x;
      break;
    default:
      ((uint64_t*)data)[i] = x;
  }
}

static ln_complex load_float(ln_number type, const void* data, size_t i) {
  switch (type) {
    case LN_NUMBER_F16:
      return (ln_complex){(double)ln_half_to_float(((const uint16_t*)data)[i]), 0};
    case LN_NUMBER_BF16:
      return (ln_complex){(double)ln_bfloat16_to_float(((const uint16_t*)data)[i]), 0};
    case LN_NUMBER_F32:
      return (ln_complex){(double)((const float*)data)[i], 0};
    case LN_NUMBER_F64:
      return (ln_complex){((const double*)data)[i], 0};
    case LN_NUMBER_C64:
      return (ln_complex){(double)((const float*)data)[2 * i], (double)((const float*)data)[2 * i + 1]};
    default:
      return ((const ln_complex*)data)[i];
  }
}

/* A float that rounds to each narrower one as the double does: where it is not the double, it lies towards zero from it
 * and is odd. */
static float sticky_float(double x) {
  const float nearest = (float)x;
  if (isnan(x) || (double)nearest == x) return nearest;
  uint32_t bits = ln_float_bits(nearest);
  if (fabs((double)nearest) > fabs(x)) --bits;
  return ln_float_of_bits(bits | 1);
}

static void store_float(ln_number type, ln_complex x, void* data, size_t i) {
  switch (type) {
    case LN_NUMBER_F16:
      ((uint16_t*)data)[i] = ln_float_to_half(sticky_float(x.re));
      break;
    case LN_NUMBER_BF16:
      ((uint16_t*)data)[i] = ln_float_to_bfloat16(sticky_float(x.re));
      break;
    case LN_NUMBER_F32:
      ((float*)data)[i] = (float)x.re;
      break;
    case LN_NUMBER_F64:
      ((double*)data)[i] = x.re;
      break;
    case LN_NUMBER_C64:
      ((float*)data)[2 * i] = (float)x.re;
      ((float*)data)[2 * i + 1] = (float)x.im;
      break;
    default:
      ((ln_complex*)data)[i] = x;
  }
}

/* A double that rounds to each narrower float as the integer does: where 64 bits do not fit a double, one of those left
 * says whether any of the rest was set. */
static double sticky_double(uint64_t bits, int is_signed) {
  const int negative = is_signed && (int64_t)bits < 0;
  uint64_t magnitude = negative ? UINT64_C(0) - bits : bits;
  if (magnitude >> 53 != 0 && (magnitude & 2047) != 0) magnitude = (magnitude & ~UINT64_C(2047)) | 2048;
  return negative ? -(double)magnitude : (double)magnitude;
}

static void int_to_float(ln_number from, uint64_t bits, ln_number to, void* out, size_t i) {
  const int is_signed = from >= LN_NUMBER_S8 && from <= LN_NUMBER_S64;
  if (to != LN_NUMBER_F64 && to != LN_NUMBER_C128) {
    store_float(to, (ln_complex){sticky_double(bits, is_signed), 0}, out, i);
    return;
  }
  store_float(to, (ln_complex){is_signed ? (double)(int64_t)bits : (double)bits, 0}, out, i);
}

/* The nearest integer of the type towards zero. */
static uint64_t float_to_int(double x, ln_number type) {
  static const double kHigh[] = {[LN_NUMBER_S8] = 128,           [LN_NUMBER_S16] = 32768,
                                 [LN_NUMBER_S32] = 2147483648.0, [LN_NUMBER_S64] = 9223372036854775808.0,
                                 [LN_NUMBER_U8] = 256,           [LN_NUMBER_U16] = 65536,
                                 [LN_NUMBER_U32] = 4294967296.0, [LN_NUMBER_U64] = 18446744073709551616.0};
  if (type == LN_NUMBER_BOOL) return x != 0;
  const double high = kHigh[type];
  if (isnan(x)) return 0;
  if (type <= LN_NUMBER_S64) {
    if (x >= high) return high == 9223372036854775808.0 ? (uint64_t)INT64_MAX : (uint64_t)high - 1;
    return x <= -high ? (uint64_t)(int64_t)-high : (uint64_t)(int64_t)x;
  }
  if (x >= high) return UINT64_MAX; /* cut to the type's bits when stored */
  return x <= 0 ? 0 : (uint64_t)x;
}

void ln_element_convert(ln_number from, const void* in, ln_number to, void* out, size_t n) {
  for (size_t i = 0; i < n; ++i) {
    if (!is_float(from)) {
      const uint64_t bits = load_int(from, in, i);
      if (is_float(to))
        int_to_float(from, bits, to, out, i);
      else
        store_int(to, bits, out, i);
      continue;
    }
    ln_complex x = load_float(from, in, i);
    if (is_float(to)) {
      store_float(to, x, out, i);
    } else {
      const int set = x.re != 0 || (is_complex(from) && x.im != 0);
      store_int(to, to == LN_NUMBER_BOOL ? (uint64_t)set : float_to_int(x.re, to), out, i);
    }
  }
}

void ln_element_dot(ln_number type, const void* a, size_t a_step, const void* b, size_t b_step, size_t n, void* out) {
  if (!is_float(type)) {
    uint64_t sum = 0;
    for (size_t k = 0; k < n; ++k) {
      const uint64_t product = load_int(type, a, k * a_step) * load_int(type, b, k * b_step);
      sum = type == LN_NUMBER_BOOL ? sum | product : sum + product;
    }
    store_int(type, sum, out, 0);
  } else if (is_complex(type)) {
    ln_complex sum = {0, 0};
    for (size_t k = 0; k < n; ++k)
      sum = ln_complex_add(sum, ln_complex_mul(load_float(type, a, k * a_step), load_float(type, b, k * b_step)));
    store_float(type, sum, out, 0);
  } else if (type == LN_NUMBER_F64) {
    const double *x = a, *y = b;
    double sum = 0;
    for (size_t k = 0; k < n; ++k) sum += x[k * a_step] * y[k * b_step];
    *(double*)out = sum;
  } else {
    float sum = 0;
    for (size_t k = 0; k < n; ++k)
      sum += (float)load_float(type, a, k * a_step).re * (float)load_float(type, b, k * b_step).re;
    store_float(type, (ln_complex){(double)sum, 0}, out, 0);
  }
}
