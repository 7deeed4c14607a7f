/* Sums of products for every type of number: what DOT_GENERAL and CONVOLUTION of StableHLO are once their dimensions
 * are in order. Floats go to the matrix product, other types to plain loops. */
#ifndef LN_OPS_CONTRACT_H_
#define LN_OPS_CONTRACT_H_

#include "ops/element_util.h"
#include "ops/matrix.h"

/* out[p][m][n] = sum over k of a[p][m][k] * b[p][n][k]; k lies side by side in a, n in out. Strides in elements. */
typedef struct ln_contraction {
  ln_number number; /* the type of all three */
  size_t parts, rows, columns, depth;
  size_t a_part, a_row;
  size_t b_part, b_column, b_depth;
  size_t out_part, out_row;

  ln_matrix matrix; /* floats only; zeroed when the operator is made */
  size_t scratch_bytes;
} ln_contraction;

/* The type that products of such operands are summed in: floats where there are any, and of a kind the widest. */
TfLiteStatus ln_contract_number(TfLiteContext* context, const TfLiteTensor* a, const TfLiteTensor* b,
                                const TfLiteTensor* out, ln_number* number);

/* With sizes and strides set: takes memory; `b` is the tensor whose data ln_contract_run gets. */
TfLiteStatus ln_contract_prepare(TfLiteContext* context, ln_contraction* c, const TfLiteTensor* b);
/* `scratch` has scratch_bytes. */
TfLiteStatus ln_contract_run(TfLiteContext* context, ln_contraction* c, void* scratch, const void* a,
                             const TfLiteTensor* b, void* out);

#endif
