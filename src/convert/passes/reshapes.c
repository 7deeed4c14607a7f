/* A reshape of a reshape is one; SQUEEZE and EXPAND_DIMS count as reshapes of what comes after. A reduction whose
 * reshape brings its dimensions back keeps them itself. */
#include "convert/passes/passes.h"

static bool only_renames(const ln_node* node) {
  return node != NULL &&
         (node->code == LN_OP_RESHAPE || node->code == LN_OP_SQUEEZE || node->code == LN_OP_EXPAND_DIMS);
}

static bool is_reduction(const ln_node* node) {
  return node != NULL && (node->code == LN_OP_MEAN || node->code == LN_OP_SUM || node->code == LN_OP_REDUCE_MAX ||
                          node->code == LN_OP_REDUCE_MIN);
}

/* What a reduction would be with its dimensions kept is what the reshape makes of it. */
static bool keep_dimensions(ln_node* reshape) {
  ln_tensor* out = reshape->outputs[0];
  ln_node* node = reshape->inputs[0]->producer;
  int64_t axes[LN_MAX_DIMS];
  bool reduced[LN_MAX_DIMS] = {false};
  if (!is_reduction(node) || reshape->inputs[0]->uses != 1 || ln_is_output(reshape->inputs[0])) return false;
  const ln_tensor* x = node->inputs[0];
  const int64_t count = ln_tensor_is_constant(node->inputs[1]) ? ln_tensor_elements(node->inputs[1]) : -1;
  if (LN_GET(node, ReducerOptions, keep_dims) != 0 || x->rank != out->rank || x->rank < 1 || count < 1 ||
      count > x->rank || !ln_tensor_ints(node->inputs[1], (int)count, axes))
    return false;
  for (int64_t i = 0; i < count; ++i) {
    if (axes[i] < -x->rank || axes[i] >= x->rank) return false;
    reduced[axes[i] < 0 ? axes[i] + x->rank : axes[i]] = true;
  }
  for (int w = 0; w < 2; ++w)
    for (int i = 0; i < x->rank; ++i)
      if (out->shape[w][i] != (reduced[i] ? 1 : x->shape[w][i])) return false;
  LN_SET(node, ReducerOptions, keep_dims, 1);
  ln_node_remove(reshape);
  node->outputs[0]->producer = NULL;
  node->outputs[0] = out;
  out->producer = node;
  return true;
}

int ln_pass_reshapes(ln_subgraph* subgraph) {
  int changes = 0;
  for (ln_node *node = subgraph->first, *next; node != NULL; node = next) {
    next = node->next;
    if (node->code != LN_OP_RESHAPE || node->input_count < 2 || !ln_tensor_is_constant(node->inputs[1])) continue;
    ln_tensor* x = node->inputs[0];
    if (x == NULL || x->quantization != NULL) continue;
    if (keep_dimensions(node)) {
      ++changes;
      continue;
    }
    if (!only_renames(x->producer) || x->producer->inputs[0] == NULL) continue;
    ln_node_set_input(node, 0, x->producer->inputs[0]);
    ++changes;
  }
  return changes;
}
