/* Pooling of bytes in portable C, and the ladder. */
#include "kernels/generic/pool_q8.h"

#include "kernels/generic/pool_q8_body.h"
#if defined(__x86_64__)
#include "kernels/x86/pool_q8_x86.h"
#elif defined(__arm__)
#include "kernels/arm/rungs_arm.h"
#endif

static const ln_pool_q8 ln_pool_q8_generic = {.name = "pool_q8_generic",
                                              .isa = LN_ISA_GENERIC,
                                              .average_u8 = average_u8,
                                              .average_s8 = average_s8,
                                              .max_u8 = max_u8,
                                              .max_s8 = max_s8,
                                              .sum_u8 = sum_u8,
                                              .sum_s8 = sum_s8};

static const ln_pool_q8* const ladder[] = {
    &ln_pool_q8_generic,
#if defined(__x86_64__)
    &ln_pool_q8_avx2,
    &ln_pool_q8_avx512,
#elif defined(__arm__)
    &ln_pool_q8_neon,
#endif
};

const ln_pool_q8* const* ln_pool_q8_rungs(size_t* count) {
  *count = sizeof ladder / sizeof ladder[0];
  return ladder;
}

const ln_pool_q8* ln_pool_q8_best(void) {
  const ln_pool_q8* best = ladder[0];
  for (size_t i = 1; i < sizeof ladder / sizeof ladder[0]; ++i)
    if (ln_cpu_has(ladder[i]->isa)) best = ladder[i];
  return best;
}
