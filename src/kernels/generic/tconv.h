/* Transposed convolution over [N,H,W,C]: output pixel (y, x) gathers the input pixels whose windows, `stride` apart,
 * cover it. Filters are [O,h,w,C]. */
#ifndef LN_KERNELS_TCONV_H_
#define LN_KERNELS_TCONV_H_

#include <stddef.h>
#include <stdint.h>

#include "kernels/generic/conv_numbers.h"

typedef struct ln_tconv_shape {
  int32_t in_height, in_width, channels;
  int32_t out_height, out_width, outputs;
  int32_t filter_height, filter_width, stride_y, stride_x, pad_top, pad_left;
} ln_tconv_shape;

/* One row of the output from the image at `in`. */
void ln_tconv_f32_ref(const ln_tconv_shape* shape, int32_t row, const float* in, const float* weights,
                      const float* bias, float low, float high, float* out);
void ln_tconv_qs8_ref(const ln_tconv_shape* shape, int32_t row, const int8_t* in, const int8_t* weights,
                      const ln_conv_quantized* params, int8_t* out);
void ln_tconv_qu8_ref(const ln_tconv_shape* shape, int32_t row, const uint8_t* in, const uint8_t* weights,
                      const ln_conv_quantized* params, uint8_t* out);
/* As for 8 bits: 32-bit sums, the bias of `params`. */
void ln_tconv_qs16_narrow_ref(const ln_tconv_shape* shape, int32_t row, const int16_t* in, const int8_t* weights,
                              const ln_conv_quantized* params, int16_t* out);
/* 64-bit sums; `bias` has 64 bits and may be NULL, that of `params` is not used. */
void ln_tconv_qs16_ref(const ln_tconv_shape* shape, int32_t row, const int16_t* in, const int8_t* weights,
                       const int64_t* bias, const ln_conv_quantized* params, int16_t* out);

void ln_tconv_hybrid_ref(const ln_tconv_shape* shape, int32_t row, const int8_t* in, const int8_t* weights,
                         const ln_conv_hybrid* params, float* out);

#endif
