/* Depthwise convolution over [N,H,W,C]: each input channel has `multiplier` filters of its own; output channel
 * c * multiplier + m. Filters are [h,w,C * multiplier]. Pixels outside the picture count as real zeros. */
#ifndef LN_KERNELS_DWCONV_H_
#define LN_KERNELS_DWCONV_H_

#include <stddef.h>
#include <stdint.h>

#include "kernels/generic/conv_numbers.h"

typedef struct ln_dwconv_shape {
  int32_t in_height, in_width, channels, multiplier;
  int32_t out_height, out_width;
  int32_t filter_height, filter_width, stride_y, stride_x, dilation_y, dilation_x;
  int32_t pad_top, pad_left;
} ln_dwconv_shape;

/* One row of the output: out [out_width, C * multiplier] from the image at `in`. */
void ln_dwconv_f32_ref(const ln_dwconv_shape* shape, int32_t row, const float* in, const float* weights,
                       const float* bias, float low, float high, float* out);
void ln_dwconv_qs8_ref(const ln_dwconv_shape* shape, int32_t row, const int8_t* in, const int8_t* weights,
                       const ln_conv_quantized* params, int8_t* out);
void ln_dwconv_qu8_ref(const ln_dwconv_shape* shape, int32_t row, const uint8_t* in, const uint8_t* weights,
                       const ln_conv_quantized* params, uint8_t* out);
/* 64-bit sums; `bias` has 64 bits and may be NULL, that of `params` is not used. */
void ln_dwconv_qs16_ref(const ln_dwconv_shape* shape, int32_t row, const int16_t* in, const int8_t* weights,
                        const int64_t* bias, const ln_conv_quantized* params, int16_t* out);

void ln_dwconv_hybrid_ref(const ln_dwconv_shape* shape, int32_t row, const int8_t* in, const int8_t* weights,
                          const ln_conv_hybrid* params, float* out);

#endif
