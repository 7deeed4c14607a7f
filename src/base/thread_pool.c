/* A job is published by raising `generation`; workers spin for a moment, then sleep on the condition variable. Every
 * thread owns a range of tiles, packed as begin and end in one 64-bit word, so that the owner (from the front) and
 * thieves (from the back) take tiles by one compare-and-swap. */
#include "base/thread_pool.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/compiler.h"

/* About 0.1 ms: operators follow each other sooner than that, and waking a thread that sleeps takes as long. */
enum { SPIN_TURNS = 4096, TURNS_PER_YIELD = 64 };

typedef struct worker {
  _Alignas(64) _Atomic uint64_t range; /* begin << 32 | end */
  ln_thread_pool* pool;
  int index;
  pthread_t thread;
} worker;

struct ln_thread_pool {
  worker* workers; /* [0] is the caller */
  int count;
  void (*task)(void* arg, size_t tile);
  void* arg;
  size_t base; /* the first tile of the slice that the ranges count from */
  _Atomic uint32_t generation;
  _Atomic int running; /* workers that have not finished the job yet */
  _Atomic bool quit;
  pthread_mutex_t mutex;
  pthread_cond_t wake;
};

int ln_thread_limit(void) {
#if defined(__linux__)
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) == 0) return CPU_COUNT(&set) > 0 ? CPU_COUNT(&set) : 1;
#endif
  const long online = sysconf(_SC_NPROCESSORS_ONLN);
  return online > 0 ? (int)online : 1;
}

static bool take_front(worker* w, uint32_t* tile) {
  uint64_t range = atomic_load_explicit(&w->range, memory_order_relaxed);
  while ((uint32_t)(range >> 32) < (uint32_t)range) {
    if (atomic_compare_exchange_weak(&w->range, &range, range + (UINT64_C(1) << 32))) {
      *tile = (uint32_t)(range >> 32);
      return true;
    }
  }
  return false;
}

static bool take_back(worker* w, uint32_t* tile) {
  uint64_t range = atomic_load_explicit(&w->range, memory_order_relaxed);
  while ((uint32_t)(range >> 32) < (uint32_t)range) {
    if (atomic_compare_exchange_weak(&w->range, &range, range - 1)) {
      *tile = (uint32_t)range - 1;
      return true;
    }
  }
  return false;
}

static void work(ln_thread_pool* pool, int self) {
  uint32_t tile;
  while (take_front(&pool->workers[self], &tile)) pool->task(pool->arg, pool->base + tile);
  for (int i = 1; i < pool->count; ++i)
    while (take_back(&pool->workers[(self + i) % pool->count], &tile)) pool->task(pool->arg, pool->base + tile);
}

static uint32_t await_generation(ln_thread_pool* pool, uint32_t seen) {
  for (int turn = 0; turn < SPIN_TURNS; ++turn) {
    const uint32_t now = atomic_load_explicit(&pool->generation, memory_order_acquire);
    if (now != seen) return now;
    LN_PAUSE();
    if (turn % TURNS_PER_YIELD == TURNS_PER_YIELD - 1) sched_yield();
  }
  pthread_mutex_lock(&pool->mutex);
  while (atomic_load(&pool->generation) == seen) pthread_cond_wait(&pool->wake, &pool->mutex);
  pthread_mutex_unlock(&pool->mutex);
  return atomic_load(&pool->generation);
}

static void* run_worker(void* arg) {
  worker* self = arg;
  ln_thread_pool* pool = self->pool;
  uint32_t seen = 0;
  for (;;) {
    seen = await_generation(pool, seen);
    if (atomic_load(&pool->quit)) return NULL;
    work(pool, self->index);
    atomic_fetch_sub_explicit(&pool->running, 1, memory_order_release);
  }
}

static void publish(ln_thread_pool* pool) {
  pthread_mutex_lock(&pool->mutex);
  atomic_fetch_add_explicit(&pool->generation, 1, memory_order_release);
  pthread_cond_broadcast(&pool->wake);
  pthread_mutex_unlock(&pool->mutex);
}

ln_thread_pool* ln_thread_pool_create(int thread_count) {
  if (thread_count < 1) thread_count = 1;
  ln_thread_pool* pool = ln_calloc(1, sizeof *pool);
  if (pool == NULL) return NULL;
  pool->workers = ln_aligned_malloc(64, sizeof(worker) * (size_t)thread_count);
  if (pool->workers == NULL) {
    ln_free(pool);
    return NULL;
  }
  pthread_mutex_init(&pool->mutex, NULL);
  pthread_cond_init(&pool->wake, NULL);
  for (int i = 0; i < thread_count; ++i) {
    worker* w = &pool->workers[i];
    atomic_init(&w->range, 0);
    w->pool = pool;
    w->index = i;
  }
  /* Signals are the program's own threads' business. */
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  /* `count` is read by workers only after the first job is published. Where threads run out, fewer will do. */
  int started = 1;
  while (started < thread_count &&
         pthread_create(&pool->workers[started].thread, NULL, run_worker, &pool->workers[started]) == 0)
    ++started;
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  pool->count = started;
  return pool;
}

void ln_thread_pool_delete(ln_thread_pool* pool) {
  if (pool == NULL) return;
  atomic_store(&pool->quit, true);
  publish(pool);
  for (int i = 1; i < pool->count; ++i) pthread_join(pool->workers[i].thread, NULL);
  pthread_cond_destroy(&pool->wake);
  pthread_mutex_destroy(&pool->mutex);
  ln_aligned_free(pool->workers);
  ln_free(pool);
}

int ln_thread_pool_size(const ln_thread_pool* pool) { return pool->count; }

static void run_slice(ln_thread_pool* pool, uint32_t tile_count) {
  const uint64_t count = (uint64_t)pool->count;
  for (int i = 0; i < pool->count; ++i) {
    const uint64_t begin = tile_count * (uint64_t)i / count, end = tile_count * (uint64_t)(i + 1) / count;
    atomic_store_explicit(&pool->workers[i].range, begin << 32 | end, memory_order_relaxed);
  }
  atomic_store_explicit(&pool->running, pool->count - 1, memory_order_relaxed);
  publish(pool);
  work(pool, 0);
  for (int turn = 0; atomic_load_explicit(&pool->running, memory_order_acquire) > 0; ++turn) {
    LN_PAUSE();
    if (turn % TURNS_PER_YIELD == TURNS_PER_YIELD - 1) sched_yield();
  }
}

void ln_thread_pool_run(ln_thread_pool* pool, void (*task)(void* arg, size_t tile), void* arg, size_t tile_count) {
  if (pool->count == 1 || tile_count == 1) {
    for (size_t tile = 0; tile < tile_count; ++tile) task(arg, tile);
    return;
  }
  pool->task = task;
  pool->arg = arg;
  for (pool->base = 0; pool->base < tile_count;) {
    const size_t left = tile_count - pool->base;
    const uint32_t slice = left < INT32_MAX ? (uint32_t)left : INT32_MAX;
    run_slice(pool, slice);
    pool->base += slice;
  }
}
