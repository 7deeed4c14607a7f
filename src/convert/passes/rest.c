/* The error function, which has no builtin: importers leave it as the custom operator "Erf" of one input so that GELU
 * can be recognized; what remains is computed by
 *
 *   Abramowitz and Stegun, 7.1.26: for x >= 0, erf x = 1 - (((((a5 t + a4) t) + a3) t + a2) t + a1) t e^(-x^2) with
 *   t = 1 / (1 + p x), to 1.5e-7; erf -x = -erf x. */
#include <string.h>

#include "convert/build.h"
#include "convert/passes/passes.h"
#include "convert/trace.h"

static ln_tensor* number(ln_subgraph* s, float value) { return ln_graph_float(s, "erf", value); }

static ln_tensor* make(ln_node* before, int code, ln_tensor* x, ln_tensor* y) {
  ln_node* node = ln_graph_node_before(before->subgraph, before, code, before->place);
  ln_node_add_input(node, x);
  if (y != NULL) ln_node_add_input(node, y);
  ln_tensor* out = ln_node_add_output(
      node, ln_job_text(before->subgraph->graph->job, "%s/erf", before->outputs[0]->name), LN_TYPE_FLOAT32);
  out->rank = before->inputs[0]->rank;
  memcpy(out->shape, before->inputs[0]->shape, sizeof out->shape);
  return out;
}

static void lower(ln_node* node) {
  static const float kA[] = {1.061405429f, -1.453152027f, 1.421413741f, -0.284496736f, 0.254829592f};
  ln_subgraph* s = node->subgraph;
  ln_tensor *x = node->inputs[0], *abs = make(node, LN_OP_ABS, x, NULL);
  ln_tensor* below = make(node, LN_OP_ADD, make(node, LN_OP_MUL, abs, number(s, 0.3275911f)), number(s, 1));
  ln_tensor* t = make(node, LN_OP_DIV, number(s, 1), below);
  ln_tensor* sum = make(node, LN_OP_MUL, t, number(s, kA[0]));
  for (int i = 1; i < 5; ++i) sum = make(node, LN_OP_MUL, make(node, LN_OP_ADD, sum, number(s, kA[i])), t);
  ln_tensor* square = make(node, LN_OP_NEG, make(node, LN_OP_SQUARE, x, NULL), NULL);
  ln_tensor* tail = make(node, LN_OP_MUL, sum, make(node, LN_OP_EXP, square, NULL));
  ln_tensor *positive = make(node, LN_OP_SUB, number(s, 1), tail), *sign = make(node, LN_OP_SIGN, x, NULL);
  ln_tensor* result = make(node, LN_OP_MUL, positive, sign);
  ln_bypass(node, result);
}

void ln_lower_rest(ln_graph* graph) {
  for (ln_subgraph* s = graph->subgraphs; s != NULL; s = s->next) {
    for (ln_node *node = s->first, *next; node != NULL; node = next) {
      next = node->next;
      if (node->code == LN_OP_CUSTOM && strcmp(node->custom_name, "Erf") == 0 && node->custom_options_bytes == 0 &&
          ln_is_float(node->inputs[0]))
        lower(node);
    }
    ln_trace_pass(s, "rest");
  }
}
