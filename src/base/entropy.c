#include "base/entropy.h"

#include <stdatomic.h>
#include <unistd.h>

#include "base/clock.h"

/* Where the system has nothing to give: different at every call and, mostly, in every process. */
static uint64_t make_do(void) {
  static atomic_uint_fast32_t calls;
  const uint64_t call = atomic_fetch_add(&calls, 1) + 1;
  return (ln_clock_ns() ^ (uint64_t)(uintptr_t)&call << 20) * UINT64_C(0x9e3779b97f4a7c15) + call;
}

uint64_t ln_entropy(void) {
  uint64_t value;
  return getentropy(&value, sizeof value) == 0 ? value : make_do();
}
