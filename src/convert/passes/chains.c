/* Scales and shifts by constants, one behind the other, become one scale and one shift: what batch normalizations leave
 * that no layer could take. */
#include "convert/passes/passes.h"

/* The operand that is no constant where the other is a float constant, one or one per channel; NULL: it is not so. */
static ln_tensor* operand(const ln_node* node, const float** numbers, size_t* step) {
  if (node == NULL || !ln_has_no_activation(node) || !ln_is_float(node->outputs[0])) return NULL;
  for (int i = 1; i >= 0; --i) {
    ln_tensor *x = node->inputs[1 - i], *constant = node->inputs[i];
    if (x == NULL || constant == NULL || constant->data == NULL || x->data != NULL || x->rank < 1) continue;
    const int32_t channels = ln_dim(x, x->rank - 1);
    if (channels < 1 || constant->rank > x->rank || !ln_shapes_equal(x, node->outputs[0])) return NULL;
    *numbers = ln_per_channel(constant, channels, step);
    return *numbers != NULL ? x : NULL;
  }
  return NULL;
}

static ln_tensor* combined(const ln_node* node, const float* a, size_t a_step, const float* b, size_t b_step) {
  const ln_tensor* x = node->outputs[0];
  int32_t count = a_step == 0 && b_step == 0 ? 1 : ln_dim(x, x->rank - 1);
  float* to = ln_job_alloc(node->subgraph->graph->job, (size_t)count, sizeof *to);
  for (size_t i = 0; i < (size_t)count; ++i)
    to[i] = node->code == LN_OP_MUL ? a[a_step * i] * b[b_step * i] : a[a_step * i] + b[b_step * i];
  return ln_graph_constant(node->subgraph, x->name, LN_TYPE_FLOAT32, count == 1 ? 0 : 1, &count, to);
}

/* (x * a) * b, (x + a) + b */
static bool merge(ln_node* node, ln_tensor* x, const float* b, size_t b_step) {
  const float* a;
  size_t a_step;
  const ln_node* inner = ln_private_producer(x, node->code);
  ln_tensor* first = operand(inner, &a, &a_step);
  if (first == NULL) return false;
  ln_node_set_input(node, 1, combined(node, a, a_step, b, b_step));
  ln_node_set_input(node, 0, first);
  return true;
}

/* (x * a + b) * c is x * (a c) + b c. */
static bool distribute(ln_node* node, ln_tensor* sum, const float* c, size_t c_step) {
  const float *a, *b;
  size_t a_step, b_step;
  ln_node* add = ln_private_producer(sum, LN_OP_ADD);
  ln_tensor* scaled = operand(add, &b, &b_step);
  if (scaled == NULL) return false;
  const ln_node* inner = ln_private_producer(scaled, LN_OP_MUL);
  ln_tensor* x = operand(inner, &a, &a_step);
  if (x == NULL) return false;
  ln_tensor *factor = combined(node, a, a_step, c, c_step), *shift = combined(node, b, b_step, c, c_step);
  ln_become_binary(add, LN_OP_MUL, x, factor);
  ln_become_binary(node, LN_OP_ADD, sum, shift);
  return true;
}

int ln_pass_chains(ln_subgraph* subgraph) {
  int changes = 0;
  for (ln_node* node = subgraph->first; node != NULL; node = node->next) {
    const float* numbers;
    size_t step;
    if (node->code != LN_OP_MUL && node->code != LN_OP_ADD) continue;
    ln_tensor* x = operand(node, &numbers, &step);
    if (x != NULL)
      changes += merge(node, x, numbers, step) || (node->code == LN_OP_MUL && distribute(node, x, numbers, step));
  }
  return changes;
}
