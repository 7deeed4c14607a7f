#include "kernels/generic/fake_quant.h"

#include <math.h>

ln_fake_quant ln_fake_quant_range(float low, float high, int bits) {
  const float steps = (float)((1 << bits) - 1);
  const float scale = (high - low) / steps;
  const float exact = -low / scale;
  const float zero_point = exact > steps ? steps : exact > 0.0f ? roundf(exact) : 0.0f;
  return (ln_fake_quant){-zero_point * scale, (steps - zero_point) * scale, scale};
}

void ln_fake_quant_f32(const void* params, const void* in, void* out, size_t n) {
  const ln_fake_quant* p = params;
  const float inverse = 1.0f / p->scale;
  const float* x = in;
  float* y = out;
  for (size_t i = 0; i < n; ++i) {
    const float above = x[i] > p->low ? x[i] : p->low, inside = above < p->high ? above : p->high;
    y[i] = roundf((inside - p->low) * inverse) * p->scale + p->low;
  }
}
