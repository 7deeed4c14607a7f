/* The profile: how often and how long every node has run. The times themselves are taken where nodes are run. */
#include "runtime/interpreter.h"

TfLiteStatus ln_interpreter_set_profiling(ln_interpreter* interpreter, bool enable) {
  for (int32_t s = 0; enable && s < interpreter->subgraph_count; ++s)
    for (int32_t i = 0; i < interpreter->subgraphs[s]->node_count; ++i) {
      ln_node* node = interpreter->subgraphs[s]->nodes[i];
      node->calls = node->total_ns = node->min_ns = node->max_ns = 0;
    }
  interpreter->profiling = enable;
  return kTfLiteOk;
}

/* The `index`-th node of the plans that has run, NULL if there is none; `entry`'s place is set. */
static const ln_node* find_node(const ln_interpreter* interpreter, int32_t index, LinnetProfileEntry* entry) {
  for (int32_t s = 0; s < interpreter->subgraph_count; ++s) {
    const ln_subgraph* subgraph = interpreter->subgraphs[s];
    for (int32_t p = 0; p < subgraph->plan->size; ++p) {
      const ln_node* node = subgraph->nodes[subgraph->plan->data[p]];
      if (node->calls == 0 || index-- > 0) continue;
      entry->subgraph = s;
      entry->node = node->is_fused ? node->stands_for : subgraph->plan->data[p];
      return node;
    }
  }
  return NULL;
}

int32_t ln_interpreter_profile_count(const ln_interpreter* interpreter) {
  LinnetProfileEntry place;
  int32_t count = 0;
  while (find_node(interpreter, count, &place) != NULL) ++count;
  return count;
}

TfLiteStatus ln_interpreter_profile_entry(const ln_interpreter* interpreter, int32_t index, LinnetProfileEntry* entry) {
  LinnetProfileEntry place;
  const ln_node* n = index >= 0 ? find_node(interpreter, index, &place) : NULL;
  if (n == NULL) return kTfLiteError;
  *entry =
      (LinnetProfileEntry){place.subgraph, place.node, n->name, n->kernel, n->calls, n->total_ns, n->min_ns, n->max_ns};
  return kTfLiteOk;
}
