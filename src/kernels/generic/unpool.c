#include "kernels/generic/unpool.h"

#include <float.h>
#include <string.h>

static int64_t larger(int64_t a, int64_t b) { return a > b ? a : b; }
static int64_t smaller(int64_t a, int64_t b) { return a < b ? a : b; }

void ln_max_pool_argmax_f32_ref(const ln_pool_shape* s, const float* in, float low, float high, float* out,
                                float* places) {
  const size_t channels = (size_t)s->channels;
  const size_t picture = (size_t)s->in_height * (size_t)s->in_width * channels;
  for (int32_t b = 0; b < s->batch; ++b, in += picture) {
    for (int32_t y = 0; y < s->out_height; ++y) {
      for (int32_t x = 0; x < s->out_width; ++x, out += channels, places += channels) {
        const int64_t top = (int64_t)y * s->stride_height - s->pad_top,
                      left = (int64_t)x * s->stride_width - s->pad_left;
        const int64_t bottom = smaller(s->filter_height, s->in_height - top);
        const int64_t right = smaller(s->filter_width, s->in_width - left);
        for (size_t c = 0; c < channels; ++c) {
          float best = -FLT_MAX;
          int64_t place = 0;
          for (int64_t i = larger(0, -top); i < bottom; ++i) {
            for (int64_t k = larger(0, -left); k < right; ++k) {
              const size_t pixel = (size_t)(top + i) * (size_t)s->in_width + (size_t)(left + k);
              if (!(in[pixel * channels + c] > best)) continue;
              best = in[pixel * channels + c];
              place = i * s->filter_width + k;
            }
          }
          out[c] = best < low ? low : best > high ? high : best;
          places[c] = (float)place + 0.1f;
        }
      }
    }
  }
}

void ln_unpool_window_f32_ref(const ln_pool_shape* s, const float* in, const float* places, float* out) {
  const size_t channels = (size_t)s->channels;
  const size_t picture = (size_t)s->in_height * (size_t)s->in_width * channels;
  memset(out, 0, (size_t)s->batch * picture * sizeof *out);
  for (int32_t b = 0; b < s->batch; ++b, out += picture) {
    for (int32_t y = 0; y < s->out_height; ++y) {
      for (int32_t x = 0; x < s->out_width; ++x, in += channels, places += channels) {
        for (size_t c = 0; c < channels; ++c) {
          if (!(places[c] > -2147483648.0f && places[c] < 2147483648.0f)) continue;
          const int32_t place = (int32_t)places[c];
          const int64_t row = (int64_t)y * s->stride_height - s->pad_top + place / s->filter_width;
          const int64_t column = (int64_t)x * s->stride_width - s->pad_left + place % s->filter_width;
          if (row < 0 || row >= s->in_height || column < 0 || column >= s->in_width) continue;
          out[((size_t)row * (size_t)s->in_width + (size_t)column) * channels + c] = in[c];
        }
      }
    }
  }
}

void ln_unpool_picture_f32_ref(const float* in, const int32_t* places, size_t batch, size_t in_count, size_t out_count,
                               float* out) {
  memset(out, 0, batch * out_count * sizeof *out);
  for (size_t b = 0; b < batch; ++b, out += out_count)
    for (size_t i = 0; i < in_count; ++i) out[*places++] = *in++;
}
