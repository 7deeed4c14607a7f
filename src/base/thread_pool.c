/* A job is offered to every worker by its `offer` and announced by raising `generation`; workers spin for a moment,
 * then sleep on the condition variable. Every thread owns a range of tiles, packed as begin and end in one 64-bit word,
 * so that the owner (from the front) and thieves (from the back) take tiles by one compare-and-swap. When all tiles are
 * taken the caller withdraws the offer from workers that have not come yet: it never waits for one to wake up.
 * Where there is one tile for each thread, as in most short jobs, the offer is of that tile and ranges are not looked
 * at: every line that goes from core to core counts. */
#include "base/thread_pool.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/compiler.h"

enum {
  /* Operators follow each other sooner than that, and waking a thread that sleeps takes as long. */
  MOST_SPIN_NS = 100000,
  LEAST_SPIN_NS = 3000,
  /* A look at the clock that is so late says that somebody else was given the core: spinning takes it from them. */
  SHARED_NS = 20000,
  TURNS_PER_LOOK = 32
};

typedef enum offer { OFFER_NONE, OFFER_OPEN, OFFER_TAKEN } offer;

typedef struct worker {
  _Alignas(64) _Atomic uint64_t range; /* begin << 32 | end */
  atomic_int offer;
  ln_thread_pool* pool;
  int index;
  uint64_t spin_ns; /* how long it waits before it sleeps */
  pthread_t thread;
} worker;

struct ln_thread_pool {
  worker* workers; /* [0] is the caller */
  int count;
  void (*task)(void* arg, size_t tile);
  void* arg;
  size_t base;   /* the first tile of the slice that the ranges count from */
  bool one_each; /* tile i is worker i's */
  _Alignas(64) _Atomic uint32_t generation;
  atomic_int sleepers;
  atomic_bool quit;
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

static void spin_longer(worker* self) {
  self->spin_ns = self->spin_ns * 2 < MOST_SPIN_NS ? self->spin_ns * 2 : MOST_SPIN_NS;
}

/* True once there is something new; false where it would be better to sleep. */
static bool spin(worker* self, uint32_t seen, uint64_t start) {
  const ln_thread_pool* pool = self->pool;
  uint64_t last = start;
  for (;;) {
    for (int turn = 0; turn < TURNS_PER_LOOK; ++turn) {
      if (atomic_load_explicit(&pool->generation, memory_order_acquire) != seen) {
        spin_longer(self);
        return true;
      }
      LN_PAUSE();
    }
    const uint64_t now = ln_clock_ns();
    if (now - last > SHARED_NS) self->spin_ns = LEAST_SPIN_NS;
    if (now - start > self->spin_ns) return false;
    last = now;
  }
}

static uint32_t await_generation(worker* self, uint32_t seen) {
  ln_thread_pool* pool = self->pool;
  const uint64_t start = ln_clock_ns();
  if (!spin(self, seen, start)) {
    pthread_mutex_lock(&pool->mutex);
    atomic_fetch_add(&pool->sleepers, 1);
    while (atomic_load(&pool->generation) == seen) pthread_cond_wait(&pool->wake, &pool->mutex);
    atomic_fetch_sub(&pool->sleepers, 1);
    pthread_mutex_unlock(&pool->mutex);
    if (ln_clock_ns() - start < MOST_SPIN_NS) spin_longer(self); /* the sleep was not worth being woken from */
  }
  return atomic_load(&pool->generation);
}

static void* run_worker(void* arg) {
  worker* self = arg;
  ln_thread_pool* pool = self->pool;
  uint32_t seen = 0;
  for (;;) {
    seen = await_generation(self, seen);
    if (atomic_load(&pool->quit)) return NULL;
    int open = OFFER_OPEN;
    if (!atomic_compare_exchange_strong(&self->offer, &open, OFFER_TAKEN)) continue;
    if (pool->one_each)
      pool->task(pool->arg, pool->base + (size_t)self->index);
    else
      work(pool, self->index);
    atomic_store_explicit(&self->offer, OFFER_NONE, memory_order_release);
  }
}

/* Whoever goes to sleep counts itself before it looks at the generation again, so one of the two sees the other. */
static void announce(ln_thread_pool* pool) {
  atomic_fetch_add(&pool->generation, 1);
  if (atomic_load(&pool->sleepers) == 0) return;
  pthread_mutex_lock(&pool->mutex);
  pthread_cond_broadcast(&pool->wake);
  pthread_mutex_unlock(&pool->mutex);
}

/* Signals are the program's own threads' business, but for those that a thread brings about itself. */
static void fill_asynchronous(sigset_t* set) {
  static const int kOwn[] = {SIGILL, SIGTRAP, SIGBUS, SIGFPE, SIGSEGV};
  sigfillset(set);
  for (size_t i = 0; i < sizeof kOwn / sizeof kOwn[0]; ++i) sigdelset(set, kOwn[i]);
}

ln_thread_pool* ln_thread_pool_create(int thread_count) {
  if (thread_count < 1) thread_count = 1;
  ln_thread_pool* pool = ln_aligned_malloc(64, sizeof *pool);
  if (pool == NULL) return NULL;
  memset(pool, 0, sizeof *pool);
  pool->workers = ln_aligned_malloc(64, sizeof(worker) * (size_t)thread_count);
  if (pool->workers == NULL) {
    ln_aligned_free(pool);
    return NULL;
  }
  pthread_mutex_init(&pool->mutex, NULL);
  pthread_cond_init(&pool->wake, NULL);
  for (int i = 0; i < thread_count; ++i) {
    worker* w = &pool->workers[i];
    atomic_init(&w->range, 0);
    atomic_init(&w->offer, OFFER_NONE);
    w->pool = pool;
    w->index = i;
    w->spin_ns = MOST_SPIN_NS;
  }
  sigset_t asynchronous, before;
  fill_asynchronous(&asynchronous);
  pthread_sigmask(SIG_SETMASK, &asynchronous, &before);
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
  announce(pool);
  for (int i = 1; i < pool->count; ++i) pthread_join(pool->workers[i].thread, NULL);
  pthread_cond_destroy(&pool->wake);
  pthread_mutex_destroy(&pool->mutex);
  ln_aligned_free(pool->workers);
  ln_aligned_free(pool);
}

int ln_thread_pool_size(const ln_thread_pool* pool) { return pool->count; }

static bool withdraw(worker* w) {
  int open = OFFER_OPEN;
  return atomic_compare_exchange_strong(&w->offer, &open, OFFER_NONE);
}

static void await_worker(worker* w) {
  for (unsigned turn = 1; atomic_load_explicit(&w->offer, memory_order_acquire) != OFFER_NONE; ++turn) {
    LN_PAUSE();
    if (turn % 256 == 0) sched_yield();
  }
}

static void offer_all(ln_thread_pool* pool, int count) {
  for (int i = 1; i < count; ++i) atomic_store_explicit(&pool->workers[i].offer, OFFER_OPEN, memory_order_release);
  announce(pool);
}

void ln_thread_pool_begin(ln_thread_pool* pool, void (*task)(void* arg, size_t i), void* arg) {
  pool->task = task;
  pool->arg = arg;
  pool->base = 0;
  pool->one_each = true;
  offer_all(pool, pool->count);
}

bool ln_thread_pool_join(ln_thread_pool* pool) {
  bool all = true;
  for (int i = 1; i < pool->count; ++i) all = !withdraw(&pool->workers[i]) && all;
  return all;
}

void ln_thread_pool_end(ln_thread_pool* pool) {
  for (int i = 1; i < pool->count; ++i) await_worker(&pool->workers[i]);
}

/* At most as many tiles as threads. */
static void run_one_each(ln_thread_pool* pool, int tile_count) {
  offer_all(pool, tile_count);
  pool->task(pool->arg, pool->base);
  for (int i = 1; i < tile_count; ++i)
    if (withdraw(&pool->workers[i])) pool->task(pool->arg, pool->base + (size_t)i);
  for (int i = 1; i < tile_count; ++i) await_worker(&pool->workers[i]);
}

static void run_slice(ln_thread_pool* pool, uint32_t tile_count) {
  const uint64_t count = (uint64_t)pool->count;
  for (int i = 0; i < pool->count; ++i) {
    const uint64_t begin = (tile_count * (uint64_t)i + count - 1) / count;
    const uint64_t end = (tile_count * (uint64_t)(i + 1) + count - 1) / count;
    atomic_store_explicit(&pool->workers[i].range, begin << 32 | end, memory_order_relaxed);
  }
  offer_all(pool, pool->count);
  work(pool, 0);
  for (int i = 1; i < pool->count; ++i)
    if (!withdraw(&pool->workers[i])) await_worker(&pool->workers[i]);
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
    pool->one_each = slice <= (uint32_t)pool->count;
    if (pool->one_each)
      run_one_each(pool, (int)slice);
    else
      run_slice(pool, slice);
    pool->base += slice;
  }
}
