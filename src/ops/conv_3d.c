/* CONV_3D: a volume [N,D,H,W,C] under filters [d,h,w,C,O]; CONV_3D_TRANSPOSE: one spread by filters [d,h,w,O,C] to the
 * shape that its first input gives. The arithmetic is a matrix product: ops/matrix.h, ops/transposed.h. */
#include "ops/builtin_ops.h"
#include "ops/op_util.h"
#include "ops/transposed.h"

enum { kBatch, kDepth, kHeight, kWidth, kChannels, kRank };

typedef struct conv3d_tensors {
  const TfLiteTensor *input, *filter, *bias, *shape; /* bias may be NULL; shape is the transpose's */
  TfLiteTensor* output;
} conv3d_tensors;

typedef struct conv3d_data {
  ln_transposed product; /* first: ln_transposed_free; of CONV_3D the matrix and the axes */
  int first_temporary;
} conv3d_data;

LN_DEFINE_INIT(init, conv3d_data, .first_temporary = -1)

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
  LN_CHECK(context, ln_dim(t->input, kChannels) == ln_dim(t->filter, in_axis) && ln_dim(t->filter, in_axis) > 0,
           "input has %d channels and the filter %d; equal numbers above 0 are right", ln_dim(t->input, kChannels),
           ln_dim(t->filter, in_axis));
  if (t->bias == NULL) return kTfLiteOk;
  LN_TRY(ln_check_type(context, t->bias, "the bias", kTfLiteFloat32));
  LN_CHECK(context, ln_num_elements(t->bias) == ln_dim(t->filter, out_axis), "the bias has %lld values; %d are right",
           (long long)ln_num_elements(t->bias), ln_dim(t->filter, out_axis));
  return kTfLiteOk;
}

/* Everything but the extents of the output and the padding. */
static TfLiteStatus set_params(TfLiteContext* context, const TfLiteConv3DParams* params, const conv3d_tensors* t,
                               ln_transposed* p) {
  const int32_t strides[3] = {params->stride_depth, params->stride_height, params->stride_width};
  const int32_t dilations[3] = {params->dilation_depth_factor, params->dilation_height_factor,
                                params->dilation_width_factor};
  size_t tap = (size_t)ln_dim(t->filter, 3) * (size_t)ln_dim(t->filter, 4);
  p->batch = ln_dim(t->input, kBatch);
  p->channels = ln_dim(t->input, kChannels);
  for (int i = 3; i-- > 0; tap *= (size_t)ln_dim(t->filter, i)) {
    ln_transposed_axis* axis = &p->axes[i];
    axis->in = ln_dim(t->input, kDepth + i);
    axis->filter = ln_dim(t->filter, i);
    axis->stride = strides[i];
    axis->dilation = dilations[i];
    axis->tap_stride = tap;
    LN_CHECK(context, axis->filter >= 1 && axis->stride >= 1 && axis->dilation >= 1,
             "axis %d has filter %d, stride %d, dilation %d; each must be at least 1", kDepth + i, axis->filter,
             axis->stride, axis->dilation);
  }
  p->matrix.rule = LN_MATRIX_F32;
  p->matrix.in_type = p->matrix.weights_type = p->matrix.out_type = kTfLiteFloat32;
  return ln_activation_range_f32(context, params->activation, &p->matrix.low_f, &p->matrix.high_f);
}

static TfLiteStatus begin(TfLiteContext* context, TfLiteNode* node, bool transposed, conv3d_tensors* t) {
  const int in_axis = transposed ? 4 : 3, out_axis = transposed ? 3 : 4, inputs = transposed ? 3 : 2;
  conv3d_data* d = node->user_data;
  LN_CHECK(context, node->builtin_data != NULL, "the options are missing");
  LN_TRY(ln_check_io(context, node, inputs, inputs + 1, 1));
  LN_TRY(ln_set_temporaries(context, node, 1, &d->first_temporary));
  LN_TRY(get_tensors(context, node, transposed, t));
  LN_TRY(check_tensors(context, t, in_axis, out_axis));
  d->product.outputs = ln_dim(t->filter, out_axis);
  return set_params(context, node->builtin_data, t, &d->product);
}

/* With the matrix's parts made. */
static TfLiteStatus finish(TfLiteContext* context, TfLiteNode* node, const conv3d_tensors* t) {
  ln_transposed* p = &((conv3d_data*)node->user_data)->product;
  LN_TRY(ln_transposed_prepare(context, p, t->filter));
  if (p->matrix.packed_is_constant && (t->bias == NULL || ln_is_constant(t->bias)))
    LN_TRY(ln_matrix_load(context, &p->matrix, t->filter, t->bias));
  return ln_set_scratch(context, node, 0, p->scratch_bytes);
}

/* ---- CONV_3D ---- */

static TfLiteStatus make_part(TfLiteContext* context, ln_transposed* p) {
  const size_t taps = (size_t)p->axes[0].filter * (size_t)p->axes[1].filter * (size_t)p->axes[2].filter;
  LN_TRY(ln_matrix_make_parts(context, &p->matrix, 1));
  p->matrix.columns = (size_t)p->outputs;
  p->matrix.channel_groups = 1;
  p->matrix.parts[0].layout = (ln_gemm_layout){.columns = p->matrix.columns,
                                               .taps_y = 1,
                                               .taps_x = 1,
                                               .channels = taps * (size_t)p->channels,
                                               .column_stride = 1,
                                               .channel_stride = p->matrix.columns};
  return kTfLiteOk;
}

static TfLiteStatus conv_prepare(TfLiteContext* context, TfLiteNode* node) {
  const TfLiteConv3DParams* params = node->builtin_data;
  ln_transposed* p = &((conv3d_data*)node->user_data)->product;
  conv3d_tensors t;
  int32_t dims[kRank];
  LN_TRY(begin(context, node, false, &t));
  for (int i = 0; i < 3; ++i) {
    ln_transposed_axis* axis = &p->axes[i];
    ln_window window;
    LN_TRY(ln_compute_window(context, params->padding, axis->in, axis->filter, axis->stride, axis->dilation, &window));
    axis->out = dims[kDepth + i] = window.out;
    axis->pad = window.pad_before;
  }
  dims[kBatch] = p->batch;
  dims[kChannels] = p->outputs;
  LN_TRY(ln_resize(context, t.output, kRank, dims));
  LN_TRY(make_part(context, p));
  return finish(context, node, &t);
}

typedef struct conv3d_run {
  const ln_transposed* product;
  const void* in;
  void* out;
} conv3d_run;

static void describe(const void* arg, size_t index, ln_matrix_job* job) {
  const conv3d_run* r = arg;
  const ln_transposed* p = r->product;
  const ln_transposed_axis *z = &p->axes[0], *y = &p->axes[1], *x = &p->axes[2];
  *job = (ln_matrix_job){.part = index,
                         .in = r->in,
                         .out = r->out,
                         .shape = &job->window,
                         .window = {.in_height = y->in,
                                    .in_width = x->in,
                                    .channels = (size_t)p->channels,
                                    .pixel_stride = (size_t)p->channels,
                                    .grid_height = y->out,
                                    .grid_width = x->out,
                                    .filter_height = y->filter,
                                    .filter_width = x->filter,
                                    .stride_y = y->stride,
                                    .stride_x = x->stride,
                                    .dilation_y = y->dilation,
                                    .dilation_x = x->dilation,
                                    .origin_y = -y->pad,
                                    .origin_x = -x->pad,
                                    .depth = &job->volume},
                         .volume = {.in = z->in,
                                    .grid = z->out,
                                    .filter = z->filter,
                                    .stride = z->stride,
                                    .dilation = z->dilation,
                                    .origin = -z->pad},
                         .lines = 1,
                         .line_rows = (size_t)p->batch * (size_t)z->out * (size_t)y->out * (size_t)x->out,
                         .image_lines = 1,
                         .out_stride = p->matrix.columns};
}

static TfLiteStatus conv_invoke(TfLiteContext* context, TfLiteNode* node) {
  conv3d_data* d = node->user_data;
  ln_transposed* p = &d->product;
  conv3d_tensors t;
  LN_TRY(get_tensors(context, node, false, &t));
  if (t.output->bytes == 0) return kTfLiteOk;
  LN_TRY(ln_matrix_load(context, &p->matrix, t.filter, t.bias));
  const conv3d_run run = {p, t.input->data.raw_const, t.output->data.raw};
  const size_t rows = (size_t)p->batch * (size_t)p->axes[0].out * (size_t)p->axes[1].out * (size_t)p->axes[2].out;
  ln_matrix_run(context, &p->matrix, ln_get_temporary(context, node, 0)->data.raw, LN_MATRIX_BY_JOBS, 1, 1, rows,
                describe, &run);
  return kTfLiteOk;
}

/* ---- CONV_3D_TRANSPOSE ---- */

/* The output's shape must be one that a convolution takes to the input's. */
static TfLiteStatus resize_transposed(TfLiteContext* context, const TfLiteNode* node, const conv3d_tensors* t) {
  const TfLiteConv3DParams* params = node->builtin_data;
  ln_transposed* p = &((conv3d_data*)node->user_data)->product;
  int32_t dims[kRank];
  int count;
  LN_TRY(ln_read_ints(context, t->shape, "the output's shape", kRank, dims, &count));
  LN_CHECK(context, count == kRank, "the output's shape has %d extents; 5 are right", count);
  LN_CHECK(context, dims[kBatch] == ln_dim(t->input, kBatch) && dims[kChannels] == ln_dim(t->filter, 3),
           "the output's shape has %d batches and %d channels; %d and %d are right", dims[kBatch], dims[kChannels],
           ln_dim(t->input, kBatch), ln_dim(t->filter, 3));
  for (int i = 0; i < 3; ++i) {
    ln_transposed_axis* axis = &p->axes[i];
    ln_window window;
    LN_CHECK(context, dims[kDepth + i] >= 0, "extent %d of the output's shape is %d; at least 0 is right", kDepth + i,
             dims[kDepth + i]);
    LN_TRY(ln_compute_window(context, params->padding, dims[kDepth + i], axis->filter, axis->stride, axis->dilation,
                             &window));
    LN_CHECK(context, window.out == axis->in,
             "extent %d of the output's shape is %d; it belongs to an input of %d, and this one has %d", kDepth + i,
             dims[kDepth + i], window.out, axis->in);
    axis->out = dims[kDepth + i];
    axis->pad = window.pad_before;
  }
  return ln_resize(context, t->output, kRank, dims);
}

static TfLiteStatus transpose_prepare(TfLiteContext* context, TfLiteNode* node) {
  conv3d_tensors t;
  LN_TRY(begin(context, node, true, &t));
  LN_CHECK(context, t.shape != NULL, "the output's shape is left out");
  LN_TRY(ln_check_type(context, t.shape, "the output's shape", kTfLiteInt32));
  LN_CHECK(context, ln_rank(t.shape) == 1 && ln_dim(t.shape, 0) == kRank, "the output's shape is not 5 numbers");
  ln_transposed* p = &((conv3d_data*)node->user_data)->product;
  p->output_stride = (size_t)p->channels;
  LN_TRY(ln_transposed_make_parts(context, p));
  LN_TRY(finish(context, node, &t));
  if (ln_is_constant(t.shape)) return resize_transposed(context, node, &t);
  ln_set_dynamic(t.output);
  return kTfLiteOk;
}

static TfLiteStatus transpose_invoke(TfLiteContext* context, TfLiteNode* node) {
  ln_transposed* p = &((conv3d_data*)node->user_data)->product;
  conv3d_tensors t;
  LN_TRY(get_tensors(context, node, true, &t));
  if (ln_is_dynamic(t.output)) LN_TRY(resize_transposed(context, node, &t));
  if (t.output->bytes == 0) return kTfLiteOk;
  LN_TRY(ln_matrix_load(context, &p->matrix, t.filter, t.bias));
  ln_transposed_run(context, p, ln_get_temporary(context, node, 0)->data.raw, t.input, NULL, t.output);
  return kTfLiteOk;
}

const TfLiteRegistration ln_op_conv_3d = {
    .init = init, .free = ln_transposed_free, .prepare = conv_prepare, .invoke = conv_invoke};
const TfLiteRegistration ln_op_conv_3d_transpose = {
    .init = init, .free = ln_transposed_free, .prepare = transpose_prepare, .invoke = transpose_invoke};
