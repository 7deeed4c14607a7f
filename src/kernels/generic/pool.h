/* Pooling over [N,H,W,C]: each output element from a window of one channel; pixels outside the picture do not count. */
#ifndef LN_KERNELS_POOL_H_
#define LN_KERNELS_POOL_H_

#include <stdbool.h>
#include <stdint.h>

typedef struct ln_pool_shape {
  int32_t batch, in_height, in_width, channels;
  int32_t out_height, out_width;
  int32_t filter_height, filter_width, stride_height, stride_width;
  int32_t pad_top, pad_left;
} ln_pool_shape;

/* `square`: the root of the mean of squares instead of the mean. Results are clamped to [low, high]. */
void ln_average_pool_f32_ref(const ln_pool_shape* shape, const float* in, float* out, float low, float high,
                             bool square);
void ln_max_pool_f32_ref(const ln_pool_shape* shape, const float* in, float* out, float low, float high);

/* Integer means are rounded half away from zero. A window's sum must fit 32 bits. */
void ln_average_pool_qu8_ref(const ln_pool_shape* shape, const uint8_t* in, uint8_t* out, int32_t low, int32_t high);
void ln_average_pool_qs8_ref(const ln_pool_shape* shape, const int8_t* in, int8_t* out, int32_t low, int32_t high);
void ln_average_pool_qs16_ref(const ln_pool_shape* shape, const int16_t* in, int16_t* out, int32_t low, int32_t high);
void ln_max_pool_qu8_ref(const ln_pool_shape* shape, const uint8_t* in, uint8_t* out, int32_t low, int32_t high);
void ln_max_pool_qs8_ref(const ln_pool_shape* shape, const int8_t* in, int8_t* out, int32_t low, int32_t high);
void ln_max_pool_qs16_ref(const ln_pool_shape* shape, const int16_t* in, int16_t* out, int32_t low, int32_t high);

#endif
