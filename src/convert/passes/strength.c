/* Strength reduction: powers, divisions and negations become operators that are cheaper, or one instead of two. */
#include <math.h>
#include <string.h>

#include "convert/passes/passes.h"

/* POW by a number that has an operator of its own. */
static bool simplify_power(ln_node* node) {
  ln_tensor* x;
  double number;
  if (!ln_with_number(node, LN_OP_POW, &x, &number) || !ln_shapes_equal(x, node->outputs[0])) return false;
  const int code = number == 2 ? LN_OP_SQUARE : number == 0.5 ? LN_OP_SQRT : number == -0.5 ? LN_OP_RSQRT : -1;
  if (code < 0) return false;
  ln_become(node, code, x);
  return true;
}

static bool simplify_product(ln_node* node) {
  ln_tensor* x;
  double number;
  if (!ln_has_no_activation(node)) return false;
  if (node->inputs[0] == node->inputs[1])
    ln_become(node, LN_OP_SQUARE, node->inputs[0]);
  else if (ln_with_number(node, LN_OP_MUL, &x, &number) && number == -1 && ln_shapes_equal(x, node->outputs[0]))
    ln_become(node, LN_OP_NEG, x);
  else
    return false;
  return true;
}

static void become_with_activation(ln_node* node, int code, ln_tensor* x, ln_tensor* y) {
  const int64_t activation = ln_node_get(node, ln_activation_slot(node->code), LN_ACT_NONE);
  ln_become_binary(node, code, x, y);
  if (activation != LN_ACT_NONE) ln_node_set(node, ln_activation_slot(code), activation);
}

/* 1 / c, element by element; NULL: not finite everywhere. */
static ln_tensor* reciprocal(const ln_tensor* t) {
  const size_t count = t->data_bytes / sizeof(float);
  const float* from = t->data;
  float* to = ln_job_alloc_raw(t->subgraph->graph->job, t->data_bytes);
  for (size_t i = 0; i < count; ++i) {
    to[i] = 1 / from[i];
    if (!isfinite(to[i]) || fabsf(to[i]) < 1e-30f) return NULL;
  }
  return ln_graph_constant(t->subgraph, t->name, LN_TYPE_FLOAT32, t->rank, t->shape[0], to);
}

/* x / c is x * (1 / c); x / sqrt(y) is x * rsqrt(y). */
static bool simplify_division(ln_node* node) {
  ln_tensor *x = node->inputs[0], *y = node->inputs[1];
  if (ln_tensor_is_constant(y) && ln_is_float(y)) {
    ln_tensor* inverse = ln_tensor_elements(y) > 0 ? reciprocal(y) : NULL;
    if (inverse == NULL) return false;
    become_with_activation(node, LN_OP_MUL, x, inverse);
    return true;
  }
  ln_node* root = ln_private_producer(y, LN_OP_SQRT);
  if (root == NULL) return false;
  root->code = LN_OP_RSQRT;
  root->options_table = (int16_t)ln_schema_operator_options(LN_OP_RSQRT);
  if (ln_is_number(x, 1) && ln_has_no_activation(node) && ln_shapes_equal(y, node->outputs[0]))
    ln_absorb(root, node);
  else
    become_with_activation(node, LN_OP_MUL, x, y);
  return true;
}

/* x + (-y) is x - y, x - (-y) is x + y. */
static bool simplify_sum(ln_node* node) {
  for (int i = 1; i >= 0; --i) {
    const ln_node* negation = ln_private_producer(node->inputs[i], LN_OP_NEG);
    if (negation == NULL || (i == 0 && node->code == LN_OP_SUB)) continue;
    become_with_activation(node, node->code == LN_OP_ADD ? LN_OP_SUB : LN_OP_ADD, node->inputs[1 - i],
                           negation->inputs[0]);
    return true;
  }
  return false;
}

/* (x - y)^2; the original broadcasts up to four dimensions there. */
static bool simplify_square(ln_node* node) {
  const ln_node* difference = ln_private_producer(node->inputs[0], LN_OP_SUB);
  if (difference == NULL || !ln_has_no_activation(difference)) return false;
  ln_tensor *x = difference->inputs[0], *y = difference->inputs[1];
  if (!ln_is_float(x) || !ln_is_float(y) || (!ln_shapes_equal(x, y) && node->outputs[0]->rank > 4)) return false;
  ln_become_binary(node, LN_OP_SQUARED_DIFFERENCE, x, y);
  return true;
}

int ln_pass_strength(ln_subgraph* subgraph) {
  int changes = 0;
  for (ln_node *node = subgraph->first, *next; node != NULL; node = next) {
    next = node->next;
    if (node->output_count != 1 || !ln_is_float(node->outputs[0])) continue;
    switch (node->code) {
      case LN_OP_POW:
        changes += simplify_power(node);
        break;
      case LN_OP_MUL:
        changes += simplify_product(node);
        break;
      case LN_OP_DIV:
        changes += simplify_division(node);
        break;
      case LN_OP_ADD:
      case LN_OP_SUB:
        changes += simplify_sum(node);
        break;
      case LN_OP_SQUARE:
        changes += simplify_square(node);
        break;
      default:
        break;
    }
  }
  return changes;
}
