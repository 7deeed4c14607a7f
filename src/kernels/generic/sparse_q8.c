/* The ladder of sparse products of bytes. */
#include "kernels/generic/sparse_q8.h"

#if defined(__x86_64__)
#include "kernels/x86/sparse_q8_x86.h"
#endif

static const ln_sparse_q8 ln_sparse_q8_generic = {
    .name = "sparse_q8_generic", .isa = LN_ISA_GENERIC, .product = ln_sparse_product_s8_ref};

static const ln_sparse_q8* const ladder[] = {
    &ln_sparse_q8_generic,
#if defined(__x86_64__)
    &ln_sparse_q8_avx2,
#endif
};

const ln_sparse_q8* const* ln_sparse_q8_rungs(size_t* count) {
  *count = sizeof ladder / sizeof ladder[0];
  return ladder;
}

const ln_sparse_q8* ln_sparse_q8_best(void) {
  const ln_sparse_q8* best = ladder[0];
  for (size_t i = 1; i < sizeof ladder / sizeof ladder[0]; ++i)
    if (ln_cpu_has(ladder[i]->isa)) best = ladder[i];
  return best;
}
