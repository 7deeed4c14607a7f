/* Windows of a picture of bytes as rows of a matrix, as bytes or widened: im2col.h. Stretches of a line that lie
 * together are copied at once; short ones, as of pictures with three channels, by two words that overlap. */
#include <stdbool.h>
#include <string.h>

#include "base/compiler.h"
#include "kernels/generic/im2col.h"

/* ---- Bytes ---- */

LN_INLINE uint64_t load8(const uint8_t* p) {
  uint64_t x;
  memcpy(&x, p, sizeof x);
  return x;
}

LN_INLINE void flip8(uint8_t* out, const uint8_t* in, uint64_t flip) {
  const uint64_t x = load8(in) ^ flip;
  memcpy(out, &x, sizeof x);
}

LN_INLINE void flip4(uint8_t* out, const uint8_t* in, uint64_t flip) {
  uint32_t x;
  memcpy(&x, in, sizeof x);
  x ^= (uint32_t)flip;
  memcpy(out, &x, sizeof x);
}

LN_INLINE uint8_t* copy_bytes(const uint8_t* in, size_t count, uint64_t flip, uint8_t* out) {
  size_t i = 0;
  if (count >= 8) {
    for (; i + 32 <= count; i += 32) {
      flip8(out + i, in + i, flip);
      flip8(out + i + 8, in + i + 8, flip);
      flip8(out + i + 16, in + i + 16, flip);
      flip8(out + i + 24, in + i + 24, flip);
    }
    for (; i + 8 <= count; i += 8) flip8(out + i, in + i, flip);
    if (i < count) flip8(out + count - 8, in + count - 8, flip);
  } else if (count >= 4) {
    flip4(out, in, flip);
    flip4(out + count - 4, in + count - 4, flip);
  } else {
    for (; i < count; ++i) out[i] = (uint8_t)(in[i] ^ flip);
  }
  return out + count;
}

LN_INLINE uint8_t* fill_bytes(uint8_t value, size_t count, uint8_t* out) {
  memset(out, value, count);
  return out + count;
}

/* ---- Widened ---- */

LN_INLINE void widen8(int16_t* out, const uint8_t* in, uint64_t flip) {
  const uint64_t x = load8(in) ^ flip;
  uint8_t bytes[8];
  memcpy(bytes, &x, sizeof x);
  for (size_t i = 0; i < 8; ++i) out[i] = bytes[i];
}

LN_INLINE int16_t* copy_words(const uint8_t* in, size_t count, uint64_t flip, int16_t* out) {
  size_t i = 0;
  if (count >= 8) {
    for (; i + 8 <= count; i += 8) widen8(out + i, in + i, flip);
    if (i < count) widen8(out + count - 8, in + count - 8, flip);
  } else {
    for (; i < count; ++i) out[i] = (int16_t)(in[i] ^ (uint8_t)flip);
  }
  return out + count;
}

LN_INLINE int16_t* fill_words(uint8_t value, size_t count, int16_t* out) {
  for (size_t i = 0; i < count; ++i) out[i] = value;
  return out + count;
}

/* The walk, written once for both. */
#define LN_IM2COL_Q8(suffix, out_type)                                                                               \
  LN_INLINE out_type* line_##suffix(const ln_im2col* s, const uint8_t* line, int64_t x, uint8_t fill, uint64_t flip, \
                                    out_type* out) {                                                                 \
    const size_t channels = s->channels;                                                                             \
    if (s->dilation_x == 1 && channels == s->pixel_stride) {                                                         \
      const int64_t begin = x < 0 ? (-x < s->filter_width ? -x : s->filter_width) : 0;                               \
      const int64_t room = s->in_width - x;                                                                          \
      const int64_t limit = room < s->filter_width ? room : s->filter_width;                                         \
      const int64_t end = limit > begin ? limit : begin;                                                             \
      if (begin > 0) out = fill_##suffix(fill, (size_t)begin * channels, out);                                       \
      if (end > begin)                                                                                               \
        out = copy_##suffix(line + (size_t)(x + begin) * channels, (size_t)(end - begin) * channels, flip, out);     \
      return end < s->filter_width ? fill_##suffix(fill, (size_t)(s->filter_width - end) * channels, out) : out;     \
    }                                                                                                                \
    for (int32_t kx = 0; kx < s->filter_width; ++kx, x += s->dilation_x) {                                           \
      if (x >= 0 && x < s->in_width)                                                                                 \
        out = copy_##suffix(line + (size_t)x * s->pixel_stride, channels, flip, out);                                \
      else                                                                                                           \
        out = fill_##suffix(fill, channels, out);                                                                    \
    }                                                                                                                \
    return out;                                                                                                      \
  }                                                                                                                  \
  static void gather_##suffix(const ln_im2col* s, const uint8_t* in, const int16_t* fill, size_t fill_step,          \
                              uint64_t flip, size_t first, size_t count, out_type* out, size_t out_stride) {         \
    const size_t width = (size_t)s->grid_width, height = (size_t)s->grid_height;                                     \
    const size_t row_stride = (size_t)s->in_width * s->pixel_stride;                                                 \
    size_t x = first % width, y = first / width % height, image = first / width / height;                            \
    for (size_t m = 0; m < count; ++m, out += out_stride) {                                                          \
      const int64_t y0 = s->origin_y + (int64_t)y * s->stride_y, x0 = s->origin_x + (int64_t)x * s->stride_x;        \
      const uint8_t* picture = in + image * (size_t)s->in_height * row_stride;                                       \
      const uint8_t outside = (uint8_t)(fill[image * fill_step] + 128);                                              \
      out_type* next = out;                                                                                          \
      for (int32_t ky = 0; ky < s->filter_height; ++ky) {                                                            \
        const int64_t line = y0 + (int64_t)ky * s->dilation_y;                                                       \
        if (line >= 0 && line < s->in_height)                                                                        \
          next = line_##suffix(s, picture + (size_t)line * row_stride, x0, outside, flip, next);                     \
        else                                                                                                         \
          next = fill_##suffix(outside, (size_t)s->filter_width * s->channels, next);                                \
      }                                                                                                              \
      for (; next < out + out_stride; ++next) *next = 0;                                                             \
      if (++x == width) {                                                                                            \
        x = 0;                                                                                                       \
        if (++y == height) {                                                                                         \
          y = 0;                                                                                                     \
          ++image;                                                                                                   \
        }                                                                                                            \
      }                                                                                                              \
    }                                                                                                                \
  }

LN_IM2COL_Q8(bytes, uint8_t)
LN_IM2COL_Q8(words, int16_t)

static uint64_t eight_of(uint8_t flip) { return flip * UINT64_C(0x0101010101010101); }

void ln_im2col_q8(const ln_im2col* shape, const uint8_t* in, const int16_t* fill, size_t fill_step, uint8_t flip,
                  size_t first, size_t count, uint8_t* out, size_t out_stride) {
  gather_bytes(shape, in, fill, fill_step, eight_of(flip), first, count, out, out_stride);
}

void ln_im2col_q8_wide(const ln_im2col* shape, const uint8_t* in, const int16_t* fill, size_t fill_step, uint8_t flip,
                       size_t first, size_t count, int16_t* out, size_t out_stride) {
  gather_words(shape, in, fill, fill_step, eight_of(flip), first, count, out, out_stride);
}

void ln_copy_q8(const uint8_t* in, size_t count, uint8_t flip, uint8_t* out) {
  copy_bytes(in, count, eight_of(flip), out);
}

void ln_copy_q8_wide(const uint8_t* in, size_t count, uint8_t flip, int16_t* out) {
  copy_words(in, count, eight_of(flip), out);
}

/* Zeros are written as a word, of which the pixel then covers some. */
void ln_copy_pixels_q8(const uint8_t* in, size_t pixels, size_t count, size_t stride, uint8_t flip, uint8_t* out,
                       size_t out_stride) {
  const uint64_t flips = eight_of(flip), none = 0;
  const size_t gap = out_stride - count;
  const bool by_word = gap > 0 && gap <= sizeof none && out_stride >= sizeof none;
  for (size_t i = 0; i < pixels; ++i, in += stride, out += out_stride) {
    if (by_word)
      memcpy(out + out_stride - sizeof none, &none, sizeof none);
    else if (gap > 0)
      memset(out + count, 0, gap);
    copy_bytes(in, count, flips, out);
  }
}
