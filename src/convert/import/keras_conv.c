/* Convolutions. Weights come as [window..., in, out] and leave in TFLite's order. What has one spatial dimension is
 * done with a second one of extent 1; channels first is made channels last by transposes, which passes cancel. */
#include <string.h>

#include "convert/import/keras_import.h"

enum { MAX_GROUPS = 64 };

typedef struct window {
  int spatial; /* dimensions */
  int32_t kernel[3], stride[3], dilation[3];
  int padding; /* LN_PADDING_... */
  bool causal;
  int32_t output_padding[3]; /* -1: left out */
} window;

static bool read_window(ln_keras_call* call, int spatial, window* w) {
  memset(w, 0, sizeof *w);
  w->spatial = spatial;
  const char* padding = ln_keras_string(call, "padding", "valid");
  w->causal = strcmp(padding, "causal") == 0 && spatial == 1;
  w->padding = strcmp(padding, "same") == 0 ? LN_PADDING_SAME : LN_PADDING_VALID;
  if (w->padding == LN_PADDING_VALID && !w->causal && strcmp(padding, "valid") != 0) {
    ln_keras_fail(call, "its padding is \"%s\"; same, valid and, in one dimension, causal can be converted", padding);
    return false;
  }
  if (!ln_keras_ints(call, "kernel_size", spatial, 1, w->kernel) ||
      !ln_keras_ints(call, "strides", spatial, 1, w->stride) ||
      !ln_keras_ints(call, "dilation_rate", spatial, 1, w->dilation) ||
      !ln_keras_ints(call, "output_padding", spatial, -1, w->output_padding))
    return false;
  for (int i = 0; i < spatial; ++i)
    if (w->kernel[i] < 1 || w->stride[i] < 1 || w->dilation[i] < 1 || w->kernel[i] > 65536 || w->dilation[i] > 65536) {
      ln_keras_fail(call, "its window of %d with stride %d and dilation %d makes no sense", w->kernel[i], w->stride[i],
                    w->dilation[i]);
      return false;
    }
  return true;
}

static bool check_rank(ln_keras_call* call, const ln_tensor* x, int rank) {
  if (x->rank == rank && ln_dim_is_known(x, rank - 1) && ln_dim(x, rank - 1) > 0) return true;
  ln_keras_fail(call, "its input has rank %d; %d, with a known number of channels, is right", x->rank, rank);
  return false;
}

/* [N,W,C] as [N,1,W,C]; the window with it. */
static ln_tensor* widen(ln_keras_call* call, ln_tensor* x, window* w) {
  const int32_t dims[] = {LN_KERAS_DIM(0), 1, LN_KERAS_DIM(1), LN_KERAS_DIM(2)};
  if (w->spatial != 1) return x;
  w->kernel[1] = w->kernel[0];
  w->stride[1] = w->stride[0];
  w->dilation[1] = w->dilation[0];
  w->output_padding[1] = w->output_padding[0];
  w->kernel[0] = w->stride[0] = w->dilation[0] = 1;
  w->output_padding[0] = -1;
  return ln_keras_reshape(call, x, 4, dims, ln_keras_name(call, "widened"));
}

static ln_tensor* narrow(ln_keras_call* call, ln_tensor* x, const window* w, const char* name) {
  const int32_t dims[] = {LN_KERAS_DIM(0), LN_KERAS_DIM(2), LN_KERAS_DIM(3)};
  return w->spatial == 1 ? ln_keras_reshape(call, x, 3, dims, name) : x;
}

static ln_tensor* pad_causal(ln_keras_call* call, ln_tensor* x, const window* w) {
  const int32_t pads[] = {0, 0, w->dilation[0] * (w->kernel[0] - 1), 0, 0, 0};
  return w->causal ? ln_build_pad(&call->b, x, pads, NULL, ln_keras_name(call, "causal")) : x;
}

/* The bias [count], zeros where there is none. NULL: noted. */
static ln_tensor* bias(ln_keras_call* call, int index, int32_t count) {
  ln_keras_array array;
  if (call->is_operation || !ln_keras_flag(call, "use_bias", true)) return ln_keras_zeros(call, count);
  return ln_keras_weight(call, index, "bias", 1, &count, &array) ? ln_keras_constant(call, &array, "bias") : NULL;
}

static void finish(ln_keras_call* call, ln_tensor* y, const window* w) {
  y = narrow(call, y, w, ln_keras_name(call, "conv1d"));
  y = ln_keras_activate(call, ln_keras_get(call, "activation"), y,
                        ln_keras_channels_first(call) ? ln_keras_name(call, "activation") : call->name);
  ln_keras_return(call, ln_keras_to_first(call, y, call->name));
}

static ln_tensor* conv_2d(ln_keras_call* call, ln_tensor* x, const window* w, ln_tensor* filter, ln_tensor* b) {
  ln_tensor* const inputs[] = {x, filter, b};
  return ln_build_conv_2d(&call->b, inputs, w->padding, w->stride, w->dilation, ln_keras_name(call, "convolution"));
}

/* [window..., in, out] of one or two dimensions as [out, h, w, in]. */
static ln_keras_array to_ohwi(ln_keras_call* call, const ln_keras_array* kernel, int spatial) {
  static const int32_t kTwo[] = {3, 0, 1, 2}, kOne[] = {2, 0, 1};
  ln_keras_array result = ln_keras_permute(call->job, kernel, spatial == 2 ? kTwo : kOne);
  if (spatial == 1) {
    result.rank = 4;
    memmove(result.dims + 2, result.dims + 1, 2 * sizeof result.dims[0]);
    result.dims[1] = 1;
  }
  return result;
}

static void conv(ln_keras_call* call) {
  const bool one = strcmp(call->class_name, "Conv1D") == 0 || strcmp(call->class_name, "Convolution1D") == 0;
  const int spatial = one ? 1 : 2;
  window w;
  ln_keras_array kernel;
  ln_tensor* x = ln_keras_to_last(call, call->in[0]);
  const int32_t filters = ln_keras_int(call, "filters", -1), groups = ln_keras_int(call, "groups", 1);
  if (!read_window(call, spatial, &w) || !check_rank(call, x, spatial + 2)) return;
  if (groups < 1 || ln_dim(x, x->rank - 1) % groups != 0 || filters < 1 || filters % groups != 0) {
    ln_keras_fail(call, "%d channels to %d filters in %d groups makes no sense", ln_dim(x, x->rank - 1), filters,
                  groups);
    return;
  }
  int32_t dims[4] = {w.kernel[0], w.kernel[1], 0, 0};
  dims[spatial] = ln_dim(x, x->rank - 1) / groups;
  dims[spatial + 1] = filters;
  if (!ln_keras_weight(call, 0, "kernel", spatial + 2, dims, &kernel)) return;
  ln_tensor* b = bias(call, 1, filters);
  if (b == NULL) return;
  x = widen(call, pad_causal(call, x, &w), &w);
  const ln_keras_array filter = to_ohwi(call, &kernel, spatial);
  finish(call, conv_2d(call, x, &w, ln_keras_constant(call, &filter, "kernel"), b), &w);
}

static ln_tensor* conv_3d_part(ln_keras_call* call, ln_tensor* x, const window* w, ln_tensor* filter, ln_tensor* b) {
  ln_tensor* const inputs[] = {x, filter, b};
  ln_node* node = ln_build_node(&call->b, LN_OP_CONV_3D, 3, inputs);
  LN_SET(node, Conv3DOptions, padding, w->padding);
  LN_SET(node, Conv3DOptions, stride_d, w->stride[0]);
  LN_SET(node, Conv3DOptions, stride_h, w->stride[1]);
  LN_SET(node, Conv3DOptions, stride_w, w->stride[2]);
  LN_SET(node, Conv3DOptions, dilation_d_factor, w->dilation[0]);
  LN_SET(node, Conv3DOptions, dilation_h_factor, w->dilation[1]);
  LN_SET(node, Conv3DOptions, dilation_w_factor, w->dilation[2]);
  return ln_build_done(node, ln_keras_name(call, "convolution"), 1);
}

/* Each group of channels through its own filters: the runtime's CONV_3D has one group. */
static ln_tensor* conv_3d_groups(ln_keras_call* call, ln_tensor* x, const window* w, ln_tensor* filter, ln_tensor* b,
                                 int32_t groups) {
  const int32_t channels = ln_dim(filter, 3), filters = ln_dim(filter, 4) / groups;
  ln_tensor** parts = ln_job_alloc(call->job, (size_t)groups, sizeof *parts);
  for (int32_t g = 0; g < groups; ++g) {
    const int32_t from[] = {0, 0, 0, 0, g * channels}, size[] = {-1, -1, -1, -1, channels};
    const int32_t filter_from[] = {0, 0, 0, 0, g * filters}, filter_size[] = {-1, -1, -1, -1, filters};
    ln_tensor* part = ln_build_slice(&call->b, x, from, size, ln_keras_name(call, "group"));
    ln_tensor* kernel = ln_build_slice(&call->b, filter, filter_from, filter_size, ln_keras_name(call, "filters"));
    parts[g] = conv_3d_part(call, part, w, kernel,
                            ln_build_slice(&call->b, b, filter_from + 4, filter_size + 4, ln_keras_name(call, "bias")));
  }
  return ln_build_concat(&call->b, groups, parts, 4, ln_keras_name(call, "groups"));
}

/* The kernel of an operation, an argument with as many dimensions as the input, whose window it tells. NULL: noted. */
static ln_tensor* given_kernel(ln_keras_call* call, int rank, window* w) {
  ln_tensor* kernel = ln_keras_operand(call, ln_keras_arg(call, 1, "kernel"), LN_TYPE_FLOAT32);
  if (kernel == NULL || kernel->rank != rank || !ln_tensor_is_static(kernel) || kernel->type != LN_TYPE_FLOAT32) {
    ln_keras_fail(call, "its kernel is no FLOAT32 array of rank %d and a known shape", rank);
    return NULL;
  }
  for (int i = 0; i < rank; ++i)
    if (ln_dim(kernel, i) < 1) {
      ln_keras_fail(call, "its kernel has an extent of %d", ln_dim(kernel, i));
      return NULL;
    }
  for (int i = 0; i < rank - 2; ++i) w->kernel[i] = ln_dim(kernel, i);
  return kernel;
}

void ln_keras_conv_3d(ln_keras_call* call) {
  window w;
  ln_keras_array array;
  ln_tensor *x = ln_keras_to_last(call, call->in[0]), *filter = NULL;
  if (!read_window(call, 3, &w) || !check_rank(call, x, 5)) return;
  if (call->is_operation && (filter = given_kernel(call, 5, &w)) == NULL) return;
  const int32_t filters = filter != NULL ? ln_dim(filter, 4) : ln_keras_int(call, "filters", -1);
  int32_t groups = ln_keras_int(call, "groups", 1);
  if (filter != NULL) groups = ln_dim(x, 4) % ln_dim(filter, 3) == 0 ? ln_dim(x, 4) / ln_dim(filter, 3) : 0;
  if (groups < 1 || groups > MAX_GROUPS || ln_dim(x, 4) % groups != 0 || filters < 1 || filters % groups != 0) {
    ln_keras_fail(call, "%d channels to %d filters in %d groups makes no sense, or the groups are more than %d",
                  ln_dim(x, 4), filters, groups, MAX_GROUPS);
    return;
  }
  const int32_t dims[] = {w.kernel[0], w.kernel[1], w.kernel[2], ln_dim(x, 4) / groups, filters};
  if (filter == NULL) {
    if (!ln_keras_weight(call, 0, "kernel", 5, dims, &array)) return;
    filter = ln_keras_constant(call, &array, "kernel");
  }
  ln_tensor* b = bias(call, 1, filters);
  if (b == NULL) return;
  finish(call, groups == 1 ? conv_3d_part(call, x, &w, filter, b) : conv_3d_groups(call, x, &w, filter, b, groups), &w);
}

static ln_tensor* depthwise(ln_keras_call* call, ln_tensor* x, const window* w, const ln_keras_array* kernel,
                            ln_tensor* b) {
  ln_keras_array filter = *kernel; /* [H,W,C,M] has its elements in the order of [1,H,W,C*M] */
  const int rank = kernel->rank;
  filter.rank = 4;
  filter.dims[0] = 1;
  filter.dims[1] = w->kernel[0];
  filter.dims[2] = w->kernel[1];
  filter.dims[3] = kernel->dims[rank - 2] * kernel->dims[rank - 1];
  ln_tensor* const inputs[] = {x, ln_keras_constant(call, &filter, "depthwise_kernel"),
                               b != NULL ? b : ln_keras_zeros(call, filter.dims[3])};
  ln_node* node = ln_build_node(&call->b, LN_OP_DEPTHWISE_CONV_2D, 3, inputs);
  LN_SET(node, DepthwiseConv2DOptions, padding, w->padding);
  LN_SET(node, DepthwiseConv2DOptions, stride_h, w->stride[0]);
  LN_SET(node, DepthwiseConv2DOptions, stride_w, w->stride[1]);
  LN_SET(node, DepthwiseConv2DOptions, depth_multiplier, kernel->dims[rank - 1]);
  LN_SET(node, DepthwiseConv2DOptions, dilation_h_factor, w->dilation[0]);
  LN_SET(node, DepthwiseConv2DOptions, dilation_w_factor, w->dilation[1]);
  return ln_build_done(node, ln_keras_name(call, "depthwise"), 1);
}

/* The depthwise part of both kinds; false: noted. `x` becomes what the window goes over. */
static bool read_depthwise(ln_keras_call* call, int spatial, ln_tensor** x, window* w, ln_keras_array* kernel) {
  *x = ln_keras_to_last(call, call->in[0]);
  if (!read_window(call, spatial, w) || !check_rank(call, *x, spatial + 2)) return false;
  int32_t dims[4] = {w->kernel[0], w->kernel[1], 0, 0};
  dims[spatial] = ln_dim(*x, (*x)->rank - 1);
  dims[spatial + 1] = ln_keras_int(call, "depth_multiplier", 1);
  const char* name = strstr(call->class_name, "Separable") == NULL ? "kernel" : "depthwise_kernel";
  ln_keras_array probe;
  if (!ln_keras_read(&call->weights, 0, name, &probe)) name = "depthwise_kernel";
  if (!ln_keras_weight(call, 0, name, spatial + 2, dims, kernel)) return false;
  *x = widen(call, pad_causal(call, *x, w), w);
  return true;
}

static void depthwise_conv(ln_keras_call* call) {
  window w;
  ln_keras_array kernel;
  ln_tensor* x;
  if (!read_depthwise(call, call->class_name[13] == '1' ? 1 : 2, &x, &w, &kernel)) return;
  ln_tensor* b = bias(call, 1, kernel.dims[kernel.rank - 2] * kernel.dims[kernel.rank - 1]);
  if (b != NULL) finish(call, depthwise(call, x, &w, &kernel, b), &w);
}

static void separable_conv(ln_keras_call* call) {
  window w;
  ln_keras_array kernel, pointwise;
  ln_tensor* x;
  const int spatial = strstr(call->class_name, "1D") != NULL ? 1 : 2;
  if (!read_depthwise(call, spatial, &x, &w, &kernel)) return;
  int32_t dims[4] = {1, 1, 0, 0};
  dims[spatial] = kernel.dims[kernel.rank - 2] * kernel.dims[kernel.rank - 1];
  dims[spatial + 1] = ln_keras_int(call, "filters", -1);
  if (!ln_keras_weight(call, 1, "pointwise_kernel", spatial + 2, dims, &pointwise)) return;
  ln_tensor* b = bias(call, 2, dims[spatial + 1]);
  if (b == NULL) return;
  x = depthwise(call, x, &w, &kernel, NULL);
  const window point = {spatial, {1, 1, 1}, {1, 1, 1}, {1, 1, 1}, LN_PADDING_VALID, false, {-1, -1, -1}};
  const ln_keras_array filter = to_ohwi(call, &pointwise, spatial);
  finish(call, conv_2d(call, x, &point, ln_keras_constant(call, &filter, "pointwise_kernel"), b), &w);
}

/* ---- Transposed ---- */

/* The kernel with zeros between its taps along one spatial dimension. */
static ln_keras_array dilate(ln_job* job, const ln_keras_array* kernel, int axis, int32_t dilation) {
  ln_keras_array result = *kernel;
  size_t outer = 1, inner = 1;
  for (int i = 0; i < kernel->rank; ++i) *(i < axis ? &outer : &inner) *= i == axis ? 1 : (size_t)kernel->dims[i];
  result.dims[axis] = (kernel->dims[axis] - 1) * dilation + 1;
  float* to = ln_job_alloc(job, outer * (size_t)result.dims[axis] * inner, sizeof(float));
  const char* from = kernel->data;
  for (size_t o = 0; o < outer; ++o)
    for (size_t k = 0; k < (size_t)kernel->dims[axis]; ++k)
      memcpy(to + (o * (size_t)result.dims[axis] + k * (size_t)dilation) * inner,
             from + (o * (size_t)kernel->dims[axis] + k) * inner * sizeof(float), inner * sizeof(float));
  result.data = to;
  return result;
}

/* What Keras computes of an extent, the size of an output of which a convolution would make it, is extent * stride and
 * this. */
static int64_t output_offset(const window* w, int i) {
  const int64_t kernel = (int64_t)(w->kernel[i] - 1) * w->dilation[i] + 1, stride = w->stride[i];
  if (w->output_padding[i] < 0) return w->padding == LN_PADDING_VALID && kernel > stride ? kernel - stride : 0;
  return kernel - stride - (w->padding == LN_PADDING_SAME ? kernel / 2 * 2 : 0) + w->output_padding[i];
}

/* The shape of the output: constant but for the batch where the input's extents are known. NULL, noted: too large. */
static ln_tensor* output_shape(ln_keras_call* call, ln_tensor* x, const window* w, int32_t filters) {
  int32_t own[5], out[5] = {LN_KERAS_DIM(0)}, factors[5] = {1}, offsets[5] = {0};
  const int last = x->rank - 1;
  bool known = true;
  for (int i = 0; i <= last; ++i) own[i] = LN_KERAS_DIM(i);
  for (int i = 0; i + 1 < last; ++i) {
    const int64_t offset = output_offset(w, i), size = ln_dim(x, i + 1) * (int64_t)w->stride[i] + offset;
    known = known && ln_dim_is_known(x, i + 1);
    if (offset < INT32_MIN || offset > INT32_MAX || (ln_dim_is_known(x, i + 1) && (size < 1 || size > INT32_MAX))) {
      ln_keras_fail(call, "its output's size is not between 1 and 2^31");
      return NULL;
    }
    out[i + 1] = (int32_t)size;
    factors[i + 1] = w->stride[i];
    offsets[i + 1] = (int32_t)offset;
  }
  out[last] = offsets[last] = filters;
  factors[last] = 0;
  const char* name = ln_keras_name(call, "output_shape");
  if (known) return ln_keras_shape(call, x, x->rank, out, name);
  ln_tensor* shape = ln_keras_shape(call, x, x->rank, own, ln_keras_name(call, "shape"));
  shape = ln_build_binary(&call->b, LN_OP_MUL, shape,
                          ln_graph_ints(call->b.subgraph, ln_keras_name(call, "factors"), x->rank, factors),
                          ln_keras_name(call, "scaled_shape"));
  return ln_build_binary(&call->b, LN_OP_ADD, shape,
                         ln_graph_ints(call->b.subgraph, ln_keras_name(call, "offsets"), x->rank, offsets), name);
}

/* [window..., out, in] as the runtime has it: [out, h, w, in], and as it is in three dimensions. */
static ln_tensor* turned_kernel(ln_keras_call* call, ln_tensor* kernel, int spatial) {
  static const int32_t kOrder[] = {2, 0, 1, 3};
  const ln_form f = ln_keras_form(call);
  if (spatial == 1) kernel = ln_form_expand(&f, kernel, 0, "kernel_2d");
  return spatial == 3 ? kernel : ln_build_transpose(&call->b, kernel, kOrder, ln_keras_name(call, "turned_kernel"));
}

/* The kernel with zeros between its taps where the window is dilated; NULL, noted: there is none that can be. */
static ln_tensor* dilated_kernel(ln_keras_call* call, const ln_tensor* x, window* w, int32_t* filters) {
  const int spatial = w->spatial;
  int32_t dims[5] = {w->kernel[0], w->kernel[1], w->kernel[2], 0, 0};
  ln_keras_array array = {0};
  bool dilated = false;
  for (int i = 0; i < spatial; ++i) dilated = dilated || w->dilation[i] > 1;
  if (call->is_operation) {
    ln_tensor* kernel = given_kernel(call, spatial + 2, w);
    if (kernel == NULL) return NULL;
    *filters = ln_dim(kernel, spatial);
    if (ln_dim(kernel, spatial + 1) != ln_dim(x, x->rank - 1) || (dilated && !ln_tensor_is_constant(kernel))) {
      ln_keras_fail(call, "its kernel is for %d channels, its input has %d; or it is dilated and no constant",
                    ln_dim(kernel, spatial + 1), ln_dim(x, x->rank - 1));
      return NULL;
    }
    if (!dilated) return kernel;
    array.rank = kernel->rank;
    array.data = kernel->data;
    for (int i = 0; i < kernel->rank; ++i) array.dims[i] = ln_dim(kernel, i);
  } else {
    dims[spatial] = *filters;
    dims[spatial + 1] = ln_dim(x, x->rank - 1);
    if (!ln_keras_weight(call, 0, "kernel", spatial + 2, dims, &array)) return NULL;
  }
  for (int i = 0; i < spatial; ++i)
    if (w->dilation[i] > 1) array = dilate(call->job, &array, i, w->dilation[i]);
  return ln_keras_constant(call, &array, "kernel");
}

void ln_keras_transpose_conv(ln_keras_call* call) {
  ln_tensor* x = ln_keras_to_last(call, call->in[0]);
  const int spatial = call->is_operation                       ? x->rank - 2
                      : strstr(call->class_name, "1D") != NULL ? 1
                      : strstr(call->class_name, "3D") != NULL ? 3
                                                               : 2;
  window w;
  int32_t filters = ln_keras_int(call, "filters", -1);
  if (spatial < 1 || spatial > 3) {
    ln_keras_fail(call, "its input has rank %d; 3, 4 and 5 can be converted", x->rank);
    return;
  }
  if (!read_window(call, spatial, &w) || !check_rank(call, x, spatial + 2)) return;
  ln_tensor* kernel = dilated_kernel(call, x, &w, &filters);
  ln_tensor* b = kernel != NULL ? bias(call, 1, filters) : NULL;
  if (b == NULL) return;
  kernel = turned_kernel(call, kernel, spatial);
  x = widen(call, x, &w);
  ln_tensor* shape = output_shape(call, x, &w, filters);
  if (shape == NULL) return;
  ln_tensor* const inputs[] = {shape, kernel, x, b};
  ln_node* node = ln_build_node(&call->b, spatial == 3 ? LN_OP_CONV_3D_TRANSPOSE : LN_OP_TRANSPOSE_CONV, 4, inputs);
  if (spatial == 3) {
    LN_SET(node, Conv3DOptions, padding, w.padding);
    LN_SET(node, Conv3DOptions, stride_d, w.stride[0]);
    LN_SET(node, Conv3DOptions, stride_h, w.stride[1]);
    LN_SET(node, Conv3DOptions, stride_w, w.stride[2]);
    LN_SET(node, Conv3DOptions, dilation_d_factor, 1);
    LN_SET(node, Conv3DOptions, dilation_h_factor, 1);
    LN_SET(node, Conv3DOptions, dilation_w_factor, 1);
  } else {
    LN_SET(node, TransposeConvOptions, padding, w.padding);
    LN_SET(node, TransposeConvOptions, stride_h, w.stride[0]);
    LN_SET(node, TransposeConvOptions, stride_w, w.stride[1]);
  }
  finish(call, ln_build_done(node, ln_keras_name(call, "convolution"), 1), &w);
}

/* ---- Recurrent convolutions ---- */

static ln_tensor* filter_of(ln_keras_call* call, const ln_keras_array* kernel, int spatial, const char* name) {
  const ln_keras_array filter = spatial == 3 ? *kernel : to_ohwi(call, kernel, spatial);
  return ln_keras_constant(call, &filter, name);
}

static ln_tensor* convolve(ln_keras_call* call, ln_tensor* x, window w, ln_tensor* filter, ln_tensor* b) {
  if (w.spatial == 3) return conv_3d_part(call, x, &w, filter, b);
  x = widen(call, x, &w);
  return narrow(call, conv_2d(call, x, &w, filter, b), &w, ln_keras_name(call, "conv1d"));
}

typedef struct conv_lstm {
  ln_keras_call* call;
  window recurrent;
  ln_tensor *filter, *no_bias;
} conv_lstm;

static ln_tensor* gate(ln_keras_call* call, const char* activation, ln_tensor* x) {
  return ln_keras_activate(call, ln_keras_get(call, activation), x, ln_keras_name(call, activation));
}

static ln_tensor* join(ln_keras_call* call, int code, ln_tensor* x, ln_tensor* y, const char* what) {
  return ln_build_binary(&call->b, code, x, y, ln_keras_name(call, what));
}

/* The states are h and c. */
static void conv_lstm_step(void* cell, const ln_builder* b, ln_tensor* x, ln_tensor** states) {
  const conv_lstm* s = cell;
  ln_keras_call* call = s->call;
  const ln_builder outer = call->b;
  call->b = *b;
  ln_tensor* sum = join(call, LN_OP_ADD, x, convolve(call, states[0], s->recurrent, s->filter, s->no_bias), "gates");
  ln_tensor* const inputs[] = {ln_graph_int(b->subgraph, ln_keras_name(call, "axis"), sum->rank - 1), sum};
  ln_node* node = ln_build_node(b, LN_OP_SPLIT, 2, inputs);
  LN_SET(node, SplitOptions, num_splits, 4);
  ln_build_done(node, ln_keras_name(call, "gate"), 4);
  ln_tensor* kept = join(call, LN_OP_MUL, gate(call, "recurrent_activation", node->outputs[1]), states[1], "kept");
  ln_tensor* taken = join(call, LN_OP_MUL, gate(call, "recurrent_activation", node->outputs[0]),
                          gate(call, "activation", node->outputs[2]), "taken");
  states[1] = join(call, LN_OP_ADD, kept, taken, "carry");
  states[0] = join(call, LN_OP_MUL, gate(call, "recurrent_activation", node->outputs[3]),
                   gate(call, "activation", states[1]), "state");
  call->b = outer;
}

/* False: noted. */
static bool check_conv_lstm(ln_keras_call* call, const ln_tensor* x, int spatial) {
  if (x->rank != spatial + 3)
    ln_keras_fail(call, "its input has rank %d; %d is right", x->rank, spatial + 3);
  else if (!ln_dim_is_known(x, ln_keras_channels_first(call) ? 2 : x->rank - 1))
    ln_keras_fail(call, "the number of its input's channels is not known, and must be");
  else if (call->in_count != 1 && call->in_count != 3)
    ln_keras_fail(call, "it has %d inputs; its own and 2 states are right", call->in_count);
  else
    return true;
  return false;
}

/* The extents first..last of each of two tensors, together as a shape. */
static ln_tensor* shape_of_two(ln_keras_call* call, ln_tensor* x, int x_count, ln_tensor* y, int y_from) {
  int32_t dims[LN_MAX_DIMS], more[LN_MAX_DIMS];
  for (int i = 0; i < x_count; ++i) dims[i] = LN_KERAS_DIM(i);
  for (int i = y_from; i < y->rank; ++i) more[i - y_from] = LN_KERAS_DIM(i);
  ln_tensor* const parts[] = {ln_keras_shape(call, x, x_count, dims, ln_keras_name(call, "lead")),
                              ln_keras_shape(call, y, y->rank - y_from, more, ln_keras_name(call, "rest"))};
  return ln_build_concat(&call->b, 2, parts, 0, ln_keras_name(call, "inputs_shape"));
}

/* The input's share of all steps' gates, [T,N,...,4 filters], of x [T,N,...]. NULL: noted. */
static ln_tensor* conv_lstm_inputs(ln_keras_call* call, ln_tensor* x, const window* w, const ln_keras_weights* weights,
                                   int32_t filters) {
  const int spatial = w->spatial;
  int32_t dims[LN_MAX_DIMS];
  ln_keras_array kernel, b;
  const int32_t gates = 4 * filters;
  for (int i = 0; i < spatial; ++i) dims[i] = w->kernel[i];
  dims[spatial] = ln_dim(x, x->rank - 1);
  dims[spatial + 1] = gates;
  if (!ln_keras_weight_of(call, weights, 0, "kernel", spatial + 2, dims, &kernel)) return NULL;
  const bool has_bias = ln_keras_flag(call, "use_bias", true);
  if (has_bias && !ln_keras_weight_of(call, weights, 2, "bias", 1, &gates, &b)) return NULL;
  dims[0] = -1;
  for (int i = 2; i < x->rank; ++i) dims[i - 1] = LN_KERAS_DIM(i);
  ln_tensor* all = ln_keras_reshape(call, x, spatial + 2, dims, ln_keras_name(call, "steps"));
  all = convolve(call, all, *w, filter_of(call, &kernel, spatial, "kernel"),
                 has_bias ? ln_keras_constant(call, &b, "bias") : ln_keras_zeros(call, gates));
  if (all->broken || all->rank < 0) return NULL;
  return ln_build_reshape_to(&call->b, all, shape_of_two(call, x, 2, all, 1), ln_keras_name(call, "inputs"));
}

static ln_tensor* zero_state(ln_keras_call* call, ln_tensor* all, int32_t filters) {
  int32_t dims[LN_MAX_DIMS];
  for (int i = 1; i < all->rank; ++i) dims[i - 1] = i == all->rank - 1 ? filters : LN_KERAS_DIM(i);
  ln_tensor* const inputs[] = {ln_keras_shape(call, all, all->rank - 1, dims, ln_keras_name(call, "state_shape")),
                               ln_graph_float(call->b.subgraph, ln_keras_name(call, "zero"), 0)};
  return ln_build_done(ln_build_node(&call->b, LN_OP_FILL, 2, inputs), ln_keras_name(call, "zero_state"), 1);
}

/* [...,C] of [C,...] behind the first `lead` dimensions, and back. */
static ln_tensor* move_channels(ln_keras_call* call, ln_tensor* x, int spatial, bool to_last, const char* name) {
  const int lead = x->rank - 1 - spatial;
  int32_t order[LN_MAX_DIMS] = {0};
  for (int i = 0; i < lead; ++i) order[i] = i;
  for (int i = 0; i < spatial; ++i) order[to_last ? lead + i : lead + 1 + i] = to_last ? lead + 1 + i : lead + i;
  order[to_last ? x->rank - 1 : lead] = to_last ? lead : x->rank - 1;
  return ln_build_transpose(&call->b, x, order, name);
}

static ln_tensor* result_of(ln_keras_call* call, ln_tensor* x, int spatial, const char* name) {
  return ln_keras_channels_first(call) ? move_channels(call, x, spatial, false, name) : x;
}

/* The first two dimensions change places. */
static ln_tensor* swap_time(ln_keras_call* call, ln_tensor* x, const char* name) {
  static const int32_t kSwap[LN_MAX_DIMS] = {1, 0, 2, 3, 4, 5, 6, 7};
  return ln_build_transpose(&call->b, x, kSwap, name);
}

/* States that stay from run to run, [N,...,filters]; false: noted. */
static bool kept_states(ln_keras_call* call, const ln_tensor* all, int32_t filters, ln_tensor** states,
                        ln_tensor** variables) {
  int32_t dims[LN_MAX_DIMS];
  for (int i = 1; i < all->rank; ++i) {
    dims[i - 1] = i == all->rank - 1 ? filters : ln_dim(all, i);
    if (dims[i - 1] >= 0) continue;
    ln_keras_fail(call, "it is stateful, and its %s no fixed size; with %s in its Input it can be converted",
                  i == 1 ? "batch has" : "states have", i == 1 ? "batch_size" : "all extents but the steps");
    return false;
  }
  for (int i = 0; i < 2; ++i) {
    states[i] = ln_keras_kept_state(call, all->rank - 1, dims, i, &variables[i]);
    if (states[i] == NULL) return false;
  }
  return true;
}

/* The recurrent convolution. False: noted. */
static bool read_conv_lstm(ln_keras_call* call, const window* w, const ln_keras_weights* weights, int32_t filters,
                           conv_lstm* cell) {
  ln_keras_array kernel;
  int32_t dims[5] = {0};
  cell->call = call;
  cell->recurrent = *w;
  cell->recurrent.padding = LN_PADDING_SAME;
  for (int i = 0; i < w->spatial; ++i) {
    dims[i] = w->kernel[i];
    cell->recurrent.stride[i] = cell->recurrent.dilation[i] = 1;
  }
  dims[w->spatial] = filters;
  dims[w->spatial + 1] = 4 * filters;
  if (!ln_keras_weight_of(call, weights, 1, "recurrent_kernel", w->spatial + 2, dims, &kernel)) return false;
  cell->filter = filter_of(call, &kernel, w->spatial, "recurrent_kernel");
  cell->no_bias = ln_keras_zeros(call, 4 * filters);
  return true;
}

static void recurrent_conv(ln_keras_call* call) {
  const int spatial = call->class_name[strlen("ConvLSTM")] - '0';
  const int32_t filters = ln_keras_int(call, "filters", -1);
  ln_tensor *x = call->in[0], *states[2] = {NULL}, *variables[2] = {NULL};
  ln_keras_array probe;
  conv_lstm cell;
  window w;
  if (!check_conv_lstm(call, x, spatial) || !read_window(call, spatial, &w)) return;
  if (filters < 1 || filters > 1 << 20) {
    ln_keras_fail(call, "%d filters make no sense", filters);
    return;
  }
  ln_keras_weights weights = ln_keras_part(&call->weights, "cell", NULL);
  if (!ln_keras_read(&weights, 0, "kernel", &probe)) weights = call->weights;
  if (!read_conv_lstm(call, &w, &weights, filters, &cell)) return;
  const bool first = ln_keras_channels_first(call);
  if (first) x = move_channels(call, x, spatial, true, ln_keras_name(call, "channels_last"));
  ln_keras_sequence s = {.call = call, .step = conv_lstm_step, .cell = &cell, .state_count = 2};
  s.x = conv_lstm_inputs(call, swap_time(call, x, ln_keras_name(call, "by_time")), &w, &weights, filters);
  if (s.x == NULL || s.x->broken) return;
  const bool given = call->in_count == 3, stateful = ln_keras_flag(call, "stateful", false) && !given;
  if (stateful && !kept_states(call, s.x, filters, states, variables)) return;
  for (int i = 0; i < 2 && given; ++i)
    states[i] = first ? move_channels(call, call->in[1 + i], spatial, true, ln_keras_name(call, "first_state"))
                      : call->in[1 + i];
  if (states[0] == NULL) states[0] = states[1] = zero_state(call, s.x, filters);
  ln_tensor* y = ln_keras_run_sequence(&s, states);
  for (int i = 0; i < 2 && stateful; ++i) ln_keras_keep_state(call, variables[i], states[i]);
  if (ln_keras_returns_steps(call)) y = swap_time(call, y, first ? ln_keras_name(call, "by_batch") : call->name);
  ln_keras_return_sequence(call, result_of(call, y, spatial, call->name));
  if (!ln_keras_flag(call, "return_state", false)) return;
  for (int i = 0; i < 2; ++i)
    ln_keras_return(call, result_of(call, states[i], spatial, ln_keras_name(call, "last_state")));
}

const ln_keras_lowering ln_keras_conv[] = {
    {"Conv1D", conv, 0, 0},
    {"Conv2D", conv, 0, 0},
    {"Convolution1D", conv, 0, 0},
    {"Convolution2D", conv, 0, 0},
    {"Conv3D", ln_keras_conv_3d, 0, 0},
    {"DepthwiseConv1D", depthwise_conv, 0, 0},
    {"DepthwiseConv2D", depthwise_conv, 0, 0},
    {"SeparableConv1D", separable_conv, 0, 0},
    {"SeparableConv2D", separable_conv, 0, 0},
    {"SeparableConvolution1D", separable_conv, 0, 0},
    {"SeparableConvolution2D", separable_conv, 0, 0},
    {"Conv1DTranspose", ln_keras_transpose_conv, 0, 0},
    {"Conv2DTranspose", ln_keras_transpose_conv, 0, 0},
    {"Conv3DTranspose", ln_keras_transpose_conv, 0, 0},
    {"Convolution2DTranspose", ln_keras_transpose_conv, 0, 0},
    {"ConvLSTM1D", recurrent_conv, 0, 0},
    {"ConvLSTM2D", recurrent_conv, 0, 0},
    {"ConvLSTM3D", recurrent_conv, 0, 0},
    {NULL, NULL, 0, 0},
};
