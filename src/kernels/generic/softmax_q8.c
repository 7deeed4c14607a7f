/* Softmax of bytes in portable C, and the ladder. */
#include "kernels/generic/softmax_q8.h"

#include "kernels/generic/softmax_q8_body.h"
#if defined(__x86_64__)
#include "kernels/x86/softmax_q8_x86.h"
#endif

static const ln_softmax_q8 ln_softmax_q8_generic = {
    .name = "softmax_q8_generic", .isa = LN_ISA_GENERIC, .bytes = bytes, .bytes_s16 = bytes_s16, .log = log_bytes};

static const ln_softmax_q8* const ladder[] = {
    &ln_softmax_q8_generic,
#if defined(__x86_64__)
    &ln_softmax_q8_avx2,
#endif
};

const ln_softmax_q8* const* ln_softmax_q8_rungs(size_t* count) {
  *count = sizeof ladder / sizeof ladder[0];
  return ladder;
}

const ln_softmax_q8* ln_softmax_q8_best(void) {
  const ln_softmax_q8* best = ladder[0];
  for (size_t i = 1; i < sizeof ladder / sizeof ladder[0]; ++i)
    if (ln_cpu_has(ladder[i]->isa)) best = ladder[i];
  return best;
}
