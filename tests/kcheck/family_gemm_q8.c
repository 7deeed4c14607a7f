/* kcheck: the matrix product of bytes, to bytes and to sums. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "kcheck/kcheck.h"
#include "kernels/generic/gemm_q8.h"

typedef struct product {
  size_t rows, columns, segments, segment, a_stride, a_segment, out_stride;
  size_t depth; /* segments * segment */
  uint8_t* a;   /* [rows][depth] */
  uint8_t* b;   /* [columns][depth] */
  int32_t* row_terms;
  ln_requant_q8* numbers;
  ln_requant_q8_out range;
  bool any_left;
  double* scale;               /* or NULL */
  ln_requant_q8_short* shorts; /* or NULL */
} product;

/* ---- The same for a kernel. ---- */

typedef struct operands {
  const ln_gemm_q8* kernel;
  void* a;
  int8_t* packed;
  size_t groups;
  int32_t* own_terms; /* of the kernel, or NULL */
  ln_gemm_q8_numbers numbers;
  uint8_t* out;
} operands;

/* All bytes, or some, which begin at the zero point or do not. */
static ln_requant_q8_out make_range(void) {
  const bool is_signed = kc_chance(50), all = kc_chance(50);
  const int32_t up = is_signed ? -128 : 0, low = all ? 0 : (int32_t)kc_range(0, 128);
  const int32_t high = all ? 255 : (int32_t)kc_range(low, 255);
  const int32_t zero_point = kc_chance(50) ? low : (int32_t)kc_range(0, 255);
  return ln_requant_q8_range(zero_point + up, low + up, high + up, is_signed);
}

static void make_product(product* p) {
  p->a = kc_memory(p->rows * p->depth);
  p->b = kc_memory(p->columns * p->depth);
  p->row_terms = kc_chance(50) ? kc_memory(p->rows * 4) : NULL;
  p->numbers = kc_memory(p->columns * sizeof *p->numbers);
  kc_fill_u8(p->a, p->rows * p->depth);
  kc_fill_u8(p->b, p->columns * p->depth);
  if (p->row_terms != NULL) kc_fill_s32(p->row_terms, p->rows, -100000, 100000);
  p->shorts = kc_chance(50) ? kc_memory(p->columns * sizeof *p->shorts) : NULL;
  p->any_left = p->shorts == NULL && kc_chance(25);
  p->scale = kc_chance(25) ? kc_memory(p->columns * sizeof *p->scale) : NULL;
  for (size_t n = 0; p->scale != NULL && n < p->columns; ++n)
    p->scale[n] = kc_chance(20) ? 0.5 : kc_chance(3) ? INFINITY : (double)kc_range(1, 1 << 20) / 33554432.0;
  p->range = make_range();
  const bool is_short = p->shorts != NULL;
  for (size_t n = 0; n < p->columns; ++n) {
    const int32_t bias = (int32_t)kc_range(-50000, 50000), largest = (int32_t)p->depth * 255 * 128 + 100000;
    ln_requant_q8_make(bias, 1 << 29, (int32_t)kc_range(INT32_C(1) << 30, INT32_MAX),
                       (int32_t)(kc_chance(5) ? kc_range(-31, is_short      ? -9
                                                              : p->any_left ? 3
                                                                            : 0)
                                 : is_short   ? kc_range(-12, ln_requant_q8_starts_at_zero(&p->range) ? -4 : -8)
                                              : kc_range(-12, -5)),
                       &p->numbers[n]);
    if (p->shorts != NULL && !ln_requant_q8_make_short(&p->numbers[n], bias, largest, &p->range, &p->shorts[n]))
      p->shorts = NULL;
  }
  if (is_short && p->shorts == NULL) kc_same("0", "1", 1, 1, "the short way is not open at depth %zu", p->depth);
}

static uint32_t sum_of(const product* p, size_t m, size_t n) {
  uint32_t sum = 0;
  for (size_t k = 0; k < p->depth; ++k) sum += (uint32_t)(p->a[m * p->depth + k] * (int8_t)p->b[n * p->depth + k]);
  return sum;
}

static void set_element(const operands* o, size_t at, uint8_t value) {
  if (o->kernel->a_size == 1)
    ((uint8_t*)o->a)[at] = value;
  else
    ((int16_t*)o->a)[at] = value;
}

static ln_gemm_q8_rows rows_of(const product* p, const operands* o, size_t rows) {
  return (ln_gemm_q8_rows){rows,         p->columns, p->segments,  o->groups, o->a, p->a_stride,
                           p->a_segment, o->packed,  o->own_terms, o->packed, 4096};
}

static ln_gemm_layout layout_of(const product* p) {
  return (ln_gemm_layout){.columns = p->columns,
                          .taps_y = 1,
                          .taps_x = 1,
                          .channels = p->depth,
                          .column_stride = p->depth,
                          .channel_stride = 1};
}

/* Halves some weights until a kernel that does not take all of them does. */
static void suit(product* p, const ln_gemm_q8* kernel) {
  const ln_gemm_layout layout = layout_of(p);
  while (kernel->split != NULL && !ln_gemm_q8_fits(kernel, &layout, p->segments, p->b, 0))
    for (size_t i = 0; i < p->columns * p->depth; ++i)
      if (kc_chance(10)) p->b[i] = (uint8_t)((int8_t)p->b[i] / 2);
}

static void make_operands(const product* p, const ln_gemm_q8* kernel, operands* o) {
  const size_t width = ln_gemm_q8_width(kernel, p->columns), size = kernel->a_size;
  const ln_gemm_layout layout = layout_of(p);
  uint32_t* arrays[6];
  int32_t *own_terms = kc_memory(p->rows * 4), *column_sums = kc_memory(p->columns * 4);
  o->kernel = kernel;
  o->groups = (p->segment + kernel->kr - 1) / kernel->kr;
  /* What lies between the segments is anything, as in a picture. */
  const size_t elements = (p->rows - 1) * p->a_stride + (p->segments - 1) * p->a_segment + o->groups * kernel->kr;
  o->a = kc_memory(elements * size);
  for (size_t i = 0; i < elements; ++i) set_element(o, i, (uint8_t)kc_random());
  for (size_t m = 0; m < p->rows; ++m)
    for (size_t k = 0; k < p->depth; ++k)
      set_element(o, m * p->a_stride + k / p->segment * p->a_segment + k % p->segment, p->a[m * p->depth + k]);
  o->packed = kc_memory(ln_gemm_q8_packed_size(kernel, p->columns, p->depth, p->segments));
  ln_gemm_q8_pack(kernel, &layout, p->segments, p->b, 0, o->packed, column_sums);
  int32_t* expected_sums = kc_memory(p->columns * 4);
  for (size_t n = 0; n < p->columns; ++n) {
    expected_sums[n] = 0;
    for (size_t k = 0; k < p->depth; ++k) expected_sums[n] += (int8_t)p->b[n * p->depth + k];
  }
  kc_same(column_sums, expected_sums, p->columns * 4, 4, "%s: sums of %zu columns, %zu deep", kernel->name, p->columns,
          p->depth);
  o->own_terms = NULL;
  const ln_gemm_q8_rows rows = rows_of(p, o, p->rows);
  if (kernel->own_terms != NULL && kc_chance(80) &&
      kernel->own_terms(&rows, kc_chance(50) ? 64 : p->columns, own_terms))
    o->own_terms = own_terms;
  for (int i = 0; i < 6; ++i) arrays[i] = memset(kc_memory(width * 4), 0, width * 4);
  for (size_t n = 0; n < p->columns; ++n) {
    const ln_requant_q8* r = &p->numbers[n];
    const uint32_t values[6] = {r->bias, r->multiplier, r->offset, r->sign_shift, r->shift, r->left};
    for (int i = 0; i < 6; ++i) arrays[i][n] = values[i];
  }
  double* scale = p->scale != NULL ? memset(kc_memory(width * sizeof *scale), 0, width * sizeof *scale) : NULL;
  for (size_t n = 0; scale != NULL && n < p->columns; ++n) {
    scale[n] = p->scale[n];
    arrays[0][n] -= UINT32_C(1) << 31;
  }
  float *starts = NULL, *scale_f = scale != NULL && kc_chance(80) ? memset(kc_memory(width * 4), 0, width * 4) : NULL;
  bool any_large = false;
  for (size_t n = 0; scale_f != NULL && n < p->columns; ++n) {
    scale_f[n] = (float)scale[n];
    any_large = any_large || scale[n] > 0.5;
  }
  uint32_t* plain_bias = NULL;
  if (scale == NULL && p->shorts != NULL) {
    scale_f = memset(kc_memory(width * 4), 0, width * 4);
    starts = memset(kc_memory(width * 4), 0, width * 4);
    plain_bias = memset(kc_memory(width * 4), 0, width * 4);
    for (size_t n = 0; n < width; ++n) {
      scale_f[n] = n < p->columns ? p->shorts[n].scale : 0;
      starts[n] = n < p->columns ? p->shorts[n].start : ln_requant_q8_no_start(&p->range);
      plain_bias[n] = n < p->columns ? p->numbers[n].bias ^ (UINT32_C(1) << 31) : 0;
    }
  }
  o->numbers = (ln_gemm_q8_numbers){.scale = scale,
                                    .scale_f = any_large ? NULL : scale_f,
                                    .start_f = starts,
                                    .plain_bias = plain_bias,
                                    .bias = arrays[0],
                                    .multiplier = arrays[1],
                                    .offset = arrays[2],
                                    .sign_shift = arrays[3],
                                    .shift = arrays[4],
                                    .left = p->any_left ? arrays[5] : NULL,
                                    .row_terms = p->row_terms,
                                    .range = p->range};
  o->out = kc_memory((p->rows - 1) * p->out_stride + p->columns);
}

static uint8_t scaled(const product* p, size_t n, int32_t sum) {
  const double x = round(sum * p->scale[n]) + p->range.zero_point;
  const int value = !(x > p->range.low) ? p->range.low : x > p->range.high ? p->range.high : (int)x;
  return (uint8_t)(value ^ p->range.flip);
}

/* `row`: by the panels of any number of columns. */
static void check_bytes(const product* p, const operands* o, bool row) {
  const ln_gemm_q8_rows rows = rows_of(p, o, p->rows);
  const size_t size = (p->rows - 1) * p->out_stride + p->columns;
  uint8_t* expected = kc_memory(size);
  kc_fill_u8(o->out, size);
  memcpy(expected, o->out, size);
  for (size_t m = 0; m < p->rows; ++m)
    for (size_t n = 0; n < p->columns; ++n) {
      const uint32_t term = p->row_terms != NULL ? (uint32_t)p->row_terms[m] : 0;
      const uint32_t sum = sum_of(p, m, n) + p->numbers[n].bias + term;
      expected[m * p->out_stride + n] = p->scale != NULL ? scaled(p, n, (int32_t)(sum - (UINT32_C(1) << 31)))
                                                         : ln_requant_q8_apply(&p->numbers[n], &p->range, sum);
    }
  if (row)
    ln_gemm_q8_row(o->kernel, &rows, &o->numbers, o->out);
  else
    o->kernel->run(&rows, &o->numbers, o->out, p->out_stride);
  kc_same(o->out, expected, size, 1, "%zu rows, %zu columns, depth %zu, strides %zu and %zu, terms %d", p->rows,
          p->columns, p->depth, p->a_stride, p->out_stride, p->row_terms != NULL);
}

static void check_sums(const product* p, const operands* o) {
  const size_t width = ln_gemm_q8_width(o->kernel, p->columns);
  const size_t count = p->rows < o->kernel->mr ? p->rows : o->kernel->mr;
  const ln_gemm_q8_rows rows = rows_of(p, o, count);
  uint32_t* sums = kc_memory(count * width * 4);
  uint32_t* expected = memset(kc_memory(count * width * 4), 0, count * width * 4);
  for (size_t m = 0; m < count; ++m)
    for (size_t n = 0; n < p->columns; ++n) expected[m * width + n] = sum_of(p, m, n);
  o->kernel->run_sums(&rows, (int32_t*)(void*)sums);
  kc_same(sums, expected, count * width * 4, 4, "sums of %zu rows, %zu columns, depth %zu", count, p->columns,
          p->depth);
  int32_t* terms = kc_memory(p->rows * 4);
  int32_t* expected_terms = kc_memory(p->rows * 4);
  kc_fill_s32(terms, p->rows, -1000, 1000);
  memcpy(expected_terms, terms, p->rows * 4);
  for (size_t m = 0; m < p->rows; ++m)
    for (size_t k = 0; k < p->segment; ++k) expected_terms[m] -= 7 * p->a[m * p->depth + k];
  o->kernel->sum_rows(p->rows, p->segment, o->a, p->a_stride, -7, terms);
  kc_same(terms, expected_terms, p->rows * 4, 4, "sums of rows, depth %zu", p->segment);
}

static void check_floats(const product* p, const operands* o) {
  const ln_gemm_q8_rows rows = rows_of(p, o, p->rows);
  const size_t width = ln_gemm_q8_width(o->kernel, p->columns), size = (p->rows - 1) * p->out_stride + p->columns;
  const size_t step = kc_chance(50) ? 1 : 0, scaled_rows = step == 1 ? p->rows : 1;
  int32_t *column_sums = kc_memory(width * 4), *zero_points = kc_memory(scaled_rows * 4);
  float *scales = kc_memory(width * 4), *bias = kc_memory(width * 4), *row_scales = kc_memory(scaled_rows * 4);
  float *out = kc_memory(size * 4), *expected = kc_memory(size * 4);
  const bool clamped = kc_chance(50);
  kc_fill_s32(column_sums, width, -10000, 10000);
  kc_fill_s32(zero_points, scaled_rows, 0, 255);
  kc_fill_f32(scales, width, 0.1f);
  kc_fill_f32(bias, width, 3);
  kc_fill_f32(row_scales, scaled_rows, 0.1f);
  kc_fill_f32(out, size, 1);
  memcpy(expected, out, size * 4);
  const ln_gemm_q8_floats n = {{column_sums, scales, bias, clamped ? 0.0f : -INFINITY, clamped ? 6.0f : INFINITY},
                               row_scales,
                               zero_points,
                               step};
  for (size_t m = 0; m < p->rows; ++m)
    for (size_t c = 0; c < p->columns; ++c) {
      const int32_t sum = (int32_t)sum_of(p, m, c);
      ln_hybrid_store(&n.columns, c, 1, zero_points[m * step], row_scales[m * step], &sum,
                      expected + m * p->out_stride + c);
    }
  o->kernel->run_floats(&rows, &n, out, p->out_stride);
  kc_same(out, expected, size * 4, 4, "floats of %zu rows, %zu columns, depth %zu, step %zu", p->rows, p->columns,
          p->depth, step);
}

static void check_copy(const ln_gemm_q8* kernel) {
  const size_t count = kc_size(150, 16);
  const uint8_t flip = kc_chance(50) ? 0x80 : 0;
  uint8_t* in = kc_memory(count);
  int16_t *out = kc_memory(count * 2), *expected = kc_memory(count * 2);
  kc_fill_u8(in, count);
  for (size_t i = 0; i < count; ++i) expected[i] = (int16_t)(in[i] ^ flip);
  kernel->copy(in, count, flip, out);
  kc_same(out, expected, count * 2, 2, "copy of %zu", count);
}

static void check_row(const ln_gemm_q8* kernel) {
  product p = {.rows = 1, .columns = kc_size(9 * kernel->nr, kernel->nr), .segments = 1, .segment = kc_size(200, 4)};
  operands o;
  p.depth = p.a_stride = p.segment;
  p.out_stride = p.columns;
  make_product(&p);
  suit(&p, kernel);
  make_operands(&p, kernel, &o);
  check_bytes(&p, &o, true);
  kc_release();
}

static void check(void) {
  size_t count;
  const ln_gemm_q8* const* rungs = ln_gemm_q8_rungs(&count);
  for (size_t i = 0; i < count; ++i) {
    if (!kc_rung(rungs[i]->name, rungs[i]->isa)) continue;
    for (int round = 0; round < kc_rounds(); ++round) check_row(rungs[i]);
    for (int round = 0; round < 2 * kc_rounds(); ++round) {
      product p = {.rows = kc_size(30 + 4 * rungs[i]->mr, rungs[i]->mr),
                   .columns = kc_size(rungs[i]->nr, rungs[i]->step),
                   .segments = kc_chance(50) ? 1 : (size_t)kc_range(2, 5)};
      operands o;
      p.segment = kc_size(200 / p.segments, 4);
      p.depth = p.segments * p.segment;
      p.a_stride = p.segment + (size_t)kc_range(0, 3);
      p.a_segment = p.rows * p.a_stride + (size_t)kc_range(0, 3);
      p.out_stride = p.columns + (size_t)kc_range(0, 3);
      make_product(&p);
      suit(&p, rungs[i]);
      make_operands(&p, rungs[i], &o);
      check_bytes(&p, &o, false);
      check_sums(&p, &o);
      if (rungs[i]->run_floats != NULL) check_floats(&p, &o);
      if (rungs[i]->copy != NULL) check_copy(rungs[i]);
      kc_release();
    }
  }
}

typedef struct run {
  const product* p;
  operands o;
} run;

static void work(void* arg) {
  const run* r = arg;
  const ln_gemm_q8_rows rows = rows_of(r->p, &r->o, r->p->rows);
  r->o.kernel->run(&rows, &r->o.numbers, r->o.out, r->p->out_stride);
}

static void bench_shape(size_t rows, size_t columns, size_t depth) {
  size_t count;
  char detail[64];
  const ln_gemm_q8* const* rungs = ln_gemm_q8_rungs(&count);
  for (size_t i = 0; i < count; ++i) {
    product p = {.rows = rows,
                 .columns = columns < rungs[i]->nr ? columns : rungs[i]->nr,
                 .segments = 1,
                 .segment = depth,
                 .depth = depth,
                 .a_stride = depth,
                 .out_stride = columns};
    run r = {.p = &p};
    if (!ln_cpu_present(rungs[i]->isa)) continue;
    make_product(&p);
    suit(&p, rungs[i]);
    make_operands(&p, rungs[i], &r.o);
    snprintf(detail, sizeof detail, "%zu x %zu, depth %zu", rows, p.columns, depth);
    kc_time(rungs[i]->name, detail, (double)(rows * p.columns * depth), "MAC", work, &r);
    kc_release();
  }
}

static void bench(void) {
  bench_shape(96, 64, 16);
  bench_shape(96, 64, 64);
  bench_shape(96, 64, 576);
  bench_shape(96, 32, 144);
  bench_shape(96, 16, 96);
  bench_shape(1, 64, 576);
}

const kc_family kc_family_gemm_q8 = {"gemm_q8", check, bench};
