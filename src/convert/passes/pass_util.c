/* What passes share. */
#include <math.h>
#include <string.h>

#include "convert/passes/passes.h"

bool ln_is_output(const ln_tensor* tensor) {
  const ln_subgraph* s = tensor->subgraph;
  for (size_t i = 0; i < s->output_count; ++i)
    if (s->outputs[i] == tensor) return true;
  return false;
}

ln_node* ln_only_user(const ln_tensor* tensor) {
  if (tensor->uses != 1 || tensor->producer == NULL || ln_is_output(tensor)) return NULL;
  for (ln_node* node = tensor->producer->next; node != NULL; node = node->next)
    for (int i = 0; i < node->input_count; ++i)
      if (node->inputs[i] == tensor) return node;
  return NULL;
}

ln_node* ln_private_producer(const ln_tensor* tensor, int code) {
  if (tensor == NULL || tensor->producer == NULL || tensor->producer->code != code) return NULL;
  return tensor->uses == 1 && !ln_is_output(tensor) ? tensor->producer : NULL;
}

bool ln_node_has_effect(const ln_node* node) {
  for (int i = 0; i < node->input_count; ++i)
    if (node->inputs[i] != NULL && (node->inputs[i]->is_variable || node->inputs[i]->type == LN_TYPE_RESOURCE))
      return true;
  switch (node->code) {
    case LN_OP_CUSTOM:
      return strcmp(node->custom_name, "Erf") != 0 || node->custom_options_bytes != 0;
    case LN_OP_CALL:
    case LN_OP_CALL_ONCE:
    case LN_OP_IF:
    case LN_OP_WHILE:
    case LN_OP_ASSIGN_VARIABLE:
    case LN_OP_HASHTABLE:
    case LN_OP_HASHTABLE_IMPORT:
    case LN_OP_VAR_HANDLE:
    case LN_OP_DELEGATE:
    case LN_OP_RANDOM_UNIFORM:
    case LN_OP_RANDOM_STANDARD_NORMAL:
    case LN_OP_MULTINOMIAL:
      return true;
    default:
      return node->output_count == 0;
  }
}

int ln_activation_slot(int code) {
  switch (code) {
    case LN_OP_CONV_2D:
      return LN_SLOT(Conv2DOptions, fused_activation_function);
    case LN_OP_CONV_3D:
    case LN_OP_CONV_3D_TRANSPOSE:
      return LN_SLOT(Conv3DOptions, fused_activation_function);
    case LN_OP_DEPTHWISE_CONV_2D:
      return LN_SLOT(DepthwiseConv2DOptions, fused_activation_function);
    case LN_OP_TRANSPOSE_CONV:
      return LN_SLOT(TransposeConvOptions, fused_activation_function);
    case LN_OP_FULLY_CONNECTED:
      return LN_SLOT(FullyConnectedOptions, fused_activation_function);
    case LN_OP_AVERAGE_POOL_2D:
    case LN_OP_MAX_POOL_2D:
    case LN_OP_L2_POOL_2D:
      return LN_SLOT(Pool2DOptions, fused_activation_function);
    case LN_OP_ADD:
    case LN_OP_SUB:
    case LN_OP_MUL:
    case LN_OP_DIV:
      return LN_SLOT(AddOptions, fused_activation_function);
    case LN_OP_CONCATENATION:
      return LN_SLOT(ConcatenationOptions, fused_activation_function);
    default:
      return -1;
  }
}

bool ln_has_no_activation(const ln_node* node) {
  const int slot = ln_activation_slot(node->code);
  return slot < 0 || ln_node_get(node, slot, LN_ACT_NONE) == LN_ACT_NONE;
}

bool ln_is_float(const ln_tensor* tensor) {
  return tensor != NULL && tensor->type == LN_TYPE_FLOAT32 && tensor->sparsity.buf == NULL;
}

bool ln_is_number(const ln_tensor* tensor, double value) {
  double number;
  return ln_tensor_number(tensor, &number) && fabs(number - value) <= 1e-6 * fabs(value);
}

ln_tensor* ln_other_operand(const ln_node* node, const ln_tensor* tensor) {
  return node->inputs[0] == tensor ? node->inputs[1] : node->inputs[0];
}

void ln_bypass(ln_node* node, ln_tensor* tensor) {
  ln_tensor_replace(node->outputs[0], tensor);
  ln_node_remove(node);
}
