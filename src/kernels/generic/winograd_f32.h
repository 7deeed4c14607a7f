/* Convolutions of stride 1 by Winograd's algorithm (Lavin and Gray, "Fast algorithms for convolutional neural
 * networks"): with F(m, r) m results of r taps come from m + r - 1 products instead of m r, in each dimension.
 * Transformed pictures [points][tiles][C] times transformed filters [points][C][N] are matrix products, one a point;
 * what they give is transformed back. Results differ from the plain sums by rounding only, some 2e-6 of the largest.
 *
 * The places at which polynomials are taken are 0, some numbers and their negatives, and infinity: pairs share most of
 * their arithmetic. Numbers around 1 of few bits, found by trying, err least (Barabasz et al., "Error analysis and
 * improving the accuracy of Winograd convolution for deep neural networks"). */
#ifndef LN_KERNELS_WINOGRAD_F32_H_
#define LN_KERNELS_WINOGRAD_F32_H_

#include <stddef.h>

#include "base/cpu.h"
#include "kernels/generic/gemm.h"

/* Of a filter that is one line, the line may lie either way: strides say which. */
typedef enum ln_winograd_form {
  LN_WINOGRAD_4X4_3X3,
  LN_WINOGRAD_2X2_3X3,
  LN_WINOGRAD_2X2_5X5,
  LN_WINOGRAD_4_3,
  LN_WINOGRAD_4_7,
  LN_WINOGRAD_FORMS
} ln_winograd_form;

enum { LN_WINOGRAD_MOST_PAIRS = 4, LN_WINOGRAD_MOST_IN = 10, LN_WINOGRAD_MOST_OUT = 4, LN_WINOGRAD_MOST_TAPS = 7 };

/* in = out + taps - 1 = 2 * pairs + 2; the rest in all dimensions. */
typedef struct ln_winograd_facts {
  size_t taps, out, in, pairs, dimensions, all_taps, points;
  float numbers[LN_WINOGRAD_MOST_PAIRS];
} ln_winograd_facts;
const ln_winograd_facts* ln_winograd_facts_of(ln_winograd_form form);

/* A tile of the picture. `in` is its pixel (y0, x0), the first inside; rows [y0, y1) and columns [x0, x1) of it lie
 * inside, the others count as 0; a line is row 0. v[point * step + c] for every channel. */
typedef struct ln_winograd_in {
  const float* in;
  size_t y0, y1, x0, x1, row_stride, pixel_stride, channels;
} ln_winograd_in;
typedef void (*ln_winograd_in_fn)(const ln_winograd_in* tile, float* v, size_t step);

/* rows x columns results, 1 to `out` each: out[y * row_stride + x * pixel_stride + n] = clamp(bias[n] + the transform
 * of m[point * step + n]), n < channels. */
typedef struct ln_winograd_out {
  float* out;
  size_t rows, columns, row_stride, channels, pixel_stride;
  const float* bias;
  float low, high;
} ln_winograd_out;
typedef void (*ln_winograd_out_fn)(const ln_winograd_out* tile, const float* m, size_t step);

/* What taps of a line are multiplied by at the first number of each pair (odd taps at the second one by the negative),
 * and the first tap at 0; at infinity it is the last tap. */
typedef struct ln_winograd_factors {
  float first, pair[LN_WINOGRAD_MOST_PAIRS][LN_WINOGRAD_MOST_TAPS];
} ln_winograd_factors;
/* to[point * step + i] from taps[tap * tap_stride + i], i < count. */
typedef void (*ln_winograd_filter_fn)(const ln_winograd_factors* factors, size_t count, const float* taps,
                                      size_t tap_stride, float* to, size_t step);

typedef struct ln_winograd_kernels {
  ln_winograd_in_fn in;
  ln_winograd_out_fn out;
  ln_winograd_filter_fn filter;
} ln_winograd_kernels;

typedef struct ln_winograd_f32 {
  const char* name;
  ln_isa isa;
  ln_winograd_kernels forms[LN_WINOGRAD_FORMS];
} ln_winograd_f32;

const ln_winograd_f32* const* ln_winograd_f32_rungs(size_t* count);
const ln_winograd_f32* ln_winograd_f32_best(void);

ln_winograd_factors ln_winograd_factors_of(ln_winograd_form form);

/* Filters [columns][taps][channels] to a matrix of panels for the product's kernel for each point, as ln_gemm_f32_pack
 * makes them: ln_gemm_f32_packed_size(gemm, columns, channels) floats. Only `count` columns from `first` on, which
 * begins a panel; `filters` are theirs. */
void ln_winograd_f32_pack(const ln_winograd_f32* kernel, ln_winograd_form form, const ln_gemm_f32* gemm, size_t columns,
                          size_t channels, size_t first, size_t count, const float* filters, float* packed);

#endif
