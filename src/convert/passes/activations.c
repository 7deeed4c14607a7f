/* RELU, RELU6, RELU_N1_TO_1 behind an operator that can do them itself. */
#include "convert/passes/passes.h"

static int activation_of(int code) {
  switch (code) {
    case LN_OP_RELU:
      return LN_ACT_RELU;
    case LN_OP_RELU6:
      return LN_ACT_RELU6;
    case LN_OP_RELU_N1_TO_1:
      return LN_ACT_RELU_N1_TO_1;
    default:
      return LN_ACT_NONE;
  }
}

int ln_pass_activations(ln_subgraph* subgraph) {
  int changes = 0;
  for (ln_node *node = subgraph->first, *next; node != NULL; node = next) {
    next = node->next;
    const int activation = activation_of(node->code);
    if (activation == LN_ACT_NONE || !ln_is_float(node->inputs[0])) continue;
    ln_node* before = node->inputs[0]->producer;
    if (before == NULL || node->inputs[0]->uses != 1 || ln_is_output(node->inputs[0])) continue;
    const int slot = ln_activation_slot(before->code);
    if (slot < 0 || before->code == LN_OP_CONCATENATION || !ln_has_no_activation(before)) continue;
    ln_node_set(before, slot, activation);
    ln_absorb(before, node);
    ++changes;
  }
  return changes;
}
