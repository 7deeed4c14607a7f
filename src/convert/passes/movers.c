/* Arithmetic with a constant, and activations, behind a reshape behind a layer: in front of the reshape they go into
 * the layer. So the biases of dense layers over several dimensions (EinsumDense, attention's heads) and the activations
 * of convolutions of one dimension find their layers. */
#include <string.h>

#include "convert/passes/passes.h"

/* A constant that is broadcast to `t`, as one number for each of the `channels` that the last dimensions of `t` make
 * up; NULL: it differs along other dimensions, or those do not come out even. One number stays as it is. */
static ln_tensor* as_channels(ln_tensor* c, const ln_tensor* t, int32_t channels) {
  const int64_t count = ln_tensor_elements(c);
  if (count == 1) return c->rank <= 1 ? c : NULL;
  int dims = 0;
  int64_t product = 1;
  while (product < channels && dims < t->rank && ln_dim(t, t->rank - 1 - dims) > 0)
    product *= ln_dim(t, t->rank - 1 - dims++);
  if (product != channels || c->rank > t->rank) return NULL;
  for (int i = 0; i < c->rank - dims; ++i)
    if (c->shape[0][i] != 1) return NULL;
  float* to = ln_job_alloc(c->subgraph->graph->job, (size_t)channels, sizeof *to);
  for (int32_t i = 0; i < channels; ++i) {
    size_t at = 0, stride = 1;
    int32_t rest = i;
    for (int d = 0; d < dims && d < c->rank; ++d) {
      const int32_t extent = t->shape[0][t->rank - 1 - d], own = c->shape[0][c->rank - 1 - d];
      if (own != 1) at += (size_t)(rest % extent) * stride;
      stride *= (size_t)own;
      rest /= extent;
    }
    to[i] = ((const float*)c->data)[at];
  }
  return ln_graph_constant(c->subgraph, c->name, LN_TYPE_FLOAT32, 1, &channels, to);
}

static bool is_activation(int code) { return code == LN_OP_RELU || code == LN_OP_RELU6 || code == LN_OP_RELU_N1_TO_1; }

/* The node works on what the reshape is of, and the reshape makes what the node made. */
static void swap(ln_node* reshape, ln_node* node, ln_tensor* constant) {
  ln_tensor *x = reshape->inputs[0], *out = node->outputs[0];
  ln_node* moved = ln_put_before(reshape, node->code, x, constant, x);
  if (constant != NULL && node->inputs[1] == reshape->outputs[0]) {
    ln_node_set_input(moved, 0, constant);
    ln_node_set_input(moved, 1, x);
  }
  const int slot = ln_activation_slot(node->code);
  if (slot >= 0) ln_node_set(moved, slot, ln_node_get(node, slot, LN_ACT_NONE));
  moved->place = node->place;
  ln_node_set_input(reshape, 0, moved->outputs[0]);
  ln_node_remove(node);
  reshape->outputs[0]->producer = NULL;
  reshape->outputs[0] = out;
  out->producer = reshape;
}

static bool move(ln_node* node) {
  const bool activation = is_activation(node->code);
  for (int side = 0; side < (activation ? 1 : 2); ++side) {
    const ln_tensor* t = node->inputs[side];
    ln_node* reshape = ln_made_for_one(t);
    if (reshape == NULL || (reshape->code != LN_OP_RESHAPE && reshape->code != LN_OP_SQUEEZE)) continue;
    const ln_tensor* x = reshape->inputs[0];
    const ln_node* layer = ln_made_for_one(x);
    if (!ln_shapes_equal(t, node->outputs[0]) || x->rank < 1 || !ln_is_float(x) || layer == NULL) continue;
    if (activation) {
      if (!ln_takes_scales(layer)) continue;
      swap(reshape, node, NULL);
      return true;
    }
    ln_tensor* c = node->inputs[1 - side];
    if (!ln_takes_scales(layer) || !ln_tensor_is_constant(c) || !ln_is_float(c) || ln_dim(x, x->rank - 1) < 1 ||
        (side == 1 && node->code == LN_OP_SUB))
      continue;
    ln_tensor* constant = as_channels(c, t, ln_dim(x, x->rank - 1));
    if (constant == NULL) continue;
    swap(reshape, node, constant);
    return true;
  }
  return false;
}

int ln_pass_movers(ln_subgraph* subgraph) {
  int changes = 0;
  for (ln_node *node = subgraph->first, *next; node != NULL; node = next) {
    next = node->next;
    if (node->output_count != 1 || !ln_is_float(node->outputs[0])) continue;
    if (is_activation(node->code) || node->code == LN_OP_ADD || node->code == LN_OP_MUL || node->code == LN_OP_SUB)
      changes += move(node);
  }
  return changes;
}
