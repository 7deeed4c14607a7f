/* The bodies of Winograd's transforms over vec_*.h, channels side by side. The matrices are written out, with common
 * terms taken once. */
#include "kernels/generic/winograd_f32.h"

enum { IN = LN_WINOGRAD_IN, OUT = LN_WINOGRAD_OUT };

LN_INLINE void transform_in(const vec d[IN], vec t[IN]) {
  const vec two = vec_set(2.0f), four = vec_set(4.0f), five = vec_set(5.0f);
  const vec even = vec_fnma(four, d[2], d[4]), odd = vec_fnma(four, d[1], d[3]);
  const vec far = vec_sub(d[4], d[2]), near = vec_sub(d[3], d[1]);
  t[0] = vec_fma(four, d[0], vec_fnma(five, d[2], d[4]));
  t[1] = vec_add(even, odd);
  t[2] = vec_sub(even, odd);
  t[3] = vec_fma(two, near, far);
  t[4] = vec_fnma(two, near, far);
  t[5] = vec_fma(four, d[1], vec_fnma(five, d[3], d[5]));
}

LN_INLINE void transform_out(const vec m[IN], vec t[OUT]) {
  const vec sum1 = vec_add(m[1], m[2]), difference1 = vec_sub(m[1], m[2]);
  const vec sum2 = vec_add(m[3], m[4]), difference2 = vec_sub(m[3], m[4]);
  t[0] = vec_add(vec_add(m[0], sum1), sum2);
  t[1] = vec_fma(vec_set(2.0f), difference2, difference1);
  t[2] = vec_fma(vec_set(4.0f), sum2, sum1);
  t[3] = vec_add(vec_fma(vec_set(8.0f), difference2, difference1), m[5]);
}

/* A tile that lies inside the picture needs no looks at its edges. */
LN_INLINE void in_channels(const ln_winograd_in* t, int inside, size_t c, size_t n, float* v, size_t step) {
  vec half[IN][IN];
  for (size_t x = 0; x < IN; ++x) {
    vec d[IN], column[IN];
    LN_UNROLL for (size_t y = 0; y < IN; ++y) {
      const int exists = inside || (y >= t->y0 && y < t->y1 && x >= t->x0 && x < t->x1);
      d[y] =
          exists ? vec_load_n(t->in + (y - t->y0) * t->row_stride + (x - t->x0) * t->channels + c, n) : vec_set(0.0f);
    }
    transform_in(d, column);
    LN_UNROLL for (size_t i = 0; i < IN; ++i) half[i][x] = column[i];
  }
  for (size_t i = 0; i < IN; ++i) {
    vec row[IN];
    transform_in(half[i], row);
    LN_UNROLL for (size_t j = 0; j < IN; ++j) vec_store_n(v + (i * IN + j) * step + c, row[j], n);
  }
}

static void in(const ln_winograd_in* t, float* v, size_t step) {
  const int inside = t->y0 == 0 && t->x0 == 0 && t->y1 == IN && t->x1 == IN;
  for (size_t c = 0; c < t->channels; c += VEC_LANES) {
    const size_t n = t->channels - c < VEC_LANES ? t->channels - c : VEC_LANES;
    if (inside && n == VEC_LANES)
      in_channels(t, 1, c, VEC_LANES, v, step);
    else
      in_channels(t, 0, c, n, v, step);
  }
}

LN_INLINE void out_channels(const ln_winograd_out* t, size_t rows, size_t columns, size_t c, size_t n, const float* m,
                            size_t step) {
  vec half[OUT][IN];
  for (size_t j = 0; j < IN; ++j) {
    vec d[IN], column[OUT];
    LN_UNROLL for (size_t i = 0; i < IN; ++i) d[i] = vec_load_n(m + (i * IN + j) * step + c, n);
    transform_out(d, column);
    LN_UNROLL for (size_t y = 0; y < OUT; ++y) half[y][j] = column[y];
  }
  const vec bias = vec_load_n(t->bias + c, n), low = vec_set(t->low), high = vec_set(t->high);
  for (size_t y = 0; y < rows; ++y) {
    vec row[OUT];
    transform_out(half[y], row);
    for (size_t x = 0; x < columns; ++x)
      vec_store_n(t->out + y * t->row_stride + x * t->pixel_stride + c,
                  vec_min(high, vec_max(low, vec_add(row[x], bias))), n);
  }
}

static void out(const ln_winograd_out* t, const float* m, size_t step) {
  for (size_t c = 0; c < t->channels; c += VEC_LANES) {
    const size_t n = t->channels - c < VEC_LANES ? t->channels - c : VEC_LANES;
    if (t->rows == OUT && t->columns == OUT && n == VEC_LANES)
      out_channels(t, OUT, OUT, c, VEC_LANES, m, step);
    else
      out_channels(t, t->rows, t->columns, c, n, m, step);
  }
}
