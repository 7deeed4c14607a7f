#include "convert/operands.h"

#include "model/model.h"

/* Operators by how many inputs they need; of concatenations and their like all. */
static const int16_t kAll[] = {LN_OP_CONCATENATION, LN_OP_PACK, LN_OP_ADD_N, -1};
static const int16_t kOne[] = {LN_OP_ABS,
                               LN_OP_AVERAGE_POOL_2D,
                               LN_OP_CAST,
                               LN_OP_CEIL,
                               LN_OP_COS,
                               LN_OP_ELU,
                               LN_OP_EXP,
                               LN_OP_FLOOR,
                               LN_OP_GELU,
                               LN_OP_HARD_SWISH,
                               LN_OP_L2_NORMALIZATION,
                               LN_OP_L2_POOL_2D,
                               LN_OP_LEAKY_RELU,
                               LN_OP_LOG,
                               LN_OP_LOGISTIC,
                               LN_OP_LOG_SOFTMAX,
                               LN_OP_MAX_POOL_2D,
                               LN_OP_LOGICAL_NOT,
                               LN_OP_NEG,
                               LN_OP_RELU,
                               LN_OP_RELU6,
                               LN_OP_RELU_0_TO_1,
                               LN_OP_RELU_N1_TO_1,
                               LN_OP_RESHAPE,
                               LN_OP_ROUND,
                               LN_OP_RSQRT,
                               LN_OP_SIGN,
                               LN_OP_SIN,
                               LN_OP_SOFTMAX,
                               LN_OP_SQRT,
                               LN_OP_SQUARE,
                               LN_OP_SQUEEZE,
                               LN_OP_TANH,
                               LN_OP_UNPACK,
                               -1};
static const int16_t kTwo[] = {LN_OP_ADD,
                               LN_OP_BATCH_MATMUL,
                               LN_OP_BROADCAST_TO,
                               LN_OP_CONV_2D,
                               LN_OP_CONV_3D,
                               LN_OP_DEPTHWISE_CONV_2D,
                               LN_OP_DIV,
                               LN_OP_EQUAL,
                               LN_OP_EXPAND_DIMS,
                               LN_OP_FULLY_CONNECTED,
                               LN_OP_GREATER,
                               LN_OP_GREATER_EQUAL,
                               LN_OP_LESS,
                               LN_OP_LESS_EQUAL,
                               LN_OP_LOGICAL_AND,
                               LN_OP_LOGICAL_OR,
                               LN_OP_MAXIMUM,
                               LN_OP_MEAN,
                               LN_OP_MINIMUM,
                               LN_OP_MIRROR_PAD,
                               LN_OP_MUL,
                               LN_OP_NOT_EQUAL,
                               LN_OP_PAD,
                               LN_OP_POW,
                               LN_OP_PRELU,
                               LN_OP_REDUCE_MAX,
                               LN_OP_REDUCE_MIN,
                               LN_OP_REDUCE_PROD,
                               LN_OP_RESIZE_BILINEAR,
                               LN_OP_RESIZE_NEAREST_NEIGHBOR,
                               LN_OP_SPLIT,
                               LN_OP_SQUARED_DIFFERENCE,
                               LN_OP_SUB,
                               LN_OP_SUM,
                               LN_OP_TILE,
                               LN_OP_TRANSPOSE,
                               -1};
static const int16_t kThree[] = {LN_OP_BATCH_TO_SPACE_ND,
                                 LN_OP_CONV_3D_TRANSPOSE,
                                 LN_OP_PADV2,
                                 LN_OP_SELECT_V2,
                                 LN_OP_SLICE,
                                 LN_OP_SPACE_TO_BATCH_ND,
                                 LN_OP_SPLIT_V,
                                 LN_OP_TRANSPOSE_CONV,
                                 -1};

static bool is_among(const int16_t* codes, int code) {
  while (*codes >= 0 && *codes != code) ++codes;
  return *codes >= 0;
}

void ln_check_operands(const ln_node* node) {
  ln_job* job = node->subgraph->graph->job;
  const bool all = is_among(kAll, node->code);
  const int needed = is_among(kOne, node->code)     ? 1
                     : is_among(kTwo, node->code)   ? 2
                     : is_among(kThree, node->code) ? 3
                                                    : all;
  if (needed == 0) return;
  if (node->input_count < needed)
    ln_stop(job, "%s \"%s\" has %d inputs; at least %d are right", node->place->op, node->place->name,
            (int)node->input_count, needed);
  for (int i = 0; i < (all ? node->input_count : needed); ++i)
    if (node->inputs[i] == NULL)
      ln_stop(job, "%s \"%s\": input %d is left out, and it must be there", node->place->op, node->place->name, i);
  if (node->output_count == 0) ln_stop(job, "%s \"%s\" has no output", node->place->op, node->place->name);
}
