/* The body of pooling of bytes: plain C whose inner loops have a fixed length where there are channels enough, so that
 * a compiler makes vectors of the instruction set that the including file is compiled for. No include guard on purpose.
 */
#include <string.h>

#include "base/compiler.h"
#include "kernels/generic/pool_q8.h"

enum { kChunk = 64 };

/* The part of a window that lies in the picture: rows [y0, y1), columns [x0, x1). */
typedef struct window {
  int32_t y0, y1, x0, x1;
} window;

static int32_t clip(int64_t value, int32_t high) { return value < 0 ? 0 : value > high ? high : (int32_t)value; }

static window window_at(const ln_pool_shape* s, int32_t y, int32_t x) {
  const int64_t top = (int64_t)y * s->stride_height - s->pad_top, left = (int64_t)x * s->stride_width - s->pad_left;
  return (window){clip(top, s->in_height), clip(top + s->filter_height, s->in_height), clip(left, s->in_width),
                  clip(left + s->filter_width, s->in_width)};
}

LN_INLINE int32_t clamp(int32_t x, int32_t low, int32_t high) { return x < low ? low : x > high ? high : x; }

/* The mean, half away from zero, without a division: |sum| + count / 2 is below 2^8 * count, so that with
 * inverse = 2^24 / count, rounded up, the product's error stays below 2^24 / count. For at most 255 pixels. */
LN_INLINE int32_t mean_of_few(int32_t sum, uint32_t half, uint32_t inverse) {
  const uint32_t magnitude = (uint32_t)(sum < 0 ? -sum : sum) + half;
  const int32_t mean = (int32_t)((magnitude * inverse) >> 24);
  return sum < 0 ? -mean : mean;
}

LN_INLINE int32_t mean_of_many(int32_t sum, int32_t count) {
  return sum > 0 ? (sum + count / 2) / count : (sum - count / 2) / count;
}

/* `narrow`: 16 bits for the sum of up to 255 pixels. */
#define LN_POOL_CHANNELS(suffix, type, narrow, lowest)                                                              \
  LN_INLINE void average_##suffix##_channels(const ln_pool_shape* s, const window* w, size_t count, const type* in, \
                                             int32_t low, int32_t high, type* out) {                                \
    const size_t channels = (size_t)s->channels, line = (size_t)s->in_width * channels;                             \
    const int32_t pixels = (w->y1 - w->y0) * (w->x1 - w->x0);                                                       \
    if (pixels > 0 && pixels <= 255) {                                                                              \
      narrow sums[kChunk];                                                                                          \
      for (size_t c = 0; c < count; ++c) sums[c] = 0;                                                               \
      for (int32_t y = w->y0; y < w->y1; ++y)                                                                       \
        for (int32_t x = w->x0; x < w->x1; ++x) {                                                                   \
          const type* from = in + (size_t)y * line + (size_t)x * channels;                                          \
          for (size_t c = 0; c < count; ++c) sums[c] = (narrow)(sums[c] + from[c]);                                 \
        }                                                                                                           \
      const uint32_t inverse = ((UINT32_C(1) << 24) + (uint32_t)pixels - 1) / (uint32_t)pixels;                     \
      const uint32_t half = (uint32_t)pixels / 2;                                                                   \
      for (size_t c = 0; c < count; ++c) out[c] = (type)clamp(mean_of_few(sums[c], half, inverse), low, high);      \
    } else {                                                                                                        \
      int32_t sums[kChunk];                                                                                         \
      for (size_t c = 0; c < count; ++c) sums[c] = 0;                                                               \
      for (int32_t y = w->y0; y < w->y1; ++y)                                                                       \
        for (int32_t x = w->x0; x < w->x1; ++x) {                                                                   \
          const type* from = in + (size_t)y * line + (size_t)x * channels;                                          \
          for (size_t c = 0; c < count; ++c) sums[c] += from[c];                                                    \
        }                                                                                                           \
      for (size_t c = 0; c < count; ++c)                                                                            \
        out[c] = (type)clamp(pixels > 0 ? mean_of_many(sums[c], pixels) : 0, low, high);                            \
    }                                                                                                               \
  }                                                                                                                 \
  LN_INLINE void max_##suffix##_channels(const ln_pool_shape* s, const window* w, size_t count, const type* in,     \
                                         int32_t low, int32_t high, type* out) {                                    \
    const size_t channels = (size_t)s->channels, line = (size_t)s->in_width * channels;                             \
    type most[kChunk];                                                                                              \
    for (size_t c = 0; c < count; ++c) most[c] = lowest;                                                            \
    for (int32_t y = w->y0; y < w->y1; ++y)                                                                         \
      for (int32_t x = w->x0; x < w->x1; ++x) {                                                                     \
        const type* from = in + (size_t)y * line + (size_t)x * channels;                                            \
        for (size_t c = 0; c < count; ++c) most[c] = from[c] > most[c] ? from[c] : most[c];                         \
      }                                                                                                             \
    const type least = (type)low, greatest = (type)high;                                                            \
    for (size_t c = 0; c < count; ++c) {                                                                            \
      const type x = most[c] < least ? least : most[c];                                                             \
      out[c] = x > greatest ? greatest : x;                                                                         \
    }                                                                                                               \
  }

/* With at least a chunk of channels the last chunk begins earlier, and some are computed twice. */
#define LN_POOL_ROW(kind, suffix, type)                                                                            \
  static void kind##_##suffix(const ln_pool_shape* s, size_t row, const void* in, void* out, int32_t low,          \
                              int32_t high) {                                                                      \
    const size_t channels = (size_t)s->channels, height = (size_t)s->out_height;                                   \
    const type* picture = (const type*)in + row / height * (size_t)s->in_height * (size_t)s->in_width * channels;  \
    type* to = (type*)out + row * (size_t)s->out_width * channels;                                                 \
    for (int32_t x = 0; x < s->out_width; ++x, to += channels) {                                                   \
      const window w = window_at(s, (int32_t)(row % height), x);                                                   \
      size_t c = 0;                                                                                                \
      for (; c + kChunk <= channels; c += kChunk)                                                                  \
        kind##_##suffix##_channels(s, &w, kChunk, picture + c, low, high, to + c);                                 \
      if (c < channels && channels >= kChunk)                                                                      \
        kind##_##suffix##_channels(s, &w, kChunk, picture + channels - kChunk, low, high, to + channels - kChunk); \
      else if (c < channels)                                                                                       \
        kind##_##suffix##_channels(s, &w, channels, picture, low, high, to);                                       \
    }                                                                                                              \
  }

LN_POOL_CHANNELS(u8, uint8_t, uint16_t, 0)
LN_POOL_CHANNELS(s8, int8_t, int16_t, INT8_MIN)
LN_POOL_ROW(average, u8, uint8_t)
LN_POOL_ROW(average, s8, int8_t)
LN_POOL_ROW(max, u8, uint8_t)
LN_POOL_ROW(max, s8, int8_t)

/* Sums of 16 bits of up to 255 pixels, then 32. */
#define LN_POOL_SUM(suffix, type, narrow)                                                                              \
  LN_INLINE void sum_##suffix##_channels(size_t pixels, size_t count, const type* in, size_t stride, uint32_t* sums) { \
    for (size_t c = 0; c < count; ++c) sums[c] = 0;                                                                    \
    for (size_t first = 0; first < pixels; first += 255) {                                                             \
      const size_t end = pixels - first < 255 ? pixels : first + 255;                                                  \
      narrow some[kChunk];                                                                                             \
      for (size_t c = 0; c < count; ++c) some[c] = 0;                                                                  \
      for (size_t i = first; i < end; ++i)                                                                             \
        for (size_t c = 0; c < count; ++c) some[c] = (narrow)(some[c] + in[i * stride + c]);                           \
      for (size_t c = 0; c < count; ++c) {                                                                             \
        const int32_t part = some[c];                                                                                  \
        sums[c] += (uint32_t)part;                                                                                     \
      }                                                                                                                \
    }                                                                                                                  \
  }                                                                                                                    \
  static void sum_##suffix(size_t pixels, size_t channels, const void* in, size_t stride, uint32_t* sums) {            \
    size_t c = 0;                                                                                                      \
    for (; c + kChunk <= channels; c += kChunk)                                                                        \
      sum_##suffix##_channels(pixels, kChunk, (const type*)in + c, stride, sums + c);                                  \
    if (c < channels) sum_##suffix##_channels(pixels, channels - c, (const type*)in + c, stride, sums + c);            \
  }

LN_POOL_SUM(u8, uint8_t, uint16_t)
LN_POOL_SUM(s8, int8_t, int16_t)
