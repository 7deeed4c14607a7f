/* Two subgraphs are equal where their nodes, in the order they run, have the same operators, options and tensors.
 * Exporters write one function under several signatures; conversion and file are as large as one of them. */
#include "convert/merge.h"

#include <string.h>

enum { MAX_DEPTH = 50 };

static bool same_bytes(const void* a, size_t a_bytes, const void* b, size_t b_bytes) {
  if (a_bytes != b_bytes || (a == NULL) != (b == NULL)) return false;
  return a == b || a_bytes == 0 || memcmp(a, b, a_bytes) == 0;
}

static bool same_option(const ln_option* a, const ln_option* b) {
  if (a->slot != b->slot || a->kind != b->kind) return false;
  if (a->kind == LN_KIND_F32) return memcmp(&a->value.f, &b->value.f, sizeof a->value.f) == 0;
  if (a->kind < LN_KIND_F32) return a->value.i == b->value.i;
  const size_t bytes = a->kind == LN_KIND_STRING ? 1 : (size_t)ln_kind_bytes((ln_kind)a->kind);
  return bytes != 0 && same_bytes(a->value.data, a->count * bytes, b->value.data, b->count * bytes);
}

/* Tensors by themselves; a variable is its subgraph's own. */
static bool same_kind(const ln_tensor* a, const ln_tensor* b) {
  if (a->type != b->type || a->rank != b->rank || a->is_variable || b->is_variable || a->broken || b->broken ||
      a->quantization != NULL || b->quantization != NULL || a->sparsity.buf != NULL || b->sparsity.buf != NULL)
    return false;
  for (int i = 0; i < a->rank; ++i)
    if (a->shape[0][i] != b->shape[0][i] || a->shape[1][i] != b->shape[1][i] || a->unknown_as[i] != b->unknown_as[i])
      return false;
  return true;
}

/* `index` counts inputs and nodes' outputs in the order they are met, from 1; 0: not met. A signature's inputs are
 * found by name, so that their order says nothing: they are OPEN until a node takes them. */
enum { OPEN = -1 };

static bool meet(ln_tensor* a, ln_tensor* b, int32_t* count) {
  if (!same_kind(a, b)) return false;
  a->index = b->index = ++*count;
  return true;
}

static bool same_tensor(ln_tensor* a, ln_tensor* b, int32_t* met) {
  if (a == NULL || b == NULL) return a == b;
  if (a->index != b->index) return false;
  if (a->index == OPEN) return meet(a, b, met);
  return a->index != 0 ||
         (a->data != NULL && same_kind(a, b) && same_bytes(a->data, a->data_bytes, b->data, b->data_bytes));
}

static void forget(const ln_subgraph* s) {
  for (size_t i = 0; i < s->tensor_count; ++i) s->tensors[i]->index = 0;
}

static bool same_subgraph(const ln_subgraph* a, const ln_subgraph* b, int depth);

static bool same_node(const ln_node* a, const ln_node* b, int32_t* met, int depth) {
  if (a->code != b->code || a->version != b->version || a->options_table != b->options_table ||
      a->option_count != b->option_count || a->input_count != b->input_count || a->output_count != b->output_count ||
      a->intermediate_count != 0 || b->intermediate_count != 0 || a->mutating_variable_inputs != NULL ||
      b->mutating_variable_inputs != NULL)
    return false;
  if (a->code == LN_OP_CUSTOM && strcmp(a->custom_name, b->custom_name) != 0) return false;
  if (!same_bytes(a->custom_options, a->custom_options_bytes, b->custom_options, b->custom_options_bytes)) return false;
  for (int i = 0; i < a->option_count; ++i)
    if (!same_option(&a->options[i], &b->options[i])) return false;
  for (int i = 0; i < a->input_count; ++i)
    if (!same_tensor(a->inputs[i], b->inputs[i], met)) return false;
  for (int i = 0; i < a->output_count; ++i)
    if (!meet(a->outputs[i], b->outputs[i], met)) return false;
  for (size_t i = 0; i < sizeof a->calls / sizeof a->calls[0]; ++i) {
    if ((a->calls[i] == NULL) != (b->calls[i] == NULL)) return false;
    if (a->calls[i] != NULL && !same_subgraph(a->calls[i], b->calls[i], depth + 1)) return false;
  }
  return true;
}

/* The output of a signature's subgraph that is the same as `t`; NULL: none. */
static ln_tensor* find_same(ln_tensor* t, const ln_subgraph* other) {
  int32_t met = 0;
  for (size_t i = 0; i < other->output_count; ++i)
    if (same_tensor(t, other->outputs[i], &met)) return other->outputs[i];
  return NULL;
}

static bool same_subgraph(const ln_subgraph* a, const ln_subgraph* b, int depth) {
  int32_t met = 0;
  if (a == b) return true;
  if (depth > MAX_DEPTH || a->node_count != b->node_count || a->input_count != b->input_count ||
      a->output_count != b->output_count)
    return false;
  forget(a);
  forget(b);
  for (size_t i = 0; i < a->input_count; ++i) {
    a->inputs[i]->index = b->inputs[i]->index = OPEN;
    if (depth > 0 && !meet(a->inputs[i], b->inputs[i], &met)) return false;
  }
  const ln_node* other = b->first;
  for (const ln_node* node = a->first; node != NULL; node = node->next, other = other->next)
    if (other == NULL || !same_node(node, other, &met, depth)) return false;
  /* What no node takes has its place only. */
  for (size_t i = 0; i < a->input_count; ++i)
    if ((a->inputs[i]->index == OPEN || b->inputs[i]->index == OPEN) && !same_tensor(a->inputs[i], b->inputs[i], &met))
      return false;
  for (size_t i = 0; i < a->output_count; ++i) {
    if (depth > 0 && !same_tensor(a->outputs[i], b->outputs[i], &met)) return false;
    if (find_same(a->outputs[i], b) == NULL || find_same(b->outputs[i], a) == NULL) return false;
  }
  return true;
}

static ln_tensor* find_input(const ln_tensor* t, const ln_subgraph* other) {
  for (size_t i = 0; i < other->input_count; ++i)
    if (other->inputs[i]->index == t->index) return other->inputs[i];
  return NULL;
}

static void point(ln_signature* signature, ln_subgraph* to) {
  for (size_t i = 0; i < signature->input_count; ++i)
    signature->inputs[i].tensor = find_input(signature->inputs[i].tensor, to);
  for (size_t i = 0; i < signature->output_count; ++i)
    signature->outputs[i].tensor = find_same(signature->outputs[i].tensor, to);
  signature->subgraph = to;
}

void ln_merge_signatures(ln_graph* graph) {
  for (ln_signature* s = graph->signatures; s != NULL; s = s->next)
    for (const ln_signature* first = graph->signatures; first != s; first = first->next) {
      if (!same_subgraph(first->subgraph, s->subgraph, 0)) continue;
      point(s, first->subgraph);
      break;
    }
  ln_graph_sweep(graph);
}
