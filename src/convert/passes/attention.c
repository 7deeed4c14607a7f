/* The matrix products of attention: a transpose of the last two dimensions becomes adj_x or adj_y, a scale behind a
 * product goes to the layer that made one of its sides, a product with constant weights becomes FULLY_CONNECTED. */
#include <string.h>

#include "convert/passes/passes.h"

/* The order of a transpose; the rank, -1: it is none. */
static int order_of(const ln_node* node, int64_t order[LN_MAX_DIMS]) {
  if (node == NULL || node->code != LN_OP_TRANSPOSE || node->inputs[0]->rank < 2) return -1;
  return ln_tensor_ints(node->inputs[1], node->inputs[0]->rank, order) ? node->inputs[0]->rank : -1;
}

/* A transpose that swaps the last two dimensions and nothing else goes; one that moves the last dimension away from the
 * end keeps it there, so that rows stay rows. */
static bool take_transpose(ln_node* node, int side) {
  const int slot = side == 0 ? LN_SLOT(BatchMatMulOptions, adj_x) : LN_SLOT(BatchMatMulOptions, adj_y);
  int64_t order[LN_MAX_DIMS];
  int32_t swapped[LN_MAX_DIMS];
  ln_tensor* t = node->inputs[side];
  ln_node* transpose = ln_made_for_one(t);
  const int rank = order_of(transpose, order);
  if (rank < 2 || !ln_is_float(t) || order[rank - 2] != rank - 1) return false;
  for (int i = 0; i < rank; ++i) swapped[i] = (int32_t)order[i];
  swapped[rank - 2] = (int32_t)order[rank - 1];
  swapped[rank - 1] = (int32_t)order[rank - 2];
  bool nothing = true;
  for (int i = 0; i < rank; ++i) nothing = nothing && swapped[i] == i;
  const bool adjoint = ln_node_get(node, slot, 0) == 0;
  if (!nothing && adjoint != (side == 1)) return false;
  ln_node_set(node, slot, adjoint);
  if (nothing) {
    ln_node_set_input(node, side, transpose->inputs[0]);
    return true;
  }
  ln_node_set_input(transpose, 1, ln_graph_ints(node->subgraph, transpose->inputs[1]->name, rank, swapped));
  for (int w = 0; w < 2; ++w) {
    const int32_t last = t->shape[w][rank - 1];
    t->shape[w][rank - 1] = t->shape[w][rank - 2];
    t->shape[w][rank - 2] = last;
  }
  return true;
}

/* The first of the reshapes and transposes between a layer that can take a scale and `t`; NULL: there is no such layer.
 */
static ln_node* behind_layer(const ln_tensor* t, ln_node* user) {
  ln_node* node = ln_made_for_one(t);
  while (node != NULL && (node->code == LN_OP_RESHAPE || node->code == LN_OP_TRANSPOSE)) {
    user = node;
    node = ln_made_for_one(node->inputs[0]);
  }
  return ln_takes_scales(node) ? user : NULL;
}

/* (q k) * c is (q * c) k: in front of the first node behind the layer. */
static bool move_scale(ln_node* node) {
  ln_tensor *x, *number = NULL;
  double scale;
  if (!ln_with_number(node, LN_OP_MUL, &x, &scale) || !ln_shapes_equal(x, node->outputs[0])) return false;
  ln_node* matmul = ln_private_producer(x, LN_OP_BATCH_MATMUL);
  if (matmul == NULL) return false;
  number = ln_other_operand(node, x);
  for (int side = 0; side < 2; ++side) {
    ln_node* user = behind_layer(matmul->inputs[side], matmul);
    if (user == NULL || matmul->inputs[0] == matmul->inputs[1]) continue;
    const int index = user == matmul ? side : 0;
    ln_tensor* t = user->inputs[index];
    if (number->rank > 1) continue;
    ln_node* moved = ln_put_before(user, LN_OP_MUL, t, number, t);
    moved->place = node->place;
    ln_node_set_input(user, index, moved->outputs[0]);
    ln_absorb(matmul, node);
    return true;
  }
  return false;
}

/* [.., K, N] or [.., N, K] with leading 1s as FULLY_CONNECTED's [N, K]; NULL: it has more than one matrix. */
static ln_tensor* as_weights(const ln_tensor* y, bool adjoint) {
  for (int i = 0; i < y->rank - 2; ++i)
    if (y->shape[0][i] != 1) return NULL;
  const int32_t rows = y->shape[0][y->rank - 2], columns = y->shape[0][y->rank - 1];
  if (adjoint) {
    const int32_t dims[] = {rows, columns};
    return ln_graph_constant(y->subgraph, y->name, LN_TYPE_FLOAT32, 2, dims, y->data);
  }
  const int32_t dims[] = {columns, rows};
  const float* from = y->data;
  float* to = ln_job_alloc_raw(y->subgraph->graph->job, y->data_bytes);
  for (size_t r = 0; r < (size_t)rows; ++r)
    for (size_t c = 0; c < (size_t)columns; ++c) to[c * (size_t)rows + r] = from[r * (size_t)columns + c];
  return ln_graph_constant(y->subgraph, y->name, LN_TYPE_FLOAT32, 2, dims, to);
}

static bool become_dense(ln_node* node) {
  const ln_tensor *x = node->inputs[0], *y = node->inputs[1];
  if (!ln_tensor_is_constant(y) || !ln_is_float(x) || !ln_is_float(y) || ln_tensor_is_constant(x) || y->rank < 2 ||
      y->rank > x->rank || LN_GET(node, BatchMatMulOptions, adj_x) != 0)
    return false;
  ln_tensor* weights = as_weights(y, LN_GET(node, BatchMatMulOptions, adj_y) != 0);
  if (weights == NULL || ln_dim(x, x->rank - 1) != weights->shape[0][1]) return false;
  ln_become_binary(node, LN_OP_FULLY_CONNECTED, node->inputs[0], weights);
  ln_node_add_input(node, NULL);
  if (x->rank != 2) LN_SET(node, FullyConnectedOptions, keep_num_dims, 1);
  return true;
}

int ln_pass_attention(ln_subgraph* subgraph) {
  int changes = 0;
  for (ln_node *node = subgraph->first, *next; node != NULL; node = next) {
    next = node->next;
    if (node->output_count != 1 || !ln_is_float(node->outputs[0])) continue;
    if (node->code == LN_OP_BATCH_MATMUL)
      changes += become_dense(node) || take_transpose(node, 0) || take_transpose(node, 1);
    else if (node->code == LN_OP_MUL)
      changes += move_scale(node);
  }
  return changes;
}
