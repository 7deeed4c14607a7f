/* kcheck: sparse products of bytes. */
#include <stdio.h>
#include <string.h>

#include "kcheck/kcheck.h"
#include "kernels/generic/sparse_q8.h"

static size_t any_block(void) {
  static const size_t kBlocks[] = {1, 2, 4, 5, 8, 16, 20, 32};
  return kBlocks[kc_range(0, 7)];
}

/* Of each row's blocks some are there. */
static ln_sparse_rows make_rows(size_t rows, size_t block, size_t blocks, int percent) {
  uint32_t *starts = kc_memory((rows + 1) * 4), used = 0;
  uint8_t* there = kc_memory(rows * blocks + 1);
  for (size_t i = 0; i < rows * blocks; ++i) used += there[i] = kc_chance(percent);
  uint32_t* columns = kc_memory((used + 1) * 4);
  uint8_t* values = kc_memory(used * block + 1);
  kc_fill_u8(values, used * block);
  used = 0;
  for (size_t n = 0; n < rows; ++n) {
    starts[n] = used;
    for (size_t i = 0; i < blocks; ++i)
      if (there[n * blocks + i]) columns[used++] = (uint32_t)(i * block);
  }
  starts[rows] = used;
  return (ln_sparse_rows){rows, block, starts, columns, values};
}

static void check(void) {
  size_t count;
  const ln_sparse_q8* const* rungs = ln_sparse_q8_rungs(&count);
  for (size_t i = 0; i < count; ++i) {
    if (!kc_rung(rungs[i]->name, rungs[i]->isa)) continue;
    for (int round = 0; round < kc_rounds(); ++round) {
      const size_t rows = kc_size(9, 4), block = any_block(), blocks = kc_size(20, 4);
      const ln_sparse_rows w = make_rows(rows, block, blocks, 40);
      const size_t begin = (size_t)kc_range(0, (int64_t)rows - 1), results = rows - begin;
      uint8_t* a = kc_memory(block * blocks);
      int32_t *sums = kc_memory(results * 4), *expected = kc_memory(results * 4);
      kc_fill_u8(a, block * blocks);
      ln_sparse_product_s8_ref(&w, begin, rows, (const int8_t*)a, expected);
      rungs[i]->product(&w, begin, rows, (const int8_t*)a, sums);
      kc_same(sums, expected, results * 4, 4, "%zu rows, %zu blocks of %zu", results, blocks, block);
      kc_release();
    }
  }
}

typedef struct run {
  const ln_sparse_q8* rung;
  ln_sparse_rows w;
  int8_t* a;
  int32_t* sums;
} run;

static void work(void* arg) {
  const run* r = arg;
  r->rung->product(&r->w, 0, r->w.rows, r->a, r->sums);
}

static void bench(void) {
  enum { kRows = 256, kColumns = 1024 };
  static const size_t kBlocks[] = {4, 8, 16};
  size_t count;
  char detail[64];
  const ln_sparse_q8* const* rungs = ln_sparse_q8_rungs(&count);
  for (size_t k = 0; k < sizeof kBlocks / sizeof kBlocks[0]; ++k)
    for (size_t i = 0; i < count; ++i) {
      run r = {rungs[i], make_rows(kRows, kBlocks[k], kColumns / kBlocks[k], 20), kc_memory(kColumns),
               kc_memory(kRows * 4)};
      if (!ln_cpu_present(rungs[i]->isa)) continue;
      kc_fill_u8((uint8_t*)r.a, kColumns);
      snprintf(detail, sizeof detail, "256 x 1024, a fifth, by %zu", kBlocks[k]);
      kc_time(rungs[i]->name, detail, (double)r.w.starts[kRows] * (double)kBlocks[k], "MAC", work, &r);
      kc_release();
    }
}

const kc_family kc_family_sparse_q8 = {"sparse_q8", check, bench};
