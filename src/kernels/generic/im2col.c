#include "kernels/generic/im2col.h"

#include <string.h>

/* The walk is written once as a template: LN_KEEP(x) turns an input element into one of the matrix. */
#define LN_IM2COL(suffix, in_type, out_type, LN_KEEP)                                                                 \
  static out_type* copy_##suffix(const in_type* in, size_t count, out_type* out) {                                    \
    for (size_t i = 0; i < count; ++i) out[i] = LN_KEEP(in[i]);                                                       \
    return out + count;                                                                                               \
  }                                                                                                                   \
  static out_type* fill_##suffix(out_type value, size_t count, out_type* out) {                                       \
    for (size_t i = 0; i < count; ++i) out[i] = value;                                                                \
    return out + count;                                                                                               \
  }                                                                                                                   \
  static out_type* line_##suffix(const ln_im2col* s, const in_type* line, int64_t x, out_type fill, out_type* out) {  \
    if (s->dilation_x == 1 && s->channels == s->pixel_stride) {                                                       \
      const int64_t begin = x < 0 ? (-x < s->filter_width ? -x : s->filter_width) : 0;                                \
      const int64_t room = s->in_width - x;                                                                           \
      const int64_t limit = room < s->filter_width ? room : s->filter_width;                                          \
      const int64_t end = limit > begin ? limit : begin;                                                              \
      out = fill_##suffix(fill, (size_t)begin * s->channels, out);                                                    \
      if (end > begin)                                                                                                \
        out = copy_##suffix(line + (size_t)(x + begin) * s->channels, (size_t)(end - begin) * s->channels, out);      \
      return fill_##suffix(fill, (size_t)(s->filter_width - end) * s->channels, out);                                 \
    }                                                                                                                 \
    for (int32_t kx = 0; kx < s->filter_width; ++kx, x += s->dilation_x) {                                            \
      if (x >= 0 && x < s->in_width)                                                                                  \
        out = copy_##suffix(line + (size_t)x * s->pixel_stride, s->channels, out);                                    \
      else                                                                                                            \
        out = fill_##suffix(fill, s->channels, out);                                                                  \
    }                                                                                                                 \
    return out;                                                                                                       \
  }                                                                                                                   \
  static out_type* window_##suffix(const ln_im2col* s, const in_type* picture, int64_t y0, int64_t x0, out_type fill, \
                                   out_type* out) {                                                                   \
    const size_t row_stride = (size_t)s->in_width * s->pixel_stride;                                                  \
    for (int32_t ky = 0; ky < s->filter_height; ++ky) {                                                               \
      const int64_t y = y0 + (int64_t)ky * s->dilation_y;                                                             \
      if (y >= 0 && y < s->in_height)                                                                                 \
        out = line_##suffix(s, picture + (size_t)y * row_stride, x0, fill, out);                                      \
      else                                                                                                            \
        out = fill_##suffix(fill, (size_t)s->filter_width * s->channels, out);                                        \
    }                                                                                                                 \
    return out;                                                                                                       \
  }                                                                                                                   \
  static out_type* block_##suffix(const ln_im2col* s, const in_type* volume, int64_t z, int64_t y0, int64_t x0,       \
                                  out_type fill, out_type* out) {                                                     \
    const size_t plane = (size_t)s->in_height * (size_t)s->in_width * s->pixel_stride;                                \
    const size_t window = (size_t)s->filter_height * (size_t)s->filter_width * s->channels;                           \
    for (int32_t kz = 0; kz < s->depth->filter; ++kz, z += s->depth->dilation) {                                      \
      if (z >= 0 && z < s->depth->in)                                                                                 \
        out = window_##suffix(s, volume + (size_t)z * plane, y0, x0, fill, out);                                      \
      else                                                                                                            \
        out = fill_##suffix(fill, window, out);                                                                       \
    }                                                                                                                 \
    return out;                                                                                                       \
  }                                                                                                                   \
  static void gather_##suffix(const ln_im2col* s, const in_type* in, const out_type* fill, size_t fill_step,          \
                              size_t first, size_t count, out_type* out, size_t out_stride) {                         \
    const size_t width = (size_t)s->grid_width, height = (size_t)s->grid_height;                                      \
    const size_t picture = (size_t)s->in_height * (size_t)s->in_width * s->pixel_stride;                              \
    for (size_t m = first; m < first + count; ++m, out += out_stride) {                                               \
      const size_t image = m / width / height;                                                                        \
      const int64_t y0 = s->origin_y + (int64_t)(m / width % height) * s->stride_y;                                   \
      const int64_t x0 = s->origin_x + (int64_t)(m % width) * s->stride_x;                                            \
      const ln_im2col_depth* d = s->depth;                                                                            \
      out_type* next = out;                                                                                           \
      if (d == NULL) {                                                                                                \
        next = window_##suffix(s, in + image * picture, y0, x0, fill[image * fill_step], next);                       \
      } else {                                                                                                        \
        const size_t volume = image / (size_t)d->grid, plane = image % (size_t)d->grid;                               \
        next = block_##suffix(s, in + volume * (size_t)d->in * picture, d->origin + (int64_t)plane * d->stride, y0,   \
                              x0, fill[volume * fill_step], next);                                                    \
      }                                                                                                               \
      fill_##suffix(0, (size_t)(out + out_stride - next), next);                                                      \
    }                                                                                                                 \
  }

#define LN_AS_IT_IS(x) (x)
#define LN_LESS_128(x) ((int16_t)((x)-128))

LN_IM2COL(f32, float, float, LN_AS_IT_IS)
LN_IM2COL(s8, int8_t, int16_t, LN_AS_IT_IS)
LN_IM2COL(u8, uint8_t, int16_t, LN_LESS_128)
LN_IM2COL(s16, int16_t, int16_t, LN_AS_IT_IS)

void ln_im2col_f32(const ln_im2col* shape, const float* in, size_t first, size_t count, float* out, size_t out_stride) {
  const float zero = 0.0f;
  gather_f32(shape, in, &zero, 0, first, count, out, out_stride);
}

void ln_im2col_s8(const ln_im2col* shape, const int8_t* in, const int16_t* fill, size_t fill_step, size_t first,
                  size_t count, int16_t* out, size_t out_stride) {
  gather_s8(shape, in, fill, fill_step, first, count, out, out_stride);
}

void ln_im2col_u8(const ln_im2col* shape, const uint8_t* in, const int16_t* fill, size_t fill_step, size_t first,
                  size_t count, int16_t* out, size_t out_stride) {
  gather_u8(shape, in, fill, fill_step, first, count, out, out_stride);
}

void ln_im2col_s16(const ln_im2col* shape, const int16_t* in, const int16_t* fill, size_t fill_step, size_t first,
                   size_t count, int16_t* out, size_t out_stride) {
  gather_s16(shape, in, fill, fill_step, first, count, out, out_stride);
}

void ln_copy_pixels_f32(const float* in, size_t pixels, size_t count, size_t stride, float* out) {
  for (size_t i = 0; i < pixels; ++i, in += stride, out += count) memcpy(out, in, count * sizeof *out);
}
