/* Maxima of windows with their places, and the way back: values put where the maxima stood, zeros elsewhere. Pictures
 * are [N,H,W,C]. */
#ifndef LN_KERNELS_UNPOOL_H_
#define LN_KERNELS_UNPOOL_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernels/generic/pool.h"

/* Each window's maximum, clamped, and its place in the window, row by row: 0.1 above the whole number, so that it can
 * be cut off. NaN is no maximum. */
void ln_max_pool_argmax_f32_ref(const ln_pool_shape* shape, const float* in, float low, float high, float* out,
                                float* places);

/* `shape` is that of the pooling that is undone: `in` and `places` are its outputs, [out_height, out_width], and `out`
 * has its input's size. Places outside the picture are left out. */
void ln_unpool_window_f32_ref(const ln_pool_shape* shape, const float* in, const float* places, float* out);

/* Places in the whole picture, over height, width and channels; each must lie in it. */
void ln_unpool_picture_f32_ref(const float* in, const int32_t* places, size_t batch, size_t in_count, size_t out_count,
                               float* out);

#endif
