#include "convert/costs.h"

#include "model/model.h"

/* One that is unknown stands there as what was put for it: multiples of a batch are of one of 1. */
static double extent(const ln_tensor* t, int dim) {
  if (dim < 0 || dim >= t->rank) return 1;
  const int64_t first = t->shape[0][dim], second = t->shape[1][dim];
  return (double)(first != second && first * LN_U1_FIRST == second * LN_U0_FIRST ? first / LN_U0_FIRST : first);
}

double ln_known_elements(const ln_tensor* tensor) {
  double elements = 1;
  for (int i = 0; i < tensor->rank; ++i) elements *= extent(tensor, i);
  return elements;
}

double ln_known_bytes(const ln_tensor* tensor) {
  if (tensor->data != NULL) return (double)tensor->data_bytes;
  size_t bytes;
  return ln_tensor_type_bytes(tensor->type, 8, &bytes) ? ln_known_elements(tensor) * (double)bytes / 8 : 0;
}

/* Of a convolution: for every output the elements of one filter. */
static double of_filter(const ln_tensor* out, const ln_tensor* weights, int outputs_dim) {
  const double outputs = extent(weights, outputs_dim);
  return outputs > 0 ? ln_known_elements(out) * ln_known_elements(weights) / outputs : 0;
}

static double window(const ln_node* node) {
  return (double)LN_GET(node, Pool2DOptions, filter_width) * (double)LN_GET(node, Pool2DOptions, filter_height);
}

static double multiply_adds(const ln_node* node) {
  const ln_tensor *x = node->input_count > 0 ? node->inputs[0] : NULL,
                  *second = node->input_count > 1 ? node->inputs[1] : NULL,
                  *out = node->output_count > 0 ? node->outputs[0] : NULL;
  if (x == NULL || out == NULL) return 0;
  switch (node->code) {
    case LN_OP_CONV_2D:
    case LN_OP_FULLY_CONNECTED:
      return second != NULL ? of_filter(out, second, 0) : 0;
    case LN_OP_DEPTHWISE_CONV_2D:
      return second != NULL ? of_filter(out, second, 3) : 0;
    case LN_OP_CONV_3D:
      return second != NULL ? of_filter(out, second, 4) : 0;
    case LN_OP_TRANSPOSE_CONV:
      x = node->input_count > 2 ? node->inputs[2] : NULL;
      return x != NULL && second != NULL ? of_filter(x, second, 3) : 0;
    case LN_OP_CONV_3D_TRANSPOSE:
      x = node->input_count > 2 ? node->inputs[2] : NULL;
      return x != NULL && second != NULL ? of_filter(x, second, 4) : 0;
    case LN_OP_BATCH_MATMUL:
      return ln_known_elements(out) *
             extent(x, LN_GET(node, BatchMatMulOptions, adj_x) != 0 ? x->rank - 2 : x->rank - 1);
    case LN_OP_AVERAGE_POOL_2D:
    case LN_OP_L2_POOL_2D:
      return ln_known_elements(out) * window(node);
    case LN_OP_MUL:
    case LN_OP_ADD:
    case LN_OP_SUB:
    case LN_OP_DIV:
    case LN_OP_SQUARED_DIFFERENCE:
    case LN_OP_SQUARE:
    case LN_OP_RESIZE_BILINEAR:
      return ln_known_elements(out);
    case LN_OP_MEAN:
    case LN_OP_SUM:
    case LN_OP_SOFTMAX:
    case LN_OP_L2_NORMALIZATION:
    case LN_OP_GELU:
    case LN_OP_HARD_SWISH:
    case LN_OP_LOGISTIC:
    case LN_OP_TANH:
    case LN_OP_EXP:
      return ln_known_elements(x);
    default:
      break;
  }
  /* The fused recurrent layers: every weight once for each step. */
  double weights = 0;
  for (int i = 1; i < node->input_count; ++i)
    if (ln_tensor_is_constant(node->inputs[i]) && node->inputs[i]->rank == 2)
      weights += ln_known_elements(node->inputs[i]);
  switch (node->code) {
    case LN_OP_UNIDIRECTIONAL_SEQUENCE_LSTM:
    case LN_OP_BIDIRECTIONAL_SEQUENCE_LSTM:
    case LN_OP_UNIDIRECTIONAL_SEQUENCE_RNN:
    case LN_OP_BIDIRECTIONAL_SEQUENCE_RNN:
      return weights * extent(x, 0) * extent(x, 1);
    case LN_OP_LSTM:
    case LN_OP_RNN:
    case LN_OP_SVDF:
      return weights * extent(x, 0);
    default:
      return 0;
  }
}

ln_cost ln_node_cost(const ln_node* node) {
  ln_cost cost = {multiply_adds(node), 0, 0, 0};
  for (int i = 0; i < node->input_count; ++i) {
    if (node->inputs[i] == NULL) continue;
    *(ln_tensor_is_constant(node->inputs[i]) ? &cost.weight_bytes : &cost.read_bytes) +=
        ln_known_bytes(node->inputs[i]);
  }
  for (int i = 0; i < node->output_count; ++i) cost.written_bytes += ln_known_bytes(node->outputs[i]);
  return cost;
}
