/* kcheck: quantized element-wise rows of int16, which run on the best rung of requant. */
#include <stdio.h>

#include "kcheck/kcheck.h"
#include "kernels/generic/rows_s16.h"

enum { ADD, MUL, RESCALE, KINDS };

typedef union params {
  ln_add_quantized sum;
  ln_mul_quantized product;
  ln_unary_rescale rescale;
} params;

static int32_t multiplier(void) { return (int32_t)kc_range(INT32_C(1) << 30, INT32_MAX); }

static params random_params(int kind) {
  const int32_t low = (int32_t)kc_range(-32768, -20000), high = (int32_t)kc_range(20000, 32767);
  if (kind == ADD)
    return (params){.sum = {.left_shift = 15,
                            .a_multiplier = multiplier(),
                            .b_multiplier = multiplier(),
                            .out_multiplier = multiplier(),
                            .a_shift = (int)kc_range(-6, 0),
                            .b_shift = (int)kc_range(-6, 0),
                            .out_shift = (int)kc_range(-20, kc_chance(5) ? 0 : -12),
                            .sign = kc_chance(50) ? 1 : -1,
                            .low = low,
                            .high = high}};
  if (kind == MUL)
    return (params){.product = {.multiplier = multiplier(), .shift = (int)kc_range(-20, 2), .low = low, .high = high}};
  return (params){.rescale = {.positive_multiplier = multiplier(),
                              .negative_multiplier = kc_chance(50) ? -multiplier() : multiplier(),
                              .positive_shift = (int)kc_range(kc_chance(5) ? -31 : -8, 4),
                              .negative_shift = (int)kc_range(-8, 4),
                              .low = low,
                              .high = high}};
}

static void run(int kind, bool best, const params* p, const int16_t* a, size_t a_step, const int16_t* b, size_t b_step,
                int16_t* out, size_t n) {
  if (kind == RESCALE) {
    (best ? ln_unary_s16_best(ln_unary_rescale_qs16_ref) : ln_unary_rescale_qs16_ref)(p, a, out, n);
    return;
  }
  const ln_binary_row ref = kind == ADD ? ln_binary_add_qs16_ref : ln_binary_mul_qs16_ref;
  (best ? ln_binary_s16_best(ref) : ref)(p, a, a_step, b, b_step, out, n);
}

static void check_kind(int kind) {
  const params p = random_params(kind);
  const size_t n = kc_size(300, 64);
  const size_t a_step = kind != RESCALE && kc_chance(20) ? 0 : 1, b_step = a_step == 1 && kc_chance(20) ? 0 : 1;
  int16_t *a = kc_memory((a_step == 0 ? 1 : n) * 2), *b = kc_memory((b_step == 0 ? 1 : n) * 2);
  int16_t *out = kc_memory(n * 2), *expected = kc_memory(n * 2);
  kc_fill_u8((uint8_t*)a, (a_step == 0 ? 1 : n) * 2);
  kc_fill_u8((uint8_t*)b, (b_step == 0 ? 1 : n) * 2);
  run(kind, false, &p, a, a_step, b, b_step, expected, n);
  if (a_step == 1 && kc_chance(20)) out = a; /* in place */
  run(kind, true, &p, a, a_step, b, b_step, out, n);
  kc_same(out, expected, n, 2, "kind %d, %zu elements, steps %zu and %zu", kind, n, a_step, b_step);
  kc_release();
}

static void check(void) {
  if (!kc_rung("rows_s16", LN_ISA_GENERIC)) return;
  for (int round = 0; round < kc_rounds(); ++round)
    for (int kind = 0; kind < KINDS; ++kind) check_kind(kind);
}

typedef struct job {
  int kind;
  bool best;
  params params;
  int16_t *a, *b, *out;
} job;

enum { COUNT = 4096 };

static void work(void* arg) {
  const job* j = arg;
  run(j->kind, j->best, &j->params, j->a, 1, j->b, 1, j->out, COUNT);
}

static void bench(void) {
  static const char* const kNames[KINDS] = {"add", "mul", "rescale"};
  job j = {.a = kc_memory(COUNT * 2), .b = kc_memory(COUNT * 2), .out = kc_memory(COUNT * 2)};
  kc_fill_u8((uint8_t*)j.a, COUNT * 2);
  kc_fill_u8((uint8_t*)j.b, COUNT * 2);
  for (j.kind = 0; j.kind < KINDS; ++j.kind) {
    j.params = random_params(j.kind);
    for (int best = 0; best < 2; ++best) {
      j.best = best != 0;
      kc_time(j.best ? "rows_s16" : "rows_s16_ref", kNames[j.kind], COUNT, "result", work, &j);
    }
  }
}

const kc_family kc_family_rows_s16 = {"rows_s16", check, bench};
