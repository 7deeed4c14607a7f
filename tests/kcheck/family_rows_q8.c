/* kcheck: quantized element-wise rows of bytes. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "kcheck/kcheck.h"
#include "kernels/generic/rows_q8.h"

typedef struct kind {
  const char* name;
  ln_binary_row ref;
  bool is_signed, is_product;
} kind;

static const kind kKinds[] = {{"add_qu8", ln_binary_add_qu8_ref, false, false},
                              {"add_qs8", ln_binary_add_qs8_ref, true, false},
                              {"mul_qu8", ln_binary_mul_qu8_ref, false, true},
                              {"mul_qs8", ln_binary_mul_qs8_ref, true, true}};

enum { kKindCount = sizeof kKinds / sizeof kKinds[0] };

static int32_t multiplier(void) { return (int32_t)kc_range(INT32_C(1) << 30, INT32_MAX); }

static ln_add_quantized sum_params(bool is_signed) {
  const int32_t low = is_signed ? -128 : 0, high = is_signed ? 127 : 255;
  ln_add_quantized p = {.a_offset = -(int32_t)kc_range(low, high),
                        .b_offset = -(int32_t)kc_range(low, high),
                        .out_offset = (int32_t)kc_range(low, high),
                        .left_shift = 20,
                        .a_multiplier = multiplier(),
                        .b_multiplier = multiplier(),
                        .out_multiplier = multiplier(),
                        .a_shift = (int)kc_range(-6, 0),
                        .b_shift = (int)kc_range(-6, 0),
                        .out_shift = (int)kc_range(-22, kc_chance(5) ? 0 : -17),
                        .sign = kc_chance(50) ? 1 : -1,
                        .low = (int32_t)kc_range(low, low + 50),
                        .high = (int32_t)kc_range(high - 50, high)};
  /* Where the scales are equal both inputs count a half, elsewhere one does. */
  if (kc_chance(50)) p.a_multiplier = INT32_C(1) << 30, p.a_shift = 0;
  if (kc_chance(50)) p.b_multiplier = INT32_C(1) << 30, p.b_shift = 0;
  /* Sums that lie at a half exactly. */
  if (kc_chance(30)) p.out_multiplier = INT32_C(1) << 30;
  return p;
}

static ln_mul_quantized product_params(bool is_signed) {
  const ln_add_quantized p = sum_params(is_signed);
  return (ln_mul_quantized){p.a_offset, p.b_offset, p.out_offset, p.a_multiplier, (int)kc_range(-9, kc_chance(10)),
                            p.low,      p.high};
}

/* Both parameters in one, so that either kind can take it. */
typedef union params {
  ln_add_quantized sum;
  ln_mul_quantized product;
} params;

static params random_params(const kind* k) {
  params p;
  if (k->is_product)
    p.product = product_params(k->is_signed);
  else
    p.sum = sum_params(k->is_signed);
  return p;
}

static void check_kind(const kind* k, ln_binary_row row) {
  const params p = random_params(k);
  const size_t n = kc_size(300, 64);
  const size_t a_step = kc_chance(20) ? 0 : 1, b_step = a_step == 1 && kc_chance(20) ? 0 : 1;
  uint8_t* a = kc_memory(a_step == 0 ? 1 : n);
  uint8_t* b = kc_memory(b_step == 0 ? 1 : n);
  uint8_t *out = kc_memory(n), *expected = kc_memory(n);
  kc_fill_u8(a, a_step == 0 ? 1 : n);
  kc_fill_u8(b, b_step == 0 ? 1 : n);
  k->ref(&p, a, a_step, b, b_step, expected, n);
  if (a_step == 1 && kc_chance(20)) out = a; /* in place */
  row(&p, a, a_step, b, b_step, out, n);
  kc_same(out, expected, n, 1, "%s, %zu elements, steps %zu and %zu", k->name, n, a_step, b_step);
  kc_release();
}

typedef struct plain {
  const char* name;
  ln_binary_row ref;
  size_t in_width, out_width;
  bool is_float;
} plain;

static const plain kPlain[] = {{"maximum_u8", ln_binary_maximum_u8_ref, 1, 1, false},
                               {"maximum_s8", ln_binary_maximum_s8_ref, 1, 1, false},
                               {"maximum_s16", ln_binary_maximum_s16_ref, 2, 2, false},
                               {"minimum_u8", ln_binary_minimum_u8_ref, 1, 1, false},
                               {"minimum_s8", ln_binary_minimum_s8_ref, 1, 1, false},
                               {"minimum_s16", ln_binary_minimum_s16_ref, 2, 2, false},
                               {"equal_f32", ln_binary_equal_f32_ref, 4, 1, true},
                               {"not_equal_f32", ln_binary_not_equal_f32_ref, 4, 1, true},
                               {"less_f32", ln_binary_less_f32_ref, 4, 1, true},
                               {"less_equal_f32", ln_binary_less_equal_f32_ref, 4, 1, true},
                               {"add_i32", ln_binary_add_i32_ref, 4, 4, false},
                               {"sub_i32", ln_binary_sub_i32_ref, 4, 4, false},
                               {"mul_i32", ln_binary_mul_i32_ref, 4, 4, false}};

static void fill_plain(const plain* k, void* data, size_t n) {
  float* floats = data;
  if (!k->is_float)
    kc_fill_u8(data, n * k->in_width);
  else
    for (size_t i = 0; i < n; ++i) floats[i] = kc_chance(5) ? NAN : (float)kc_range(-2, 2);
}

static void check_plain(const plain* k, ln_binary_row row) {
  const size_t n = kc_size(300, 64);
  const size_t a_step = kc_chance(20) ? 0 : 1, b_step = a_step == 1 && kc_chance(20) ? 0 : 1;
  void *a = kc_memory((a_step == 0 ? 1 : n) * k->in_width), *b = kc_memory((b_step == 0 ? 1 : n) * k->in_width);
  void *out = kc_memory(n * k->out_width), *expected = kc_memory(n * k->out_width);
  fill_plain(k, a, a_step == 0 ? 1 : n);
  fill_plain(k, b, b_step == 0 ? 1 : n);
  const bool all = kc_chance(50);
  const ln_clamp_i64 clamp = {all ? INT32_MIN : -100000000, all ? INT32_MAX : 1000000000}; /* of sums */
  k->ref(&clamp, a, a_step, b, b_step, expected, n);
  if (a_step == 1 && k->in_width == k->out_width && kc_chance(20)) out = a; /* in place */
  row(&clamp, a, a_step, b, b_step, out, n);
  kc_same(out, expected, n * k->out_width, k->out_width, "%s, %zu elements, steps %zu and %zu", k->name, n, a_step,
          b_step);
  kc_release();
}

static void check_scale_shift(const ln_rows_q8* rung) {
  ln_scale_shift_q8 p = {.is_signed = kc_chance(50), .channels = kc_size(150, 64)};
  p.product = product_params(p.is_signed);
  p.sum = sum_params(p.is_signed);
  p.sum.sign = 1;
  p.sum.a_offset = -p.product.out_offset;
  const size_t n = kc_size(700, 64);
  uint8_t *scale = kc_memory(p.channels), *shift = kc_memory(p.channels);
  kc_fill_u8(scale, p.channels);
  kc_fill_u8(shift, p.channels);
  ln_scale_shift_q8_fill(&p, scale, shift, kc_memory((ln_scale_shift_q8_size(p.channels) + 3) / 4 * 4));
  uint8_t *x = kc_memory(n), *out = kc_memory(n), *expected = kc_memory(n);
  kc_fill_u8(x, n);
  ln_scale_shift_q8_ref(&p, x, expected, n);
  if (kc_chance(20)) out = x; /* in place */
  rung->scale_shift(&p, x, out, n);
  kc_same(out, expected, n, 1, "scale and shift, %zu elements, %zu channels", n, p.channels);
  kc_release();
}

static void check_scale(const ln_rows_q8* rung) {
  ln_scale_q8 p = {.is_signed = kc_chance(50), .channels = kc_size(150, 64)};
  p.product = product_params(p.is_signed);
  const size_t n = kc_size(700, 64);
  uint8_t* numbers = kc_memory(p.channels);
  kc_fill_u8(numbers, p.channels);
  ln_scale_q8_make(&p, kc_memory((ln_scale_q8_size(p.channels) + 3) / 4 * 4));
  rung->scale_fill(&p, numbers);
  uint8_t *x = kc_memory(n), *out = kc_memory(n), *expected = kc_memory(n);
  kc_fill_u8(x, n);
  ln_scale_q8_ref(&p, x, expected, n);
  if (kc_chance(20)) out = x; /* in place */
  rung->scale(&p, x, out, n);
  kc_same(out, expected, n, 1, "a number for each channel, %zu elements, %zu channels", n, p.channels);
  kc_release();
}

static void check_turn(const ln_rows_q8* rung) {
  const size_t in_stride = 16 + kc_size(20, 8), out_stride = 16 + kc_size(20, 8);
  uint8_t *in = kc_memory(15 * in_stride + 16), *out = kc_memory(15 * out_stride + 16);
  uint8_t* expected = kc_memory(15 * out_stride + 16);
  kc_fill_u8(in, 15 * in_stride + 16);
  memset(out, 7, 15 * out_stride + 16);
  memset(expected, 7, 15 * out_stride + 16);
  for (size_t r = 0; r < 16; ++r)
    for (size_t c = 0; c < 16; ++c) expected[c * out_stride + r] = in[r * in_stride + c];
  rung->turn((const char*)in, in_stride, (char*)out, out_stride);
  kc_same(out, expected, 15 * out_stride + 16, 1, "turn, strides %zu and %zu", in_stride, out_stride);
  kc_release();
}

static ln_binary_row row_of(const ln_rows_q8* rung, ln_binary_row ref) {
  const ln_rows_q8_variant* v = rung->binary;
  while (v->ref != NULL && v->ref != ref) ++v;
  return v->ref != NULL ? v->row : ref;
}

static void check(void) {
  size_t count;
  const ln_rows_q8* const* rungs = ln_rows_q8_rungs(&count);
  for (size_t i = 0; i < count; ++i) {
    if (!kc_rung(rungs[i]->name, rungs[i]->isa)) continue;
    for (size_t k = 0; k < kKindCount; ++k)
      for (int round = 0; round < kc_rounds(); ++round) check_kind(&kKinds[k], row_of(rungs[i], kKinds[k].ref));
    for (size_t k = 0; k < sizeof kPlain / sizeof kPlain[0]; ++k)
      for (int round = 0; round < kc_rounds() / 4; ++round) check_plain(&kPlain[k], row_of(rungs[i], kPlain[k].ref));
    for (int round = 0; round < 2 * kc_rounds(); ++round) {
      check_scale_shift(rungs[i]);
      check_scale(rungs[i]);
      if (rungs[i]->turn != NULL) check_turn(rungs[i]);
    }
  }
}

typedef struct run {
  ln_binary_row row;
  params p;
  uint8_t *a, *b, *out;
} run;

enum { kMost = 16384 };

static void work(void* arg) {
  const run* r = arg;
  r->row(&r->p, r->a, 1, r->b, 1, r->out, kMost);
}

typedef struct picture {
  const ln_rows_q8* rung;
  ln_scale_shift_q8 p;
  uint8_t *x, *out;
} picture;

static void work_picture(void* arg) {
  const picture* r = arg;
  r->rung->scale_shift(&r->p, r->x, r->out, kMost);
}

/* A norm as models have it: the product's numbers have no fractions of a half, nor have the sum's. */
static void bench_scale_shift(const ln_rows_q8* rung) {
  picture r = {.rung = rung, .p = {.is_signed = true, .channels = 96}, .x = kc_memory(kMost), .out = kc_memory(kMost)};
  const ln_mul_quantized product = {5, -3, 11, 1500000000, -7, -128, 127};
  const ln_add_quantized sum = {-11, 60, -128, 20, 1 << 30, 1700000000, 1400000000, 0, -3, -18, 1, -128, 127};
  uint8_t *scale = kc_memory(96), *shift = kc_memory(96);
  kc_fill_u8(scale, 96);
  kc_fill_u8(shift, 96);
  kc_fill_u8(r.x, kMost);
  r.p.product = product;
  r.p.sum = sum;
  ln_scale_shift_q8_fill(&r.p, scale, shift, kc_memory(ln_scale_shift_q8_size(96)));
  kc_time(rung->name, "scale and shift", kMost, "result", work_picture, &r);
}

typedef struct scaled {
  const ln_rows_q8* rung;
  ln_scale_q8 p;
  uint8_t *x, *out;
} scaled;

static void work_scaled(void* arg) {
  const scaled* r = arg;
  r->rung->scale(&r->p, r->x, r->out, kMost);
}

/* Gates of 1/256, as of LOGISTIC. */
static void bench_scale(const ln_rows_q8* rung) {
  scaled r = {.rung = rung, .p = {.is_signed = true, .channels = 96}, .x = kc_memory(kMost), .out = kc_memory(kMost)};
  const ln_mul_quantized product = {5, 128, 11, 1500000000, -7, -128, 127};
  uint8_t* numbers = kc_memory(96);
  kc_fill_u8(numbers, 96);
  kc_fill_u8(r.x, kMost);
  r.p.product = product;
  ln_scale_q8_make(&r.p, kc_memory(ln_scale_q8_size(96)));
  rung->scale_fill(&r.p, numbers);
  kc_time(rung->name, "a number for each channel", kMost, "result", work_scaled, &r);
}

static void bench(void) {
  size_t count;
  const ln_rows_q8* const* rungs = ln_rows_q8_rungs(&count);
  run r = {.a = kc_memory(kMost), .b = kc_memory(kMost), .out = kc_memory(kMost)};
  kc_fill_u8(r.a, kMost);
  kc_fill_u8(r.b, kMost);
  for (size_t i = 0; i < count; ++i)
    if (ln_cpu_present(rungs[i]->isa)) {
      bench_scale_shift(rungs[i]);
      bench_scale(rungs[i]);
    }
  for (size_t k = 0; k < kKindCount; ++k) {
    r.p = random_params(&kKinds[k]);
    for (size_t i = 0; i < count; ++i) {
      r.row = row_of(rungs[i], kKinds[k].ref);
      if (ln_cpu_present(rungs[i]->isa)) kc_time(rungs[i]->name, kKinds[k].name, kMost, "result", work, &r);
    }
  }
}

const kc_family kc_family_rows_q8 = {"rows_q8", check, bench};
