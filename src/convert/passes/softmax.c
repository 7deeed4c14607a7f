/* SOFTMAX and LOG_SOFTMAX recognized from their pieces, over the last dimension; a scale in front becomes beta. */
#include "convert/passes/passes.h"

/* x where t is x - max x, or beta times that; t itself where it is nothing of the kind. */
static ln_tensor* without_maximum(ln_tensor* t, double* beta) {
  ln_tensor* inner = t;
  double number;
  *beta = 1;
  if (ln_with_number(ln_made_by(t), LN_OP_MUL, &inner, &number) && number > 0) *beta = number;
  const ln_node* difference = ln_made_by(*beta == 1 ? t : inner);
  if (difference != NULL && difference->code == LN_OP_SUB && ln_has_no_activation(difference)) {
    ln_tensor* x = difference->inputs[0];
    const ln_node* maximum = ln_made_by(difference->inputs[1]);
    if (ln_reduced_axis(maximum, LN_OP_REDUCE_MAX) == t->rank - 1 && maximum->inputs[0] == x) return x;
  }
  *beta = 1;
  return t;
}

/* z where t is the sum of exp z over the last dimension. */
static ln_tensor* summed_exponents(const ln_tensor* t, const ln_tensor** exponents) {
  const ln_node* sum = ln_made_by(t);
  if (sum == NULL || ln_reduced_axis(sum, LN_OP_SUM) != sum->inputs[0]->rank - 1) return NULL;
  const ln_node* exponent = ln_made_by(sum->inputs[0]);
  if (exponent == NULL || exponent->code != LN_OP_EXP) return NULL;
  *exponents = sum->inputs[0];
  return exponent->inputs[0];
}

/* exp z / sum, or exp z * (1 / sum). */
static bool recognize(ln_node* node) {
  const ln_tensor* exponents = NULL;
  ln_tensor* z = NULL;
  if (node->code == LN_OP_DIV) {
    z = summed_exponents(node->inputs[1], &exponents);
    if (exponents != node->inputs[0]) return false;
  }
  for (int i = 0; i < 2 && node->code == LN_OP_MUL && z == NULL; ++i) {
    const ln_node* inverse = ln_made_by(node->inputs[i]);
    if (inverse == NULL || inverse->code != LN_OP_DIV || !ln_has_no_activation(inverse) ||
        !ln_is_number(inverse->inputs[0], 1))
      continue;
    z = summed_exponents(inverse->inputs[1], &exponents);
    if (exponents != node->inputs[1 - i]) z = NULL;
  }
  if (z == NULL || !ln_has_no_activation(node) || !ln_shapes_equal(z, node->outputs[0])) return false;
  double beta;
  ln_tensor* x = without_maximum(z, &beta);
  if (!ln_is_float(x)) return false;
  ln_become(node, LN_OP_SOFTMAX, x);
  LN_SET_FLOAT(node, SoftmaxOptions, beta, (float)beta);
  return true;
}

/* z - log sum exp z */
static bool recognize_log(ln_node* node) {
  const ln_tensor* exponents;
  const ln_node* logarithm = ln_made_by(node->inputs[1]);
  double beta;
  if (logarithm == NULL || logarithm->code != LN_OP_LOG || !ln_has_no_activation(node)) return false;
  ln_tensor* z = summed_exponents(logarithm->inputs[0], &exponents);
  if (z == NULL || z != node->inputs[0] || !ln_shapes_equal(z, node->outputs[0])) return false;
  ln_tensor* x = without_maximum(z, &beta);
  ln_become(node, LN_OP_LOG_SOFTMAX, beta == 1 ? x : z);
  return true;
}

/* The softmax of c x, for c above 0. */
static bool take_scale(ln_node* node) {
  ln_tensor* x;
  double number;
  ln_node* product = ln_private_producer(node->inputs[0], LN_OP_MUL);
  if (!ln_with_number(product, LN_OP_MUL, &x, &number) || number <= 0 || !ln_shapes_equal(x, node->inputs[0]))
    return false;
  ln_node_set_input(node, 0, x);
  LN_SET_FLOAT(node, SoftmaxOptions, beta,
               (float)(number * (double)ln_node_get_float(node, LN_SLOT(SoftmaxOptions, beta), 0)));
  return true;
}

int ln_pass_softmax(ln_subgraph* subgraph) {
  int changes = 0;
  for (ln_node* node = subgraph->first; node != NULL; node = node->next) {
    if (node->output_count != 1 || !ln_is_float(node->outputs[0])) continue;
    if (node->code == LN_OP_DIV || node->code == LN_OP_MUL)
      changes += recognize(node);
    else if (node->code == LN_OP_SUB)
      changes += recognize_log(node);
    else if (node->code == LN_OP_SOFTMAX)
      changes += take_scale(node);
  }
  return changes;
}
