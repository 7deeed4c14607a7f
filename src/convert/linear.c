#include "convert/linear.h"

int32_t ln_square_rows(const ln_tensor* a) {
  const int32_t n = a->rank >= 2 && a->type == LN_TYPE_FLOAT32 ? ln_dim(a, a->rank - 1) : -1;
  return n >= 1 && n <= LN_MAX_ROWS && ln_dim(a, a->rank - 2) == n ? n : 0;
}

static float* zeros(const ln_form* f, int32_t count) {
  return ln_job_alloc(f->b.subgraph->graph->job, (size_t)count, sizeof(float));
}

static ln_tensor* identity(const ln_form* f, int32_t n) {
  const int32_t dims[] = {n, n};
  float* data = zeros(f, n * n);
  for (int32_t i = 0; i < n; ++i) data[i * n + i] = 1;
  return ln_form_floats(f, 2, dims, data, "identity");
}

ln_tensor* ln_build_identity_like(const ln_form* f, ln_tensor* x) {
  ln_tensor* none = ln_form_unary(f, LN_OP_ZEROS_LIKE, x, "zeros");
  return ln_form_binary(f, LN_OP_ADD, none, identity(f, ln_dim(x, x->rank - 1)), "identities");
}

ln_tensor* ln_build_diagonal(const ln_form* f, ln_tensor* a, int32_t n, const char* what) {
  ln_tensor* kept = ln_form_binary(f, LN_OP_MUL, a, identity(f, n), "kept");
  return ln_form_reduce(f, LN_OP_SUM, kept, -1, false, what);
}

/* ---- Elimination ---- */

/* Gauss and Jordan's, without moving rows: `rows` begins as the matrix and, to its right, what is solved for. Step k
 * takes the row that is largest in column k among those not taken yet (`taken`: 1 where they are) and leaves 1 there in
 * column k, 0 in all others. places[k]: 1 at that row, [..., 1, n]; pivots[k]: what was there, [..., 1, 1]. */
typedef struct elimination {
  ln_tensor *rows, *places[LN_MAX_ROWS], *pivots[LN_MAX_ROWS];
} elimination;

static void eliminate(const ln_form* f, elimination* e, int32_t n) {
  ln_tensor* free_rows = NULL;
  for (int32_t k = 0; k < n; ++k) {
    ln_tensor* column = ln_form_part(f, e->rows, -1, k, 1, "column");
    ln_tensor* line = ln_form_unary(f, LN_OP_ABS, ln_form_swap(f, column, -1, -2, "line"), "sizes");
    /* Taken rows count as less than nothing. */
    if (free_rows != NULL) line = ln_form_binary(f, LN_OP_SUB, line, free_rows, "candidates");
    ln_tensor* const inputs[] = {line, ln_graph_int(f->b.subgraph, ln_form_name(f, "axis"), line->rank - 1)};
    ln_node* node = ln_build_node(&f->b, LN_OP_ARG_MAX, 2, inputs);
    LN_SET(node, ArgMaxOptions, output_type, LN_TYPE_INT32);
    ln_tensor* place =
        ln_form_one_hot(f, ln_build_done(node, ln_form_name(f, "place"), 1), n, LN_TYPE_FLOAT32, "chosen");
    ln_tensor* row = ln_form_matmul(f, place, e->rows, false, false, "row");
    ln_tensor* pivot = ln_form_part(f, row, -1, k, 1, "pivot");
    e->places[k] = place;
    e->pivots[k] = pivot;
    ln_tensor* factor = ln_form_binary(f, LN_OP_SUB, column, ln_form_swap(f, place, -1, -2, "one"), "factor");
    row = ln_form_binary(f, LN_OP_DIV, row, pivot, "divided");
    e->rows = ln_form_binary(f, LN_OP_SUB, e->rows, ln_form_binary(f, LN_OP_MUL, factor, row, "taken"), "rows");
    if (k + 1 == n) break;
    ln_tensor* far = ln_form_number(f, LN_OP_MUL, place, 3e38, "far");
    free_rows = free_rows == NULL ? far : ln_form_binary(f, LN_OP_MAXIMUM, free_rows, far, "taken_rows");
  }
}

ln_tensor* ln_build_solve(const ln_form* f, ln_tensor* a, ln_tensor* b, const char* what) {
  const int32_t n = ln_square_rows(a);
  elimination e;
  ln_tensor* const both[] = {a, b != NULL ? b : ln_build_identity_like(f, a)};
  e.rows = ln_form_concat(f, 2, both, -1, "rows");
  eliminate(f, &e, n);
  ln_tensor* right = ln_form_part(f, e.rows, -1, n, -1, "right");
  return ln_form_matmul(f, ln_form_concat(f, n, e.places, -2, "order"), right, false, false, what);
}

/* The sign of an order: that of the product of all differences of what stands behind and before. */
static ln_tensor* sign_of(const ln_form* f, ln_tensor* order, int32_t n) {
  const int32_t dims[] = {n}, square[] = {n, n};
  float *numbers = zeros(f, n), *upper = zeros(f, n * n), *rest = zeros(f, n * n);
  for (int32_t i = 0; i < n; ++i) {
    numbers[i] = (float)i;
    for (int32_t k = 0; k < n; ++k) upper[i * n + k] = k > i ? 1 : 0, rest[i * n + k] = k > i ? 0 : 1;
  }
  ln_tensor* places = ln_form_binary(f, LN_OP_MUL, order, ln_form_floats(f, 1, dims, numbers, "numbers"), "places");
  places = ln_form_reduce(f, LN_OP_SUM, places, -1, true, "places"); /* [..., n, 1] */
  ln_tensor* behind = ln_form_binary(f, LN_OP_SUB, ln_form_swap(f, places, -1, -2, "line"), places, "differences");
  behind = ln_form_binary(f, LN_OP_MUL, ln_form_unary(f, LN_OP_SIGN, behind, "signs"),
                          ln_form_floats(f, 2, square, upper, "upper"), "counted");
  behind = ln_form_binary(f, LN_OP_ADD, behind, ln_form_floats(f, 2, square, rest, "rest"), "factors");
  const int32_t axes[] = {behind->rank - 2, behind->rank - 1};
  return ln_build_reduce(&f->b, LN_OP_REDUCE_PROD, behind, 2, axes, false, ln_form_name(f, "sign_of_order"));
}

ln_tensor* ln_build_determinant(const ln_form* f, ln_tensor* a, ln_tensor** sign, const char* what) {
  const int32_t n = ln_square_rows(a), axes[] = {a->rank - 2, a->rank - 1};
  elimination e = {.rows = a};
  eliminate(f, &e, n);
  ln_tensor* pivots = ln_form_concat(f, n, e.pivots, -1, "pivots");
  ln_tensor* order = sign_of(f, ln_form_concat(f, n, e.places, -2, "order"), n);
  if (sign == NULL) {
    ln_tensor* product = ln_build_reduce(&f->b, LN_OP_REDUCE_PROD, pivots, 2, axes, false, ln_form_name(f, "product"));
    return ln_form_binary(f, LN_OP_MUL, product, order, what);
  }
  ln_tensor* signs = ln_build_reduce(&f->b, LN_OP_REDUCE_PROD, ln_form_unary(f, LN_OP_SIGN, pivots, "signs"), 2, axes,
                                     false, ln_form_name(f, "sign_of_pivots"));
  *sign = ln_form_binary(f, LN_OP_MUL, signs, order, "sign");
  ln_tensor* logs = ln_form_unary(f, LN_OP_LOG, ln_form_unary(f, LN_OP_ABS, pivots, "sizes"), "logs");
  return ln_build_reduce(&f->b, LN_OP_SUM, logs, 2, axes, false, ln_form_name(f, what));
}

/* ---- Triangles ---- */

/* Column by column: the first one of what is left, divided by the root of its head; then its square goes. */
ln_tensor* ln_build_cholesky(const ln_form* f, ln_tensor* a, const char* what) {
  const int32_t n = ln_square_rows(a);
  ln_tensor* columns[LN_MAX_ROWS];
  for (int32_t k = 0; k < n; ++k) {
    ln_tensor* column = ln_form_part(f, a, -1, 0, 1, "column");
    ln_tensor* head = n - k > 1 ? ln_form_part(f, column, -2, 0, 1, "head") : column;
    head = ln_form_unary(f, LN_OP_SQRT, head, "root");
    column = n - k > 1 ? ln_form_binary(f, LN_OP_DIV, column, head, "scaled") : head;
    int32_t pads[2 * LN_MAX_DIMS] = {0};
    pads[2 * (a->rank - 2)] = k;
    columns[k] = k > 0 ? ln_build_pad(&f->b, column, pads, NULL, ln_form_name(f, "padded")) : column;
    if (k + 1 == n) break;
    ln_tensor* below = ln_form_part(f, column, -2, 1, -1, "below");
    ln_tensor* rest = ln_form_part(f, ln_form_part(f, a, -2, 1, -1, "lower"), -1, 1, -1, "rest");
    a = ln_form_binary(f, LN_OP_SUB, rest, ln_form_matmul(f, below, below, false, true, "square"), "left");
  }
  return ln_form_concat(f, n, columns, -1, what);
}

ln_tensor* ln_build_solve_triangular(const ln_form* f, ln_tensor* a, ln_tensor* b, bool lower, const char* what) {
  const int32_t n = ln_square_rows(a);
  ln_tensor* rows[LN_MAX_ROWS];
  for (int32_t i = 0; i < n; ++i) {
    const int32_t k = lower ? i : n - 1 - i, left = n - i; /* b keeps the rows that are not solved yet */
    ln_tensor* own = left > 1 ? ln_form_part(f, b, -2, lower ? 0 : left - 1, 1, "own") : b;
    ln_tensor* column = ln_form_part(f, a, -1, k, 1, "column");
    rows[k] = ln_form_binary(f, LN_OP_DIV, own, ln_form_part(f, column, -2, k, 1, "diagonal"), "row");
    if (left == 1) break;
    ln_tensor* others = ln_form_part(f, column, -2, lower ? k + 1 : 0, left - 1, "others");
    ln_tensor* rest = ln_form_part(f, b, -2, lower ? 1 : 0, left - 1, "rest");
    b = ln_form_binary(f, LN_OP_SUB, rest, ln_form_binary(f, LN_OP_MUL, others, rows[k], "part"), "left");
  }
  return ln_form_concat(f, n, rows, -2, what);
}
