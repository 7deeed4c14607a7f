/* A pad of zeros in front of a convolution is its own padding where SAME pads just as much; pads of pads are one. */
#include <string.h>

#include "convert/passes/passes.h"

typedef struct window {
  int32_t kernel[2], stride[2], dilation[2];
  int padding_slot;
} window;

static bool read_window(const ln_node* node, window* w) {
  const ln_tensor* weights = node->input_count > 1 ? node->inputs[1] : NULL;
  if (weights == NULL || weights->rank != 4 || !ln_tensor_is_static(weights)) return false;
  if (node->code == LN_OP_CONV_2D) {
    w->stride[0] = (int32_t)LN_GET(node, Conv2DOptions, stride_h);
    w->stride[1] = (int32_t)LN_GET(node, Conv2DOptions, stride_w);
    w->dilation[0] = (int32_t)ln_node_get(node, LN_SLOT(Conv2DOptions, dilation_h_factor), 1);
    w->dilation[1] = (int32_t)ln_node_get(node, LN_SLOT(Conv2DOptions, dilation_w_factor), 1);
    w->padding_slot = LN_SLOT(Conv2DOptions, padding);
  } else if (node->code == LN_OP_DEPTHWISE_CONV_2D) {
    w->stride[0] = (int32_t)LN_GET(node, DepthwiseConv2DOptions, stride_h);
    w->stride[1] = (int32_t)LN_GET(node, DepthwiseConv2DOptions, stride_w);
    w->dilation[0] = (int32_t)ln_node_get(node, LN_SLOT(DepthwiseConv2DOptions, dilation_h_factor), 1);
    w->dilation[1] = (int32_t)ln_node_get(node, LN_SLOT(DepthwiseConv2DOptions, dilation_w_factor), 1);
    w->padding_slot = LN_SLOT(DepthwiseConv2DOptions, padding);
  } else {
    return false;
  }
  w->kernel[0] = weights->shape[0][1];
  w->kernel[1] = weights->shape[0][2];
  return w->stride[0] > 0 && w->stride[1] > 0;
}

/* What SAME pads in front and behind. */
static void same_padding(int32_t extent, int32_t kernel, int32_t stride, int32_t dilation, int64_t pads[2]) {
  const int64_t reach = (int64_t)(kernel - 1) * dilation + 1, out = ((int64_t)extent + stride - 1) / stride;
  int64_t total = (out - 1) * stride + reach - extent;
  if (total < 0) total = 0;
  pads[0] = total / 2;
  pads[1] = total - total / 2;
}

static bool read_pads(const ln_node* node, int rank, int64_t* pads) {
  return node->code == LN_OP_PAD && ln_is_float(node->inputs[0]) && ln_tensor_ints(node->inputs[1], 2 * rank, pads);
}

/* The order of dimensions that a transpose between pad and convolution makes; none: as they are. */
static bool read_order(const ln_node* transpose, int64_t order[4]) {
  for (int i = 0; i < 4; ++i) order[i] = i;
  if (transpose == NULL) return true;
  if (!ln_tensor_ints(transpose->inputs[1], 4, order)) return false;
  for (int i = 0; i < 4; ++i)
    if (order[i] < 0 || order[i] > 3) return false;
  return true;
}

static bool into_convolution(ln_node* node) {
  window w;
  int64_t pads[8], same[2], order[4];
  if (!read_window(node, &w) || ln_node_get(node, w.padding_slot, 0) != LN_PADDING_VALID) return false;
  ln_node* transpose = ln_private_producer(node->inputs[0], LN_OP_TRANSPOSE);
  ln_node* pad = transpose != NULL         ? transpose->inputs[0]->producer
                 : node->inputs[0] != NULL ? node->inputs[0]->producer
                                           : NULL;
  if (pad == NULL || !read_pads(pad, 4, pads) || !read_order(transpose, order)) return false;
  ln_tensor* x = pad->inputs[0];
  for (int i = 0; i < 4; ++i) {
    const int64_t* here = &pads[2 * order[i]];
    if (i == 0 || i == 3) {
      if (here[0] != 0 || here[1] != 0) return false;
      continue;
    }
    if (!ln_dim_is_known(x, (int)order[i])) return false;
    same_padding(x->shape[0][order[i]], w.kernel[i - 1], w.stride[i - 1], w.dilation[i - 1], same);
    if (same[0] != here[0] || same[1] != here[1]) return false;
  }
  ln_node_set(node, w.padding_slot, LN_PADDING_SAME);
  if (transpose == NULL) {
    ln_node_set_input(node, 0, x);
    return true;
  }
  ln_node_set_input(transpose, 0, x);
  for (int k = 0; k < 2; ++k)
    for (int i = 0; i < 4; ++i) transpose->outputs[0]->shape[k][i] = x->shape[k][order[i]];
  return true;
}

static bool into_pad(ln_node* node) {
  int64_t inner[2 * LN_MAX_DIMS], outer[2 * LN_MAX_DIMS];
  int32_t sum[2 * LN_MAX_DIMS];
  const int rank = node->inputs[0]->rank;
  ln_node* before = ln_private_producer(node->inputs[0], LN_OP_PAD);
  if (before == NULL || rank < 1 || !read_pads(node, rank, outer) || !read_pads(before, rank, inner)) return false;
  for (int i = 0; i < 2 * rank; ++i) sum[i] = (int32_t)(inner[i] + outer[i]);
  const int32_t dims[2] = {rank, 2};
  ln_subgraph* s = node->subgraph;
  ln_tensor* pads = ln_graph_constant(s, node->inputs[1]->name, LN_TYPE_INT32, 2, dims,
                                      ln_job_copy(s->graph->job, sum, 2 * sizeof(int32_t) * (size_t)rank));
  ln_node_set_input(node, 1, pads);
  ln_node_set_input(node, 0, before->inputs[0]);
  ln_node_remove(before);
  return true;
}

int ln_pass_pads(ln_subgraph* subgraph) {
  int changes = 0;
  for (ln_node* node = subgraph->first; node != NULL; node = node->next)
    changes += node->code == LN_OP_PAD ? into_pad(node) : into_convolution(node);
  return changes;
}
