/* Layers that make one tensor of several. */
#include <string.h>

#include "convert/import/keras_import.h"

/* Keras puts the missing dimensions of inputs of lower rank behind the batch. */
static ln_tensor* raise_rank(ln_keras_call* call, ln_tensor* x, int rank) {
  int32_t dims[LN_MAX_DIMS];
  if (x->rank == rank || x->rank < 1) return x;
  const int missing = rank - x->rank;
  for (int i = 0; i < rank; ++i) dims[i] = i == 0 ? LN_KERAS_DIM(0) : i <= missing ? 1 : LN_KERAS_DIM(i - missing);
  return ln_keras_reshape(call, x, rank, dims, ln_keras_name(call, "raised"));
}

static void merge(ln_keras_call* call, int code, bool average) {
  int rank = 0;
  for (int i = 0; i < call->in_count; ++i)
    if (call->in[i]->rank > rank) rank = call->in[i]->rank;
  if (call->in_count < 2) {
    ln_keras_fail(call, "it has %d inputs; at least 2 are right", call->in_count);
    return;
  }
  ln_tensor* sum = raise_rank(call, call->in[0], rank);
  for (int i = 1; i < call->in_count; ++i)
    sum = ln_build_binary(&call->b, code, sum, raise_rank(call, call->in[i], rank),
                          i + 1 < call->in_count || average ? ln_keras_name(call, "sum") : call->name);
  if (average) sum = ln_build_with_number(&call->b, LN_OP_MUL, sum, 1.0 / call->in_count, call->name);
  ln_keras_return(call, sum);
}

static void add(ln_keras_call* call) { merge(call, LN_OP_ADD, false); }
static void average(ln_keras_call* call) { merge(call, LN_OP_ADD, true); }
static void multiply(ln_keras_call* call) { merge(call, LN_OP_MUL, false); }
static void maximum(ln_keras_call* call) { merge(call, LN_OP_MAXIMUM, false); }
static void minimum(ln_keras_call* call) { merge(call, LN_OP_MINIMUM, false); }
static void subtract(ln_keras_call* call) {
  if (call->in_count > 2)
    ln_keras_fail(call, "it has %d inputs; 2 are right", call->in_count);
  else
    merge(call, LN_OP_SUB, false);
}

static void concatenate(ln_keras_call* call) {
  int axis = ln_keras_int(call, "axis", -1);
  const int rank = call->in[0]->rank;
  if (axis < 0) axis += rank;
  if (axis < 0 || axis >= rank) {
    ln_keras_fail(call, "its axis does not fit inputs of rank %d", rank);
    return;
  }
  ln_keras_return(call, ln_build_concat(&call->b, call->in_count, call->in, axis, call->name));
}

/* x with `axis` last or (first) behind the batch, and one other dimension at most. */
static ln_tensor* as_matrix(ln_keras_call* call, ln_tensor* x, int axis, bool normalize) {
  if (normalize) {
    const int32_t axes[] = {axis};
    ln_tensor* sum =
        ln_build_reduce(&call->b, LN_OP_SUM, ln_build_unary(&call->b, LN_OP_SQUARE, x, ln_keras_name(call, "squares")),
                        1, axes, true, ln_keras_name(call, "square_sum"));
    sum = ln_build_with_number(&call->b, LN_OP_MAXIMUM, sum, 1e-12, ln_keras_name(call, "at_least"));
    x = ln_build_binary(&call->b, LN_OP_MUL, x,
                        ln_build_unary(&call->b, LN_OP_RSQRT, sum, ln_keras_name(call, "factor")),
                        ln_keras_name(call, "normalized"));
  }
  if (x->rank == 2) {
    const int32_t dims[] = {LN_KERAS_DIM(0), 1, LN_KERAS_DIM(1)};
    return ln_keras_reshape(call, x, 3, dims, ln_keras_name(call, "row"));
  }
  if (axis == x->rank - 1) return x;
  static const int32_t kSwap[] = {0, 2, 1};
  return ln_build_transpose(&call->b, x, kSwap, ln_keras_name(call, "transposed"));
}

static void dot(ln_keras_call* call) {
  int32_t axes[2] = {-1, -1};
  ln_tensor *x = call->in[0], *y = call->in_count > 1 ? call->in[1] : NULL;
  const int count = ln_keras_list(ln_keras_get(call, "axes"), 2, axes);
  if (count == 1) axes[1] = axes[0];
  if (y == NULL || count < 1 || x->rank < 2 || x->rank > 3 || y->rank < 2 || y->rank > 3) {
    ln_keras_fail(call, "it has %d inputs; 2 of rank 2 or 3 with axes can be converted", call->in_count);
    return;
  }
  for (int i = 0; i < 2; ++i) {
    const int rank = call->in[i]->rank;
    if (axes[i] < 0) axes[i] += rank;
    if (axes[i] < 1 || axes[i] >= rank) {
      ln_keras_fail(call, "axis %d of an input of rank %d cannot be converted; 1 to %d can", axes[i], rank, rank - 1);
      return;
    }
  }
  const bool normalize = ln_keras_flag(call, "normalize", false);
  const int x_rank = x->rank, y_rank = y->rank;
  ln_tensor* const inputs[] = {as_matrix(call, x, axes[0], normalize), as_matrix(call, y, axes[1], normalize)};
  ln_node* node = ln_build_node(&call->b, LN_OP_BATCH_MATMUL, 2, inputs);
  LN_SET(node, BatchMatMulOptions, adj_y, 1);
  ln_tensor* out = ln_build_done(node, ln_keras_name(call, "products"), 1);
  /* [N, rest of x, rest of y], where an input of rank 2 has no rest; two such have one number. */
  int32_t dims[3] = {LN_KERAS_DIM(0)};
  int rank = 1;
  if (x_rank == 3) dims[rank++] = LN_KERAS_DIM(1);
  if (y_rank == 3) dims[rank++] = LN_KERAS_DIM(2);
  if (rank == 1) dims[rank++] = 1;
  ln_keras_return(call, rank == 3 ? out : ln_keras_reshape(call, out, rank, dims, call->name));
}

const ln_keras_lowering ln_keras_merge[] = {
    {"Add", add, 0, LN_KERAS_KEEPS_MASK},
    {"Subtract", subtract, 0, LN_KERAS_KEEPS_MASK},
    {"Multiply", multiply, 0, LN_KERAS_KEEPS_MASK},
    {"Average", average, 0, LN_KERAS_KEEPS_MASK},
    {"Maximum", maximum, 0, LN_KERAS_KEEPS_MASK},
    {"Minimum", minimum, 0, LN_KERAS_KEEPS_MASK},
    {"Concatenate", concatenate, 0, LN_KERAS_KEEPS_MASK},
    {"Dot", dot, 0, 0},
    {NULL, NULL, 0, 0},
};
