/* SPACE_TO_BATCH_ND, a convolution, BATCH_TO_SPACE_ND: TensorFlow's form of a dilated convolution, of two or three
 * dimensions or, with reshapes around the convolution, of one. TFLite's convolutions dilate themselves. */
#include <string.h>

#include "convert/passes/passes.h"

typedef struct dilation {
  ln_node *to_batch, *before, *conv, *after,
      *to_space; /* before, after: reshapes around a one-dimensional one, or NULL */
  int one;       /* which of the convolution's dimensions a one-dimensional one does not have */
  int spatial;   /* dimensions of the convolution: 2 or 3 */
  int32_t block[3];
  int64_t pads[6]; /* what is padded in front and behind, less what is cropped */
} dilation;

static bool only_renames(const ln_node* node) {
  return node != NULL &&
         (node->code == LN_OP_RESHAPE || node->code == LN_OP_SQUEEZE || node->code == LN_OP_EXPAND_DIMS);
}

static bool is_plain_3d(const ln_node* conv) {
  return LN_GET(conv, Conv3DOptions, padding) == LN_PADDING_VALID && LN_GET(conv, Conv3DOptions, stride_d) == 1 &&
         LN_GET(conv, Conv3DOptions, stride_h) == 1 && LN_GET(conv, Conv3DOptions, stride_w) == 1 &&
         ln_node_get(conv, LN_SLOT(Conv3DOptions, dilation_d_factor), 1) == 1 &&
         ln_node_get(conv, LN_SLOT(Conv3DOptions, dilation_h_factor), 1) == 1 &&
         ln_node_get(conv, LN_SLOT(Conv3DOptions, dilation_w_factor), 1) == 1;
}

static bool is_plain(const ln_node* conv) {
  const ln_tensor* weights = conv->input_count > 1 ? conv->inputs[1] : NULL;
  if (weights == NULL || weights->rank != (conv->code == LN_OP_CONV_3D ? 5 : 4) || !ln_tensor_is_static(weights) ||
      !ln_is_float(conv->outputs[0]))
    return false;
  if (conv->code == LN_OP_CONV_3D) return is_plain_3d(conv);
  if (conv->code == LN_OP_CONV_2D)
    return LN_GET(conv, Conv2DOptions, padding) == LN_PADDING_VALID && LN_GET(conv, Conv2DOptions, stride_w) == 1 &&
           LN_GET(conv, Conv2DOptions, stride_h) == 1 &&
           ln_node_get(conv, LN_SLOT(Conv2DOptions, dilation_w_factor), 1) == 1 &&
           ln_node_get(conv, LN_SLOT(Conv2DOptions, dilation_h_factor), 1) == 1;
  return conv->code == LN_OP_DEPTHWISE_CONV_2D && LN_GET(conv, DepthwiseConv2DOptions, padding) == LN_PADDING_VALID &&
         LN_GET(conv, DepthwiseConv2DOptions, stride_w) == 1 && LN_GET(conv, DepthwiseConv2DOptions, stride_h) == 1 &&
         ln_node_get(conv, LN_SLOT(DepthwiseConv2DOptions, dilation_w_factor), 1) == 1 &&
         ln_node_get(conv, LN_SLOT(DepthwiseConv2DOptions, dilation_h_factor), 1) == 1;
}

/* Blocks, paddings and crops; `at`: which of the convolution's dimensions the first of them is. */
static bool read_numbers(dilation* d, int at, int count) {
  int64_t block[3], blocks[3], pads[6], crops[6];
  if (!ln_tensor_ints(d->to_batch->inputs[1], count, block) || !ln_tensor_ints(d->to_space->inputs[1], count, blocks) ||
      !ln_tensor_ints(d->to_batch->inputs[2], 2 * count, pads) ||
      !ln_tensor_ints(d->to_space->inputs[2], 2 * count, crops))
    return false;
  for (int i = 0; i < 3; ++i) d->block[i] = 1;
  memset(d->pads, 0, sizeof d->pads);
  for (int i = 0; i < count; ++i) {
    if (block[i] != blocks[i] || block[i] < 1 || block[i] > INT16_MAX || crops[2 * i] != 0) return false;
    d->block[at + i] = (int32_t)block[i];
    d->pads[2 * (at + i)] = pads[2 * i];
    d->pads[2 * (at + i) + 1] = pads[2 * i + 1] - crops[2 * i + 1];
    if (pads[2 * i] < 0 || pads[2 * i] > INT16_MAX || d->pads[2 * (at + i) + 1] < 0 || pads[2 * i + 1] > INT16_MAX)
      return false;
  }
  return true;
}

/* Fills in all but `conv`; false: it does not stand between the two. */
static bool find(ln_node* conv, dilation* d) {
  d->conv = conv;
  d->spatial = conv->code == LN_OP_CONV_3D ? 3 : 2;
  d->before = d->after = NULL;
  d->to_batch = ln_made_for_one(conv->inputs[0]);
  d->to_space = ln_only_user(conv->outputs[0]);
  if (only_renames(d->to_batch) && only_renames(d->to_space)) {
    d->before = d->to_batch;
    d->after = d->to_space;
    d->to_batch = ln_made_for_one(d->before->inputs[0]);
    d->to_space = ln_only_user(d->after->outputs[0]);
  }
  if (d->to_batch == NULL || d->to_batch->code != LN_OP_SPACE_TO_BATCH_ND || d->to_space == NULL ||
      d->to_space->code != LN_OP_BATCH_TO_SPACE_ND)
    return false;
  const ln_tensor *x = d->to_batch->inputs[0], *y = d->to_space->outputs[0], *inner = conv->inputs[0];
  if (d->before == NULL) return x->rank == 2 + d->spatial && y->rank == x->rank && read_numbers(d, 0, d->spatial);
  /* [N, W, C] with a dimension of 1 in front of W or behind it. */
  if (d->spatial != 2 || x->rank != 3 || y->rank != 3 || inner->rank != 4 || conv->outputs[0]->rank != 4) return false;
  const ln_tensor* weights = conv->inputs[1];
  d->one = inner->shape[0][1] == 1 && weights->shape[0][1] == 1 && conv->outputs[0]->shape[0][1] == 1   ? 1
           : inner->shape[0][2] == 1 && weights->shape[0][2] == 1 && conv->outputs[0]->shape[0][2] == 1 ? 2
                                                                                                        : 0;
  return d->one != 0 && read_numbers(d, d->one == 1 ? 1 : 0, 1);
}

static bool is_same(const dilation* d) {
  const int first = d->spatial == 3 ? 0 : 1; /* filters are [D,H,W,in,out] and [out,H,W,in] */
  for (int i = 0; i < d->spatial; ++i) {
    const int64_t total = (int64_t)(d->conv->inputs[1]->shape[0][first + i] - 1) * d->block[i];
    if (d->pads[2 * i] != total / 2 || d->pads[2 * i + 1] != total - total / 2) return false;
  }
  return true;
}

static void set_options(ln_node* conv, const int32_t block[3], bool same) {
  if (conv->code == LN_OP_CONV_3D) {
    LN_SET(conv, Conv3DOptions, dilation_d_factor, block[0]);
    LN_SET(conv, Conv3DOptions, dilation_h_factor, block[1]);
    LN_SET(conv, Conv3DOptions, dilation_w_factor, block[2]);
    if (same) LN_SET(conv, Conv3DOptions, padding, LN_PADDING_SAME);
  } else if (conv->code == LN_OP_CONV_2D) {
    LN_SET(conv, Conv2DOptions, dilation_h_factor, block[0]);
    LN_SET(conv, Conv2DOptions, dilation_w_factor, block[1]);
    if (same) LN_SET(conv, Conv2DOptions, padding, LN_PADDING_SAME);
  } else {
    LN_SET(conv, DepthwiseConv2DOptions, dilation_h_factor, block[0]);
    LN_SET(conv, DepthwiseConv2DOptions, dilation_w_factor, block[1]);
    if (same) LN_SET(conv, DepthwiseConv2DOptions, padding, LN_PADDING_SAME);
  }
}

/* [N, W, C] as [N, 1, W, C] or [N, W, 1, C], as the tensor that the convolution has of it; NULL: the reshape's constant
 * cannot be written. */
static ln_tensor* widened_shape(const dilation* d, ln_tensor* like, const ln_tensor* narrow) {
  for (int w = 0; w < 2; ++w)
    for (int i = 0, from = 0; i < 4; ++i) like->shape[w][i] = i == d->one ? 1 : narrow->shape[w][from++];
  return ln_shape_constant(like);
}

static bool widen(dilation* d) {
  ln_tensor *x = d->to_batch->inputs[0], *y = d->to_space->outputs[0];
  ln_tensor* narrow = ln_shape_constant(y);
  ln_tensor* shape = narrow != NULL ? widened_shape(d, d->conv->inputs[0], x) : NULL;
  if (shape == NULL) return false;
  widened_shape(d, d->conv->outputs[0], y);
  ln_become_binary(d->before, LN_OP_RESHAPE, x, shape);
  ln_become_binary(d->after, LN_OP_RESHAPE, d->conv->outputs[0], narrow);
  return true;
}

static void pad(const dilation* d) {
  int32_t numbers[10] = {0};
  const int32_t dims[] = {2 + d->spatial, 2};
  ln_tensor* x = d->conv->inputs[0];
  ln_subgraph* s = d->conv->subgraph;
  for (int i = 0; i < 2 * d->spatial; ++i) numbers[2 + i] = (int32_t)d->pads[i];
  ln_tensor* pads =
      ln_graph_constant(s, "paddings", LN_TYPE_INT32, 2, dims, ln_job_copy(s->graph->job, numbers, sizeof numbers));
  ln_tensor* padded = ln_put_before(d->conv, LN_OP_PAD, x, pads, x)->outputs[0];
  for (int w = 0; w < 2; ++w)
    for (int i = 0; i < d->spatial; ++i) padded->shape[w][1 + i] += numbers[2 + 2 * i] + numbers[3 + 2 * i];
  ln_node_set_input(d->conv, 0, padded);
}

static bool dilate(ln_node* conv) {
  dilation d;
  bool padded = false;
  if (!is_plain(conv) || !find(conv, &d)) return false;
  for (int i = 0; i < 6; ++i) padded = padded || d.pads[i] != 0;
  const bool same = is_same(&d);
  if (d.before != NULL) {
    if (!widen(&d)) return false;
  } else {
    ln_node_set_input(conv, 0, d.to_batch->inputs[0]);
  }
  if (padded && !same) pad(&d);
  set_options(conv, d.block, padded && same);
  ln_absorb(d.after != NULL ? d.after : conv, d.to_space);
  return true;
}

int ln_pass_dilations(ln_subgraph* subgraph) {
  int changes = 0;
  for (ln_node* node = subgraph->first; node != NULL; node = node->next)
    if (node->code == LN_OP_CONV_2D || node->code == LN_OP_DEPTHWISE_CONV_2D || node->code == LN_OP_CONV_3D)
      changes += dilate(node);
  return changes;
}
