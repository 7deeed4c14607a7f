#include "kernels/generic/resize.h"

#include <math.h>
#include <string.h>

/* A position in the input between pixels `low` and `high`, at `fraction` of the way (which may leave 0..1 at the
 * edges). */
typedef struct position_f32 {
  int32_t low, high;
  float fraction;
} position_f32;

/* In pixels. */
static size_t row_of(const ln_resize_shape* s, int32_t image, int32_t row) {
  return ((size_t)image * (size_t)s->out_height + (size_t)row) * (size_t)s->out_width;
}

static float scale_of(int32_t in, int32_t out, bool align_corners) {
  return align_corners && out > 1 ? (float)(in - 1) / (float)(out - 1) : (float)in / (float)out;
}

static position_f32 position_at(int32_t index, float scale, bool half_pixel, int32_t size) {
  const float at = half_pixel ? ((float)index + 0.5f) * scale - 0.5f : (float)index * scale;
  position_f32 p;
  p.low = at < 0 ? 0 : (int32_t)floorf(at);
  p.high = (int32_t)ceilf(at);
  if (p.high > size - 1) p.high = size - 1;
  if (p.low > size - 1) p.low = size - 1;
  if (p.high < 0) p.high = 0;
  p.fraction = at - (float)p.low;
  return p;
}

#define LN_BILINEAR_FLOAT(type, rounding)                                                                              \
  const float y_scale = scale_of(s->in_height, s->out_height, s->align_corners);                                       \
  const float x_scale = scale_of(s->in_width, s->out_width, s->align_corners);                                         \
  const size_t depth = (size_t)s->channels, line = (size_t)s->in_width * depth;                                        \
  for (int32_t n = 0; n < s->batch; ++n, in += (size_t)s->in_height * line)                                            \
    for (int32_t i = s->first_row; i < s->end_row; ++i) {                                                              \
      type* to = out + row_of(s, n, i) * depth;                                                                        \
      const position_f32 y = position_at(i, y_scale, s->half_pixel, s->in_height);                                     \
      for (int32_t k = 0; k < s->out_width; ++k, to += depth) {                                                        \
        const position_f32 x = position_at(k, x_scale, s->half_pixel, s->in_width);                                    \
        const type* a = in + (size_t)y.low * line + (size_t)x.low * depth;                                             \
        const type* b = in + (size_t)y.high * line + (size_t)x.low * depth;                                            \
        const type* c = in + (size_t)y.low * line + (size_t)x.high * depth;                                            \
        const type* d = in + (size_t)y.high * line + (size_t)x.high * depth;                                           \
        for (size_t j = 0; j < depth; ++j)                                                                             \
          to[j] =                                                                                                      \
              (type)((float)a[j] * (1 - y.fraction) * (1 - x.fraction) + (float)b[j] * y.fraction * (1 - x.fraction) + \
                     (float)c[j] * (1 - y.fraction) * x.fraction + (float)d[j] * y.fraction * x.fraction + rounding);  \
      }                                                                                                                \
    }

void ln_resize_bilinear_f32_ref(const ln_resize_shape* s, const float* in, float* out) {
  LN_BILINEAR_FLOAT(float, 0.0f)
}

void ln_resize_bilinear_u8_ref(const ln_resize_shape* s, const uint8_t* in, uint8_t* out) {
  LN_BILINEAR_FLOAT(uint8_t, 0.5f)
}

typedef struct position_q10 {
  int32_t low, high;
  int64_t fraction; /* 1024 is the distance of two pixels */
} position_q10;

static int64_t scale_q10(int32_t in, int32_t out, bool align_corners) {
  if (align_corners && out > 1) return (1024 * (int64_t)(in - 1) + (out - 1) / 2) / (out - 1);
  return (1024 * (int64_t)in + out / 2) / out;
}

static position_q10 position_q10_at(int32_t index, int64_t scale, bool half_pixel, int32_t size) {
  const int64_t at = half_pixel ? index * scale + scale / 2 - 512 : index * scale;
  int64_t low = at / 1024, high = (at + 1023) / 1024;
  if (low < 0) low = 0;
  if (low > size - 1) low = size - 1;
  if (high > size - 1) high = size - 1;
  if (high < 0) high = 0;
  return (position_q10){(int32_t)low, (int32_t)high, at - 1024 * low};
}

#define LN_BILINEAR_Q10(type)                                                                                     \
  const int64_t y_scale = scale_q10(s->in_height, s->out_height, s->align_corners);                               \
  const int64_t x_scale = scale_q10(s->in_width, s->out_width, s->align_corners);                                 \
  const size_t depth = (size_t)s->channels, line = (size_t)s->in_width * depth;                                   \
  for (int32_t n = 0; n < s->batch; ++n, in += (size_t)s->in_height * line)                                       \
    for (int32_t i = s->first_row; i < s->end_row; ++i) {                                                         \
      type* to = out + row_of(s, n, i) * depth;                                                                   \
      const position_q10 y = position_q10_at(i, y_scale, s->half_pixel, s->in_height);                            \
      for (int32_t k = 0; k < s->out_width; ++k, to += depth) {                                                   \
        const position_q10 x = position_q10_at(k, x_scale, s->half_pixel, s->in_width);                           \
        const type* a = in + (size_t)y.low * line + (size_t)x.low * depth;                                        \
        const type* b = in + (size_t)y.high * line + (size_t)x.low * depth;                                       \
        const type* c = in + (size_t)y.low * line + (size_t)x.high * depth;                                       \
        const type* d = in + (size_t)y.high * line + (size_t)x.high * depth;                                      \
        for (size_t j = 0; j < depth; ++j) {                                                                      \
          const int64_t sum = a[j] * (1024 - y.fraction) * (1024 - x.fraction) +                                  \
                              b[j] * y.fraction * (1024 - x.fraction) + c[j] * (1024 - y.fraction) * x.fraction + \
                              d[j] * y.fraction * x.fraction;                                                     \
          to[j] = (type)((sum + (sum > 0 ? 1 << 19 : -(1 << 19))) / (1 << 20));                                   \
        }                                                                                                         \
      }                                                                                                           \
    }

void ln_resize_bilinear_s8_ref(const ln_resize_shape* s, const int8_t* in, int8_t* out) { LN_BILINEAR_Q10(int8_t) }

void ln_resize_bilinear_s16_ref(const ln_resize_shape* s, const int16_t* in, int16_t* out) { LN_BILINEAR_Q10(int16_t) }

static int32_t nearest_at(int32_t index, float scale, const ln_resize_shape* s, int32_t size) {
  const float at = ((float)index + (s->half_pixel ? 0.5f : 0.0f)) * scale;
  int32_t nearest = s->align_corners ? (int32_t)roundf(at) : (int32_t)floorf(at);
  if (nearest > size - 1) nearest = size - 1;
  return nearest < 0 ? 0 : nearest;
}

/* Columns in blocks, whose places are computed once. A row of the output that shows what the one before it does is
 * copied from there. */
void ln_resize_nearest_ref(const ln_resize_shape* s, const void* in, void* out, size_t element_bytes) {
  enum { BLOCK = 256 };
  const float y_scale = scale_of(s->in_height, s->out_height, s->align_corners);
  const float x_scale = scale_of(s->in_width, s->out_width, s->align_corners);
  const size_t depth = (size_t)s->channels * element_bytes, line = (size_t)s->in_width * depth;
  const size_t width = (size_t)s->out_width, out_line = width * depth;
  for (size_t first = 0; first < width; first += BLOCK) {
    const size_t count = width - first < BLOCK ? width - first : BLOCK;
    size_t columns[BLOCK];
    for (size_t k = 0; k < count; ++k)
      columns[k] = (size_t)nearest_at((int32_t)(first + k), x_scale, s, s->in_width) * depth;
    for (int32_t n = 0; n < s->batch; ++n) {
      int32_t before = -1;
      for (int32_t i = s->first_row; i < s->end_row; ++i) {
        const int32_t y = nearest_at(i, y_scale, s, s->in_height);
        char* to = (char*)out + (row_of(s, n, i) + first) * depth;
        const char* row = (const char*)in + ((size_t)n * (size_t)s->in_height + (size_t)y) * line;
        if (y == before)
          memcpy(to, to - out_line, count * depth);
        else
          for (size_t k = 0; k < count; ++k) memcpy(to + k * depth, row + columns[k], depth);
        before = y;
      }
    }
  }
}
