/* One step of a filter layer of low rank (SVDF) for one row of a batch. Every filter takes a scalar product of the
 * input, remembers the last `memory` of them, and weighs them in time; `rank` filters make one output.
 *
 *   state[f] = the last products of filter f, newest last;  output[u] = activate(sum over its filters + bias[u]) */
#ifndef LN_KERNELS_SVDF_H_
#define LN_KERNELS_SVDF_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernels/generic/activate.h"
#include "kernels/generic/mixed_matvec.h"

typedef struct ln_svdf_sizes {
  size_t inputs, filters, memory, rank; /* filters is a multiple of rank */
} ln_svdf_sizes;

/* Elements in brackets; the floats are used by the float form, s8 only by its int8 weights. */
typedef struct ln_svdf_scratch {
  float* products; /* [filters] */
  int32_t* sums;   /* [filters] */
  int16_t* s16;    /* [inputs] */
  int8_t* s8;      /* [inputs] */
} ln_svdf_scratch;

typedef struct ln_svdf_f32 {
  ln_svdf_sizes sizes;
  ln_mixed_matrix features, time; /* [filters, inputs], [filters, memory] */
  const float* bias;              /* may be NULL */
  bool asymmetric;
  ln_activation activation;
} ln_svdf_f32;

void ln_svdf_step_f32(const ln_svdf_f32* svdf, const ln_svdf_scratch* scratch, const float* input, float* state,
                      float* output);

/* Integers with the reference's bits; the output's range is the only activation. */
typedef struct ln_svdf_s16 {
  ln_svdf_sizes sizes;
  const int8_t* features;
  const int16_t* time;
  const int32_t* bias; /* may be NULL */
  int32_t input_zero_point, output_zero_point;
  int32_t state_multiplier, output_multiplier;
  int state_shift, output_shift;
} ln_svdf_s16;

void ln_svdf_step_s16(const ln_svdf_s16* svdf, const ln_svdf_scratch* scratch, const int8_t* input, int16_t* state,
                      int8_t* output);

#endif
