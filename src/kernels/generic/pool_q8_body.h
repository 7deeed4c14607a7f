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

/* ---- A line of windows at once: first the lines of the picture are joined, then, of what came of it, the columns.
 * Loops run to the end of a vector, over what the next pixel puts right, so that few channels fill vectors too. ---- */

enum { kLine = 4096, kStep = 32 };

/* The mean of up to 15 pixels: as mean_of_few, with an inverse of 2^16, whose error times 2^8 * count is below
 * 2^16 / count. */
LN_INLINE uint16_t mean_of_fewest(uint16_t magnitude, uint16_t inverse) {
  return (uint16_t)(((uint32_t)magnitude * inverse) >> 16);
}

static int32_t columns_at(const ln_pool_shape* s, int32_t x, int32_t* first) {
  const window w = window_at(s, 0, x);
  *first = w.x0;
  return w.x1 - w.x0;
}

/* The pixels from x on up to `end` whose windows have as many columns as that of x, one of these at least. */
static int32_t end_of_same(const ln_pool_shape* s, int32_t x, int32_t end) {
  int32_t first;
  const int32_t columns = columns_at(s, x, &first);
  if (columns == s->filter_width) { /* whole ones */
    const int64_t last = ((int64_t)s->in_width - s->filter_width + s->pad_left) / s->stride_width;
    return last < end ? (int32_t)last + 1 : end;
  }
  while (++x < end && columns_at(s, x, &first) == columns) {
  }
  return x;
}

/* How many pixels of a line are made at once; 0: windows are too large for that. */
static int32_t stretch_of(const ln_pool_shape* s, int32_t lines, bool is_mean) {
  const int64_t columns = s->filter_width < s->in_width ? s->filter_width : s->in_width;
  if (lines <= 0 || columns * s->channels > kLine || (is_mean && lines * columns > 255)) return 0;
  const int64_t pixels = (kLine / s->channels - columns) / s->stride_width + 1, most = kLine / s->channels;
  return (int32_t)(pixels < most ? pixels : most);
}

/* to[c] = in[c] and in[step + c] and ..., `n` of them. */
#define LN_POOL_JOIN(name, type, wide, JOIN)                                                           \
  static void name(const type* restrict in, size_t step, int32_t n, size_t count, wide* restrict to) { \
    const type *second = in + step, *third = second + (n > 2 ? step : 0);                              \
    if (n == 1)                                                                                        \
      for (size_t c = 0; c < count; ++c) to[c] = in[c];                                                \
    else if (n == 2)                                                                                   \
      for (size_t c = 0; c < count; ++c) to[c] = (wide)JOIN(in[c], second[c]);                         \
    else                                                                                               \
      for (size_t c = 0; c < count; ++c) {                                                             \
        const wide two = (wide)JOIN(in[c], second[c]);                                                 \
        to[c] = (wide)JOIN(two, third[c]);                                                             \
      }                                                                                                \
    for (int32_t i = 3; i < n; ++i) {                                                                  \
      const type* more = in + (size_t)i * step;                                                        \
      for (size_t c = 0; c < count; ++c) to[c] = (wide)JOIN(to[c], more[c]);                           \
    }                                                                                                  \
  }

/* JOIN(a, b) joins two values, `wide` holds what came of them. */
#define LN_POOL_LINES(kind, suffix, type, wide, JOIN)                                                             \
  LN_POOL_JOIN(kind##_##suffix##_down, type, wide, JOIN)                                                          \
  LN_POOL_JOIN(kind##_##suffix##_across_steps, wide, wide, JOIN)                                                  \
  LN_INLINE void kind##_##suffix##_across(const wide* in, size_t step, int32_t columns, size_t count, wide* to) { \
    kind##_##suffix##_across_steps(in, step, columns, (count + kStep - 1) / kStep * kStep, to);                   \
  }                                                                                                               \
  /* Pixels [first, end) of a line whose windows have the lines from `in` on. */                                  \
  static void kind##_##suffix##_stretch(const ln_pool_shape* s, const type* in, int32_t lines, int32_t first,     \
                                        int32_t end, int32_t low, int32_t high, type* out) {                      \
    wide down[kLine + kStep], across[kLine + kStep];                                                              \
    type result[kLine + kStep];                                                                                   \
    const size_t channels = (size_t)s->channels, line = (size_t)s->in_width * channels;                           \
    int32_t left, x0 = 0;                                                                                         \
    (void)columns_at(s, first, &left);                                                                            \
    const int32_t right = columns_at(s, end - 1, &x0) + x0;                                                       \
    const size_t count = right > left ? (size_t)(right - left) * channels : 0;                                    \
    in += (size_t)left * channels;                                                                                \
    if (count > 0) kind##_##suffix##_down(in, line, lines, count, down);                                          \
    memset(down + count, 0, kStep * sizeof *down);                                                                \
    int32_t x = first, next;                                                                                      \
    do {                                                                                                          \
      int32_t from, last;                                                                                         \
      const int32_t columns = columns_at(s, x, &from);                                                            \
      const size_t at = (size_t)(x - first) * channels;                                                           \
      next = end_of_same(s, x, end);                                                                              \
      const size_t n = (size_t)(next - x) * channels;                                                             \
      (void)columns_at(s, next - 1, &last);                                                                       \
      if (columns > 0 && s->stride_width == 1 && last - from == next - 1 - x)                                     \
        kind##_##suffix##_across(down + (size_t)(from - left) * channels, channels, columns, n, across);          \
      else if (columns > 0)                                                                                       \
        for (int32_t k = x; k < next; ++k) {                                                                      \
          if (columns < s->filter_width)                                                                          \
            (void)columns_at(s, k, &from);                                                                        \
          else if (k > x)                                                                                         \
            from += s->stride_width;                                                                              \
          kind##_##suffix##_across(down + (size_t)(from - left) * channels, channels, columns, channels,          \
                                   across + (size_t)(k - x) * channels);                                          \
        }                                                                                                         \
      if (columns > 0)                                                                                            \
        kind##_##suffix##_finish(across, n, lines* columns, low, high, result + at);                              \
      else                                                                                                        \
        kind##_##suffix##_nothing(low, high, n, result + at);                                                     \
      x = next;                                                                                                   \
    } while (x < end);                                                                                            \
    memcpy(out, result, (size_t)(end - first) * channels * sizeof *out);                                          \
  }

#define LN_POOL_FINISH(suffix, type, wide, lowest)                                                                   \
  LN_INLINE void average_##suffix##_nothing(int32_t low, int32_t high, size_t n, type* out) {                        \
    for (size_t i = 0; i < n; ++i) out[i] = (type)clamp(0, low, high);                                               \
  }                                                                                                                  \
  LN_INLINE void max_##suffix##_nothing(int32_t low, int32_t high, size_t n, type* out) {                            \
    for (size_t i = 0; i < n; ++i) out[i] = (type)clamp(lowest, low, high);                                          \
  }                                                                                                                  \
  LN_INLINE void average_##suffix##_finish(const wide* sums, size_t n, int32_t pixels, int32_t low, int32_t high,    \
                                           type* out) {                                                              \
    const uint32_t half = (uint32_t)pixels / 2, count = (uint32_t)pixels;                                            \
    const wide least = (wide)low, most = (wide)high;                                                                 \
    if (pixels > 1 && pixels <= 15) {                                                                                \
      const uint16_t inverse = (uint16_t)(((UINT32_C(1) << 16) + count - 1) / count);                                \
      for (size_t c = 0; c < n; c += kStep) {                                                                        \
        const wide* sum = sums + c;                                                                                  \
        uint16_t size[kStep];                                                                                        \
        for (size_t i = 0; i < kStep; ++i)                                                                           \
          size[i] = (uint16_t)((uint16_t)((int32_t)sum[i] < 0 ? -sum[i] : sum[i]) + half);                           \
        for (size_t i = 0; i < kStep; ++i) size[i] = mean_of_fewest(size[i], inverse);                               \
        for (size_t i = 0; i < kStep; ++i) {                                                                         \
          const wide mean = (wide)((int32_t)sum[i] < 0 ? -size[i] : size[i]);                                        \
          const wide above = mean < least ? least : mean;                                                            \
          out[c + i] = (type)(above > most ? most : above);                                                          \
        }                                                                                                            \
      }                                                                                                              \
    } else {                                                                                                         \
      const uint32_t inverse = ((UINT32_C(1) << 24) + count - 1) / count;                                            \
      for (size_t c = 0; c < n; c += kStep)                                                                          \
        for (size_t i = c; i < c + kStep; ++i) out[i] = (type)clamp(mean_of_few(sums[i], half, inverse), low, high); \
    }                                                                                                                \
  }                                                                                                                  \
  LN_INLINE void max_##suffix##_finish(const type* most, size_t n, int32_t pixels, int32_t low, int32_t high,        \
                                       type* out) {                                                                  \
    const type least = (type)low, greatest = (type)high;                                                             \
    (void)pixels;                                                                                                    \
    for (size_t c = 0; c < n; c += kStep)                                                                            \
      for (size_t i = c; i < c + kStep; ++i) {                                                                       \
        const type x = most[i] < least ? least : most[i];                                                            \
        out[i] = x > greatest ? greatest : x;                                                                        \
      }                                                                                                              \
  }

#define LN_POOL_SUM_OF(a, b) ((a) + (b))
#define LN_POOL_MOST_OF(a, b) ((a) > (b) ? (a) : (b))

/* Windows that are too large for that pixel by pixel: with at least a chunk of channels the last chunk begins earlier,
 * and some are computed twice. */
#define LN_POOL_ROW(kind, suffix, type, is_mean)                                                                      \
  static void kind##_##suffix##_pixels(const ln_pool_shape* s, int32_t y, const type* picture, type* to, int32_t low, \
                                       int32_t high) {                                                                \
    const size_t channels = (size_t)s->channels;                                                                      \
    for (int32_t x = 0; x < s->out_width; ++x, to += channels) {                                                      \
      const window w = window_at(s, y, x);                                                                            \
      size_t c = 0;                                                                                                   \
      for (; c + kChunk <= channels; c += kChunk)                                                                     \
        kind##_##suffix##_channels(s, &w, kChunk, picture + c, low, high, to + c);                                    \
      if (c < channels && channels >= kChunk)                                                                         \
        kind##_##suffix##_channels(s, &w, kChunk, picture + channels - kChunk, low, high, to + channels - kChunk);    \
      else if (c < channels)                                                                                          \
        kind##_##suffix##_channels(s, &w, channels, picture, low, high, to);                                          \
    }                                                                                                                 \
  }                                                                                                                   \
  static void kind##_##suffix(const ln_pool_shape* s, size_t row, const void* in, void* out, int32_t low,             \
                              int32_t high) {                                                                         \
    const size_t channels = (size_t)s->channels, height = (size_t)s->out_height;                                      \
    const size_t line = (size_t)s->in_width * channels;                                                               \
    const type* picture = (const type*)in + row / height * (size_t)s->in_height * line;                               \
    type* to = (type*)out + row * (size_t)s->out_width * channels;                                                    \
    const int32_t y = (int32_t)(row % height);                                                                        \
    const window w = window_at(s, y, 0);                                                                              \
    const int32_t stretch = stretch_of(s, w.y1 - w.y0, is_mean);                                                      \
    if (stretch == 0) {                                                                                               \
      kind##_##suffix##_pixels(s, y, picture, to, low, high);                                                         \
      return;                                                                                                         \
    }                                                                                                                 \
    for (int32_t x = 0, end; x < s->out_width; x = end) {                                                             \
      end = s->out_width - x < stretch ? s->out_width : x + stretch;                                                  \
      kind##_##suffix##_stretch(s, picture + (size_t)w.y0 * line, w.y1 - w.y0, x, end, low, high,                     \
                                to + (size_t)x * channels);                                                           \
    }                                                                                                                 \
  }

LN_POOL_CHANNELS(u8, uint8_t, uint16_t, 0)
LN_POOL_CHANNELS(s8, int8_t, int16_t, INT8_MIN)
LN_POOL_FINISH(u8, uint8_t, uint16_t, 0)
LN_POOL_FINISH(s8, int8_t, int16_t, INT8_MIN)
LN_POOL_LINES(average, u8, uint8_t, uint16_t, LN_POOL_SUM_OF)
LN_POOL_LINES(average, s8, int8_t, int16_t, LN_POOL_SUM_OF)
LN_POOL_LINES(max, u8, uint8_t, uint8_t, LN_POOL_MOST_OF)
LN_POOL_LINES(max, s8, int8_t, int8_t, LN_POOL_MOST_OF)
LN_POOL_ROW(average, u8, uint8_t, true)
LN_POOL_ROW(average, s8, int8_t, true)
LN_POOL_ROW(max, u8, uint8_t, false)
LN_POOL_ROW(max, s8, int8_t, false)

/* Sums of 16 bits of up to 255 pixels, then 32. Bytes are made unsigned by an exclusive or with `flip`. Two are a word,
 * of which the upper one is shifted down; sums of whole words less 256 times those of the upper bytes are, modulo 2^16,
 * those of the lower ones. (Words hold the byte that comes first below.) That pays where a vector has room for a chunk,
 * as the including file says. */
#ifndef LN_SUMS_IN_WORDS
#define LN_SUMS_IN_WORDS false
#endif

#define LN_POOL_SUM(suffix, type, narrow, flip)                                                                        \
  LN_INLINE void sum_##suffix##_words(size_t pixels, size_t count, const type* in, size_t stride, narrow* some) {      \
    uint16_t words[kChunk / 2], upper[kChunk / 2];                                                                     \
    for (size_t c = 0; c < count / 2; ++c) words[c] = upper[c] = 0;                                                    \
    for (size_t i = 0; i < pixels; ++i) {                                                                              \
      uint16_t from[kChunk / 2];                                                                                       \
      memcpy(from, in + i * stride, count);                                                                            \
      for (size_t c = 0; c < count / 2; ++c) {                                                                         \
        const uint16_t word = from[c] ^ (flip)*0x101;                                                                  \
        words[c] = (uint16_t)(words[c] + word);                                                                        \
        upper[c] = (uint16_t)(upper[c] + (word >> 8));                                                                 \
      }                                                                                                                \
    }                                                                                                                  \
    const size_t added = pixels * (flip);                                                                              \
    for (size_t c = 0; c < count / 2; ++c) {                                                                           \
      some[2 * c] = (narrow)(uint16_t)(words[c] - (upper[c] << 8) - added);                                            \
      some[2 * c + 1] = (narrow)(uint16_t)(upper[c] - added);                                                          \
    }                                                                                                                  \
  }                                                                                                                    \
  LN_INLINE void sum_##suffix##_channels(size_t pixels, size_t count, const type* in, size_t stride, uint32_t* sums) { \
    for (size_t c = 0; c < count; ++c) sums[c] = 0;                                                                    \
    for (size_t first = 0; first < pixels; first += 255) {                                                             \
      const size_t end = pixels - first < 255 ? pixels : first + 255;                                                  \
      narrow some[kChunk];                                                                                             \
      if (LN_SUMS_IN_WORDS && count == kChunk) {                                                                       \
        sum_##suffix##_words(end - first, count, in + first * stride, stride, some);                                   \
      } else {                                                                                                         \
        for (size_t c = 0; c < count; ++c) some[c] = 0;                                                                \
        for (size_t i = first; i < end; ++i)                                                                           \
          for (size_t c = 0; c < count; ++c) some[c] = (narrow)(some[c] + in[i * stride + c]);                         \
      }                                                                                                                \
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
    if (c + kChunk / 2 <= channels) {                                                                                  \
      sum_##suffix##_channels(pixels, kChunk / 2, (const type*)in + c, stride, sums + c);                              \
      c += kChunk / 2;                                                                                                 \
    }                                                                                                                  \
    if (c == channels) return;                                                                                         \
    if (channels < kChunk / 4) {                                                                                       \
      sum_##suffix##_channels(pixels, channels, in, stride, sums);                                                     \
      return;                                                                                                          \
    }                                                                                                                  \
    for (; c < channels; c += kChunk / 4) {                                                                            \
      const size_t at = c + kChunk / 4 <= channels ? c : channels - kChunk / 4;                                        \
      sum_##suffix##_channels(pixels, kChunk / 4, (const type*)in + at, stride, sums + at);                            \
    }                                                                                                                  \
  }

LN_POOL_SUM(u8, uint8_t, uint16_t, 0)
LN_POOL_SUM(s8, int8_t, int16_t, 0x80)
