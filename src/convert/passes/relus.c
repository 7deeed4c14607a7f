/* Clips of what is clipped already: RELU behind RELU6, RELU6 behind a fused RELU, RELU behind a value that is never
 * negative. */
#include <math.h>

#include "convert/passes/passes.h"

typedef struct range {
  double low, high;
} range;

static range of_activation(int64_t activation) {
  switch (activation) {
    case LN_ACT_RELU:
      return (range){0, INFINITY};
    case LN_ACT_RELU6:
      return (range){0, 6};
    case LN_ACT_RELU_N1_TO_1:
    case LN_ACT_TANH:
      return (range){-1, 1};
    default:
      return (range){-INFINITY, INFINITY};
  }
}

static range of_clip(int code) {
  switch (code) {
    case LN_OP_RELU:
      return (range){0, INFINITY};
    case LN_OP_RELU6:
      return (range){0, 6};
    case LN_OP_RELU_0_TO_1:
      return (range){0, 1};
    case LN_OP_RELU_N1_TO_1:
      return (range){-1, 1};
    default:
      return (range){-INFINITY, INFINITY};
  }
}

/* Where a node's values lie, whatever its inputs are. */
static range of_node(const ln_node* node) {
  switch (node->code) {
    case LN_OP_LOGISTIC:
    case LN_OP_SOFTMAX:
      return (range){0, 1};
    case LN_OP_TANH:
      return (range){-1, 1};
    case LN_OP_EXP:
    case LN_OP_SQUARE:
    case LN_OP_SQUARED_DIFFERENCE:
    case LN_OP_ABS:
    case LN_OP_SQRT:
      return (range){0, INFINITY};
    default:
      break;
  }
  const int slot = ln_activation_slot(node->code);
  return slot >= 0 ? of_activation(ln_node_get(node, slot, LN_ACT_NONE)) : of_clip(node->code);
}

static int clip_of(range r) {
  static const int kCodes[] = {LN_OP_RELU, LN_OP_RELU6, LN_OP_RELU_0_TO_1, LN_OP_RELU_N1_TO_1};
  for (size_t i = 0; i < sizeof kCodes / sizeof kCodes[0]; ++i)
    if (of_clip(kCodes[i]).low == r.low && of_clip(kCodes[i]).high == r.high) return kCodes[i];
  return -1;
}

/* Values are passed on through these. */
static const ln_node* behind_movers(const ln_node* node) {
  while (node != NULL &&
         (node->code == LN_OP_RESHAPE || node->code == LN_OP_TRANSPOSE || node->code == LN_OP_MAX_POOL_2D ||
          node->code == LN_OP_SQUEEZE) &&
         ln_has_no_activation(node))
    node = ln_made_by(node->inputs[0]);
  return node;
}

static int simplify(ln_node* node) {
  ln_tensor* x = node->inputs[0];
  const range here = of_clip(node->code);
  const ln_node* source = behind_movers(ln_made_by(x));
  if (source == NULL || here.low == -INFINITY) return 0;
  const range before = of_node(source);
  if (before.low >= here.low && before.high <= here.high) {
    ln_bypass(node, x);
    return 1;
  }
  /* A clip of a clip, with no more in between, is one clip to what both let through. */
  ln_node* inner = ln_made_by(x);
  if (inner != source || before.low >= here.high || before.high <= here.low) return 0;
  const int code = clip_of((range){fmax(before.low, here.low), fmin(before.high, here.high)});
  const int slot = ln_activation_slot(inner->code);
  if (slot >= 0 && code == LN_OP_RELU6 && ln_node_get(inner, slot, LN_ACT_NONE) == LN_ACT_RELU &&
      ln_made_for_one(x) != NULL) {
    ln_node_set(inner, slot, LN_ACT_RELU6);
    ln_absorb(inner, node);
    return 1;
  }
  if (code < 0 || of_clip(inner->code).low == -INFINITY) return 0;
  ln_become(node, code, inner->inputs[0]);
  return 1;
}

int ln_pass_relus(ln_subgraph* subgraph) {
  int changes = 0;
  for (ln_node *node = subgraph->first, *next; node != NULL; node = next) {
    next = node->next;
    if (node->input_count > 0 && node->output_count == 1 && ln_is_float(node->outputs[0])) changes += simplify(node);
  }
  return changes;
}
