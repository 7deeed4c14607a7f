/* The body of bilinear resizing of bytes: plain C whose inner loops have a fixed length, so that a compiler makes
 * vectors of the instruction set that the including file is compiled for. Columns are taken in blocks whose positions
 * are computed once. No include guard on purpose. */
#include <math.h>
#include <string.h>

#include "base/compiler.h"
#include "kernels/generic/bilinear_q8.h"

enum { kColumns = 64, kChannels = 16 };

typedef struct position {
  size_t low, high; /* in elements */
  float fraction;
  int32_t fraction_q10;
} position;

static float scale_of(int32_t in, int32_t out, bool align_corners) {
  return align_corners && out > 1 ? (float)(in - 1) / (float)(out - 1) : (float)in / (float)out;
}

static position position_at(int32_t index, float scale, bool half_pixel, int32_t size, size_t stride) {
  const float at = half_pixel ? ((float)index + 0.5f) * scale - 0.5f : (float)index * scale;
  const int32_t last = size - 1;
  int32_t low = at < 0 ? 0 : (int32_t)floorf(at), high = (int32_t)ceilf(at);
  low = low > last ? last : low;
  high = high > last ? last : high < 0 ? 0 : high;
  return (position){(size_t)low * stride, (size_t)high * stride, at - (float)low, 0};
}

static int64_t scale_q10(int32_t in, int32_t out, bool align_corners) {
  if (align_corners && out > 1) return (1024 * (int64_t)(in - 1) + (out - 1) / 2) / (out - 1);
  return (1024 * (int64_t)in + out / 2) / out;
}

/* False: so far beyond the picture that the products need 64 bits. */
static bool position_q10_at(int32_t index, int64_t scale, bool half_pixel, int32_t size, size_t stride, position* p) {
  const int64_t at = half_pixel ? index * scale + scale / 2 - 512 : index * scale, last = size - 1;
  int64_t low = at / 1024, high = (at + 1023) / 1024;
  low = low < 0 ? 0 : low > last ? last : low;
  high = high > last ? last : high < 0 ? 0 : high;
  const int64_t fraction = at - 1024 * low;
  *p = (position){(size_t)low * stride, (size_t)high * stride, 0, (int32_t)fraction};
  return fraction >= -512 && fraction <= 1536;
}

/* ---- uint8, in float, in the order of the definition ---- */

LN_INLINE uint8_t mix_u8(uint8_t a, uint8_t b, uint8_t c, uint8_t d, float y, float x) {
  return (uint8_t)(int32_t)((float)a * (1 - y) * (1 - x) + (float)b * y * (1 - x) + (float)c * (1 - y) * x +
                            (float)d * y * x + 0.5f);
}

/* Collected first: the compiler cannot know that `out` is none of the inputs. */
LN_INLINE void block_u8(const uint8_t* a, const uint8_t* b, const uint8_t* c, const uint8_t* d, float y, float x,
                        uint8_t* out) {
  uint8_t mixed[kChannels];
  for (size_t i = 0; i < kChannels; ++i) mixed[i] = mix_u8(a[i], b[i], c[i], d[i], y, x);
  memcpy(out, mixed, sizeof mixed);
}

static void pixel_u8(const uint8_t* a, const uint8_t* b, const uint8_t* c, const uint8_t* d, float y, float x,
                     size_t depth, uint8_t* out) {
  size_t j = 0;
  for (; j + kChannels <= depth; j += kChannels) block_u8(a + j, b + j, c + j, d + j, y, x, out + j);
  if (j < depth && depth >= kChannels) {
    j = depth - kChannels; /* some twice */
    block_u8(a + j, b + j, c + j, d + j, y, x, out + j);
    return;
  }
  for (; j < depth; ++j) out[j] = mix_u8(a[j], b[j], c[j], d[j], y, x);
}

static void run_u8(const ln_resize_shape* s, const uint8_t* in, uint8_t* out) {
  const float y_scale = scale_of(s->in_height, s->out_height, s->align_corners);
  const float x_scale = scale_of(s->in_width, s->out_width, s->align_corners);
  const size_t depth = (size_t)s->channels, line = (size_t)s->in_width * depth, width = (size_t)s->out_width;
  for (int32_t n = 0; n < s->batch;
       ++n, in += (size_t)s->in_height * line, out += (size_t)s->out_height * width * depth)
    for (size_t first = 0; first < width; first += kColumns) {
      const size_t count = width - first < kColumns ? width - first : kColumns;
      position xs[kColumns];
      for (size_t k = 0; k < count; ++k)
        xs[k] = position_at((int32_t)(first + k), x_scale, s->half_pixel, s->in_width, depth);
      for (int32_t i = 0; i < s->out_height; ++i) {
        const position y = position_at(i, y_scale, s->half_pixel, s->in_height, line);
        const uint8_t *top = in + y.low, *bottom = in + y.high;
        uint8_t* to = out + ((size_t)i * width + first) * depth;
        for (size_t k = 0; k < count; ++k, to += depth)
          pixel_u8(top + xs[k].low, bottom + xs[k].low, top + xs[k].high, bottom + xs[k].high, y.fraction,
                   xs[k].fraction, depth, to);
      }
    }
}

/* ---- int8, with ten bits of fraction. The weights' magnitudes add up to at most 2^22, so sums fit 32 bits. ---- */

LN_INLINE int8_t mix_s8(int8_t a, int8_t b, int8_t c, int8_t d, const int32_t w[4]) {
  const int32_t sum = a * w[0] + b * w[1] + c * w[2] + d * w[3];
  return (int8_t)((sum + (sum > 0 ? 1 << 19 : -(1 << 19))) / (1 << 20));
}

/* Collected first: the compiler cannot know that `out` is none of the inputs. */
LN_INLINE void block_s8(const int8_t* a, const int8_t* b, const int8_t* c, const int8_t* d, const int32_t w[4],
                        int8_t* out) {
  int8_t mixed[kChannels];
  for (size_t i = 0; i < kChannels; ++i) mixed[i] = mix_s8(a[i], b[i], c[i], d[i], w);
  memcpy(out, mixed, sizeof mixed);
}

static void pixel_s8(const int8_t* a, const int8_t* b, const int8_t* c, const int8_t* d, const int32_t w[4],
                     size_t depth, int8_t* out) {
  size_t j = 0;
  for (; j + kChannels <= depth; j += kChannels) block_s8(a + j, b + j, c + j, d + j, w, out + j);
  if (j < depth && depth >= kChannels) {
    j = depth - kChannels; /* some twice */
    block_s8(a + j, b + j, c + j, d + j, w, out + j);
    return;
  }
  for (; j < depth; ++j) out[j] = mix_s8(a[j], b[j], c[j], d[j], w);
}

static bool all_near(const ln_resize_shape* s) {
  const int64_t y_scale = scale_q10(s->in_height, s->out_height, s->align_corners);
  const int64_t x_scale = scale_q10(s->in_width, s->out_width, s->align_corners);
  position p;
  return position_q10_at(0, y_scale, s->half_pixel, s->in_height, 0, &p) &&
         position_q10_at(s->out_height - 1, y_scale, s->half_pixel, s->in_height, 0, &p) &&
         position_q10_at(0, x_scale, s->half_pixel, s->in_width, 0, &p) &&
         position_q10_at(s->out_width - 1, x_scale, s->half_pixel, s->in_width, 0, &p);
}

static void run_s8(const ln_resize_shape* s, const int8_t* in, int8_t* out) {
  const int64_t y_scale = scale_q10(s->in_height, s->out_height, s->align_corners);
  const int64_t x_scale = scale_q10(s->in_width, s->out_width, s->align_corners);
  const size_t depth = (size_t)s->channels, line = (size_t)s->in_width * depth, width = (size_t)s->out_width;
  if (s->out_height < 1 || s->out_width < 1 || !all_near(s)) {
    ln_resize_bilinear_s8_ref(s, in, out);
    return;
  }
  for (int32_t n = 0; n < s->batch;
       ++n, in += (size_t)s->in_height * line, out += (size_t)s->out_height * width * depth)
    for (size_t first = 0; first < width; first += kColumns) {
      const size_t count = width - first < kColumns ? width - first : kColumns;
      position xs[kColumns];
      for (size_t k = 0; k < count; ++k)
        position_q10_at((int32_t)(first + k), x_scale, s->half_pixel, s->in_width, depth, &xs[k]);
      for (int32_t i = 0; i < s->out_height; ++i) {
        position y;
        position_q10_at(i, y_scale, s->half_pixel, s->in_height, line, &y);
        const int8_t *top = in + y.low, *bottom = in + y.high;
        int8_t* to = out + ((size_t)i * width + first) * depth;
        const int32_t fy = y.fraction_q10;
        for (size_t k = 0; k < count; ++k, to += depth) {
          const int32_t fx = xs[k].fraction_q10;
          const int32_t w[4] = {(1024 - fy) * (1024 - fx), fy * (1024 - fx), (1024 - fy) * fx, fy * fx};
          pixel_s8(top + xs[k].low, bottom + xs[k].low, top + xs[k].high, bottom + xs[k].high, w, depth, to);
        }
      }
    }
}
