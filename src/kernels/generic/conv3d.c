#include "kernels/generic/conv3d.h"

#include <string.h>

/* The line's batch, place in depth and row. */
typedef struct line_place {
  size_t batch;
  int32_t d, y;
} line_place;

static line_place place_of(const ln_conv3d* c, size_t line) {
  const size_t height = (size_t)c->out[1], depth = (size_t)c->out[0];
  return (line_place){line / height / depth, (int32_t)(line / height % depth), (int32_t)(line % height)};
}

static const float* voxel(const ln_conv3d* c, const float* in, size_t batch, int64_t d, int64_t y, int64_t x) {
  const size_t row = (batch * (size_t)c->in[0] + (size_t)d) * (size_t)c->in[1] + (size_t)y;
  return in + (row * (size_t)c->in[2] + (size_t)x) * c->in_channels;
}

static size_t tap_index(const ln_conv3d* c, int32_t kd, int32_t ky, int32_t kx) {
  return (((size_t)kd * (size_t)c->filter[1] + (size_t)ky) * (size_t)c->filter[2] + (size_t)kx) * c->in_channels *
         c->out_channels;
}

static void finish(const ln_conv3d* c, const float* bias, float* out) {
  for (size_t o = 0; o < c->out_channels; ++o) {
    const float value = bias != NULL ? out[o] + bias[o] : out[o];
    out[o] = value < c->low ? c->low : value > c->high ? c->high : value;
  }
}

static int64_t in_place(const ln_conv3d* c, int axis, int32_t out, int32_t tap) {
  return (int64_t)out * c->stride[axis] - c->pad[axis] + (int64_t)tap * c->dilation[axis];
}

static void add_scaled(float* restrict out, const float* restrict w, float x, size_t n) {
  for (size_t o = 0; o < n; ++o) out[o] += x * w[o];
}

void ln_conv3d_line_f32(const ln_conv3d* c, const float* in, const float* filter, const float* bias, size_t line,
                        float* out) {
  const line_place p = place_of(c, line);
  out += line * (size_t)c->out[2] * c->out_channels;
  for (int32_t x = 0; x < c->out[2]; ++x, out += c->out_channels) {
    memset(out, 0, c->out_channels * sizeof *out);
    for (int32_t kd = 0; kd < c->filter[0]; ++kd) {
      const int64_t in_d = in_place(c, 0, p.d, kd);
      if (in_d < 0 || in_d >= c->in[0]) continue;
      for (int32_t ky = 0; ky < c->filter[1]; ++ky) {
        const int64_t in_y = in_place(c, 1, p.y, ky);
        if (in_y < 0 || in_y >= c->in[1]) continue;
        for (int32_t kx = 0; kx < c->filter[2]; ++kx) {
          const int64_t in_x = in_place(c, 2, x, kx);
          if (in_x < 0 || in_x >= c->in[2]) continue;
          const float *from = voxel(c, in, p.batch, in_d, in_y, in_x), *w = filter + tap_index(c, kd, ky, kx);
          for (size_t i = 0; i < c->in_channels; ++i, w += c->out_channels)
            add_scaled(out, w, from[i], c->out_channels);
        }
      }
    }
    finish(c, bias, out);
  }
}

/* The input places that some tap takes to `out`, first to last; none where first > last. */
typedef struct reach {
  int32_t first, last;
} reach;

static int32_t clamp(int64_t x, int32_t low, int32_t high) { return x < low ? low : x > high ? high : (int32_t)x; }

static reach find_reach(const ln_conv3d* c, int axis, int32_t out) {
  const int64_t to = (int64_t)out + c->pad[axis], span = (int64_t)(c->filter[axis] - 1) * c->dilation[axis];
  const int64_t first = to > span ? (to - span + c->stride[axis] - 1) / c->stride[axis] : 0;
  return (reach){clamp(first, 0, c->in[axis]), clamp(to / c->stride[axis], -1, c->in[axis] - 1)};
}

/* The tap that takes input place `in` to `out`, -1 where the dilation leaves it out. */
static int32_t tap_of(const ln_conv3d* c, int axis, int32_t in, int32_t out) {
  const int64_t way = (int64_t)out + c->pad[axis] - (int64_t)in * c->stride[axis];
  return way % c->dilation[axis] == 0 ? (int32_t)(way / c->dilation[axis]) : -1;
}

static void add_products(const ln_conv3d* c, const float* from, const float* w, float* out) {
  for (size_t o = 0; o < c->out_channels; ++o, w += c->in_channels) {
    float sum = out[o];
    for (size_t i = 0; i < c->in_channels; ++i) sum += from[i] * w[i];
    out[o] = sum;
  }
}

void ln_tconv3d_line_f32(const ln_conv3d* c, const float* in, const float* filter, const float* bias, size_t line,
                         float* out) {
  const line_place p = place_of(c, line);
  const reach depth = find_reach(c, 0, p.d), height = find_reach(c, 1, p.y);
  out += line * (size_t)c->out[2] * c->out_channels;
  for (int32_t x = 0; x < c->out[2]; ++x, out += c->out_channels) {
    const reach width = find_reach(c, 2, x);
    memset(out, 0, c->out_channels * sizeof *out);
    for (int32_t d = depth.first; d <= depth.last; ++d) {
      const int32_t kd = tap_of(c, 0, d, p.d);
      for (int32_t y = height.first; kd >= 0 && y <= height.last; ++y) {
        const int32_t ky = tap_of(c, 1, y, p.y);
        for (int32_t i = width.first; ky >= 0 && i <= width.last; ++i) {
          const int32_t kx = tap_of(c, 2, i, x);
          if (kx >= 0) add_products(c, voxel(c, in, p.batch, d, y, i), filter + tap_index(c, kd, ky, kx), out);
        }
      }
    }
    finish(c, bias, out);
  }
}
