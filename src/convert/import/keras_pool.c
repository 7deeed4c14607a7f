/* Pools. What has one spatial dimension is done with a second one of extent 1, of three as planes.h says. */
#include <string.h>

#include "convert/import/keras_import.h"
#include "convert/planes.h"

typedef struct window {
  int32_t size[3], stride[3];
  int padding;
} window;

static bool read_window(ln_keras_call* call, int spatial, window* w) {
  const char* padding = ln_keras_string(call, "padding", "valid");
  w->padding = strcmp(padding, "same") == 0 ? LN_PADDING_SAME : LN_PADDING_VALID;
  if (w->padding == LN_PADDING_VALID && strcmp(padding, "valid") != 0) {
    ln_keras_fail(call, "its padding is \"%s\"; same and valid can be converted", padding);
    return false;
  }
  const char* size = ln_keras_get(call, "pool_length") != NULL ? "pool_length" : "pool_size";
  if (!ln_keras_ints(call, size, spatial, 2, w->size)) return false;
  if (ln_keras_get(call, "strides") == NULL)
    memcpy(w->stride, w->size, sizeof w->size);
  else if (!ln_keras_ints(call, "strides", spatial, 1, w->stride))
    return false;
  for (int i = 0; i < spatial; ++i)
    if (w->size[i] < 1 || w->stride[i] < 1) {
      ln_keras_fail(call, "a window of %d with stride %d makes no sense", w->size[i], w->stride[i]);
      return false;
    }
  return true;
}

static int code_of(const ln_keras_call* call) {
  return strstr(call->class_name, "Max") != NULL ? LN_OP_MAX_POOL_2D : LN_OP_AVERAGE_POOL_2D;
}

/* By the layer's name; operations take any. */
static int spatial_of(const ln_keras_call* call) {
  const char* d = strrchr(call->class_name, 'D');
  if (d != NULL && d > call->class_name) return d[-1] - '0';
  const int rank = call->in[0]->rank;
  return rank >= 3 && rank <= 5 ? rank - 2 : 2;
}

static void pool(ln_keras_call* call) {
  const int spatial = spatial_of(call);
  window w;
  ln_tensor* x = ln_keras_to_last(call, call->in[0]);
  memset(&w, 0, sizeof w);
  if (!read_window(call, spatial, &w)) return;
  if (x->rank != spatial + 2) {
    ln_keras_fail(call, "its input has rank %d; %d is right", x->rank, spatial + 2);
    return;
  }
  const char* name = ln_keras_channels_first(call) ? ln_keras_name(call, "pool") : call->name;
  ln_tensor* y;
  if (spatial == 1) {
    const int32_t size[] = {w.size[0], 1}, stride[] = {w.stride[0], 1};
    const int32_t wide[] = {LN_KERAS_DIM(0), LN_KERAS_DIM(1), 1, LN_KERAS_DIM(2)};
    const int32_t narrow[] = {LN_KERAS_DIM(0), LN_KERAS_DIM(1), LN_KERAS_DIM(3)};
    y = ln_keras_reshape(call, x, 4, wide, ln_keras_name(call, "widened"));
    y = ln_build_pool_2d(&call->b, code_of(call), y, w.padding, size, stride, ln_keras_name(call, "pooled"));
    y = ln_keras_reshape(call, y, 3, narrow, name);
  } else if (spatial == 2) {
    y = ln_build_pool_2d(&call->b, code_of(call), x, w.padding, w.size, w.stride, name);
  } else {
    const ln_form f = {call->b, name};
    y = ln_pool_planes(&f, code_of(call), x, w.padding, w.size, w.stride);
  }
  ln_keras_return(call, ln_keras_to_first(call, y, call->name));
}

/* A mean over the time steps that a mask counts. */
static ln_tensor* masked_mean(ln_keras_call* call, ln_tensor* x, ln_tensor* mask, bool keep) {
  static const int32_t kTime[] = {1};
  const int32_t dims[] = {LN_KERAS_DIM(0), LN_KERAS_DIM(1), 1};
  ln_tensor* counts = ln_build_cast(&call->b, mask, x->type, ln_keras_name(call, "counts"));
  counts = ln_keras_reshape(call, counts, 3, dims, ln_keras_name(call, "weights"));
  ln_tensor* sum = ln_build_reduce(&call->b, LN_OP_SUM,
                                   ln_build_binary(&call->b, LN_OP_MUL, x, counts, ln_keras_name(call, "counted")), 1,
                                   kTime, keep, ln_keras_name(call, "sum"));
  ln_tensor* total = ln_build_reduce(&call->b, LN_OP_SUM, counts, 1, kTime, keep, ln_keras_name(call, "total"));
  return ln_build_binary(&call->b, LN_OP_DIV, sum, total, call->name);
}

static void global_pool(ln_keras_call* call) {
  const int spatial = spatial_of(call);
  const bool first = ln_keras_channels_first(call), keep = ln_keras_flag(call, "keepdims", false);
  ln_tensor *x = call->in[0], *mask = ln_keras_mask_of(call, x);
  int32_t axes[3];
  for (int i = 0; i < spatial; ++i) axes[i] = i + (first ? 2 : 1);
  if (x->rank != spatial + 2) {
    ln_keras_fail(call, "its input has rank %d; %d is right", x->rank, spatial + 2);
    return;
  }
  const int code = strstr(call->class_name, "Max") != NULL ? LN_OP_REDUCE_MAX : LN_OP_MEAN;
  if (mask != NULL && code == LN_OP_MEAN && spatial == 1 && !first)
    ln_keras_return(call, masked_mean(call, x, mask, keep));
  else
    ln_keras_return(call, ln_build_reduce(&call->b, code, x, spatial, axes, keep, call->name));
}

/* Output i of `count` is over inputs from floor(i n / count) up to ceil((i + 1) n / count). */
static ln_tensor* adapt(ln_keras_call* call, ln_tensor* x, int axis, int32_t count, int code) {
  const int32_t n = ln_dim(x, axis), axes[] = {axis};
  ln_tensor** parts = ln_job_alloc(call->job, (size_t)count, sizeof(ln_tensor*));
  for (int32_t i = 0; i < count; ++i) {
    int32_t begin[LN_MAX_DIMS] = {0}, size[LN_MAX_DIMS];
    for (int k = 0; k < x->rank; ++k) size[k] = -1;
    begin[axis] = (int32_t)((int64_t)i * n / count);
    size[axis] = (int32_t)(((int64_t)(i + 1) * n + count - 1) / count) - begin[axis];
    ln_tensor* part = ln_build_slice(&call->b, x, begin, size, ln_keras_name(call, "part"));
    parts[i] = ln_build_reduce(&call->b, code, part, 1, axes, true, ln_keras_name(call, "reduced"));
  }
  return ln_build_concat(&call->b, count, parts, axis, call->name);
}

static void adaptive_pool(ln_keras_call* call) {
  const int spatial = spatial_of(call);
  ln_tensor* x = call->in[0];
  int32_t sizes[3];
  if (!ln_keras_ints(call, "output_size", spatial, -1, sizes)) return;
  if (x->rank != spatial + 2) {
    ln_keras_fail(call, "its input has rank %d; %d is right", x->rank, spatial + 2);
    return;
  }
  const int code = strstr(call->class_name, "Max") != NULL ? LN_OP_REDUCE_MAX : LN_OP_MEAN;
  for (int i = 0; i < spatial; ++i) {
    const int axis = i + (ln_keras_channels_first(call) ? 2 : 1);
    if (x->broken) break;
    if (!ln_dim_is_known(x, axis) || sizes[i] < 1 || sizes[i] > 10000) {
      ln_keras_fail(call, "its extents and output sizes must be known, and 1 to 10000");
      return;
    }
    x = adapt(call, x, axis, sizes[i], code);
  }
  ln_keras_return(call, x);
}

const ln_keras_lowering ln_keras_pool[] = {
    {"MaxPool", pool, 0, 0}, /* keras.ops */
    {"AveragePool", pool, 0, 0},
    {"AdaptiveAveragePool", adaptive_pool, 0, 0},
    {"AdaptiveMaxPool", adaptive_pool, 0, 0},
    {"MaxPooling1D", pool, 0, 0},
    {"MaxPooling2D", pool, 0, 0},
    {"MaxPooling3D", pool, 0, 0},
    {"MaxPool1D", pool, 0, 0},
    {"MaxPool2D", pool, 0, 0},
    {"MaxPool3D", pool, 0, 0},
    {"AveragePooling1D", pool, 0, 0},
    {"AveragePooling2D", pool, 0, 0},
    {"AveragePooling3D", pool, 0, 0},
    {"AvgPool1D", pool, 0, 0},
    {"AvgPool2D", pool, 0, 0},
    {"AvgPool3D", pool, 0, 0},
    {"GlobalMaxPooling1D", global_pool, 0, 0},
    {"GlobalMaxPooling2D", global_pool, 0, 0},
    {"GlobalMaxPooling3D", global_pool, 0, 0},
    {"GlobalAveragePooling1D", global_pool, 0, 0},
    {"GlobalAveragePooling2D", global_pool, 0, 0},
    {"GlobalAveragePooling3D", global_pool, 0, 0},
    {"GlobalMaxPool1D", global_pool, 0, 0},
    {"GlobalMaxPool2D", global_pool, 0, 0},
    {"GlobalAvgPool1D", global_pool, 0, 0},
    {"GlobalAvgPool2D", global_pool, 0, 0},
    {"AdaptiveAveragePooling1D", adaptive_pool, 0, 0},
    {"AdaptiveAveragePooling2D", adaptive_pool, 0, 0},
    {"AdaptiveAveragePooling3D", adaptive_pool, 0, 0},
    {"AdaptiveMaxPooling1D", adaptive_pool, 0, 0},
    {"AdaptiveMaxPooling2D", adaptive_pool, 0, 0},
    {"AdaptiveMaxPooling3D", adaptive_pool, 0, 0},
    {NULL, NULL, 0, 0},
};
