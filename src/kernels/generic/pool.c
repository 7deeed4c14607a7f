#include "kernels/generic/pool.h"

#include <math.h>
#include <stddef.h>

/* The part of the window at output (y, x) that lies in the picture: rows [y0, y1), columns [x0, x1). */
typedef struct window {
  int32_t y0, y1, x0, x1;
} window;

static int32_t clip(int64_t value, int32_t high) { return value < 0 ? 0 : value > high ? high : (int32_t)value; }

static window window_at(const ln_pool_shape* s, int32_t y, int32_t x) {
  const int64_t top = (int64_t)y * s->stride_height - s->pad_top, left = (int64_t)x * s->stride_width - s->pad_left;
  return (window){clip(top, s->in_height), clip(top + s->filter_height, s->in_height), clip(left, s->in_width),
                  clip(left + s->filter_width, s->in_width)};
}

/* Rows of channels are walked together, so that the inner loop runs over neighbours; CHUNK accumulators at a time. */
enum { CHUNK = 64 };

#define LN_POOL(name, type, acc_type, start, collect, finish)                                                         \
  for (int32_t n = 0; n < s->batch; ++n)                                                                              \
    for (int32_t y = 0; y < s->out_height; ++y)                                                                       \
      for (int32_t x = 0; x < s->out_width; ++x) {                                                                    \
        const window w = window_at(s, y, x);                                                                          \
        const int32_t count = (w.y1 - w.y0) * (w.x1 - w.x0);                                                          \
        type* to = out + (((size_t)n * (size_t)s->out_height + (size_t)y) * (size_t)s->out_width + (size_t)x) *       \
                             (size_t)s->channels;                                                                     \
        for (int32_t c0 = 0; c0 < s->channels; c0 += CHUNK) {                                                         \
          const int32_t channels = s->channels - c0 < CHUNK ? s->channels - c0 : CHUNK;                               \
          acc_type acc[CHUNK];                                                                                        \
          for (int32_t c = 0; c < channels; ++c) acc[c] = start;                                                      \
          for (int32_t i = w.y0; i < w.y1; ++i)                                                                       \
            for (int32_t k = w.x0; k < w.x1; ++k) {                                                                   \
              const type* from = in +                                                                                 \
                                 (((size_t)n * (size_t)s->in_height + (size_t)i) * (size_t)s->in_width + (size_t)k) * \
                                     (size_t)s->channels +                                                            \
                                 c0;                                                                                  \
              for (int32_t c = 0; c < channels; ++c) collect;                                                         \
            }                                                                                                         \
          for (int32_t c = 0; c < channels; ++c) to[c0 + c] = finish;                                                 \
        }                                                                                                             \
      }

static float clamp_f32(float x, float low, float high) { return x < low ? low : x > high ? high : x; }

static int32_t clamp_i32(int32_t x, int32_t low, int32_t high) { return x < low ? low : x > high ? high : x; }

/* Half away from zero; an empty window gives 0. */
static int32_t mean_i32(int32_t sum, int32_t count) {
  if (count == 0) return 0;
  return sum > 0 ? (sum + count / 2) / count : (sum - count / 2) / count;
}

static float mean_f32(float sum, int32_t count, bool square) {
  if (count == 0) return 0.0f;
  const float mean = sum / (float)count;
  return square ? sqrtf(mean) : mean;
}

void ln_average_pool_f32_ref(const ln_pool_shape* s, const float* in, float* out, float low, float high, bool square) {
  LN_POOL(average, float, float, 0.0f, acc[c] += square ? from[c] * from[c] : from[c],
          clamp_f32(mean_f32(acc[c], count, square), low, high))
}

void ln_max_pool_f32_ref(const ln_pool_shape* s, const float* in, float* out, float low, float high) {
  LN_POOL(max, float, float, -3.402823466e+38f, if (from[c] > acc[c]) acc[c] = from[c],
          ((void)count, clamp_f32(acc[c], low, high)))
}

#define LN_POOL_INT(suffix, type, lowest)                                                                             \
  void ln_average_pool_##suffix##_ref(const ln_pool_shape* s, const type* in, type* out, int32_t low, int32_t high) { \
    LN_POOL(average, type, int32_t, 0, acc[c] += from[c], (type)clamp_i32(mean_i32(acc[c], count), low, high))        \
  }                                                                                                                   \
  void ln_max_pool_##suffix##_ref(const ln_pool_shape* s, const type* in, type* out, int32_t low, int32_t high) {     \
    LN_POOL(max, type, type, lowest, if (from[c] > acc[c]) acc[c] = from[c],                                          \
            ((void)count, (type)clamp_i32(acc[c], low, high)))                                                        \
  }

LN_POOL_INT(qu8, uint8_t, 0)
LN_POOL_INT(qs8, int8_t, INT8_MIN)
LN_POOL_INT(qs16, int16_t, INT16_MIN)
