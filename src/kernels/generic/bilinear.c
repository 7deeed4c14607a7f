/* Bilinear resizing in portable C, and the ladder. */
#include "kernels/generic/bilinear.h"

#include <math.h>

#include "base/compiler.h"
#include "kernels/generic/bilinear_body.h"
#if defined(__x86_64__)
#include "kernels/x86/bilinear_x86.h"
#endif

static const ln_bilinear ln_bilinear_generic = {.name = "bilinear_generic",
                                                .isa = LN_ISA_GENERIC,
                                                .run_u8 = run_u8,
                                                .run_s8 = run_s8,
                                                .run_s16 = run_s16,
                                                .run_f32 = run_f32};

static const ln_bilinear* const ladder[] = {
    &ln_bilinear_generic,
#if defined(__x86_64__)
    &ln_bilinear_avx2,
    &ln_bilinear_avx512,
#endif
};

const ln_bilinear* const* ln_bilinear_rungs(size_t* count) {
  *count = sizeof ladder / sizeof ladder[0];
  return ladder;
}

const ln_bilinear* ln_bilinear_best(void) {
  const ln_bilinear* best = ladder[0];
  for (size_t i = 1; i < sizeof ladder / sizeof ladder[0]; ++i)
    if (ln_cpu_has(ladder[i]->isa)) best = ladder[i];
  return best;
}
