#include "kernels/generic/normalize.h"

#include <math.h>

/* Eight sums side by side, which compilers keep in a vector. */
enum { LANES = 8 };

static float sum_lanes(const float* lanes) {
  return ((lanes[0] + lanes[4]) + (lanes[1] + lanes[5])) + ((lanes[2] + lanes[6]) + (lanes[3] + lanes[7]));
}

static float sum_of(const float* x, size_t n) {
  float lanes[LANES] = {0};
  size_t i = 0;
  for (; i + LANES <= n; i += LANES)
    for (size_t k = 0; k < LANES; ++k) lanes[k] += x[i + k];
  for (size_t k = 0; i < n; ++i, ++k) lanes[k] += x[i];
  return sum_lanes(lanes);
}

static float sum_of_squares(const float* x, size_t n, float mean) {
  float lanes[LANES] = {0};
  size_t i = 0;
  for (; i + LANES <= n; i += LANES)
    for (size_t k = 0; k < LANES; ++k) lanes[k] += (x[i + k] - mean) * (x[i + k] - mean);
  for (size_t k = 0; i < n; ++i, ++k) lanes[k] += (x[i] - mean) * (x[i] - mean);
  return sum_lanes(lanes);
}

void ln_rms_norm_f32_ref(const float* in, size_t rows, size_t depth, float epsilon, bool sums, const float* scale,
                         float* out) {
  for (size_t r = 0; r < rows; ++r, in += depth, out += depth) {
    const float squares = sum_of_squares(in, depth, 0.0f);
    const float factor = 1.0f / sqrtf((sums ? squares : squares / (float)depth) + epsilon);
    for (size_t i = 0; i < depth; ++i) out[i] = in[i] * factor * (scale != NULL ? scale[i] : 1.0f);
  }
}

void ln_group_norm_f32_ref(const ln_group_shape* s, const float* in, size_t group, float epsilon, const float* scale,
                           const float* bias, float* out) {
  const size_t channels = s->channels / s->groups, first = group * channels;
  const size_t run = channels * s->inner, step = s->channels * s->inner;
  const float count = (float)(s->outer * run);
  float mean = 0, variance = 0;
  in += first * s->inner;
  out += first * s->inner;
  for (size_t o = 0; o < s->outer; ++o) mean += sum_of(in + o * step, run);
  mean /= count;
  for (size_t o = 0; o < s->outer; ++o) variance += sum_of_squares(in + o * step, run, mean);
  const float factor = 1.0f / sqrtf(variance / count + epsilon);
  for (size_t o = 0; o < s->outer; ++o) {
    for (size_t c = 0; c < channels; ++c) {
      const float a = scale != NULL ? factor * scale[first + c] : factor, b = bias != NULL ? bias[first + c] : 0.0f;
      const float* x = in + o * step + c * s->inner;
      float* y = out + o * step + c * s->inner;
      for (size_t i = 0; i < s->inner; ++i) y[i] = (x[i] - mean) * a + b;
    }
  }
}

/* Sums one after the other, as ln_reduce_f32_ref's. -0 less a number is its negative, of zeros too. */
void ln_layer_norm_f32_ref(const ln_layer_norm* norm, const float* in, size_t rows, size_t depth, float* out) {
  for (size_t r = 0; r < rows; ++r, in += depth, out += depth) {
    float sum = 0.0f, squares = 0.0f;
    for (size_t i = 0; i < depth; ++i) sum += in[i];
    const float mean = sum / (float)depth;
    for (size_t i = 0; i < depth; ++i) squares += (in[i] - mean) * (in[i] - mean);
    const float factor = 1.0f / sqrtf(squares / (float)depth + norm->epsilon);
    for (size_t i = 0; i < depth; ++i) {
      const float f = norm->scale != NULL ? factor * norm->scale[i] : factor;
      const float shift = norm->shift != NULL ? norm->shift[i] : -0.0f;
      out[i] = norm->centered ? (in[i] - mean) * f + shift : in[i] * f + (shift - mean * f);
    }
  }
}
