/* A reshape of a reshape is one; SQUEEZE and EXPAND_DIMS count as reshapes of what comes after. */
#include "convert/passes/passes.h"

static bool only_renames(const ln_node* node) {
  return node != NULL &&
         (node->code == LN_OP_RESHAPE || node->code == LN_OP_SQUEEZE || node->code == LN_OP_EXPAND_DIMS);
}

int ln_pass_reshapes(ln_subgraph* subgraph) {
  int changes = 0;
  for (ln_node* node = subgraph->first; node != NULL; node = node->next) {
    if (node->code != LN_OP_RESHAPE || node->input_count < 2 || !ln_tensor_is_constant(node->inputs[1])) continue;
    ln_tensor* x = node->inputs[0];
    if (!only_renames(x->producer) || x->producer->inputs[0] == NULL || x->quantization != NULL) continue;
    ln_node_set_input(node, 0, x->producer->inputs[0]);
    ++changes;
  }
  return changes;
}
