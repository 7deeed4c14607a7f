/* The rungs of float pooling, of reductions over one axis, and of what is normalized by them. */
#ifndef LN_KERNELS_POOL_F32_H_
#define LN_KERNELS_POOL_F32_H_

#include <stddef.h>

#include "base/cpu.h"
#include "kernels/generic/normalize.h"
#include "kernels/generic/pool.h"
#include "kernels/generic/reduce.h"

/* One row of the output, [out_width,C]; `row` counts through all images. As pool.h's functions. */
typedef void (*ln_average_pool_f32_fn)(const ln_pool_shape* shape, size_t row, const float* in, float* out, float low,
                                       float high, bool square);
typedef void (*ln_max_pool_f32_fn)(const ln_pool_shape* shape, size_t row, const float* in, float* out, float low,
                                   float high);
/* As ln_reduce_f32_ref, whose sums may be added up in another order. */
typedef void (*ln_reduce_f32_fn)(ln_reduction kind, const ln_reduce_shape* shape, const float* in, float* out);
/* ln_layer_norm_f32_ref, with the sums of `reduce` over neighbours: bit for bit what the single operators give. */
typedef void (*ln_layer_norm_f32_fn)(const ln_layer_norm* norm, const float* in, size_t rows, size_t depth, float* out);

/* Where in each of `rows` rows of `count` (1 to INT32_MAX) values the extreme stands: arg_extreme.h's, of one row. */
typedef void (*ln_arg_extreme_f32_fn)(bool largest, const float* in, size_t rows, size_t count, int32_t* best);

typedef struct ln_pool_f32 {
  const char* name;
  ln_isa isa;
  ln_average_pool_f32_fn average;
  ln_max_pool_f32_fn max;
  ln_reduce_f32_fn reduce;
  ln_arg_extreme_f32_fn arg_extreme;
  ln_layer_norm_f32_fn layer_norm;
} ln_pool_f32;

const ln_pool_f32* const* ln_pool_f32_rungs(size_t* count);
const ln_pool_f32* ln_pool_f32_best(void);

#endif
