#include "kernels/generic/quantize.h"

#include <math.h>

#include "kernels/generic/fixed_point.h"
#include "kernels/generic/half.h"

/* roundf for results that are clamped to 16 bits at most, in operations that compilers have vectors for; NaN counts as
 * the least. */
static inline int32_t round_near(float q) {
  const float most = 1 << 20, x = !(q > -most) ? -most : q > most ? most : q;
  const int32_t cut = (int32_t)x;
  const float rest = x - (float)cut;
  return cut + (rest >= 0.5f ? 1 : 0) - (rest <= -0.5f ? 1 : 0);
}

#define LN_QUANTIZE(suffix, type, low, high)                                                                   \
  void ln_quantize_f32_##suffix##_ref(float scale, int32_t zero_point, const float* in, type* out, size_t n) { \
    if (zero_point >= -(1 << 16) && zero_point <= 1 << 16) {                                                   \
      for (size_t i = 0; i < n; ++i) {                                                                         \
        const int32_t q = round_near(in[i] / scale) + zero_point;                                              \
        out[i] = (type)(q < (low) ? (low) : q > (high) ? (high) : q);                                          \
      }                                                                                                        \
      return;                                                                                                  \
    }                                                                                                          \
    for (size_t i = 0; i < n; ++i) {                                                                           \
      const float q = roundf(in[i] / scale) + (float)zero_point;                                               \
      out[i] = !(q > (float)(low)) ? (type)(low) : q > (float)(high) ? (type)(high) : (type)q;                 \
    }                                                                                                          \
  }                                                                                                            \
  void ln_dequantize_##suffix##_ref(float scale, int32_t zero_point, const type* in, float* out, size_t n) {   \
    for (size_t i = 0; i < n; ++i) out[i] = scale * (float)(in[i] - zero_point);                               \
  }

LN_QUANTIZE(s8, int8_t, INT8_MIN, INT8_MAX)
LN_QUANTIZE(u8, uint8_t, 0, UINT8_MAX)
LN_QUANTIZE(s16, int16_t, INT16_MIN, INT16_MAX)

void ln_quantize_f32_s4_ref(float scale, int32_t zero_point, const float* in, uint8_t* packed, size_t n) {
  for (size_t i = 0; i < n; ++i) {
    const float q = roundf(in[i] / scale) + (float)zero_point;
    const unsigned bits = (unsigned)(!(q > -8.0f) ? -8 : q > 7.0f ? 7 : (int)q) & 15;
    packed[i / 2] = (uint8_t)(i % 2 == 0 ? bits : packed[i / 2] | bits << 4);
  }
}

void ln_dequantize_packed_ref(int bits, bool is_signed, float scale, int32_t zero_point, const uint8_t* in,
                              size_t first, float* out, size_t n) {
  const size_t per_byte = 8 / (size_t)bits;
  const int32_t mask = (1 << bits) - 1, sign = is_signed ? 1 << (bits - 1) : 0;
  for (size_t i = 0; i < n; ++i) {
    const size_t at = first + i;
    const int32_t raw = in[at / per_byte] >> (at % per_byte * (size_t)bits) & mask;
    out[i] = scale * (float)(((raw ^ sign) - sign) - zero_point);
  }
}

void ln_dequantize_f16_ref(const uint16_t* in, float* out, size_t n) {
  for (size_t i = 0; i < n; ++i) out[i] = ln_half_to_float(in[i]);
}

static int32_t load(ln_integer type, const void* data, size_t i) {
  switch (type) {
    case LN_S8:
      return ((const int8_t*)data)[i];
    case LN_U8:
      return ((const uint8_t*)data)[i];
    case LN_S16:
      return ((const int16_t*)data)[i];
    default:
      return ((const int32_t*)data)[i];
  }
}

static void store(ln_integer type, void* data, size_t i, int64_t x) {
  switch (type) {
    case LN_S8:
      ((int8_t*)data)[i] = (int8_t)(x < INT8_MIN ? INT8_MIN : x > INT8_MAX ? INT8_MAX : x);
      break;
    case LN_U8:
      ((uint8_t*)data)[i] = (uint8_t)(x < 0 ? 0 : x > UINT8_MAX ? UINT8_MAX : x);
      break;
    case LN_S16:
      ((int16_t*)data)[i] = (int16_t)(x < INT16_MIN ? INT16_MIN : x > INT16_MAX ? INT16_MAX : x);
      break;
    default:
      ((int32_t*)data)[i] = (int32_t)(x < INT32_MIN ? INT32_MIN : x > INT32_MAX ? INT32_MAX : x);
  }
}

void ln_requantize_ref(const ln_requantization* p, ln_integer in_type, const void* in, ln_integer out_type, void* out,
                       size_t n) {
  for (size_t i = 0; i < n; ++i) {
    const int32_t x = (int32_t)((uint32_t)load(in_type, in, i) - (uint32_t)p->in_zero_point);
    store(out_type, out, i, (int64_t)ln_requantize(x, p->multiplier, p->shift) + p->out_zero_point);
  }
}
