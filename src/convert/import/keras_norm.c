/* Normalizations. What depends on weights alone is computed here; constants are shaped to broadcast along the layer's
 * axes. */
#include <math.h>
#include <string.h>

#include "convert/import/keras_import.h"

/* The layer's axes, sorted and non-negative; the count; 0: noted. */
static int read_axes(ln_keras_call* call, const ln_tensor* x, int32_t* axes) {
  axes[0] = -1;
  const cJSON* json = ln_keras_get(call, "axis");
  const int count = json != NULL ? ln_keras_list(json, LN_MAX_DIMS, axes) : 1;
  for (int i = 0; i < count; ++i) {
    if (axes[i] < 0) axes[i] += x->rank;
    if (axes[i] < 0 || axes[i] >= x->rank) {
      ln_keras_fail(call, "its axes do not fit an input of rank %d", x->rank);
      return 0;
    }
  }
  if (count < 1) ln_keras_fail(call, "its \"axis\" is no number and no list of numbers");
  for (int i = 1; i < count; ++i)
    for (int k = i; k > 0 && axes[k] < axes[k - 1]; --k) {
      const int32_t other = axes[k];
      axes[k] = axes[k - 1];
      axes[k - 1] = other;
    }
  return count > 0 ? count : 0;
}

/* A weight over `axes` of x, shaped to broadcast. NULL: noted. */
static ln_tensor* along(ln_keras_call* call, const ln_tensor* x, int index, const char* name, int count,
                        const int32_t* axes) {
  int32_t dims[LN_MAX_DIMS];
  ln_keras_array array;
  for (int i = 0; i < count; ++i) dims[i] = ln_dim(x, axes[i]);
  if (!ln_keras_weight(call, index, name, count, dims, &array)) return NULL;
  if (axes[0] == x->rank - count)
    return ln_keras_constant(call, &array, name); /* the last ones broadcast by themselves */
  ln_keras_array wide = array;
  wide.rank = x->rank;
  for (int i = 0; i < x->rank; ++i) wide.dims[i] = 1;
  for (int i = 0; i < count; ++i) wide.dims[axes[i]] = array.dims[i];
  return ln_keras_constant(call, &wide, name);
}

static void batch_norm(ln_keras_call* call) {
  ln_tensor* x = call->in[0];
  int32_t axes[LN_MAX_DIMS];
  ln_keras_array gamma, beta, mean, variance;
  if (read_axes(call, x, axes) != 1) {
    if (call->out_count == 0) ln_keras_fail(call, "a batch normalization along several axes cannot be converted");
    return;
  }
  const bool scale = ln_keras_flag(call, "scale", true), center = ln_keras_flag(call, "center", true);
  const int32_t count = ln_dim(x, axes[0]);
  int index = 0;
  if (scale && !ln_keras_weight(call, index++, "gamma", 1, &count, &gamma)) return;
  if (center && !ln_keras_weight(call, index++, "beta", 1, &count, &beta)) return;
  if (!ln_keras_weight(call, index, "moving_mean", 1, &count, &mean)) return;
  if (!ln_keras_weight(call, index + 1, "moving_variance", 1, &count, &variance)) return;
  /* In TensorFlow's order of roundings: a SavedModel of the same layer gives the same bits. */
  ln_tensor* factor =
      ln_build_with_number(&call->b, LN_OP_ADD, ln_keras_constant(call, &variance, "variance"),
                           ln_keras_number(call, "epsilon", 1e-3), ln_keras_name(call, "variance_epsilon"));
  factor = ln_build_unary(&call->b, LN_OP_RSQRT, factor, ln_keras_name(call, "factor"));
  if (scale) factor = ln_keras_binary(call, LN_OP_MUL, factor, ln_keras_constant(call, &gamma, "gamma"), "factor");
  ln_tensor* offset = ln_keras_binary(call, LN_OP_MUL, ln_keras_constant(call, &mean, "mean"), factor, "offset");
  ln_tensor* start = center ? ln_keras_constant(call, &beta, "beta") : ln_keras_zeros(call, mean.dims[0]);
  offset = ln_keras_binary(call, LN_OP_SUB, start, offset, "offset");
  if (axes[0] != x->rank - 1) {
    int32_t dims[LN_MAX_DIMS];
    for (int i = 0; i < x->rank; ++i) dims[i] = i == axes[0] ? mean.dims[0] : 1;
    factor = ln_build_reshape(&call->b, factor, x->rank, dims, ln_keras_name(call, "factor"));
    offset = ln_build_reshape(&call->b, offset, x->rank, dims, ln_keras_name(call, "offset"));
  }
  ln_tensor* scaled = ln_keras_binary(call, LN_OP_MUL, x, factor, "scaled");
  ln_keras_return(call, ln_keras_binary(call, LN_OP_ADD, scaled, offset, NULL));
}

/* (x - mean) / sqrt(variance + epsilon) over axes. */
static ln_tensor* standardize(ln_keras_call* call, ln_tensor* x, int count, const int32_t* axes, double epsilon) {
  ln_tensor* mean = ln_build_reduce(&call->b, LN_OP_MEAN, x, count, axes, true, ln_keras_name(call, "mean"));
  ln_tensor* squares = ln_keras_binary(call, LN_OP_SQUARED_DIFFERENCE, x, mean, "squares");
  ln_tensor* variance =
      ln_build_reduce(&call->b, LN_OP_MEAN, squares, count, axes, true, ln_keras_name(call, "variance"));
  variance = ln_build_with_number(&call->b, LN_OP_ADD, variance, epsilon, ln_keras_name(call, "variance_epsilon"));
  ln_tensor* factor = ln_build_unary(&call->b, LN_OP_RSQRT, variance, ln_keras_name(call, "factor"));
  return ln_keras_binary(call, LN_OP_MUL, ln_keras_binary(call, LN_OP_SUB, x, mean, "centered"), factor, "normalized");
}

/* x * gamma + beta; weights from `index` on. NULL: noted. */
static ln_tensor* affine(ln_keras_call* call, ln_tensor* y, const ln_tensor* x, int count, const int32_t* axes) {
  int index = 0;
  if (ln_keras_flag(call, "scale", true)) {
    ln_tensor* gamma = along(call, x, index++, "gamma", count, axes);
    if (gamma == NULL) return NULL;
    y = ln_keras_binary(call, LN_OP_MUL, y, gamma, "scaled");
  }
  if (ln_keras_flag(call, "center", true)) {
    ln_tensor* beta = along(call, x, index, "beta", count, axes);
    if (beta == NULL) return NULL;
    y = ln_keras_binary(call, LN_OP_ADD, y, beta, NULL);
  }
  return y;
}

static ln_tensor* root_mean_square(ln_keras_call* call, ln_tensor* x, int count, const int32_t* axes, double epsilon) {
  ln_tensor* squares = ln_build_unary(&call->b, LN_OP_SQUARE, x, ln_keras_name(call, "squares"));
  ln_tensor* mean = ln_build_reduce(&call->b, LN_OP_MEAN, squares, count, axes, true, ln_keras_name(call, "mean"));
  mean = ln_build_with_number(&call->b, LN_OP_ADD, mean, epsilon, ln_keras_name(call, "mean_epsilon"));
  return ln_keras_binary(call, LN_OP_MUL, x, ln_build_unary(&call->b, LN_OP_RSQRT, mean, ln_keras_name(call, "factor")),
                         "normalized");
}

static void layer_norm(ln_keras_call* call) {
  ln_tensor* x = call->in[0];
  int32_t axes[LN_MAX_DIMS];
  const int count = read_axes(call, x, axes);
  if (count == 0) return;
  const double epsilon = ln_keras_number(call, "epsilon", 1e-3);
  if (ln_keras_flag(call, "rms_scaling", false)) {
    ln_keras_fail(call, "rms_scaling cannot be converted; an RMSNormalization can");
    return;
  }
  ln_tensor* y = affine(call, standardize(call, x, count, axes, epsilon), x, count, axes);
  if (y != NULL) ln_keras_return(call, y);
}

static void rms_norm(ln_keras_call* call) {
  ln_tensor* x = call->in[0];
  int32_t axes[LN_MAX_DIMS];
  const int count = read_axes(call, x, axes);
  if (count == 0) return;
  ln_tensor* y = root_mean_square(call, x, count, axes, ln_keras_number(call, "epsilon", 1e-6));
  ln_tensor* scale = along(call, x, 0, "scale", count, axes);
  if (scale != NULL) ln_keras_return(call, ln_keras_binary(call, LN_OP_MUL, y, scale, NULL));
}

static void unit_norm(ln_keras_call* call) {
  ln_tensor* x = call->in[0];
  int32_t axes[LN_MAX_DIMS];
  const int count = read_axes(call, x, axes);
  if (count == 0) return;
  if (count == 1 && axes[0] == x->rank - 1) {
    ln_keras_return(call, ln_build_unary(&call->b, LN_OP_L2_NORMALIZATION, x, call->name));
    return;
  }
  ln_tensor* sum =
      ln_build_reduce(&call->b, LN_OP_SUM, ln_build_unary(&call->b, LN_OP_SQUARE, x, ln_keras_name(call, "squares")),
                      count, axes, true, ln_keras_name(call, "sum"));
  sum = ln_build_with_number(&call->b, LN_OP_MAXIMUM, sum, 1e-12, ln_keras_name(call, "at_least"));
  ln_keras_return(call,
                  ln_keras_binary(call, LN_OP_MUL, x,
                                  ln_build_unary(&call->b, LN_OP_RSQRT, sum, ln_keras_name(call, "factor")), NULL));
}

/* Channels in groups: [N,...,C] as [N,...,G,C/G], normalized over all but N and G. */
static void group_norm(ln_keras_call* call) {
  ln_tensor* x = call->in[0];
  int32_t axes[LN_MAX_DIMS], order[LN_MAX_DIMS], dims[LN_MAX_DIMS], over[LN_MAX_DIMS],
      groups = ln_keras_int(call, "groups", 32);
  if (read_axes(call, x, axes) != 1 || x->rank + 1 > LN_MAX_DIMS) {
    if (call->out_count == 0) ln_keras_fail(call, "a group normalization along several axes cannot be converted");
    return;
  }
  const int rank = x->rank, axis = axes[0];
  const int32_t channels = ln_dim(x, axis);
  if (groups == -1) groups = channels;
  if (axis == 0 || groups < 1 || channels < 1 || channels % groups != 0) {
    ln_keras_fail(call, "%d channels in %d groups make no sense", channels, groups);
    return;
  }
  for (int i = 0; i < rank; ++i) order[i] = i == axis ? rank - 1 : i == rank - 1 ? axis : i;
  ln_tensor* y = axis != rank - 1 ? ln_build_transpose(&call->b, x, order, ln_keras_name(call, "to_last")) : x;
  int count = 0;
  for (int i = 0; i < rank - 1; ++i) dims[i] = LN_KERAS_DIM(i);
  dims[rank - 1] = groups;
  dims[rank] = channels / groups;
  for (int i = 1; i < rank - 1; ++i) over[count++] = i;
  over[count++] = rank;
  y = ln_keras_reshape(call, y, rank + 1, dims, ln_keras_name(call, "groups"));
  y = standardize(call, y, count, over, ln_keras_number(call, "epsilon", 1e-3));
  dims[rank - 1] = channels;
  y = ln_keras_reshape(call, y, rank, dims, ln_keras_name(call, "ungrouped"));
  if (axis != rank - 1) y = ln_build_transpose(&call->b, y, order, ln_keras_name(call, "to_place"));
  y = affine(call, y, x, 1, axes);
  if (y != NULL) ln_keras_return(call, y);
}

/* The kernel was divided by its norm when it was trained: what is saved is what the layer within uses. */
static void spectral_norm(ln_keras_call* call) {
  const cJSON* layer = ln_keras_get(call, "layer");
  int count;
  if (layer == NULL) {
    ln_keras_fail(call, "it wraps no layer");
    return;
  }
  ln_tensor** outs =
      ln_keras_apply(call, layer, ln_keras_part(&call->weights, "layer", NULL), call->in, call->in_count, &count);
  /* Keras gives the result its input's type, numbers of an Embedding too. */
  for (int i = 0; i < count; ++i)
    ln_keras_return(call, ln_build_cast(&call->b, outs[i], call->in[0]->type, ln_keras_name(call, "as_input")));
}

/* Normalization (preprocessing): (x - mean) / max(sqrt(variance), 1e-7), along axes that are kept. */
static void normalization(ln_keras_call* call) {
  ln_tensor* x = ln_build_cast(&call->b, call->in[0], LN_TYPE_FLOAT32, ln_keras_name(call, "float"));
  int32_t axes[LN_MAX_DIMS];
  ln_tensor *mean, *factor;
  const bool invert = ln_keras_flag(call, "invert", false);
  ln_keras_array means, variances;
  const cJSON *given = ln_keras_get(call, "mean"), *given_variance = ln_keras_get(call, "variance");
  const cJSON* axis = ln_keras_get(call, "axis");
  const bool all = axis == NULL || (cJSON_IsArray(axis) && axis->child == NULL);
  const int count = all ? 0 : read_axes(call, x, axes);
  if (call->out_count > 0) return;
  if (given != NULL && given_variance != NULL) {
    mean = ln_keras_operand(call, given, LN_TYPE_FLOAT32);
    factor = ln_keras_operand(call, given_variance, LN_TYPE_FLOAT32);
    if (mean == NULL || factor == NULL) {
      ln_keras_fail(call, "its mean and variance are no numbers");
      return;
    }
    if (mean->rank > 0 && count == 1 && axes[0] != x->rank - 1) {
      ln_keras_fail(call, "a mean and variance given for axis %d cannot be converted; for the last axis they can",
                    axes[0]);
      return;
    }
  } else {
    int32_t dims[LN_MAX_DIMS];
    for (int i = 0; i < count; ++i) dims[i] = ln_dim(x, axes[i]);
    if (!ln_keras_weight(call, 0, "mean", count, dims, &means) ||
        !ln_keras_weight(call, 1, "variance", count, dims, &variances))
      return;
    if (count > 0 && axes[0] != x->rank - count) {
      int32_t wide[LN_MAX_DIMS];
      for (int i = 0; i < x->rank; ++i) wide[i] = 1;
      for (int i = 0; i < count; ++i) wide[axes[i]] = means.dims[i];
      means.rank = variances.rank = x->rank;
      memcpy(means.dims, wide, sizeof wide);
      memcpy(variances.dims, wide, sizeof wide);
    }
    mean = ln_keras_constant(call, &means, "mean");
    factor = ln_keras_constant(call, &variances, "variance");
  }
  ln_tensor* root = ln_build_unary(&call->b, LN_OP_SQRT, factor, ln_keras_name(call, "deviation"));
  root = ln_build_with_number(&call->b, LN_OP_MAXIMUM, root, 1e-7, ln_keras_name(call, "at_least"));
  if (invert)
    ln_keras_return(call,
                    ln_keras_binary(call, LN_OP_ADD, ln_keras_binary(call, LN_OP_MUL, x, root, "scaled"), mean, NULL));
  else
    ln_keras_return(
        call, ln_keras_binary(call, LN_OP_DIV, ln_keras_binary(call, LN_OP_SUB, x, mean, "centered"), root, NULL));
}

const ln_keras_lowering ln_keras_norm[] = {
    {"BatchNormalization", batch_norm, 0, LN_KERAS_KEEPS_MASK},
    {"BatchNormalizationV1", batch_norm, 0, LN_KERAS_KEEPS_MASK},
    {"SyncBatchNormalization", batch_norm, 0, LN_KERAS_KEEPS_MASK},
    {"LayerNormalization", layer_norm, 0, LN_KERAS_KEEPS_MASK},
    {"RMSNormalization", rms_norm, 0, LN_KERAS_KEEPS_MASK},
    {"UnitNormalization", unit_norm, 0, LN_KERAS_KEEPS_MASK},
    {"GroupNormalization", group_norm, 0, LN_KERAS_KEEPS_MASK},
    {"SpectralNormalization", spectral_norm, 0, LN_KERAS_KEEPS_MASK},
    {"Normalization", normalization, 0, 0},
    {NULL, NULL, 0, 0},
};
