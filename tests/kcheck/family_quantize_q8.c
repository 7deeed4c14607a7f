/* kcheck: floats to bytes and back. */
#include <math.h>
#include <stdio.h>

#include "kcheck/kcheck.h"
#include "kernels/generic/quantize_q8.h"

/* Also halves, infinities, NaN, and what is far outside. */
static void fill(float* x, size_t n, float scale) {
  for (size_t i = 0; i < n; ++i) {
    const int64_t kind = kc_range(0, 9);
    x[i] = kind < 5    ? scale * (float)kc_range(-300000, 300000) * 1e-3f
           : kind < 8  ? scale * ((float)kc_range(-300, 300) + 0.5f)
           : kind == 8 ? (kc_chance(50) ? INFINITY : -INFINITY)
                       : (kc_chance(50) ? NAN : 3e38f);
  }
}

static void check_once(const ln_quantize_q8* rung) {
  const size_t n = kc_size(200, 16);
  const bool is_signed = kc_chance(50);
  const float scale = kc_chance(30) ? 0.5f : (float)kc_range(1, 100000) * 1e-5f;
  const int32_t zero =
      kc_chance(5) ? (int32_t)kc_range(-100000, 100000) : (int32_t)(is_signed ? kc_range(-128, 127) : kc_range(0, 255));
  float *x = kc_memory(n * sizeof *x), *back = kc_memory(n * sizeof *back),
        *expected_back = kc_memory(n * sizeof *back);
  uint8_t *q = kc_memory(n), *expected = kc_memory(n);
  fill(x, n, scale);
  if (is_signed) {
    rung->quantize_s8(scale, zero, x, (int8_t*)q, n);
    ln_quantize_f32_s8_ref(scale, zero, x, (int8_t*)expected, n);
    rung->dequantize_s8(scale, zero, (const int8_t*)expected, back, n);
    ln_dequantize_s8_ref(scale, zero, (const int8_t*)expected, expected_back, n);
  } else {
    rung->quantize_u8(scale, zero, x, q, n);
    ln_quantize_f32_u8_ref(scale, zero, x, expected, n);
    rung->dequantize_u8(scale, zero, expected, back, n);
    ln_dequantize_u8_ref(scale, zero, expected, expected_back, n);
  }
  kc_same(q, expected, n, 1, "%zu floats, scale %g, zero point %d, signed %d", n, (double)scale, zero, is_signed);
  kc_same(back, expected_back, n * sizeof *back, sizeof *back, "%zu bytes, scale %g, zero point %d, signed %d", n,
          (double)scale, zero, is_signed);
  kc_release();
}

static void check_words(const ln_quantize_q8* rung) {
  const size_t n = kc_size(200, 16);
  const float scale = (float)kc_range(1, 100000) * 1e-5f;
  const int32_t zero =
      kc_chance(50) ? 0 : (int32_t)(kc_chance(90) ? kc_range(-32768, 32767) : kc_range(-100000, 100000));
  float* x = kc_memory(n * sizeof *x);
  int16_t *q = kc_memory(n * sizeof *q), *expected = kc_memory(n * sizeof *q);
  fill(x, n, scale * (kc_chance(50) ? 1 : 128));
  rung->quantize_s16(scale, zero, x, q, n);
  ln_quantize_f32_s16_ref(scale, zero, x, expected, n);
  kc_same(q, expected, n * sizeof *q, sizeof *q, "%zu floats to int16, scale %g, zero point %d", n, (double)scale,
          zero);
  kc_release();
}

/* Any bits: numbers that are not normal, infinities and NaN too. */
static void check_halves(const ln_quantize_q8* rung) {
  const size_t n = kc_size(200, 32);
  uint16_t* x = kc_memory(n * sizeof *x);
  float *out = kc_memory(n * sizeof *out), *expected = kc_memory(n * sizeof *out);
  for (size_t i = 0; i < n; ++i) x[i] = (uint16_t)(kc_range(0, 65535) & (kc_chance(30) ? 0x83FF : 0xFFFF));
  rung->dequantize_f16(x, out, n);
  ln_dequantize_f16_ref(x, expected, n);
  kc_same(out, expected, n * sizeof *out, sizeof *out, "%zu halves", n);
  kc_release();
}

static int8_t scaled(float offset, float inverse, float low, float x) {
  const float q = roundf(offset + x * inverse);
  return (int8_t)(!(q > low) ? low : q > 127.0f ? 127.0f : q);
}

static void check_hybrid(const ln_quantize_q8* rung) {
  const size_t n = kc_size(200, 32);
  const float scale = (float)kc_range(1, 100000) * 1e-5f, offset = kc_chance(50) ? 0 : (float)kc_range(-128, 127);
  const int32_t low = kc_chance(50) ? -127 : -128;
  float *x = kc_memory(n * sizeof *x), least, most;
  const uint8_t flip = kc_chance(50) ? 0x80 : 0;
  uint8_t *q = kc_memory(n), *expected = kc_memory(n);
  float *whole = kc_memory(n * sizeof *whole), *expected_whole = kc_memory(n * sizeof *whole);
  fill(x, n, scale);
  rung->scale_q8(offset, 1 / scale, low, flip, x, q, n);
  rung->scale_f32(offset, 1 / scale, low, x, whole, n);
  rung->range_f32(x, n, &least, &most);
  float expected_range[2] = {x[0], x[0]};
  for (size_t i = 0; i < n; ++i) {
    expected_whole[i] = scaled(offset, 1 / scale, (float)low, x[i]) - offset;
    expected[i] = (uint8_t)scaled(offset, 1 / scale, (float)low, x[i]) ^ flip;
    expected_range[0] = x[i] < expected_range[0] ? x[i] : expected_range[0];
    expected_range[1] = x[i] > expected_range[1] ? x[i] : expected_range[1];
  }
  const float range[2] = {least, most};
  kc_same(q, expected, n, 1, "%zu floats, scale %g, offset %g, from %d", n, (double)scale, (double)offset, low);
  kc_close(whole, expected_whole, n, 0, 0, "%zu whole floats, scale %g, offset %g", n, (double)scale, (double)offset);
  kc_close(range, expected_range, 2, 0, 0, "range of %zu floats", n);
  kc_release();
}

static void check_store(const ln_quantize_q8* rung) {
  const size_t n = kc_size(200, 64);
  int32_t *sums = kc_memory(n * 4), *values = kc_memory(n * 4);
  float *scales = kc_memory(n * 4), *bias = kc_memory(n * 4), *out = kc_memory(n * 4), *expected = kc_memory(n * 4);
  const bool clamped = kc_chance(50);
  const ln_hybrid_params p = {sums, kc_chance(80) ? scales : NULL, kc_chance(80) ? bias : NULL,
                              clamped ? 0.0f : -INFINITY, clamped ? 6.0f : INFINITY};
  kc_fill_s32(sums, n, -10000, 10000);
  kc_fill_s32(values, n, -1000000, 1000000);
  kc_fill_f32(scales, n, 0.1f);
  kc_fill_f32(bias, n, 3);
  rung->hybrid_store(&p, 0, n, -7, 0.013f, values, out);
  ln_hybrid_store(&p, 0, n, -7, 0.013f, values, expected);
  kc_same(out, expected, n * 4, 4, "%zu sums to floats", n);
  kc_release();
}

static void check_finish(const ln_quantize_q8* rung) {
  const size_t pixels = kc_size(5, 1), channels = kc_size(60, 16), n = pixels * channels;
  float *scales = kc_memory(channels * 4), *bias = kc_memory(channels * 4);
  float *x = kc_memory(n * 4), *expected = kc_memory(n * 4);
  const float high = kc_chance(50) ? 6.0f : INFINITY;
  kc_fill_f32(scales, channels, 0.1f);
  kc_fill_f32(bias, channels, 3);
  for (size_t i = 0; i < n; ++i) {
    const size_t c = i % channels;
    x[i] = (float)kc_range(-1000000, 1000000);
    const float y = x[i] * (scales[c] * 0.013f) + bias[c];
    expected[i] = y < -5.0f ? -5.0f : y > high ? high : y;
  }
  rung->hybrid_finish(pixels, channels, 0.013f, scales, bias, -5.0f, high, x);
  kc_same(x, expected, n * 4, 4, "%zu pixels of %zu sums", pixels, channels);
  kc_release();
}

static void check(void) {
  size_t count;
  const ln_quantize_q8* const* rungs = ln_quantize_q8_rungs(&count);
  for (size_t i = 0; i < count; ++i)
    if (kc_rung(rungs[i]->name, rungs[i]->isa))
      for (int round = 0; round < 3 * kc_rounds(); ++round) {
        check_once(rungs[i]);
        check_hybrid(rungs[i]);
        check_halves(rungs[i]);
        check_words(rungs[i]);
        check_store(rungs[i]);
        check_finish(rungs[i]);
      }
}

enum { kMost = 16384 };

typedef struct run {
  const ln_quantize_q8* rung;
  float* x;
  int8_t* q;
} run;

static void work_quantize(void* arg) {
  const run* r = arg;
  r->rung->quantize_s8(0.013f, 3, r->x, r->q, kMost);
}

static void work_dequantize(void* arg) {
  const run* r = arg;
  r->rung->dequantize_s8(0.013f, 3, r->q, r->x, kMost);
}

static void bench(void) {
  size_t count;
  const ln_quantize_q8* const* rungs = ln_quantize_q8_rungs(&count);
  run r = {.x = kc_memory(kMost * sizeof(float)), .q = kc_memory(kMost)};
  kc_fill_f32(r.x, kMost, 1);
  for (size_t i = 0; i < count; ++i) {
    r.rung = rungs[i];
    if (!ln_cpu_present(rungs[i]->isa)) continue;
    kc_time(rungs[i]->name, "to int8", kMost, "result", work_quantize, &r);
    kc_time(rungs[i]->name, "from int8", kMost, "result", work_dequantize, &r);
  }
}

const kc_family kc_family_quantize_q8 = {"quantize_q8", check, bench};
