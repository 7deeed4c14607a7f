/* Transposes move towards the outputs, through whatever does not care for the order of dimensions, until they meet
 * their inverse or another transpose. So a graph of pictures with channels first, each operator between two transposes,
 * comes out with channels last and without them. */
#include <string.h>

#include "convert/passes/passes.h"

/* The order of a TRANSPOSE node; the rank, -1: it is none. */
static int order_of(const ln_node* node, int64_t order[LN_MAX_DIMS]) {
  if (node == NULL || node->code != LN_OP_TRANSPOSE) return -1;
  const int rank = node->inputs[0]->rank;
  if (rank < 1 || !ln_tensor_ints(node->inputs[1], rank, order) || node->inputs[0]->quantization != NULL) return -1;
  for (int i = 0; i < rank; ++i)
    if (order[i] < 0 || order[i] >= rank) return -1;
  return rank;
}

static ln_tensor* order_constant(ln_subgraph* s, int rank, const int64_t* order) {
  int32_t numbers[LN_MAX_DIMS];
  for (int i = 0; i < rank; ++i) numbers[i] = (int32_t)order[i];
  return ln_graph_ints(s, "perm", rank, numbers);
}

/* The order of a transpose after a transpose; those that do nothing are the identity pass's matter. */
static bool merge(ln_node* node) {
  int64_t first[LN_MAX_DIMS], second[LN_MAX_DIMS], both[LN_MAX_DIMS];
  ln_node* before = node->inputs[0]->producer;
  const int rank = order_of(node, second);
  if (rank < 0 || order_of(before, first) != rank) return false;
  for (int i = 0; i < rank; ++i) both[i] = first[second[i]];
  ln_node_set_input(node, 1, order_constant(node->subgraph, rank, both));
  ln_node_set_input(node, 0, before->inputs[0]);
  return true;
}

static bool is_elementwise(int code) {
  switch (code) {
    case LN_OP_ADD:
    case LN_OP_SUB:
    case LN_OP_MUL:
    case LN_OP_DIV:
    case LN_OP_MAXIMUM:
    case LN_OP_MINIMUM:
    case LN_OP_SQUARED_DIFFERENCE:
    case LN_OP_POW:
    case LN_OP_RELU:
    case LN_OP_RELU6:
    case LN_OP_RELU_N1_TO_1:
    case LN_OP_RELU_0_TO_1:
    case LN_OP_LEAKY_RELU:
    case LN_OP_ELU:
    case LN_OP_LOGISTIC:
    case LN_OP_TANH:
    case LN_OP_HARD_SWISH:
    case LN_OP_GELU:
    case LN_OP_EXP:
    case LN_OP_LOG:
    case LN_OP_SQRT:
    case LN_OP_RSQRT:
    case LN_OP_SQUARE:
    case LN_OP_ABS:
    case LN_OP_NEG:
    case LN_OP_CAST:
    case LN_OP_SIGN:
    case LN_OP_FLOOR:
    case LN_OP_CEIL:
    case LN_OP_ROUND:
    case LN_OP_SIN:
    case LN_OP_COS:
    case LN_OP_PRELU:
    case LN_OP_ADD_N:
    case LN_OP_EQUAL:
    case LN_OP_NOT_EQUAL:
    case LN_OP_LESS:
    case LN_OP_LESS_EQUAL:
    case LN_OP_GREATER:
    case LN_OP_GREATER_EQUAL:
    case LN_OP_LOGICAL_NOT:
    case LN_OP_LOGICAL_AND:
    case LN_OP_LOGICAL_OR:
    case LN_OP_SELECT_V2:
      return true;
    default:
      return false;
  }
}

static bool is_reduction(int code) {
  return code == LN_OP_MEAN || code == LN_OP_SUM || code == LN_OP_REDUCE_MAX || code == LN_OP_REDUCE_MIN ||
         code == LN_OP_REDUCE_PROD;
}

static bool lets_through(int code) {
  return is_elementwise(code) || is_reduction(code) || code == LN_OP_TRANSPOSE || code == LN_OP_CONCATENATION ||
         code == LN_OP_PAD || code == LN_OP_PADV2 || code == LN_OP_MIRROR_PAD || code == LN_OP_SLICE ||
         code == LN_OP_TILE;
}

/* Whether a transpose may go behind `node`: not if it had to stay where it is for others besides, unless it meets
 * another one there. */
static bool may_move(const ln_node* transpose, const ln_node* node) {
  const ln_tensor* t = transpose->outputs[0];
  const ln_node* next = ln_only_user(node->outputs[0]);
  if (next != NULL && next->code == LN_OP_TRANSPOSE) return true;
  if (ln_is_output(t)) return false;
  int32_t seen = 0;
  for (const ln_node* user = transpose->next; user != NULL && seen < t->uses; user = user->next)
    for (int i = 0; i < user->input_count; ++i) {
      if (user->inputs[i] != t) continue;
      if (!lets_through(user->code)) return false;
      ++seen;
    }
  return true;
}

/* A tensor with the dimensions of `t` put back: dimension order[i] of it is dimension i of `t`. */
static ln_tensor* put_back(const ln_tensor* t, const int64_t* order) {
  ln_tensor* x = ln_graph_tensor(t->subgraph, ln_job_text(t->subgraph->graph->job, "%s/before", t->name), t->type,
                                 t->rank, t->shape[0]);
  for (int w = 0; w < 2; ++w)
    for (int i = 0; i < t->rank; ++i) x->shape[w][order[i]] = t->shape[w][i];
  return x;
}

/* Copies a constant's elements so that dimension i of `t` becomes dimension order[i]. */
static ln_tensor* constant_put_back(ln_tensor* t, const int64_t* order) {
  ln_job* job = t->subgraph->graph->job;
  ln_tensor* x = put_back(t, order);
  const size_t count = (size_t)ln_tensor_elements(t), width = count != 0 ? t->data_bytes / count : 0;
  unsigned char* to = ln_job_alloc(job, t->data_bytes, 1);
  for (size_t i = 0; i < count; ++i) {
    size_t rest = i, index[LN_MAX_DIMS] = {0}, at = 0;
    for (int d = t->rank - 1; d >= 0; --d) {
      index[order[d]] = rest % (size_t)t->shape[0][d];
      rest /= (size_t)t->shape[0][d];
    }
    for (int d = 0; d < t->rank; ++d) at = at * (size_t)x->shape[0][d] + index[d];
    memcpy(to + at * width, (const unsigned char*)t->data + i * width, width);
  }
  x->data = x->value[0] = x->value[1] = to;
  x->data_bytes = x->value_bytes[0] = x->value_bytes[1] = t->data_bytes;
  return x;
}

/* A constant of lower rank is broadcast from the last dimension: it gets the rank first. */
static ln_tensor* widen(ln_tensor* t, int rank) {
  int32_t dims[LN_MAX_DIMS];
  if (t->rank == rank) return t;
  for (int i = 0; i < rank; ++i) dims[i] = i < rank - t->rank ? 1 : t->shape[0][i - (rank - t->rank)];
  return ln_graph_constant_bytes(t->subgraph, t->name, t->type, rank, dims, t->data, t->data_bytes);
}

static bool same_order(const ln_tensor* t, int rank, const int64_t* order) {
  int64_t other[LN_MAX_DIMS];
  return order_of(t->producer, other) == rank && memcmp(other, order, (size_t)rank * sizeof *order) == 0;
}

/* What is the same in any order: one element, of any rank. */
static bool has_no_order(const ln_tensor* t) { return ln_tensor_elements(t) == 1; }

/* Whether a tensor in this order has its elements as before: only extents of 1 move. */
static bool keeps_elements(const ln_tensor* t, const int64_t* order) {
  int64_t last = -1;
  for (int i = 0; i < t->rank; ++i) {
    if (ln_dim(t, (int)order[i]) == 1) continue;
    if (order[i] < last) return false;
    last = order[i];
  }
  return true;
}

/* A reshape can give another shape where dimension i of `t` is to become dimension order[i]. */
static bool can_reshape(const ln_tensor* t, int rank, const int64_t* order) {
  int64_t back[LN_MAX_DIMS];
  if (t->producer == NULL || t->producer->code != LN_OP_RESHAPE || t->rank != rank || t->uses != 1 || ln_is_output(t))
    return false;
  for (int i = 0; i < rank; ++i) back[order[i]] = i;
  return keeps_elements(t, back) && ln_shape_constant(t) != NULL;
}

/* The transpose of an operand, and that all others are transposed so too, constants, of one element, or reshaped;
 * rank -1: they are not. */
static int common_order(const ln_node* node, int64_t order[LN_MAX_DIMS]) {
  int rank = -1;
  for (int i = 0; i < node->input_count && rank < 0; ++i)
    if (node->inputs[i] != NULL) rank = order_of(node->inputs[i]->producer, order);
  for (int i = 0; i < node->input_count && rank >= 0; ++i) {
    const ln_tensor* t = node->inputs[i];
    if (t == NULL || t->quantization != NULL) return -1;
    if (ln_tensor_is_constant(t) || has_no_order(t)) {
      if (t->rank > rank || t->type == LN_TYPE_STRING) return -1;
    } else if (!can_reshape(t, rank, order) && (!same_order(t, rank, order) || !may_move(t->producer, node))) {
      return -1;
    }
  }
  return rank;
}

/* The node's own output becomes that of a transpose behind it. */
static void transpose_behind(ln_node* node, const int64_t* order) {
  ln_subgraph* s = node->subgraph;
  ln_tensor* out = node->outputs[0];
  ln_tensor* inner = put_back(out, order);
  node->outputs[0] = inner;
  inner->producer = node;
  ln_node* transpose = ln_graph_node_before(s, node->next, LN_OP_TRANSPOSE, node->place);
  ln_node_add_input(transpose, inner);
  ln_node_add_input(transpose, order_constant(s, out->rank, order));
  ln_node_take_output(transpose, out);
}

/* A reshape of what has been reshaped. */
static ln_tensor* reshape_back(ln_node* node, ln_tensor* t, const int64_t* order) {
  ln_tensor* like = put_back(t, order);
  return ln_put_before(node, LN_OP_RESHAPE, t, ln_shape_constant(like), like)->outputs[0];
}

static bool through_elementwise(ln_node* node) {
  int64_t order[LN_MAX_DIMS];
  const int rank = common_order(node, order);
  if (rank < 0 || node->output_count != 1 || node->outputs[0]->rank != rank) return false;
  for (int i = 0; i < node->input_count; ++i) {
    ln_tensor* t = node->inputs[i];
    if (has_no_order(t)) continue;
    if (ln_tensor_is_constant(t))
      ln_node_set_input(node, i, constant_put_back(widen(t, rank), order));
    else if (same_order(t, rank, order))
      ln_node_set_input(node, i, t->producer->inputs[0]);
    else
      ln_node_set_input(node, i, reshape_back(node, t, order));
  }
  transpose_behind(node, order);
  return true;
}

static bool through_concatenation(ln_node* node) {
  int64_t order[LN_MAX_DIMS];
  const int rank = common_order(node, order);
  int64_t axis = LN_GET(node, ConcatenationOptions, axis);
  if (rank < 0) return false;
  for (int i = 0; i < node->input_count; ++i)
    if (ln_tensor_is_constant(node->inputs[i]) || !same_order(node->inputs[i], rank, order)) return false;
  if (axis < 0) axis += rank;
  if (axis < 0 || axis >= rank) return false;
  for (int i = 0; i < node->input_count; ++i) ln_node_set_input(node, i, node->inputs[i]->producer->inputs[0]);
  LN_SET(node, ConcatenationOptions, axis, order[axis]);
  transpose_behind(node, order);
  return true;
}

static bool through_pad(ln_node* node) {
  int64_t order[LN_MAX_DIMS], pads[2 * LN_MAX_DIMS];
  int32_t moved[2 * LN_MAX_DIMS];
  const int rank = order_of(node->inputs[0]->producer, order);
  if (rank < 0 || !ln_tensor_ints(node->inputs[1], 2 * rank, pads)) return false;
  if (!may_move(node->inputs[0]->producer, node)) return false;
  for (int i = 0; i < rank; ++i)
    for (int k = 0; k < 2; ++k) moved[2 * order[i] + k] = (int32_t)pads[2 * i + k];
  const int32_t dims[] = {rank, 2};
  ln_subgraph* s = node->subgraph;
  ln_node_set_input(node, 1,
                    ln_graph_constant(s, node->inputs[1]->name, LN_TYPE_INT32, 2, dims,
                                      ln_job_copy(s->graph->job, moved, 2 * sizeof(int32_t) * (size_t)rank)));
  ln_node_set_input(node, 0, node->inputs[0]->producer->inputs[0]);
  transpose_behind(node, order);
  return true;
}

/* SLICE and TILE: their other operands have one number for each dimension. */
static bool through_lists(ln_node* node) {
  int64_t order[LN_MAX_DIMS], numbers[2][LN_MAX_DIMS];
  int32_t moved[LN_MAX_DIMS];
  const int rank = order_of(node->inputs[0]->producer, order), lists = node->code == LN_OP_SLICE ? 2 : 1;
  if (rank < 0 || node->outputs[0]->rank != rank || !may_move(node->inputs[0]->producer, node)) return false;
  for (int k = 0; k < lists; ++k)
    if (!ln_tensor_ints(node->inputs[1 + k], rank, numbers[k])) return false;
  for (int k = 0; k < lists; ++k) {
    for (int i = 0; i < rank; ++i) moved[order[i]] = (int32_t)numbers[k][i];
    ln_node_set_input(node, 1 + k, ln_graph_ints(node->subgraph, node->inputs[1 + k]->name, rank, moved));
  }
  ln_node_set_input(node, 0, node->inputs[0]->producer->inputs[0]);
  transpose_behind(node, order);
  return true;
}

/* Without the reduced dimensions the rest must stand in the same order, or be kept as 1. */
static bool through_reduction(ln_node* node) {
  int64_t order[LN_MAX_DIMS], axes[LN_MAX_DIMS];
  int32_t moved[LN_MAX_DIMS];
  bool reduced[LN_MAX_DIMS] = {false};
  const int rank = order_of(node->inputs[0]->producer, order);
  const int64_t count = rank >= 0 && ln_tensor_is_constant(node->inputs[1]) ? ln_tensor_elements(node->inputs[1]) : -1;
  const bool keep = LN_GET(node, ReducerOptions, keep_dims) != 0;
  if (count < 1 || count > rank || !ln_tensor_ints(node->inputs[1], (int)count, axes)) return false;
  for (int64_t i = 0; i < count; ++i) {
    if (axes[i] < 0) axes[i] += rank;
    if (axes[i] < 0 || axes[i] >= rank) return false;
    moved[i] = (int32_t)order[axes[i]];
    reduced[axes[i]] = true;
  }
  int64_t last = -1;
  for (int i = 0; i < rank && !keep; ++i) {
    if (reduced[i]) continue;
    if (order[i] < last) return false;
    last = order[i];
  }
  if (keep && !may_move(node->inputs[0]->producer, node)) return false;
  ln_node_set_input(node, 1, ln_graph_ints(node->subgraph, node->inputs[1]->name, (int)count, moved));
  ln_node_set_input(node, 0, node->inputs[0]->producer->inputs[0]);
  if (keep) transpose_behind(node, order);
  return true;
}

/* What only moves extents of 1 is a reshape, which others can take in; but BATCH_MATMUL takes transposes. */
static bool become_reshape(ln_node* node) {
  int64_t order[LN_MAX_DIMS];
  ln_tensor *x = node->inputs[0], *shape;
  const ln_node* user = ln_only_user(node->outputs[0]);
  if (x == NULL || (user != NULL && user->code == LN_OP_BATCH_MATMUL) || order_of(node, order) < 0 ||
      !keeps_elements(x, order) || (shape = ln_shape_constant(node->outputs[0])) == NULL)
    return false;
  ln_become_binary(node, LN_OP_RESHAPE, x, shape);
  return true;
}

int ln_pass_transposes(ln_subgraph* subgraph) {
  int changes = 0;
  for (ln_node* node = subgraph->first; node != NULL; node = node->next) {
    if (node->input_count == 0 || node->inputs[0] == NULL) continue;
    if (node->code == LN_OP_TRANSPOSE)
      changes += merge(node);
    else if (is_elementwise(node->code))
      changes += through_elementwise(node);
    else if (node->code == LN_OP_CONCATENATION)
      changes += through_concatenation(node);
    else if (node->code == LN_OP_PAD || node->code == LN_OP_PADV2 || node->code == LN_OP_MIRROR_PAD)
      changes += through_pad(node);
    else if (node->code == LN_OP_SLICE || node->code == LN_OP_TILE)
      changes += through_lists(node);
    else if (is_reduction(node->code))
      changes += through_reduction(node);
  }
  /* Only where nothing moves any more: transposes could still have met. */
  for (ln_node* node = subgraph->first; node != NULL && changes == 0; node = node->next)
    if (node->code == LN_OP_TRANSPOSE) changes += become_reshape(node);
  return changes;
}
