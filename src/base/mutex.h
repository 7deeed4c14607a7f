/* A lock, so that `model` and `runtime` need no header of the operating system. */
#ifndef LN_BASE_MUTEX_H_
#define LN_BASE_MUTEX_H_

#include <pthread.h>
#include <stdbool.h>

typedef struct ln_mutex {
  pthread_mutex_t mutex;
} ln_mutex;

#define LN_MUTEX_INITIALIZER \
  { PTHREAD_MUTEX_INITIALIZER }

static inline bool ln_mutex_init(ln_mutex* m) { return pthread_mutex_init(&m->mutex, NULL) == 0; }
static inline void ln_mutex_destroy(ln_mutex* m) { pthread_mutex_destroy(&m->mutex); }
static inline void ln_mutex_lock(ln_mutex* m) { pthread_mutex_lock(&m->mutex); }
static inline void ln_mutex_unlock(ln_mutex* m) { pthread_mutex_unlock(&m->mutex); }

#endif
