#include "convert/operands.h"

#include "model/model.h"

/* Inputs of which all are needed: concatenations and their like. */
enum { ALL = -1 };

static int needed_inputs(int code) {
  switch (code) {
    case LN_OP_CONCATENATION:
    case LN_OP_PACK:
    case LN_OP_ADD_N:
      return ALL;
    case LN_OP_ABS:
    case LN_OP_AVERAGE_POOL_2D:
    case LN_OP_CAST:
    case LN_OP_CEIL:
    case LN_OP_COS:
    case LN_OP_ELU:
    case LN_OP_EXP:
    case LN_OP_FLOOR:
    case LN_OP_GELU:
    case LN_OP_HARD_SWISH:
    case LN_OP_L2_NORMALIZATION:
    case LN_OP_L2_POOL_2D:
    case LN_OP_LEAKY_RELU:
    case LN_OP_LOG:
    case LN_OP_LOGISTIC:
    case LN_OP_LOG_SOFTMAX:
    case LN_OP_MAX_POOL_2D:
    case LN_OP_LOGICAL_NOT:
    case LN_OP_NEG:
    case LN_OP_RELU:
    case LN_OP_RELU6:
    case LN_OP_RELU_0_TO_1:
    case LN_OP_RELU_N1_TO_1:
    case LN_OP_RESHAPE:
    case LN_OP_ROUND:
    case LN_OP_RSQRT:
    case LN_OP_SIGN:
    case LN_OP_SIN:
    case LN_OP_SOFTMAX:
    case LN_OP_SQRT:
    case LN_OP_SQUARE:
    case LN_OP_SQUEEZE:
    case LN_OP_TANH:
    case LN_OP_UNPACK:
      return 1;
    case LN_OP_ADD:
    case LN_OP_BATCH_MATMUL:
    case LN_OP_BROADCAST_TO:
    case LN_OP_CONV_2D:
    case LN_OP_CONV_3D:
    case LN_OP_DEPTHWISE_CONV_2D:
    case LN_OP_DIV:
    case LN_OP_EQUAL:
    case LN_OP_EXPAND_DIMS:
    case LN_OP_FULLY_CONNECTED:
    case LN_OP_GREATER:
    case LN_OP_GREATER_EQUAL:
    case LN_OP_LESS:
    case LN_OP_LESS_EQUAL:
    case LN_OP_LOGICAL_AND:
    case LN_OP_LOGICAL_OR:
    case LN_OP_MAXIMUM:
    case LN_OP_MEAN:
    case LN_OP_MINIMUM:
    case LN_OP_MIRROR_PAD:
    case LN_OP_MUL:
    case LN_OP_NOT_EQUAL:
    case LN_OP_PAD:
    case LN_OP_POW:
    case LN_OP_PRELU:
    case LN_OP_REDUCE_MAX:
    case LN_OP_REDUCE_MIN:
    case LN_OP_REDUCE_PROD:
    case LN_OP_RESIZE_BILINEAR:
    case LN_OP_RESIZE_NEAREST_NEIGHBOR:
    case LN_OP_SPLIT:
    case LN_OP_SQUARED_DIFFERENCE:
    case LN_OP_SUB:
    case LN_OP_SUM:
    case LN_OP_TILE:
    case LN_OP_TRANSPOSE:
      return 2;
    case LN_OP_BATCH_TO_SPACE_ND:
    case LN_OP_CONV_3D_TRANSPOSE:
    case LN_OP_PADV2:
    case LN_OP_SELECT_V2:
    case LN_OP_SLICE:
    case LN_OP_SPACE_TO_BATCH_ND:
    case LN_OP_SPLIT_V:
    case LN_OP_TRANSPOSE_CONV:
      return 3;
    default:
      return 0;
  }
}

void ln_check_operands(const ln_node* node) {
  ln_job* job = node->subgraph->graph->job;
  const int inputs = needed_inputs(node->code), all = inputs == ALL ? node->input_count : inputs;
  if (inputs == 0) return;
  if (node->input_count < all || node->input_count == 0)
    ln_stop(job, "%s \"%s\" has %d inputs; at least %d are right", node->place->op, node->place->name,
            (int)node->input_count, all > 0 ? all : 1);
  for (int i = 0; i < all; ++i)
    if (node->inputs[i] == NULL)
      ln_stop(job, "%s \"%s\": input %d is left out, and it must be there", node->place->op, node->place->name, i);
  if (node->output_count == 0) ln_stop(job, "%s \"%s\" has no output", node->place->op, node->place->name);
}
