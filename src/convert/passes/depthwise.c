/* A convolution of as many groups as channels is a depthwise one, which has an operator of its own. */
#include <string.h>

#include "convert/passes/passes.h"

/* [O,H,W,1] as [1,H,W,O] */
static ln_tensor* turned(const ln_tensor* weights) {
  const int32_t* d = weights->shape[0];
  const int32_t dims[] = {1, d[1], d[2], d[0]};
  const size_t outputs = (size_t)d[0], window = (size_t)d[1] * (size_t)d[2];
  const float* from = weights->data;
  float* to = ln_job_alloc_raw(weights->subgraph->graph->job, weights->data_bytes);
  for (size_t o = 0; o < outputs; ++o)
    for (size_t i = 0; i < window; ++i) to[i * outputs + o] = from[o * window + i];
  return ln_graph_constant(weights->subgraph, weights->name, LN_TYPE_FLOAT32, 4, dims, to);
}

static bool make_depthwise(ln_node* node) {
  const ln_tensor *x = node->inputs[0], *weights = node->input_count > 1 ? node->inputs[1] : NULL;
  if (weights == NULL || !ln_is_float(x) || !ln_is_float(weights) || !ln_tensor_is_constant(weights)) return false;
  if (x->rank != 4 || weights->rank != 4 || weights->shape[0][3] != 1 || !ln_dim_is_known(x, 3)) return false;
  const int32_t channels = x->shape[0][3], outputs = weights->shape[0][0];
  if (channels < 2 || outputs % channels != 0) return false;
  const int64_t padding = LN_GET(node, Conv2DOptions, padding), stride_w = LN_GET(node, Conv2DOptions, stride_w),
                stride_h = LN_GET(node, Conv2DOptions, stride_h),
                activation = LN_GET(node, Conv2DOptions, fused_activation_function),
                dilation_w = ln_node_get(node, LN_SLOT(Conv2DOptions, dilation_w_factor), 1),
                dilation_h = ln_node_get(node, LN_SLOT(Conv2DOptions, dilation_h_factor), 1);
  node->code = LN_OP_DEPTHWISE_CONV_2D;
  node->version = 1;
  node->options_table = LN_TABLE_DepthwiseConv2DOptions;
  node->option_count = 0;
  LN_SET(node, DepthwiseConv2DOptions, padding, padding);
  LN_SET(node, DepthwiseConv2DOptions, stride_w, stride_w);
  LN_SET(node, DepthwiseConv2DOptions, stride_h, stride_h);
  LN_SET(node, DepthwiseConv2DOptions, depth_multiplier, outputs / channels);
  LN_SET(node, DepthwiseConv2DOptions, fused_activation_function, activation);
  LN_SET(node, DepthwiseConv2DOptions, dilation_w_factor, dilation_w);
  LN_SET(node, DepthwiseConv2DOptions, dilation_h_factor, dilation_h);
  ln_node_set_input(node, 1, turned(weights));
  return true;
}

int ln_pass_depthwise(ln_subgraph* subgraph) {
  int changes = 0;
  for (ln_node* node = subgraph->first; node != NULL; node = node->next)
    if (node->code == LN_OP_CONV_2D) changes += make_depthwise(node);
  return changes;
}
