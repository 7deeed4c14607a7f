/* The rungs of sparse_product.h's ln_sparse_product_s8_ref: rows of int8 activations by sparse int8 weights. */
#ifndef LN_KERNELS_SPARSE_Q8_H_
#define LN_KERNELS_SPARSE_Q8_H_

#include "base/cpu.h"
#include "kernels/generic/sparse_product.h"

typedef struct ln_sparse_q8 {
  const char* name;
  ln_isa isa;
  void (*product)(const ln_sparse_rows* weights, size_t begin, size_t end, const int8_t* a, int32_t* sums);
} ln_sparse_q8;

const ln_sparse_q8* const* ln_sparse_q8_rungs(size_t* count);
const ln_sparse_q8* ln_sparse_q8_best(void);

#endif
