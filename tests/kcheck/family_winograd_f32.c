/* kcheck: Winograd's transforms, and that a whole convolution by them is the plain one. */
#include <math.h>
#include <string.h>

#include "kcheck/kcheck.h"
#include "kernels/generic/winograd_f32.h"

enum { IN = LN_WINOGRAD_IN, OUT = LN_WINOGRAD_OUT, POINTS = LN_WINOGRAD_POINTS };

static size_t pick(size_t low, size_t high) { return (size_t)kc_range((int64_t)low, (int64_t)high); }

static void check_in(const ln_winograd_f32* kernel) {
  ln_winograd_in t = {.channels = kc_size(50, 16)};
  const int whole = kc_chance(50);
  t.y0 = whole ? 0 : pick(0, 5);
  t.x0 = whole ? 0 : pick(0, 5);
  t.y1 = whole ? IN : pick(t.y0 + 1, IN);
  t.x1 = whole ? IN : pick(t.x0 + 1, IN);
  t.row_stride = (t.x1 - t.x0) * t.channels + pick(0, 20);
  const size_t size = (t.y1 - t.y0 - 1) * t.row_stride + (t.x1 - t.x0) * t.channels, step = t.channels + pick(0, 9);
  float *in = kc_memory(size * 4), *v = kc_memory((POINTS - 1) * step * 4 + t.channels * 4);
  float* expected = kc_memory((POINTS - 1) * step * 4 + t.channels * 4);
  kc_fill_f32(in, size, 1);
  memset(v, 0, (POINTS - 1) * step * 4 + t.channels * 4);
  memset(expected, 0, (POINTS - 1) * step * 4 + t.channels * 4);
  t.in = in;
  ln_winograd_in_f32_ref(&t, expected, step);
  kernel->in(&t, v, step);
  kc_close(v, expected, (POINTS - 1) * step + t.channels, 1e-6f, 10.0f, "in, %zu channels, rows %zu to %zu, %zu to %zu",
           t.channels, t.y0, t.y1, t.x0, t.x1);
  kc_release();
}

static void check_out(const ln_winograd_f32* kernel) {
  ln_winograd_out t = {.rows = pick(1, OUT), .columns = pick(1, OUT), .channels = kc_size(50, 16), .low = -1.0f};
  t.high = kc_chance(50) ? INFINITY : 1.5f;
  t.pixel_stride = t.channels + pick(0, 9);
  t.row_stride = t.columns * t.pixel_stride + pick(0, 9);
  const size_t size = (t.rows - 1) * t.row_stride + (t.columns - 1) * t.pixel_stride + t.channels;
  const size_t step = t.channels + pick(0, 9);
  float *m = kc_memory(((POINTS - 1) * step + t.channels) * 4), *bias = kc_memory(t.channels * 4);
  float *out = kc_memory(size * 4), *expected = kc_memory(size * 4);
  kc_fill_f32(m, (POINTS - 1) * step + t.channels, 1);
  kc_fill_f32(bias, t.channels, 1);
  memset(out, 0, size * 4);
  memset(expected, 0, size * 4);
  t.bias = bias;
  t.out = expected;
  ln_winograd_out_f32_ref(&t, m, step);
  t.out = out;
  kernel->out(&t, m, step);
  kc_close(out, expected, size, 1e-6f, 100.0f, "out, %zu channels, %zu x %zu", t.channels, t.rows, t.columns);
  kc_release();
}

/* One tile through all three steps, against the sum that it stands for. */
static void check_whole(const ln_winograd_f32* kernel) {
  const ln_gemm_f32* gemm = ln_gemm_f32_best();
  const size_t channels = kc_size(40, 16), columns = kc_size(40, 16);
  const size_t panels = ln_gemm_f32_packed_size(gemm, columns, channels);
  float *in = kc_memory(IN * IN * channels * 4), *filters = kc_memory(columns * 9 * channels * 4);
  float *packed = kc_memory(POINTS * panels * 4), *v = kc_memory(POINTS * channels * 4);
  float *m = kc_memory(POINTS * columns * 4), *zeros = kc_memory(gemm->nr * 4 * (columns / gemm->nr + 1));
  float *out = kc_memory(OUT * OUT * columns * 4), *expected = kc_memory(OUT * OUT * columns * 4);
  kc_fill_f32(in, IN * IN * channels, 1);
  kc_fill_f32(filters, columns * 9 * channels, 1);
  memset(zeros, 0, gemm->nr * 4 * (columns / gemm->nr + 1));
  const size_t some = kc_chance(50) || columns < gemm->nr ? columns : gemm->nr;
  ln_winograd_f32_pack(gemm, columns, channels, 0, some, filters, packed);
  if (some < columns)
    ln_winograd_f32_pack(gemm, columns, channels, some, columns - some, filters + some * 9 * channels, packed);
  const ln_winograd_in from = {in, 0, IN, 0, IN, IN * channels, channels};
  const ln_winograd_out to = {out, OUT, OUT, OUT * columns, columns, columns, zeros, -INFINITY, INFINITY};
  kernel->in(&from, v, channels);
  for (size_t p = 0; p < POINTS; ++p)
    ln_gemm_f32_block(gemm, 1, columns, channels, v + p * channels, channels, packed + p * panels, zeros, -INFINITY,
                      INFINITY, m + p * columns, columns);
  kernel->out(&to, m, columns);
  for (size_t i = 0; i < OUT * OUT * columns; ++i) {
    const size_t y = i / columns / OUT, x = i / columns % OUT, n = i % columns;
    double sum = 0;
    for (size_t k = 0; k < 9 * channels; ++k)
      sum += (double)in[((y + k / channels / 3) * IN + x + k / channels % 3) * channels + k % channels] *
             (double)filters[n * 9 * channels + k];
    expected[i] = (float)sum;
  }
  kc_close(out, expected, OUT * OUT * columns, 1.5e-5f, 3.0f * sqrtf((float)channels),
           "whole, %zu channels, %zu columns", channels, columns);
  kc_release();
}

static void check(void) {
  size_t count;
  const ln_winograd_f32* const* rungs = ln_winograd_f32_rungs(&count);
  for (size_t i = 0; i < count; ++i) {
    if (!kc_rung(rungs[i]->name, rungs[i]->isa)) continue;
    for (int round = 0; round < kc_rounds() / 4; ++round) {
      check_in(rungs[i]);
      check_out(rungs[i]);
      check_whole(rungs[i]);
    }
  }
}

typedef struct run {
  const ln_winograd_f32* kernel;
  ln_winograd_in in;
  ln_winograd_out out;
  float* v;
} run;

static void work(void* arg) {
  const run* r = arg;
  r->kernel->in(&r->in, r->v, 64);
  r->kernel->out(&r->out, r->v, 64);
}

static void bench(void) {
  size_t count;
  const ln_winograd_f32* const* rungs = ln_winograd_f32_rungs(&count);
  for (size_t i = 0; i < count; ++i) {
    if (!ln_cpu_present(rungs[i]->isa)) continue;
    float *in = kc_memory(IN * IN * 64 * 4), *bias = kc_memory(64 * 4);
    kc_fill_f32(in, IN * IN * 64, 1);
    kc_fill_f32(bias, 64, 1);
    run r = {rungs[i],
             {in, 0, IN, 0, IN, IN * 64, 64},
             {kc_memory(OUT * OUT * 64 * 4), OUT, OUT, OUT * 64, 64, 64, bias, 0, 6},
             kc_memory(POINTS * 64 * 4)};
    kc_time(rungs[i]->name, "one tile in and out, 64 channels", OUT * OUT * 64, "result", work, &r);
    kc_release();
  }
}

const kc_family kc_family_winograd_f32 = {"winograd_f32", check, bench};
