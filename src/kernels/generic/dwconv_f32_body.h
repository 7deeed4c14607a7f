/* The body of float depthwise convolution over vec_*.h. From windows 3, 5 or 7 wide kPixels neighbouring pixels are
 * made at once, where nothing is outside of the picture in two lines, so that a column is loaded once for all of them;
 * other windows go tap by tap with four vectors of channels at once. */
#include <stdbool.h>

#include "kernels/generic/dwconv_f32.h"

typedef struct span {
  int32_t begin, end;
} span;

/* The taps of a window at `at` that lie in [0, extent). */
static span taps_inside(int64_t at, int32_t extent, int32_t taps, int32_t dilation) {
  const int64_t begin = at >= 0 ? 0 : (-at + dilation - 1) / dilation, room = extent - at;
  const int64_t end = room <= 0 ? 0 : (room + dilation - 1) / dilation, last = end < taps ? end : taps;
  return (span){(int32_t)(begin < last ? begin : last), (int32_t)last};
}

typedef struct line {
  const ln_dwconv_shape* shape;
  const float *in, *weights, *bias; /* in and weights at the first tap row inside */
  float* out;                       /* the row */
  size_t rows;
  vec low, high;
} line;

/* What a piece of code is made for: windows `width` wide in `lines` lines (of more than one the windows are whole) with
 * `height` tap rows inside (0: line.rows, whatever it is), `pixels` at once. Columns that lie outside of the picture
 * are left out: none do, some may, or half a window's do on either side, as where the pixels are a whole line. Steps of
 * more than one line are 1. */
typedef enum edge { kNone, kSome, kBoth } edge;

typedef struct block {
  size_t lines, height, width, stride, pixels;
  edge edge;
} block;

enum { kMostPixels = 8, kMostWidth = 7 };

/* Place i of those that lie `step` apart, for i = 0, 1, …: by three they are reached from one address, `*at`, which no
 * multiplication finds. Compilers must not reckon with that, or they keep an address for each, of which there are more
 * than registers. */
LN_INLINE const float* place(const float** at, size_t i, size_t step) {
  if (i % 3 == 0) {
    if (i > 0) *at += 3 * step;
    LN_ALONE(*at);
  }
  return *at + i % 3 * step;
}

/* Row y of the windows' input by the taps of tap row y for the first line, and of the one before, which were loaded
 * last, for the second. */
LN_INLINE void add_row(const line* l, block b, size_t y, int64_t left, const float* in, const float* weights, size_t n,
                       vec taps[2][kMostWidth], vec sums[2][kMostPixels]) {
  const size_t channels = (size_t)l->shape->channels;
  const int first = b.lines == 1 || y<b.height, second = b.lines> 1 && y > 0;
  LN_UNROLL for (size_t x = 0; x < b.width; ++x) {
    if (second) taps[1][x] = taps[0][x];
    if (first) {
      taps[0][x] = vec_load_n(place(&weights, x, channels), n);
      LN_KEEP(taps[0][x]);
    }
  }
  const int64_t room = l->shape->in_width - left;
  LN_UNROLL for (size_t k = 0; k < (b.pixels - 1) * b.stride + b.width; ++k) {
    const float* column = place(&in, k, channels);
    if (b.edge == kBoth && (k < b.width / 2 || k >= b.pixels + b.width / 2)) continue;
    if (b.edge == kSome && ((int64_t)k < -left || (int64_t)k >= room)) continue;
    vec value = vec_load_n(column, n);
    LN_KEEP(value);
    LN_UNROLL for (size_t p = 0; p < b.pixels; ++p) {
      if (k < p * b.stride || k >= p * b.stride + b.width) continue;
      if (first) sums[0][p] = vec_fma(value, taps[0][k - p * b.stride], sums[0][p]);
      if (second) sums[1][p] = vec_fma(value, taps[1][k - p * b.stride], sums[1][p]);
    }
  }
}

/* n channels from c on of the pixels from x on. */
LN_INLINE void neighbours(const line* l, block b, size_t x, size_t c, size_t n) {
  const ln_dwconv_shape* s = l->shape;
  const size_t channels = (size_t)s->channels, row_stride = (size_t)s->in_width * channels;
  const int64_t left = (int64_t)(x * b.stride) - (b.edge == kBoth ? (int32_t)(b.width / 2) : s->pad_left);
  const float *in = l->in + c + left * (int64_t)channels, *weights = l->weights + c;
  vec taps[2][kMostWidth], sums[2][kMostPixels];
  LN_UNROLL for (size_t r = 0; r < b.lines; ++r) {
    LN_UNROLL for (size_t p = 0; p < b.pixels; ++p) sums[r][p] = vec_load_n(l->bias + c, n);
  }
  if (b.height > 0) {
    LN_UNROLL for (size_t y = 0; y < b.height + b.lines - 1; ++y) {
      LN_ALONE(in);
      LN_ALONE(weights);
      add_row(l, b, y, left, in, weights, n, taps, sums);
      in += row_stride;
      weights += b.width * channels;
    }
  } else {
    for (size_t y = 0; y < l->rows; ++y)
      add_row(l, b, y, left, in + y * row_stride, weights + y * b.width * channels, n, taps, sums);
  }
  float* out = l->out + x * channels + c;
  LN_UNROLL for (size_t r = 0; r < b.lines; ++r) {
    float* to = out + r * (size_t)s->out_width * channels;
    LN_UNROLL for (size_t p = 0; p < b.pixels; ++p) {
      if (p > 0 && p % 3 == 0) to += 3 * channels;
      if (p % 3 == 0) LN_ALONE(to);
      vec_store_n(to + p % 3 * channels, vec_min(l->high, vec_max(l->low, sums[r][p])), n);
    }
  }
}

/* The last channels that fill no vector are made with some before them, once more. */
LN_INLINE void walk_channels(const line* l, block b, size_t x) {
  const size_t channels = (size_t)l->shape->channels;
  if (channels < VEC_LANES) {
    if (b.height == 0) neighbours(l, b, x, 0, channels);
    return;
  }
  size_t c = 0;
  for (; c + VEC_LANES <= channels; c += VEC_LANES) neighbours(l, b, x, c, VEC_LANES);
  if (c < channels) neighbours(l, b, x, channels - VEC_LANES, VEC_LANES);
}

/* And so are the last pixels. */
LN_INLINE void walk(const line* l, block b) {
  const ln_dwconv_shape* s = l->shape;
  const size_t width = (size_t)s->out_width, reach = (b.pixels - 1) * b.stride + b.width;
  const block at_edge = {b.lines, b.height, b.width, b.stride, b.pixels, kSome};
  for (size_t done = 0; done < width; done += b.pixels) {
    const size_t x = done + b.pixels <= width ? done : width - b.pixels;
    const int64_t left = (int64_t)(x * b.stride) - s->pad_left;
    if (left < 0 || left + (int64_t)reach > s->in_width)
      walk_channels(l, at_edge, x);
    else
      walk_channels(l, b, x);
  }
}

/* What is stored might be what `l` points to, which is then read anew: so a copy is taken. */
#define LN_WALK(name, lines, height, width, stride, pixels)           \
  static void name(const line* l) {                                   \
    const ln_dwconv_shape shape = *l->shape;                          \
    line own = *l;                                                    \
    own.shape = &shape;                                               \
    walk(&own, (block){lines, height, width, stride, pixels, kNone}); \
  }

/* Windows of a width and a stride: whole ones, with one or two tap rows outside, any, and any on narrow pictures. */
#define LN_WALKS(width, stride, pixels)                                            \
  LN_WALK(walk_##width##_by_##stride##_whole, 1, width, width, stride, pixels)     \
  LN_WALK(walk_##width##_by_##stride##_less, 1, width - 1, width, stride, pixels)  \
  LN_WALK(walk_##width##_by_##stride##_least, 1, width - 2, width, stride, pixels) \
  LN_WALK(walk_##width##_by_##stride##_any, 1, 0, width, stride, pixels)           \
  LN_WALK(walk_##width##_by_##stride##_narrow, 1, 0, width, stride, kNarrow)       \
  LN_WALK(walk_##width##_by_##stride##_single, 1, 0, width, stride, 1)

enum { kNarrow = 3 };
LN_WALKS(3, 1, kPixels3)
LN_WALKS(3, 2, kPixels3)
LN_WALKS(5, 1, kPixels5)
LN_WALKS(5, 2, kPixels5)
LN_WALKS(7, 1, kPixels7)
LN_WALKS(7, 2, kPixels7)
LN_WALK(walk_3_by_1_pair, 2, 3, 3, 1, kPixels3)
LN_WALK(walk_3_by_1_narrow_pair, 2, 3, 3, 1, kNarrow)
LN_WALK(walk_3_by_1_narrow_whole, 1, 3, 3, 1, kNarrow)
LN_WALK(walk_3_by_1_narrow_less, 1, 2, 3, 1, kNarrow)
LN_WALK(walk_3_by_1_narrow_least, 1, 1, 3, 1, kNarrow)
#if LN_PAIR5
LN_WALK(walk_5_by_1_pair, 2, 5, 5, 1, kPixels5)
#else
#define walk_5_by_1_pair NULL
#endif

typedef void (*walk_fn)(const line*);

/* Pictures from `pixels` wide on. `pair` makes two lines; fixed are by how many tap rows are outside. */
typedef struct walks {
  int32_t width, stride, pixels;
  walk_fn pair, fixed[3], any;
} walks;

#define LN_WALKS_ROW(width, stride, pixels, pair)                                                               \
  {width,                                                                                                       \
   stride,                                                                                                      \
   pixels,                                                                                                      \
   pair,                                                                                                        \
   {walk_##width##_by_##stride##_whole, walk_##width##_by_##stride##_less, walk_##width##_by_##stride##_least}, \
   walk_##width##_by_##stride##_any},                                                                           \
      {width, stride, kNarrow, NULL, {NULL, NULL, NULL}, walk_##width##_by_##stride##_narrow},                  \
      {width, stride, 1, NULL, {NULL, NULL, NULL}, walk_##width##_by_##stride##_single},

#if LN_LINES3
/* Lines that are as wide as some pixels, and padded to their own size, have no edges to be looked for. */
#define LN_WALK_LINE(name, lines, height, pixels) \
  static void name(const line* l) { walk_channels(l, (block){lines, height, 3, 1, pixels, kBoth}, 0); }
#define LN_WALK_LINES(pixels)                          \
  LN_WALK_LINE(line_of_##pixels##_pair, 2, 3, pixels)  \
  LN_WALK_LINE(line_of_##pixels##_whole, 1, 3, pixels) \
  LN_WALK_LINE(line_of_##pixels##_less, 1, 2, pixels)  \
  LN_WALK_LINE(line_of_##pixels##_least, 1, 1, pixels)
LN_WALK_LINES(3)
LN_WALK_LINES(5)
LN_WALK_LINES(6)
LN_WALK_LINES(7)
#define LN_LINES_ROW(pixels)                                                      \
  {3,                                                                             \
   1,                                                                             \
   pixels,                                                                        \
   line_of_##pixels##_pair,                                                       \
   {line_of_##pixels##_whole, line_of_##pixels##_less, line_of_##pixels##_least}, \
   walk_3_by_1_narrow},
static const walks of_lines[] = {LN_LINES_ROW(3) LN_LINES_ROW(5) LN_LINES_ROW(6) LN_LINES_ROW(7)};

static const walks* find_lines(const ln_dwconv_shape* s) {
  const bool is_line = s->filter_width == 3 && s->stride_x == 1 && s->pad_left == 1 && s->in_width == s->out_width;
  for (size_t i = 0; is_line && i < sizeof of_lines / sizeof of_lines[0]; ++i)
    if (of_lines[i].pixels == s->out_width) return &of_lines[i];
  return NULL;
}
#else
static const walks* find_lines(const ln_dwconv_shape* s) {
  (void)s;
  return NULL;
}
#endif

/* Of several that fit the first is right. */
static const walks by_width[] = {
    {3, 1, kPixels3, walk_3_by_1_pair, {walk_3_by_1_whole, walk_3_by_1_less, walk_3_by_1_least}, walk_3_by_1_any},
    {3,
     1,
     kNarrow,
     walk_3_by_1_narrow_pair,
     {walk_3_by_1_narrow_whole, walk_3_by_1_narrow_less, walk_3_by_1_narrow_least},
     walk_3_by_1_narrow},
    {3, 1, 1, NULL, {NULL, NULL, NULL}, walk_3_by_1_single},
    LN_WALKS_ROW(3, 2, kPixels3, NULL) LN_WALKS_ROW(5, 1, kPixels5, walk_5_by_1_pair) LN_WALKS_ROW(5, 2, kPixels5, NULL)
        LN_WALKS_ROW(7, 1, kPixels7, NULL) LN_WALKS_ROW(7, 2, kPixels7, NULL)};

/* NULL: tap by tap. */
static const walks* find_walks(const ln_dwconv_shape* s) {
  if (s->multiplier != 1 || s->dilation_y != 1 || s->dilation_x != 1 || s->stride_y != s->stride_x) return NULL;
  const walks* lines = find_lines(s);
  if (lines != NULL) return lines;
  for (size_t i = 0; i < sizeof by_width / sizeof by_width[0]; ++i)
    if (by_width[i].width == s->filter_width && by_width[i].stride == s->stride_x && s->out_width >= by_width[i].pixels)
      return &by_width[i];
  return NULL;
}

/* `vectors` vectors of output channels of one pixel. With `broadcast` all channels read the one input channel. */
LN_INLINE void pixel(const line* l, size_t vectors, int broadcast, int32_t x, span columns, size_t c, size_t n) {
  const ln_dwconv_shape* s = l->shape;
  const size_t outputs = (size_t)s->channels * (size_t)s->multiplier, channels = (size_t)s->channels;
  const size_t row_stride = (size_t)s->dilation_y * (size_t)s->in_width * channels;
  const size_t column_stride = (size_t)s->dilation_x * channels;
  const int64_t left = (int64_t)x * s->stride_x - s->pad_left + (int64_t)columns.begin * s->dilation_x;
  const size_t first = columns.begin < columns.end ? (size_t)left : 0;
  vec sums[kVectors];
  LN_UNROLL for (size_t v = 0; v < vectors; ++v) sums[v] = vec_load_n(l->bias + c + v * VEC_LANES, n);
  for (size_t y = 0; y < l->rows; ++y) {
    const float* in = l->in + y * row_stride + first * channels + (broadcast ? 0 : c);
    const float* w = l->weights + (y * (size_t)s->filter_width + (size_t)columns.begin) * outputs + c;
    for (int32_t k = columns.begin; k < columns.end; ++k, in += column_stride, w += outputs)
      LN_UNROLL for (size_t v = 0; v < vectors; ++v) sums[v] = vec_fma(
          broadcast ? vec_set(*in) : vec_load_n(in + v * VEC_LANES, n), vec_load_n(w + v * VEC_LANES, n), sums[v]);
  }
  LN_UNROLL for (size_t v = 0; v < vectors; ++v)
      vec_store_n(l->out + (size_t)x * outputs + c + v * VEC_LANES, vec_min(l->high, vec_max(l->low, sums[v])), n);
}

LN_INLINE void walk_pixels(const line* l, int broadcast) {
  const ln_dwconv_shape* s = l->shape;
  const size_t outputs = (size_t)s->channels * (size_t)s->multiplier;
  for (int32_t x = 0; x < s->out_width; ++x) {
    const span columns =
        taps_inside((int64_t)x * s->stride_x - s->pad_left, s->in_width, s->filter_width, s->dilation_x);
    size_t c = 0;
    for (; c + kVectors * VEC_LANES <= outputs; c += kVectors * VEC_LANES)
      pixel(l, kVectors, broadcast, x, columns, c, VEC_LANES);
    for (; c + VEC_LANES <= outputs; c += VEC_LANES) pixel(l, 1, broadcast, x, columns, c, VEC_LANES);
    if (c < outputs) pixel(l, 1, broadcast, x, columns, c, outputs - c);
  }
}

static line line_at(const ln_dwconv_shape* s, int32_t row, const float* in, const float* weights, const float* bias,
                    float low, float high, float* out) {
  const int64_t top = (int64_t)row * s->stride_y - s->pad_top;
  const span rows = taps_inside(top, s->in_height, s->filter_height, s->dilation_y);
  const size_t channels = (size_t)s->channels, outputs = channels * (size_t)s->multiplier;
  line l = {s, in, weights, bias, out, (size_t)(rows.end - rows.begin), vec_set(low), vec_set(high)};
  if (l.rows > 0) {
    l.in = in + (size_t)(top + (int64_t)rows.begin * s->dilation_y) * (size_t)s->in_width * channels;
    l.weights = weights + (size_t)rows.begin * (size_t)s->filter_width * outputs;
  }
  return l;
}

/* Whether the windows of the line and the next one (`next`: it may be made) are whole, stride 1. */
static bool is_pair(const line* l, int32_t row, bool next) {
  const ln_dwconv_shape* s = l->shape;
  return next && l->rows == (size_t)s->filter_height &&
         (int64_t)(row + 1) - s->pad_top + s->filter_height <= s->in_height;
}

/* The line, and the next one with it where there is code for that (`next`: it may be made); how many were made. */
static int32_t walk_lines(const line* l, const walks* by, int32_t row, bool next) {
  const ln_dwconv_shape* s = l->shape;
  const size_t outside = (size_t)s->filter_height - l->rows;
  if (by->fixed[0] == NULL || s->filter_height != s->filter_width || s->channels < VEC_LANES || outside > 2) {
    by->any(l);
  } else if (by->pair != NULL && is_pair(l, row, next)) {
    by->pair(l);
    return 2;
  } else {
    by->fixed[outside](l);
  }
  return 1;
}

static void run(const ln_dwconv_shape* s, int32_t row, int32_t rows, const float* in, const float* weights,
                const float* bias, float low, float high, float* out) {
  const size_t out_row = (size_t)s->out_width * (size_t)s->channels * (size_t)s->multiplier;
  const walks* by = find_walks(s);
  for (int32_t r = 0; r < rows;) {
    const line l = line_at(s, row + r, in, weights, bias, low, high, out + (size_t)r * out_row);
    if (by != NULL) {
      r += walk_lines(&l, by, row + r, r + 1 < rows);
    } else {
      walk_pixels(&l, s->multiplier != 1);
      ++r;
    }
  }
}
