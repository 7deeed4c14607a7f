#include "convert/trace.h"

#include <string.h>

#include "model/model.h"

/* A node as it was seen last. */
typedef struct record {
  const ln_node* node;
  ln_subgraph* subgraph;
  ln_trace_node is;
  ln_tensor **inputs, **outputs;
  int32_t code, input_count, output_count;
  uint64_t options;
  int32_t seen;
  bool gone;
} record;

/* A node that has changed: what it was, if it existed, and what it is (NULL: it is gone). */
typedef struct touched {
  bool existed;
  ln_trace_node before;
  const ln_node* node;
  int32_t group; /* the first of those that belong together */
  ln_tensor **inputs, **outputs;
  int32_t input_count, output_count;
} touched;

struct ln_trace {
  record* records;
  size_t record_count, record_capacity;
  int32_t round;
  ln_trace_step* steps;
  ln_trace_step** last_step;
};

const char* ln_node_op(const ln_node* node) {
  return node->code == LN_OP_CUSTOM ? node->custom_name : ln_builtin_operator_name(node->code);
}

const char* ln_node_name(const ln_node* node) {
  if (node->place->name[0] != 0) return node->place->name;
  return node->output_count > 0 ? node->outputs[0]->name : "";
}

static uint64_t mix(uint64_t hash, uint64_t value) {
  hash = (hash ^ value) * 0xff51afd7ed558ccdu;
  return hash ^ hash >> 32;
}

static uint64_t hash_options(const ln_node* node) {
  uint64_t hash = (uint64_t)node->option_count;
  for (int32_t i = 0; i < node->option_count; ++i) {
    const ln_option* option = &node->options[i];
    uint32_t bits = 0;
    if (option->kind == LN_KIND_F32) memcpy(&bits, &option->value.f, sizeof bits);
    hash = mix(mix(hash, option->slot), option->kind < LN_KIND_F32 ? (uint64_t)option->value.i : bits);
  }
  return hash;
}

static ln_tensor** copy_tensors(ln_job* job, ln_tensor* const* tensors, int32_t count) {
  return ln_job_copy(job, tensors, (size_t)count * sizeof(ln_tensor*));
}

static bool same_tensors(ln_tensor* const* a, int32_t a_count, ln_tensor* const* b, int32_t b_count) {
  return a_count == b_count && (a_count == 0 || memcmp(a, b, (size_t)a_count * sizeof(ln_tensor*)) == 0);
}

static bool is_unchanged(const record* r, const ln_node* node) {
  return r->code == node->code && r->options == hash_options(node) &&
         same_tensors(r->inputs, r->input_count, node->inputs, node->input_count) &&
         same_tensors(r->outputs, r->output_count, node->outputs, node->output_count);
}

static void take(ln_job* job, record* r, const ln_node* node) {
  r->node = node;
  r->subgraph = node->subgraph;
  r->code = node->code;
  r->options = hash_options(node);
  r->inputs = copy_tensors(job, node->inputs, node->input_count);
  r->outputs = copy_tensors(job, node->outputs, node->output_count);
  r->input_count = node->input_count;
  r->output_count = node->output_count;
  r->is.op = ln_node_op(node);
  r->is.name = ln_node_name(node);
}

static record* add_record(ln_trace* trace, ln_node* node) {
  ln_job* job = node->subgraph->graph->job;
  trace->records =
      ln_job_grow(job, trace->records, trace->record_count, &trace->record_capacity, sizeof *trace->records);
  record* r = &trace->records[trace->record_count++];
  memset(r, 0, sizeof *r);
  node->number = (int32_t)trace->record_count;
  r->is.number = node->number;
  take(job, r, node);
  return r;
}

void ln_trace_begin(ln_graph* graph) {
  ln_trace* trace = ln_job_alloc(graph->job, 1, sizeof *trace);
  trace->last_step = &trace->steps;
  graph->trace = trace;
  for (ln_subgraph* s = graph->subgraphs; s != NULL; s = s->next)
    for (ln_node* node = s->first; node != NULL; node = node->next) add_record(trace, node);
}

/* ---- Which of the changed nodes belong together ---- */

typedef struct owner {
  const ln_tensor* tensor;
  int32_t index;
} owner;

typedef struct groups {
  touched* nodes;
  int32_t count;
  owner* owners; /* of tensors by their address, open addressing */
  size_t size;
} groups;

static int32_t find(groups* g, int32_t i) {
  while (g->nodes[i].group != i) i = g->nodes[i].group = g->nodes[g->nodes[i].group].group;
  return i;
}

static void join(groups* g, int32_t a, int32_t b) {
  a = find(g, a);
  b = find(g, b);
  g->nodes[a > b ? a : b].group = a > b ? b : a;
}

static owner* look_up(groups* g, const ln_tensor* tensor) {
  size_t at = (size_t)mix(1, (uintptr_t)tensor) & (g->size - 1);
  while (g->owners[at].tensor != NULL && g->owners[at].tensor != tensor) at = (at + 1) & (g->size - 1);
  return &g->owners[at];
}

static void own(groups* g, ln_tensor* const* tensors, int32_t count, int32_t index) {
  for (int32_t i = 0; i < count; ++i) {
    owner* o = look_up(g, tensors[i]);
    if (o->tensor != NULL) join(g, o->index, index);
    *o = (owner){tensors[i], index};
  }
}

static bool has(ln_tensor* const* tensors, int32_t count, const ln_tensor* tensor) {
  for (int32_t i = 0; i < count; ++i)
    if (tensors[i] == tensor) return true;
  return false;
}

/* A node that takes what it did not take before, or no longer takes what it did, belongs to who makes that. */
static void follow(groups* g, int32_t index, ln_tensor* const* tensors, int32_t count, ln_tensor* const* others,
                   int32_t other_count) {
  for (int32_t i = 0; i < count; ++i) {
    if (tensors[i] == NULL || has(others, other_count, tensors[i])) continue;
    const owner* o = look_up(g, tensors[i]);
    if (o->tensor != NULL) join(g, o->index, index);
  }
}

static void group(ln_job* job, groups* g) {
  size_t tensors = 1;
  for (int32_t i = 0; i < g->count; ++i) {
    g->nodes[i].group = i;
    tensors +=
        (size_t)g->nodes[i].output_count + (g->nodes[i].node != NULL ? (size_t)g->nodes[i].node->output_count : 0);
  }
  g->size = 16;
  while (g->size < 2 * tensors) g->size *= 2;
  g->owners = ln_job_alloc(job, g->size, sizeof *g->owners);
  for (int32_t i = 0; i < g->count; ++i) {
    const touched* t = &g->nodes[i];
    own(g, t->outputs, t->output_count, i);
    if (t->node != NULL) own(g, t->node->outputs, t->node->output_count, i);
  }
  for (int32_t i = 0; i < g->count; ++i) {
    const touched* t = &g->nodes[i];
    if (t->node == NULL) {
      follow(g, i, t->inputs, t->input_count, NULL, 0);
      continue;
    }
    follow(g, i, t->inputs, t->input_count, t->node->inputs, t->node->input_count);
    follow(g, i, t->node->inputs, t->node->input_count, t->inputs, t->input_count);
  }
}

static void add_step(ln_trace* trace, ln_subgraph* subgraph, const char* pass, groups* g, int32_t first) {
  ln_job* job = subgraph->graph->job;
  ln_trace_step* step = ln_job_alloc(job, 1, sizeof *step);
  step->pass = pass;
  step->subgraph = subgraph->name;
  int32_t members = 0;
  for (int32_t i = first; i < g->count; ++i) members += find(g, i) == first;
  step->before = ln_job_alloc(job, 2 * (size_t)members, sizeof *step->before);
  step->after = step->before + members;
  for (int32_t i = first; i < g->count; ++i) {
    const touched* t = &g->nodes[i];
    if (find(g, i) != first) continue;
    if (t->existed) step->before[step->before_count++] = t->before;
    if (t->node != NULL)
      step->after[step->after_count++] = (ln_trace_node){t->node->number, ln_node_op(t->node), ln_node_name(t->node)};
  }
  *trace->last_step = step;
  trace->last_step = &step->next;
}

void ln_trace_pass(ln_subgraph* subgraph, const char* pass) {
  ln_trace* trace = subgraph->graph->trace;
  if (trace == NULL) return;
  ln_job* job = subgraph->graph->job;
  groups g = {0};
  size_t capacity = 0;
  ++trace->round;
  for (ln_node* node = subgraph->first; node != NULL; node = node->next) {
    const bool is_new = node->number == 0;
    record* r = is_new ? add_record(trace, node) : &trace->records[node->number - 1];
    r->seen = trace->round;
    if (!is_new && is_unchanged(r, node)) continue;
    g.nodes = ln_job_grow(job, g.nodes, (size_t)g.count, &capacity, sizeof *g.nodes);
    touched* t = &g.nodes[g.count++];
    memset(t, 0, sizeof *t);
    t->node = node;
    if (is_new) continue;
    *t = (touched){true, r->is, node, 0, r->inputs, r->outputs, r->input_count, r->output_count};
    take(job, r, node);
  }
  for (size_t i = 0; i < trace->record_count; ++i) {
    record* r = &trace->records[i];
    if (r->gone || r->subgraph != subgraph || r->seen == trace->round) continue;
    r->gone = true;
    g.nodes = ln_job_grow(job, g.nodes, (size_t)g.count, &capacity, sizeof *g.nodes);
    g.nodes[g.count++] = (touched){true, r->is, NULL, 0, r->inputs, r->outputs, r->input_count, r->output_count};
  }
  if (g.count == 0) return;
  group(job, &g);
  for (int32_t i = 0; i < g.count; ++i)
    if (find(&g, i) == i) add_step(trace, subgraph, pass, &g, i);
}

const ln_trace_step* ln_trace_steps(const ln_trace* trace) { return trace->steps; }
