/* kcheck: tiles of the matrix product of 16-bit by 8-bit integers. */
#include <stdio.h>
#include <string.h>

#include "kcheck/kcheck.h"
#include "kernels/generic/gemm.h"

static ln_gemm_layout plain(size_t columns, size_t depth) {
  return (ln_gemm_layout){
      .columns = columns, .taps_y = 1, .taps_x = 1, .channels = depth, .column_stride = depth, .channel_stride = 1};
}

/* The definition reads rows of whole pairs. */
static void check_shape(const ln_gemm_s16s8* kernel, size_t rows, size_t columns, size_t depth, size_t gap) {
  const size_t pairs = (depth + 1) / 2, stride = 2 * pairs + gap, panel = 2 * pairs * kernel->nr;
  const ln_gemm_layout layout = plain(columns, depth);
  int16_t* a = kc_memory((rows - 1) * stride * 2 + pairs * 4);
  uint8_t* b = kc_memory(columns * depth);
  int8_t* whole = kc_memory(columns * 2 * pairs);
  int8_t* packed = kc_memory(ln_gemm_s16s8_packed_size(kernel, columns, depth));
  int32_t* column_sums = kc_memory(columns * sizeof(int32_t));
  int32_t* sums = kc_memory(rows * kernel->nr * sizeof(int32_t));
  int32_t* expected = kc_memory(rows * columns * sizeof(int32_t));
  kc_fill_s16(a, (rows - 1) * stride + 2 * pairs);
  kc_fill_u8(b, columns * depth);
  memset(whole, 0, columns * 2 * pairs);
  for (size_t n = 0; n < columns; ++n) memcpy(whole + n * 2 * pairs, b + n * depth, depth);
  ln_gemm_s16s8_pack(kernel, &layout, b, 0, packed, column_sums);
  ln_gemm_s16s8_ref(rows, columns, pairs, a, stride, whole, expected);
  for (size_t n = 0; n < columns; n += kernel->nr) {
    kernel->run(rows, pairs, a, stride, packed + n / kernel->nr * panel, sums);
    const size_t width = columns - n < kernel->nr ? columns - n : kernel->nr;
    for (size_t m = 0; m < rows; ++m)
      kc_same(sums + m * kernel->nr, expected + m * columns + n, width * sizeof *sums, sizeof *sums,
              "%zu rows, %zu columns, depth %zu, row %zu", rows, columns, depth, m);
  }
  kc_release();
}

static void check(void) {
  size_t count;
  const ln_gemm_s16s8* const* rungs = ln_gemm_s16s8_rungs(&count);
  for (size_t i = 0; i < count; ++i) {
    if (!kc_rung(rungs[i]->name, rungs[i]->isa)) continue;
    for (size_t rows = 1; rows <= rungs[i]->mr; ++rows) check_shape(rungs[i], rows, rungs[i]->nr + 1, rows, 0);
    for (int round = 0; round < kc_rounds() / 4; ++round)
      check_shape(rungs[i], (size_t)kc_range(1, (int64_t)rungs[i]->mr), kc_size(2 * rungs[i]->nr + 1, rungs[i]->nr),
                  kc_size(300, 4), (size_t)kc_range(0, 5));
  }
}

typedef struct run {
  const ln_gemm_s16s8* kernel;
  int16_t* a;
  int8_t* b;
  int32_t* sums;
} run;

enum { kPairs = 128 };

static void work(void* arg) {
  const run* r = arg;
  r->kernel->run(r->kernel->mr, kPairs, r->a, 2 * kPairs, r->b, r->sums);
}

static void bench(void) {
  size_t count;
  const ln_gemm_s16s8* const* rungs = ln_gemm_s16s8_rungs(&count);
  for (size_t i = 0; i < count; ++i) {
    if (!ln_cpu_present(rungs[i]->isa)) continue;
    run r = {rungs[i], kc_memory(rungs[i]->mr * kPairs * 4), kc_memory(rungs[i]->nr * kPairs * 2),
             kc_memory(rungs[i]->mr * rungs[i]->nr * 4)};
    kc_fill_s16(r.a, rungs[i]->mr * kPairs * 2);
    kc_fill_u8(r.b, rungs[i]->nr * kPairs * 2);
    kc_time(rungs[i]->name, "one tile, depth 256", (double)(rungs[i]->mr * rungs[i]->nr * 2 * kPairs), "MAC", work, &r);
    kc_release();
  }
}

const kc_family kc_family_gemm_s16s8 = {"gemm_s16s8", check, bench};
