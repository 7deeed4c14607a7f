/* How an invoke uses its threads: which pieces of work it shares out, found by trying. What is right depends on how far
 * apart the cores are and on who else wants them, and changes while a program runs; results never depend on it.
 * Knows numbers only, not what is measured. */
#ifndef LN_RUNTIME_PACE_H_
#define LN_RUNTIME_PACE_H_

#include <stdbool.h>
#include <stdint.h>

typedef enum ln_pace_way {
  LN_PACE_FINE,   /* jobs of a microsecond are shared out */
  LN_PACE_COARSE, /* of four */
  LN_PACE_ALONE   /* none */
} ln_pace_way;

enum { LN_PACE_WAYS = 3, LN_PACE_RUNS = 5 };

/* One for each series of like invokes. Zeroed at first. */
typedef struct ln_pace {
  ln_pace_way way, rival;
  uint32_t turn;    /* of this round: first `way` is run and measured, then `rival`, then the better one for a while */
  uint32_t rest;    /* turns of that while */
  uint32_t refused; /* rounds that `way` has won since it was chosen */
  uint64_t way_ns[LN_PACE_RUNS], rival_ns[LN_PACE_RUNS];
} ln_pace;

/* Which way the next invoke goes, and whether ln_pace_end is to be told how long it takes. */
ln_pace_way ln_pace_begin(ln_pace* pace, bool* measured);
/* The end of that invoke, which is counted here; `ns` is looked at where it was measured. */
void ln_pace_end(ln_pace* pace, uint64_t ns);

/* Nanoseconds that a job should take one thread to be shared out. */
uint32_t ln_pace_grain_ns(ln_pace_way way);

#endif
