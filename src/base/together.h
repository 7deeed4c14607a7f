/* Threads that run one job at the same time: what share of its loops each does, and where they wait for each other.
 * Knows of nobody who makes threads. */
#ifndef LN_BASE_TOGETHER_H_
#define LN_BASE_TOGETHER_H_

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* Share `self` of `count` of every loop is this thread's. 0: it runs no such job. */
typedef struct ln_share {
  uint32_t count, self;
} ln_share;
extern _Thread_local ln_share ln_this_share;

enum { LN_MOST_TOGETHER = 8 };

/* How many meetings each thread has come to. */
typedef struct ln_meetings {
  struct {
    _Alignas(64) _Atomic uint32_t count;
  } marks[LN_MOST_TOGETHER];
  uint32_t threads;
} ln_meetings;

void ln_meetings_init(ln_meetings* m, uint32_t threads);
/* Waits until all have come to the meeting of that number, 1 and on. False: thread 0 has called them off. */
bool ln_meet(ln_meetings* m, uint32_t self, uint32_t number);
/* By thread 0: the others go. */
void ln_call_off(ln_meetings* m);

#endif
