/* keras.ops.nn with weights as tensors, and what measures: convolutions, normalizations, attention, losses. */
#include <math.h>
#include <string.h>

#include "convert/import/keras_import.h"

static bool is_class(const ln_keras_call* call, const char* name) { return strcmp(call->class_name, name) == 0; }

/* ---- Convolutions ---- */

/* A layer with the operation's options and, as weights, a constant; its kernel's extents say the rest. */
typedef struct window {
  int spatial;
  int32_t stride[3], dilation[3];
  int padding;
} window;

static bool read_window(ln_keras_call* call, window* w) {
  const cJSON* json = ln_keras_get(call, "padding");
  const char* padding = cJSON_IsString(json) ? json->valuestring : "valid";
  const bool same = strcmp(padding, "same") == 0;
  w->spatial = call->in[0]->rank - 2;
  w->padding = same ? LN_PADDING_SAME : LN_PADDING_VALID;
  if ((!same && strcmp(padding, "valid") != 0) || w->spatial < 1 || w->spatial > 2) {
    ln_keras_fail(call, "its padding is \"%s\" and its rank %d; same and valid of rank 3 and 4 can be converted",
                  padding, call->in[0]->rank);
    return false;
  }
  return ln_keras_ints(call, "strides", w->spatial, 1, w->stride) &&
         ln_keras_ints(call, "dilation_rate", w->spatial, 1, w->dilation);
}

/* [N,W,C] as [N,1,W,C], and the kernel [W,I,O] as [1,W,I,O]; the window with it. */
static void widen(const ln_form* f, window* w, ln_tensor** x, ln_tensor** kernel) {
  if (w->spatial != 1) return;
  w->stride[1] = w->stride[0];
  w->dilation[1] = w->dilation[0];
  w->stride[0] = w->dilation[0] = 1;
  *x = ln_form_expand(f, *x, 1, "widened");
  *kernel = ln_form_expand(f, *kernel, 0, "kernel_2d");
}

static ln_tensor* narrow(ln_keras_call* call, const window* w, ln_tensor* y) {
  const int32_t dims[] = {LN_DIM_OF(0), LN_DIM_OF(2), LN_DIM_OF(3)};
  const ln_form f = ln_keras_form(call);
  return w->spatial == 1 ? ln_form_reshape(&f, y, 3, dims, "narrowed") : y;
}

/* The kernel argument; NULL: noted. */
static ln_tensor* kernel_of(ln_keras_call* call, int position, const char* name, int rank) {
  ln_tensor* kernel = ln_keras_operand(call, ln_keras_arg(call, position, name), LN_TYPE_FLOAT32);
  bool fits = kernel != NULL && kernel->rank == rank && ln_tensor_is_static(kernel);
  for (int i = 0; i < rank && fits; ++i) fits = ln_dim(kernel, i) > 0;
  if (fits) return kernel;
  ln_keras_fail(call, "its %s is no array of rank %d and a known shape", name, rank);
  return NULL;
}

static ln_tensor* no_bias(const ln_form* f, int32_t count) {
  return ln_form_floats(f, 1, &count, ln_job_alloc(f->b.subgraph->graph->job, (size_t)count, sizeof(float)), "none");
}

static ln_tensor* conv_2d(const ln_form* f, const window* w, ln_tensor* x, ln_tensor* kernel) {
  static const int32_t kOrder[] = {3, 0, 1, 2};
  ln_tensor* filter = ln_build_transpose(&f->b, kernel, kOrder, ln_form_name(f, "filter"));
  ln_tensor* const inputs[] = {x, filter, no_bias(f, ln_dim(kernel, 3))};
  return ln_build_conv_2d(&f->b, inputs, w->padding, w->stride, w->dilation, ln_form_name(f, "convolution"));
}

/* [H,W,C,M] has its elements in the order of [1,H,W,C*M]. */
static ln_tensor* depthwise(const ln_form* f, const window* w, ln_tensor* x, ln_tensor* kernel) {
  const int32_t dims[] = {1, ln_dim(kernel, 0), ln_dim(kernel, 1), ln_dim(kernel, 2) * ln_dim(kernel, 3)};
  ln_tensor* filter = ln_build_reshape(&f->b, kernel, 4, dims, ln_form_name(f, "filter"));
  ln_tensor* const inputs[] = {x, filter, no_bias(f, dims[3])};
  ln_node* node = ln_build_node(&f->b, LN_OP_DEPTHWISE_CONV_2D, 3, inputs);
  LN_SET(node, DepthwiseConv2DOptions, padding, w->padding);
  LN_SET(node, DepthwiseConv2DOptions, stride_h, w->stride[0]);
  LN_SET(node, DepthwiseConv2DOptions, stride_w, w->stride[1]);
  LN_SET(node, DepthwiseConv2DOptions, depth_multiplier, ln_dim(kernel, 3));
  LN_SET(node, DepthwiseConv2DOptions, dilation_h_factor, w->dilation[0]);
  LN_SET(node, DepthwiseConv2DOptions, dilation_w_factor, w->dilation[1]);
  return ln_build_done(node, ln_form_name(f, "depthwise"), 1);
}

static void conv(ln_keras_call* call) {
  const ln_form f = ln_keras_form(call);
  const bool is_depthwise = !is_class(call, "Conv"), separable = is_class(call, "SeparableConv");
  window w;
  if (!is_depthwise && call->in[0]->rank == 5) {
    ln_keras_conv_3d(call);
    return;
  }
  ln_tensor* x = ln_keras_to_last(call, call->in[0]);
  if (!read_window(call, &w)) return;
  const int32_t channels = ln_dim(x, x->rank - 1);
  ln_tensor* kernel = kernel_of(call, 1, separable ? "depthwise_kernel" : "kernel", w.spatial + 2);
  if (kernel == NULL) return;
  if (channels < 1 || channels % ln_dim(kernel, w.spatial) != 0) {
    ln_keras_fail(call, "%d channels and a kernel of %d do not fit", channels, ln_dim(kernel, w.spatial));
    return;
  }
  ln_tensor* point = separable ? kernel_of(call, 2, "pointwise_kernel", w.spatial + 2) : NULL;
  if (separable && point == NULL) return;
  window pointwise = {w.spatial, {1, 1, 1}, {1, 1, 1}, LN_PADDING_VALID};
  ln_tensor* ignored = x;
  if (separable) widen(&f, &pointwise, &ignored, &point);
  widen(&f, &w, &x, &kernel);
  x = is_depthwise ? depthwise(&f, &w, x, kernel) : conv_2d(&f, &w, x, kernel);
  if (separable) x = conv_2d(&f, &pointwise, x, point);
  ln_keras_return(call, ln_keras_to_first(call, narrow(call, &w, x), call->name));
}

/* ---- Pieces of pictures ---- */

static void space_depth(ln_keras_call* call) {
  ln_tensor* x = ln_keras_to_last(call, call->in[0]);
  ln_node* node =
      ln_build_node(&call->b, is_class(call, "SpaceToDepth") ? LN_OP_SPACE_TO_DEPTH : LN_OP_DEPTH_TO_SPACE, 1, &x);
  LN_SET(node, SpaceToDepthOptions, block_size, ln_keras_to_int(ln_keras_either(call, 1, "block_size"), 0));
  ln_tensor* y = ln_build_done(node, ln_keras_channels_first(call) ? ln_keras_name(call, "last") : call->name, 1);
  ln_keras_return(call, ln_keras_to_first(call, y, call->name));
}

/* A kernel that takes each element of a window as it is, [kh*kw*C,kh,kw,C]; NULL: it would be too large. `by_channel`:
 * in the order [C,kh,kw], not [kh,kw,C]. */
static ln_tensor* picking(const ln_form* f, int32_t kh, int32_t kw, int32_t channels, bool by_channel) {
  const int64_t n = (int64_t)kh * kw * channels;
  if (kh < 1 || kw < 1 || channels < 1 || n * n > 1 << 24) return NULL;
  const int32_t dims[] = {(int32_t)n, kh, kw, channels};
  float* data = ln_job_alloc(f->b.subgraph->graph->job, (size_t)(n * n), sizeof *data);
  for (int64_t i = 0; i < n; ++i) {
    const int64_t place = i / channels, channel = i % channels, row = by_channel ? channel * kh * kw + place : i;
    data[row * n + i] = 1;
  }
  return ln_form_floats(f, 4, dims, data, "picking");
}

static ln_tensor* picked(const ln_form* f, const window* w, ln_tensor* x, ln_tensor* kernel, const char* what) {
  ln_tensor* const inputs[] = {x, kernel, no_bias(f, ln_dim(kernel, 0))};
  return ln_build_conv_2d(&f->b, inputs, w->padding, w->stride, w->dilation, ln_form_name(f, what));
}

static void extract_patches(ln_keras_call* call) {
  const ln_form f = ln_keras_form(call);
  int32_t size[2];
  window w = {2, {1, 1, 1}, {1, 1, 1}, LN_PADDING_VALID};
  const cJSON* padding = ln_keras_get(call, "padding");
  ln_tensor* x = ln_keras_to_last(call, call->in[0]);
  const bool one = x->rank == 3;
  if (one) x = ln_form_expand(&f, x, 0, "one");
  if (!ln_keras_ints(call, "size", 2, -1, size) || !ln_keras_ints(call, "dilation_rate", 2, 1, w.dilation)) return;
  if (ln_keras_get(call, "strides") == NULL)
    memcpy(w.stride, size, sizeof size);
  else if (!ln_keras_ints(call, "strides", 2, 1, w.stride))
    return;
  if (cJSON_IsString(padding) && strcmp(padding->valuestring, "same") == 0) w.padding = LN_PADDING_SAME;
  ln_tensor* kernel = x->rank == 4 ? picking(&f, size[0], size[1], ln_dim(x, 3), false) : NULL;
  if (kernel == NULL) {
    ln_keras_fail(call, "its patches have more than 4096 numbers, or its input is no picture of known channels");
    return;
  }
  x = ln_keras_to_first(call, picked(&f, &w, x, kernel, "patches"), ln_keras_name(call, "first"));
  ln_keras_return(call, one ? ln_form_reduce(&f, LN_OP_SUM, x, 0, false, NULL) : x);
}

/* [N,C,H,W] as [N,C*kh*kw,places] */
static void unfold(ln_keras_call* call) {
  static const int32_t kLast[] = {0, 2, 3, 1}, kBack[] = {0, 3, 1, 2};
  const ln_form f = ln_keras_form(call);
  int32_t size[2], pad[2];
  window w = {2, {1, 1, 1}, {1, 1, 1}, LN_PADDING_VALID};
  ln_tensor* x = call->in[0];
  if (!ln_keras_ints(call, "kernel_size", 2, -1, size) || !ln_keras_ints(call, "dilation", 2, 1, w.dilation) ||
      !ln_keras_ints(call, "padding", 2, 0, pad) || !ln_keras_ints(call, "stride", 2, 1, w.stride))
    return;
  ln_tensor* kernel = x->rank == 4 ? picking(&f, size[0], size[1], ln_dim(x, 1), true) : NULL;
  if (kernel == NULL) {
    ln_keras_fail(call, "its windows have more than 4096 numbers, or its input is no picture of known channels");
    return;
  }
  const int32_t pads[] = {0, 0, pad[0], pad[0], pad[1], pad[1], 0, 0}, n = ln_dim(kernel, 0);
  x = ln_build_transpose(&call->b, x, kLast, ln_keras_name(call, "last"));
  if (pad[0] != 0 || pad[1] != 0) x = ln_build_pad(&call->b, x, pads, NULL, ln_keras_name(call, "padded"));
  x = ln_build_transpose(&call->b, picked(&f, &w, x, kernel, "windows"), kBack, ln_keras_name(call, "first"));
  const int32_t dims[] = {
      LN_DIM_OF(0), n,
      x->rank == 4 && ln_dim_is_known(x, 2) && ln_dim_is_known(x, 3) ? ln_dim(x, 2) * ln_dim(x, 3) : -1};
  ln_keras_return(call, ln_form_reshape(&f, x, 3, dims, NULL));
}

/* [N,C*kh*kw,places] as [N,C,H,W], the sums of what lies over each other: what `unfold` takes, transposed. */
static void fold(ln_keras_call* call) {
  static const int32_t kLast[] = {0, 2, 1}, kFirst[] = {0, 3, 1, 2};
  const ln_form f = ln_keras_form(call);
  int32_t out[2], size[2], dilation[2], pad[2], stride[2], places[2], spread[2];
  ln_tensor* x = call->in[0];
  if (!ln_keras_ints(call, "output_size", 2, -1, out) || !ln_keras_ints(call, "kernel_size", 2, -1, size) ||
      !ln_keras_ints(call, "dilation", 2, 1, dilation) || !ln_keras_ints(call, "padding", 2, 0, pad) ||
      !ln_keras_ints(call, "stride", 2, 1, stride))
    return;
  bool fits = x->rank == 3 && x->type == LN_TYPE_FLOAT32;
  for (int i = 0; i < 2; ++i) {
    fits = fits && size[i] > 0 && size[i] <= 4096 && dilation[i] > 0 && dilation[i] <= 4096 && pad[i] >= 0 &&
           pad[i] <= 1 << 20 && stride[i] > 0 && out[i] > 0 && out[i] <= 1 << 20;
    spread[i] = fits ? dilation[i] * (size[i] - 1) + 1 : 1;
    places[i] = fits ? (out[i] + 2 * pad[i] - spread[i]) / stride[i] + 1 : 0;
    fits = fits && spread[i] <= 4096 && out[i] + 2 * pad[i] >= spread[i];
  }
  const int64_t window_size = fits ? (int64_t)size[0] * size[1] : 1;
  const int32_t rows = fits ? ln_dim(x, 1) : -1;
  if (rows < 1 || rows > 1 << 14 || rows % window_size != 0 ||
      (int64_t)rows * rows * spread[0] * spread[1] / window_size > 1 << 24) {
    ln_keras_fail(call, "its windows do not fit, or are too many: a known number of rows, FLOAT32, can be converted");
    return;
  }
  const int32_t channels = (int32_t)(rows / window_size);
  /* A kernel [C,h,w,rows] that puts each row where it belongs. */
  const int32_t kernel_dims[] = {channels, spread[0], spread[1], rows};
  float* data =
      ln_job_alloc(call->job, (size_t)channels * (size_t)(spread[0] * spread[1]) * (size_t)rows, sizeof *data);
  for (int32_t row = 0; row < rows; ++row) {
    const int32_t channel = row / (size[0] * size[1]), i = row / size[1] % size[0], j = row % size[1];
    const size_t place = ((size_t)channel * (size_t)spread[0] + (size_t)(i * dilation[0])) * (size_t)spread[1] +
                         (size_t)(j * dilation[1]);
    data[place * (size_t)rows + (size_t)row] = 1;
  }
  const int32_t apart[] = {LN_DIM_OF(0), places[0], places[1], rows};
  const int32_t covered[] = {(places[0] - 1) * stride[0] + spread[0], (places[1] - 1) * stride[1] + spread[1]};
  const int32_t shape[] = {LN_DIM_OF(0), covered[0], covered[1], channels};
  x = ln_form_reshape(&f, ln_build_transpose(&call->b, x, kLast, ln_keras_name(call, "last")), 4, apart, "apart");
  ln_tensor* const inputs[] = {ln_form_shape(&f, x, 4, shape, "shape"),
                               ln_form_floats(&f, 4, kernel_dims, data, "putting"), x, no_bias(&f, channels)};
  ln_node* node = ln_build_node(&call->b, LN_OP_TRANSPOSE_CONV, 4, inputs);
  LN_SET(node, TransposeConvOptions, padding, LN_PADDING_VALID);
  LN_SET(node, TransposeConvOptions, stride_h, stride[0]);
  LN_SET(node, TransposeConvOptions, stride_w, stride[1]);
  x = ln_build_done(node, ln_keras_name(call, "sums"), 1);
  /* What no window covers is 0; what is padding goes. */
  const int32_t rest[] = {out[0] + 2 * pad[0] - covered[0], out[1] + 2 * pad[1] - covered[1]};
  const int32_t pads[] = {0, 0, 0, rest[0], 0, rest[1], 0, 0};
  if (rest[0] > 0 || rest[1] > 0) x = ln_build_pad(&call->b, x, pads, NULL, ln_keras_name(call, "padded"));
  const int32_t from[] = {0, pad[0], pad[1], 0}, extent[] = {-1, out[0], out[1], -1};
  if (pad[0] > 0 || pad[1] > 0) x = ln_build_slice(&call->b, x, from, extent, ln_keras_name(call, "inside"));
  ln_keras_return(call, ln_build_transpose(&call->b, x, kFirst, call->name));
}

/* ---- Normalizations ---- */

/* An argument along one axis, with dimensions of 1 for the others; NULL: there is none. */
static ln_tensor* along(ln_keras_call* call, int position, const char* name, int rank, int axis) {
  int32_t dims[LN_MAX_DIMS];
  const ln_form f = ln_keras_form(call);
  ln_tensor* v = ln_keras_operand(call, ln_keras_arg(call, position, name), LN_TYPE_FLOAT32);
  if (v == NULL || v->rank != 1 || axis == rank - 1) return v;
  for (int i = 0; i < rank; ++i) dims[i] = i == axis ? LN_DIM_OF(0) : 1;
  return ln_form_reshape(&f, v, rank, dims, name);
}

static double epsilon_of(const ln_keras_call* call, double fallback) {
  const cJSON* json = ln_keras_either(call, -1, "epsilon");
  return cJSON_IsNumber(json) ? json->valuedouble : fallback;
}

static void batch_norm(ln_keras_call* call) {
  const ln_form f = ln_keras_form(call);
  ln_tensor* x = call->in[0];
  int32_t axis = ln_keras_to_int(ln_keras_either(call, -1, "axis"), -1);
  if (axis < 0) axis += x->rank;
  ln_tensor *mean = along(call, 1, "mean", x->rank, axis), *variance = along(call, 2, "variance", x->rank, axis),
            *offset = along(call, 3, "offset", x->rank, axis), *scale = along(call, 4, "scale", x->rank, axis);
  if (mean == NULL || variance == NULL) {
    ln_keras_fail(call, "its mean or variance is missing");
    return;
  }
  ln_tensor* factor =
      ln_form_unary(&f, LN_OP_RSQRT, ln_form_number(&f, LN_OP_ADD, variance, epsilon_of(call, 1e-3), "more"), "factor");
  if (scale != NULL) factor = ln_form_binary(&f, LN_OP_MUL, factor, scale, "scaled");
  ln_tensor* shift = ln_form_binary(&f, LN_OP_MUL, mean, factor, "moved");
  shift = offset != NULL ? ln_form_binary(&f, LN_OP_SUB, offset, shift, "shift")
                         : ln_form_unary(&f, LN_OP_NEG, shift, "shift");
  ln_keras_return(call,
                  ln_form_binary(&f, LN_OP_ADD, ln_form_binary(&f, LN_OP_MUL, x, factor, "product"), shift, NULL));
}

/* LayerNorm and RMSNorm: over axes, then scaled and moved. */
static void layer_norm(ln_keras_call* call) {
  const ln_form f = ln_keras_form(call);
  int32_t axes[LN_MAX_DIMS], dims[LN_MAX_DIMS];
  ln_tensor* x = call->in[0];
  const bool rms = is_class(call, "RMSNorm"), by_deviation = cJSON_IsTrue(ln_keras_either(call, -1, "rms_scaling"));
  const cJSON* json = ln_keras_either(call, -1, "axis");
  axes[0] = -1;
  int count = json != NULL ? ln_keras_list(json, LN_MAX_DIMS, axes) : 1;
  for (int i = 0; i < x->rank; ++i) dims[i] = 1;
  for (int i = 0; i < count; ++i) {
    if (axes[i] < 0) axes[i] += x->rank;
    if (axes[i] < 0 || axes[i] >= x->rank)
      count = -1;
    else
      dims[axes[i]] = ln_dim(x, axes[i]);
  }
  if (count < 1) {
    ln_keras_fail(call, "its axis does not fit an input of rank %d", x->rank);
    return;
  }
  ln_tensor *gamma = ln_keras_operand(call, ln_keras_arg(call, 1, rms ? "scale" : "gamma"), LN_TYPE_FLOAT32),
            *beta = rms || by_deviation ? NULL : ln_keras_operand(call, ln_keras_arg(call, 2, "beta"), LN_TYPE_FLOAT32);
  ln_tensor* centered = x;
  if (!rms) {
    ln_tensor* mean = ln_build_reduce(&call->b, LN_OP_MEAN, x, count, axes, true, ln_keras_name(call, "mean"));
    centered = ln_form_binary(&f, LN_OP_SUB, x, mean, "centered");
  }
  ln_tensor* square = ln_build_reduce(&call->b, LN_OP_MEAN, ln_form_unary(&f, LN_OP_SQUARE, centered, "squares"), count,
                                      axes, true, ln_keras_name(call, "variance"));
  ln_tensor* factor =
      ln_form_unary(&f, LN_OP_RSQRT, ln_form_number(&f, LN_OP_ADD, square, epsilon_of(call, 1e-7), "more"), "factor");
  const bool last = count == 1 && axes[0] == x->rank - 1;
  ln_tensor* y = ln_form_binary(&f, LN_OP_MUL, by_deviation ? x : centered, factor,
                                gamma == NULL && beta == NULL ? NULL : "normalized");
  if (gamma != NULL && gamma->rank != x->rank && !last && !rms)
    gamma = ln_form_reshape(&f, gamma, x->rank, dims, "gamma");
  if (beta != NULL && beta->rank != x->rank && !last) beta = ln_form_reshape(&f, beta, x->rank, dims, "beta");
  if (gamma != NULL) y = ln_form_binary(&f, LN_OP_MUL, y, gamma, beta == NULL ? NULL : "scaled");
  ln_keras_return(call, beta == NULL ? y : ln_form_binary(&f, LN_OP_ADD, y, beta, NULL));
}

/* x over its norm of any order. */
static void normalize(ln_keras_call* call) {
  const ln_form f = ln_keras_form(call);
  int32_t axes[LN_MAX_DIMS] = {-1};
  ln_tensor *x = call->in[0], *norm;
  const cJSON* json = ln_keras_either(call, 1, "axis");
  const int32_t order = ln_keras_to_int(ln_keras_either(call, -1, "order"), 2);
  const double epsilon = epsilon_of(call, 1e-7);
  int count = json != NULL ? ln_keras_list(json, LN_MAX_DIMS, axes) : 1;
  for (int i = 0; i < count; ++i) {
    if (axes[i] < 0) axes[i] += x->rank;
    if (axes[i] < 0 || axes[i] >= x->rank) count = -1;
  }
  if (count < 1 || order < 1) {
    ln_keras_fail(call, "its axis does not fit an input of rank %d, or its order %d is less than 1", x->rank, order);
    return;
  }
  norm = order == 2 ? ln_form_unary(&f, LN_OP_SQUARE, x, "squares") : ln_form_unary(&f, LN_OP_ABS, x, "sizes");
  if (order > 2) norm = ln_form_number(&f, LN_OP_POW, norm, order, "powers");
  norm = ln_build_reduce(&call->b, LN_OP_SUM, norm, count, axes, true, ln_keras_name(call, "sum"));
  if (order == 2) {
    norm = ln_form_number(&f, LN_OP_MAXIMUM, norm, epsilon * epsilon, "at_least");
    ln_keras_return(call, ln_form_binary(&f, LN_OP_MUL, x, ln_form_unary(&f, LN_OP_RSQRT, norm, "factor"), NULL));
    return;
  }
  if (order > 2) norm = ln_form_number(&f, LN_OP_POW, norm, 1.0 / order, "norm");
  norm = ln_form_number(&f, LN_OP_MAXIMUM, norm, epsilon, "at_least");
  ln_keras_return(call, ln_form_binary(&f, LN_OP_DIV, x, norm, NULL));
}

/* ---- Attention ---- */

/* Where each of T steps looks at S: not behind itself. */
static ln_tensor* causal(const ln_form* f, int32_t t, int32_t s) {
  const int32_t dims[] = {t, s};
  uint8_t* data = ln_job_alloc(f->b.subgraph->graph->job, (size_t)t * (size_t)s, 1);
  for (int32_t i = 0; i < t; ++i)
    for (int32_t k = 0; k < s && k <= i; ++k) data[(size_t)i * (size_t)s + (size_t)k] = 1;
  return ln_graph_constant(f->b.subgraph, ln_form_name(f, "causal"), LN_TYPE_BOOL, 2, dims, data);
}

/* softmax(scale q k^T + bias, where it may look) v, of [N,T,heads,H]. */
static void attention(ln_keras_call* call) {
  static const int32_t kHeads[] = {0, 2, 1, 3};
  const ln_form f = ln_keras_form(call);
  ln_tensor* in[3];
  if (call->in_count < 3) {
    ln_keras_fail(call, "its query, key or value is no tensor");
    return;
  }
  for (int i = 0; i < 3; ++i) {
    in[i] = call->in[i];
    if (in[i]->rank != 4 || !ln_dim_is_known(in[i], 3) || !ln_dim_is_known(in[i], 2)) {
      ln_keras_fail(call, "its inputs must have rank 4, and known heads and sizes of them");
      return;
    }
    in[i] = ln_build_transpose(&call->b, in[i], kHeads, ln_keras_name(call, "heads"));
  }
  const int32_t heads = ln_dim(in[0], 1), own = ln_dim(in[1], 1), t = ln_dim(in[0], 2), s = ln_dim(in[1], 2);
  const cJSON *given = ln_keras_either(call, 5, "scale"), *bias = ln_keras_arg(call, 3, "bias"),
              *mask = ln_keras_arg(call, 4, "mask");
  const bool is_causal = cJSON_IsTrue(ln_keras_either(call, -1, "is_causal"));
  if ((is_causal && (t < 0 || s < 0)) || ln_keras_either(call, -1, "attn_logits_soft_cap") != NULL ||
      (own != heads && own != 1 && (own < 1 || heads % own != 0))) {
    ln_keras_fail(call, "a causal mask over unknown steps, a soft cap, or %d heads for %d cannot be converted", own,
                  heads);
    return;
  }
  for (int i = 1; i < 3 && own != heads && own > 1; ++i) { /* several heads share one */
    int32_t* places = ln_job_alloc(call->job, (size_t)heads, sizeof *places);
    for (int32_t h = 0; h < heads; ++h) places[h] = h / (heads / own);
    in[i] = ln_form_gather(&f, in[i], ln_graph_ints(call->b.subgraph, ln_keras_name(call, "shared"), heads, places), 1,
                           0, "repeated");
  }
  const double scale = cJSON_IsNumber(given) ? given->valuedouble : 1 / sqrt((double)ln_dim(in[1], 3));
  ln_tensor* logits =
      ln_form_matmul(&f, ln_form_number(&f, LN_OP_MUL, in[0], scale, "scaled"), in[1], false, true, "logits");
  if (bias != NULL) {
    ln_tensor* b = ln_keras_operand(call, bias, LN_TYPE_FLOAT32);
    if (b != NULL) logits = ln_form_binary(&f, LN_OP_ADD, logits, b, "biased");
  }
  ln_tensor* looks = is_causal ? causal(&f, t, s) : NULL;
  if (mask != NULL) {
    ln_tensor* m = ln_keras_operand(call, mask, LN_TYPE_BOOL);
    if (m == NULL) {
      ln_keras_fail(call, "its mask is no tensor");
      return;
    }
    m = ln_form_cast(&f, m, LN_TYPE_BOOL, "mask");
    looks = looks == NULL ? m : ln_form_binary(&f, LN_OP_LOGICAL_AND, m, looks, "looks");
  }
  if (looks != NULL)
    logits = ln_form_choose(&f, looks, logits,
                            ln_form_scalar(&f, LN_TYPE_FLOAT32, -0.7 * 3.4028234663852886e38, "never"), "masked");
  logits = ln_keras_softmax(call, logits, 3, ln_keras_name(call, "weights"));
  ln_tensor* y = ln_form_matmul(&f, logits, in[2], false, false, "sum");
  ln_keras_return(call, ln_build_transpose(&call->b, y, kHeads, call->name));
}

/* ---- Categories ---- */

static int type_of(ln_keras_call* call) {
  const cJSON* dtype = ln_keras_either(call, -1, "dtype");
  return cJSON_IsString(dtype) ? ln_keras_type(dtype->valuestring) : LN_TYPE_FLOAT32;
}

/* One place of 1 for each number; MultiHot takes the largest along dimension 1 then, or 0 of a vector. */
static void one_hot(ln_keras_call* call) {
  const ln_form f = ln_keras_form(call);
  const int32_t classes = ln_keras_to_int(ln_keras_either(call, 1, "num_classes"), -1),
                axis = ln_keras_to_int(ln_keras_either(call, 2, "axis"), -1);
  const bool multi = is_class(call, "MultiHot");
  ln_tensor* x = ln_form_cast(&f, call->in[0], LN_TYPE_INT32, "places");
  const int type = type_of(call);
  if (type < 0 || classes < 1 || cJSON_IsTrue(ln_keras_either(call, -1, "sparse"))) {
    ln_keras_fail(call, "it has no num_classes, a dtype that cannot be converted, or is sparse");
    return;
  }
  ln_tensor* const inputs[] = {x, ln_form_scalar(&f, LN_TYPE_INT32, classes, "classes"),
                               ln_form_scalar(&f, type, 1, "on"), ln_form_scalar(&f, type, 0, "off")};
  ln_node* node = ln_build_node(&call->b, LN_OP_ONE_HOT, 4, inputs);
  LN_SET(node, OneHotOptions, axis, axis);
  ln_tensor* y = ln_build_done(node, multi ? ln_keras_name(call, "ones") : call->name, 1);
  if (multi)
    y = ln_form_reduce(&f, type == LN_TYPE_BOOL ? LN_OP_REDUCE_ANY : LN_OP_REDUCE_MAX, y, x->rank > 1 ? 1 : 0, false,
                       NULL);
  ln_keras_return(call, y);
}

static ln_tensor* clipped(const ln_form* f, ln_tensor* x) {
  const double kEpsilon = 1e-7;
  x = ln_form_number(f, LN_OP_MAXIMUM, x, kEpsilon, "at_least");
  return ln_form_number(f, LN_OP_MINIMUM, x, 1 - kEpsilon, "at_most");
}

/* max(x, 0) - x t + log(1 + e^-|x|), or -(t log p + (1 - t) log(1 - p)) */
static void binary_crossentropy(ln_keras_call* call) {
  const ln_form f = ln_keras_form(call);
  ln_tensor *t, *x;
  if (call->in_count != 2) {
    ln_keras_fail(call, "its target or output is no tensor");
    return;
  }
  t = ln_form_cast(&f, call->in[0], LN_TYPE_FLOAT32, "target");
  x = call->in[1];
  if (cJSON_IsTrue(ln_keras_either(call, 2, "from_logits"))) {
    ln_tensor* e = ln_form_unary(&f, LN_OP_EXP,
                                 ln_form_unary(&f, LN_OP_NEG, ln_form_unary(&f, LN_OP_ABS, x, "size"), "minus"), "e");
    ln_tensor* log = ln_form_unary(&f, LN_OP_LOG, ln_form_number(&f, LN_OP_ADD, e, 1, "more"), "log");
    ln_tensor* rest = ln_form_binary(&f, LN_OP_SUB, ln_form_unary(&f, LN_OP_RELU, x, "above"),
                                     ln_form_binary(&f, LN_OP_MUL, x, t, "product"), "rest");
    ln_keras_return(call, ln_form_binary(&f, LN_OP_ADD, rest, log, NULL));
    return;
  }
  x = clipped(&f, x);
  ln_tensor* one = ln_form_scalar(&f, LN_TYPE_FLOAT32, 1, "one");
  ln_tensor* hit = ln_form_binary(&f, LN_OP_MUL, t, ln_form_unary(&f, LN_OP_LOG, x, "log"), "hit");
  ln_tensor* miss =
      ln_form_binary(&f, LN_OP_MUL, ln_form_binary(&f, LN_OP_SUB, one, t, "not"),
                     ln_form_unary(&f, LN_OP_LOG, ln_form_binary(&f, LN_OP_SUB, one, x, "rest"), "log_rest"), "miss");
  ln_keras_return(call, ln_form_unary(&f, LN_OP_NEG, ln_form_binary(&f, LN_OP_ADD, hit, miss, "sum"), NULL));
}

/* -sum t log p; p of numbers that are no probabilities yet by softmax. Sparse: t is 1 at one place. */
static void crossentropy(ln_keras_call* call) {
  const ln_form f = ln_keras_form(call);
  const bool sparse = is_class(call, "SparseCategoricalCrossentropy"),
             logits = cJSON_IsTrue(ln_keras_either(call, 2, "from_logits"));
  ln_tensor *t, *x;
  int32_t axis = ln_keras_to_int(ln_keras_either(call, 3, "axis"), -1);
  if (call->in_count != 2 || axis < -call->in[1]->rank || axis >= call->in[1]->rank) {
    ln_keras_fail(call, "its target or output is no tensor, or its axis does not fit");
    return;
  }
  t = call->in[0];
  x = ln_form_swap(&f, call->in[1], axis, -1, "to_last");
  if (!logits) {
    if (!sparse)
      x = ln_form_binary(&f, LN_OP_DIV, x, ln_form_reduce(&f, LN_OP_SUM, x, -1, true, "whole"), "normalized");
    x = ln_form_unary(&f, LN_OP_LOG, clipped(&f, x), "log");
  }
  if (logits || sparse) x = ln_form_unary(&f, LN_OP_LOG_SOFTMAX, x, "log_softmax");
  if (sparse) {
    const int32_t classes = ln_dim(x, x->rank - 1);
    if (classes < 1) {
      ln_keras_fail(call, "the number of its classes must be known");
      return;
    }
    if (t->rank == x->rank) t = ln_form_reduce(&f, LN_OP_SUM, t, -1, false, "places");
    t = ln_form_one_hot(&f, ln_form_cast(&f, t, LN_TYPE_INT32, "target"), classes, LN_TYPE_FLOAT32, "ones");
  } else {
    t = ln_form_swap(&f, ln_form_cast(&f, t, LN_TYPE_FLOAT32, "target"), axis, -1, "target_to_last");
  }
  ln_tensor* sum = ln_form_reduce(&f, LN_OP_SUM, ln_form_binary(&f, LN_OP_MUL, t, x, "products"), -1, true, "sum");
  sum = ln_form_swap(&f, ln_form_unary(&f, LN_OP_NEG, sum, "loss"), axis, -1, "back");
  int32_t dims[LN_MAX_DIMS];
  int rank = 0;
  for (int i = 0; i < sum->rank; ++i)
    if (i != (axis < 0 ? axis + sum->rank : axis)) dims[rank++] = LN_DIM_OF(i);
  ln_keras_return(call, ln_form_reshape(&f, sum, rank, dims, NULL));
}

/* 20 log10(most) - 10 log10(mean (x - y)^2) */
static void signal_to_noise(ln_keras_call* call) {
  const ln_form f = ln_keras_form(call);
  const double kLog10 = 2.302585092994045684;
  const cJSON* most = ln_keras_either(call, 2, "max_val");
  int32_t axes[LN_MAX_DIMS];
  ln_tensor *x, *y;
  if (!ln_keras_operands(call, &x, &y)) return;
  if (!cJSON_IsNumber(most) || most->valuedouble <= 0) {
    ln_keras_fail(call, "its max_val is no number above 0");
    return;
  }
  ln_tensor* square = ln_form_binary(&f, LN_OP_SQUARED_DIFFERENCE, x, y, "squares");
  for (int i = 0; i < square->rank; ++i) axes[i] = i;
  square = ln_build_reduce(&call->b, LN_OP_MEAN, square, square->rank, axes, false, ln_keras_name(call, "mean"));
  square = ln_form_number(&f, LN_OP_MUL, ln_form_unary(&f, LN_OP_LOG, square, "log"), -10 / kLog10, "noise");
  ln_keras_return(call, ln_form_number(&f, LN_OP_ADD, square, 20 * log10(most->valuedouble), NULL));
}

const ln_keras_lowering ln_keras_functions[] = {
    {"Conv", conv, 0, 0},
    {"DepthwiseConv", conv, 0, 0},
    {"SeparableConv", conv, 0, 0},
    {"DepthToSpace", space_depth, 0, 0},
    {"SpaceToDepth", space_depth, 0, 0},
    {"ExtractPatches", extract_patches, 0, 0},
    {"Unfold", unfold, 0, 0},
    {"Fold", fold, 0, 0},
    {"ConvTranspose", ln_keras_transpose_conv, 0, 0},
    {"BatchNorm", batch_norm, 0, 0},
    {"LayerNorm", layer_norm, 0, 0},
    {"RMSNorm", layer_norm, 0, 0},
    {"Normalize", normalize, 0, 0},
    {"DotProductAttention", attention, 0, 0},
    {"OneHot", one_hot, 0, 0},
    {"MultiHot", one_hot, 0, 0},
    {"BinaryCrossentropy", binary_crossentropy, 0, 0},
    {"CategoricalCrossentropy", crossentropy, 0, 0},
    {"SparseCategoricalCrossentropy", crossentropy, 0, 0},
    {"PSNR", signal_to_noise, 0, 0},
    {NULL, NULL, 0, 0},
};
