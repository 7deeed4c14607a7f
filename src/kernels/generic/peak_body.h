/* The body of the peak over vec_*.h: enough chains that none waits. */
#include "kernels/generic/peak.h"

enum { kChains = 12 };

static float run(size_t turns, float seed) {
  const vec factor = vec_set(0.999f), term = vec_set(0.001f);
  vec sums[kChains], total = vec_set(0.0f);
  LN_UNROLL for (size_t i = 0; i < kChains; ++i) sums[i] = vec_set(seed + (float)i);
  for (size_t t = 0; t < turns; ++t) {
    LN_UNROLL for (size_t i = 0; i < kChains; ++i) sums[i] = vec_fma(sums[i], factor, term);
  }
  LN_UNROLL for (size_t i = 0; i < kChains; ++i) total = vec_add(total, sums[i]);
  return vec_sum(total);
}
