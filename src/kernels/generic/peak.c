#include "kernels/generic/peak.h"

#include "base/compiler.h"
#if defined(__x86_64__)
#include "kernels/x86/peak_x86.h"
#elif defined(__aarch64__) || defined(__arm__)
#include "kernels/arm/rungs_arm.h"
#endif

enum { kLanes = 16 };

static float run(size_t turns, float seed) {
  float sums[kLanes], total = 0.0f;
  for (size_t i = 0; i < kLanes; ++i) sums[i] = seed + (float)i;
  for (size_t t = 0; t < turns; ++t) LN_UNROLL for (size_t i = 0; i < kLanes; ++i) sums[i] = sums[i] * 0.999f + 0.001f;
  for (size_t i = 0; i < kLanes; ++i) total += sums[i];
  return total;
}

static const ln_peak_f32 ln_peak_f32_generic = {
    .name = "peak_f32_generic", .isa = LN_ISA_GENERIC, .per_turn = kLanes, .run = run};

const ln_peak_f32* ln_peak_f32_best(void) {
#if defined(__x86_64__)
  if (ln_cpu_has(LN_ISA_AVX512)) return &ln_peak_f32_avx512;
  if (ln_cpu_has(LN_ISA_AVX2)) return &ln_peak_f32_avx2;
#elif defined(__aarch64__) || defined(__arm__)
  if (ln_cpu_has(LN_ISA_NEON)) return &ln_peak_f32_neon;
#endif
  return &ln_peak_f32_generic;
}
