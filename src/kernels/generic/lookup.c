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
