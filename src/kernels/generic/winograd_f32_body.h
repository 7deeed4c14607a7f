/* The bodies of Winograd's transforms over vec_*.h, channels side by side. */
#include <stdint.h>

#include "kernels/generic/winograd_f32.h"

/* The file that includes this one may have a way to store a vector past the caches, and what makes such stores visible
 * to others. */
#if !defined(LN_STORE_PAST)
#define LN_STORE_PAST vec_store
#define LN_STORED_PAST() ((void)0)
#endif

enum { MOST_IN = LN_WINOGRAD_MOST_IN, MOST_OUT = LN_WINOGRAD_MOST_OUT, MOST_TAPS = LN_WINOGRAD_MOST_TAPS };
enum { MOST_PAIRS = LN_WINOGRAD_MOST_PAIRS, SQUARE_IN = 6, SQUARE_OUT = 4, SQUARE_TAPS = 5 };
enum { LINE_VECTORS = 16 / VEC_LANES };
enum { LARGE_FLOATS = 1 << 20 }; /* all filters of a layer, transformed: they leave the caches before they are read */

/* Of numbers a whose squares are s: their powers; the product of (z - s) but for the number's own, and all of it, from
 * z^0 on, without the highest power's factor of 1. */
typedef struct polynomials {
  float power[MOST_PAIRS][MOST_OUT], others[MOST_PAIRS][MOST_PAIRS], all[MOST_PAIRS];
} polynomials;

#define LN_POWERS(a) \
  { 1.0f, a, (a) * (a), (a) * (a) * (a) }
/* The squares of 0.375, 0.875, 1.25 and 2.5. All that is made of them is exact. */
#define LN_S0 0.140625f
#define LN_S1 0.765625f
#define LN_S2 1.5625f
#define LN_S3 6.25f
#define LN_OTHERS(p, q, r) \
  { -(p) * (q) * (r), (p) * (q) + (p) * (r) + (q) * (r), -(p) - (q) - (r) }

static const polynomials kOne = {.power = {LN_POWERS(1.0f)}, .all = {-1.0f}};
static const polynomials kTwo = {.power = {LN_POWERS(0.75f), LN_POWERS(1.5f)},
                                 .others = {{-2.25f}, {-0.5625f}},
                                 .all = {2.25f * 0.5625f, -2.25f - 0.5625f}};
static const polynomials kFour = {
    .power = {LN_POWERS(0.375f), LN_POWERS(0.875f), LN_POWERS(1.25f), LN_POWERS(2.5f)},
    .others = {LN_OTHERS(LN_S1, LN_S2, LN_S3), LN_OTHERS(LN_S0, LN_S2, LN_S3), LN_OTHERS(LN_S0, LN_S1, LN_S3),
               LN_OTHERS(LN_S0, LN_S1, LN_S2)},
    .all = {LN_S0 * LN_S1 * LN_S2 * LN_S3, -LN_S1* LN_S2* LN_S3 - LN_S0*(LN_S1* LN_S2 + LN_S1 * LN_S3 + LN_S2 * LN_S3),
            LN_S1* LN_S2 + LN_S1* LN_S3 + LN_S2* LN_S3 + LN_S0*(LN_S1 + LN_S2 + LN_S3),
            -LN_S0 - LN_S1 - LN_S2 - LN_S3}};

LN_INLINE const polynomials* polynomials_of(size_t pairs) { return pairs == 1 ? &kOne : pairs == 2 ? &kTwo : &kFour; }

/* x (x + a) P(x^2) and x (x - a) P(x^2) are x^2 P(x^2) +- a x P(x^2). */
LN_INLINE void line_in(size_t pairs, const vec* d, vec* t) {
  const polynomials* p = polynomials_of(pairs);
  vec zero = d[2 * pairs], infinity = d[2 * pairs + 1];
  LN_UNROLL for (size_t k = 0; k < pairs; ++k) {
    zero = vec_fma(vec_set(p->all[k]), d[2 * k], zero);
    infinity = vec_fma(vec_set(p->all[k]), d[2 * k + 1], infinity);
  }
  t[0] = zero;
  t[2 * pairs + 1] = infinity;
  LN_UNROLL for (size_t i = 0; i < pairs; ++i) {
    vec even = d[2 * pairs], odd = d[2 * pairs - 1];
    LN_UNROLL for (size_t k = 0; k + 1 < pairs; ++k) {
      even = vec_fma(vec_set(p->others[i][k]), d[2 * k + 2], even);
      odd = vec_fma(vec_set(p->others[i][k]), d[2 * k + 1], odd);
    }
    t[2 * i + 1] = vec_fma(vec_set(p->power[i][1]), odd, even);
    t[2 * i + 2] = vec_fnma(vec_set(p->power[i][1]), odd, even);
  }
}

LN_INLINE void line_out(size_t pairs, size_t count, const vec* m, vec* t) {
  const polynomials* p = polynomials_of(pairs);
  vec sum[MOST_PAIRS], difference[MOST_PAIRS];
  LN_UNROLL for (size_t i = 0; i < pairs; ++i) {
    sum[i] = vec_add(m[2 * i + 1], m[2 * i + 2]);
    difference[i] = vec_sub(m[2 * i + 1], m[2 * i + 2]);
  }
  t[0] = m[0];
  LN_UNROLL for (size_t i = 0; i < pairs; ++i) t[0] = vec_add(t[0], sum[i]);
  LN_UNROLL for (size_t y = 1; y < count; ++y) {
    const vec* of = y % 2 == 0 ? sum : difference;
    vec at = vec_mul(vec_set(p->power[0][y]), of[0]);
    LN_UNROLL for (size_t i = 1; i < pairs; ++i) at = vec_fma(vec_set(p->power[i][y]), of[i], at);
    t[y] = y + 1 == count ? vec_add(at, m[2 * pairs + 1]) : at;
  }
}

LN_INLINE void line_filter(size_t pairs, size_t taps, const ln_winograd_factors* f, const vec* w, vec* t) {
  t[0] = vec_mul(vec_set(f->first), w[0]);
  t[2 * pairs + 1] = w[taps - 1];
  LN_UNROLL for (size_t i = 0; i < pairs; ++i) {
    vec even = vec_mul(vec_set(f->pair[i][0]), w[0]), odd = vec_mul(vec_set(f->pair[i][1]), w[1]);
    LN_UNROLL for (size_t k = 2; k < taps; k += 2) even = vec_fma(vec_set(f->pair[i][k]), w[k], even);
    LN_UNROLL for (size_t k = 3; k < taps; k += 2) odd = vec_fma(vec_set(f->pair[i][k]), w[k], odd);
    t[2 * i + 1] = vec_add(even, odd);
    t[2 * i + 2] = vec_sub(even, odd);
  }
}

/* A tile that lies inside the picture needs no looks at its edges. */
LN_INLINE vec pixel(const ln_winograd_in* t, bool inside, size_t y, size_t x, size_t c, size_t n) {
  if (!inside && (y < t->y0 || y >= t->y1 || x < t->x0 || x >= t->x1)) return vec_set(0.0f);
  return vec_load_n(t->in + (y - t->y0) * t->row_stride + (x - t->x0) * t->pixel_stride + c, n);
}

LN_INLINE void square_in(size_t pairs, const ln_winograd_in* t, bool inside, size_t c, size_t n, float* v,
                         size_t step) {
  const size_t size = 2 * pairs + 2;
  vec half[SQUARE_IN][SQUARE_IN];
  for (size_t x = 0; x < size; ++x) {
    vec d[SQUARE_IN], column[SQUARE_IN];
    LN_UNROLL for (size_t y = 0; y < size; ++y) d[y] = pixel(t, inside, y, x, c, n);
    line_in(pairs, d, column);
    LN_UNROLL for (size_t i = 0; i < size; ++i) half[i][x] = column[i];
  }
  for (size_t i = 0; i < size; ++i) {
    vec row[SQUARE_IN];
    line_in(pairs, half[i], row);
    LN_UNROLL for (size_t j = 0; j < size; ++j) vec_store_n(v + (i * size + j) * step + c, row[j], n);
  }
}

LN_INLINE void straight_in(size_t pairs, const ln_winograd_in* t, bool inside, size_t c, size_t n, float* v,
                           size_t step) {
  const size_t size = 2 * pairs + 2;
  vec d[MOST_IN], to[MOST_IN];
  LN_UNROLL for (size_t x = 0; x < size; ++x) d[x] = pixel(t, inside, 0, x, c, n);
  line_in(pairs, d, to);
  LN_UNROLL for (size_t x = 0; x < size; ++x) vec_store_n(v + x * step + c, to[x], n);
}

LN_INLINE void in(size_t dimensions, size_t pairs, const ln_winograd_in* t, float* v, size_t step) {
  const size_t size = 2 * pairs + 2, rows = dimensions == 2 ? size : 1;
  const bool inside = t->y0 == 0 && t->x0 == 0 && t->y1 == rows && t->x1 == size;
  for (size_t c = 0; c < t->channels; c += VEC_LANES) {
    const size_t n = t->channels - c < VEC_LANES ? t->channels - c : VEC_LANES;
    if (dimensions == 2 && inside && n == VEC_LANES)
      square_in(pairs, t, true, c, VEC_LANES, v, step);
    else if (dimensions == 2)
      square_in(pairs, t, false, c, n, v, step);
    else if (inside && n == VEC_LANES)
      straight_in(pairs, t, true, c, VEC_LANES, v, step);
    else
      straight_in(pairs, t, false, c, n, v, step);
  }
}

LN_INLINE void square_out(size_t pairs, size_t count, const ln_winograd_out* t, size_t rows, size_t columns, size_t c,
                          size_t n, const float* m, size_t step) {
  const size_t size = 2 * pairs + 2;
  vec half[SQUARE_OUT][SQUARE_IN];
  for (size_t j = 0; j < size; ++j) {
    vec d[SQUARE_IN], column[SQUARE_OUT];
    LN_UNROLL for (size_t i = 0; i < size; ++i) d[i] = vec_load_n(m + (i * size + j) * step + c, n);
    line_out(pairs, count, d, column);
    LN_UNROLL for (size_t y = 0; y < count; ++y) half[y][j] = column[y];
  }
  const vec bias = vec_load_n(t->bias + c, n), low = vec_set(t->low), high = vec_set(t->high);
  for (size_t y = 0; y < count && y < rows; ++y) {
    vec row[SQUARE_OUT];
    line_out(pairs, count, half[y], row);
    for (size_t x = 0; x < count && x < columns; ++x)
      vec_store_n(t->out + y * t->row_stride + x * t->pixel_stride + c,
                  vec_min(high, vec_max(low, vec_add(row[x], bias))), n);
  }
}

LN_INLINE void straight_out(size_t pairs, size_t count, const ln_winograd_out* t, size_t columns, size_t c, size_t n,
                            const float* m, size_t step) {
  const size_t size = 2 * pairs + 2;
  vec d[MOST_IN], to[MOST_OUT];
  LN_UNROLL for (size_t i = 0; i < size; ++i) d[i] = vec_load_n(m + i * step + c, n);
  line_out(pairs, count, d, to);
  const vec bias = vec_load_n(t->bias + c, n), low = vec_set(t->low), high = vec_set(t->high);
  for (size_t x = 0; x < count && x < columns; ++x)
    vec_store_n(t->out + x * t->pixel_stride + c, vec_min(high, vec_max(low, vec_add(to[x], bias))), n);
}

LN_INLINE void out(size_t dimensions, size_t pairs, size_t count, const ln_winograd_out* t, const float* m,
                   size_t step) {
  for (size_t c = 0; c < t->channels; c += VEC_LANES) {
    const size_t n = t->channels - c < VEC_LANES ? t->channels - c : VEC_LANES;
    const bool whole = t->columns == count && n == VEC_LANES;
    if (dimensions == 2 && whole && t->rows == count)
      square_out(pairs, count, t, count, count, c, VEC_LANES, m, step);
    else if (dimensions == 2)
      square_out(pairs, count, t, t->rows, t->columns, c, n, m, step);
    else if (whole)
      straight_out(pairs, count, t, count, c, VEC_LANES, m, step);
    else
      straight_out(pairs, count, t, t->columns, c, n, m, step);
  }
}

/* `vectors` side by side, so that they fill a line of memory; all lanes where there are several or they go `past` the
 * caches. */
LN_INLINE void filter_some(size_t dimensions, size_t pairs, size_t taps, const ln_winograd_factors* f, size_t vectors,
                           size_t n, bool past, const float* w, size_t w_step, float* to, size_t step) {
  const size_t size = 2 * pairs + 2, lines = dimensions == 2 ? taps : 1;
  vec half[MOST_IN][LINE_VECTORS][SQUARE_TAPS];
  for (size_t y = 0; y < lines; ++y) LN_UNROLL for (size_t v = 0; v < vectors; ++v) {
      vec d[MOST_TAPS], row[MOST_IN];
      LN_UNROLL for (size_t x = 0; x < taps; ++x) d[x] = vec_load_n(w + (y * taps + x) * w_step + v * VEC_LANES, n);
      line_filter(pairs, taps, f, d, row);
      LN_UNROLL for (size_t j = 0; j < size; ++j) {
        if (dimensions == 1) vec_store_n(to + j * step, row[j], n);
        half[j][v][y] = row[j];
      }
    }
  for (size_t j = 0; j < size && dimensions == 2; ++j) {
    vec column[LINE_VECTORS][MOST_IN];
    LN_UNROLL for (size_t v = 0; v < vectors; ++v) line_filter(pairs, taps, f, half[j][v], column[v]);
    LN_UNROLL for (size_t i = 0; i < size; ++i) {
      LN_UNROLL for (size_t v = 0; v < vectors; ++v) {
        if (past)
          LN_STORE_PAST(to + (i * size + j) * step + v * VEC_LANES, column[v][i]);
        else
          vec_store_n(to + (i * size + j) * step + v * VEC_LANES, column[v][i], n);
      }
    }
  }
}

LN_INLINE void filter(size_t dimensions, size_t pairs, size_t taps, const ln_winograd_factors* f, size_t count,
                      const float* w, size_t w_step, float* to, size_t step) {
  enum { LINE = LINE_VECTORS * VEC_LANES };
  const size_t size = 2 * pairs + 2;
  const bool aligned = ((uintptr_t)to | step * sizeof *to) % (LINE * sizeof *to) == 0;
  size_t c = 0;
  if (dimensions == 2 && aligned && step >= LARGE_FLOATS / (size * size)) {
    for (; c + LINE <= count; c += LINE)
      filter_some(dimensions, pairs, taps, f, LINE_VECTORS, VEC_LANES, true, w + c, w_step, to + c, step);
    LN_STORED_PAST();
  }
  for (; c < count; c += VEC_LANES) {
    const size_t n = count - c < VEC_LANES ? count - c : VEC_LANES;
    filter_some(dimensions, pairs, taps, f, 1, n, false, w + c, w_step, to + c, step);
  }
}

#define LN_WINOGRAD_FORM(suffix, dimensions, pairs, count, taps)                                                 \
  static void in_##suffix(const ln_winograd_in* t, float* v, size_t step) { in(dimensions, pairs, t, v, step); } \
  static void out_##suffix(const ln_winograd_out* t, const float* m, size_t step) {                              \
    out(dimensions, pairs, count, t, m, step);                                                                   \
  }                                                                                                              \
  static void filter_##suffix(const ln_winograd_factors* f, size_t n, const float* w, size_t w_step, float* to,  \
                              size_t step) {                                                                     \
    filter(dimensions, pairs, taps, f, n, w, w_step, to, step);                                                  \
  }
LN_WINOGRAD_FORM(4x4_3x3, 2, 2, 4, 3)
LN_WINOGRAD_FORM(2x2_3x3, 2, 1, 2, 3)
LN_WINOGRAD_FORM(2x2_5x5, 2, 2, 2, 5)
LN_WINOGRAD_FORM(4_3, 1, 2, 4, 3)
LN_WINOGRAD_FORM(4_7, 1, 4, 4, 7)

#define LN_WINOGRAD_KERNELS                                                  \
  {                                                                          \
    [LN_WINOGRAD_4X4_3X3] = {in_4x4_3x3, out_4x4_3x3, filter_4x4_3x3},       \
    [LN_WINOGRAD_2X2_3X3] = {in_2x2_3x3, out_2x2_3x3, filter_2x2_3x3},       \
    [LN_WINOGRAD_2X2_5X5] = {in_2x2_5x5, out_2x2_5x5, filter_2x2_5x5},       \
    [LN_WINOGRAD_4_3] = {in_4_3, out_4_3, filter_4_3}, [LN_WINOGRAD_4_7] = { \
      in_4_7,                                                                \
      out_4_7,                                                               \
      filter_4_7                                                             \
    }                                                                        \
  }
