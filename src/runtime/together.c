/* Nodes that all threads run at the same time: each calls their invokes, in which loops are its own share of the work,
 * and waits for the others only where it reads what they write. A job for each node costs a message there and one back,
 * and so did a node that reads what its thread has written itself. Knows of operators what LinnetTogether says. */
#include "runtime/together.h"

#include "base/together.h"

typedef struct together {
  ln_subgraph* subgraph;
  int32_t first, end;
  ln_meetings meetings;
} together;

static ln_node* node_at(const ln_subgraph* subgraph, int32_t position) {
  return subgraph->nodes[subgraph->plan->data[position]];
}

/* ---- Finding them ---- */

static bool is_own_input(const ln_subgraph* subgraph, int32_t tensor) {
  const TfLiteTensor* t = &subgraph->tensors[tensor];
  return t->delegate == NULL && (t->allocation_type == kTfLiteMmapRo || t->allocation_type == kTfLitePersistentRo ||
                                 t->allocation_type == kTfLiteArenaRw || ln_has_tensor(subgraph->inputs, tensor));
}

/* The first of a stretch may read the subgraph's inputs. */
static bool is_able(const ln_subgraph* subgraph, const ln_node* node, bool is_first) {
  if (node->together.duration_ns <= 0 || (!is_first && node->plain_invoke == NULL)) return false;
  const TfLiteIntArray *inputs = node->node.inputs, *outputs = node->node.outputs;
  for (int i = 0; i < inputs->size; ++i)
    if (inputs->data[i] >= 0 && !is_own_input(subgraph, inputs->data[i])) return false;
  return outputs->size == 1 && subgraph->tensors[outputs->data[0]].bytes > 0 &&
         subgraph->tensors[outputs->data[0]].allocation_type == kTfLiteArenaRw;
}

static bool has_small_scratch(const ln_subgraph* subgraph, const ln_node* node) {
  for (int i = 0; i < node->node.temporaries->size; ++i)
    if (subgraph->tensors[node->node.temporaries->data[i]].bytes > LN_MOST_OWN_SCRATCH) return false;
  return true;
}

static bool is_in_place(const ln_subgraph* subgraph, const ln_node* node) {
  const void* output = subgraph->tensors[node->node.outputs->data[0]].data.raw;
  for (int i = 0; i < node->node.inputs->size; ++i)
    if (node->node.inputs->data[i] >= 0 && subgraph->tensors[node->node.inputs->data[i]].data.raw == output)
      return true;
  return false;
}

/* Whether each thread reads only what it has written itself, or what was there at position `met`, and writes what
 * nobody reads any longer. */
static bool is_independent(const ln_subgraph* subgraph, const ln_node* node, int32_t met) {
  if (!has_small_scratch(subgraph, node) || is_in_place(subgraph, node)) return false;
  for (int i = 0; i < node->node.inputs->size; ++i) {
    const int32_t tensor = node->node.inputs->data[i];
    if (tensor < 0) continue;
    const int32_t writer = subgraph->states[tensor].writer;
    if (writer < met) continue;
    const ln_node* from = node_at(subgraph, writer);
    if (!from->is_shared || node->together.in_lines == 0 || from->together.out_lines != node->together.in_lines)
      return false;
  }
  return true;
}

static void plan_stretch(ln_subgraph* subgraph, int32_t first, int32_t end) {
  int32_t met = first;
  for (int32_t p = first; p < end; ++p) {
    ln_node* node = node_at(subgraph, p);
    if (p == first)
      node->waits = false;
    else
      node->waits = node->is_shared ? !is_independent(subgraph, node, met) : node_at(subgraph, p - 1)->is_shared;
    if (node->waits) met = p;
  }
  node_at(subgraph, first)->together_end = end;
}

void ln_subgraph_plan_together(ln_subgraph* subgraph) {
  const double kLeastNs = 500;
  const int32_t size = subgraph->plan->size;
  const int threads = subgraph->interpreter->config.num_threads;
  for (int32_t p = 0; p < size; ++p) node_at(subgraph, p)->together_end = 0;
  if (threads < 2 || threads > LN_MOST_TOGETHER || !subgraph->has_own_places ||
      subgraph->interpreter->delegate_count > 0)
    return;
  for (int32_t p = 0; p < size; ++p) {
    int32_t last = p, shared = 0;
    for (int32_t q = p; q < size && is_able(subgraph, node_at(subgraph, q), q == p); ++q) {
      ln_node* node = node_at(subgraph, q);
      node->is_shared = node->together.duration_ns >= kLeastNs;
      /* The first is run once more where another thread does not come. */
      if (q == p && (!node->is_shared || is_in_place(subgraph, node))) break;
      if (node->is_shared) {
        last = q;
        ++shared;
      }
    }
    if (shared < 2) continue;
    plan_stretch(subgraph, p, last + 1);
    p = last;
  }
}

/* ---- Running them ---- */

static void run_others(void* arg, size_t self) {
  together* t = arg;
  ln_subgraph* subgraph = t->subgraph;
  uint32_t met = 0;
  ln_this_share = (ln_share){t->meetings.threads, (uint32_t)self};
  for (int32_t p = t->first; p < t->end; ++p) {
    ln_node* node = node_at(subgraph, p);
    if (node->waits && !ln_meet(&t->meetings, (uint32_t)self, ++met)) break;
    if (node->is_shared) node->registration.invoke(&subgraph->context, &node->node);
  }
  ln_this_share = (ln_share){0, 0};
}

static bool has_inputs(const ln_subgraph* subgraph, const ln_node* node) {
  for (int i = 0; i < node->node.inputs->size; ++i)
    if (node->node.inputs->data[i] >= 0 && subgraph->tensors[node->node.inputs->data[i]].data.raw == NULL) return false;
  return true;
}

bool ln_subgraph_run_together(ln_subgraph* subgraph, int32_t position, TfLiteStatus* status) {
  ln_thread_pool* pool = ln_interpreter_pool(subgraph->interpreter);
  const int threads = subgraph->interpreter->config.num_threads;
  if (pool == NULL || ln_thread_pool_size(pool) != threads || !has_inputs(subgraph, node_at(subgraph, position)))
    return false;
  together t = {.subgraph = subgraph, .first = position, .end = node_at(subgraph, position)->together_end};
  ln_meetings_init(&t.meetings, (uint32_t)threads);
  bool asked = false, joined = false;
  uint32_t met = 0;
  *status = kTfLiteOk;
  ln_thread_pool_begin(pool, run_others, &t);
  for (int32_t p = position; *status == kTfLiteOk && p < t.end; ++p) {
    const ln_node* node = node_at(subgraph, p);
    if (node->waits) {
      if (!asked) joined = ln_thread_pool_join(pool);
      asked = true;
      if (!joined) break;
      ln_meet(&t.meetings, 0, ++met);
    }
    ln_this_share = (ln_share){node->is_shared ? t.meetings.threads : 1, 0};
    *status = ln_subgraph_run_position(subgraph, p);
    ln_this_share = (ln_share){0, 0};
  }
  if (!asked) joined = ln_thread_pool_join(pool);
  if (!joined || *status != kTfLiteOk) ln_call_off(&t.meetings);
  ln_thread_pool_end(pool);
  return joined || *status != kTfLiteOk;
}
