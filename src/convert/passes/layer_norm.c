/* Layer, group and instance normalization, which have no operator: from its pieces, in any of the forms that frameworks
 * write, to the one with the fewest operators,
 *
 *   d = x - mean x,  y = d * rsqrt(mean(d^2) + epsilon)  * gamma + beta
 *
 * seven of them without the last two, which pass "following" puts into the layers behind where it can. */
#include <string.h>

#include "convert/passes/passes.h"

/* Whether m is the mean of x over some dimensions that are kept as 1. */
static bool is_mean_of(const ln_tensor* m, const ln_tensor* x) {
  const ln_node* mean = ln_made_by(m);
  return mean != NULL && mean->code == LN_OP_MEAN && mean->inputs[0] == x && m->rank == x->rank;
}

static const ln_node* product(const ln_tensor* t) {
  const ln_node* node = ln_private_producer(t, LN_OP_MUL);
  return node != NULL && ln_has_no_activation(node) ? node : NULL;
}

/* The mean where t is mean x times s; *negative: of the negated mean. NULL: it is not. */
static ln_tensor* scaled_mean(const ln_tensor* t, const ln_tensor* x, const ln_tensor* s, bool* negative) {
  const ln_node* node = product(t);
  if (node == NULL || (node->inputs[0] != s && node->inputs[1] != s)) return NULL;
  ln_tensor* mean = ln_other_operand(node, s);
  const ln_node* negation = ln_made_by(mean);
  *negative = negation != NULL && negation->code == LN_OP_NEG;
  if (*negative) mean = negation->inputs[0];
  return is_mean_of(mean, x) ? mean : NULL;
}

/* What is added besides where t is b - mean x * s, or b + (-mean x) * s; NULL: it is neither. */
static ln_tensor* shift_of(const ln_tensor* t, const ln_tensor* x, const ln_tensor* s, ln_tensor** mean) {
  const ln_node* node = ln_made_for_one(t);
  bool negative;
  if (node == NULL || !ln_has_no_activation(node)) return NULL;
  if (node->code == LN_OP_SUB) {
    *mean = scaled_mean(node->inputs[1], x, s, &negative);
    return *mean != NULL && !negative ? node->inputs[0] : NULL;
  }
  for (int i = 0; i < 2 && node->code == LN_OP_ADD; ++i) {
    *mean = scaled_mean(node->inputs[i], x, s, &negative);
    if (*mean != NULL && negative) return node->inputs[1 - i];
  }
  return NULL;
}

/* x * s - mean x * s (+ b), as (x - mean x) * s + b; `other` is all but x * s. */
static bool center_around(ln_node* node, ln_tensor* x, ln_tensor* s, const ln_tensor* other) {
  const int64_t activation = ln_node_get(node, ln_activation_slot(node->code), LN_ACT_NONE);
  bool negative;
  ln_tensor *shift = NULL, *mean = scaled_mean(other, x, s, &negative);
  if (mean == NULL)
    shift = node->code == LN_OP_ADD ? shift_of(other, x, s, &mean) : NULL;
  else if (negative != (node->code == LN_OP_ADD))
    return false;
  if (mean == NULL || (shift == NULL && scaled_mean(other, x, s, &negative) == NULL)) return false;
  ln_tensor* d = ln_put_before(node, LN_OP_SUB, x, mean, x)->outputs[0];
  if (shift == NULL)
    ln_become_binary(node, LN_OP_MUL, d, s);
  else
    ln_become_binary(node, LN_OP_ADD, ln_put_before(node, LN_OP_MUL, d, s, x)->outputs[0], shift);
  if (activation != LN_ACT_NONE) ln_node_set(node, ln_activation_slot(node->code), activation);
  return true;
}

static bool center(ln_node* node) {
  for (int side = 0; side < (node->code == LN_OP_ADD ? 2 : 1); ++side) {
    const ln_node* scaled = product(node->inputs[side]);
    for (int k = 0; k < 2 && scaled != NULL; ++k) {
      ln_tensor *x = scaled->inputs[k], *s = scaled->inputs[1 - k];
      if (ln_is_float(x) && ln_is_float(s) && ln_shapes_equal(x, scaled->outputs[0]) &&
          ln_shapes_equal(x, node->outputs[0]) && center_around(node, x, s, node->inputs[1 - side]))
        return true;
    }
  }
  return false;
}

/* The variance from x and its mean takes the difference that is needed anyway. */
static bool share_difference(ln_node* node) {
  for (int i = 0; i < 2; ++i) {
    ln_tensor *x = node->inputs[i], *mean = node->inputs[1 - i];
    if (!is_mean_of(mean, x)) continue;
    for (ln_node* later = node->next; later != NULL; later = later->next) {
      if (later->code != LN_OP_SUB || later->inputs[0] != x || later->inputs[1] != mean ||
          !ln_has_no_activation(later) || ln_is_output(later->outputs[0]))
        continue;
      ln_tensor* d = ln_put_before(node, LN_OP_SUB, x, mean, x)->outputs[0];
      ln_tensor_replace(later->outputs[0], d);
      ln_node_remove(later);
      ln_become(node, LN_OP_SQUARE, d);
      return true;
    }
  }
  return false;
}

/* d * (r * gamma) where r * gamma is as large as d: (d * r) * gamma, whose last product others can take. */
static bool split_scale(ln_node* node) {
  for (int i = 0; i < 2; ++i) {
    ln_tensor* d = node->inputs[1 - i];
    const ln_node* scale = product(node->inputs[i]);
    if (scale == NULL || ln_made_by(d) == NULL || d->producer->code != LN_OP_SUB ||
        !ln_shapes_equal(d, scale->outputs[0]))
      continue;
    for (int k = 0; k < 2; ++k) {
      ln_tensor *gamma = scale->inputs[k], *root = scale->inputs[1 - k];
      if (!ln_tensor_is_constant(gamma) || ln_made_by(root) == NULL || root->producer->code != LN_OP_RSQRT) continue;
      ln_node_set_input(node, 1 - i, ln_put_before(node, LN_OP_MUL, d, root, d)->outputs[0]);
      ln_node_set_input(node, i, gamma);
      return true;
    }
  }
  return false;
}

int ln_pass_layer_norm(ln_subgraph* subgraph) {
  int changes = 0;
  for (ln_node* node = subgraph->first; node != NULL; node = node->next) {
    if (node->output_count != 1 || !ln_is_float(node->outputs[0])) continue;
    if (node->code == LN_OP_ADD || node->code == LN_OP_SUB)
      changes += center(node);
    else if (node->code == LN_OP_SQUARED_DIFFERENCE)
      changes += share_difference(node);
    else if (node->code == LN_OP_MUL)
      changes += split_scale(node);
  }
  return changes;
}
