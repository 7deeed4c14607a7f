/* Windows of a picture as rows of a matrix: what turns a convolution into a matrix product, some rows at a time. Knows
 * pointers, sizes and strides only. */
#ifndef LN_KERNELS_IM2COL_H_
#define LN_KERNELS_IM2COL_H_

#include <stddef.h>
#include <stdint.h>

/* Row m of the matrix is grid point (image, y, x), x fastest. Its element (ky, kx, c) is the picture's pixel
 * (origin + grid * stride + k * dilation) in both directions, channel c; a fill value where that lies outside.
 * A transposed convolution has a dilation of -1. Strides in elements. */
typedef struct ln_im2col_depth {
  int32_t in, grid, filter, stride, dilation, origin;
} ln_im2col_depth;

typedef struct ln_im2col {
  int32_t in_height, in_width;
  size_t channels;     /* taken of each pixel */
  size_t pixel_stride; /* all channels of a pixel */
  int32_t grid_height, grid_width;
  int32_t filter_height, filter_width;
  int32_t stride_y, stride_x, dilation_y, dilation_x, origin_y, origin_x;
  const ln_im2col_depth* depth; /* the same for a third direction, outside of y; NULL: pictures (and always of bytes) */
} ln_im2col;

/* Rows first … first + count - 1; `out_stride` is at least filter_height * filter_width * channels, and what lies
 * between is set to 0. */
void ln_im2col_f32(const ln_im2col* shape, const float* in, size_t first, size_t count, float* out, size_t out_stride);

/* Widened to int16. `fill[image * fill_step]` is the value outside. uint8 values are stored less 128 (and so must the
 * fill be given). */
void ln_im2col_s8(const ln_im2col* shape, const int8_t* in, const int16_t* fill, size_t fill_step, size_t first,
                  size_t count, int16_t* out, size_t out_stride);
void ln_im2col_u8(const ln_im2col* shape, const uint8_t* in, const int16_t* fill, size_t fill_step, size_t first,
                  size_t count, int16_t* out, size_t out_stride);
void ln_im2col_s16(const ln_im2col* shape, const int16_t* in, const int16_t* fill, size_t fill_step, size_t first,
                   size_t count, int16_t* out, size_t out_stride);

/* Bytes, as bytes or widened to int16; each is stored after an exclusive or with `flip` (0x80 turns int8 into uint8,
 * moved up by 128). The fill is given less 128, as above. */
void ln_im2col_q8(const ln_im2col* shape, const uint8_t* in, const int16_t* fill, size_t fill_step, uint8_t flip,
                  size_t first, size_t count, uint8_t* out, size_t out_stride);
void ln_im2col_q8_wide(const ln_im2col* shape, const uint8_t* in, const int16_t* fill, size_t fill_step, uint8_t flip,
                       size_t first, size_t count, int16_t* out, size_t out_stride);

/* `count` values of each of some pixels, which lie `stride` apart. */
void ln_copy_pixels_f32(const float* in, size_t pixels, size_t count, size_t stride, float* out);
/* In `out` they lie out_stride apart, with zeros between. */
void ln_copy_pixels_q8(const uint8_t* in, size_t pixels, size_t count, size_t stride, uint8_t flip, uint8_t* out,
                       size_t out_stride);

/* `count` bytes in the same manner. */
void ln_copy_q8(const uint8_t* in, size_t count, uint8_t flip, uint8_t* out);
void ln_copy_q8_wide(const uint8_t* in, size_t count, uint8_t flip, int16_t* out);

#endif
