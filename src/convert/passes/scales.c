/* A multiplication or addition of one constant per channel behind a convolution or dense layer goes into its weights
 * and bias: batch normalization, scales, biases. */
#include <string.h>

#include "convert/passes/passes.h"

bool ln_find_channels(const ln_node* node, int* dim, int* bias) {
  *bias = 2;
  switch (node->code) {
    case LN_OP_CONV_2D:
    case LN_OP_FULLY_CONNECTED:
      *dim = 0;
      return true;
    case LN_OP_DEPTHWISE_CONV_2D:
      *dim = 3;
      return true;
    case LN_OP_CONV_3D:
      *dim = 4;
      return true;
    case LN_OP_TRANSPOSE_CONV:
      *dim = 0;
      *bias = 3;
      return true;
    default:
      return false;
  }
}

const float* ln_per_channel(const ln_tensor* t, int32_t channels, size_t* step) {
  if (t == NULL || !ln_tensor_is_constant(t) || !ln_is_float(t)) return NULL;
  const int64_t count = ln_tensor_elements(t);
  if (count == 1) return *step = 0, (const float*)t->data;
  if (count != channels || t->rank < 1 || t->shape[0][t->rank - 1] != channels) return NULL;
  return *step = 1, (const float*)t->data;
}

/* `count` weights of which `inner` side by side belong to one channel. */
static void scale(ln_job* job, void* to, const float* from, size_t count, size_t inner, size_t channels,
                  const float* by, size_t step) {
  enum { STRETCH = LN_JOB_STRETCH_BYTES / sizeof(float) };
  size_t channel = 0, in_channel = 0;
  float* part = ln_job_scratch(job, (count < STRETCH ? count : STRETCH) * sizeof(float));
  for (size_t at = 0, length; at < count; at += length) {
    length = count - at < STRETCH ? count - at : STRETCH;
    for (size_t k = 0, run; k < length; k += run) {
      const float factor = by[step * channel];
      run = inner - in_channel < length - k ? inner - in_channel : length - k;
      for (size_t i = k; i < k + run; ++i) part[i] = from[at + i] * factor;
      in_channel += run;
      if (in_channel < inner) continue;
      in_channel = 0;
      channel = channel + 1 < channels ? channel + 1 : 0;
    }
    ln_job_fill(job, to, at * sizeof(float), part, length * sizeof(float));
    ln_job_touch(job, length * sizeof(float));
  }
}

static ln_tensor* scaled(const ln_tensor* weights, int dim, const float* by, size_t step) {
  ln_job* job = weights->subgraph->graph->job;
  size_t inner = 1;
  for (int i = dim + 1; i < weights->rank; ++i) inner *= (size_t)weights->shape[0][i];
  const size_t channels = (size_t)weights->shape[0][dim], by_count = step != 0 ? channels : 1;
  size_t* how = ln_job_alloc(job, 2 + by_count, sizeof *how);
  how[0] = inner;
  how[1] = channels;
  memcpy(how + 2, by, by_count * sizeof *by);
  const size_t how_bytes = 2 * sizeof *how + by_count * sizeof *by;
  void* to = ln_job_find_derived(job, weights->data, how, how_bytes);
  if (to == NULL) {
    to = ln_job_alloc_raw(job, weights->data_bytes);
    scale(job, to, weights->data, weights->data_bytes / sizeof(float), inner, channels, by, step);
    ln_job_note_derived(job, weights->data, how, how_bytes, to);
  }
  return ln_graph_constant(weights->subgraph, weights->name, LN_TYPE_FLOAT32, weights->rank, weights->shape[0], to);
}

/* bias * by (NULL: 1) + more (NULL: 0) */
static ln_tensor* new_bias(const ln_node* node, const ln_tensor* bias, int32_t channels, const float* by,
                           size_t by_step, const float* more, size_t more_step) {
  ln_job* job = node->subgraph->graph->job;
  float* to = ln_job_alloc(job, (size_t)channels, sizeof *to);
  for (size_t i = 0; i < (size_t)channels; ++i) {
    float value = bias != NULL ? ((const float*)bias->data)[i] : 0;
    if (by != NULL) value *= by[by_step * i];
    if (more != NULL) value += more[more_step * i];
    to[i] = value;
  }
  const char* name = bias != NULL ? bias->name : ln_job_text(job, "%s/bias", node->outputs[0]->name);
  return ln_graph_constant(node->subgraph, name, LN_TYPE_FLOAT32, 1, &channels, to);
}

void ln_set_bias(ln_node* node, int index, ln_tensor* bias) {
  while (node->input_count < index) ln_node_add_input(node, NULL);
  if (node->input_count == index)
    ln_node_add_input(node, bias);
  else
    ln_node_set_input(node, index, bias);
}

bool ln_bias_of(const ln_node* node, int index, int32_t channels, ln_tensor** bias) {
  *bias = index < node->input_count ? node->inputs[index] : NULL;
  return *bias == NULL || (ln_tensor_is_constant(*bias) && ln_is_float(*bias) && ln_tensor_elements(*bias) == channels);
}

static bool fuse(ln_node* node) {
  for (int side = 0; side < 2; ++side) {
    ln_tensor* x = node->inputs[side];
    ln_node* layer = x != NULL ? x->producer : NULL;
    int dim, bias_index;
    size_t step;
    if (layer == NULL || x->uses != 1 || ln_is_output(x) || !ln_find_channels(layer, &dim, &bias_index)) continue;
    const ln_tensor* weights = layer->inputs[1];
    ln_tensor* bias;
    if (!ln_has_no_activation(layer) || weights == NULL || !ln_tensor_is_constant(weights) || !ln_is_float(weights) ||
        !ln_is_float(x) || weights->rank <= dim || !ln_shapes_equal(x, node->outputs[0]))
      continue;
    const int32_t channels = weights->shape[0][dim];
    if (x->rank < 1 || ln_dim(x, x->rank - 1) != channels) continue;
    const float* numbers = ln_per_channel(node->inputs[1 - side], channels, &step);
    if (numbers == NULL || !ln_bias_of(layer, bias_index, channels, &bias)) continue;
    if (node->inputs[1 - side]->rank > x->rank) continue;
    const bool subtract = node->code == LN_OP_SUB;
    if (subtract && side == 1) continue;
    float* negative = NULL;
    if (subtract) {
      const size_t count = step != 0 ? (size_t)channels : 1;
      negative = ln_job_alloc(node->subgraph->graph->job, count, sizeof *negative);
      for (size_t i = 0; i < count; ++i) negative[i] = -numbers[i];
    }
    if (node->code == LN_OP_MUL) {
      ln_node_set_input(layer, 1, scaled(weights, dim, numbers, step));
      if (bias != NULL) ln_set_bias(layer, bias_index, new_bias(layer, bias, channels, numbers, step, NULL, 0));
    } else {
      ln_set_bias(layer, bias_index, new_bias(layer, bias, channels, NULL, 0, subtract ? negative : numbers, step));
    }
    const int slot = ln_activation_slot(node->code);
    const int64_t activation = ln_node_get(node, slot, LN_ACT_NONE);
    if (activation != LN_ACT_NONE) ln_node_set(layer, ln_activation_slot(layer->code), activation);
    ln_absorb(layer, node);
    return true;
  }
  return false;
}

int ln_pass_scales(ln_subgraph* subgraph) {
  int changes = 0;
  for (ln_node *node = subgraph->first, *next; node != NULL; node = next) {
    next = node->next;
    if (node->code == LN_OP_MUL || node->code == LN_OP_ADD || node->code == LN_OP_SUB) changes += fuse(node);
  }
  return changes;
}
