/* kcheck: rows of float depthwise convolutions. */
#include <math.h>
#include <string.h>

#include "kcheck/kcheck.h"
#include "kernels/generic/dwconv_f32.h"

static int32_t pick(int32_t low, int32_t high) { return (int32_t)kc_range(low, high); }

static ln_dwconv_shape random_shape(void) {
  ln_dwconv_shape s = {.in_height = pick(1, 9), .in_width = pick(1, 20), .channels = 1, .multiplier = 1};
  if (kc_chance(75))
    s.channels = (int32_t)kc_size(70, 16);
  else
    s.multiplier = (int32_t)kc_size(40, 8);
  const bool usual = kc_chance(70);
  s.filter_height = usual ? 2 * pick(1, 3) + 1 : pick(1, 7);
  s.filter_width = usual ? s.filter_height : pick(1, 7);
  s.stride_y = s.stride_x = pick(1, usual ? 2 : 3);
  s.dilation_y = usual ? 1 : pick(1, 3);
  s.dilation_x = usual ? 1 : pick(1, 3);
  s.pad_top = pick(0, s.filter_height);
  s.pad_left = pick(0, s.filter_width);
  s.out_height = (s.in_height + 2 * s.pad_top) / s.stride_y + 1;
  s.out_width = (s.in_width + 2 * s.pad_left) / s.stride_x + 1;
  return s;
}

/* Padded to its own size, as most are: lines that are made whole, and two pixels a vector. */
static ln_dwconv_shape same_shape(void) {
  ln_dwconv_shape s = {.in_height = pick(1, 9), .in_width = pick(1, 12), .multiplier = 1};
  s.channels = kc_chance(50) ? 8 : (int32_t)kc_size(70, 16);
  if (s.channels == 8 && kc_chance(50)) s.in_width = 8 * pick(1, 3);
  s.filter_height = s.filter_width = kc_chance(70) ? 3 : 2 * pick(2, 3) + 1;
  s.stride_y = s.stride_x = s.dilation_y = s.dilation_x = 1;
  s.pad_top = s.pad_left = s.filter_width / 2;
  s.out_height = s.in_height;
  s.out_width = s.in_width;
  return s;
}

static void check_shape(const ln_dwconv_f32* kernel, const ln_dwconv_shape* s) {
  const size_t outputs = (size_t)s->channels * (size_t)s->multiplier;
  const size_t in_size = (size_t)s->in_height * (size_t)s->in_width * (size_t)s->channels;
  const size_t taps = (size_t)s->filter_height * (size_t)s->filter_width, row = (size_t)s->out_width * outputs;
  float *in = kc_memory(in_size * 4), *weights = kc_memory(taps * outputs * 4), *bias = kc_memory(outputs * 4);
  const int32_t first = pick(0, s->out_height - 1), rows = pick(1, s->out_height - first);
  float *out = kc_memory((size_t)rows * row * 4), *expected = kc_memory((size_t)rows * row * 4);
  const float high = kc_chance(50) ? INFINITY : 0.5f;
  kc_fill_f32(in, in_size, 1);
  kc_fill_f32(weights, taps * outputs, 1);
  kc_fill_f32(bias, outputs, 1);
  for (int32_t y = 0; y < rows; ++y)
    ln_dwconv_f32_ref(s, first + y, in, weights, bias, -high, high, expected + (size_t)y * row);
  kernel->run(s, first, rows, in, weights, bias, -high, high, out);
  kc_close(out, expected, (size_t)rows * row, 1e-7f * (float)(taps + 8), sqrtf((float)taps),
           "rows %d, %d of %d x %d, %d channels x %d, filter %d x %d, stride %d, dilation %d x %d, pad %d, %d", first,
           rows, s->out_height, s->out_width, s->channels, s->multiplier, s->filter_height, s->filter_width,
           s->stride_x, s->dilation_y, s->dilation_x, s->pad_top, s->pad_left);
  kc_release();
}

static void check(void) {
  size_t count;
  const ln_dwconv_f32* const* rungs = ln_dwconv_f32_rungs(&count);
  for (size_t i = 0; i < count; ++i) {
    if (!kc_rung(rungs[i]->name, rungs[i]->isa)) continue;
    for (int round = 0; round < kc_rounds() / 2; ++round) {
      const ln_dwconv_shape shape = kc_chance(60) ? random_shape() : same_shape();
      check_shape(rungs[i], &shape);
    }
  }
}

typedef struct run {
  const ln_dwconv_f32* kernel;
  ln_dwconv_shape shape;
  const float *in, *weights, *bias;
  float* out;
} run;

static void work(void* arg) {
  const run* r = arg;
  r->kernel->run(&r->shape, 4, 8, r->in, r->weights, r->bias, 0, 6, r->out);
}

static void bench(void) {
  size_t count;
  const ln_dwconv_f32* const* rungs = ln_dwconv_f32_rungs(&count);
  for (size_t i = 0; i < count; ++i) {
    if (!ln_cpu_present(rungs[i]->isa)) continue;
    for (int32_t filter = 3; filter <= 5; filter += 2) {
      run r = {rungs[i],
               {.in_height = 28,
                .in_width = 28,
                .channels = 192,
                .multiplier = 1,
                .out_height = 28,
                .out_width = 28,
                .filter_height = filter,
                .filter_width = filter,
                .stride_y = 1,
                .stride_x = 1,
                .dilation_y = 1,
                .dilation_x = 1,
                .pad_top = filter / 2,
                .pad_left = filter / 2},
               NULL,
               NULL,
               NULL,
               NULL};
      float *in = kc_memory(28 * 28 * 192 * 4), *weights = kc_memory(25 * 192 * 4), *bias = kc_memory(192 * 4);
      kc_fill_f32(in, 28 * 28 * 192, 1);
      kc_fill_f32(weights, 25 * 192, 1);
      kc_fill_f32(bias, 192, 1);
      r.in = in;
      r.weights = weights;
      r.bias = bias;
      r.out = kc_memory(8 * 28 * 192 * 4);
      kc_time(rungs[i]->name, filter == 3 ? "3 x 3, 8 x 28 x 192" : "5 x 5, 8 x 28 x 192",
              8 * 28.0 * 192 * filter * filter, "MAC", work, &r);
      kc_release();
    }
  }
}

const kc_family kc_family_dwconv_f32 = {"dwconv_f32", check, bench};
