/* kcheck: softmax of bytes and its logarithm. */
#include "kcheck/kcheck.h"
#include "kernels/generic/softmax_q8.h"

static void check_once(const ln_softmax_q8* rung) {
  const size_t rows = kc_size(70, 64), depth = kc_chance(80) ? kc_size(80, 32) : kc_size(600, 256), n = rows * depth;
  const bool is_signed = kc_chance(50);
  const uint8_t flip = is_signed ? 0x80 : 0;
  const double scale = (double)kc_range(1, 1000) * (kc_chance(50) ? 1e-4 : 1e-3);
  ln_softmax_quantized narrow;
  ln_softmax_table* table = kc_memory(sizeof *table);
  uint8_t *in = kc_memory(n), *out = kc_memory(n), *expected = kc_memory(n);
  int16_t *wide = kc_memory(n * 2), *expected_wide = kc_memory(n * 2);
  kc_fill_u8(in, n);
  if (!ln_softmax_prepare(1.0, scale, &narrow)) return;
  ln_softmax_make_table(&narrow, table);
  rung->bytes(table, in, flip, out, rows, depth);
  rung->bytes_s16(table, in, flip, wide, rows, depth);
  if (is_signed) {
    ln_softmax_qs8_ref(table, (const int8_t*)in, (int8_t*)expected, rows, depth);
    ln_softmax_qs8_s16_ref(table, (const int8_t*)in, expected_wide, rows, depth);
  } else {
    ln_softmax_qu8_ref(table, in, expected, rows, depth);
    ln_softmax_qu8_s16_ref(table, in, expected_wide, rows, depth);
  }
  kc_same(out, expected, n, 1, "%zu rows of %zu, scale %g, signed %d", rows, depth, scale, is_signed);
  kc_same(wide, expected_wide, n * 2, 2, "%zu rows of %zu to int16, scale %g", rows, depth, scale);
  kc_release();
}

static void check_log(const ln_softmax_q8* rung) {
  const size_t rows = kc_size(70, 64), depth = kc_chance(80) ? kc_size(80, 32) : kc_size(600, 256), n = rows * depth;
  const bool is_signed = kc_chance(50);
  const double scale = (double)kc_range(1, 1000) * (kc_chance(50) ? 1e-4 : 1e-3);
  ln_log_softmax_quantized* p = kc_memory(sizeof *p);
  uint8_t *in = kc_memory(n), *out = kc_memory(n), *expected = kc_memory(n);
  kc_fill_u8(in, n);
  if (!ln_log_softmax_prepare(scale, p)) return;
  rung->log(p, in, is_signed ? 0x80 : 0, out, rows, depth);
  if (is_signed)
    ln_log_softmax_qs8_ref(p, (const int8_t*)in, (int8_t*)expected, rows, depth);
  else
    ln_log_softmax_qu8_ref(p, in, expected, rows, depth);
  kc_same(out, expected, n, 1, "logarithms, %zu rows of %zu, scale %g, signed %d", rows, depth, scale, is_signed);
  kc_release();
}

static void check(void) {
  size_t count;
  const ln_softmax_q8* const* rungs = ln_softmax_q8_rungs(&count);
  for (size_t i = 0; i < count; ++i)
    if (kc_rung(rungs[i]->name, rungs[i]->isa))
      for (int round = 0; round < kc_rounds() / 2; ++round) {
        check_once(rungs[i]);
        check_log(rungs[i]);
      }
}

enum { kRows = 64, kDepth = 64 };

typedef struct run {
  const ln_softmax_q8* rung;
  ln_softmax_table* table;
  uint8_t *in, *out;
} run;

static void work(void* arg) {
  const run* r = arg;
  r->rung->bytes(r->table, r->in, 0x80, r->out, kRows, kDepth);
}

static void bench(void) {
  size_t count;
  const ln_softmax_q8* const* rungs = ln_softmax_q8_rungs(&count);
  ln_softmax_quantized narrow;
  run r = {.table = kc_memory(sizeof *r.table), .in = kc_memory(kRows * kDepth), .out = kc_memory(kRows * kDepth)};
  kc_fill_u8(r.in, kRows * kDepth);
  if (ln_softmax_prepare(1.0, 0.05, &narrow)) ln_softmax_make_table(&narrow, r.table);
  for (size_t i = 0; i < count; ++i) {
    r.rung = rungs[i];
    if (ln_cpu_present(rungs[i]->isa)) kc_time(rungs[i]->name, "64 rows of 64", kRows * kDepth, "byte", work, &r);
  }
  kc_release();
}

const kc_family kc_family_softmax_q8 = {"softmax_q8", check, bench};
