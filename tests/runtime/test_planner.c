/* The arena planner over lifetimes: hand-made ones with a known answer, random ones for overlaps. */
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "runtime/graph.h"
#include "runtime/planner.h"

static uint32_t seed = 1;

static uint32_t random_below(uint32_t limit) {
  seed = seed * 1664525u + 1013904223u;
  return (seed >> 8) % limit;
}

static bool disjoint(const ln_block* a, const ln_block* b) {
  if (a->first > b->last || b->first > a->last || a->size_bytes == 0 || b->size_bytes == 0) return true;
  return a->offset_bytes + a->size_bytes <= b->offset_bytes || b->offset_bytes + b->size_bytes <= a->offset_bytes;
}

static const ln_block* find(const ln_block* blocks, int32_t count, int32_t id) {
  for (int32_t i = 0; i < count; ++i)
    if (blocks[i].id == id) return &blocks[i];
  return NULL;
}

static void test_chain(void) {
  /* Four tensors in a row, each alive with its neighbours only: two places do. */
  ln_block blocks[4] = {{1000, 0, 1, .id = 0}, {1000, 1, 2, .id = 1}, {1000, 2, 3, .id = 2}, {1000, 3, 4, .id = 3}};
  const ln_block* scratch[4];
  CHECK(ln_plan_blocks(blocks, 4, scratch) == 2048);
  CHECK(find(blocks, 4, 0)->offset_bytes == 0 && find(blocks, 4, 1)->offset_bytes == 1024);
  CHECK(find(blocks, 4, 2)->offset_bytes == 0 && find(blocks, 4, 3)->offset_bytes == 1024);
}

static void test_fixed(void) {
  ln_block blocks[3] = {
      {64, 0, 5, .fixed = true, .offset_bytes = 128, .id = 0}, {128, 2, 3, .id = 1}, {64, 3, 4, .id = 2}};
  const ln_block* scratch[3];
  CHECK(ln_plan_blocks(blocks, 3, scratch) == 256);
  CHECK(find(blocks, 3, 0)->offset_bytes == 128 && find(blocks, 3, 1)->offset_bytes == 0);
  CHECK(find(blocks, 3, 2)->offset_bytes == 192);
}

static void test_overflow(void) {
  ln_block blocks[2] = {{SIZE_MAX / 5, 0, 1, .id = 0}, {SIZE_MAX / 5, 0, 1, .id = 1}};
  const ln_block* scratch[2];
  CHECK(ln_plan_blocks(blocks, 2, scratch) == SIZE_MAX);
  blocks[0].size_bytes = SIZE_MAX - 1;
  CHECK(ln_plan_blocks(blocks, 1, scratch) == SIZE_MAX);
  CHECK(ln_plan_blocks(blocks, 0, scratch) == 0);
}

static void test_random(void) {
  enum { COUNT = 120 };
  static ln_block blocks[COUNT], again[COUNT];
  static const ln_block* scratch[COUNT];
  for (int round = 0; round < 200; ++round) {
    size_t sum = 0;
    for (int i = 0; i < COUNT; ++i) {
      const int32_t first = (int32_t)random_below(60);
      blocks[i] = (ln_block){random_below(3) == 0 ? random_below(100000) : random_below(300), first,
                             first + (int32_t)random_below(12), .id = i};
      sum += (blocks[i].size_bytes + 63) / 64 * 64;
    }
    memcpy(again, blocks, sizeof blocks);
    const size_t total = ln_plan_blocks(blocks, COUNT, scratch);
    bool ok = total <= sum;
    for (int i = 0; i < COUNT; ++i) {
      ok = ok && blocks[i].offset_bytes % LN_ARENA_ALIGNMENT == 0 &&
           blocks[i].offset_bytes + blocks[i].size_bytes <= total;
      for (int k = 0; k < i; ++k) ok = ok && disjoint(&blocks[i], &blocks[k]);
    }
    CHECK(ok);
    CHECK(ln_plan_blocks(again, COUNT, scratch) == total && memcmp(again, blocks, sizeof blocks) == 0);
  }
}

static void test_many(void) {
  enum { COUNT = 200000 };
  ln_block* blocks = calloc(COUNT, sizeof *blocks);
  const ln_block** scratch = calloc(COUNT, sizeof *scratch);
  for (int i = 0; i < COUNT; ++i) blocks[i] = (ln_block){random_below(500), i, i + 1, .id = i};
  const size_t total = ln_plan_blocks(blocks, COUNT, scratch);
  CHECK(total <= (size_t)COUNT * 512);
  free(blocks);
  free((void*)scratch);
}

int main(void) {
  test_chain();
  test_fixed();
  test_overflow();
  test_random();
  test_many();
  return check_report();
}
