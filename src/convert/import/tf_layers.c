/* Layers with weights, pools, normalizations, resizing. Weights come in TensorFlow's order of dimensions and leave in
 * TFLite's; where they are constants the transposes are computed here. NCHW is made NHWC by transposes, which passes
 * then cancel. */
#include <math.h>
#include <string.h>

#include "convert/import/tf_import.h"
#include "convert/planes.h"

typedef struct window {
  int32_t stride[3], dilation[3], kernel[3]; /* of the spatial dimensions, in order */
  int padding;                               /* LN_PADDING_... */
} window;

/* The numbers for spatial dimensions of an attribute that has one for each dimension. */
static void spatial(const ln_tf_call* call, const char* name, bool nchw, int32_t numbers[3]) {
  const int64_t* list;
  const size_t count = ln_tf_ints(call->def, name, &list);
  numbers[0] = numbers[1] = numbers[2] = 1;
  if (count != 4 && count != 5) return;
  for (size_t i = 0; i + 2 < count; ++i) {
    const int64_t number = list[i + (nchw ? 2 : 1)];
    numbers[i] = number > 0 && number <= INT32_MAX ? (int32_t)number : 0;
  }
}

/* Explicit padding becomes a PAD in front, which the passes merge where they can. */
static bool read_window(ln_tf_call* call, ln_tensor** x, window* w, double pad_value) {
  const bool nchw = ln_tf_is_nchw(call);
  spatial(call, "strides", nchw, w->stride);
  spatial(call, "dilations", nchw, w->dilation);
  spatial(call, "ksize", nchw, w->kernel);
  w->padding = ln_tf_is(call->def, "padding", "SAME", false) ? LN_PADDING_SAME : LN_PADDING_VALID;
  for (int i = 0; i < 3; ++i)
    if (w->stride[i] == 0 || w->dilation[i] == 0 || w->kernel[i] == 0) {
      ln_tf_fail(call, "a stride, dilation or window is not positive");
      return false;
    }
  if (!ln_tf_is(call->def, "padding", "EXPLICIT", false)) return true;
  const int64_t* list;
  int32_t pads[2 * LN_MAX_DIMS] = {0};
  const size_t count = ln_tf_ints(call->def, "explicit_paddings", &list);
  if ((*x)->rank < 0 || count != 2 * (size_t)(*x)->rank) {
    ln_tf_fail(call, "it has %zu explicit paddings; its input has rank %d", count, (*x)->rank);
    return false;
  }
  const int rank = (*x)->rank;
  for (int i = 0; i < rank; ++i)
    for (int k = 0; k < 2; ++k) {
      const int to = !nchw || i == 0 ? i : i == 1 ? rank - 1 : i - 1;
      pads[2 * to + k] = (int32_t)list[2 * i + k];
    }
  ln_tensor* value =
      pad_value != 0 ? ln_build_number(&call->b, (*x)->type, pad_value, ln_tf_name(call, "least")) : NULL;
  *x = ln_build_pad(&call->b, *x, pads, value, ln_tf_name(call, "pad"));
  return true;
}

static ln_tensor* zeros(ln_tf_call* call, int32_t count) {
  if (count < 0) return NULL;
  return ln_graph_constant(call->b.subgraph, ln_tf_name(call, "bias"), LN_TYPE_FLOAT32, 1, &count,
                           ln_job_alloc(call->job, (size_t)count, sizeof(float)));
}

static void conv_2d(ln_tf_call* call) {
  static const int32_t kOhwi[] = {3, 0, 1, 2};
  window w;
  ln_tensor *x = ln_tf_to_nhwc(call, ln_tf_in(call, 0)), *filter = ln_tf_in(call, 1);
  if (filter->rank >= 0 && filter->rank != 4) {
    ln_tf_fail(call, "its filter has rank %d; 4 is right", filter->rank);
    return;
  }
  if (!read_window(call, &x, &w, 0)) return;
  ln_tensor* const inputs[] = {x, ln_build_transpose(&call->b, filter, kOhwi, ln_tf_name(call, "filter")),
                               filter->rank == 4 ? zeros(call, ln_dim(filter, 3)) : NULL};
  ln_tensor* y = ln_build_conv_2d(&call->b, inputs, w.padding, w.stride, w.dilation,
                                  ln_tf_is_nchw(call) ? ln_tf_name(call, "conv") : call->name);
  ln_tf_return(call, 0, ln_tf_to_nchw(call, y, call->name));
}

/* [H,W,C,M] becomes [1,H,W,C*M]: the same order of elements. */
static void depthwise_conv_2d(ln_tf_call* call) {
  window w;
  ln_tensor *x = ln_tf_to_nhwc(call, ln_tf_in(call, 0)), *filter = ln_tf_in(call, 1);
  if (filter->rank != 4 || !ln_tensor_is_static(filter)) {
    ln_tf_fail(call, "its filter's shape must be known");
    return;
  }
  if (!read_window(call, &x, &w, 0)) return;
  const int32_t* f = filter->shape[0];
  const int32_t shape[] = {1, f[0], f[1], f[2] * f[3]};
  ln_tensor* const inputs[] = {x, ln_build_reshape(&call->b, filter, 4, shape, ln_tf_name(call, "filter")),
                               zeros(call, shape[3])};
  ln_node* node = ln_build_node(&call->b, LN_OP_DEPTHWISE_CONV_2D, 3, inputs);
  LN_SET(node, DepthwiseConv2DOptions, padding, w.padding);
  LN_SET(node, DepthwiseConv2DOptions, stride_h, w.stride[0]);
  LN_SET(node, DepthwiseConv2DOptions, stride_w, w.stride[1]);
  LN_SET(node, DepthwiseConv2DOptions, depth_multiplier, f[3]);
  LN_SET(node, DepthwiseConv2DOptions, dilation_h_factor, w.dilation[0]);
  LN_SET(node, DepthwiseConv2DOptions, dilation_w_factor, w.dilation[1]);
  ln_tf_return(call, 0,
               ln_tf_to_nchw(call, ln_build_done(node, ln_tf_is_nchw(call) ? ln_tf_name(call, "conv") : call->name, 1),
                             call->name));
}

/* An output's shape in the order of channels last. */
static ln_tensor* nhwc_shape(ln_tf_call* call, ln_tensor* shape, int rank) {
  static const int32_t kFour[] = {0, 2, 3, 1}, kFive[] = {0, 2, 3, 4, 1};
  if (!ln_tf_is_nchw(call)) return shape;
  ln_tensor* order = ln_graph_ints(call->b.subgraph, ln_tf_name(call, "order"), rank, rank == 4 ? kFour : kFive);
  return ln_tf_binary(call, LN_OP_GATHER, shape, order, "shape");
}

/* Inputs: output shape, filter [H,W,O,I], what is spread. */
static void transpose_conv(ln_tf_call* call) {
  static const int32_t kOhwi[] = {2, 0, 1, 3};
  window w;
  ln_tensor *shape = ln_tf_in_i32(call, 0), *filter = ln_tf_in(call, 1), *x = ln_tf_to_nhwc(call, ln_tf_in(call, 2));
  if (ln_tf_is(call->def, "padding", "EXPLICIT", false)) {
    ln_tf_fail(call, "explicit padding of a transposed convolution cannot be converted; SAME and VALID can");
    return;
  }
  if (!read_window(call, &x, &w, 0)) return;
  if (w.dilation[0] != 1 || w.dilation[1] != 1) {
    ln_tf_fail(call, "a transposed convolution with dilation %dx%d cannot be converted; 1 can", w.dilation[0],
               w.dilation[1]);
    return;
  }
  shape = nhwc_shape(call, shape, 4);
  ln_tensor* const inputs[] = {shape, ln_build_transpose(&call->b, filter, kOhwi, ln_tf_name(call, "filter")), x};
  ln_node* node = ln_build_node(&call->b, LN_OP_TRANSPOSE_CONV, 3, inputs);
  LN_SET(node, TransposeConvOptions, padding, w.padding);
  LN_SET(node, TransposeConvOptions, stride_h, w.stride[0]);
  LN_SET(node, TransposeConvOptions, stride_w, w.stride[1]);
  ln_tf_return(call, 0,
               ln_tf_to_nchw(call, ln_build_done(node, ln_tf_is_nchw(call) ? ln_tf_name(call, "conv") : call->name, 1),
                             call->name));
}

static void set_conv_3d(ln_node* node, const window* w) {
  LN_SET(node, Conv3DOptions, padding, w->padding);
  LN_SET(node, Conv3DOptions, stride_d, w->stride[0]);
  LN_SET(node, Conv3DOptions, stride_h, w->stride[1]);
  LN_SET(node, Conv3DOptions, stride_w, w->stride[2]);
  LN_SET(node, Conv3DOptions, dilation_d_factor, w->dilation[0]);
  LN_SET(node, Conv3DOptions, dilation_h_factor, w->dilation[1]);
  LN_SET(node, Conv3DOptions, dilation_w_factor, w->dilation[2]);
}

static void conv_3d(ln_tf_call* call) {
  window w;
  ln_tensor *x = ln_tf_to_nhwc(call, ln_tf_in(call, 0)), *filter = ln_tf_in(call, 1);
  if (!read_window(call, &x, &w, 0)) return;
  ln_tensor* const inputs[] = {x, filter};
  ln_node* node = ln_build_node(&call->b, LN_OP_CONV_3D, 2, inputs);
  set_conv_3d(node, &w);
  ln_tf_return(call, 0, ln_tf_to_nchw(call, ln_build_done(node, call->name, 1), call->name));
}

static void conv_3d_transpose(ln_tf_call* call) {
  window w;
  ln_tensor *shape = nhwc_shape(call, ln_tf_in_i32(call, 0), 5), *x = ln_tf_to_nhwc(call, ln_tf_in(call, 2));
  if (!read_window(call, &x, &w, 0)) return;
  ln_tensor* const inputs[] = {shape, ln_tf_in(call, 1), x};
  ln_node* node = ln_build_node(&call->b, LN_OP_CONV_3D_TRANSPOSE, 3, inputs);
  set_conv_3d(node, &w);
  ln_tensor* y = ln_build_done(node, ln_tf_is_nchw(call) ? ln_tf_name(call, "conv") : call->name, 1);
  ln_tf_return(call, 0, ln_tf_to_nchw(call, y, call->name));
}

/* The form whose window and strides are inputs. */
static bool input_window(ln_tf_call* call, window* w) {
  const int first = ln_tf_is_nchw(call) ? 2 : 1;
  for (int i = 0; i < 2; ++i) {
    int32_t numbers[4];
    if (ln_tf_const_ints(call, i + 1, 4, numbers) != 4) return false;
    for (int k = 0; k < 2; ++k) (i == 0 ? w->kernel : w->stride)[k] = numbers[first + k];
  }
  return true;
}

static int pool_code(const ln_tf_call* call) {
  return call->def->op[0] == 'M' ? LN_OP_MAX_POOL_2D : LN_OP_AVERAGE_POOL_2D;
}

static void pool_2d(ln_tf_call* call) {
  window w;
  ln_tensor* x = ln_tf_to_nhwc(call, ln_tf_in(call, 0));
  if (!read_window(call, &x, &w, pool_code(call) == LN_OP_MAX_POOL_2D ? (double)-INFINITY : 0)) return;
  if (call->in_count == 3 && !input_window(call, &w)) return;
  x = ln_build_pool_2d(&call->b, pool_code(call), x, w.padding, w.kernel, w.stride,
                       ln_tf_is_nchw(call) ? ln_tf_name(call, "pool") : call->name);
  ln_tf_return(call, 0, ln_tf_to_nchw(call, x, call->name));
}

static void pool_3d(ln_tf_call* call) {
  window w;
  ln_tensor* x = ln_tf_to_nhwc(call, ln_tf_in(call, 0));
  if (!read_window(call, &x, &w, 0)) return;
  if (x->rank != 5) {
    ln_tf_fail(call, "its input has rank %d; 5 is right", x->rank);
    return;
  }
  const ln_form f = {call->b, ln_tf_is_nchw(call) ? ln_tf_name(call, "pool") : call->name};
  x = ln_pool_planes(&f, pool_code(call), x, w.padding, w.kernel, w.stride);
  ln_tf_return(call, 0, ln_tf_to_nchw(call, x, call->name));
}

/* A vector of channels so that it is broadcast over x in its layout. */
static ln_tensor* per_channel(ln_tf_call* call, ln_tensor* vector, const ln_tensor* x, const char* what) {
  if (!ln_tf_is_nchw(call) || x->rank < 3) return vector;
  int32_t dims[LN_MAX_DIMS];
  for (int i = 0; i < x->rank - 1; ++i) dims[i] = i == 0 ? -1 : 1;
  return ln_build_reshape(&call->b, vector, x->rank - 1, dims, ln_tf_name(call, what));
}

static void bias_add(ln_tf_call* call) {
  ln_tensor* x = ln_tf_in(call, 0);
  ln_tf_return(call, 0,
               ln_build_binary(&call->b, LN_OP_ADD, x, per_channel(call, ln_tf_in(call, 1), x, "bias"), call->name));
}

/* What the running mean or variance becomes: the batch's own, mixed with what it was. */
static ln_tensor* running(ln_tf_call* call, int input, ln_tensor* own, const char* what) {
  const double factor = (double)ln_tf_float(call->def, "exponential_avg_factor", 1);
  const int32_t channels = -1;
  own = ln_build_reshape(&call->b, own, 1, &channels, ln_tf_name(call, what));
  if (factor == 1) return own;
  const ln_form form = {call->b, ln_tf_name(call, what)};
  return ln_form_binary(&form, LN_OP_ADD, ln_form_number(&form, LN_OP_MUL, own, factor, "new"),
                        ln_form_number(&form, LN_OP_MUL, ln_tf_in(call, input), 1 - factor, "old"), "running");
}

/* The training form: with the mean and variance of the batch itself, which come out as well, the variance with n - 1 in
 * place of n. */
static void batch_norm_of_batch(ln_tf_call* call, double epsilon) {
  const ln_form form = {call->b, call->name};
  ln_tensor* x = ln_tf_in(call, 0);
  int32_t axes[LN_MAX_DIMS];
  int count = 0;
  const int channel = ln_tf_is_nchw(call) ? 1 : x->rank - 1;
  if (x->rank < 3 || !ln_dim_is_known(x, channel) || ln_dim(x, channel) < 1) {
    ln_tf_fail(call, "its channels are not known");
    return;
  }
  for (int i = 0; i < x->rank; ++i)
    if (i != channel) axes[count++] = i;
  ln_warn(call->job, call->b.place,
          "it is in training form: it normalizes by the mean and variance of the batch itself");
  ln_tensor* mean = ln_build_reduce(&call->b, LN_OP_MEAN, x, count, axes, true, ln_tf_name(call, "mean"));
  ln_tensor* d = ln_form_binary(&form, LN_OP_SUB, x, mean, "centered");
  ln_tensor* variance = ln_build_reduce(&call->b, LN_OP_MEAN, ln_form_unary(&form, LN_OP_SQUARE, d, "squares"), count,
                                        axes, true, ln_tf_name(call, "variance"));
  ln_tensor* root =
      ln_form_unary(&form, LN_OP_RSQRT, ln_form_number(&form, LN_OP_ADD, variance, epsilon, "moved"), "rsqrt");
  ln_tensor* scaled = ln_form_binary(&form, LN_OP_MUL, ln_form_binary(&form, LN_OP_MUL, d, root, "normalized"),
                                     per_channel(call, ln_tf_in(call, 1), x, "scale"), "scaled");
  ln_tf_return(call, 0,
               ln_form_binary(&form, LN_OP_ADD, scaled, per_channel(call, ln_tf_in(call, 2), x, "offset"), NULL));
  ln_tensor* extents = ln_form_extents(&form, x, LN_TYPE_INT32, "extents");
  static const int32_t kFirst = 0;
  ln_tensor* n = ln_form_cast(
      &form, ln_build_reduce(&call->b, LN_OP_REDUCE_PROD, extents, 1, &kFirst, false, ln_tf_name(call, "elements")),
      x->type, "elements");
  n = ln_form_number(&form, LN_OP_MUL, n, 1.0 / ln_dim(x, channel), "n");
  ln_tensor* less = ln_form_number(&form, LN_OP_MAXIMUM, ln_form_number(&form, LN_OP_SUB, n, 1, "less"), 1, "divisor");
  ln_tf_return(call, 1, running(call, 3, mean, "running_mean"));
  ln_tf_return(call, 2,
               running(call, 4,
                       ln_form_binary(&form, LN_OP_MUL, variance, ln_form_binary(&form, LN_OP_DIV, n, less, "ratio"),
                                      "unbiased"),
                       "running_variance"));
}

/* x * m + (offset - mean * m) with m = scale / sqrt(variance + epsilon): both computed here where they are constants.
 */
static void batch_norm(ln_tf_call* call) {
  const ln_builder* b = &call->b;
  ln_tensor *x = ln_tf_in(call, 0), *scale = ln_tf_in(call, 1), *offset = ln_tf_in(call, 2), *mean = ln_tf_in(call, 3),
            *variance = ln_tf_in(call, 4);
  const double epsilon = (double)ln_tf_float(call->def, "epsilon", 1e-4f);
  if (ln_tf_bool(call->def, "is_training", true)) {
    batch_norm_of_batch(call, epsilon);
    return;
  }
  ln_tensor* root = ln_build_unary(b, LN_OP_RSQRT,
                                   ln_build_with_number(b, LN_OP_ADD, variance, epsilon, ln_tf_name(call, "variance")),
                                   ln_tf_name(call, "rsqrt"));
  ln_tensor* m = ln_build_binary(b, LN_OP_MUL, root, scale, ln_tf_name(call, "multiplier"));
  ln_tensor* shift =
      ln_build_binary(b, LN_OP_SUB, offset, ln_build_binary(b, LN_OP_MUL, mean, m, ln_tf_name(call, "mean")),
                      ln_tf_name(call, "offset"));
  ln_tensor* product = ln_build_binary(b, LN_OP_MUL, x, per_channel(call, m, x, "m"), ln_tf_name(call, "mul"));
  ln_tf_return(call, 0, ln_build_binary(b, LN_OP_ADD, product, per_channel(call, shift, x, "shift"), call->name));
  ln_tf_return(call, 1, mean);
  ln_tf_return(call, 2, variance);
}

static ln_tensor* swap_last(ln_tf_call* call, ln_tensor* x, const char* what) {
  int32_t order[LN_MAX_DIMS];
  for (int i = 0; i < x->rank; ++i) order[i] = i;
  if (x->rank < 2) return x;
  order[x->rank - 1] = x->rank - 2;
  order[x->rank - 2] = x->rank - 1;
  return ln_build_transpose(&call->b, x, order, ln_tf_name(call, what));
}

/* With constant weights it is FULLY_CONNECTED, whose weights are [out, in]. */
static void mat_mul(ln_tf_call* call) {
  const bool batch = strncmp(call->def->op, "Batch", 5) == 0;
  const bool adjoint_x = ln_tf_bool(call->def, batch ? "adj_x" : "transpose_a", false),
             adjoint_y = ln_tf_bool(call->def, batch ? "adj_y" : "transpose_b", false);
  ln_tensor *x = ln_tf_in(call, 0), *y = ln_tf_in(call, 1);
  if (ln_tensor_is_constant(y) && y->rank == 2 && y->type == LN_TYPE_FLOAT32 && x->rank >= 2) {
    if (adjoint_x) x = swap_last(call, x, "x");
    if (!adjoint_y) y = swap_last(call, y, "weights");
    ln_tensor* const inputs[] = {x, y, zeros(call, ln_dim(y, 0))};
    ln_node* node = ln_build_node(&call->b, LN_OP_FULLY_CONNECTED, 3, inputs);
    if (x->rank > 2) LN_SET(node, FullyConnectedOptions, keep_num_dims, 1);
    ln_tf_return(call, 0, ln_build_done(node, call->name, 1));
    return;
  }
  ln_tensor* const inputs[] = {x, y};
  ln_node* node = ln_build_node(&call->b, LN_OP_BATCH_MATMUL, 2, inputs);
  LN_SET(node, BatchMatMulOptions, adj_x, adjoint_x);
  LN_SET(node, BatchMatMulOptions, adj_y, adjoint_y);
  ln_tf_return(call, 0, ln_build_done(node, call->name, 1));
}

static void softmax(ln_tf_call* call) {
  ln_tensor* x = ln_tf_in(call, 0);
  ln_node* node = ln_build_node(&call->b, LN_OP_SOFTMAX, 1, &x);
  LN_SET_FLOAT(node, SoftmaxOptions, beta, 1);
  ln_tf_return(call, 0, ln_build_done(node, call->name, 1));
}

static void log_softmax(ln_tf_call* call) {
  ln_tf_return(call, 0, ln_build_unary(&call->b, LN_OP_LOG_SOFTMAX, ln_tf_in(call, 0), call->name));
}

static void lrn(ln_tf_call* call) {
  ln_tensor* x = ln_tf_in(call, 0);
  ln_node* node = ln_build_node(&call->b, LN_OP_LOCAL_RESPONSE_NORMALIZATION, 1, &x);
  LN_SET(node, LocalResponseNormalizationOptions, radius, ln_tf_int(call->def, "depth_radius", 5));
  LN_SET_FLOAT(node, LocalResponseNormalizationOptions, bias, ln_tf_float(call->def, "bias", 1));
  LN_SET_FLOAT(node, LocalResponseNormalizationOptions, alpha, ln_tf_float(call->def, "alpha", 1));
  LN_SET_FLOAT(node, LocalResponseNormalizationOptions, beta, ln_tf_float(call->def, "beta", 0.5f));
  ln_tf_return(call, 0, ln_build_done(node, call->name, 1));
}

static void resize(ln_tf_call* call) {
  const bool bilinear = strcmp(call->def->op, "ResizeBilinear") == 0;
  const bool corners = ln_tf_bool(call->def, "align_corners", false),
             centers = ln_tf_bool(call->def, "half_pixel_centers", false);
  ln_tensor* x = ln_tf_in(call, 0);
  if (bilinear && x->type != LN_TYPE_FLOAT32)
    x = ln_build_cast(&call->b, x, LN_TYPE_FLOAT32, ln_tf_name(call, "float"));
  ln_tensor* const inputs[] = {x, ln_tf_in_i32(call, 1)};
  ln_node* node = ln_build_node(&call->b, bilinear ? LN_OP_RESIZE_BILINEAR : LN_OP_RESIZE_NEAREST_NEIGHBOR, 2, inputs);
  if (bilinear) {
    LN_SET(node, ResizeBilinearOptions, align_corners, corners);
    LN_SET(node, ResizeBilinearOptions, half_pixel_centers, centers);
  } else {
    LN_SET(node, ResizeNearestNeighborOptions, align_corners, corners);
    LN_SET(node, ResizeNearestNeighborOptions, half_pixel_centers, centers);
  }
  ln_tf_return(call, 0, ln_build_done(node, call->name, 1));
}

/* x * scale / sqrt(variance + epsilon) and so on, in an older order of inputs. */
static void old_batch_norm(ln_tf_call* call) {
  ln_tensor *x = ln_tf_in(call, 0), *mean = ln_tf_in(call, 1), *variance = ln_tf_in(call, 2),
            *offset = ln_tf_in(call, 3);
  variance =
      ln_tf_number(call, LN_OP_ADD, variance, (double)ln_tf_float(call->def, "variance_epsilon", 1e-3f), "variance");
  ln_tensor* m = ln_tf_unary(call, LN_OP_RSQRT, variance, "rsqrt");
  if (ln_tf_bool(call->def, "scale_after_normalization", true))
    m = ln_tf_binary(call, LN_OP_MUL, m, ln_tf_in(call, 4), "multiplier");
  ln_tensor* shift = ln_tf_binary(call, LN_OP_SUB, offset, ln_tf_binary(call, LN_OP_MUL, mean, m, "mean"), "offset");
  ln_tf_return(call, 0, ln_tf_binary(call, LN_OP_ADD, ln_tf_binary(call, LN_OP_MUL, x, m, "mul"), shift, NULL));
}

/* What TensorFlow's own optimizer makes of a layer and what is behind it: `fused_ops` names that in order. */
static void fused(ln_tf_call* call) {
  static const struct {
    const char* name;
    int code;
  } kActivations[] = {{"Relu", LN_OP_RELU},
                      {"Relu6", LN_OP_RELU6},
                      {"Elu", LN_OP_ELU},
                      {"Tanh", LN_OP_TANH},
                      {"Sigmoid", LN_OP_LOGISTIC}};
  const LnPb__AttrValue* names = ln_tf_attr(call->def, "fused_ops");
  int next = 2;
  if (strcmp(call->def->op, "_FusedMatMul") == 0)
    mat_mul(call);
  else if (strcmp(call->def->op, "_FusedConv2D") == 0)
    conv_2d(call);
  else
    depthwise_conv_2d(call);
  ln_tensor* x = call->node->outs[0].tensor;
  for (size_t i = 0; names != NULL && names->list != NULL && i < names->list->n_s && !x->broken; ++i) {
    char name[32] = "";
    const ProtobufCBinaryData text = names->list->s[i];
    if (text.len < sizeof name && text.len > 0) memcpy(name, text.data, text.len);
    int code = LN_OP_CUSTOM;
    for (size_t k = 0; k < sizeof kActivations / sizeof kActivations[0]; ++k)
      if (strcmp(name, kActivations[k].name) == 0) code = kActivations[k].code;
    if (code != LN_OP_CUSTOM) {
      x = ln_tf_unary(call, code, x, NULL);
    } else if (strcmp(name, "BiasAdd") == 0) {
      x = ln_tf_binary(call, LN_OP_ADD, x, per_channel(call, ln_tf_in(call, next++), x, "bias"), NULL);
    } else if (strcmp(name, "Add") == 0) {
      x = ln_tf_binary(call, LN_OP_ADD, x, ln_tf_in(call, next++), NULL);
    } else if (strcmp(name, "LeakyRelu") == 0) {
      ln_node* node = ln_build_node(&call->b, LN_OP_LEAKY_RELU, 1, &x);
      LN_SET_FLOAT(node, LeakyReluOptions, alpha, ln_tf_float(call->def, "leakyrelu_alpha", 0.2f));
      x = ln_build_done(node, call->name, 1);
    } else {
      ln_tf_fail(call, "it is fused with \"%s\", which cannot be converted", name);
      return;
    }
  }
  ln_tf_return(call, 0, x);
}

const ln_tf_lowering ln_tf_layers[] = {
    {"Conv2D", conv_2d, 0},
    {"DepthwiseConv2dNative", depthwise_conv_2d, 0},
    {"Conv2DBackpropInput", transpose_conv, 0},
    {"Conv3D", conv_3d, 0},
    {"Conv3DBackpropInputV2", conv_3d_transpose, 0},
    {"MaxPool", pool_2d, 0},
    {"MaxPoolV2", pool_2d, 0},
    {"AvgPool", pool_2d, 0},
    {"MaxPool3D", pool_3d, 0},
    {"AvgPool3D", pool_3d, 0},
    {"BiasAdd", bias_add, 0},
    {"BiasAddV1", bias_add, 0},
    {"FusedBatchNorm", batch_norm, 0},
    {"FusedBatchNormV2", batch_norm, 0},
    {"FusedBatchNormV3", batch_norm, 0},
    {"BatchNormWithGlobalNormalization", old_batch_norm, 0},
    {"_FusedConv2D", fused, 0},
    {"_FusedDepthwiseConv2dNative", fused, 0},
    {"_FusedMatMul", fused, 0},
    {"MatMul", mat_mul, 0},
    {"SparseMatMul", mat_mul, 0},
    {"BatchMatMul", mat_mul, 0},
    {"BatchMatMulV2", mat_mul, 0},
    {"BatchMatMulV3", mat_mul, 0},
    {"Softmax", softmax, 0},
    {"LogSoftmax", log_softmax, 0},
    {"LRN", lrn, 0},
    {"ResizeBilinear", resize, 0},
    {"ResizeNearestNeighbor", resize, 0},
    {NULL, NULL, 0},
};
