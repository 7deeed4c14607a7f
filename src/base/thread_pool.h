/* A pool of threads that share out the tiles of one job at a time. Includes libc and the system only. */
#ifndef LN_BASE_THREAD_POOL_H_
#define LN_BASE_THREAD_POOL_H_

#include <stdbool.h>
#include <stddef.h>

typedef struct ln_thread_pool ln_thread_pool;

/* How many threads this process may use (its affinity mask), at least 1. */
int ln_thread_limit(void);

/* A pool of `thread_count` threads, the caller included (so 1 starts none). NULL: no memory or no thread to be had. */
ln_thread_pool* ln_thread_pool_create(int thread_count);
void ln_thread_pool_delete(ln_thread_pool* pool); /* NULL is a no-op */
int ln_thread_pool_size(const ln_thread_pool* pool);

/* Runs task(arg, 0) … task(arg, tile_count - 1) on all threads, in any order; returns when all have run. One caller at
 * a time. Every thread begins with its own share of the tiles and steals from the others' when it is done. */
void ln_thread_pool_run(ln_thread_pool* pool, void (*task)(void* arg, size_t tile), void* arg, size_t tile_count);

/* The parts of ln_thread_pool_run for a task that all threads run at the same time, so that they can wait for each
 * other: begin offers task(arg, i) to the others, join (after the caller's own part) says whether all have come, and
 * takes the offer back from those that have not; end waits for those that have. */
void ln_thread_pool_begin(ln_thread_pool* pool, void (*task)(void* arg, size_t i), void* arg);
bool ln_thread_pool_join(ln_thread_pool* pool);
void ln_thread_pool_end(ln_thread_pool* pool);

#endif
