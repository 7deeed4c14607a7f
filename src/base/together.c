/* Each thread's mark lies in a line of its own, which the others look at: a meeting costs one message each way, at the
 * same time. */
#include "base/together.h"

#include <sched.h>

#include "base/compiler.h"

enum { TURNS_PER_YIELD = 256 };
static const uint32_t kCalledOff = UINT32_MAX;

_Thread_local ln_share ln_this_share;

void ln_meetings_init(ln_meetings* m, uint32_t threads) {
  m->threads = threads;
  for (uint32_t i = 0; i < threads; ++i) atomic_init(&m->marks[i].count, 0);
}

bool ln_meet(ln_meetings* m, uint32_t self, uint32_t number) {
  atomic_store_explicit(&m->marks[self].count, number, memory_order_release);
  for (uint32_t i = 0; i < m->threads; ++i) {
    for (unsigned turn = 1; atomic_load_explicit(&m->marks[i].count, memory_order_acquire) < number; ++turn) {
      if (atomic_load_explicit(&m->marks[0].count, memory_order_acquire) == kCalledOff) return false;
      LN_PAUSE();
      if (turn % TURNS_PER_YIELD == 0) sched_yield();
    }
  }
  return atomic_load_explicit(&m->marks[0].count, memory_order_acquire) != kCalledOff;
}

void ln_call_off(ln_meetings* m) { atomic_store_explicit(&m->marks[0].count, kCalledOff, memory_order_release); }
