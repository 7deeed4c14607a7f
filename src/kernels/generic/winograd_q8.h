/* Convolutions of bytes with 3 x 3 taps, stride 1, by Winograd's F(4 x 4, 3 x 3) in integers, exact: a tile of 4 x 4
 * sums comes from 36 products a channel instead of 144. Knows pointers, sizes and strides only.
 *
 * The picture's transform (winograd_f32.h has the matrices) is one of integers: of unsigned bytes it stays within
 * 68 * 255 = 17340. The filters' has the factors 1/4, 1/6, 1/6, 1/24, 1/24 and 1 by row, of which 24 times the inverse,
 * and three for the outer rows, goes to the end: rows (3 0 0), (1 1 1), (1 -1 1), (1 2 4), (1 -2 4), (0 0 3) give
 * 16-bit numbers too, up to 7 * 7 * 255. What comes back are the sums times 576 / (a power of two by row and column).
 * Their products are added modulo 2^32, where nothing is lost: nine has an inverse there (0x38e38e39), and shifting the
 * rest to the right by up to six bits gives the sum, as long as it lies within 2^25. ln_winograd_q8_is_safe says
 * whether filters keep it there.
 *
 * Filters of other shapes are cut into lines of three taps, each of which is F(6, 3) with the points 0, +-1, +-2, +-3
 * and infinity, 8 products for 18: lines count as so many more channels. Pictures stay within 100 * 255, filters
 * within 13 * 255; what comes back are the sums times 720 = 16 * 45, or 240. */
#ifndef LN_KERNELS_WINOGRAD_Q8_H_
#define LN_KERNELS_WINOGRAD_Q8_H_

#include "base/cpu.h"
#include "kernels/generic/gemm_q8.h"

enum {
  LN_WINOGRAD_Q8_OUT = 4,
  LN_WINOGRAD_Q8_IN = 6,
  LN_WINOGRAD_Q8_POINTS = 36,
  LN_WINOGRAD_Q8_LINE_OUT = 6,
  LN_WINOGRAD_Q8_LINE_IN = 8,
  LN_WINOGRAD_Q8_LINE_POINTS = 8,
  LN_WINOGRAD_Q8_COLUMNS = 64 /* so many at once, at most */
};

/* What filters are made of: so many lines of so many taps, one behind the other; no lines: 3 x 3 taps, as a square. */
typedef struct ln_winograd_q8_cut {
  size_t lines, taps;
} ln_winograd_q8_cut;
static inline size_t ln_winograd_q8_taps(ln_winograd_q8_cut cut) { return cut.lines == 0 ? 9 : cut.lines * cut.taps; }
static inline size_t ln_winograd_q8_points(ln_winograd_q8_cut cut) {
  return cut.lines == 0 ? LN_WINOGRAD_Q8_POINTS : LN_WINOGRAD_Q8_LINE_POINTS;
}
/* Threes of taps: of a product's channels, the first all are the first three's. */
static inline size_t ln_winograd_q8_threes(ln_winograd_q8_cut cut) {
  return cut.lines == 0 ? 1 : cut.lines * ((cut.taps + 2) / 3);
}

/* A tile of the picture. `in` is its pixel (y0, x0), the first inside; rows [y0, y1) and columns [x0, x1) of the six
 * lie inside, the others are `outside`. Bytes count as unsigned after an exclusive or with `flip`; `outside` is one
 * such. v[point * step + c] for every channel. */
typedef struct ln_winograd_q8_in {
  const uint8_t* in;
  size_t y0, y1, x0, x1, row_stride, channels;
  uint8_t flip, outside;
} ln_winograd_q8_in;

/* rows x columns results, 1 to 4 each, of `channels` <= LN_WINOGRAD_Q8_COLUMNS filters, from m[point * step + n], which
 * exist up to whole vectors: requantized to out[y * row_stride + x * pixel_stride + n], or where `sums` is not NULL
 * raw, without bias, to sums[(4 * y + x) * LN_WINOGRAD_Q8_COLUMNS + n], up to whole vectors. */
typedef struct ln_winograd_q8_out {
  uint8_t* out;
  int32_t* sums;
  size_t rows, columns, row_stride, pixel_stride, channels;
  const ln_gemm_q8_numbers* numbers; /* without scale and row_terms */
} ln_winograd_q8_out;

/* The product of one point: c[m][n] = sum over k of a[m][k] * b[k][n]; rows of c lie c_stride apart and are written up
 * to whole vectors. b is a panel of a point: for every `nr` columns, the last of as many vectors as are needed,
 * [channels / 2][columns][2]. */
typedef struct ln_winograd_q8_product {
  size_t rows, columns, channels; /* columns <= LN_WINOGRAD_Q8_COLUMNS; an even number of channels */
  const int16_t* a;
  size_t a_stride;
  const int16_t* b;
  int32_t* c;
  size_t c_stride;
} ln_winograd_q8_product;

typedef struct ln_winograd_q8 {
  const char* name;
  ln_isa isa;
  size_t mr, nr, lanes; /* rows and columns that the product takes at once; columns of a vector */
  void (*in)(const ln_winograd_q8_in* tile, int16_t* v, size_t step);
  void (*product)(const ln_winograd_q8_product* product);
  void (*out)(const ln_winograd_q8_out* tile, const int32_t* m, size_t step);
  /* Lines, NULL where they do not pay: pixels lie row_stride apart, y0 to y1 of the eight are inside; results too, 1 to
   * 6 rows of them, raw ones at sums[y * LN_WINOGRAD_Q8_COLUMNS + n]. */
  void (*line_in)(const ln_winograd_q8_in* tile, int16_t* v, size_t step);
  void (*line_out)(const ln_winograd_q8_out* tile, const int32_t* m, size_t step);
} ln_winograd_q8;

const ln_winograd_q8* const* ln_winograd_q8_rungs(size_t* count);
const ln_winograd_q8* ln_winograd_q8_best(void);

/* Whether the sums of unsigned bytes by these filters [columns][depth] stay within 2^25. A weight is its byte xor
 * `flip` as int8, less `zero` (-128 to 127). */
bool ln_winograd_q8_is_safe(size_t columns, size_t depth, const uint8_t* filters, uint8_t flip, int32_t zero);

/* Filters [columns][taps][channels] to panels of up to LN_WINOGRAD_Q8_COLUMNS, each [points] as ln_winograd_q8_product
 * has it. column_sums[n]: of the weights without `zero`. */
size_t ln_winograd_q8_packed_size(const ln_winograd_q8* kernel, ln_winograd_q8_cut cut, size_t columns,
                                  size_t channels); /* in elements */
void ln_winograd_q8_pack(const ln_winograd_q8* kernel, ln_winograd_q8_cut cut, size_t columns, size_t channels,
                         const uint8_t* filters, uint8_t flip, int32_t zero, int16_t* packed, int32_t* column_sums);

/* The panel that begins with column n, a multiple of LN_WINOGRAD_Q8_COLUMNS, and the size of one of its points. */
static inline size_t ln_winograd_q8_width(const ln_winograd_q8* kernel, size_t columns) {
  return (columns + kernel->lanes - 1) / kernel->lanes * kernel->lanes;
}
static inline size_t ln_winograd_q8_panel(ln_winograd_q8_cut cut, size_t channels, size_t n) {
  return n * channels * ln_winograd_q8_threes(cut) * ln_winograd_q8_points(cut);
}

#endif
