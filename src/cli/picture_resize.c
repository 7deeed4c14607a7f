/* Resizing and grey. Positions and sums are computed in the precision of the programs whose results are matched: floats
 * for bilinear and doubles for the others, in their order, since a picture has many ties that rounding decides. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "picture.h"

static bool allocate_like(picture* to, int width, int height, int channels) {
  const char* why;
  *to = (picture){0};
  return picture_allocate(to, width, height, channels, &why);
}

static const uint8_t* pixel(const picture* p, int y, int x) {
  return p->pixels + ((size_t)y * (size_t)p->width + (size_t)x) * (size_t)p->channels;
}

static void resize_nearest(const picture* from, picture* to) {
  uint8_t* out = to->pixels;
  for (int y = 0; y < to->height; ++y)
    for (int x = 0; x < to->width; ++x, out += to->channels) {
      const int sy = (int)floor((y + 0.5) * from->height / to->height),
                sx = (int)floor((x + 0.5) * from->width / to->width);
      memcpy(out, pixel(from, sy < from->height ? sy : from->height - 1, sx < from->width ? sx : from->width - 1),
             (size_t)to->channels);
    }
}

typedef struct between {
  int low, high;
  float fraction;
} between;

static between position(int index, int in, int out) {
  const float scale = (float)in / (float)out;
  float at = ((float)index + 0.5f) * scale - 0.5f;
  if (at < 0) at = 0;
  if (at > (float)(in - 1)) at = (float)(in - 1);
  const int low = (int)floorf(at);
  return (between){low, low + 1 < in ? low + 1 : in - 1, at - (float)low};
}

static void resize_bilinear(const picture* from, picture* to) {
  uint8_t* out = to->pixels;
  for (int y = 0; y < to->height; ++y) {
    const between v = position(y, from->height, to->height);
    for (int x = 0; x < to->width; ++x, out += to->channels) {
      const between h = position(x, from->width, to->width);
      const uint8_t *a = pixel(from, v.low, h.low), *b = pixel(from, v.low, h.high);
      const uint8_t *c = pixel(from, v.high, h.low), *d = pixel(from, v.high, h.high);
      for (int k = 0; k < to->channels; ++k) {
        const float top = (float)a[k] * (1 - h.fraction) + (float)b[k] * h.fraction,
                    bottom = (float)c[k] * (1 - h.fraction) + (float)d[k] * h.fraction;
        out[k] = (uint8_t)floorf(top * (1 - v.fraction) + bottom * v.fraction + 0.5f);
      }
    }
  }
}

/* The triangle's weights for one output position: `count` input pixels from `first`, in units of 2^-22. */
typedef struct taps {
  int first, count;
  int32_t* weights;
} taps;

enum { PIL_BITS = 22 };

static bool make_taps(int in, int out, taps* all) {
  const double scale = (double)in / out, filter_scale = scale < 1 ? 1 : scale, support = filter_scale;
  for (int i = 0; i < out; ++i) {
    const double centre = (i + 0.5) * scale;
    int first = (int)(centre - support + 0.5), end = (int)(centre + support + 0.5);
    if (first < 0) first = 0;
    if (end > in) end = in;
    double total = 0;
    double* exact = malloc(sizeof(double) * (size_t)(end - first));
    all[i] = (taps){first, end - first, malloc(sizeof(int32_t) * (size_t)(end - first))};
    if (exact == NULL || all[i].weights == NULL) return free(exact), false;
    for (int k = 0; k < end - first; ++k) {
      const double distance = fabs((k + first - centre + 0.5) / filter_scale);
      total += exact[k] = distance < 1 ? 1 - distance : 0;
    }
    for (int k = 0; k < end - first; ++k) {
      const double w = total != 0 ? exact[k] / total : exact[k];
      all[i].weights[k] = (int32_t)(w < 0 ? -0.5 + w * (1 << PIL_BITS) : 0.5 + w * (1 << PIL_BITS));
    }
    free(exact);
  }
  return true;
}

static void free_taps(taps* all, int count) {
  for (int i = 0; all != NULL && i < count; ++i) free(all[i].weights);
  free(all);
}

static uint8_t clip(int64_t sum) {
  const int64_t value = sum >> PIL_BITS;
  return (uint8_t)(value < 0 ? 0 : value > 255 ? 255 : value);
}

/* One pass along x (`along_x`) or y. */
static void apply_taps(const picture* from, picture* to, const taps* all, bool along_x) {
  uint8_t* out = to->pixels;
  for (int y = 0; y < to->height; ++y)
    for (int x = 0; x < to->width; ++x)
      for (int k = 0; k < to->channels; ++k) {
        const taps* t = &all[along_x ? x : y];
        int64_t sum = 1 << (PIL_BITS - 1);
        for (int i = 0; i < t->count; ++i)
          sum += (int64_t)t->weights[i] * (along_x ? pixel(from, y, t->first + i) : pixel(from, t->first + i, x))[k];
        *out++ = clip(sum);
      }
}

static bool resize_pass(const picture* from, picture* to, bool along_x) {
  const int count = along_x ? to->width : to->height;
  taps* all = calloc((size_t)count, sizeof *all);
  const bool ok = all != NULL && make_taps(along_x ? from->width : from->height, count, all);
  if (ok) apply_taps(from, to, all, along_x);
  free_taps(all, count);
  return ok;
}

/* Pillow passes along y first where the height loses more than twice the pixels that the width loses; each pass rounds,
 * so the order shows. */
static bool resize_pil(const picture* from, picture* to) {
  const int less_wide = from->width > to->width ? from->width - to->width : 0;
  const bool y_first = from->height - to->height > 2 * less_wide;
  picture half;
  if (!allocate_like(&half, y_first ? from->width : to->width, y_first ? to->height : from->height, from->channels))
    return false;
  const bool ok = resize_pass(from, &half, !y_first) && resize_pass(&half, to, y_first);
  picture_free(&half);
  return ok;
}

static void convert_channels(const picture* from, picture* to) {
  const size_t count = (size_t)from->width * (size_t)from->height;
  for (size_t i = 0; i < count; ++i) {
    const uint8_t* p = from->pixels + i * (size_t)from->channels;
    if (to->channels == 1)
      to->pixels[i] = (uint8_t)((p[0] * 19595u + p[1] * 38470u + p[2] * 7471u + 0x8000u) >> 16);
    else
      memset(to->pixels + 3 * i, p[0], 3);
  }
}

bool picture_convert(const picture* from, int width, int height, int channels, picture_filter filter, picture* to) {
  picture same = *from;
  if (from->channels != channels) {
    if (!allocate_like(&same, from->width, from->height, channels)) return false;
    convert_channels(from, &same);
  }
  bool ok = allocate_like(to, width, height, channels);
  if (ok && width == same.width && height == same.height)
    memcpy(to->pixels, same.pixels, (size_t)width * (size_t)height * (size_t)channels);
  else if (ok && filter == PICTURE_NEAREST)
    resize_nearest(&same, to);
  else if (ok && filter == PICTURE_BILINEAR)
    resize_bilinear(&same, to);
  else if (ok)
    ok = resize_pil(&same, to);
  if (from->channels != channels) picture_free(&same);
  return ok;
}
