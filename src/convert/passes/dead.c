/* Dead code: an operator goes whose outputs nobody uses, unless it has an effect besides its outputs. */
#include "convert/passes/passes.h"

/* Takes a resource, but only to look at it. */
static bool only_reads(const ln_node* node) {
  return node->code == LN_OP_READ_VARIABLE || node->code == LN_OP_HASHTABLE_FIND || node->code == LN_OP_HASHTABLE_SIZE;
}

int ln_pass_dead(ln_subgraph* subgraph) {
  int changes = 0;
  for (ln_node *node = subgraph->last, *prev; node != NULL; node = prev) {
    prev = node->prev;
    bool used = ln_node_has_effect(node) && !only_reads(node);
    for (int i = 0; i < node->output_count && !used; ++i) used = node->outputs[i]->uses != 0;
    if (used) continue;
    ln_node_remove(node);
    ++changes;
  }
  return changes;
}
