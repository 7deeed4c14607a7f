/* Operators recognized from their pieces: clips, hard-swish, GELU, L2 normalization. Each looks from the last piece
 * backwards; the pieces that nobody else takes are left to the dead code pass. */
#include <math.h>
#include <string.h>

#include "convert/passes/passes.h"

/* MAXIMUM(MINIMUM(x, high), low) or the other way round: RELU, RELU6, RELU_0_TO_1, RELU_N1_TO_1. */
int ln_pass_clips(ln_subgraph* subgraph) {
  int changes = 0;
  for (ln_node* node = subgraph->first; node != NULL; node = node->next) {
    ln_tensor *x, *inner;
    double low = 0, high = 0;
    if (node->output_count != 1 || !ln_is_float(node->outputs[0])) continue;
    int code = LN_OP_CUSTOM;
    if (ln_with_number(node, LN_OP_MAXIMUM, &inner, &low)) {
      if (ln_with_number(ln_made_by(inner), LN_OP_MINIMUM, &x, &high))
        code = LN_OP_RELU6;
      else if (low == 0)
        x = inner, code = LN_OP_RELU;
    } else if (ln_with_number(node, LN_OP_MINIMUM, &inner, &high)) {
      if (ln_with_number(ln_made_by(inner), LN_OP_MAXIMUM, &x, &low))
        code = LN_OP_RELU6;
      else if (high == 6 && ln_made_by(inner) != NULL && ln_made_by(inner)->code == LN_OP_RELU)
        x = ln_made_by(inner)->inputs[0], low = 0, code = LN_OP_RELU6;
    }
    if (code == LN_OP_RELU6)
      code = low == 0 && high == 6    ? LN_OP_RELU6
             : low == 0 && high == 1  ? LN_OP_RELU_0_TO_1
             : low == -1 && high == 1 ? LN_OP_RELU_N1_TO_1
                                      : LN_OP_CUSTOM;
    if (code == LN_OP_CUSTOM || !ln_shapes_equal(x, node->outputs[0])) continue;
    ln_become(node, code, x);
    ++changes;
  }
  return changes;
}

/* relu6(x + 3), with the activation fused or not. */
static bool is_shifted_relu6(const ln_tensor* t, const ln_tensor* x) {
  const ln_node* node = ln_made_by(t);
  if (node == NULL) return false;
  if (node->code == LN_OP_RELU6) {
    ln_tensor* base;
    double shift;
    return ln_with_number(ln_made_by(node->inputs[0]), LN_OP_ADD, &base, &shift) && base == x && fabs(shift - 3) < 1e-6;
  }
  if (node->code != LN_OP_ADD || ln_node_get(node, ln_activation_slot(LN_OP_ADD), 0) != LN_ACT_RELU6) return false;
  return (node->inputs[0] == x && ln_is_number(node->inputs[1], 3)) ||
         (node->inputs[1] == x && ln_is_number(node->inputs[0], 3));
}

/* relu6(x + 3) / 6 */
static bool is_hard_sigmoid(const ln_tensor* t, const ln_tensor* x) {
  ln_tensor* inner;
  double number;
  const ln_node* node = ln_made_by(t);
  if (ln_with_number(node, LN_OP_MUL, &inner, &number) && fabs(number - 1.0 / 6) < 1e-6)
    return is_shifted_relu6(inner, x);
  if (ln_with_number(node, LN_OP_DIV, &inner, &number) && fabs(number - 6) < 1e-6) return is_shifted_relu6(inner, x);
  if (node == NULL || node->code != LN_OP_RELU_0_TO_1) return false;
  /* clip(x / 6 + 0.5, 0, 1) */
  ln_tensor *sum, *base;
  if (!ln_with_number(ln_made_by(node->inputs[0]), LN_OP_ADD, &sum, &number) || fabs(number - 0.5) > 1e-6) return false;
  if (ln_with_number(ln_made_by(sum), LN_OP_MUL, &base, &number) && fabs(number - 1.0 / 6) < 1e-6) return base == x;
  return ln_with_number(ln_made_by(sum), LN_OP_DIV, &base, &number) && fabs(number - 6) < 1e-6 && base == x;
}

int ln_pass_hard_swish(ln_subgraph* subgraph) {
  int changes = 0;
  for (ln_node* node = subgraph->first; node != NULL; node = node->next) {
    if ((node->code != LN_OP_MUL && node->code != LN_OP_DIV) || !ln_is_float(node->outputs[0]) ||
        !ln_has_no_activation(node))
      continue;
    ln_tensor *x = NULL, *product;
    double number;
    for (int i = 0; i < 2 && node->code == LN_OP_MUL && x == NULL; ++i)
      if (is_hard_sigmoid(node->inputs[i], node->inputs[1 - i])) x = node->inputs[1 - i];
    /* (x * relu6(x + 3)) / 6 */
    const bool sixth = (ln_with_number(node, LN_OP_MUL, &product, &number) && fabs(number - 1.0 / 6) < 1e-6) ||
                       (ln_with_number(node, LN_OP_DIV, &product, &number) && fabs(number - 6) < 1e-6);
    const ln_node* inner = x == NULL && sixth ? ln_made_by(product) : NULL;
    if (inner != NULL && inner->code == LN_OP_MUL && ln_has_no_activation(inner))
      for (int i = 0; i < 2 && x == NULL; ++i)
        if (is_shifted_relu6(inner->inputs[i], inner->inputs[1 - i])) x = inner->inputs[1 - i];
    if (x == NULL || !ln_shapes_equal(x, node->outputs[0])) continue;
    ln_become(node, LN_OP_HARD_SWISH, x);
    ++changes;
  }
  return changes;
}

/* erf(x / sqrt 2), with the factor in any pieces. */
static bool is_erf_of(const ln_tensor* t, const ln_tensor* x) {
  const ln_node* node = ln_made_by(t);
  double factor = 1, number;
  if (node == NULL || node->code != LN_OP_CUSTOM || strcmp(node->custom_name, "Erf") != 0) return false;
  const ln_tensor* at = node->inputs[0];
  for (int pieces = 0; at != x && pieces < 4; ++pieces) {
    ln_tensor* inner;
    node = ln_made_by(at);
    if (node != NULL && node->code == LN_OP_NEG)
      inner = node->inputs[0], factor = -factor;
    else if (ln_with_number(node, LN_OP_MUL, &inner, &number))
      factor *= number;
    else if (ln_with_number(node, LN_OP_DIV, &inner, &number))
      factor /= number;
    else
      return false;
    at = inner;
  }
  return at == x && fabs(factor - 0.7071067811865476) < 1e-5;
}

/* tanh(sqrt(2 / pi) * (x + 0.044715 x^3)) */
static bool is_tanh_of(const ln_tensor* t, const ln_tensor* x) {
  ln_tensor *sum, *cube, *base;
  double number;
  const ln_node* node = ln_made_by(t);
  if (node == NULL || node->code != LN_OP_TANH) return false;
  if (!ln_with_number(ln_made_by(node->inputs[0]), LN_OP_MUL, &sum, &number) || fabs(number - 0.7978845608) > 1e-5)
    return false;
  const ln_node* add = ln_made_by(sum);
  if (add == NULL || add->code != LN_OP_ADD || !ln_has_no_activation(add)) return false;
  const ln_tensor* other = ln_other_operand(add, x);
  if (add->inputs[0] != x && add->inputs[1] != x) return false;
  if (!ln_with_number(ln_made_by(other), LN_OP_MUL, &cube, &number) || fabs(number - 0.044715) > 1e-6) return false;
  const ln_node* power = ln_made_by(cube);
  if (ln_with_number(power, LN_OP_POW, &base, &number)) return base == x && number == 3;
  if (power == NULL || power->code != LN_OP_MUL || (power->inputs[0] != x && power->inputs[1] != x)) return false;
  return ln_square_of(ln_other_operand(power, x)) == x;
}

/* 1 + erf(...) or 1 + tanh(...) of x. */
static bool is_gate(const ln_tensor* t, const ln_tensor* x, bool* approximate) {
  ln_tensor* inner;
  double number;
  if (!ln_with_number(ln_made_by(t), LN_OP_ADD, &inner, &number) || number != 1) return false;
  *approximate = is_tanh_of(inner, x);
  return *approximate || is_erf_of(inner, x);
}

static ln_tensor* half_of(const ln_tensor* t) {
  ln_tensor* x;
  double number;
  return ln_with_number(ln_made_by(t), LN_OP_MUL, &x, &number) && number == 0.5 ? x : NULL;
}

/* 0.5 x * gate, x * (0.5 gate), 0.5 (x * gate) */
int ln_pass_gelu(ln_subgraph* subgraph) {
  int changes = 0;
  for (ln_node* node = subgraph->first; node != NULL; node = node->next) {
    if (node->code != LN_OP_MUL || !ln_is_float(node->outputs[0]) || !ln_has_no_activation(node)) continue;
    ln_tensor* x = NULL;
    bool approximate = false;
    for (int i = 0; i < 2 && x == NULL; ++i) {
      ln_tensor *half = half_of(node->inputs[i]), *other = node->inputs[1 - i];
      if (half != NULL && is_gate(other, half, &approximate))
        x = half;
      else if (half != NULL && is_gate(half, other, &approximate))
        x = other;
    }
    const ln_node* inner =
        x == NULL && half_of(node->outputs[0]) != NULL ? ln_made_by(half_of(node->outputs[0])) : NULL;
    for (int i = 0; i < 2 && inner != NULL && inner->code == LN_OP_MUL && x == NULL; ++i)
      if (is_gate(inner->inputs[i], inner->inputs[1 - i], &approximate)) x = inner->inputs[1 - i];
    if (x == NULL || !ln_shapes_equal(x, node->outputs[0])) continue;
    ln_become(node, LN_OP_GELU, x);
    LN_SET(node, GeluOptions, approximate, approximate);
    ++changes;
  }
  return changes;
}

/* x * rsqrt(max(sum(x^2), epsilon)) over the last dimension, or x * min(rsqrt(sum(x^2)), large). The operator's own
 * epsilon is 1e-6 of the root. */
int ln_pass_l2_norm(ln_subgraph* subgraph) {
  int changes = 0;
  for (ln_node* node = subgraph->first; node != NULL; node = node->next) {
    if (node->code != LN_OP_MUL || !ln_is_float(node->outputs[0]) || !ln_has_no_activation(node)) continue;
    for (int i = 0; i < 2; ++i) {
      ln_tensor *x = node->inputs[1 - i], *inner;
      double epsilon;
      int64_t axis;
      const ln_node* root = ln_made_by(node->inputs[i]);
      if (x == NULL || root == NULL) continue;
      /* max(sum, e) inside the root, or min(1 / sqrt(sum), 1 / sqrt e) of it. */
      if (ln_with_number(root, LN_OP_MINIMUM, &inner, &epsilon) && epsilon >= 1e6 && ln_made_by(inner) != NULL &&
          inner->producer->code == LN_OP_RSQRT)
        inner = inner->producer->inputs[0];
      else if (root->code != LN_OP_RSQRT ||
               !ln_with_number(ln_made_by(root->inputs[0]), LN_OP_MAXIMUM, &inner, &epsilon) || epsilon > 1e-6)
        continue;
      const ln_node* sum = ln_made_by(inner);
      if (sum == NULL || sum->code != LN_OP_SUM || LN_GET(sum, ReducerOptions, keep_dims) == 0 ||
          !ln_tensor_ints(sum->inputs[1], 1, &axis) || (axis != -1 && axis != x->rank - 1))
        continue;
      if (ln_square_of(sum->inputs[0]) != x) continue;
      ln_become(node, LN_OP_L2_NORMALIZATION, x);
      ++changes;
      break;
    }
  }
  return changes;
}
