/* A scale or shift of one constant per channel in front of dense layers and convolutions goes into their weights and
 * biases: what is left of batch, layer and group normalization. It may have several users if all are such layers. */
#include <string.h>

#include "convert/passes/passes.h"

/* The dimension of the weights that counts the input's channels. */
static int input_dim(const ln_node* layer) { return layer->code == LN_OP_FULLY_CONNECTED ? 1 : 3; }

/* With zeros padded, what is added in front is not added at the borders. */
static bool pads(const ln_node* layer) {
  const ln_tensor* weights = layer->inputs[1];
  if (layer->code == LN_OP_FULLY_CONNECTED || (weights->shape[0][1] == 1 && weights->shape[0][2] == 1)) return false;
  const int slot =
      layer->code == LN_OP_CONV_2D ? LN_SLOT(Conv2DOptions, padding) : LN_SLOT(DepthwiseConv2DOptions, padding);
  return ln_node_get(layer, slot, LN_PADDING_SAME) != LN_PADDING_VALID;
}

static bool can_take(const ln_node* layer, const ln_tensor* t, int32_t channels, bool adds) {
  int dim, index;
  ln_tensor* bias;
  if (layer->code != LN_OP_FULLY_CONNECTED && layer->code != LN_OP_CONV_2D && layer->code != LN_OP_DEPTHWISE_CONV_2D)
    return false;
  if (!ln_find_channels(layer, &dim, &index) || layer->inputs[0] != t || layer->input_count < 2) return false;
  const ln_tensor* weights = layer->inputs[1];
  if (!ln_tensor_is_constant(weights) || !ln_is_float(weights) || weights->uses != 1 || !ln_is_float(t)) return false;
  if (weights->rank != (layer->code == LN_OP_FULLY_CONNECTED ? 2 : 4)) return false;
  if (layer->code == LN_OP_FULLY_CONNECTED && LN_GET(layer, FullyConnectedOptions, weights_format) != 0) return false;
  if (layer->code == LN_OP_DEPTHWISE_CONV_2D ? weights->shape[0][3] % channels != 0
                                             : weights->shape[0][input_dim(layer)] != channels)
    return false;
  for (int i = 1; i < layer->input_count; ++i)
    if (layer->inputs[i] == t) return false;
  return ln_bias_of(layer, index, weights->shape[0][dim], &bias) && !(adds && pads(layer));
}

/* The numbers as often as the last dimension of the layer's weights is long: for each of its channels one, or as many
 * as a depthwise convolution makes of a channel. Whole rows of weights are worked on at once. */
static float* row_of(const ln_node* layer, const float* by, size_t step, size_t channels, size_t* length) {
  const ln_tensor* weights = layer->inputs[1];
  *length = (size_t)weights->shape[0][weights->rank - 1];
  float* row = ln_job_alloc(weights->subgraph->graph->job, *length, sizeof *row);
  for (size_t i = 0; i < *length; ++i) row[i] = by[step * (i / (*length / channels))];
  return row;
}

static size_t rows_at_once(size_t length, size_t row, size_t rows) {
  const size_t most = LN_JOB_STRETCH_BYTES / sizeof(float) / length;
  const size_t some = most > 0 ? most : 1;
  return some < rows - row ? some : rows - row;
}

static void scale_weights(ln_node* layer, const float* by, size_t step, size_t channels) {
  const ln_tensor* weights = layer->inputs[1];
  ln_job* job = weights->subgraph->graph->job;
  size_t length;
  const float* factors = row_of(layer, by, step, channels, &length);
  const size_t rows = length > 0 ? weights->data_bytes / sizeof(float) / length : 0;
  float* to = ln_job_alloc_raw(job, weights->data_bytes);
  for (size_t row = 0, some; row < rows; row += some) {
    some = rows_at_once(length, row, rows);
    const float* from = (const float*)weights->data + row * length;
    float* part = ln_job_scratch(job, some * length * sizeof(float));
    for (size_t k = 0; k < some * length; k += length)
      for (size_t i = 0; i < length; ++i) part[k + i] = from[k + i] * factors[i];
    ln_job_fill(job, to, row * length * sizeof(float), part, some * length * sizeof(float));
    ln_job_touch(job, some * length * sizeof(float));
  }
  ln_node_set_input(
      layer, 1,
      ln_graph_constant(weights->subgraph, weights->name, LN_TYPE_FLOAT32, weights->rank, weights->shape[0], to));
}

/* bias + sign * sum over the window and the input's channels of weight * shift */
static void shift_bias(ln_node* layer, const float* by, size_t step, size_t channels, double sign) {
  int dim, index;
  ln_tensor* bias;
  const ln_tensor* weights = layer->inputs[1];
  ln_find_channels(layer, &dim, &index);
  const int32_t outputs = weights->shape[0][dim];
  ln_bias_of(layer, index, outputs, &bias);
  ln_job* job = weights->subgraph->graph->job;
  double* sums = ln_job_alloc(job, (size_t)outputs, sizeof *sums);
  size_t length;
  const float* shifts = row_of(layer, by, step, channels, &length);
  const size_t rows = length > 0 ? weights->data_bytes / sizeof(float) / length : 0;
  for (size_t row = 0, some; row < rows; row += some) {
    some = rows_at_once(length, row, rows);
    const float* from = (const float*)weights->data + row * length;
    for (size_t k = 0; k < some; ++k)
      for (size_t i = 0; i < length; ++i)
        sums[dim == 0 ? (row + k) / (rows / (size_t)outputs) : i] += (double)from[k * length + i] * (double)shifts[i];
    ln_job_touch(job, some * length * sizeof(float));
  }
  float* to = ln_job_alloc(job, (size_t)outputs, sizeof *to);
  for (int32_t i = 0; i < outputs; ++i)
    to[i] = (float)((bias != NULL ? (double)((const float*)bias->data)[i] : 0) + sign * sums[i]);
  const char* name = bias != NULL ? bias->name : ln_job_text(job, "%s/bias", layer->outputs[0]->name);
  ln_set_bias(layer, index, ln_graph_constant(weights->subgraph, name, LN_TYPE_FLOAT32, 1, &outputs, to));
}

static bool hand_on(ln_node* node, int side) {
  ln_tensor *x = node->inputs[side], *out = node->outputs[0];
  const int32_t channels = ln_is_float(x) && x->rank > 0 ? ln_dim(x, x->rank - 1) : -1;
  size_t step;
  if (channels < 1 || !ln_shapes_equal(x, out) || node->inputs[1 - side]->rank > x->rank) return false;
  const float* numbers = ln_per_channel(node->inputs[1 - side], channels, &step);
  int users = 0;
  if (numbers == NULL) return false;
  for (const ln_node* layer = node->next; layer != NULL && users < out->uses; layer = layer->next)
    for (int i = 0; i < layer->input_count; ++i) {
      if (layer->inputs[i] != out) continue;
      if (!can_take(layer, out, channels, node->code != LN_OP_MUL)) return false;
      ++users;
    }
  if (users == 0 || users != out->uses) return false;
  for (ln_node* layer = node->next; layer != NULL; layer = layer->next) {
    if (layer->input_count == 0 || layer->inputs[0] != out) continue;
    if (node->code == LN_OP_MUL)
      scale_weights(layer, numbers, step, (size_t)channels);
    else
      shift_bias(layer, numbers, step, (size_t)channels, node->code == LN_OP_SUB ? -1 : 1);
    ln_node_set_input(layer, 0, x);
  }
  ln_node_remove(node);
  return true;
}

int ln_pass_following(ln_subgraph* subgraph) {
  int changes = 0;
  /* Backwards: a shift behind a scale goes first. */
  for (ln_node *node = subgraph->last, *prev; node != NULL; node = prev) {
    prev = node->prev;
    if ((node->code != LN_OP_MUL && node->code != LN_OP_ADD && node->code != LN_OP_SUB) ||
        !ln_has_no_activation(node) || ln_is_output(node->outputs[0]))
      continue;
    changes += hand_on(node, 0) || (node->code != LN_OP_SUB && hand_on(node, 1));
  }
  return changes;
}
