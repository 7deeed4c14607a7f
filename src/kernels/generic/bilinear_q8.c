/* Bilinear resizing of bytes in portable C, and the ladder. */
#include "kernels/generic/bilinear_q8.h"

#include <math.h>

#include "base/compiler.h"
#include "kernels/generic/bilinear_q8_body.h"
#if defined(__x86_64__)
#include "kernels/x86/bilinear_q8_x86.h"
#endif

static const ln_bilinear_q8 ln_bilinear_q8_generic = {
    .name = "bilinear_q8_generic", .isa = LN_ISA_GENERIC, .run_u8 = run_u8, .run_s8 = run_s8};

static const ln_bilinear_q8* const ladder[] = {
    &ln_bilinear_q8_generic,
#if defined(__x86_64__)
    &ln_bilinear_q8_avx2,
    &ln_bilinear_q8_avx512,
#endif
};

const ln_bilinear_q8* const* ln_bilinear_q8_rungs(size_t* count) {
  *count = sizeof ladder / sizeof ladder[0];
  return ladder;
}

const ln_bilinear_q8* ln_bilinear_q8_best(void) {
  const ln_bilinear_q8* best = ladder[0];
  for (size_t i = 1; i < sizeof ladder / sizeof ladder[0]; ++i)
    if (ln_cpu_has(ladder[i]->isa)) best = ladder[i];
  return best;
}
