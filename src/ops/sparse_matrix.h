/* Sparse weights [rows, columns] as kernels/generic/sparse_product.h takes them: made from a tensor's sparsity,
 * whatever its levels are, in room for the stored values only. Sees tensors and kernels. */
#ifndef LN_OPS_SPARSE_MATRIX_H_
#define LN_OPS_SPARSE_MATRIX_H_

#include "kernels/generic/sparse_product.h"
#include "ops/op_util.h"

/* Zeroed when the operator is made. */
typedef struct ln_sparse_matrix {
  ln_sparse_rows rows;
  void* block; /* NULL: none was made */
} ln_sparse_matrix;

void ln_sparse_matrix_free(ln_sparse_matrix* matrix);

/* Checks the weights, of FLOAT32, INT8 or UINT8, with data. Makes nothing of those that a dense product takes sooner:
 * they have nearly all their values stored, or are multiplied by several rows of `activations`, few zeros among them.
 * What was there is freed. */
TfLiteStatus ln_sparse_matrix_make(TfLiteContext* context, ln_sparse_matrix* matrix, const TfLiteTensor* weights,
                                   size_t activations);

#endif
