/* Common subexpressions: an operator that does the same to the same as one before it. */
#include <string.h>

#include "convert/passes/passes.h"

enum { BUCKETS = 4096 };

static bool same_tensor(const ln_tensor* a, const ln_tensor* b) {
  if (a == b) return true;
  if (!ln_tensor_is_constant(a) || !ln_tensor_is_constant(b) || a->type != b->type || !ln_shapes_equal(a, b))
    return false;
  if (a->quantization != b->quantization || a->data_bytes != b->data_bytes) return false;
  return a->data_bytes == 0 || a->data == b->data || memcmp(a->data, b->data, a->data_bytes) == 0;
}

static bool same_option(const ln_option* a, const ln_option* b) {
  if (b == NULL || a->kind != b->kind || a->count != b->count) return false;
  if (a->kind == LN_KIND_F32) return memcmp(&a->value.f, &b->value.f, sizeof(float)) == 0;
  if (a->kind < LN_KIND_F32) return a->value.i == b->value.i;
  const size_t width = a->kind == LN_KIND_STRING ? 1 : (size_t)ln_kind_bytes((ln_kind)a->kind);
  return a->count == 0 || memcmp(a->value.data, b->value.data, a->count * width) == 0;
}

static bool same_node(const ln_node* a, const ln_node* b) {
  if (a->code != b->code || a->input_count != b->input_count || a->output_count != b->output_count ||
      a->option_count != b->option_count || a->intermediate_count != 0 || b->intermediate_count != 0)
    return false;
  for (int i = 0; i < a->input_count; ++i)
    if (!same_tensor(a->inputs[i], b->inputs[i])) return false;
  for (int i = 0; i < a->output_count; ++i)
    if (a->outputs[i]->type != b->outputs[i]->type || a->outputs[i]->quantization != NULL ||
        b->outputs[i]->quantization != NULL)
      return false;
  for (int i = 0; i < a->option_count; ++i)
    if (!same_option(&a->options[i], ln_node_find(b, a->options[i].slot))) return false;
  return true;
}

/* By the operator and the inputs that are no constants: those must be the same tensors. */
static size_t bucket_of(const ln_node* node) {
  uintptr_t hash = (uintptr_t)node->code * 31;
  for (int i = 0; i < node->input_count; ++i)
    if (node->inputs[i] != NULL && !ln_tensor_is_constant(node->inputs[i]))
      hash = hash * 131 + (uintptr_t)node->inputs[i] / sizeof(max_align_t);
  return (size_t)(hash ^ hash >> 16) % BUCKETS;
}

typedef struct link {
  struct link* next;
  ln_node* node;
} link;

int ln_pass_common(ln_subgraph* subgraph) {
  ln_job* job = subgraph->graph->job;
  link** buckets = ln_job_alloc(job, BUCKETS, sizeof *buckets);
  int changes = 0;
  for (ln_node *node = subgraph->first, *next; node != NULL; node = next) {
    next = node->next;
    if (ln_node_has_effect(node) || node->input_count == 0) continue;
    link** bucket = &buckets[bucket_of(node)];
    const link* found = *bucket;
    while (found != NULL && !same_node(found->node, node)) found = found->next;
    if (found == NULL) {
      link* added = ln_job_alloc(job, 1, sizeof *added);
      *added = (link){*bucket, node};
      *bucket = added;
      continue;
    }
    bool output = false;
    for (int i = 0; i < node->output_count; ++i) output = output || ln_is_output(node->outputs[i]);
    if (output) continue;
    for (int i = 0; i < node->output_count; ++i) ln_tensor_replace(node->outputs[i], found->node->outputs[i]);
    ln_node_remove(node);
    ++changes;
  }
  return changes;
}
