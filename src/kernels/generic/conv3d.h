/* Convolutions over volumes [D,H,W,C] and their transposes, one line of results at a time, so that the lines can be
 * shared out. Sums are made in the order of the definition: taps, then channels. Pointers, sizes and numbers only. */
#ifndef LN_KERNELS_CONV3D_H_
#define LN_KERNELS_CONV3D_H_

#include <stddef.h>
#include <stdint.h>

/* By axis: depth, height, width. Output place o meets input place o * stride - pad + k * dilation with tap k; in the
 * transpose input and output change places. */
typedef struct ln_conv3d {
  int32_t in[3], out[3], filter[3], stride[3], dilation[3], pad[3];
  size_t in_channels, out_channels;
  float low, high;
} ln_conv3d;

/* Line (batch, d, y) of the output, number `line` of them. `filter` is [D,H,W,in,out], `bias` [out] or NULL. */
void ln_conv3d_line_f32(const ln_conv3d* c, const float* in, const float* filter, const float* bias, size_t line,
                        float* out);
/* `filter` is [D,H,W,out,in]. */
void ln_tconv3d_line_f32(const ln_conv3d* c, const float* in, const float* filter, const float* bias, size_t line,
                         float* out);

#endif
