/* kcheck: looking bytes and words up. */
#include "kcheck/kcheck.h"
#include "kernels/generic/lookup_q8.h"

static void check_once(const ln_lookup_q8* rung) {
  const size_t n = kc_size(300, 64);
  uint8_t *table = kc_memory(256), *in = kc_memory(n), *out = kc_memory(n), *expected = kc_memory(n);
  kc_fill_u8(table, 256);
  for (size_t i = 0; i < n; ++i) in[i] = (uint8_t)kc_random();
  ln_lookup_8(table, in, expected, n);
  if (kc_chance(30)) out = in;
  rung->run(table, in, out, n);
  kc_same(out, expected, n, 1, "%zu bytes", n);
  kc_release();
}

static void check_words(const ln_lookup_q8* rung) {
  const size_t n = kc_size(100, 16);
  int16_t *table = kc_memory(LN_LOOKUP_16_SIZE * sizeof *table), *in = kc_memory(n * sizeof *in);
  int16_t *out = kc_memory(n * sizeof *out), *expected = kc_memory(n * sizeof *expected);
  for (size_t i = 0; i < LN_LOOKUP_16_SIZE; ++i) table[i] = (int16_t)kc_random();
  for (size_t i = 0; i < n; ++i) in[i] = kc_chance(10) ? INT16_MAX : kc_chance(10) ? INT16_MIN : (int16_t)kc_random();
  ln_lookup_16(table, in, expected, n);
  if (kc_chance(30)) out = in;
  rung->run_16(table, in, out, n);
  kc_same(out, expected, n * sizeof *out, sizeof *out, "%zu words", n);
  kc_release();
}

static void check(void) {
  size_t count;
  const ln_lookup_q8* const* rungs = ln_lookup_q8_rungs(&count);
  for (size_t i = 0; i < count; ++i)
    if (kc_rung(rungs[i]->name, rungs[i]->isa))
      for (int round = 0; round < 2 * kc_rounds(); ++round) check_once(rungs[i]), check_words(rungs[i]);
}

enum { kMost = 16384 };

typedef struct run {
  const ln_lookup_q8* rung;
  uint8_t *table, *in, *out;
} run;

static void work(void* arg) {
  const run* r = arg;
  r->rung->run(r->table, r->in, r->out, kMost);
}

static void bench(void) {
  size_t count;
  const ln_lookup_q8* const* rungs = ln_lookup_q8_rungs(&count);
  run r = {.table = kc_memory(256), .in = kc_memory(kMost), .out = kc_memory(kMost)};
  kc_fill_u8(r.table, 256);
  kc_fill_u8(r.in, kMost);
  for (size_t i = 0; i < count; ++i) {
    r.rung = rungs[i];
    if (ln_cpu_present(rungs[i]->isa)) kc_time(rungs[i]->name, "16384 bytes", kMost, "byte", work, &r);
  }
}

const kc_family kc_family_lookup_q8 = {"lookup_q8", check, bench};
