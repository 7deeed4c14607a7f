/* The body of float depthwise convolution over vec_*.h. From 3 x 3 and 5 x 5 windows four neighbouring pixels are made
 * at once, so that a column is loaded once for all of them; other windows go tap by tap with four vectors of channels
 * at once. */
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
  size_t begin, end; /* channels */
  vec low, high;
} line;

/* n channels from c on of `pixels` neighbours, whose windows begin at column `left`. With `edge` some of their columns
 * lie outside of the picture and are left out. */
LN_INLINE void neighbours(const line* l, size_t width, size_t stride, size_t pixels, int edge, int64_t left, size_t c,
                          size_t n, float* out) {
  const size_t channels = (size_t)l->shape->channels, row_stride = (size_t)l->shape->in_width * channels;
  const float *in = l->in + c, *weights = l->weights + c;
  vec sums[kPixels];
  LN_UNROLL for (size_t p = 0; p < pixels; ++p) sums[p] = vec_load_n(l->bias + c, n);
  for (size_t y = 0; y < l->rows; ++y, in += row_stride, weights += width * channels) {
    vec w[5];
    LN_UNROLL for (size_t x = 0; x < width; ++x) w[x] = vec_load_n(weights + x * channels, n);
    LN_UNROLL for (size_t k = 0; k < (pixels - 1) * stride + width; ++k) {
      const int64_t at = left + (int64_t)k;
      if (edge && (at < 0 || at >= l->shape->in_width)) continue;
      vec column = vec_load_n(in + (size_t)at * channels, n);
      LN_KEEP(column);
      LN_UNROLL for (size_t p = 0; p < pixels; ++p) {
        if (k >= p * stride && k < p * stride + width) sums[p] = vec_fma(column, w[k - p * stride], sums[p]);
      }
    }
  }
  LN_UNROLL for (size_t p = 0; p < pixels; ++p)
      vec_store_n(out + p * channels + c, vec_min(l->high, vec_max(l->low, sums[p])), n);
}

LN_INLINE void walk_channels(const line* l, size_t width, size_t stride, size_t pixels, int edge, int32_t x) {
  const int64_t left = (int64_t)x * l->shape->stride_x - l->shape->pad_left;
  float* out = l->out + (size_t)x * (size_t)l->shape->channels;
  size_t c = l->begin;
  for (; c + VEC_LANES <= l->end; c += VEC_LANES) neighbours(l, width, stride, pixels, edge, left, c, VEC_LANES, out);
  if (c < l->end) neighbours(l, width, stride, pixels, edge, left, c, l->end - c, out);
}

/* The pixels from x on, at most as many as are made at once; how many they were. */
LN_INLINE int32_t walk_some(const line* l, size_t width, size_t stride, int32_t x) {
  const ln_dwconv_shape* s = l->shape;
  const int32_t count = s->out_width - x;
  const int64_t left = (int64_t)x * s->stride_x - s->pad_left;
  const int64_t right = left + (int64_t)((kPixels - 1) * stride + width);
#define LN_PIXELS(n, edge)                           \
  do {                                               \
    walk_channels(l, width, stride, (n), (edge), x); \
    return (n);                                      \
  } while (0)
  if (count >= kPixels && left >= 0 && right <= s->in_width) LN_PIXELS(kPixels, 0);
  if (count >= kPixels) LN_PIXELS(kPixels, 1);
  if (kPixels > 7 && count == 7) LN_PIXELS(kPixels > 7 ? 7 : 1, 1);
  if (count >= 4) LN_PIXELS(4, 1);
  if (count == 3) LN_PIXELS(3, 1);
  if (count == 2) LN_PIXELS(2, 1);
  LN_PIXELS(1, 1);
#undef LN_PIXELS
}

static void walk_3_by_1(const line* l) {
  for (int32_t x = 0; x < l->shape->out_width;) x += walk_some(l, 3, 1, x);
}
static void walk_3_by_2(const line* l) {
  for (int32_t x = 0; x < l->shape->out_width;) x += walk_some(l, 3, 2, x);
}
static void walk_5_by_1(const line* l) {
  for (int32_t x = 0; x < l->shape->out_width;) x += walk_some(l, 5, 1, x);
}
static void walk_5_by_2(const line* l) {
  for (int32_t x = 0; x < l->shape->out_width;) x += walk_some(l, 5, 2, x);
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

static void run_row(const ln_dwconv_shape* s, int32_t row, size_t begin, size_t end, const float* in,
                    const float* weights, const float* bias, float low, float high, float* out) {
  const int64_t top = (int64_t)row * s->stride_y - s->pad_top;
  const span rows = taps_inside(top, s->in_height, s->filter_height, s->dilation_y);
  const size_t channels = (size_t)s->channels, outputs = channels * (size_t)s->multiplier;
  line l = {s, in, weights, bias, out, (size_t)(rows.end - rows.begin), begin, end, vec_set(low), vec_set(high)};
  if (l.rows > 0) {
    l.in = in + (size_t)(top + (int64_t)rows.begin * s->dilation_y) * (size_t)s->in_width * channels;
    l.weights = weights + (size_t)rows.begin * (size_t)s->filter_width * outputs;
  }
  const int32_t width = s->filter_width, stride = s->stride_x;
  const int plain = s->multiplier == 1 && s->dilation_y == 1 && s->dilation_x == 1;
  if (plain && width == 3 && stride == 1)
    walk_3_by_1(&l);
  else if (plain && width == 3 && stride == 2)
    walk_3_by_2(&l);
  else if (plain && width == 5 && stride == 1)
    walk_5_by_1(&l);
  else if (plain && width == 5 && stride == 2)
    walk_5_by_2(&l);
  else if (s->multiplier == 1)
    walk_pixels(&l, 0);
  else
    walk_pixels(&l, 1);
}

/* So many channels at once that the rows of a window stay in the first cache until the next row has read them. */
static size_t channels_at_once(const ln_dwconv_shape* s, int32_t rows) {
  enum { kFloats = 6 * 1024 };
  const size_t channels = (size_t)s->channels, line_rows = (size_t)s->filter_height + (size_t)s->stride_y;
  const int tiled = s->multiplier == 1 && s->dilation_y == 1 && s->dilation_x == 1 && s->stride_x <= 2 &&
                    (s->filter_width == 3 || s->filter_width == 5);
  if (!tiled || rows == 1 || line_rows > kFloats / VEC_LANES / (size_t)s->in_width) return channels;
  const size_t most = kFloats / line_rows / (size_t)s->in_width / VEC_LANES * VEC_LANES;
  return most < channels ? most : channels;
}

static void run(const ln_dwconv_shape* s, int32_t row, int32_t rows, const float* in, const float* weights,
                const float* bias, float low, float high, float* out) {
  const size_t channels = (size_t)s->channels, step = channels_at_once(s, rows);
  const size_t out_row = (size_t)s->out_width * channels * (size_t)s->multiplier;
  for (size_t c = 0; c < channels; c += step)
    for (int32_t r = 0; r < rows; ++r)
      run_row(s, row + r, c, c + step < channels ? c + step : channels, in, weights, bias, low, high,
              out + (size_t)r * out_row);
}
