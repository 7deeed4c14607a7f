/* CONV_3D: a volume [N,D,H,W,C] under filters [d,h,w,C,O]; CONV_3D_TRANSPOSE: one spread by filters [d,h,w,O,C] to the
 * shape that its first input gives. */
#include "kernels/generic/conv3d.h"
#include "ops/builtin_ops.h"
#include "ops/op_util.h"

enum { kBatch, kDepth, kHeight, kWidth, kChannels, kRank };

typedef struct conv3d_tensors {
  const TfLiteTensor *input, *filter, *bias, *shape; /* bias may be NULL; shape is the transpose's */
  TfLiteTensor* output;
} conv3d_tensors;

LN_DEFINE_INIT(init, ln_conv3d, 0)

static TfLiteStatus get_tensors(TfLiteContext* context, const TfLiteNode* node, bool transposed, conv3d_tensors* t) {
  t->shape = transposed ? ln_optional_input(context, node, 0) : NULL;
  LN_TRY(ln_get_input(context, node, transposed ? 2 : 0, &t->input));
  LN_TRY(ln_get_input(context, node, 1, &t->filter));
  t->bias = ln_optional_input(context, node, transposed ? 3 : 2);
  return ln_get_output(context, node, 0, &t->output);
}

static TfLiteStatus check_tensors(TfLiteContext* context, const conv3d_tensors* t, int in_axis, int out_axis) {
  LN_TRY(ln_check_type(context, t->input, "input", kTfLiteFloat32));
  LN_TRY(ln_check_type(context, t->filter, "the filter", kTfLiteFloat32));
  LN_TRY(ln_check_type(context, t->output, "output", kTfLiteFloat32));
  LN_CHECK(context, t->filter->sparsity == NULL, "the filter is sparse; a dense one is right");
  LN_CHECK(context, ln_rank(t->input) == kRank && ln_rank(t->filter) == kRank,
           "input has rank %d and the filter %d; 5 is right", ln_rank(t->input), ln_rank(t->filter));
  LN_CHECK(context, ln_dim(t->input, kChannels) == ln_dim(t->filter, in_axis),
           "input has %d channels and the filter %d; equal numbers are right", ln_dim(t->input, kChannels),
           ln_dim(t->filter, in_axis));
  if (t->bias == NULL) return kTfLiteOk;
  LN_TRY(ln_check_type(context, t->bias, "the bias", kTfLiteFloat32));
  LN_CHECK(context, ln_num_elements(t->bias) == ln_dim(t->filter, out_axis), "the bias has %lld values; %d are right",
           (long long)ln_num_elements(t->bias), ln_dim(t->filter, out_axis));
  return kTfLiteOk;
}

/* Everything but the extents of the output and the padding. */
static TfLiteStatus set_params(TfLiteContext* context, const TfLiteConv3DParams* params, const conv3d_tensors* t,
                               int in_axis, int out_axis, ln_conv3d* c) {
  const int32_t strides[3] = {params->stride_depth, params->stride_height, params->stride_width};
  const int32_t dilations[3] = {params->dilation_depth_factor, params->dilation_height_factor,
                                params->dilation_width_factor};
  for (int i = 0; i < 3; ++i) {
    c->in[i] = ln_dim(t->input, kDepth + i);
    c->filter[i] = ln_dim(t->filter, i);
    c->stride[i] = strides[i];
    c->dilation[i] = dilations[i];
    LN_CHECK(context, c->filter[i] >= 1 && c->stride[i] >= 1 && c->dilation[i] >= 1,
             "axis %d has filter %d, stride %d, dilation %d; each must be at least 1", kDepth + i, c->filter[i],
             c->stride[i], c->dilation[i]);
  }
  c->in_channels = (size_t)ln_dim(t->filter, in_axis);
  c->out_channels = (size_t)ln_dim(t->filter, out_axis);
  return ln_activation_range_f32(context, params->activation, &c->low, &c->high);
}

static TfLiteStatus begin(TfLiteContext* context, const TfLiteNode* node, bool transposed, conv3d_tensors* t) {
  const int in_axis = transposed ? 4 : 3, out_axis = transposed ? 3 : 4, inputs = transposed ? 3 : 2;
  LN_CHECK(context, node->builtin_data != NULL, "the options are missing");
  LN_TRY(ln_check_io(context, node, inputs, inputs + 1, 1));
  LN_TRY(get_tensors(context, node, transposed, t));
  LN_TRY(check_tensors(context, t, in_axis, out_axis));
  return set_params(context, node->builtin_data, t, in_axis, out_axis, node->user_data);
}

typedef struct conv3d_run {
  const ln_conv3d* conv;
  const float *in, *filter, *bias;
  float* out;
  size_t first;
} conv3d_run;

enum { kLines = 1024 };

static void run_line(void* arg, size_t line) {
  const conv3d_run* r = arg;
  ln_conv3d_line_f32(r->conv, r->in, r->filter, r->bias, r->first + line, r->out);
}

static void run_transposed_line(void* arg, size_t line) {
  const conv3d_run* r = arg;
  ln_tconv3d_line_f32(r->conv, r->in, r->filter, r->bias, r->first + line, r->out);
}

/* Some lines at a time, so that it can be given up. */
static TfLiteStatus run(TfLiteContext* context, const TfLiteNode* node, const conv3d_tensors* t,
                        void (*task)(void* arg, size_t line)) {
  conv3d_run r = {node->user_data,   t->input->data.f,
                  t->filter->data.f, t->bias != NULL ? t->bias->data.f : NULL,
                  t->output->data.f, 0};
  const TfLiteTensor* output = t->output;
  const size_t lines =
      (size_t)ln_dim(output, kBatch) * (size_t)ln_dim(output, kDepth) * (size_t)ln_dim(output, kHeight);
  if (output->bytes == 0) return kTfLiteOk;
  for (r.first = 0; r.first < lines; r.first += kLines) {
    if (r.first > 0 && ln_is_cancelled(context)) return kTfLiteCancelled;
    ln_parallel_for(context, task, &r, lines - r.first < kLines ? lines - r.first : kLines);
  }
  return kTfLiteOk;
}

/* ---- CONV_3D ---- */

static TfLiteStatus conv_prepare(TfLiteContext* context, TfLiteNode* node) {
  const TfLiteConv3DParams* params = node->builtin_data;
  ln_conv3d* c = node->user_data;
  conv3d_tensors t;
  int32_t dims[kRank];
  LN_TRY(begin(context, node, false, &t));
  for (int i = 0; i < 3; ++i) {
    ln_window window;
    LN_TRY(ln_compute_window(context, params->padding, c->in[i], c->filter[i], c->stride[i], c->dilation[i], &window));
    c->out[i] = dims[kDepth + i] = window.out;
    c->pad[i] = window.pad_before;
  }
  dims[kBatch] = ln_dim(t.input, kBatch);
  dims[kChannels] = ln_dim(t.filter, 4);
  return ln_resize(context, t.output, kRank, dims);
}

static TfLiteStatus conv_invoke(TfLiteContext* context, TfLiteNode* node) {
  conv3d_tensors t;
  LN_TRY(get_tensors(context, node, false, &t));
  return run(context, node, &t, run_line);
}

/* ---- CONV_3D_TRANSPOSE ---- */

/* The output's shape must be one that a convolution takes to the input's. */
static TfLiteStatus resize_transposed(TfLiteContext* context, const TfLiteNode* node, const conv3d_tensors* t) {
  const TfLiteConv3DParams* params = node->builtin_data;
  ln_conv3d* c = node->user_data;
  int32_t dims[kRank];
  int count;
  LN_TRY(ln_read_ints(context, t->shape, "the output's shape", kRank, dims, &count));
  LN_CHECK(context, count == kRank, "the output's shape has %d extents; 5 are right", count);
  LN_CHECK(context, dims[kBatch] == ln_dim(t->input, kBatch) && dims[kChannels] == ln_dim(t->filter, 3),
           "the output's shape has %d batches and %d channels; %d and %d are right", dims[kBatch], dims[kChannels],
           ln_dim(t->input, kBatch), ln_dim(t->filter, 3));
  for (int i = 0; i < 3; ++i) {
    ln_window window;
    LN_CHECK(context, dims[kDepth + i] >= 0, "extent %d of the output's shape is %d; at least 0 is right", kDepth + i,
             dims[kDepth + i]);
    LN_TRY(ln_compute_window(context, params->padding, dims[kDepth + i], c->filter[i], c->stride[i], c->dilation[i],
                             &window));
    LN_CHECK(context, window.out == c->in[i],
             "extent %d of the output's shape is %d; it belongs to an input of %d, and this one has %d", kDepth + i,
             dims[kDepth + i], window.out, c->in[i]);
    c->out[i] = dims[kDepth + i];
    c->pad[i] = window.pad_before;
  }
  return ln_resize(context, t->output, kRank, dims);
}

static TfLiteStatus transpose_prepare(TfLiteContext* context, TfLiteNode* node) {
  conv3d_tensors t;
  LN_TRY(begin(context, node, true, &t));
  LN_CHECK(context, t.shape != NULL, "the output's shape is left out");
  LN_TRY(ln_check_type(context, t.shape, "the output's shape", kTfLiteInt32));
  LN_CHECK(context, ln_rank(t.shape) == 1 && ln_dim(t.shape, 0) == kRank, "the output's shape is not 5 numbers");
  if (ln_is_constant(t.shape)) return resize_transposed(context, node, &t);
  ln_set_dynamic(t.output);
  return kTfLiteOk;
}

static TfLiteStatus transpose_invoke(TfLiteContext* context, TfLiteNode* node) {
  conv3d_tensors t;
  LN_TRY(get_tensors(context, node, true, &t));
  if (ln_is_dynamic(t.output)) LN_TRY(resize_transposed(context, node, &t));
  return run(context, node, &t, run_transposed_line);
}

const TfLiteRegistration ln_op_conv_3d = {
    .init = init, .free = ln_free_node_data, .prepare = conv_prepare, .invoke = conv_invoke};
const TfLiteRegistration ln_op_conv_3d_transpose = {
    .init = init, .free = ln_free_node_data, .prepare = transpose_prepare, .invoke = transpose_invoke};
