/* kcheck: Winograd's transforms, and that a whole convolution by them is the plain one. */
#include <math.h>
#include <string.h>

#include "kcheck/kcheck.h"
#include "kernels/generic/winograd_f32.h"

static size_t pick(size_t low, size_t high) { return (size_t)kc_range((int64_t)low, (int64_t)high); }

static const ln_winograd_kernels* reference(ln_winograd_form form) {
  size_t count;
  return &ln_winograd_f32_rungs(&count)[0]->forms[form];
}

static void check_in(const ln_winograd_f32* kernel, ln_winograd_form form) {
  const ln_winograd_facts* f = ln_winograd_facts_of(form);
  const size_t rows = f->dimensions == 2 ? f->in : 1;
  ln_winograd_in t = {.channels = kc_size(50, 16)};
  const bool whole = kc_chance(50), turned = f->dimensions == 1 && kc_chance(50);
  t.y0 = whole ? 0 : pick(0, rows - 1);
  t.x0 = whole ? 0 : pick(0, f->in - 1);
  t.y1 = whole ? rows : pick(t.y0 + 1, rows);
  t.x1 = whole ? f->in : pick(t.x0 + 1, f->in);
  t.pixel_stride = t.channels + (turned ? pick(0, 40) : 0);
  t.row_stride = (t.x1 - t.x0) * t.pixel_stride + pick(0, 20);
  const size_t size = (t.y1 - t.y0 - 1) * t.row_stride + (t.x1 - t.x0 - 1) * t.pixel_stride + t.channels;
  const size_t step = t.channels + pick(0, 9), results = (f->points - 1) * step + t.channels;
  float *in = kc_memory(size * 4), *v = kc_memory(results * 4), *expected = kc_memory(results * 4);
  kc_fill_f32(in, size, 1);
  memset(v, 0, results * 4);
  memset(expected, 0, results * 4);
  t.in = in;
  reference(form)->in(&t, expected, step);
  kernel->forms[form].in(&t, v, step);
  kc_close(v, expected, results, 2e-6f, 10.0f, "form %d, in, %zu channels, rows %zu to %zu, %zu to %zu", (int)form,
           t.channels, t.y0, t.y1, t.x0, t.x1);
  kc_release();
}

static void check_out(const ln_winograd_f32* kernel, ln_winograd_form form) {
  const ln_winograd_facts* f = ln_winograd_facts_of(form);
  ln_winograd_out t = {.rows = pick(1, f->dimensions == 2 ? f->out : 1),
                       .columns = pick(1, f->out),
                       .channels = kc_size(50, 16),
                       .low = -1.0f};
  t.high = kc_chance(50) ? INFINITY : 1.5f;
  t.pixel_stride = t.channels + pick(0, 9);
  t.row_stride = t.columns * t.pixel_stride + pick(0, 9);
  const size_t size = (t.rows - 1) * t.row_stride + (t.columns - 1) * t.pixel_stride + t.channels;
  const size_t step = t.channels + pick(0, 9), given = (f->points - 1) * step + t.channels;
  float *m = kc_memory(given * 4), *bias = kc_memory(t.channels * 4);
  float *out = kc_memory(size * 4), *expected = kc_memory(size * 4);
  kc_fill_f32(m, given, 1);
  kc_fill_f32(bias, t.channels, 1);
  memset(out, 0, size * 4);
  memset(expected, 0, size * 4);
  t.bias = bias;
  t.out = expected;
  reference(form)->out(&t, m, step);
  t.out = out;
  kernel->forms[form].out(&t, m, step);
  kc_close(out, expected, size, 1e-6f, 100.0f, "form %d, out, %zu channels, %zu x %zu", (int)form, t.channels, t.rows,
           t.columns);
  kc_release();
}

static void check_filter(const ln_winograd_f32* kernel, ln_winograd_form form) {
  const ln_winograd_facts* f = ln_winograd_facts_of(form);
  const ln_winograd_factors factors = ln_winograd_factors_of(form);
  const size_t count = kc_size(50, 16), stride = count + pick(0, 9), step = count + pick(0, 9);
  const size_t given = (f->all_taps - 1) * stride + count, made = (f->points - 1) * step + count;
  float *taps = kc_memory(given * 4), *to = kc_memory(made * 4), *expected = kc_memory(made * 4);
  kc_fill_f32(taps, given, 1);
  memset(to, 0, made * 4);
  memset(expected, 0, made * 4);
  reference(form)->filter(&factors, count, taps, stride, expected, step);
  kernel->forms[form].filter(&factors, count, taps, stride, to, step);
  kc_close(to, expected, made, 1e-6f, 4.0f, "form %d, filter, %zu values", (int)form, count);
  kc_release();
}

/* Layers so large that their filters are stored past the caches. */
static void check_large_filter(const ln_winograd_f32* kernel, ln_winograd_form form) {
  enum { kLine = 16, kLargeFloats = 1 << 20 };
  const ln_winograd_facts* f = ln_winograd_facts_of(form);
  const ln_winograd_factors factors = ln_winograd_factors_of(form);
  const size_t count = kc_size(50, 16), step = (kLargeFloats / f->points / kLine + pick(0, 2)) * kLine;
  const size_t given = f->all_taps * count, made = f->points * step;
  float *taps = kc_memory(given * 4), *to = kc_memory(made * 4), *expected = kc_memory(made * 4);
  kc_fill_f32(taps, given, 1);
  memset(to, 0, made * 4);
  memset(expected, 0, made * 4);
  reference(form)->filter(&factors, count, taps, count, expected, step);
  kernel->forms[form].filter(&factors, count, taps, count, to, step);
  kc_close(to, expected, made, 1e-6f, 4.0f, "form %d, large filter, %zu values", (int)form, count);
  kc_release();
}

/* One tile through all steps, against the sum that it stands for. */
static void check_whole(const ln_winograd_f32* kernel, ln_winograd_form form) {
  const ln_winograd_facts* f = ln_winograd_facts_of(form);
  const size_t in_rows = f->dimensions == 2 ? f->in : 1, out_rows = f->dimensions == 2 ? f->out : 1;
  const ln_gemm_f32* gemm = ln_gemm_f32_best();
  const size_t channels = kc_size(40, 16), columns = kc_size(40, 16), depth = f->all_taps * channels;
  const size_t panels = ln_gemm_f32_packed_size(gemm, columns, channels);
  const size_t results = out_rows * f->out * columns, pixels = in_rows * f->in * channels;
  float *in = kc_memory(pixels * 4), *filters = kc_memory(columns * depth * 4);
  float *packed = kc_memory(f->points * panels * 4), *v = kc_memory(f->points * channels * 4);
  float *m = kc_memory(f->points * columns * 4), *zeros = kc_memory(gemm->nr * 4 * (columns / gemm->nr + 1));
  float *out = kc_memory(results * 4), *expected = kc_memory(results * 4);
  kc_fill_f32(in, pixels, 1);
  kc_fill_f32(filters, columns * depth, 1);
  memset(zeros, 0, gemm->nr * 4 * (columns / gemm->nr + 1));
  const size_t some = kc_chance(50) || columns < gemm->nr ? columns : gemm->nr;
  ln_winograd_f32_pack(kernel, form, gemm, columns, channels, 0, some, filters, packed);
  if (some < columns)
    ln_winograd_f32_pack(kernel, form, gemm, columns, channels, some, columns - some, filters + some * depth, packed);
  const ln_winograd_in from = {in, 0, in_rows, 0, f->in, f->in * channels, channels, channels};
  const ln_winograd_out to = {out, out_rows, f->out, f->out * columns, columns, columns, zeros, -INFINITY, INFINITY};
  kernel->forms[form].in(&from, v, channels);
  for (size_t p = 0; p < f->points; ++p)
    ln_gemm_f32_block(gemm, 1, columns, channels, v + p * channels, channels, packed + p * panels, zeros, -INFINITY,
                      INFINITY, m + p * columns, columns);
  kernel->forms[form].out(&to, m, columns);
  for (size_t i = 0; i < results; ++i) {
    const size_t y = i / columns / f->out, x = i / columns % f->out, n = i % columns;
    double sum = 0;
    for (size_t k = 0; k < depth; ++k)
      sum += (double)in[((y + k / channels / f->taps) * f->in + x + k / channels % f->taps) * channels + k % channels] *
             (double)filters[n * depth + k];
    expected[i] = (float)sum;
  }
  kc_close(out, expected, results, 1.5e-5f, 3.0f * sqrtf((float)channels), "form %d, whole, %zu channels, %zu columns",
           (int)form, channels, columns);
  kc_release();
}

static void check(void) {
  size_t count;
  const ln_winograd_f32* const* rungs = ln_winograd_f32_rungs(&count);
  for (size_t i = 0; i < count; ++i) {
    if (!kc_rung(rungs[i]->name, rungs[i]->isa)) continue;
    for (int round = 0; round < kc_rounds() / 4; ++round) {
      const ln_winograd_form form = (ln_winograd_form)(round % LN_WINOGRAD_FORMS);
      check_in(rungs[i], form);
      check_out(rungs[i], form);
      check_filter(rungs[i], form);
      check_whole(rungs[i], form);
      if (round < 2 * LN_WINOGRAD_FORMS) check_large_filter(rungs[i], form);
    }
  }
}

typedef struct run {
  const ln_winograd_kernels* kernel;
  ln_winograd_in in;
  ln_winograd_out out;
  float* v;
} run;

static void work(void* arg) {
  const run* r = arg;
  r->kernel->in(&r->in, r->v, 64);
  r->kernel->out(&r->out, r->v, 64);
}

static void bench_form(const ln_winograd_f32* kernel, ln_winograd_form form, const char* detail) {
  const ln_winograd_facts* f = ln_winograd_facts_of(form);
  const size_t in_rows = f->dimensions == 2 ? f->in : 1, out_rows = f->dimensions == 2 ? f->out : 1;
  float *in = kc_memory(in_rows * f->in * 64 * 4), *bias = kc_memory(64 * 4);
  kc_fill_f32(in, in_rows * f->in * 64, 1);
  kc_fill_f32(bias, 64, 1);
  run r = {&kernel->forms[form],
           {in, 0, in_rows, 0, f->in, f->in * 64, 64, 64},
           {kc_memory(out_rows * f->out * 64 * 4), out_rows, f->out, f->out * 64, 64, 64, bias, 0, 6},
           kc_memory(f->points * 64 * 4)};
  kc_time(kernel->name, detail, (double)(out_rows * f->out * 64), "result", work, &r);
  kc_release();
}

static void bench(void) {
  static const char* const details[LN_WINOGRAD_FORMS] = {"a tile of 4 x 4, 64 channels", "2 x 2", "2 x 2 of 5 x 5",
                                                         "4 of 3", "4 of 7"};
  size_t count;
  const ln_winograd_f32* const* rungs = ln_winograd_f32_rungs(&count);
  for (size_t i = 0; i < count; ++i)
    for (ln_winograd_form form = 0; form < LN_WINOGRAD_FORMS && ln_cpu_present(rungs[i]->isa); ++form)
      bench_form(rungs[i], form, details[form]);
}

const kc_family kc_family_winograd_f32 = {"winograd_f32", check, bench};
