/* Float depthwise convolution: the rungs of dwconv.h's ln_dwconv_f32_ref. */
#ifndef LN_KERNELS_DWCONV_F32_H_
#define LN_KERNELS_DWCONV_F32_H_

#include <stdbool.h>

#include "base/cpu.h"
#include "kernels/generic/dwconv.h"

/* Rows `row` to row + rows - 1 of the output. `bias` has a value for every output channel, zeros where there is none.
 * Every result is bias + the taps inside the picture in rising order of (y, x), each added by one multiply-add. */
typedef void (*ln_dwconv_f32_fn)(const ln_dwconv_shape* shape, int32_t row, int32_t rows, const float* in,
                                 const float* weights, const float* bias, float low, float high, float* out);

typedef struct ln_dwconv_f32 {
  const char* name;
  ln_isa isa;
  int32_t lanes;                               /* channels at once */
  bool (*suits)(const ln_dwconv_shape* shape); /* fewer channels that are none the slower; may be NULL */
  ln_dwconv_f32_fn run;
} ln_dwconv_f32;

/* The kernels for a shape, lowest first, and the best of them that may be used now. */
const ln_dwconv_f32* const* ln_dwconv_f32_rungs(size_t* count);
const ln_dwconv_f32* ln_dwconv_f32_best(const ln_dwconv_shape* shape);

/* Whether the vector rungs do the shape: a multiplier of 1, or one input channel. */
static inline int ln_dwconv_f32_fits(const ln_dwconv_shape* s) { return s->multiplier == 1 || s->channels == 1; }

#endif
