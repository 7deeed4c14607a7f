/* kcheck: the gates of integer cells. */
#include <stdio.h>
#include <string.h>

#include "kcheck/kcheck.h"
#include "kernels/generic/fixed_exp.h"
#include "kernels/generic/fixed_exp16.h"
#include "kernels/generic/gates_s16.h"
#include "kernels/generic/matvec.h"

static void fill_s16(int16_t* x, size_t n) {
  for (size_t i = 0; i < n; ++i)
    x[i] = kc_chance(5) ? (int16_t)(kc_chance(50) ? INT16_MIN : 0) : (int16_t)kc_range(INT16_MIN, INT16_MAX);
}

static void check_matvec(const ln_gates_s16* rung) {
  const size_t rows = kc_size(12, 4), columns = kc_size(100, 32);
  int8_t* matrix = kc_memory(rows * columns);
  int16_t* vector = kc_memory(columns * 2);
  int32_t *result = kc_memory(rows * 4), *expected = kc_memory(rows * 4);
  kc_fill_u8((uint8_t*)matrix, rows * columns);
  fill_s16(vector, columns);
  ln_matvec_s8_s16_ref(matrix, rows, columns, vector, expected);
  rung->matvec(matrix, rows, columns, vector, result);
  kc_same(result, expected, rows * 4, 4, "%zu rows of %zu", rows, columns);
  kc_release();
}

static void check_accumulate(const ln_gates_s16* rung) {
  const size_t n = kc_size(70, 16);
  int32_t *sums = kc_memory(n * 4), *bias = kc_chance(50) ? kc_memory(n * 4) : NULL;
  int16_t *gate = kc_memory(n * 2), *expected = kc_memory(n * 2);
  const int32_t multiplier = kc_chance(5) ? 0 : (int32_t)kc_range(INT32_C(1) << 30, INT32_MAX);
  const int shift = (int)(kc_chance(80) ? kc_range(-14, 0) : kc_range(-31, 6));
  kc_fill_s32(sums, n, kc_chance(10) ? INT32_MIN : -3000000, kc_chance(10) ? INT32_MAX : 3000000);
  if (bias != NULL) kc_fill_s32(bias, n, -100000, 100000);
  fill_s16(gate, n);
  for (size_t i = 0; i < n; ++i) {
    const int32_t sum = bias != NULL ? ln_wrapping_add(sums[i], bias[i]) : sums[i];
    expected[i] = ln_saturate_s16(ln_saturating_add(ln_requantize(sum, multiplier, shift), gate[i]));
  }
  rung->accumulate(sums, bias, multiplier, shift, gate, n);
  kc_same(gate, expected, n * 2, 2, "%zu sums times %d, shift %d, bias %d", n, multiplier, shift, bias != NULL);
  kc_release();
}

static void check_functions(const ln_gates_s16* rung, int bits) {
  const size_t n = kc_size(70, 32);
  int16_t *in = kc_memory(n * 2), *out = kc_memory(n * 2), *expected = kc_memory(n * 2);
  fill_s16(in, n);
  for (size_t i = 0; i < n; ++i) expected[i] = ln_logistic_s16(in[i], bits);
  rung->logistic(bits, in, out, n);
  kc_same(out, expected, n * 2, 2, "logistic of %zu, %d bits", n, bits);
  for (size_t i = 0; i < n; ++i) expected[i] = ln_tanh_s16(in[i], bits);
  rung->tanh(bits, in, out, n);
  kc_same(out, expected, n * 2, 2, "tanh of %zu, %d bits", n, bits);
  kc_release();
}

/* Every number there is. */
static void check_all(const ln_gates_s16* rung) {
  enum { kAll = 65536 };
  for (int bits = 0; bits <= 6; ++bits) {
    int16_t *x = kc_memory(kAll * 2), *expected = kc_memory(kAll * 2);
    for (int i = 0; i < kAll; ++i) {
      x[i] = (int16_t)(i + INT16_MIN);
      expected[i] = ln_tanh_s16(x[i], bits);
    }
    rung->tanh(bits, x, x, kAll);
    kc_same(x, expected, kAll * 2, 2, "tanh of all, %d bits", bits);
    for (int i = 0; i < kAll; ++i) {
      x[i] = (int16_t)(i + INT16_MIN);
      expected[i] = ln_logistic_s16(x[i], bits);
    }
    rung->logistic(bits, x, x, kAll);
    kc_same(x, expected, kAll * 2, 2, "logistic of all, %d bits", bits);
    kc_release();
  }
}

static void check(void) {
  size_t count;
  const ln_gates_s16* const* rungs = ln_gates_s16_rungs(&count);
  for (size_t i = 0; i < count; ++i) {
    if (!kc_rung(rungs[i]->name, rungs[i]->isa)) continue;
    check_all(rungs[i]);
    for (int round = 0; round < kc_rounds(); ++round) {
      check_matvec(rungs[i]);
      check_accumulate(rungs[i]);
      check_functions(rungs[i], (int)kc_range(0, 6));
    }
  }
}

typedef struct run {
  const ln_gates_s16* rung;
  int8_t* matrix;
  int16_t *vector, *gate;
  int32_t* sums;
} run;

enum { kCells = 128 };

static void work_matvec(void* arg) {
  const run* r = arg;
  r->rung->matvec(r->matrix, kCells, kCells, r->vector, r->sums);
}

static void work_accumulate(void* arg) {
  const run* r = arg;
  r->rung->accumulate(r->sums, NULL, INT32_MAX, -9, r->gate, kCells);
}

static void work_tanh(void* arg) {
  const run* r = arg;
  r->rung->tanh(3, r->vector, r->gate, kCells);
}

static void bench(void) {
  size_t count;
  const ln_gates_s16* const* rungs = ln_gates_s16_rungs(&count);
  run r = {.matrix = kc_memory(kCells * kCells),
           .vector = kc_memory(kCells * 2),
           .gate = kc_memory(kCells * 2),
           .sums = kc_memory(kCells * 4)};
  kc_fill_u8((uint8_t*)r.matrix, kCells * kCells);
  fill_s16(r.vector, kCells);
  for (size_t i = 0; i < count; ++i) {
    r.rung = rungs[i];
    if (!ln_cpu_present(rungs[i]->isa)) continue;
    kc_time(rungs[i]->name, "128 x 128", kCells * kCells, "MAC", work_matvec, &r);
    kc_time(rungs[i]->name, "sums to gates", kCells, "result", work_accumulate, &r);
    kc_time(rungs[i]->name, "tanh", kCells, "result", work_tanh, &r);
  }
}

const kc_family kc_family_gates_s16 = {"gates_s16", check, bench};
