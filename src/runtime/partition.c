/* Splits an execution plan into subsets that a delegate takes, or does not, and that can run one after the other. Knows
 * nodes and tensors; calls nobody.
 *
 * Subsets alternate: all of the first node's kind, then all of the other, and so on. A node goes into the earliest
 * subset of its kind that is not before anything it depends on, which makes every subset as large as it can be. As the
 * plan is in order of execution already, one pass finds the subsets. */
#include <string.h>

#include "base/alloc.h"
#include "runtime/delegate.h"

enum { NOWHERE = -1 };

typedef struct partition {
  const ln_subgraph* subgraph;
  bool* delegated;      /* per node: a delegate takes it */
  int32_t* node_subset; /* per node */
  int32_t* writer;      /* per tensor: the last subset that writes it */
  int32_t* reader;      /* per tensor: the last subset that reads it */
  bool* leaves;         /* per tensor: needed outside of the subset that writes it */
  int32_t side_effect;  /* the last subset with a node that has a side effect */
  bool first_kind;
} partition;

static bool allocate(partition* p, const ln_subgraph* subgraph) {
  const size_t nodes = (size_t)subgraph->node_count, tensors = (size_t)subgraph->tensor_count;
  *p = (partition){.subgraph = subgraph, .side_effect = NOWHERE};
  p->delegated = ln_calloc(nodes, sizeof *p->delegated);
  p->node_subset = ln_calloc(nodes, sizeof *p->node_subset);
  p->writer = ln_calloc(tensors, sizeof *p->writer);
  p->reader = ln_calloc(tensors, sizeof *p->reader);
  p->leaves = ln_calloc(tensors, sizeof *p->leaves);
  if (p->delegated == NULL || p->node_subset == NULL || p->writer == NULL || p->reader == NULL || p->leaves == NULL)
    return false;
  for (size_t i = 0; i < tensors; ++i) p->writer[i] = p->reader[i] = NOWHERE;
  return true;
}

static void release(partition* p) {
  ln_free(p->delegated);
  ln_free(p->node_subset);
  ln_free(p->writer);
  ln_free(p->reader);
  ln_free(p->leaves);
}

/* The earliest subset of the node's kind at or behind `subset`. */
static int32_t not_before(const partition* p, bool kind, int32_t subset) {
  if (subset == NOWHERE) subset = 0;
  const bool kind_there = p->first_kind != (subset % 2 != 0);
  return kind_there == kind ? subset : subset + 1;
}

static int32_t later(int32_t a, int32_t b) { return a > b ? a : b; }

static void assign(partition* p, int32_t index) {
  const TfLiteNode* node = &p->subgraph->nodes[index]->node;
  const bool kind = p->delegated[index];
  int32_t after = node->might_have_side_effect ? p->side_effect : NOWHERE;
  for (int i = 0; i < node->inputs->size; ++i)
    if (node->inputs->data[i] >= 0) after = later(after, p->writer[node->inputs->data[i]]);
  for (int i = 0; i < node->outputs->size; ++i) {
    const int32_t tensor = node->outputs->data[i];
    if (tensor >= 0) after = later(after, later(p->writer[tensor], p->reader[tensor]));
  }
  const int32_t subset = not_before(p, kind, after);
  p->node_subset[index] = subset;
  if (node->might_have_side_effect) p->side_effect = subset;
  for (int i = 0; i < node->inputs->size; ++i) {
    const int32_t tensor = node->inputs->data[i];
    if (tensor < 0) continue;
    p->reader[tensor] = later(p->reader[tensor], subset);
    /* A variable that is read is written as well: nodes that share one keep their order. */
    if (p->subgraph->tensors[tensor].is_variable) p->writer[tensor] = later(p->writer[tensor], subset);
  }
  for (int i = 0; i < node->outputs->size; ++i)
    if (node->outputs->data[i] >= 0) p->writer[node->outputs->data[i]] = subset;
}

/* Finds the tensors that leave the subset of their writer. */
static void find_leaving(partition* p) {
  const ln_subgraph* s = p->subgraph;
  for (int k = 0; k < s->plan->size; ++k) {
    const int32_t index = s->plan->data[k];
    const TfLiteIntArray* inputs = s->nodes[index]->node.inputs;
    for (int i = 0; i < inputs->size; ++i)
      if (inputs->data[i] >= 0 && p->writer[inputs->data[i]] != p->node_subset[index])
        p->leaves[inputs->data[i]] = true;
  }
  for (int i = 0; i < s->outputs->size; ++i) p->leaves[s->outputs->data[i]] = true;
}

/* `marks` per tensor: 1 read, 2 written by the subset. The list is in ascending order, each tensor once. */
static TfLiteIntArray* list_marked(const partition* p, const uint8_t* marks, bool inputs) {
  const int32_t tensors = p->subgraph->tensor_count;
  int32_t count = 0;
  for (int pass = 0;; ++pass) {
    TfLiteIntArray* list = pass == 0 ? NULL : TfLiteIntArrayCreate(count);
    if (pass == 1 && list == NULL) return NULL;
    count = 0;
    for (int32_t i = 0; i < tensors; ++i) {
      if (inputs ? marks[i] != 1 : (marks[i] & 2) == 0 || !p->leaves[i]) continue;
      if (list != NULL) list->data[count] = i;
      ++count;
    }
    if (list != NULL) return list;
  }
}

static bool fill_subset(const partition* p, ln_node_subset* subset, uint8_t* marks) {
  memset(marks, 0, (size_t)p->subgraph->tensor_count);
  for (int k = 0; k < subset->nodes->size; ++k) {
    const TfLiteNode* node = &p->subgraph->nodes[subset->nodes->data[k]]->node;
    for (int i = 0; i < node->inputs->size; ++i)
      if (node->inputs->data[i] >= 0) marks[node->inputs->data[i]] |= 1;
    for (int i = 0; i < node->outputs->size; ++i)
      if (node->outputs->data[i] >= 0) marks[node->outputs->data[i]] |= 2;
  }
  subset->inputs = list_marked(p, marks, true);
  subset->outputs = list_marked(p, marks, false);
  return subset->inputs != NULL && subset->outputs != NULL;
}

static bool make_subsets(const partition* p, ln_node_subset* subsets, int32_t count) {
  const TfLiteIntArray* plan = p->subgraph->plan;
  int32_t* sizes = ln_calloc((size_t)count, sizeof *sizes);
  uint8_t* marks = ln_calloc((size_t)p->subgraph->tensor_count, 1);
  bool ok = sizes != NULL && marks != NULL;
  for (int k = 0; ok && k < plan->size; ++k) ++sizes[p->node_subset[plan->data[k]]];
  for (int32_t i = 0; ok && i < count; ++i) {
    subsets[i].delegated = p->first_kind != (i % 2 != 0);
    subsets[i].nodes = TfLiteIntArrayCreate(sizes[i]);
    ok = subsets[i].nodes != NULL;
    if (ok) subsets[i].nodes->size = 0;
  }
  for (int k = 0; ok && k < plan->size; ++k) {
    TfLiteIntArray* nodes = subsets[p->node_subset[plan->data[k]]].nodes;
    nodes->data[nodes->size++] = plan->data[k];
  }
  for (int32_t i = 0; ok && i < count; ++i)
    if (subsets[i].delegated) ok = fill_subset(p, &subsets[i], marks);
  ln_free(sizes);
  ln_free(marks);
  return ok;
}

void ln_partition_free(ln_node_subset* subsets, int32_t count) {
  for (int32_t i = 0; subsets != NULL && i < count; ++i) {
    TfLiteIntArrayFree(subsets[i].nodes);
    TfLiteIntArrayFree(subsets[i].inputs);
    TfLiteIntArrayFree(subsets[i].outputs);
  }
  ln_free(subsets);
}

static TfLiteStatus mark_delegated(partition* p, const TfLiteIntArray* delegated) {
  const ln_subgraph* s = p->subgraph;
  for (int i = 0; i < delegated->size; ++i) {
    const int32_t index = delegated->data[i];
    if (index < 0 || index >= s->node_count || p->delegated[index] || s->nodes[index]->node.delegate != NULL) {
      ln_subgraph_report(s, "a delegate asks for node %d: it does not exist, is asked for twice, or has been replaced",
                         index);
      return kTfLiteError;
    }
    p->delegated[index] = true;
  }
  return kTfLiteOk;
}

TfLiteStatus ln_partition(const ln_subgraph* subgraph, const TfLiteIntArray* delegated, ln_node_subset** subsets,
                          int32_t* count) {
  partition p;
  TfLiteStatus status = kTfLiteError;
  *subsets = NULL;
  *count = 0;
  if (subgraph->plan->size == 0) return kTfLiteOk;
  if (!allocate(&p, subgraph)) goto no_memory;
  if (mark_delegated(&p, delegated) != kTfLiteOk) goto done;
  p.first_kind = p.delegated[subgraph->plan->data[0]];
  for (int k = 0; k < subgraph->plan->size; ++k) {
    assign(&p, subgraph->plan->data[k]);
    *count = later(*count, p.node_subset[subgraph->plan->data[k]] + 1);
  }
  find_leaving(&p);
  *subsets = ln_calloc((size_t)*count, sizeof **subsets);
  if (*subsets == NULL || !make_subsets(&p, *subsets, *count)) goto no_memory;
  status = kTfLiteOk;
  goto done;
no_memory:
  ln_subgraph_report(subgraph, "no memory to divide the graph for a delegate");
  ln_partition_free(*subsets, *count);
  *subsets = NULL;
done:
  release(&p);
  if (status != kTfLiteOk) *count = 0;
  return status;
}
