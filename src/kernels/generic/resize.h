/* Resizing pictures [N,H,W,C]. Heights and widths are 1 to 2^20 - 1. */
#ifndef LN_KERNELS_RESIZE_H_
#define LN_KERNELS_RESIZE_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct ln_resize_shape {
  int32_t batch, in_height, in_width, channels, out_height, out_width;
  bool align_corners;         /* the corners' centres fall together */
  bool half_pixel;            /* the pixels' areas, not their numbers, are scaled */
  int32_t first_row, end_row; /* these rows of every picture of the output are made, where they belong */
} ln_resize_shape;

/* Positions and weights in float; uint8 is rounded by adding a half and cutting. */
void ln_resize_bilinear_f32_ref(const ln_resize_shape* shape, const float* in, float* out);
void ln_resize_bilinear_u8_ref(const ln_resize_shape* shape, const uint8_t* in, uint8_t* out);
/* Positions and weights with 10 bits of fraction; rounded half away from zero. */
void ln_resize_bilinear_s8_ref(const ln_resize_shape* shape, const int8_t* in, int8_t* out);
void ln_resize_bilinear_s16_ref(const ln_resize_shape* shape, const int16_t* in, int16_t* out);

void ln_resize_nearest_ref(const ln_resize_shape* shape, const void* in, void* out, size_t element_bytes);

#endif
