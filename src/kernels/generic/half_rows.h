/* Rows of float16 and bfloat16 by way of the rows of float: a stretch is widened, computed and rounded once. */
#ifndef LN_KERNELS_HALF_ROWS_H_
#define LN_KERNELS_HALF_ROWS_H_

#include <stdbool.h>

#include "kernels/generic/binary.h"
#include "kernels/generic/unary.h"

/* The params of ln_half_unary_row; `row` and its `params` are those of floats. */
typedef struct ln_half_unary {
  ln_unary_row row;
  const void* params;
  bool is_bfloat16;
} ln_half_unary;

void ln_half_unary_row(const void* params, const void* in, void* out, size_t n);

/* The params of ln_half_binary_row; with `is_comparison` the row writes bool, else float. */
typedef struct ln_half_binary {
  ln_binary_row row;
  const void* params;
  bool is_bfloat16, is_comparison;
} ln_half_binary;

void ln_half_binary_row(const void* params, const void* a, size_t a_step, const void* b, size_t b_step, void* out,
                        size_t n);

/* As ln_softmax_f32_ref, the exponentials kept as halves before they are divided by their sum. */
void ln_softmax_half(bool is_bfloat16, float beta, const uint16_t* in, uint16_t* out, size_t rows, size_t depth);

#endif
