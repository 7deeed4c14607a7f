#include "kernels/generic/fake_quant.h"

#include <math.h>
#include <stdint.h>

ln_fake_quant ln_fake_quant_range(float low, float high, int bits) {
  const float steps = (float)((1 << bits) - 1);
  const float scale = (high - low) / steps;
  const float exact = -low / scale;
  const float zero_point = exact > steps ? steps : exact > 0.0f ? roundf(exact) : 0.0f;
  return (ln_fake_quant){-zero_point * scale, (steps - zero_point) * scale, scale};
}

void ln_fake_quant_f32(const void* params, const void* in, void* out, size_t n) {
  const ln_fake_quant p = *(const ln_fake_quant*)params;
  const float inverse = 1.0f / p.scale;
  const float* x = in;
  float* y = out;
  for (size_t i = 0; i < n; ++i) {
    const float above = x[i] > p.low ? x[i] : p.low, inside = above < p.high ? above : p.high;
    const float exact = (inside - p.low) * inverse; /* 0 to 65535; not finite if the scale is (almost) 0 */
    const float steps = exact < 65536.0f ? exact : 65536.0f;
    const int32_t cut = (int32_t)steps, rounded = cut + (steps - (float)cut >= 0.5f ? 1 : 0);
    y[i] = (exact < 65536.0f ? (float)rounded : exact) * p.scale + p.low;
  }
}
