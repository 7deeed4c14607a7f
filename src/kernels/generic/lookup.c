#include "kernels/generic/lookup.h"

#include <math.h>

void ln_lookup_fill_8(ln_quantization in, ln_quantization out, int is_signed, ln_unary_f32 f, const void* params,
                      uint8_t table[256]) {
  const int32_t low = is_signed ? -128 : 0, high = is_signed ? 127 : 255;
  const float inverse = 1.0f / out.scale;
  for (int32_t x = low; x <= high; ++x) {
    const float y = roundf(f(in.scale * (float)(x - in.zero_point), params) * inverse) + (float)out.zero_point;
    /* NaN takes the first branch: any defined value will do. */
    const int32_t q = !(y > (float)low) ? low : y > (float)high ? high : (int32_t)y;
    table[(uint8_t)x] = (uint8_t)q;
  }
}

void ln_lookup_8(const uint8_t table[256], const uint8_t* in, uint8_t* out, size_t count) {
  for (size_t i = 0; i < count; ++i) out[i] = table[in[i]];
}

static int16_t saturate_16(float x) { return (int16_t)(!(x > -32768.0f) ? -32768 : x > 32767.0f ? 32767 : (int32_t)x); }

void ln_lookup_fill_16(ln_quantization in, ln_quantization out, ln_unary_f32 f, const void* params,
                       int16_t table[LN_LOOKUP_16_SIZE]) {
  const float in_low = in.scale * (float)(INT16_MIN - in.zero_point),
              in_high = in.scale * (float)(INT16_MAX - in.zero_point);
  const float out_low = out.scale * (float)(INT16_MIN - out.zero_point);
  const float out_high = out.scale * (float)(INT16_MAX - out.zero_point);
  const float step = (in_high - in_low) / 512, half_step = step / 2, inverse = 65536.0f / (out_high - out_low);
  for (int i = 0; i < LN_LOOKUP_16_SIZE - 1; ++i) {
    const float value = f(in_low + (float)i * step, params), next = f(in_low + (float)(i + 1) * step, params);
    const float middle = f(in_low + (float)i * step + half_step, params);
    const float sample = roundf(value * inverse);
    const float interpolated = roundf((next * inverse + sample) / 2);
    const float bias = roundf((interpolated - roundf(middle * inverse)) / 2);
    table[i] = saturate_16(sample - bias);
  }
  table[LN_LOOKUP_16_SIZE - 1] = saturate_16(roundf(f(in_high, params) * inverse));
}

/* Looked up first, computed then: the second loop is one that compilers make vectors of. */
void ln_lookup_16(const int16_t table[LN_LOOKUP_16_SIZE], const int16_t* in, int16_t* out, size_t count) {
  enum { CHUNK = 64 };
  int32_t low[CHUNK], slope[CHUNK];
  for (size_t at = 0; at < count; at += CHUNK) {
    const size_t n = count - at < CHUNK ? count - at : CHUNK;
    for (size_t i = 0; i < n; ++i) {
      const int index = 256 + (in[at + i] >> 7);
      low[i] = table[index];
      slope[i] = table[index + 1] - table[index];
    }
    for (size_t i = 0; i < n; ++i) out[at + i] = (int16_t)(low[i] + ((slope[i] * (in[at + i] & 127) + 64) >> 7));
  }
}
