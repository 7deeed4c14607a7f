/* Normalizing floats by their size or by mean and variance, as language models and picture generators do. */
#ifndef LN_KERNELS_NORMALIZE_H_
#define LN_KERNELS_NORMALIZE_H_

#include <stdbool.h>
#include <stddef.h>

/* Rows of `depth` elements: x / sqrt(sum of squares (their mean unless `sums`) + epsilon) * scale[i]; scale NULL: 1. */
void ln_rms_norm_f32_ref(const float* in, size_t rows, size_t depth, float epsilon, bool sums, const float* scale,
                         float* out);

/* [batch][outer][channels][inner], the channels in `groups`: (x - mean) / sqrt(variance + epsilon) * scale + bias, mean
 * and variance over all elements of an image's group, scale and bias by channel or NULL. One image, one group. */
typedef struct ln_group_shape {
  size_t outer, channels, inner, groups;
} ln_group_shape;
void ln_group_norm_f32_ref(const ln_group_shape* shape, const float* in, size_t group, float epsilon,
                           const float* scale, const float* bias, float* out);

/* Rows of `depth` elements, (x - mean) / sqrt(variance + epsilon) * scale + shift by channel, as graphs write it down:
 * x * f + (shift - mean * f), or `centered` (x - mean) * f + shift, with f = 1 / sqrt(variance + epsilon) * scale.
 * scale NULL: 1; shift NULL: 0. */
typedef struct ln_layer_norm {
  float epsilon;
  const float *scale, *shift;
  bool centered;
} ln_layer_norm;
void ln_layer_norm_f32_ref(const ln_layer_norm* norm, const float* in, size_t rows, size_t depth, float* out);

#endif
