/* Folding windows of a tensor into one value each: what reductions and windowed reductions share. Knows no options. */
#ifndef LN_OPS_FOLD_H_
#define LN_OPS_FOLD_H_

#include "ops/region.h"

/* Output element o is the fold, from the initial value on, of the elements o * stride + w * dilation of the input for
 * every w in the window, in row-major order. A window of extent 0 leaves the initial value. */
typedef struct ln_fold_shape {
  int rank;
  int32_t in[LN_MAX_RANK], window[LN_MAX_RANK], stride[LN_MAX_RANK], dilation[LN_MAX_RANK], out[LN_MAX_RANK];
} ln_fold_shape;

/* Sets `out` from the other extents: 0 where the window is wider than the input. */
void ln_fold_output(ln_fold_shape* shape);

/* `count` inputs of that shape folded together by the region, which takes `count` values so far and `count` elements.
 * `init` are single elements; `widths` the elements' sizes in bytes. */
TfLiteStatus ln_fold(TfLiteContext* context, const ln_fold_shape* shape, const ln_region* region, int count,
                     const void* const* in, const void* const* init, void* const* out, const size_t* widths);

#endif
