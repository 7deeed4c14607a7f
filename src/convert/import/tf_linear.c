/* Linear algebra: small matrices, unrolled; products with matrices that come as places and numbers. */
#include <string.h>

#include "convert/import/tf_import.h"
#include "convert/linear.h"
#include "model/model.h"

/* The rows of the matrices; 0: noted. */
static int32_t rows_of(ln_tf_call* call, const ln_tensor* a) {
  const int32_t n = ln_square_rows(a);
  if (n == 0)
    ln_tf_fail(call, "its matrices must be square, of float32, with 1 to %d rows, as many as are known", LN_MAX_ROWS);
  return n;
}

/* Adjoint: the transpose, of real numbers. */
static ln_tensor* matrix(ln_tf_call* call) {
  const ln_form f = {call->b, call->name};
  ln_tensor* a = ln_tf_in(call, 0);
  return ln_tf_bool(call->def, "adjoint", false) && a->rank >= 2 ? ln_form_swap(&f, a, -1, -2, "adjoint") : a;
}

static void inverse(ln_tf_call* call) {
  const ln_form f = {call->b, call->name};
  ln_tensor* a = matrix(call);
  if (rows_of(call, a) > 0) ln_tf_return(call, 0, ln_build_solve(&f, a, NULL, NULL));
}

static void solve(ln_tf_call* call) {
  const ln_form f = {call->b, call->name};
  ln_tensor *a = matrix(call), *b = ln_tf_in(call, 1);
  if (rows_of(call, a) > 0 && !b->broken) ln_tf_return(call, 0, ln_build_solve(&f, a, b, NULL));
}

static void solve_triangular(ln_tf_call* call) {
  const ln_form f = {call->b, call->name};
  ln_tensor *a = matrix(call), *b = ln_tf_in(call, 1);
  const bool lower = ln_tf_bool(call->def, "lower", true) != ln_tf_bool(call->def, "adjoint", false);
  if (rows_of(call, a) > 0 && !b->broken) ln_tf_return(call, 0, ln_build_solve_triangular(&f, a, b, lower, NULL));
}

static void determinant(ln_tf_call* call) {
  const ln_form f = {call->b, call->name};
  ln_tensor *a = ln_tf_in(call, 0), *sign = NULL;
  const bool log = strcmp(call->def->op, "LogMatrixDeterminant") == 0;
  if (rows_of(call, a) == 0) return;
  ln_tensor* size = ln_build_determinant(&f, a, log ? &sign : NULL, NULL);
  if (log) ln_tf_return(call, 0, sign);
  ln_tf_return(call, log ? 1 : 0, size);
}

static void cholesky(ln_tf_call* call) {
  const ln_form f = {call->b, call->name};
  ln_tensor* a = ln_tf_in(call, 0);
  if (rows_of(call, a) > 0) ln_tf_return(call, 0, ln_build_cholesky(&f, a, NULL));
}

/* The matrix of `numbers` at `places` with zeros between them, as TensorFlow with sums where a place is named twice. */
static void sparse_product(ln_tf_call* call) {
  enum { MOST = 1 << 24 };
  ln_tensor *places = ln_tf_in_i32(call, 0), *numbers = ln_tf_in(call, 1), *y = ln_tf_in(call, 3);
  int32_t extents[2];
  if (ln_tf_const_ints(call, 2, 2, extents) != 2) return;
  if (extents[0] < 1 || extents[1] < 1 || extents[0] > MOST / extents[1] || numbers->type != LN_TYPE_FLOAT32) {
    ln_tf_fail(call, "its sparse matrix is %dx%d of %s; up to 2^24 floats together can be converted", extents[0],
               extents[1], ln_tensor_type_name(numbers->type));
    return;
  }
  ln_tensor* const inputs[] = {places, numbers,
                               ln_graph_ints(call->b.subgraph, ln_tf_name(call, "extents"), 2, extents)};
  ln_tensor* x = ln_build_done(ln_build_node(&call->b, LN_OP_SCATTER_ND, 3, inputs), ln_tf_name(call, "with_zeros"), 1);
  ln_node* node = ln_build_node(&call->b, LN_OP_BATCH_MATMUL, 2, (ln_tensor*[]){x, y});
  LN_SET(node, BatchMatMulOptions, adj_x, ln_tf_bool(call->def, "adjoint_a", false));
  LN_SET(node, BatchMatMulOptions, adj_y, ln_tf_bool(call->def, "adjoint_b", false));
  ln_tf_return(call, 0, ln_build_done(node, call->name, 1));
}

static void refuse(ln_tf_call* call) {
  if (call->scope->importer->allow_custom)
    ln_tf_custom(call);
  else
    ln_tf_fail(call,
               "it iterates until its numbers settle, for which TFLite has no operators; of linear algebra inverses, "
               "solutions, determinants and Cholesky decompositions of small matrices can be converted");
}

const ln_tf_lowering ln_tf_linear[] = {
    {"MatrixInverse", inverse, 0},
    {"MatrixSolve", solve, 0},
    {"MatrixTriangularSolve", solve_triangular, 0},
    {"MatrixDeterminant", determinant, 0},
    {"LogMatrixDeterminant", determinant, 0},
    {"Cholesky", cholesky, 0},
    {"SparseTensorDenseMatMul", sparse_product, 0},
    {"Svd", refuse, 0},
    {"Qr", refuse, 0},
    {"Eig", refuse, 0},
    {"SelfAdjointEigV2", refuse, 0},
    {"MatrixExponential", refuse, 0},
    {"MatrixLogarithm", refuse, 0},
    {"MatrixSquareRoot", refuse, 0},
    {NULL, NULL, 0},
};
