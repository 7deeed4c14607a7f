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

/* Which of the input's channels a weight belongs to. */
static size_t channel_of(const ln_node* layer, size_t weight, size_t channels) {
  const size_t last = (size_t)layer->inputs[1]->shape[0][layer->inputs[1]->rank - 1];
  return layer->code == LN_OP_DEPTHWISE_CONV_2D ? weight % last / (last / channels) : weight % last;
}

static void scale_weights(ln_node* layer, const float* by, size_t step, size_t channels) {
  const ln_tensor* weights = layer->inputs[1];
  const float* from = weights->data;
  float* to = ln_job_alloc_raw(weights->subgraph->graph->job, weights->data_bytes);
  for (size_t i = 0; i < weights->data_bytes / sizeof(float); ++i)
    to[i] = from[i] * by[step * channel_of(layer, i, channels)];
  ln_node_set_input(
      layer, 1,
      ln_graph_constant(weights->subgraph, weights->name, LN_TYPE_FLOAT32, weights->rank, weights->shape[0], to));
}

/* bias + sign * sum over the window and the input's channels of weight * shift */
static void shift_bias(ln_node* layer, const float* by, size_t step, size_t channels, double sign) {
  int dim, index;
  ln_tensor* bias;
  const ln_tensor* weights = layer->inputs[1];
  const float* from = weights->data;
  ln_find_channels(layer, &dim, &index);
  const int32_t outputs = weights->shape[0][dim];
  ln_bias_of(layer, index, outputs, &bias);
  ln_job* job = weights->subgraph->graph->job;
  double* sums = ln_job_alloc(job, (size_t)outputs, sizeof *sums);
  const size_t count = weights->data_bytes / sizeof(float),
               each = count > 0 && outputs > 0 ? count / (size_t)outputs : 1;
  for (size_t i = 0; i < count; ++i)
    sums[dim == 0 ? i / each : i % (size_t)outputs] +=
        (double)from[i] * (double)by[step * channel_of(layer, i, channels)];
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
