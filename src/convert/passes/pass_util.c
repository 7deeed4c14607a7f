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

ln_node* ln_made_by(const ln_tensor* tensor) { return tensor != NULL ? tensor->producer : NULL; }

ln_node* ln_made_for_one(const ln_tensor* tensor) {
  return tensor != NULL && tensor->uses == 1 && !ln_is_output(tensor) ? tensor->producer : NULL;
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

bool ln_with_number(const ln_node* node, int code, ln_tensor** x, double* number) {
  if (node == NULL || node->code != code || !ln_has_no_activation(node)) return false;
  for (int i = 1; i >= 0; --i) {
    if (i == 0 && (code == LN_OP_SUB || code == LN_OP_DIV || code == LN_OP_POW)) return false;
    if (!ln_tensor_number(node->inputs[i], number)) continue;
    *x = node->inputs[1 - i];
    return *x != NULL;
  }
  return false;
}

ln_tensor* ln_square_of(const ln_tensor* tensor) {
  const ln_node* node = ln_made_by(tensor);
  if (node == NULL || !ln_has_no_activation(node)) return NULL;
  if (node->code == LN_OP_SQUARE) return node->inputs[0];
  if (node->code == LN_OP_MUL) return node->inputs[0] == node->inputs[1] ? node->inputs[0] : NULL;
  return node->code == LN_OP_POW && ln_is_number(node->inputs[1], 2) ? node->inputs[0] : NULL;
}

static void set_inputs(ln_node* node, int code, int count, ln_tensor* const* inputs) {
  while (node->input_count > count) {
    ln_node_set_input(node, node->input_count - 1, NULL);
    --node->input_count;
  }
  for (int i = 0; i < count; ++i)
    if (i < node->input_count)
      ln_node_set_input(node, i, inputs[i]);
    else
      ln_node_add_input(node, inputs[i]);
  node->code = code;
  node->version = 1;
  node->options_table = (int16_t)ln_schema_operator_options(code);
  node->option_count = 0;
}

void ln_become(ln_node* node, int code, ln_tensor* x) { set_inputs(node, code, 1, &x); }

void ln_become_binary(ln_node* node, int code, ln_tensor* x, ln_tensor* y) {
  set_inputs(node, code, 2, (ln_tensor* const[]){x, y});
}

void ln_absorb(ln_node* node, ln_node* behind) {
  ln_tensor* out = behind->outputs[0];
  ln_node_remove(behind);
  node->outputs[0]->producer = NULL;
  node->outputs[0] = out;
  out->producer = node;
}

ln_node* ln_put_before(ln_node* before, int code, ln_tensor* x, ln_tensor* y, const ln_tensor* like) {
  ln_node* node = ln_graph_node_before(before->subgraph, before, code, before->place);
  ln_node_add_input(node, x);
  if (y != NULL) ln_node_add_input(node, y);
  ln_tensor* out = ln_node_add_output(node, like->name, like->type);
  out->rank = like->rank;
  memcpy(out->shape, like->shape, sizeof out->shape);
  return node;
}

ln_tensor* ln_shape_constant(const ln_tensor* like) {
  int32_t dims[LN_MAX_DIMS];
  int unknown = 0;
  if (like->rank < 1) return NULL;
  for (int i = 0; i < like->rank; ++i) {
    dims[i] = ln_dim(like, i);
    unknown += dims[i] < 0;
  }
  return unknown > 1 ? NULL : ln_graph_ints(like->subgraph, "shape", like->rank, dims);
}

int ln_reduced_axis(const ln_node* node, int code) {
  int64_t axis;
  if (node == NULL || node->code != code || LN_GET(node, ReducerOptions, keep_dims) == 0) return -1;
  const int rank = node->inputs[0]->rank;
  if (!ln_tensor_ints(node->inputs[1], 1, &axis)) return -1;
  if (axis < 0) axis += rank;
  return axis >= 0 && axis < rank ? (int)axis : -1;
}

bool ln_takes_scales(const ln_node* node) {
  int dim, bias;
  return node != NULL && ln_find_channels(node, &dim, &bias) && ln_has_no_activation(node) && node->input_count > 1 &&
         ln_tensor_is_constant(node->inputs[1]) && ln_is_float(node->inputs[1]) && ln_is_float(node->outputs[0]) &&
         node->inputs[1]->rank > dim;
}
