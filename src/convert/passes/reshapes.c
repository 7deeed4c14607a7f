/* A reshape of a reshape is one; SQUEEZE and EXPAND_DIMS count as reshapes of what comes after. A reduction whose
 * reshape brings its dimensions back keeps them itself, a pad between two reshapes goes out of them. */
#include "convert/passes/passes.h"

static bool only_renames(const ln_node* node) {
  return node != NULL &&
         (node->code == LN_OP_RESHAPE || node->code == LN_OP_SQUEEZE || node->code == LN_OP_EXPAND_DIMS);
}

static bool is_reduction(const ln_node* node) {
  return node != NULL && (node->code == LN_OP_MEAN || node->code == LN_OP_SUM || node->code == LN_OP_REDUCE_MAX ||
                          node->code == LN_OP_REDUCE_MIN);
}

/* What a reduction would be with its dimensions kept is what the reshape makes of it. */
static bool keep_dimensions(ln_node* reshape) {
  ln_tensor* out = reshape->outputs[0];
  ln_node* node = reshape->inputs[0]->producer;
  int64_t axes[LN_MAX_DIMS];
  bool reduced[LN_MAX_DIMS] = {false};
  if (!is_reduction(node) || reshape->inputs[0]->uses != 1 || ln_is_output(reshape->inputs[0])) return false;
  const ln_tensor* x = node->inputs[0];
  const int64_t count = ln_tensor_is_constant(node->inputs[1]) ? ln_tensor_elements(node->inputs[1]) : -1;
  if (LN_GET(node, ReducerOptions, keep_dims) != 0 || x->rank != out->rank || x->rank < 1 || count < 1 ||
      count > x->rank || !ln_tensor_ints(node->inputs[1], (int)count, axes))
    return false;
  for (int64_t i = 0; i < count; ++i) {
    if (axes[i] < -x->rank || axes[i] >= x->rank) return false;
    reduced[axes[i] < 0 ? axes[i] + x->rank : axes[i]] = true;
  }
  for (int w = 0; w < 2; ++w)
    for (int i = 0; i < x->rank; ++i)
      if (out->shape[w][i] != (reduced[i] ? 1 : x->shape[w][i])) return false;
  LN_SET(node, ReducerOptions, keep_dims, 1);
  ln_absorb(node, reshape);
  return true;
}

/* Dimension by dimension, which of x is which of t where t is x with dimensions of 1 put in or left out: from[i] of t's
 * dimension i, -1 for one of 1 that x lacks; false: it is more than that. */
static bool only_ones(const ln_tensor* x, const ln_tensor* t, int* from) {
  int k = 0;
  for (int i = 0; i < t->rank; ++i) {
    const bool one = t->shape[0][i] == 1 && t->shape[1][i] == 1;
    while (!one && k < x->rank && x->shape[0][k] == 1 && x->shape[1][k] == 1) ++k;
    from[i] = -1;
    if (one) continue;
    if (k == x->rank || x->shape[0][k] != t->shape[0][i] || x->shape[1][k] != t->shape[1][i]) return false;
    from[i] = k++;
  }
  while (k < x->rank && x->shape[0][k] == 1 && x->shape[1][k] == 1) ++k;
  return k == x->rank;
}

/* A pad between two reshapes that leave out dimensions of 1 and bring them back pads what was there before. */
static bool pad_outside(ln_node* reshape) {
  int from[LN_MAX_DIMS];
  int64_t pads[2 * LN_MAX_DIMS];
  int32_t moved[2 * LN_MAX_DIMS] = {0};
  ln_tensor* out = reshape->outputs[0];
  ln_node* pad = ln_private_producer(reshape->inputs[0], LN_OP_PAD);
  const ln_node* before = pad != NULL ? ln_made_for_one(pad->inputs[0]) : NULL;
  if (!only_renames(before) || before->inputs[0] == NULL || before->inputs[0]->rank != out->rank) return false;
  ln_tensor* x = before->inputs[0];
  const ln_tensor* t = pad->inputs[0];
  if (t->rank < 1 || x->quantization != NULL || !ln_tensor_ints(pad->inputs[1], 2 * t->rank, pads) ||
      !only_ones(x, t, from))
    return false;
  for (int i = 0; i < t->rank; ++i)
    for (int k = 0; k < 2; ++k) {
      if (from[i] >= 0)
        moved[2 * from[i] + k] = (int32_t)pads[2 * i + k];
      else if (pads[2 * i + k] != 0)
        return false;
    }
  for (int w = 0; w < 2; ++w)
    for (int i = 0; i < x->rank; ++i)
      if (out->shape[w][i] != x->shape[w][i] + moved[2 * i] + moved[2 * i + 1]) return false;
  const int32_t dims[] = {x->rank, 2};
  ln_subgraph* s = pad->subgraph;
  ln_node_set_input(pad, 0, x);
  ln_node_set_input(pad, 1,
                    ln_graph_constant(s, pad->inputs[1]->name, LN_TYPE_INT32, 2, dims,
                                      ln_job_copy(s->graph->job, moved, sizeof(int32_t) * 2 * (size_t)x->rank)));
  ln_absorb(pad, reshape);
  return true;
}

int ln_pass_reshapes(ln_subgraph* subgraph) {
  int changes = 0;
  for (ln_node *node = subgraph->first, *next; node != NULL; node = next) {
    next = node->next;
    if (node->code != LN_OP_RESHAPE || node->input_count < 2 || !ln_tensor_is_constant(node->inputs[1])) continue;
    ln_tensor* x = node->inputs[0];
    if (x == NULL || x->quantization != NULL) continue;
    if (keep_dimensions(node) || pad_outside(node)) {
      ++changes;
      continue;
    }
    if (!only_renames(x->producer) || x->producer->inputs[0] == NULL) continue;
    ln_node_set_input(node, 0, x->producer->inputs[0]);
    ++changes;
  }
  return changes;
}
