/* The body of float pooling over vec_*.h: four vectors of channels at once through each window. */
#include <math.h>

#include "kernels/generic/pool_f32.h"

enum { kVectors = 4 };

typedef enum pooling { MEAN, MEAN_SQUARE, MOST } pooling;

/* A window's pixels inside the picture, of which `count` are `columns` a row. */
typedef struct window {
  const float* first;
  size_t rows, columns, row_stride, channels;
  vec low, high;
} window;

static size_t clip(int64_t value, int32_t extent) {
  return value < 0 ? 0 : value > extent ? (size_t)extent : (size_t)value;
}

LN_INLINE void pool(const window* w, pooling kind, size_t vectors, size_t c, size_t n, float* out) {
  vec sums[kVectors];
  LN_UNROLL for (size_t v = 0; v < vectors; ++v) sums[v] = vec_set(kind == MOST ? -3.402823466e+38f : 0.0f);
  for (size_t y = 0; y < w->rows; ++y) {
    const float* in = w->first + y * w->row_stride + c;
    for (size_t x = 0; x < w->columns; ++x, in += w->channels) LN_UNROLL for (size_t v = 0; v < vectors; ++v) {
        const vec value = vec_load_n(in + v * VEC_LANES, n);
        sums[v] = kind == MOST   ? vec_max(value, sums[v])
                  : kind == MEAN ? vec_add(sums[v], value)
                                 : vec_add(sums[v], vec_mul(value, value));
      }
  }
  const size_t count = w->rows * w->columns;
  const vec divisor = vec_set(count > 0 ? (float)count : 1.0f);
  LN_UNROLL for (size_t v = 0; v < vectors; ++v) {
    if (kind != MOST) sums[v] = vec_div(sums[v], divisor);
    if (kind == MEAN_SQUARE) sums[v] = vec_sqrt(sums[v]);
    vec_store_n(out + c + v * VEC_LANES, vec_min(w->high, vec_max(w->low, sums[v])), n);
  }
}

LN_INLINE void pool_row(const ln_pool_shape* s, pooling kind, size_t row, const float* in, float* out, float low,
                        float high) {
  const size_t image = row / (size_t)s->out_height, channels = (size_t)s->channels;
  const int64_t top = (int64_t)(row % (size_t)s->out_height) * s->stride_height - s->pad_top;
  const size_t y0 = clip(top, s->in_height), y1 = clip(top + s->filter_height, s->in_height);
  window w = {.row_stride = (size_t)s->in_width * channels, .channels = channels, .rows = y1 - y0};
  w.low = vec_set(low);
  w.high = vec_set(high);
  in += (image * (size_t)s->in_height + y0) * w.row_stride;
  out += row * (size_t)s->out_width * channels;
  for (int32_t x = 0; x < s->out_width; ++x, out += channels) {
    const int64_t left = (int64_t)x * s->stride_width - s->pad_left;
    const size_t x0 = clip(left, s->in_width), x1 = clip(left + s->filter_width, s->in_width);
    w.first = in + x0 * channels;
    w.columns = x1 - x0;
    size_t c = 0;
    for (; c + kVectors * VEC_LANES <= channels; c += kVectors * VEC_LANES) pool(&w, kind, kVectors, c, VEC_LANES, out);
    for (; c + VEC_LANES <= channels; c += VEC_LANES) pool(&w, kind, 1, c, VEC_LANES, out);
    if (c < channels) pool(&w, kind, 1, c, channels - c, out);
  }
}

static void average(const ln_pool_shape* s, size_t row, const float* in, float* out, float low, float high,
                    bool square) {
  if (square)
    pool_row(s, MEAN_SQUARE, row, in, out, low, high);
  else
    pool_row(s, MEAN, row, in, out, low, high);
}

static void max(const ln_pool_shape* s, size_t row, const float* in, float* out, float low, float high) {
  pool_row(s, MOST, row, in, out, low, high);
}

/* ---- Sums and extremes over one axis. Extremes begin with the first input, and no NaN behind it counts. ---- */

LN_INLINE vec reduced(ln_reduction kind, vec sum, vec x) {
  return kind == LN_REDUCE_MAX ? vec_max(x, sum) : kind == LN_REDUCE_MIN ? vec_min(x, sum) : vec_add(sum, x);
}

LN_INLINE bool is_sum(ln_reduction kind) { return kind == LN_REDUCE_SUM || kind == LN_REDUCE_MEAN; }

LN_INLINE void reduce_stretch(ln_reduction kind, size_t vectors, const float* in, size_t count, size_t stride,
                              vec divisor, float* out, size_t n) {
  vec sums[kVectors];
  LN_UNROLL for (size_t v = 0; v < vectors; ++v) sums[v] =
      is_sum(kind) ? vec_set(0.0f) : vec_load_n(in + v * VEC_LANES, n);
  for (size_t i = 0; i < count; ++i)
    LN_UNROLL for (size_t v = 0; v < vectors; ++v) sums[v] =
        reduced(kind, sums[v], vec_load_n(in + i * stride + v * VEC_LANES, n));
  LN_UNROLL for (size_t v = 0; v < vectors; ++v)
      vec_store_n(out + v * VEC_LANES, kind == LN_REDUCE_MEAN ? vec_div(sums[v], divisor) : sums[v], n);
}

/* out[c] = the reduction of in[i * stride + c], a sum / divisor. */
LN_INLINE void reduce_outer(ln_reduction kind, const float* in, size_t count, size_t stride, size_t width, vec divisor,
                            float* out) {
  size_t c = 0;
  for (; c + kVectors * VEC_LANES <= width; c += kVectors * VEC_LANES)
    reduce_stretch(kind, kVectors, in + c, count, stride, divisor, out + c, VEC_LANES);
  for (; c + VEC_LANES <= width; c += VEC_LANES)
    reduce_stretch(kind, 1, in + c, count, stride, divisor, out + c, VEC_LANES);
  if (c < width) reduce_stretch(kind, 1, in + c, count, stride, divisor, out + c, width - c);
}

/* Neighbours: four vectors of sums, the rest one by one. */
static float sum_inner(const float* in, size_t count) {
  vec sums[kVectors];
  size_t i = 0;
  LN_UNROLL for (size_t v = 0; v < kVectors; ++v) sums[v] = vec_set(0.0f);
  for (; i + kVectors * VEC_LANES <= count; i += kVectors * VEC_LANES)
    LN_UNROLL for (size_t v = 0; v < kVectors; ++v) sums[v] = vec_add(sums[v], vec_load(in + i + v * VEC_LANES));
  for (; i < count; i += VEC_LANES) sums[0] = vec_add(sums[0], vec_load_n(in + i, count - i));
  return vec_sum(vec_add(vec_add(sums[0], sums[1]), vec_add(sums[2], sums[3])));
}

LN_INLINE float extreme_inner(ln_reduction kind, const float* in, size_t count) {
  float found = in[0];
  vec sums[kVectors];
  size_t i = 0;
  LN_UNROLL for (size_t v = 0; v < kVectors; ++v) sums[v] = vec_set(found);
  for (; i + kVectors * VEC_LANES <= count; i += kVectors * VEC_LANES)
    LN_UNROLL for (size_t v = 0; v < kVectors; ++v) sums[v] = reduced(kind, sums[v], vec_load(in + i + v * VEC_LANES));
  for (; i + VEC_LANES <= count; i += VEC_LANES) sums[0] = reduced(kind, sums[0], vec_load(in + i));
  LN_UNROLL for (size_t v = 1; v < kVectors; ++v) sums[0] = reduced(kind, sums[0], sums[v]);
  found = kind == LN_REDUCE_MAX ? vec_largest(sums[0]) : -vec_largest(vec_sub(vec_set(-0.0f), sums[0]));
  for (; i < count; ++i)
    if (kind == LN_REDUCE_MAX ? in[i] > found : in[i] < found) found = in[i];
  return found;
}

/* The extreme first, then where it is; a NaN in front is nowhere. */
LN_INLINE void arg_rows(ln_reduction kind, const float* in, size_t rows, size_t count, int32_t* best) {
  for (size_t r = 0; r < rows; ++r, in += count) {
    const float found = extreme_inner(kind, in, count);
    const vec same = vec_set(found);
    size_t i = 0, place = VEC_LANES;
    for (; i + VEC_LANES <= count && place == VEC_LANES; i += VEC_LANES) place = vec_find(vec_load(in + i), same);
    if (place < VEC_LANES)
      i = i - VEC_LANES + place;
    else
      while (i < count && in[i] != found) ++i;
    best[r] = i < count ? (int32_t)i : 0;
  }
}

static void arg_extreme(bool largest, const float* in, size_t rows, size_t count, int32_t* best) {
  if (largest)
    arg_rows(LN_REDUCE_MAX, in, rows, count, best);
  else
    arg_rows(LN_REDUCE_MIN, in, rows, count, best);
}

LN_INLINE void reduce_one(ln_reduction kind, const ln_reduce_shape* s, const float* in, float* out) {
  const float divisor = kind == LN_REDUCE_MEAN ? (float)s->count : 1.0f;
  if (s->reduced_strides[0] == 1 && s->kept_rank <= 1) {
    for (size_t n = 0; n < s->outputs; ++n) {
      const float* from = in + n * (s->kept_rank == 1 ? s->kept_strides[0] : 0);
      out[n] = is_sum(kind) ? sum_inner(from, s->count) / divisor : extreme_inner(kind, from, s->count);
    }
    return;
  }
  const size_t width = s->kept_extents[s->kept_rank - 1], lines = s->kept_rank == 2 ? s->kept_extents[0] : 1;
  for (size_t n = 0; n < lines; ++n)
    reduce_outer(kind, in + n * (s->kept_rank == 2 ? s->kept_strides[0] : 0), s->count, s->reduced_strides[0], width,
                 vec_set(divisor), out + n * width);
}

static void reduce(ln_reduction kind, const ln_reduce_shape* s, const float* in, float* out) {
  const int kept = s->kept_rank;
  const bool one = s->reduced_rank == 1 && s->count > 0;
  const bool inner = one && s->reduced_strides[0] == 1 && kept <= 1;
  const bool outer = one && kept >= 1 && kept <= 2 && s->kept_strides[kept - 1] == 1;
  if (!inner && !outer)
    ln_reduce_f32_ref(kind, s, in, out);
  else if (is_sum(kind))
    reduce_one(kind, s, in, out);
  else if (kind == LN_REDUCE_MAX)
    reduce_one(LN_REDUCE_MAX, s, in, out);
  else if (kind == LN_REDUCE_MIN)
    reduce_one(LN_REDUCE_MIN, s, in, out);
  else
    ln_reduce_f32_ref(kind, s, in, out);
}

/* ---- Layer norm ---- */

LN_INLINE vec squared_difference(vec x, vec mean) { return vec_mul(vec_sub(x, mean), vec_sub(x, mean)); }

/* sum_inner of (x - mean)^2. */
static float sum_of_squares(const float* in, size_t count, float mean) {
  const vec middle = vec_set(mean);
  vec sums[kVectors];
  size_t i = 0;
  LN_UNROLL for (size_t v = 0; v < kVectors; ++v) sums[v] = vec_set(0.0f);
  for (; i + kVectors * VEC_LANES <= count; i += kVectors * VEC_LANES)
    LN_UNROLL for (size_t v = 0; v < kVectors; ++v) sums[v] =
        vec_add(sums[v], squared_difference(vec_load(in + i + v * VEC_LANES), middle));
  for (; i + VEC_LANES <= count; i += VEC_LANES)
    sums[0] = vec_add(sums[0], squared_difference(vec_load(in + i), middle));
  if (i < count) {
    /* Lanes behind the end count as 0, not as their distance from the mean. */
    float rest[VEC_LANES];
    vec_store_n(rest, squared_difference(vec_load_n(in + i, count - i), middle), count - i);
    sums[0] = vec_add(sums[0], vec_load_n(rest, count - i));
  }
  return vec_sum(vec_add(vec_add(sums[0], sums[1]), vec_add(sums[2], sums[3])));
}

LN_INLINE vec normalized(vec x, vec mean, vec factor, vec shift, bool centered) {
  if (centered) return vec_add(vec_mul(vec_sub(x, mean), factor), shift);
  return vec_add(vec_mul(x, factor), vec_sub(shift, vec_mul(mean, factor)));
}

/* -0 less a number is its negative, of zeros too. */
LN_INLINE void normalize_row(const float* scale, const float* shift, bool centered, const float* in, size_t depth,
                             float mean, float factor, float* out) {
  const vec middle = vec_set(mean), one = vec_set(factor), none = vec_set(-0.0f);
  size_t i = 0;
  for (; i + VEC_LANES <= depth; i += VEC_LANES) {
    const vec f = scale != NULL ? vec_mul(one, vec_load(scale + i)) : one;
    vec_store(out + i, normalized(vec_load(in + i), middle, f, shift != NULL ? vec_load(shift + i) : none, centered));
  }
  if (i < depth) {
    const size_t n = depth - i;
    const vec f = scale != NULL ? vec_mul(one, vec_load_n(scale + i, n)) : one;
    const vec t = shift != NULL ? vec_load_n(shift + i, n) : none;
    vec_store_n(out + i, normalized(vec_load_n(in + i, n), middle, f, t, centered), n);
  }
}

static void layer_norm(const ln_layer_norm* norm, const float* in, size_t rows, size_t depth, float* out) {
  for (size_t r = 0; r < rows; ++r, in += depth, out += depth) {
    const float mean = sum_inner(in, depth) / (float)depth;
    const float factor = 1.0f / sqrtf(sum_of_squares(in, depth, mean) / (float)depth + norm->epsilon);
    if (norm->centered)
      normalize_row(norm->scale, norm->shift, true, in, depth, mean, factor, out);
    else if (norm->scale == NULL)
      normalize_row(NULL, norm->shift, false, in, depth, mean, factor, out);
    else if (norm->shift == NULL)
      normalize_row(norm->scale, NULL, false, in, depth, mean, factor, out);
    else
      normalize_row(norm->scale, norm->shift, false, in, depth, mean, factor, out);
  }
}
