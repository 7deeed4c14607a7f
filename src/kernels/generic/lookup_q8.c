/* The ladder of looking bytes and words up. */
#include "kernels/generic/lookup_q8.h"

#if defined(__x86_64__)
#include "kernels/x86/lookup_q8_x86.h"
#elif defined(__aarch64__)
#include "kernels/arm/rungs_arm.h"
#endif

static const ln_lookup_q8 ln_lookup_q8_generic = {
    .name = "lookup_q8_ref", .isa = LN_ISA_GENERIC, .run = ln_lookup_8, .run_16 = ln_lookup_16};

static const ln_lookup_q8* const ladder[] = {
    &ln_lookup_q8_generic,
#if defined(__x86_64__)
    &ln_lookup_q8_avx2,
    &ln_lookup_q8_avx512vbmi,
#elif defined(__aarch64__)
    &ln_lookup_q8_neon,
#endif
};

const ln_lookup_q8* const* ln_lookup_q8_rungs(size_t* count) {
  *count = sizeof ladder / sizeof ladder[0];
  return ladder;
}

const ln_lookup_q8* ln_lookup_q8_best(void) {
  const ln_lookup_q8* best = ladder[0];
  for (size_t i = 1; i < sizeof ladder / sizeof ladder[0]; ++i)
    if (ln_cpu_has(ladder[i]->isa)) best = ladder[i];
  return best;
}
