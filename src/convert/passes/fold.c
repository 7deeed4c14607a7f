/* Constant folding, by the runtime's own kernels. */
#include "convert/infer.h"
#include "convert/passes/passes.h"

int ln_pass_fold(ln_subgraph* subgraph) {
  int changes = 0;
  for (ln_node *node = subgraph->first, *next; node != NULL; node = next) {
    next = node->next;
    bool constant = !ln_node_has_effect(node) && node->input_count > 0;
    for (int i = 0; i < node->input_count && constant; ++i)
      constant = node->inputs[i] == NULL || ln_tensor_is_constant(node->inputs[i]);
    if (constant) changes += ln_fold_node(node);
  }
  return changes;
}
