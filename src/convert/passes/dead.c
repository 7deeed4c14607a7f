/* Dead code: an operator goes whose outputs nobody uses, unless it has an effect besides its outputs. */
#include "convert/passes/passes.h"

static bool has_effect(const ln_node* node) {
  for (int i = 0; i < node->input_count; ++i)
    if (node->inputs[i] != NULL && (node->inputs[i]->is_variable || node->inputs[i]->type == LN_TYPE_RESOURCE))
      return true;
  switch (node->code) {
    case LN_OP_CUSTOM:
    case LN_OP_CALL:
    case LN_OP_CALL_ONCE:
    case LN_OP_IF:
    case LN_OP_WHILE:
    case LN_OP_ASSIGN_VARIABLE:
    case LN_OP_HASHTABLE_IMPORT:
    case LN_OP_DELEGATE:
    case LN_OP_RANDOM_UNIFORM:
    case LN_OP_RANDOM_STANDARD_NORMAL:
    case LN_OP_MULTINOMIAL:
      return true;
    default:
      return node->output_count == 0;
  }
}

int ln_pass_dead(ln_subgraph* subgraph) {
  int changes = 0;
  for (ln_node *node = subgraph->last, *prev; node != NULL; node = prev) {
    prev = node->prev;
    bool used = has_effect(node);
    for (int i = 0; i < node->output_count && !used; ++i) used = node->outputs[i]->uses != 0;
    if (used) continue;
    ln_node_remove(node);
    ++changes;
  }
  return changes;
}
