/* kcheck: where the largest of a row of bytes stands. */
#include "kcheck/kcheck.h"
#include "kernels/generic/arg_max_q8.h"

static void check_once(const ln_arg_max_q8* rung) {
  static const uint8_t flips[] = {0, 0x80, 0xff, 0x7f};
  const size_t rows = (size_t)kc_range(1, 6), count = kc_size(120, 16);
  const uint8_t flip = flips[kc_range(0, 3)];
  uint8_t* in = kc_memory(rows * count);
  int32_t *best = kc_memory(rows * 4), *expected = kc_memory(rows * 4);
  kc_fill_u8(in, rows * count);
  ln_arg_max_q8_ref(in, rows, count, flip, expected);
  rung->run(in, rows, count, flip, best);
  kc_same(best, expected, rows * 4, 4, "%zu rows of %zu, flip %x", rows, count, flip);
  kc_release();
}

static void check(void) {
  size_t count;
  const ln_arg_max_q8* const* rungs = ln_arg_max_q8_rungs(&count);
  for (size_t i = 0; i < count; ++i)
    if (kc_rung(rungs[i]->name, rungs[i]->isa))
      for (int round = 0; round < 4 * kc_rounds(); ++round) check_once(rungs[i]);
}

enum { kRowCount = 1024, kCount = 21 };

typedef struct run {
  const ln_arg_max_q8* rung;
  uint8_t* in;
  int32_t* best;
} run;

static void work(void* arg) {
  const run* r = arg;
  r->rung->run(r->in, kRowCount, kCount, 0, r->best);
}

static void bench(void) {
  size_t count;
  const ln_arg_max_q8* const* rungs = ln_arg_max_q8_rungs(&count);
  run r = {.in = kc_memory(kRowCount * kCount), .best = kc_memory(kRowCount * 4)};
  for (size_t i = 0; i < kRowCount * kCount; ++i) r.in[i] = (uint8_t)kc_random();
  for (size_t i = 0; i < count; ++i) {
    r.rung = rungs[i];
    if (ln_cpu_present(rungs[i]->isa)) kc_time(rungs[i]->name, "1024 rows of 21", kRowCount, "row", work, &r);
  }
}

const kc_family kc_family_arg_max_q8 = {"arg_max_q8", check, bench};
