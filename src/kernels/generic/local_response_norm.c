#include "kernels/generic/local_response_norm.h"

#include <math.h>

/* The two powers that models use mostly are exact where powf need not be. */
static float scale_of(float base, float beta) {
  if (beta == 1.0f) return 1.0f / base;
  if (beta == 0.5f) return 1.0f / sqrtf(base);
  return powf(base, -beta);
}

static float sum_squares(const float* in, size_t begin, size_t end, float alpha) {
  float sum = 0.0f;
  for (size_t i = begin; i < end; ++i) sum += in[i] * in[i] * alpha;
  return sum;
}

/* The sum moves along with the window as in the original's optimized kernel: where the base nearly cancels out, its
 * rounding is what one sees. Only an infinite sum is made anew, as nothing could be taken off it. */
void ln_local_response_norm_f32(const ln_local_response_norm* norm, size_t pixels, size_t channels, const float* in,
                                float* out) {
  const size_t radius = norm->radius < channels ? norm->radius : channels;
  for (size_t p = 0; p < pixels; ++p, in += channels, out += channels) {
    float sum = sum_squares(in, 0, radius, norm->alpha);
    for (size_t c = 0; c < channels; ++c) {
      const size_t begin = c > radius ? c - radius : 0, last = c + radius;
      if (last < channels) sum += in[last] * in[last] * norm->alpha;
      if (!isfinite(sum)) sum = sum_squares(in, begin, last < channels ? last + 1 : channels, norm->alpha);
      out[c] = in[c] * scale_of(norm->bias + sum, norm->beta);
      if (c >= radius) sum -= in[begin] * in[begin] * norm->alpha;
    }
  }
}
