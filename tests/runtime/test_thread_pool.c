/* The thread pool: every tile once, jobs one after the other, uneven tiles, sizes from none to many, few threads; and
 * threads that meet while they run. */
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/thread_pool.h"
#include "base/together.h"
#include "check.h"
#include "runtime/graph.h"

typedef struct job {
  unsigned char* hits;
  atomic_ulong sum;
  unsigned uneven;
} job;

static void hit(void* arg, size_t tile) {
  job* j = arg;
  ++j->hits[tile];
  atomic_fetch_add(&j->sum, tile + 1);
  volatile unsigned sink = 0;
  for (unsigned i = 0; i < j->uneven * (unsigned)(tile % 7); ++i) sink += i;
}

static bool run(ln_thread_pool* pool, size_t tiles, unsigned uneven) {
  job j = {.hits = calloc(tiles + 1, 1), .uneven = uneven};
  ln_thread_pool_run(pool, hit, &j, tiles);
  bool ok = atomic_load(&j.sum) == tiles * (tiles + 1) / 2;
  for (size_t i = 0; i < tiles; ++i) ok = ok && j.hits[i] == 1;
  free(j.hits);
  return ok;
}

static void plain_sum(void* arg, size_t tile) { ((size_t*)arg)[tile] = tile * tile; }

typedef struct meeting_job {
  ln_meetings meetings;
  size_t values[LN_MOST_TOGETHER], sums[LN_MOST_TOGETHER];
} meeting_job;

/* What each has written before they meet all others read. */
static void add_up(void* arg, size_t self) {
  meeting_job* j = arg;
  for (uint32_t round = 1; round <= 20; ++round) {
    j->values[self] = round * (self + 1);
    if (!ln_meet(&j->meetings, (uint32_t)self, 2 * round - 1)) return;
    for (uint32_t i = 0; i < j->meetings.threads; ++i) j->sums[self] += j->values[i];
    if (!ln_meet(&j->meetings, (uint32_t)self, 2 * round)) return;
  }
}

/* Threads that have not come at once are done without, and those that have go again. */
static bool meet(ln_thread_pool* pool) {
  meeting_job j = {.values = {0}};
  const size_t threads = (size_t)ln_thread_pool_size(pool);
  ln_meetings_init(&j.meetings, (uint32_t)threads);
  ln_thread_pool_begin(pool, add_up, &j);
  const bool joined = ln_thread_pool_join(pool);
  if (joined)
    add_up(&j, 0);
  else
    ln_call_off(&j.meetings);
  ln_thread_pool_end(pool);
  for (size_t i = 0; joined && i < threads; ++i)
    if (j.sums[i] != 210 * threads * (threads + 1) / 2) return false;
  return true;
}

int main(void) {
  static const size_t kTiles[] = {0, 1, 2, 3, 7, 64, 1000, 50000};
  for (int threads = 0; threads <= 9; ++threads) {
    ln_thread_pool* pool = ln_thread_pool_create(threads);
    CHECK(pool != NULL && ln_thread_pool_size(pool) >= 1 && ln_thread_pool_size(pool) <= (threads < 1 ? 1 : threads));
    for (size_t i = 0; i < sizeof kTiles / sizeof kTiles[0]; ++i) CHECK(run(pool, kTiles[i], 0));
    CHECK(run(pool, 300, 500));
    /* Results that threads have written are seen without a lock. */
    for (int round = 0; round < 200; ++round) {
      size_t squares[40];
      ln_thread_pool_run(pool, plain_sum, squares, 40);
      size_t sum = 0;
      for (size_t i = 0; i < 40; ++i) sum += squares[i];
      if (sum != 20540) CHECK(false);
    }
    for (int round = 0; round < 100 && threads <= LN_MOST_TOGETHER; ++round)
      if (!meet(pool)) CHECK(false);
    CHECK(run(pool, 64, 0));
    ln_thread_pool_delete(pool);
  }
  ln_thread_pool_delete(NULL);
  for (int i = 0; i < 50; ++i) ln_thread_pool_delete(ln_thread_pool_create(4)); /* never used */
  CHECK(ln_thread_limit() >= 1);
  count_allocations(true);
  for (counts.fail_at = 1; counts.fail_at <= 3; ++counts.fail_at) {
    counts.calls = 0;
    ln_thread_pool_delete(ln_thread_pool_create(2));
    CHECK(counts.live == 0);
  }
  count_allocations(false);
  return check_report();
}
