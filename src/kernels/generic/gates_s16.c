/* The gates in portable C, and the ladder. */
#include "kernels/generic/gates_s16.h"

#include "kernels/generic/gates_s16_body.h"
#include "kernels/generic/matvec.h"
#if defined(__x86_64__)
#include "kernels/x86/gates_s16_x86.h"
#endif

static const ln_gates_s16 ln_gates_s16_generic = {.name = "gates_s16_generic",
                                                  .isa = LN_ISA_GENERIC,
                                                  .matvec = ln_matvec_s8_s16_ref,
                                                  .accumulate = accumulate,
                                                  .logistic = logistic_row,
                                                  .tanh = tanh_row};

static const ln_gates_s16* const ladder[] = {
    &ln_gates_s16_generic,
#if defined(__x86_64__)
    &ln_gates_s16_avx2,
    &ln_gates_s16_avx512,
#endif
};

const ln_gates_s16* const* ln_gates_s16_rungs(size_t* count) {
  *count = sizeof ladder / sizeof ladder[0];
  return ladder;
}

const ln_gates_s16* ln_gates_s16_best(void) {
  const ln_gates_s16* best = ladder[0];
  for (size_t i = 1; i < sizeof ladder / sizeof ladder[0]; ++i)
    if (ln_cpu_has(ladder[i]->isa)) best = ladder[i];
  return best;
}
