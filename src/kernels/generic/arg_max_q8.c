/* The largest of a row of bytes: the definition and the ladder. */
#include "kernels/generic/arg_max_q8.h"

#if defined(__x86_64__)
#include "kernels/x86/arg_max_q8_x86.h"
#elif defined(__aarch64__)
#include "kernels/arm/rungs_arm.h"
#endif

void ln_arg_max_q8_ref(const uint8_t* in, size_t rows, size_t count, uint8_t flip, int32_t* best) {
  for (size_t m = 0; m < rows; ++m, in += count) {
    size_t found = 0;
    for (size_t i = 1; i < count; ++i)
      if ((in[i] ^ flip) > (in[found] ^ flip)) found = i;
    best[m] = (int32_t)found;
  }
}

static const ln_arg_max_q8 ln_arg_max_q8_generic = {
    .name = "arg_max_q8_ref", .isa = LN_ISA_GENERIC, .run = ln_arg_max_q8_ref};

static const ln_arg_max_q8* const ladder[] = {
    &ln_arg_max_q8_generic,
#if defined(__x86_64__)
    &ln_arg_max_q8_avx2,
#elif defined(__aarch64__)
    &ln_arg_max_q8_neon,
#endif
};

const ln_arg_max_q8* const* ln_arg_max_q8_rungs(size_t* count) {
  *count = sizeof ladder / sizeof ladder[0];
  return ladder;
}

const ln_arg_max_q8* ln_arg_max_q8_best(void) {
  const ln_arg_max_q8* best = ladder[0];
  for (size_t i = 1; i < sizeof ladder / sizeof ladder[0]; ++i)
    if (ln_cpu_has(ladder[i]->isa)) best = ladder[i];
  return best;
}
