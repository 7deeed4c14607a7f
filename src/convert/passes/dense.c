/* A dense layer over the last of many dimensions, written as reshape, product, reshape: FULLY_CONNECTED keeps the
 * dimensions itself. */
#include <string.h>

#include "convert/passes/passes.h"

/* Whether `y` is `x` but for the last extents, which are the layer's. */
static bool is_dense(const ln_tensor* x, const ln_tensor* y, const ln_tensor* weights) {
  const int rank = x->rank;
  if (rank < 3 || y->rank != rank || weights->rank != 2 || !ln_tensor_is_static(weights)) return false;
  for (int w = 0; w < 2; ++w) {
    if (memcmp(x->shape[w], y->shape[w], (size_t)(rank - 1) * sizeof(int32_t)) != 0) return false;
    if (x->shape[w][rank - 1] != weights->shape[w][1] || y->shape[w][rank - 1] != weights->shape[w][0]) return false;
  }
  return true;
}

static bool keep_dimensions(ln_node* node) {
  ln_node* before = node->inputs[0] != NULL ? node->inputs[0]->producer : NULL;
  ln_node* after = ln_only_user(node->outputs[0]);
  if (before == NULL || before->code != LN_OP_RESHAPE || after == NULL || after->code != LN_OP_RESHAPE) return false;
  ln_tensor *x = before->inputs[0], *y = after->outputs[0];
  if (node->inputs[1] == NULL || !ln_is_float(x) || !is_dense(x, y, node->inputs[1])) return false;
  LN_SET(node, FullyConnectedOptions, keep_num_dims, 1);
  ln_node_set_input(node, 0, x);
  ln_absorb(node, after);
  return true;
}

int ln_pass_dense(ln_subgraph* subgraph) {
  int changes = 0;
  for (ln_node* node = subgraph->first; node != NULL; node = node->next)
    if (node->code == LN_OP_FULLY_CONNECTED) changes += keep_dimensions(node);
  return changes;
}
