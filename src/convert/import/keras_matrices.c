/* keras.ops of matrices: products, diagonals, norms, small linear algebra. */
#include <math.h>
#include <string.h>

#include "convert/import/keras_einsum.h"
#include "convert/linear.h"

static bool is_class(const ln_keras_call* call, const char* name) { return strcmp(call->class_name, name) == 0; }

static ln_tensor* flat(const ln_form* f, ln_tensor* x) {
  static const int32_t kAll[] = {-1};
  return ln_form_reshape(f, x, 1, kAll, "flat");
}

/* One axis to another place, the others in their order; both may count from the end. */
static ln_tensor* move_axis(ln_keras_call* call, ln_tensor* x, int32_t from, int32_t to, const char* what) {
  int32_t order[LN_MAX_DIMS];
  if (from < 0) from += x->rank;
  if (to < 0) to += x->rank;
  if (from == to || from < 0 || to < 0 || from >= x->rank || to >= x->rank) return x;
  for (int i = 0, next = 0; i < x->rank; ++i) {
    if (next == from) ++next;
    order[i] = i == to ? from : next++;
  }
  const ln_form f = ln_keras_form(call);
  return ln_build_transpose(&call->b, x, order, ln_form_name(&f, what));
}

/* ---- Products ---- */

/* Both, with the dimension that they share as letter i of x and k of y, by an equation. */
static void by_equation(ln_keras_call* call, ln_tensor* x, ln_tensor* y, int count, const int32_t* of_x,
                        const int32_t* of_y) {
  char left[LN_MAX_DIMS + 1], right[LN_MAX_DIMS + 1], out[2 * LN_MAX_DIMS + 1] = "";
  int count_out = 0;
  for (int i = 0; i < x->rank; ++i) left[i] = (char)('a' + i);
  for (int i = 0; i < y->rank; ++i) right[i] = (char)('m' + i);
  left[x->rank] = right[y->rank] = 0;
  for (int i = 0; i < count; ++i) right[of_y[i]] = left[of_x[i]];
  for (int i = 0; i < x->rank; ++i)
    if (strchr(right, left[i]) == NULL) out[count_out++] = left[i];
  for (int i = 0; i < y->rank; ++i)
    if (strchr(left, right[i]) == NULL) out[count_out++] = right[i];
  if (strlen(out) > LN_MAX_DIMS) {
    ln_keras_fail(call, "its result has rank %zu; at most %d can be converted", strlen(out), LN_MAX_DIMS);
    return;
  }
  ln_tensor* z = ln_keras_einsum(call, ln_job_text(call->job, "%s,%s->%s", left, right, out), x, y, call->name);
  if (z != NULL) ln_keras_return(call, z);
}

static void matmul(ln_keras_call* call) {
  const ln_form f = ln_keras_form(call);
  ln_tensor *x, *y;
  if (!ln_keras_operands(call, &x, &y)) return;
  const bool row = x->rank == 1, column = y->rank == 1;
  const int type = x->type == LN_TYPE_INT8 && !row && !column ? LN_TYPE_INT32 : x->type;
  if (x->rank < 1 || y->rank < 1) {
    ln_keras_fail(call, "operands of rank %d and %d cannot be converted; at least 1 can", x->rank, y->rank);
    return;
  }
  /* Integers are multiplied as floats, as Keras does, and come back. */
  const bool whole = type != LN_TYPE_FLOAT32;
  x = ln_form_cast(&f, x, LN_TYPE_FLOAT32, "x_float");
  y = ln_form_cast(&f, y, LN_TYPE_FLOAT32, "y_float");
  if (row) x = ln_form_expand(&f, x, 0, "row");
  if (column) y = ln_form_expand(&f, y, 1, "column");
  ln_tensor* z = ln_form_matmul(&f, x, y, false, false, row || column || whole ? "product" : NULL);
  if (row || column) { /* without the dimensions that were put there */
    int32_t dims[LN_MAX_DIMS];
    int rank = 0;
    for (int i = 0; i < z->rank; ++i)
      if (!(row && i == z->rank - 2) && !(column && i == z->rank - 1)) dims[rank++] = LN_DIM_OF(i);
    z = ln_form_reshape(&f, z, rank, dims, whole ? "reshaped" : NULL);
  }
  ln_keras_return(call, whole ? ln_form_cast(&f, z, type, NULL) : z);
}

/* The last dimension of x with the last but one of y. */
static void dot(ln_keras_call* call) {
  const ln_form f = ln_keras_form(call);
  ln_tensor *x, *y;
  if (!ln_keras_operands(call, &x, &y)) return;
  const int32_t of_x[] = {x->rank - 1}, of_y[] = {is_class(call, "Inner") || y->rank == 1 ? y->rank - 1 : y->rank - 2};
  if (x->rank == 0 || y->rank == 0)
    ln_keras_return(call, ln_form_binary(&f, LN_OP_MUL, x, y, NULL));
  else if (x->rank <= 2 || y->rank != 2 || is_class(call, "Inner"))
    by_equation(call, x, y, 1, of_x, of_y);
  else
    matmul(call);
}

/* The sum of the products of all elements. */
static void vdot(ln_keras_call* call) {
  static const int32_t kAll[] = {0};
  const ln_form f = ln_keras_form(call);
  ln_tensor *x, *y;
  if (!ln_keras_operands(call, &x, &y)) return;
  ln_tensor* product = ln_form_binary(&f, LN_OP_MUL, flat(&f, x), flat(&f, y), "product");
  ln_keras_return(call, ln_build_reduce(&call->b, LN_OP_SUM, product, 1, kAll, false, call->name));
}

static void outer(ln_keras_call* call) {
  static const int32_t kColumn[] = {-1, 1}, kRow[] = {1, -1};
  const ln_form f = ln_keras_form(call);
  ln_tensor *x, *y;
  if (!ln_keras_operands(call, &x, &y)) return;
  ln_keras_return(call, ln_form_binary(&f, LN_OP_MUL, ln_form_reshape(&f, x, 2, kColumn, "column"),
                                       ln_form_reshape(&f, y, 2, kRow, "row"), NULL));
}

/* Along axes of x and y: a number of the last and first ones, or lists. */
static void tensordot(ln_keras_call* call) {
  const cJSON* axes = ln_keras_either(call, 2, "axes");
  int32_t of_x[LN_MAX_DIMS], of_y[LN_MAX_DIMS];
  ln_tensor *x, *y;
  if (!ln_keras_operands(call, &x, &y)) return;
  int count = cJSON_IsNumber(axes) ? ln_keras_to_int(axes, -1) : -1;
  if (cJSON_IsArray(axes) && axes->child != NULL && axes->child->next != NULL) {
    count = ln_keras_list(axes->child, LN_MAX_DIMS, of_x);
    if (ln_keras_list(axes->child->next, LN_MAX_DIMS, of_y) != count) count = -1;
  } else {
    for (int i = 0; i < count && i < LN_MAX_DIMS; ++i) {
      of_x[i] = x->rank - count + i;
      of_y[i] = i;
    }
  }
  bool fits = count >= 1 && count <= x->rank && count <= y->rank;
  for (int i = 0; i < count && fits; ++i) {
    if (of_x[i] < 0) of_x[i] += x->rank;
    if (of_y[i] < 0) of_y[i] += y->rank;
    fits = of_x[i] >= 0 && of_x[i] < x->rank && of_y[i] >= 0 && of_y[i] < y->rank;
  }
  if (fits)
    by_equation(call, x, y, count, of_x, of_y);
  else
    ln_keras_fail(call, "its axes do not fit ranks %d and %d", x->rank, y->rank);
}

/* [a,1,b,1] * [1,c,1,d] as [a*c,b*d] */
static void kronecker(ln_keras_call* call) {
  const ln_form f = ln_keras_form(call);
  int32_t left[LN_MAX_DIMS], right[LN_MAX_DIMS], out[LN_MAX_DIMS];
  int unknown = 0;
  ln_tensor *x, *y;
  if (!ln_keras_operands(call, &x, &y)) return;
  const int rank = x->rank;
  for (int i = 0; i < rank && rank <= 3 && y->rank == rank; ++i) {
    left[2 * i] = LN_DIM_OF(i);
    left[2 * i + 1] = right[2 * i] = 1;
    right[2 * i + 1] = LN_DIM_OF(i);
    out[i] = ln_dim_is_known(x, i) && ln_dim_is_known(y, i) ? ln_dim(x, i) * ln_dim(y, i) : -1;
    unknown += out[i] < 0;
  }
  if (rank < 1 || rank > 3 || y->rank != rank || unknown > 1) {
    ln_keras_fail(call,
                  "ranks %d and %d cannot be converted; the same one, 1 to 3, with one extent unknown at most, can",
                  rank, y->rank);
    return;
  }
  ln_tensor* z = ln_form_binary(&f, LN_OP_MUL, ln_form_reshape(&f, x, 2 * rank, left, "left"),
                                ln_form_reshape(&f, y, 2 * rank, right, "right"), "products");
  ln_keras_return(call, ln_build_reshape(&call->b, z, rank, out, call->name));
}

/* a x b = a[1,2,0] * b[2,0,1] - a[2,0,1] * b[1,2,0]; vectors of two have 0 as their third. */
static void cross(ln_keras_call* call) {
  static const int32_t kOrder[2][3] = {{1, 2, 0}, {2, 0, 1}};
  static const char* const kAxes[] = {"axisa", "axisb"};
  const ln_form f = ln_keras_form(call);
  const cJSON* axis = ln_keras_either(call, -1, "axis");
  ln_tensor *x[2], *turned[2][2];
  int32_t extents[2];
  if (!ln_keras_operands(call, &x[0], &x[1])) return;
  for (int i = 0; i < 2; ++i) {
    x[i] = move_axis(call, x[i], ln_keras_to_int(axis != NULL ? axis : ln_keras_either(call, -1, kAxes[i]), -1), -1,
                     "to_last");
    extents[i] = x[i]->rank > 0 ? ln_dim(x[i], x[i]->rank - 1) : -1;
    if (extents[i] != 2 && extents[i] != 3) {
      ln_keras_fail(call, "its vectors have %d numbers; 2 and 3 are right", extents[i]);
      return;
    }
  }
  const bool flat_ones = extents[0] == 2 && extents[1] == 2;
  for (int i = 0; i < 2 && !flat_ones; ++i) {
    int32_t pads[2 * LN_MAX_DIMS] = {0};
    pads[2 * x[i]->rank - 1] = 1;
    if (extents[i] == 2) x[i] = ln_build_pad(&call->b, x[i], pads, NULL, ln_keras_name(call, "padded"));
  }
  for (int i = 0; i < 2; ++i)
    for (int k = 0; k < 2; ++k)
      turned[i][k] =
          flat_ones
              ? ln_form_gather(&f, x[i], ln_form_scalar(&f, LN_TYPE_INT32, k, "place"), -1, 0, "part")
              : ln_form_gather(&f, x[i], ln_graph_ints(call->b.subgraph, ln_keras_name(call, "order"), 3, kOrder[k]),
                               -1, 0, "turned");
  ln_tensor* z = ln_form_binary(&f, LN_OP_SUB, ln_form_binary(&f, LN_OP_MUL, turned[0][0], turned[1][1], "first"),
                                ln_form_binary(&f, LN_OP_MUL, turned[0][1], turned[1][0], "second"), NULL);
  if (!flat_ones)
    z = move_axis(call, z, -1, ln_keras_to_int(axis != NULL ? axis : ln_keras_either(call, -1, "axisc"), -1), NULL);
  ln_keras_return(call, z);
}

/* x^(n - 1), ..., x, 1 */
static void vandermonde(ln_keras_call* call) {
  const ln_form f = ln_keras_form(call);
  ln_tensor* x = ln_form_cast(&f, call->in[0], LN_TYPE_FLOAT32, "float");
  const int32_t n = ln_keras_to_int(ln_keras_either(call, 1, "N"), x->rank == 1 ? ln_dim(x, 0) : -1);
  if (n < 1 || n > 1024 || x->rank != 1) {
    ln_keras_fail(call, "its N must be known, 1 to 1024, and its rank 1");
    return;
  }
  float* powers = ln_job_alloc(call->job, (size_t)n, sizeof *powers);
  for (int32_t i = 0; i < n; ++i)
    powers[i] = (float)(cJSON_IsTrue(ln_keras_either(call, 2, "increasing")) ? i : n - 1 - i);
  ln_keras_return(call, ln_form_binary(&f, LN_OP_POW, ln_form_expand(&f, x, 1, "column"),
                                       ln_form_floats(&f, 1, &n, powers, "powers"), NULL));
}

/* ---- Diagonals ---- */

/* Diagonal `offset` of the last two dimensions: of all elements in a row, in steps of a row and one. NULL: noted. */
static ln_tensor* diagonal_of(ln_keras_call* call, ln_tensor* x, int32_t offset, const char* what) {
  const ln_form f = ln_keras_form(call);
  const int32_t m = x->rank > 1 ? ln_dim(x, x->rank - 2) : -1, n = x->rank > 1 ? ln_dim(x, x->rank - 1) : -1;
  const int32_t rows = offset < 0 ? m + offset : m, columns = offset > 0 ? n - offset : n,
                count = rows < columns ? rows : columns;
  if (m < 1 || n < 1 || count < 1 || (int64_t)m * n > INT32_MAX) {
    ln_keras_fail(call, "the extents of its matrices must be known, and have a diagonal %d", offset);
    return NULL;
  }
  const int32_t all[] = {-1, m * n}, begin[] = {0, offset > 0 ? offset : -offset * n},
                end[] = {0, begin[1] + (count - 1) * (n + 1) + 1}, step[] = {1, n + 1};
  const ln_slice_masks masks = {.begin = 1, .end = 1};
  int32_t dims[LN_MAX_DIMS];
  for (int i = 0; i < x->rank - 1; ++i) dims[i] = i < x->rank - 2 ? LN_DIM_OF(i) : count;
  ln_tensor* shape = ln_form_shape(&f, x, x->rank - 1, dims, "shape");
  ln_tensor* part = ln_build_strided_slice(&call->b, ln_form_reshape(&f, x, 2, all, "rows"), 2, begin, end, step,
                                           &masks, ln_keras_name(call, "part"));
  return ln_build_reshape_to(&call->b, part, shape, ln_form_name(&f, what));
}

/* Ones on a diagonal: MATRIX_DIAG between zeros. */
static ln_tensor* matrix_of(ln_keras_call* call, ln_tensor* x, int32_t offset) {
  const int32_t pads[] = {offset < 0 ? -offset : 0, offset > 0 ? offset : 0, offset > 0 ? offset : 0,
                          offset < 0 ? -offset : 0};
  ln_tensor* square = ln_keras_unary(call, LN_OP_MATRIX_DIAG, x, offset == 0 ? NULL : "square");
  return offset == 0 ? square : ln_build_pad(&call->b, square, pads, NULL, call->name);
}

static void diagonal(ln_keras_call* call) {
  ln_tensor* x = call->in[0];
  const bool trace = is_class(call, "Trace"), diag = is_class(call, "Diag");
  const int32_t offset =
      ln_keras_to_int(ln_keras_either(call, -1, diag || is_class(call, "Diagflat") ? "k" : "offset"), 0);
  if (is_class(call, "Diagflat") || (diag && x->rank == 1)) {
    const ln_form f = ln_keras_form(call);
    ln_keras_return(call, matrix_of(call, x->rank == 1 ? x : flat(&f, x), offset));
    return;
  }
  int32_t first = ln_keras_to_int(ln_keras_either(call, -1, "axis1"), 0),
          second = ln_keras_to_int(ln_keras_either(call, -1, "axis2"), 1);
  if (first < 0) first += x->rank;
  if (second < 0) second += x->rank;
  if (x->rank < 2 || first < 0 || second < 0 || first >= x->rank || second >= x->rank || first == second) {
    ln_keras_fail(call, "its axes do not fit an input of rank %d", x->rank);
    return;
  }
  x = move_axis(call, x, first, -1, "first_axis");
  x = move_axis(call, x, second - (second > first), -1, "second_axis");
  ln_tensor* y = diagonal_of(call, x, offset, trace ? "diagonal" : NULL);
  if (y != NULL && trace) {
    const ln_form f = ln_keras_form(call);
    y = ln_form_reduce(&f, LN_OP_SUM, y, -1, false, NULL);
  }
  if (y != NULL) ln_keras_return(call, y);
}

/* ---- Norms ---- */

/* The axes, all where there are none; 0: noted. */
static int norm_axes(ln_keras_call* call, const ln_tensor* x, int32_t* axes) {
  const cJSON* json = ln_keras_either(call, 2, "axis");
  int count = json != NULL ? ln_keras_list(json, LN_MAX_DIMS, axes) : x->rank;
  for (int i = 0; i < count; ++i) {
    if (json == NULL) axes[i] = i;
    if (axes[i] < 0) axes[i] += x->rank;
    if (axes[i] < 0 || axes[i] >= x->rank) count = 0;
  }
  if (count < 1) ln_keras_fail(call, "its axes do not fit an input of rank %d", x->rank);
  return count > 0 ? count : 0;
}

/* Of matrices by sums of columns or rows: the largest or least of them. */
static void matrix_norm(ln_keras_call* call, ln_tensor* x, const int32_t* axes, double p, bool keep) {
  const ln_form f = ln_keras_form(call);
  const int along = isinf(p) ? 1 : 0;
  x = ln_form_reduce(&f, LN_OP_SUM, ln_form_unary(&f, LN_OP_ABS, x, "sizes"), axes[along], true, "sums");
  ln_tensor* y =
      ln_form_reduce(&f, p > 0 ? LN_OP_REDUCE_MAX : LN_OP_REDUCE_MIN, x, axes[1 - along], true, keep ? NULL : "norm");
  int32_t dims[LN_MAX_DIMS];
  int rank = 0;
  for (int i = 0; i < y->rank; ++i)
    if (i != axes[0] && i != axes[1]) dims[rank++] = LN_DIM_OF(i);
  ln_keras_return(call, keep ? y : ln_form_reshape(&f, y, rank, dims, NULL));
}

static void norm(ln_keras_call* call) {
  int32_t axes[LN_MAX_DIMS];
  ln_tensor* x = call->in[0];
  const cJSON* order = ln_keras_either(call, 1, "ord");
  const bool keep = cJSON_IsTrue(ln_keras_either(call, 3, "keepdims"));
  const int count = norm_axes(call, x, axes);
  if (count == 0) return;
  const bool frobenius = order == NULL || (cJSON_IsString(order) && strcmp(order->valuestring, "fro") == 0);
  const double p = frobenius ? 2 : cJSON_IsNumber(order) ? order->valuedouble : 0;
  if (count == 2 && (p == 1 || p == -1 || (isinf(p) && cJSON_IsNumber(order)))) {
    matrix_norm(call, x, axes, p, keep);
    return;
  }
  if ((count > 1 && !frobenius) || (order != NULL && !frobenius && !cJSON_IsNumber(order))) {
    ln_keras_fail(call,
                  "its \"ord\" cannot be converted: norms of vectors by any number, \"fro\", and norms of matrices by "
                  "1, -1 and infinities can; singular values cannot");
    return;
  }
  if (p == 0) { /* how many are not 0 */
    x = ln_build_cast(&call->b, ln_keras_with_number(call, LN_OP_NOT_EQUAL, x, 0, "counts"), LN_TYPE_FLOAT32,
                      ln_keras_name(call, "ones"));
    ln_keras_return(call, ln_build_reduce(&call->b, LN_OP_SUM, x, count, axes, keep, call->name));
    return;
  }
  x = p == 2 ? ln_keras_unary(call, LN_OP_SQUARE, x, "squares") : ln_keras_unary(call, LN_OP_ABS, x, "magnitudes");
  const bool power = p != 1 && p != 2 && !isinf(p);
  if (power) x = ln_keras_with_number(call, LN_OP_POW, x, p, "powers");
  x = ln_build_reduce(&call->b, isinf(p) ? (p > 0 ? LN_OP_REDUCE_MAX : LN_OP_REDUCE_MIN) : LN_OP_SUM, x, count, axes,
                      keep, p == 2 || power ? ln_keras_name(call, "sum") : call->name);
  if (p == 2) x = ln_keras_unary(call, LN_OP_SQRT, x, NULL);
  ln_keras_return(call, power ? ln_keras_with_number(call, LN_OP_POW, x, 1 / p, NULL) : x);
}

/* ---- Small linear algebra ---- */

/* The rows of the first input's matrices; 0: noted. */
static int32_t rows_of(ln_keras_call* call) {
  const int32_t n = ln_square_rows(call->in[0]);
  if (n == 0)
    ln_keras_fail(call, "its matrices must be square, of float32, with 1 to %d rows, as many as are known",
                  LN_MAX_ROWS);
  return n;
}

static void decompose(ln_keras_call* call) {
  const ln_form f = ln_keras_form(call);
  const int32_t n = rows_of(call);
  const bool upper = cJSON_IsTrue(ln_keras_either(call, 1, "upper"));
  ln_tensor* a = call->in[0];
  if (n == 0) return;
  if (is_class(call, "CholeskyInverse")) { /* (L L^T)^-1 */
    ln_tensor* inverse = ln_build_solve_triangular(&f, a, ln_build_identity_like(&f, a), !upper, "inverse");
    ln_keras_return(call, ln_form_matmul(&f, inverse, inverse, !upper, upper, NULL));
    return;
  }
  const bool log = is_class(call, "Logdet");
  ln_tensor* l = ln_build_cholesky(&f, a, upper || log ? "lower" : NULL);
  if (log) {
    l = ln_form_unary(&f, LN_OP_LOG, ln_build_diagonal(&f, l, n, "diagonal"), "logs");
    l = ln_form_number(&f, LN_OP_MUL, ln_form_reduce(&f, LN_OP_SUM, l, -1, false, "half"), 2, NULL);
  } else if (upper) {
    l = ln_form_swap(&f, l, -1, -2, NULL);
  }
  ln_keras_return(call, l);
}

static void determinant(ln_keras_call* call) {
  const ln_form f = ln_keras_form(call);
  ln_tensor* sign = NULL;
  const bool log = is_class(call, "Slogdet");
  if (rows_of(call) == 0) return;
  ln_tensor* size = ln_build_determinant(&f, call->in[0], log ? &sign : NULL, NULL);
  if (log) ln_keras_return(call, sign);
  ln_keras_return(call, size);
}

static void solve(ln_keras_call* call) {
  const ln_form f = ln_keras_form(call);
  ln_tensor* a = call->in[0];
  if (rows_of(call) == 0) return;
  if (is_class(call, "Inv")) {
    ln_keras_return(call, ln_build_solve(&f, a, NULL, NULL));
    return;
  }
  ln_tensor* b = ln_keras_operand(call, ln_keras_arg(call, 1, "b"), LN_TYPE_FLOAT32);
  const bool column = b != NULL && b->rank == a->rank - 1;
  if (b == NULL || (!column && b->rank != a->rank)) {
    ln_keras_fail(call, "what it is solved for is missing, or of another rank than %d and %d", a->rank - 1, a->rank);
    return;
  }
  if (column) b = ln_form_expand(&f, b, -1, "column");
  const char* what = column ? "solution" : NULL;
  ln_tensor* x = is_class(call, "Solve")
                     ? ln_build_solve(&f, a, b, what)
                     : ln_build_solve_triangular(&f, a, b, cJSON_IsTrue(ln_keras_either(call, 2, "lower")), what);
  if (column) x = ln_form_reduce(&f, LN_OP_SUM, x, -1, false, NULL);
  ln_keras_return(call, x);
}

static void refuse(ln_keras_call* call) {
  ln_keras_fail(call,
                "it iterates until its numbers settle, for which TFLite has no operators; of linear algebra inverses, "
                "solutions, determinants and Cholesky decompositions of small matrices can be converted");
}

const ln_keras_lowering ln_keras_matrices[] = {
    {"Matmul", matmul, 0, 0},
    {"Dot", dot, 0, 0},
    {"Inner", dot, 0, 0},
    {"Vdot", vdot, 0, 0},
    {"Outer", outer, 0, 0},
    {"Tensordot", tensordot, 0, 0},
    {"Kron", kronecker, 0, 0},
    {"Cross", cross, 0, 0},
    {"Vander", vandermonde, 0, 0},
    {"Diag", diagonal, 0, 0},
    {"Diagflat", diagonal, 0, 0},
    {"Diagonal", diagonal, 0, 0},
    {"Trace", diagonal, 0, 0},
    {"Norm", norm, 0, 0},
    {"Cholesky", decompose, 0, 0},
    {"CholeskyInverse", decompose, 0, 0},
    {"Logdet", decompose, 0, 0},
    {"Det", determinant, 0, 0},
    {"Slogdet", determinant, 0, 0},
    {"Inv", solve, 0, 0},
    {"Solve", solve, 0, 0},
    {"SolveTriangular", solve, 0, 0},
    {"Qr", refuse, 0, 0},
    {"SVD", refuse, 0, 0},
    {"Eig", refuse, 0, 0},
    {"Eigh", refuse, 0, 0},
    {"LuFactor", refuse, 0, 0},
    {"Lstsq", refuse, 0, 0},
    {"MatrixRank", refuse, 0, 0},
    {"Pinv", refuse, 0, 0},
    {NULL, NULL, 0, 0},
};
