/* What the runtime here computes and the original's kernels refuse or get wrong, by ranks and extents: blocks and pads
 * of more than a few dimensions, products of more than five, reversals of dimensions that lie apart, ATAN2 that
 * broadcasts. They become chains of operators within the limits, one dimension after the other. */
#include <string.h>

#include "convert/form.h"
#include "convert/passes/passes.h"
#include "convert/trace.h"
#include "model/model.h"

enum { MAX_BLOCKED = 4, MAX_PADDED = 5, MAX_PRODUCT = 5 };

/* x's extents from .. from + count - 1 as a vector; NULL where there are none. */
static ln_tensor* extents(const ln_form* f, ln_tensor* x, int from, int count) {
  int32_t dims[LN_MAX_DIMS];
  for (int i = 0; i < count; ++i) dims[i] = LN_DIM_OF(from + i);
  return count > 0 ? ln_form_shape(f, x, count, dims, "extents") : NULL;
}

static ln_tensor* product_of_extents(const ln_form* f, ln_tensor* x, int from, int count) {
  static const int32_t kOne[] = {1};
  if (count < 1) return ln_graph_ints(f->b.subgraph, ln_form_name(f, "one"), 1, kOne);
  return ln_form_reduce(f, LN_OP_REDUCE_PROD, extents(f, x, from, count), 0, true, "extent");
}

/* x in a shape that is put together from parts, those of NULL left out. */
static ln_tensor* shaped(const ln_form* f, ln_tensor* x, int count, ln_tensor* const* parts, const char* what) {
  ln_tensor* there[4];
  int n = 0;
  for (int i = 0; i < count; ++i)
    if (parts[i] != NULL) there[n++] = parts[i];
  return ln_build_reshape_to(&f->b, x, ln_form_concat(f, n, there, 0, "shape"), ln_form_name(f, what));
}

/* x with one dimension alone: [first `lead` dimensions, the next ones as one, dimension `axis`, the rest as one]. */
static ln_tensor* around(const ln_form* f, ln_tensor* x, int lead, int axis) {
  ln_tensor* const parts[] = {extents(f, x, 0, lead), product_of_extents(f, x, lead, axis - lead),
                              extents(f, x, axis, 1), product_of_extents(f, x, axis + 1, x->rank - axis - 1)};
  return shaped(f, x, 4, parts, "around");
}

/* y, made of what `around` gave, with x's other dimensions again. */
static ln_tensor* back(const ln_form* f, ln_tensor* y, ln_tensor* x, int lead, int axis) {
  ln_tensor* const parts[] = {extents(f, y, 0, lead), extents(f, x, lead, axis - lead), extents(f, y, lead + 1, 1),
                              extents(f, x, axis + 1, x->rank - axis - 1)};
  return shaped(f, y, 4, parts, "back");
}

static ln_tensor* ints(const ln_form* f, int rows, int columns, const int32_t* numbers, const char* what) {
  const int32_t dims[] = {rows, columns};
  const size_t bytes = (size_t)rows * (size_t)(columns > 0 ? columns : 1) * sizeof *numbers;
  return ln_graph_constant(f->b.subgraph, ln_form_name(f, what), LN_TYPE_INT32, columns > 0 ? 2 : 1, dims,
                           ln_job_copy(f->b.subgraph->graph->job, numbers, bytes));
}

/* SPACE_TO_BATCH_ND from the last dimension to the first, BATCH_TO_SPACE_ND the other way. */
static ln_tensor* lower_blocks(const ln_form* f, const ln_node* node) {
  ln_tensor* x = node->inputs[0];
  const int count = x->rank - 2;
  const bool to_batch = node->code == LN_OP_SPACE_TO_BATCH_ND;
  int64_t block[LN_MAX_DIMS], margins[2 * LN_MAX_DIMS];
  if (!ln_tensor_ints(node->inputs[1], count, block) || !ln_tensor_ints(node->inputs[2], 2 * count, margins))
    return NULL;
  for (int k = 0; k < count; ++k) {
    const int i = to_batch ? count - 1 - k : k;
    if (block[i] == 1 && margins[2 * i] == 0 && margins[2 * i + 1] == 0) continue;
    const int32_t blocks[] = {1, (int32_t)block[i]},
                  numbers[] = {0, 0, (int32_t)margins[2 * i], (int32_t)margins[2 * i + 1]};
    ln_tensor* const inputs[] = {around(f, x, 1, 1 + i), ints(f, 2, 0, blocks, "block"),
                                 ints(f, 2, 2, numbers, "margins")};
    x = back(f, ln_build_done(ln_build_node(&f->b, node->code, 3, inputs), ln_form_name(f, "blocks"), 1), x, 1, 1 + i);
  }
  return x;
}

static ln_tensor* lower_pad(const ln_form* f, const ln_node* node) {
  ln_tensor* x = node->inputs[0];
  int64_t pads[2 * LN_MAX_DIMS];
  if (!ln_tensor_ints(node->inputs[1], 2 * x->rank, pads)) return NULL;
  for (int i = 0; i < x->rank; ++i) {
    if (pads[2 * i] == 0 && pads[2 * i + 1] == 0) continue;
    const int32_t numbers[] = {0, 0, (int32_t)pads[2 * i], (int32_t)pads[2 * i + 1], 0, 0};
    ln_tensor* padded = ln_build_pad(&f->b, around(f, x, 0, i), numbers, node->input_count > 2 ? node->inputs[2] : NULL,
                                     ln_form_name(f, "padded"));
    x = back(f, padded, x, 0, i);
  }
  return x;
}

/* One reversal for each run of dimensions that lie side by side. */
static ln_tensor* lower_reverse(const ln_form* f, const ln_node* node, const bool* axes) {
  ln_tensor* x = node->inputs[0];
  for (int32_t i = 0; i < x->rank; ++i) {
    int32_t run[LN_MAX_DIMS];
    int length = 0;
    while (i < x->rank && axes[i]) run[length++] = i++;
    if (length > 0) x = ln_form_binary(f, LN_OP_REVERSE_V2, x, ints(f, length, 0, run, "axes"), "reversed");
  }
  return x;
}

static ln_tensor* broadcast_shape(const ln_form* f, ln_tensor* x, ln_tensor* y) {
  return ln_form_binary(f, LN_OP_BROADCAST_ARGS, x, y, "common");
}

static ln_tensor* broadcast_to(const ln_form* f, ln_tensor* x, ln_tensor* shape) {
  return ln_form_binary(f, LN_OP_BROADCAST_TO, x, shape, "spread");
}

static bool same_leads(const ln_tensor* x, const ln_tensor* y) {
  if (x->rank != y->rank) return false;
  for (int i = 0; i < x->rank - 2; ++i)
    for (int w = 0; w < 2; ++w)
      if (x->shape[w][i] != y->shape[w][i]) return false;
  return true;
}

/* All dimensions but the last two as one. */
static ln_tensor* lower_product(const ln_form* f, const ln_node* node) {
  ln_tensor *x[2] = {node->inputs[0], node->inputs[1]}, *rows[2];
  const bool same = same_leads(x[0], x[1]);
  ln_tensor* lead = extents(f, x[0], 0, x[0]->rank - 2);
  if (!same) {
    ln_tensor* other = extents(f, x[1], 0, x[1]->rank - 2);
    lead = lead == NULL ? other : other == NULL ? lead : broadcast_shape(f, lead, other);
  }
  for (int i = 0; i < 2; ++i) {
    ln_tensor* const parts[] = {lead, extents(f, x[i], x[i]->rank - 2, 2)};
    if (!same) x[i] = broadcast_to(f, x[i], ln_form_concat(f, 2, parts, 0, "shape"));
    const int last = x[i]->rank - 2;
    ln_tensor* const flat[] = {product_of_extents(f, x[i], 0, last), extents(f, x[i], last, 2)};
    rows[i] = shaped(f, x[i], 2, flat, "flat");
  }
  ln_tensor* y = ln_form_matmul(f, rows[0], rows[1], LN_GET(node, BatchMatMulOptions, adj_x) != 0,
                                LN_GET(node, BatchMatMulOptions, adj_y) != 0, "product");
  ln_tensor* const parts[] = {lead, extents(f, y, 1, 2)};
  return shaped(f, y, 2, parts, "product");
}

static ln_tensor* lower_atan2(const ln_form* f, const ln_node* node) {
  ln_tensor *x = node->inputs[0], *y = node->inputs[1];
  ln_tensor* shape = broadcast_shape(f, ln_form_extents(f, x, LN_TYPE_INT32, "extents"),
                                     ln_form_extents(f, y, LN_TYPE_INT32, "extents"));
  return ln_form_binary(f, LN_OP_ATAN2, broadcast_to(f, x, shape), broadcast_to(f, y, shape), NULL);
}

/* Which dimensions are reversed; whether they lie apart. */
static bool lie_apart(const ln_node* node, bool* axes) {
  int64_t numbers[LN_MAX_DIMS];
  const ln_tensor *x = node->inputs[0], *list = node->inputs[1];
  const int64_t count = ln_tensor_elements(list);
  if (count < 2 || count > LN_MAX_DIMS || x->rank < 0 || !ln_tensor_ints(list, (int)count, numbers)) return false;
  int first = x->rank, last = -1;
  memset(axes, 0, LN_MAX_DIMS * sizeof *axes);
  for (int64_t i = 0; i < count; ++i) {
    const int axis = (int)(numbers[i] < 0 ? numbers[i] + x->rank : numbers[i]);
    if (axis < 0 || axis >= x->rank) return false;
    axes[axis] = true;
    if (axis < first) first = axis;
    if (axis > last) last = axis;
  }
  return last - first + 1 > count;
}

/* What computes the same within the limits; NULL where it is within them (`beyond` false), or where there is none. */
static ln_tensor* lower(const ln_form* f, ln_node* node, bool* beyond) {
  const ln_tensor* x = node->inputs[0];
  bool axes[LN_MAX_DIMS];
  *beyond = true;
  switch (node->code) {
    case LN_OP_SPACE_TO_BATCH_ND:
    case LN_OP_BATCH_TO_SPACE_ND:
      if (x->rank > MAX_BLOCKED) return lower_blocks(f, node);
      break;
    case LN_OP_PAD:
    case LN_OP_PADV2:
      if (x->rank > MAX_PADDED) return lower_pad(f, node);
      break;
    case LN_OP_REVERSE_V2:
      if (lie_apart(node, axes)) return lower_reverse(f, node, axes);
      break;
    case LN_OP_BATCH_MATMUL:
      if (x->rank > MAX_PRODUCT || node->inputs[1]->rank > MAX_PRODUCT) return lower_product(f, node);
      break;
    case LN_OP_ATAN2:
      if (x->rank >= 0 && node->inputs[1]->rank >= 0 && !ln_shapes_equal(x, node->inputs[1]))
        return lower_atan2(f, node);
      break;
    default:
      break;
  }
  *beyond = false;
  return NULL;
}

static int keep(ln_subgraph* s, ln_node* node) {
  const ln_form f = {{s, node->place}, node->outputs[0]->name};
  ln_node* last = s->last;
  bool beyond;
  ln_tensor* y = lower(&f, node, &beyond);
  if (!beyond) return 0;
  if (y == NULL) {
    ln_problem(s->graph->job, node->place,
               "%s of %d dimensions by numbers that are no constants cannot be converted; by constants it can",
               ln_builtin_operator_name(node->code), (int)node->inputs[0]->rank);
    return 0;
  }
  /* What is made stands at the end. */
  for (ln_node *made = last->next, *next; made != NULL; made = next) {
    next = made->next;
    ln_node_move(made, node);
  }
  ln_bypass(node, y);
  return 1;
}

void ln_keep_limits(ln_graph* graph) {
  for (ln_subgraph* s = graph->subgraphs; s != NULL; s = s->next) {
    int changes = 0;
    for (ln_node *node = s->first, *next; node != NULL; node = next) {
      next = node->next;
      if (node->input_count > 0 && node->inputs[0] != NULL && node->output_count == 1) changes += keep(s, node);
    }
    if (changes != 0) ln_trace_pass(s, "limits");
  }
}
