/* Matrix multiplication, c[m][n] = f(sum over k of a[m][k] * b[k][n]): floats, and 8- or 16-bit activations by 8-bit
 * weights. Knows pointers, sizes and strides only.
 *
 * b (the weights) is packed into panels of `nr` columns; a microkernel makes one tile of at most mr x nr results from
 * `rows` rows of a and one panel over the whole depth. Every result is summed in an order that its column
 * alone decides, over k = 0, 1, … by one accumulator or two, so that it does not depend on the tile it falls into, and
 * so not on how the work was shared out. */
#ifndef LN_KERNELS_GEMM_H_
#define LN_KERNELS_GEMM_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cpu.h"

/* Where the element (column n, depth (t, i)) of an unpacked b lies, in elements: n * column_stride + the tap's place +
 * i * channel_stride. Tap t is (y, x) of taps_y x taps_x, at y * y_stride + x * x_stride; where planes have
 * plane_taps_y lines (0: there is one plane), y is (plane, line), and planes lie plane_stride apart. A plain matrix has
 * 1 x 1 taps; a transposed convolution takes every stride-th tap, backwards: strides may be below 0, modulo the size of
 * a size_t. */
typedef struct ln_gemm_layout {
  size_t columns, taps_y, taps_x, channels; /* depth = taps_y * taps_x * channels */
  size_t column_stride, y_stride, x_stride, channel_stride;
  size_t plane_taps_y, plane_stride;
} ln_gemm_layout;

static inline ptrdiff_t ln_gemm_tap_place(const ln_gemm_layout* layout, size_t column, size_t tap) {
  size_t y = tap / layout->taps_x, place = column * layout->column_stride + tap % layout->taps_x * layout->x_stride;
  if (layout->plane_taps_y > 0) {
    place += y / layout->plane_taps_y * layout->plane_stride;
    y %= layout->plane_taps_y;
  }
  return (ptrdiff_t)(place + y * layout->y_stride);
}

/* ---- Floats ---- */

/* What is summed: `segments` stretches of `depth` products, a's a_segment elements apart, b's b_segment. A matrix has
 * one; rows of a picture are the segments of a convolution that reads its windows where they lie. */
typedef struct ln_gemm_walk {
  size_t segments, depth, a_stride, a_segment, b_segment; /* a_stride: from row to row */
  const size_t* row_at; /* where each row begins, in elements from a; NULL: they lie a_stride apart */
  /* What is fetched meanwhile: at each step of the depth some of what lies at `ahead`, which goes on by ahead_step
   * elements. NULL: b itself, a little early. */
  const float* ahead;
  size_t ahead_step;
} ln_gemm_walk;

/* c[m][n] = clamp(bias[n] + sum) for 1 <= rows <= ln_gemm_f32_rows, 1 <= columns <= nr. `b` is one panel; `bias` has nr
 * values. */
typedef void (*ln_gemm_f32_fn)(size_t rows, size_t columns, const ln_gemm_walk* walk, const float* a, const float* b,
                               const float* bias, float low, float high, float* c, size_t c_stride);

/* One row by any number of columns: `b` is the first of as many panels as they need, which lie one behind the other;
 * `bias` has as many values as the panels have columns. */
typedef void (*ln_gemm_f32_row_fn)(size_t columns, size_t depth, const float* a, const float* b, const float* bias,
                                   float low, float high, float* c);

typedef struct ln_gemm_f32 {
  const char* name;
  ln_isa isa;
  uint32_t id; /* tells packed layouts apart: equal for kernels whose panels are the same */
  size_t mr, nr;
  size_t narrow_columns, narrow_mr; /* panels of at most so many columns take tiles of so many rows */
  ln_gemm_f32_fn run;
  ln_gemm_f32_row_fn run_row; /* NULL: `run` does it as well */
  /* The panel of columns `first` …, [depth][nr]. */
  void (*pack)(const ln_gemm_layout* layout, const float* b, size_t first, float* panel);
} ln_gemm_f32;

/* The rows of a tile by so many columns of a panel; where row_at is set they are at most mr. */
static inline size_t ln_gemm_f32_rows(const ln_gemm_f32* kernel, size_t columns) {
  return columns <= kernel->narrow_columns ? kernel->narrow_mr : kernel->mr;
}

/* The kernels, lowest first; the best that may be used now. */
const ln_gemm_f32* const* ln_gemm_f32_rungs(size_t* count);
const ln_gemm_f32* ln_gemm_f32_best(void);

/* The definition. b is [columns][depth] without gaps. */
void ln_gemm_f32_ref(size_t rows, size_t columns, size_t depth, const float* a, size_t a_stride, const float* b,
                     const float* bias, float low, float high, float* c, size_t c_stride);

/* Panels one after the other, each [depth][nr]; columns that do not exist are the kernel's own, 0 with most. */
size_t ln_gemm_f32_packed_size(const ln_gemm_f32* kernel, size_t columns, size_t depth); /* in floats */
/* One panel in plain C. */
void ln_gemm_f32_pack_panel_ref(size_t nr, const ln_gemm_layout* layout, const float* b, size_t first, float* panel);
void ln_gemm_f32_pack(const ln_gemm_f32* kernel, const ln_gemm_layout* layout, const float* b, float* packed);

/* A panel's tiles fetch the next one meanwhile, an even share each, so that none waits for the third cache or memory:
 * sets it for tile `tile` of `tiles` of the panel at b. Of the `first` panel the first tile has its own to fetch, of
 * the `last` one there is nothing to fetch; panels of less depth lie in the first caches anyway. */
static inline void ln_gemm_f32_look_ahead(const ln_gemm_f32* kernel, size_t depth, const float* b, bool first,
                                          bool last, size_t tile, size_t tiles, ln_gemm_walk* walk) {
  enum { kLeastDepth = 128 };
  const size_t own = first ? 1 : 0;
  walk->ahead = NULL;
  if (depth < kLeastDepth || last || tile < own || tile >= tiles) return;
  const size_t share = (kernel->nr + tiles - own - 1) / (tiles - own), at = (tile - own) * share;
  if (at >= kernel->nr) return;
  walk->ahead = b + (kernel->nr + at) * depth;
  walk->ahead_step = share;
}

/* Any number of rows and columns: panel by panel, so that a panel stays in the cache for all rows. */
void ln_gemm_f32_block(const ln_gemm_f32* kernel, size_t rows, size_t columns, size_t depth, const float* a,
                       size_t a_stride, const float* packed, const float* bias, float low, float high, float* c,
                       size_t c_stride);

/* ---- Integers: a is int16 (8-bit activations are widened when they are gathered), b is int8. ---- */

/* sums[m * nr + n] = the sum over 2 * pairs products, modulo 2^32; rows of a have 2 * pairs elements. */
typedef void (*ln_gemm_s16s8_fn)(size_t rows, size_t pairs, const int16_t* a, size_t a_stride, const int8_t* b,
                                 int32_t* sums);

typedef struct ln_gemm_s16s8 {
  const char* name;
  ln_isa isa;
  uint32_t id;
  size_t mr, nr;
  ln_gemm_s16s8_fn run;
} ln_gemm_s16s8;

enum { LN_GEMM_MAX_TILE = 16 * 64 }; /* mr * nr of every integer kernel is at most that */

const ln_gemm_s16s8* const* ln_gemm_s16s8_rungs(size_t* count);
const ln_gemm_s16s8* ln_gemm_s16s8_best(void);

/* The definition. b is [columns][2 * pairs], sums [rows][columns]. */
void ln_gemm_s16s8_ref(size_t rows, size_t columns, size_t pairs, const int16_t* a, size_t a_stride, const int8_t* b,
                       int32_t* sums);

/* Panels one after the other, each [pairs][nr][2] with pairs = (depth + 1) / 2; what does not exist is 0. */
size_t ln_gemm_s16s8_packed_size(const ln_gemm_s16s8* kernel, size_t columns, size_t depth); /* in bytes */

/* `flip` is 0x80 for uint8 weights, which are stored less 128, and 0 for int8. column_sums[n] is the sum of the column
 * as stored. */
void ln_gemm_s16s8_pack(const ln_gemm_s16s8* kernel, const ln_gemm_layout* layout, const uint8_t* b, uint8_t flip,
                        int8_t* packed, int32_t* column_sums);

/* 2 * 2^15 * 2^7 a pair: so many can be summed in 32 bits whatever the values. */
enum { LN_GEMM_SAFE_PAIRS = 255 };

#endif
