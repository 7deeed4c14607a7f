/* Arithmetic that changes nothing: x + 0, x * 1, a reshape to the same shape, a cast to the same type, a pad of
 * nothing. */
#include <string.h>

#include "convert/passes/passes.h"

static bool is_quantized(const ln_tensor* t) { return t->quantization != NULL && t->quantization->scale_count != 0; }

/* A constant that is this number everywhere. */
static bool is_all(const ln_tensor* t, double number) {
  double one;
  if (ln_tensor_number(t, &one)) return one == number;
  if (!ln_tensor_is_constant(t) || !ln_is_float(t) || t->data_bytes == 0) return false;
  for (size_t i = 0; i < t->data_bytes / sizeof(float); ++i)
    if ((double)((const float*)t->data)[i] != number) return false;
  return true;
}

/* The operand that remains where the other one is the operator's neutral number; NULL: it is not. */
static ln_tensor* neutral_operand(const ln_node* node) {
  const int code = node->code;
  const double neutral = code == LN_OP_MUL || code == LN_OP_DIV ? 1 : 0;
  if (is_quantized(node->outputs[0]) || !ln_has_no_activation(node)) return NULL;
  for (int i = 1; i >= 0; --i) {
    if (i == 0 && (code == LN_OP_SUB || code == LN_OP_DIV)) break;
    ln_tensor* rest = node->inputs[1 - i];
    if (rest == NULL || !is_all(node->inputs[i], neutral)) continue;
    if (node->inputs[i]->rank <= rest->rank && ln_shapes_equal(rest, node->outputs[0])) return rest;
  }
  return NULL;
}

static bool all_zero(const ln_tensor* t) {
  const unsigned char* bytes = t->data;
  if (!ln_tensor_is_constant(t)) return false;
  for (size_t i = 0; i < t->data_bytes; ++i)
    if (bytes[i] != 0) return false;
  return true;
}

static bool is_order(const ln_tensor* permutation, int rank) {
  int64_t order[LN_MAX_DIMS];
  if (rank < 0 || !ln_tensor_ints(permutation, rank, order)) return false;
  for (int i = 0; i < rank; ++i)
    if (order[i] != i) return false;
  return true;
}

/* One that is unknown follows from the count of elements. */
static int unknown_extents(const ln_tensor* t) {
  int count = 0;
  for (int i = 0; i < t->rank; ++i) count += !ln_dim_is_known(t, i);
  return count;
}

/* What the node's output is without the node; NULL: it does something. */
static ln_tensor* same_as(const ln_node* node) {
  ln_tensor* x = node->inputs[0];
  if (x == NULL) return NULL;
  switch (node->code) {
    case LN_OP_ADD:
    case LN_OP_SUB:
    case LN_OP_MUL:
    case LN_OP_DIV:
      return neutral_operand(node);
    case LN_OP_RESHAPE:
    case LN_OP_SQUEEZE:
      return ln_shapes_equal(x, node->outputs[0]) && unknown_extents(x) <= 1 ? x : NULL;
    case LN_OP_BROADCAST_TO:
    case LN_OP_TILE:
      return ln_shapes_equal(x, node->outputs[0]) && ln_tensor_is_static(x) ? x : NULL;
    case LN_OP_CAST:
      return x->type == node->outputs[0]->type ? x : NULL;
    case LN_OP_TRANSPOSE:
      return is_order(node->inputs[1], x->rank) ? x : NULL;
    case LN_OP_PAD:
    case LN_OP_PADV2:
    case LN_OP_MIRROR_PAD:
      return all_zero(node->inputs[1]) ? x : NULL;
    case LN_OP_CONCATENATION:
    case LN_OP_ADD_N:
      return node->input_count == 1 && ln_has_no_activation(node) ? x : NULL;
    default:
      return NULL;
  }
}

int ln_pass_identity(ln_subgraph* subgraph) {
  int changes = 0;
  for (ln_node *node = subgraph->first, *next; node != NULL; node = next) {
    next = node->next;
    if (node->input_count == 0 || node->output_count != 1) continue;
    ln_tensor* same = same_as(node);
    if (same == NULL || same->is_variable) continue;
    /* An output of the model keeps a tensor of its own: an input is none. */
    if (ln_is_output(node->outputs[0]) && same->producer == NULL) continue;
    ln_bypass(node, same);
    ++changes;
  }
  return changes;
}
