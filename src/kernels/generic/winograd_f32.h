/* Convolutions of 3 x 3 taps, stride 1, by Winograd's F(4 x 4, 3 x 3) (Lavin and Gray, "Fast algorithms for
 * convolutional neural networks", points 0, 1, -1, 2, -2): a tile of 4 x 4 results comes from 36 products a channel
 * instead of 144. Transformed pictures [36][tiles][C] times transformed filters [36][C][N] are 36 matrix products; what
 * they give is transformed back. Results differ from the plain sums by rounding only, some 1e-6 of the largest. */
#ifndef LN_KERNELS_WINOGRAD_F32_H_
#define LN_KERNELS_WINOGRAD_F32_H_

#include <stddef.h>

#include "base/cpu.h"
#include "kernels/generic/gemm.h"

enum { LN_WINOGRAD_OUT = 4, LN_WINOGRAD_IN = 6, LN_WINOGRAD_POINTS = 36 };

/* A tile of the picture. `in` is its pixel (y0, x0), the first inside; rows [y0, y1) and columns [x0, x1) of the six
 * lie inside, the others count as 0. v[point * step + c] for every channel. */
typedef struct ln_winograd_in {
  const float* in;
  size_t y0, y1, x0, x1, row_stride, channels;
} ln_winograd_in;
typedef void (*ln_winograd_in_fn)(const ln_winograd_in* tile, float* v, size_t step);

/* rows x columns results, 1 to 4 each: out[y * row_stride + x * columns_n + n] = clamp(bias[n] + the transform of
 * m[point * step + n]), n < channels. */
typedef struct ln_winograd_out {
  float* out;
  size_t rows, columns, row_stride, channels, pixel_stride;
  const float* bias;
  float low, high;
} ln_winograd_out;
typedef void (*ln_winograd_out_fn)(const ln_winograd_out* tile, const float* m, size_t step);

typedef struct ln_winograd_f32 {
  const char* name;
  ln_isa isa;
  ln_winograd_in_fn in;
  ln_winograd_out_fn out;
} ln_winograd_f32;

const ln_winograd_f32* const* ln_winograd_f32_rungs(size_t* count);
const ln_winograd_f32* ln_winograd_f32_best(void);

/* The definitions. */
void ln_winograd_in_f32_ref(const ln_winograd_in* tile, float* v, size_t step);
void ln_winograd_out_f32_ref(const ln_winograd_out* tile, const float* m, size_t step);

/* Filters [columns][3][3][channels] to 36 matrices of panels for the product's kernel, each as ln_gemm_f32_pack makes
 * them: ln_gemm_f32_packed_size(kernel, columns, channels) floats. Only `count` columns from `first` on, which begins a
 * panel; `filters` are theirs. */
void ln_winograd_f32_pack(const ln_gemm_f32* kernel, size_t columns, size_t channels, size_t first, size_t count,
                          const float* filters, float* packed);

#endif
