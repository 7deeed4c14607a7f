#include "runtime/planner.h"

#include <stdlib.h>

#include "base/checked.h"

/* Fixed blocks first, then larger ones, then those that begin earlier. */
static int compare_order(const void* a, const void* b) {
  const ln_block *x = a, *y = b;
  if (x->fixed != y->fixed) return x->fixed ? -1 : 1;
  if (x->size_bytes != y->size_bytes) return x->size_bytes > y->size_bytes ? -1 : 1;
  if (x->first != y->first) return x->first < y->first ? -1 : 1;
  return x->id < y->id ? -1 : x->id > y->id;
}

static bool together(const ln_block* a, const ln_block* b) { return a->first <= b->last && b->first <= a->last; }

static size_t rounded(size_t size_bytes) {
  return (size_bytes + LN_ARENA_ALIGNMENT - 1) & ~(size_t)(LN_ARENA_ALIGNMENT - 1);
}

/* The lowest place of the smallest gap that fits among placed[0 … count), which is sorted by offset. */
static size_t find_place(const ln_block* const* placed, int32_t count, const ln_block* block) {
  size_t end = 0, best = SIZE_MAX, best_gap = SIZE_MAX;
  for (int32_t i = 0; i < count; ++i) {
    const ln_block* other = placed[i];
    if (!together(other, block)) continue;
    if (other->offset_bytes > end && other->offset_bytes - end >= block->size_bytes &&
        other->offset_bytes - end < best_gap) {
      best = end;
      best_gap = other->offset_bytes - end;
    }
    const size_t other_end = other->offset_bytes + rounded(other->size_bytes);
    if (other_end > end) end = other_end;
  }
  return best != SIZE_MAX ? best : end;
}

static void insert(const ln_block** placed, int32_t count, const ln_block* block) {
  int32_t at = count;
  while (at > 0 && placed[at - 1]->offset_bytes > block->offset_bytes) {
    placed[at] = placed[at - 1];
    --at;
  }
  placed[at] = block;
}

/* Finding places takes time with the square of the count; a graph with more blocks than this (no real one has) gets one
 * behind the other. */
enum { MOST_BLOCKS = 16384 };

size_t ln_plan_blocks(ln_block* blocks, int32_t count, const ln_block** scratch) {
  size_t total = 0;
  qsort(blocks, (size_t)count, sizeof *blocks, compare_order);
  for (int32_t i = 0; i < count; ++i) {
    ln_block* block = &blocks[i];
    if (block->size_bytes > SIZE_MAX / 4) return SIZE_MAX;
    if (!block->fixed) block->offset_bytes = count > MOST_BLOCKS ? total : find_place(scratch, i, block);
    if (count <= MOST_BLOCKS) insert(scratch, i, block);
    size_t end;
    if (!ln_add_size(block->offset_bytes, rounded(block->size_bytes), &end) || end > SIZE_MAX / 4) return SIZE_MAX;
    if (end > total) total = end;
  }
  return total;
}
