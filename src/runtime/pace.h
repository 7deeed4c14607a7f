/* Whether an invoke shares out its work between threads or does it alone, found by trying. What is faster depends on
 * how far apart the cores are and on who else wants them, and changes while a program runs; results never depend on it.
 * Knows numbers only, not what is measured. */
#ifndef LN_RUNTIME_PACE_H_
#define LN_RUNTIME_PACE_H_

#include <stdbool.h>
#include <stdint.h>

enum { LN_PACE_RUNS = 5 };

/* One for each series of like invokes. Zeroed at first. */
typedef struct ln_pace {
  bool alone;
  uint32_t turn; /* of this round: first it runs as it did, measured, then the other way, then the better one */
  uint32_t rest; /* turns of the last */
  uint64_t own_ns[LN_PACE_RUNS], other_ns[LN_PACE_RUNS];
} ln_pace;

/* Whether the next invoke is done alone, and whether ln_pace_end is to be told how long it takes. */
bool ln_pace_begin(const ln_pace* pace, bool* measured);
/* The end of that invoke, which is counted here; `ns` is looked at where it was measured. */
void ln_pace_end(ln_pace* pace, uint64_t ns);

#endif
