/* Einsum of one or two operands: labels are brought into the order batch, rows, contracted (first operand) and batch,
 * contracted, columns (second), groups of labels are made one dimension each, and BATCH_MATMUL does the sum. */
#include <ctype.h>
#include <string.h>

#include "convert/form.h"
#include "convert/import/tf_import.h"

typedef struct labels {
  char text[LN_MAX_DIMS + 1];
  int count;
} labels;

typedef struct einsum {
  ln_tf_call* call;
  labels in[2], out;
  ln_tensor* x[2];
  int operands;
} einsum;

static bool has(const labels* list, char label) { return label != 0 && strchr(list->text, label) != NULL; }

static void add(labels* list, char label) {
  if (list->count < LN_MAX_DIMS) list->text[list->count++] = label;
  list->text[list->count] = 0;
}

/* Labels of one operand; an ellipsis becomes digits, the last ones for the last dimensions. */
static bool parse(const char** at, int rank, int ellipsis_rank, labels* list) {
  *list = (labels){{0}, 0};
  int letters = 0;
  for (const char* p = *at; *p != 0 && *p != ',' && strncmp(p, "->", 2) != 0; ++p)
    letters += isalpha((unsigned char)*p) != 0;
  const int hidden = rank >= 0 ? rank - letters : ellipsis_rank;
  for (; **at != 0 && **at != ',' && strncmp(*at, "->", 2) != 0; ++*at) {
    if (isalpha((unsigned char)**at)) {
      if (list->count == LN_MAX_DIMS || has(list, **at)) return false;
      add(list, **at);
    } else if (strncmp(*at, "...", 3) == 0) {
      if (hidden < 0 || list->count + hidden > LN_MAX_DIMS) return false;
      for (int i = hidden; i > 0; --i) add(list, (char)('0' + i));
      *at += 2;
    } else if (**at != ' ') {
      return false;
    }
  }
  return rank < 0 || list->count == rank;
}

static bool parse_equation(einsum* e, const char* equation) {
  int hidden = 0;
  for (int i = 0; i < e->operands; ++i) {
    if (!parse(&equation, ln_tf_in(e->call, i)->rank, 0, &e->in[i])) return false;
    int digits = 0;
    for (int k = 0; k < e->in[i].count; ++k) digits += isdigit((unsigned char)e->in[i].text[k]) != 0;
    if (digits > hidden) hidden = digits;
    if (i + 1 < e->operands && *equation++ != ',') return false;
  }
  if (strncmp(equation, "->", 2) != 0) return false;
  equation += 2;
  return parse(&equation, -1, hidden, &e->out) && *equation == 0;
}

/* x with its dimensions in the order of `wanted`, which has the same labels. */
static ln_tensor* reorder(ln_tf_call* call, ln_tensor* x, const labels* have, const labels* wanted, const char* name) {
  int32_t order[LN_MAX_DIMS];
  bool same = true;
  for (int i = 0; i < wanted->count; ++i) {
    order[i] = (int32_t)(strchr(have->text, wanted->text[i]) - have->text);
    same = same && order[i] == i;
  }
  return same ? x : ln_build_transpose(&call->b, x, order, name);
}

static int32_t extent(const einsum* e, char label) {
  for (int i = 0; i < e->operands; ++i) {
    const char* at = strchr(e->in[i].text, label);
    if (at == NULL) continue;
    const int32_t dim = ln_dim(e->x[i], (int)(at - e->in[i].text));
    if (dim != 1 || i + 1 == e->operands) return dim;
  }
  return 1;
}

/* The same as a list of one number, computed where it is not known. */
static ln_tensor* extent_tensor(const einsum* e, const ln_form* f, char label) {
  int32_t dim = extent(e, label);
  ln_tensor* like = e->x[0];
  for (int i = 0; i < e->operands && dim < 0; ++i) {
    const char* at = strchr(e->in[i].text, label);
    if (at == NULL || ln_dim_is_known(e->x[i], (int)(at - e->in[i].text))) continue;
    like = e->x[i];
    dim = LN_DIM_OF((int)(at - e->in[i].text));
  }
  return ln_form_shape(f, like, 1, &dim, "extent");
}

/* The product of the labels' extents; -1: one is not known. */
static int32_t product(const einsum* e, const labels* group) {
  int64_t result = 1;
  for (int i = 0; i < group->count; ++i) {
    const int32_t dim = extent(e, group->text[i]);
    if (dim < 0) return -1;
    result *= dim;
    if (result > INT32_MAX) return -1;
  }
  return (int32_t)result;
}

/* A group of labels as one dimension; x's dimension `at` where it is that alone. */
static int32_t as_one(const einsum* e, const labels* group, int at) {
  return group->count == 1 ? LN_DIM_OF(at) : product(e, group);
}

/* Makes the last two groups one dimension each behind those of the batch. */
static ln_tensor* group_last(const einsum* e, ln_tensor* x, const labels* batch, const labels* a, const labels* b,
                             const char* name) {
  int32_t dims[LN_MAX_DIMS];
  if (a->count == 1 && b->count == 1) return x;
  if (batch->count + 2 > LN_MAX_DIMS) {
    ln_tf_fail(e->call, "its operands share %d dimensions; up to %d can be converted", batch->count, LN_MAX_DIMS - 2);
    return NULL;
  }
  for (int i = 0; i < batch->count; ++i) dims[i] = LN_DIM_OF(i);
  dims[batch->count] = as_one(e, a, batch->count);
  dims[batch->count + 1] = as_one(e, b, x->rank - 1);
  const ln_form form = {e->call->b, name};
  if (dims[batch->count] != -1 || dims[batch->count + 1] != -1)
    return ln_form_reshape(&form, x, batch->count + 2, dims, NULL);
  ln_tensor *parts[LN_MAX_DIMS + 2], *all = extent_tensor(e, &form, a->text[0]);
  for (int i = 1; i < a->count; ++i)
    all = ln_form_binary(&form, LN_OP_MUL, all, extent_tensor(e, &form, a->text[i]), "group");
  for (int i = 0; i < batch->count; ++i) parts[i] = ln_form_shape(&form, x, 1, dims + i, "extent");
  parts[batch->count] = all;
  parts[batch->count + 1] = ln_graph_ints(form.b.subgraph, ln_form_name(&form, "rest"), 1, dims + batch->count + 1);
  return ln_build_reshape_to(&form.b, x, ln_form_concat(&form, batch->count + 2, parts, 0, "shape"), name);
}

/* Rows that are several dimensions of unknown extents stay so: BATCH_MATMUL takes them for a batch, and the second
 * operand, which has none, for the same in each. */
static bool keeps_rows(const einsum* e, const labels* batch, const labels* rows) {
  int unknown = 0;
  for (int i = 0; i < rows->count; ++i) unknown += extent(e, rows->text[i]) < 0;
  return batch->count == 0 && unknown > 1;
}

static void append(labels* to, const labels* from) {
  for (int i = 0; i < from->count; ++i) add(to, from->text[i]);
}

/* Sums over the labels that only this operand has and the result lacks. */
static ln_tensor* sum_alone(einsum* e, int index, ln_tensor* x) {
  int32_t axes[LN_MAX_DIMS];
  int count = 0;
  labels left = {{0}, 0};
  for (int i = 0; i < e->in[index].count; ++i) {
    const char label = e->in[index].text[i];
    if (has(&e->out, label) || (e->operands == 2 && has(&e->in[1 - index], label)))
      add(&left, label);
    else
      axes[count++] = i;
  }
  if (count == 0) return x;
  e->in[index] = left;
  return ln_build_reduce(&e->call->b, LN_OP_SUM, x, count, axes, false, ln_tf_name(e->call, "alone"));
}

/* The product as the dimensions of the result: z's, where `dims` says so, or those of the operands. */
static ln_tensor* spread(const einsum* e, const ln_form* f, ln_tensor* z, const int32_t* dims, const labels* result) {
  ln_tensor* parts[LN_MAX_DIMS];
  for (int i = 0; i < result->count; ++i)
    parts[i] = dims[i] == -1 ? extent_tensor(e, f, result->text[i]) : ln_form_shape(f, z, 1, dims + i, "extent");
  return ln_build_reshape_to(&f->b, z, ln_form_concat(f, result->count, parts, 0, "shape"), f->name);
}

static void contract(einsum* e, ln_tensor* x, ln_tensor* y) {
  ln_tf_call* call = e->call;
  labels batch = {{0}, 0}, rows = batch, inner = batch, columns = batch;
  for (int i = 0; i < e->out.count; ++i) {
    const char label = e->out.text[i];
    const bool first = has(&e->in[0], label), second = has(&e->in[1], label);
    add(first && second ? &batch : first ? &rows : &columns, label);
  }
  for (int i = 0; i < e->in[0].count; ++i)
    if (!has(&e->out, e->in[0].text[i])) add(&inner, e->in[0].text[i]);
  labels left = batch, right = batch, result = batch;
  append(&left, &rows), append(&left, &inner);
  append(&right, &inner), append(&right, &columns);
  append(&result, &rows), append(&result, &columns);
  if (left.count != e->in[0].count || right.count != e->in[1].count || result.count != e->out.count) {
    ln_tf_fail(call, "its equation has a label that is nowhere or too many");
    return;
  }
  const labels none = {{0}, 0};
  labels first = rows, last = rows; /* the rows but the last, and the last */
  const bool kept = keeps_rows(e, &batch, &rows);
  if (kept) {
    first.text[--first.count] = 0;
    last = none;
    add(&last, rows.text[first.count]);
  }
  x = group_last(e, reorder(call, x, &e->in[0], &left, ln_tf_name(call, "x")), kept ? &first : &batch,
                 kept ? &last : &rows, &inner, ln_tf_name(call, "left"));
  if (x == NULL) return;
  y = group_last(e, reorder(call, y, &e->in[1], &right, ln_tf_name(call, "y")), &batch, &inner, &columns,
                 ln_tf_name(call, "right"));
  if (y == NULL) return;
  ln_tensor* z = ln_build_binary(&call->b, LN_OP_BATCH_MATMUL, x, y, ln_tf_name(call, "matmul"));
  if (z->broken) {
    ln_tf_return(call, 0, z);
    return;
  }
  if ((rows.count != 1 && !kept) || columns.count != 1) {
    int32_t dims[LN_MAX_DIMS];
    int unknown = 0;
    for (int i = 0; i < result.count; ++i) {
      const int row = i - batch.count, column = row - rows.count;
      dims[i] = row < 0                                   ? LN_DIM_OF(i)
                : column < 0 && (kept || rows.count == 1) ? LN_DIM_OF(i)
                : column >= 0 && columns.count == 1       ? LN_DIM_OF(z->rank - 1)
                                                          : extent(e, result.text[i]);
      unknown += dims[i] == -1;
    }
    const ln_form form = {call->b, ln_tf_name(call, "result")};
    z = unknown > 1 ? spread(e, &form, z, dims, &result) : ln_form_reshape(&form, z, result.count, dims, NULL);
  }
  ln_tf_return(call, 0, reorder(call, z, &result, &e->out, call->name));
}

void ln_tf_einsum(ln_tf_call* call) {
  einsum e = {call, {{{0}, 0}, {{0}, 0}}, {{0}, 0}, {NULL, NULL}, call->in_count};
  const char* equation = ln_tf_string(call->job, call->def, "equation", "");
  if (call->in_count < 1 || call->in_count > 2) {
    ln_tf_fail(call, "it has %d operands; 1 and 2 can be converted", call->in_count);
    return;
  }
  ln_tensor *x = ln_tf_in(call, 0), *y = call->in_count == 2 ? ln_tf_in(call, 1) : NULL;
  if (x->broken || (y != NULL && y->broken)) {
    ln_tf_return(call, 0, x->broken ? x : y);
    return;
  }
  if (x->rank < 0 || (y != NULL && y->rank < 0) || !parse_equation(&e, equation)) {
    ln_tf_fail(call, "its equation \"%s\" cannot be converted for these ranks", equation);
    return;
  }
  e.x[0] = x = sum_alone(&e, 0, x);
  if (y == NULL) {
    if (e.in[0].count != e.out.count) {
      ln_tf_fail(call, "its equation \"%s\" cannot be converted", equation);
      return;
    }
    ln_tf_return(call, 0, reorder(call, x, &e.in[0], &e.out, call->name));
    return;
  }
  e.x[1] = y = sum_alone(&e, 1, y);
  contract(&e, x, y);
}
