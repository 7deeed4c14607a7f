/* kcheck: pooling of bytes. */
#include <stdio.h>

#include "kcheck/kcheck.h"
#include "kernels/generic/pool_q8.h"

static ln_pool_shape random_shape(void) {
  ln_pool_shape s = {.batch = (int32_t)kc_range(1, 2),
                     .in_height = (int32_t)kc_range(1, 20),
                     .in_width = (int32_t)kc_range(1, 20),
                     .channels = (int32_t)kc_size(150, 64),
                     .out_height = (int32_t)kc_range(1, 5),
                     .out_width = (int32_t)kc_range(1, 5),
                     .filter_height = (int32_t)kc_range(1, kc_chance(15) ? 20 : 4),
                     .filter_width = (int32_t)kc_range(1, kc_chance(15) ? 20 : 4),
                     .stride_height = (int32_t)kc_range(1, 3),
                     .stride_width = (int32_t)kc_range(1, 3)};
  if (kc_chance(20)) { /* more than is made at once */
    s.in_width = (int32_t)kc_range(60, 200);
    s.out_width = (int32_t)kc_range(40, 90);
  }
  s.pad_top = (int32_t)kc_range(0, s.filter_height - 1);
  s.pad_left = (int32_t)kc_range(0, s.filter_width - 1);
  return s;
}

static void check_shape(const ln_pool_q8* rung) {
  const ln_pool_shape s = random_shape();
  const size_t in_size = (size_t)s.batch * (size_t)s.in_height * (size_t)s.in_width * (size_t)s.channels;
  const size_t rows = (size_t)s.batch * (size_t)s.out_height, size = rows * (size_t)s.out_width * (size_t)s.channels;
  uint8_t *in = kc_memory(in_size), *out = kc_memory(size), *expected = kc_memory(size);
  const bool is_signed = kc_chance(50), average = kc_chance(50);
  const int32_t least = is_signed ? -128 : 0, most = is_signed ? 127 : 255;
  const int32_t low = (int32_t)kc_range(least, least + 100), high = (int32_t)kc_range(most - 100, most);
  kc_fill_u8(in, in_size);
  const ln_pool_q8_fn row =
      average ? (is_signed ? rung->average_s8 : rung->average_u8) : (is_signed ? rung->max_s8 : rung->max_u8);
  for (size_t i = 0; i < rows; ++i) row(&s, i, in, out, low, high);
  if (is_signed)
    (average ? ln_average_pool_qs8_ref : ln_max_pool_qs8_ref)(&s, (const int8_t*)in, (int8_t*)expected, low, high);
  else
    (average ? ln_average_pool_qu8_ref : ln_max_pool_qu8_ref)(&s, in, expected, low, high);
  kc_same(out, expected, size, 1, "%s of %s, %dx%dx%d, window %dx%d", average ? "mean" : "most",
          is_signed ? "int8" : "uint8", s.in_height, s.in_width, s.channels, s.filter_height, s.filter_width);
  kc_release();
}

static void check_sum(const ln_pool_q8* rung) {
  const size_t pixels = kc_size(600, 255), channels = kc_size(150, 64), stride = channels + kc_size(9, 0) - 1;
  const size_t size = (pixels - 1) * stride + channels;
  uint8_t* in = kc_memory(size);
  uint32_t *sums = kc_memory(channels * 4), *expected = kc_memory(channels * 4);
  const bool is_signed = kc_chance(50);
  kc_fill_u8(in, size);
  for (size_t c = 0; c < channels; ++c) {
    expected[c] = 0;
    for (size_t i = 0; i < pixels; ++i)
      expected[c] += is_signed ? (uint32_t)(int8_t)in[i * stride + c] : in[i * stride + c];
  }
  (is_signed ? rung->sum_s8 : rung->sum_u8)(pixels, channels, in, stride, sums);
  kc_same(sums, expected, channels * 4, 4, "sum of %zu pixels, %zu channels", pixels, channels);
  kc_release();
}

static void check(void) {
  size_t count;
  const ln_pool_q8* const* rungs = ln_pool_q8_rungs(&count);
  for (size_t i = 0; i < count; ++i)
    if (kc_rung(rungs[i]->name, rungs[i]->isa))
      for (int round = 0; round < 3 * kc_rounds(); ++round) {
        check_shape(rungs[i]);
        check_sum(rungs[i]);
      }
}

typedef struct run {
  ln_pool_q8_fn row;
  ln_pool_shape shape;
  uint8_t *in, *out;
} run;

static void work(void* arg) {
  const run* r = arg;
  for (size_t row = 0; row < 35; ++row) r->row(&r->shape, row, r->in, r->out, -128, 127);
}

typedef struct sums {
  const ln_pool_q8* rung;
  size_t channels;
  uint8_t* in;
  uint32_t* out;
} sums;

static void work_sums(void* arg) {
  const sums* r = arg;
  r->rung->sum_s8(28 * 28, r->channels, r->in, r->channels, r->out);
}

static void bench_sums(const ln_pool_q8* rung, uint8_t* in) {
  sums r = {.rung = rung, .in = in, .out = kc_memory(64 * sizeof(uint32_t))};
  for (r.channels = 32; r.channels <= 64; r.channels += 32)
    kc_time(rung->name, r.channels == 64 ? "sums of 64 channels" : "sums of 32 channels",
            28.0 * 28.0 * (double)r.channels, "number", work_sums, &r);
}

static void bench(void) {
  size_t count;
  const ln_pool_q8* const* rungs = ln_pool_q8_rungs(&count);
  const size_t size = 35 * 35 * 192;
  run r = {.shape = {1, 35, 35, 192, 35, 35, 3, 3, 1, 1, 1, 1}, .in = kc_memory(size), .out = kc_memory(size)};
  kc_fill_u8(r.in, size);
  for (size_t i = 0; i < count; ++i) {
    if (!ln_cpu_present(rungs[i]->isa)) continue;
    r.row = rungs[i]->average_s8;
    kc_time(rungs[i]->name, "mean of int8, 3x3", (double)size, "result", work, &r);
    r.row = rungs[i]->max_s8;
    kc_time(rungs[i]->name, "most of int8, 3x3", (double)size, "result", work, &r);
    r.row = rungs[i]->average_s8;
    r.shape.channels = 11;
    kc_time(rungs[i]->name, "mean, 11 channels", 35.0 * 35.0 * 11.0, "result", work, &r);
    r.shape.channels = 192;
    bench_sums(rungs[i], r.in);
  }
}

const kc_family kc_family_pool_q8 = {"pool_q8", check, bench};
