/* The arena planner: where blocks with lifetimes lie, so that those that live at the same time do not overlap. Knows
 * numbers only. */
#ifndef LN_RUNTIME_PLANNER_H_
#define LN_RUNTIME_PLANNER_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"

enum { LN_ARENA_ALIGNMENT = 64 };

typedef struct ln_block {
  size_t size_bytes;
  int32_t first, last; /* the block is alive from step `first` to step `last`, both included */
  bool fixed;          /* it has its offset already and keeps it */
  size_t offset_bytes; /* multiple of LN_ARENA_ALIGNMENT */
  int32_t id;          /* the caller's */
} ln_block;

/* Gives every block that is not fixed an offset: largest first (ties: earlier first step, then lower id), each into the
 * smallest gap among the blocks alive with it that holds it. Reorders `blocks`. Returns the arena's size, SIZE_MAX on
 * overflow. Deterministic. `scratch` has room for `count` pointers. */
size_t ln_plan_blocks(ln_block* blocks, int32_t count, const ln_block** scratch);

#endif
