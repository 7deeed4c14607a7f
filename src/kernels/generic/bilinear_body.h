/* The body of bilinear resizing: plain C whose inner loops have a fixed length, so that a compiler makes
 * vectors of the instruction set that the including file is compiled for. Columns are taken in blocks whose positions
 * are computed once. No include guard on purpose. */
#include <math.h>
#include <string.h>

#include "base/compiler.h"
#include "kernels/generic/bilinear.h"

enum { kColumns = 128, kChannels = 16, kWide = 32, kSpan = 4096 };

typedef struct position {
  size_t low, high; /* in elements */
  float fraction;
  int32_t fraction_q10;
} position;

/* How a picture's lines or columns are found. */
typedef struct axis axis;
struct axis {
  position (*at)(const axis* a, int32_t index, size_t stride); /* `stride`: between the input's, in elements */
  int32_t size;                                                /* of the input */
  bool half_pixel, is_near; /* near: all within a pixel and a half of the picture, so that products fit 32 bits */
  float scale;
  int64_t scale_q10;
};

static position float_at(const axis* a, int32_t index, size_t stride) {
  const float at = a->half_pixel ? ((float)index + 0.5f) * a->scale - 0.5f : (float)index * a->scale;
  const int32_t last = a->size - 1;
  int32_t low = at < 0 ? 0 : (int32_t)floorf(at), high = (int32_t)ceilf(at);
  low = low > last ? last : low;
  high = high > last ? last : high < 0 ? 0 : high;
  return (position){(size_t)low * stride, (size_t)high * stride, at - (float)low, 0};
}

static position fixed_at(const axis* a, int32_t index, size_t stride) {
  const int64_t step = a->scale_q10, at = a->half_pixel ? index * step + step / 2 - 512 : index * step;
  const int64_t last = a->size - 1;
  int64_t low = at / 1024, high = (at + 1023) / 1024;
  low = low < 0 ? 0 : low > last ? last : low;
  high = high > last ? last : high < 0 ? 0 : high;
  const int64_t fraction = at - 1024 * low;
  return (position){(size_t)low * stride, (size_t)high * stride, 0,
                    (int32_t)(fraction < INT16_MIN   ? INT16_MIN
                              : fraction > INT16_MAX ? INT16_MAX
                                                     : fraction)};
}

static axis float_axis(int32_t in, int32_t out, const ln_resize_shape* s) {
  const float scale = s->align_corners && out > 1 ? (float)(in - 1) / (float)(out - 1) : (float)in / (float)out;
  return (axis){.at = float_at, .size = in, .half_pixel = s->half_pixel, .scale = scale};
}

static axis fixed_axis(int32_t in, int32_t out, const ln_resize_shape* s) {
  axis a = {.at = fixed_at, .size = in, .half_pixel = s->half_pixel};
  if (out < 1) return a;
  a.scale_q10 = s->align_corners && out > 1 ? (1024 * (int64_t)(in - 1) + (out - 1) / 2) / (out - 1)
                                            : (1024 * (int64_t)in + out / 2) / out;
  const int32_t first = fixed_at(&a, 0, 0).fraction_q10, last = fixed_at(&a, out - 1, 0).fraction_q10;
  a.is_near = first >= -512 && first <= 1536 && last >= -512 && last <= 1536;
  return a;
}

/* ---- Where lines of the picture are mixed first, in a buffer of kSpan elements ---- */

/* The columns from `first` on whose pixels the buffer has room for, at most kColumns; 0: not even one's. */
static size_t fit_columns(const position* xs, size_t count, size_t depth) {
  while (count > 0 && xs[count - 1].high + depth - xs[0].low > kSpan) --count;
  return count;
}

/* Pictures that shrink a lot would have lines mixed of which little is needed. */
static bool suits_lines(const ln_resize_shape* s) {
  return s->out_height > 0 && s->out_width > 0 && s->in_width / 2 <= s->out_width && s->channels > 0;
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

/* Enlarged pictures ask for the same four pixels many times: what depends on the row and on them is kept as floats, in
 * blocks of channels of which the last begins earlier. The operations stay those of mix_u8, in its order. */
enum { kMostBlocks = 4 };

typedef struct corner_cache {
  size_t low, high; /* the columns that are kept */
  float a[kMostBlocks][kChannels], b[kMostBlocks][kChannels], c[kMostBlocks][kChannels], d[kMostBlocks][kChannels];
} corner_cache;

static size_t block_start(size_t block, size_t depth) {
  const size_t start = block * kChannels;
  return start + kChannels <= depth ? start : depth - kChannels;
}

/* By way of 32-bit integers, which compilers have vectors for. Where one does not see that sixteen bytes are widened or
 * narrowed at once, the including file says so. */
#ifndef LN_WIDEN
#define LN_WIDEN(in, wide) \
  for (size_t i = 0; i < kChannels; ++i) (wide)[i] = (in)[i];
#define LN_NARROW(wide, narrow) \
  for (size_t i = 0; i < kChannels; ++i) (narrow)[i] = (uint8_t)(wide)[i];
#endif
#ifndef LN_UPPER_BYTES
#define LN_UPPER_BYTES(words, bytes) \
  for (size_t i = 0; i < kWide; ++i) (bytes)[i] = (uint8_t)((words)[i] >> 8);
#endif

LN_INLINE void scale_block(const uint8_t* in, float factor, float* out) {
  int32_t wide[kChannels];
  LN_WIDEN(in, wide)
  for (size_t i = 0; i < kChannels; ++i) out[i] = (float)wide[i] * factor;
}

static void keep_corners(corner_cache* cache, const uint8_t* top, const uint8_t* bottom, const position* x, float y,
                         size_t depth) {
  cache->low = x->low;
  cache->high = x->high;
  for (size_t n = 0; n * kChannels < depth; ++n) {
    const size_t j = block_start(n, depth);
    scale_block(top + x->low + j, 1 - y, cache->a[n]);
    scale_block(bottom + x->low + j, y, cache->b[n]);
    scale_block(top + x->high + j, 1 - y, cache->c[n]);
    scale_block(bottom + x->high + j, y, cache->d[n]);
  }
}

static void mix_corners(const corner_cache* cache, float x, size_t depth, uint8_t* out) {
  for (size_t n = 0; n * kChannels < depth; ++n) {
    const float *a = cache->a[n], *b = cache->b[n], *c = cache->c[n], *d = cache->d[n];
    int32_t rounded[kChannels];
    uint8_t mixed[kChannels];
    for (size_t i = 0; i < kChannels; ++i)
      rounded[i] = (int32_t)(a[i] * (1 - x) + b[i] * (1 - x) + c[i] * x + d[i] * x + 0.5f);
    LN_NARROW(rounded, mixed)
    memcpy(out + block_start(n, depth), mixed, sizeof mixed);
  }
}

/* What all rows have in common: a block of columns. */
typedef struct block {
  position* xs;
  size_t count, depth;
  bool in_sixteenths, keeps;
  uint8_t between[kColumns];
} block;

#include "kernels/generic/bilinear_sixteenths_body.h"

static void row_u8(const block* b, const uint8_t* top, const uint8_t* bottom, const position* y, uint8_t* to) {
  const position* xs = b->xs;
  const int32_t far = b->in_sixteenths ? sixteenths_of(y) : -1;
  if (far >= 0) {
    mix_row_sixteenths(b, top + xs[0].low, bottom + xs[0].low, far, to);
    return;
  }
  corner_cache cache;
  cache.low = cache.high = SIZE_MAX;
  for (size_t k = 0; b->keeps && k < b->count; ++k, to += b->depth) {
    if (xs[k].low != cache.low || xs[k].high != cache.high)
      keep_corners(&cache, top, bottom, &xs[k], y->fraction, b->depth);
    mix_corners(&cache, xs[k].fraction, b->depth, to);
  }
  for (size_t k = 0; !b->keeps && k < b->count; ++k, to += b->depth)
    pixel_u8(top + xs[k].low, bottom + xs[k].low, top + xs[k].high, bottom + xs[k].high, y->fraction, xs[k].fraction,
             b->depth, to);
}

static void run_u8(const ln_resize_shape* s, const uint8_t* in, uint8_t* out) {
  const axis rows = float_axis(s->in_height, s->out_height, s), columns = float_axis(s->in_width, s->out_width, s);
  const size_t depth = (size_t)s->channels, line = (size_t)s->in_width * depth, width = (size_t)s->out_width;
  position xs[kColumns];
  block b = {.xs = xs, .depth = depth};
  b.keeps = depth >= kChannels && depth <= kMostBlocks * kChannels && s->out_width / 2 >= s->in_width;
  for (int32_t n = 0; n < s->batch;
       ++n, in += (size_t)s->in_height * line, out += (size_t)s->out_height * width * depth)
    for (size_t first = 0; first < width; first += b.count) {
      b.count = width - first < kColumns ? width - first : kColumns;
      for (size_t k = 0; k < b.count; ++k) xs[k] = columns.at(&columns, (int32_t)(first + k), depth);
      const size_t whole = suits_lines(s) ? count_sixteenths(xs, b.count, depth, b.between) : 0;
      b.in_sixteenths = whole > 0;
      if (whole > 0) b.count = whole;
      for (int32_t i = s->first_row; i < s->end_row; ++i) {
        const position y = rows.at(&rows, i, line);
        row_u8(&b, in + y.low, in + y.high, &y, out + ((size_t)i * width + first) * depth);
      }
    }
}

/* ---- int8, with ten bits of fraction. The weights' magnitudes add up to at most 2^22, so sums fit 32 bits. ---- */

/* Half away from zero. */
#define LN_ROUND_S8(x) (int8_t)(((x) + (1 << 19) - ((x) < 0)) >> 20)

LN_INLINE int8_t mix_s8(int8_t a, int8_t b, int8_t c, int8_t d, const int32_t w[4]) {
  const int32_t sum = a * w[0] + b * w[1] + c * w[2] + d * w[3];
  return LN_ROUND_S8(sum);
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

static void run_pixels_s8(const ln_resize_shape* s, const axis* rows, const axis* columns, const int8_t* in,
                          int8_t* out) {
  const size_t depth = (size_t)s->channels, line = (size_t)s->in_width * depth, width = (size_t)s->out_width;
  for (int32_t n = 0; n < s->batch;
       ++n, in += (size_t)s->in_height * line, out += (size_t)s->out_height * width * depth)
    for (size_t first = 0; first < width; first += kColumns) {
      const size_t count = width - first < kColumns ? width - first : kColumns;
      position xs[kColumns];
      for (size_t k = 0; k < count; ++k) xs[k] = columns->at(columns, (int32_t)(first + k), depth);
      for (int32_t i = s->first_row; i < s->end_row; ++i) {
        const position y = rows->at(rows, i, line);
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

#include "kernels/generic/bilinear_lines_body.h"
