/* Matrices in the last two dimensions: diagonals, bands, cross products. */
#include <string.h>

#include "convert/band.h"
#include "convert/import/tf_import.h"

static int last(const ln_tensor* x, int from_end) { return x->rank >= from_end ? ln_dim(x, x->rank - from_end) : -1; }

/* Input `index`, where it is there: one number for all diagonals. False: noted. */
static bool one_diagonal(ln_tf_call* call, int index, int32_t* k) {
  int32_t both[2] = {0, 0};
  *k = 0;
  if (index >= call->in_count) return true;
  const int count = ln_tf_const_ints(call, index, 2, both);
  if (count < 1) {
    ln_tf_fail(call, "its diagonal's number must be constant");
    return false;
  }
  if (count == 2 && both[0] != both[1]) {
    ln_tf_fail(call, "it has diagonals %d to %d; one can be converted", both[0], both[1]);
    return false;
  }
  *k = both[0];
  return true;
}

/* Inputs: diagonal, and from the second form on its number, rows, columns, padding. */
static void matrix_diag(ln_tf_call* call) {
  int32_t k, rows = -1, columns = -1, pads[2 * LN_MAX_DIMS] = {0};
  double padding = 0;
  ln_tensor* x = ln_tf_in(call, 0);
  if (!one_diagonal(call, 1, &k)) return;
  if (call->in_count >= 5 && (ln_tf_const_ints(call, 2, 1, &rows) != 1 || ln_tf_const_ints(call, 3, 1, &columns) != 1 ||
                              !ln_tensor_number(ln_tf_in(call, 4), &padding) || padding != 0)) {
    ln_tf_fail(call, "its rows, columns and padding must be constant, the padding 0");
    return;
  }
  ln_tensor* square = ln_tf_unary(call, LN_OP_MATRIX_DIAG, x, k == 0 && rows < 0 && columns < 0 ? NULL : "square");
  const int32_t n = last(x, 1), up = k > 0 ? k : 0, down = k < 0 ? -k : 0;
  if ((rows >= 0 || columns >= 0) && n < 0) {
    ln_tf_fail(call, "the length of its diagonal must be known");
    return;
  }
  const int rank = square->rank;
  if (rank >= 2) {
    pads[2 * rank - 4] = down;
    pads[2 * rank - 3] = rows >= 0 ? rows - n - down : columns >= 0 ? 0 : up;
    pads[2 * rank - 2] = up;
    pads[2 * rank - 1] = columns >= 0 ? columns - n - up : rows >= 0 ? 0 : down;
    bool any = false;
    for (int i = 2 * rank - 4; i < 2 * rank; ++i) {
      any = any || pads[i] != 0;
      if (pads[i] >= 0) continue;
      ln_tf_fail(call, "its diagonal of %d does not fit into %d rows and %d columns", n, rows, columns);
      return;
    }
    if (any) square = ln_build_pad(&call->b, square, pads, NULL, call->name);
  }
  ln_tf_return(call, 0, square);
}

/* Rows behind each other, from the diagonal's beginning in steps of a row and one. */
static void diag_part(ln_tf_call* call) {
  int32_t k, dims[LN_MAX_DIMS];
  ln_tensor* x = ln_tf_in(call, 0);
  const int32_t m = last(x, 2), n = last(x, 1);
  if (!one_diagonal(call, 1, &k)) return;
  if (m < 0 || n < 0) {
    ln_tf_fail(call, "the extents of its matrices must be known");
    return;
  }
  const int32_t rows = k < 0 ? m + k : m, columns = k > 0 ? n - k : n, count = rows < columns ? rows : columns;
  if (count <= 0 || (int64_t)m * n > INT32_MAX) {
    ln_tf_fail(call, "a matrix of %d x %d has no diagonal %d", m, n, k);
    return;
  }
  const int32_t flat[] = {-1, m * n}, begin[] = {0, k > 0 ? k : -k * n},
                end[] = {0, begin[1] + (count - 1) * (n + 1) + 1}, step[] = {1, n + 1};
  const ln_slice_masks masks = {.begin = 1, .end = 1};
  ln_tensor* flattened = ln_build_reshape(&call->b, x, 2, flat, ln_tf_name(call, "flat"));
  ln_tensor* part = ln_build_strided_slice(&call->b, flattened, 2, begin, end, step, &masks, ln_tf_name(call, "part"));
  for (int i = 0; i < x->rank - 2; ++i) dims[i] = ln_dim(x, i);
  dims[x->rank - 2] = count;
  ln_tf_return(call, 0, ln_build_reshape(&call->b, part, x->rank - 1, dims, call->name));
}

static void set_diag(ln_tf_call* call) {
  int32_t k;
  ln_tensor* x = ln_tf_in(call, 0);
  if (!one_diagonal(call, 2, &k)) return;
  if (k != 0) {
    ln_tf_fail(call, "it sets diagonal %d; the main one can be set", k);
    return;
  }
  ln_tf_return(call, 0, ln_tf_binary(call, LN_OP_MATRIX_SET_DIAG, x, ln_tf_in(call, 1), NULL));
}

static void band_part(ln_tf_call* call) {
  int32_t lower, upper;
  ln_tensor* x = ln_tf_in(call, 0);
  if (x->rank < 2 || ln_tf_const_ints(call, 1, 1, &lower) != 1 || ln_tf_const_ints(call, 2, 1, &upper) != 1) {
    ln_tf_fail(call, "its band and the rank of its matrices must be known");
    return;
  }
  const ln_form form = {call->b, call->name};
  ln_tf_return(call, 0,
               ln_tf_choose(call, ln_band(&form, x, lower, upper), x, ln_tf_scalar(call, x->type, 0, "zero"), NULL));
}

/* a x b = a[1,2,0] * b[2,0,1] - a[2,0,1] * b[1,2,0] along the last dimension. */
static void cross(ln_tf_call* call) {
  static const int32_t kOrder[2][3] = {{1, 2, 0}, {2, 0, 1}};
  ln_tensor* turned[2][2];
  for (int i = 0; i < 2; ++i)
    for (int k = 0; k < 2; ++k) {
      ln_tensor* x = ln_tf_in(call, i);
      ln_tensor* const inputs[] = {x, ln_graph_ints(call->b.subgraph, ln_tf_name(call, "order"), 3, kOrder[k])};
      ln_node* node = ln_build_node(&call->b, LN_OP_GATHER, 2, inputs);
      LN_SET(node, GatherOptions, axis, x->rank > 0 ? x->rank - 1 : 0);
      turned[i][k] = ln_build_done(node, ln_tf_name(call, "turned"), 1);
    }
  ln_tf_return(call, 0,
               ln_tf_binary(call, LN_OP_SUB, ln_tf_binary(call, LN_OP_MUL, turned[0][0], turned[1][1], "first"),
                            ln_tf_binary(call, LN_OP_MUL, turned[0][1], turned[1][0], "second"), NULL));
}

const ln_tf_lowering ln_tf_matrices[] = {
    {"MatrixDiag", matrix_diag, 0},
    {"MatrixDiagV2", matrix_diag, 0},
    {"MatrixDiagV3", matrix_diag, 0},
    {"Diag", matrix_diag, 0},
    {"MatrixDiagPart", diag_part, 0},
    {"MatrixDiagPartV2", diag_part, 0},
    {"MatrixDiagPartV3", diag_part, 0},
    {"DiagPart", diag_part, 0},
    {"MatrixSetDiag", set_diag, 0},
    {"MatrixSetDiagV2", set_diag, 0},
    {"MatrixSetDiagV3", set_diag, 0},
    {"MatrixBandPart", band_part, 0},
    {"Cross", cross, 0},
    {NULL, NULL, 0},
};
