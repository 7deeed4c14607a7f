/* keras.ops that order, measure and spread: sorting, norms, segments, spectra, pictures. */
#include <math.h>
#include <string.h>

#include "convert/import/keras_import.h"

static ln_tensor* with(ln_keras_call* call, int code, ln_tensor* x, double number, const char* what) {
  return ln_build_with_number(&call->b, code, x, number, what != NULL ? ln_keras_name(call, what) : call->name);
}

/* ---- Sorting: the greatest of what is negated ---- */

static void sort(ln_keras_call* call) {
  ln_tensor* x = call->in[0];
  const bool indices = strcmp(call->class_name, "Argsort") == 0;
  const cJSON* json = ln_keras_either(call, 1, "axis");
  int32_t axis = ln_keras_to_int(json, -1), order[LN_MAX_DIMS];
  if (axis < 0) axis += x->rank;
  if (axis < 0 || axis >= x->rank || !ln_dim_is_known(x, axis)) {
    ln_keras_fail(call,
                  "it sorts along an axis of unknown extent, or along none; one of known extent can be converted");
    return;
  }
  for (int i = 0; i < x->rank; ++i) order[i] = i == axis ? x->rank - 1 : i == x->rank - 1 ? axis : i;
  const bool last = axis == x->rank - 1;
  if (!last) x = ln_build_transpose(&call->b, x, order, ln_keras_name(call, "to_last"));
  ln_tensor* const inputs[] = {ln_keras_unary(call, LN_OP_NEG, x, "negated"),
                               ln_graph_int(call->b.subgraph, ln_keras_name(call, "k"), ln_dim(x, x->rank - 1))};
  ln_node* node = ln_build_node(&call->b, LN_OP_TOPK_V2, 2, inputs);
  ln_tensor* y = ln_build_done(node, last && indices ? call->name : ln_keras_name(call, "descending"), 2);
  y = indices ? node->outputs[1] : ln_keras_unary(call, LN_OP_NEG, y, last ? NULL : "ascending");
  ln_keras_return(call, last ? y : ln_build_transpose(&call->b, y, order, call->name));
}

/* ---- Norms ---- */

/* The axes, all where there are none; 0: noted. */
static int norm_axes(ln_keras_call* call, const ln_tensor* x, int32_t* axes) {
  const cJSON* json = ln_keras_either(call, 2, "axis");
  int count = json != NULL ? ln_keras_list(json, LN_MAX_DIMS, axes) : x->rank;
  for (int i = 0; i < count; ++i) {
    if (json == NULL) axes[i] = i;
    if (axes[i] < 0) axes[i] += x->rank;
    if (axes[i] < 0 || axes[i] >= x->rank) count = 0;
  }
  if (count < 1) ln_keras_fail(call, "its axes do not fit an input of rank %d", x->rank);
  return count > 0 ? count : 0;
}

static void norm(ln_keras_call* call) {
  int32_t axes[LN_MAX_DIMS];
  ln_tensor* x = call->in[0];
  const cJSON* order = ln_keras_either(call, 1, "ord");
  const bool keep = cJSON_IsTrue(ln_keras_either(call, 3, "keepdims"));
  const int count = norm_axes(call, x, axes);
  if (count == 0) return;
  const bool frobenius = order == NULL || (cJSON_IsString(order) && strcmp(order->valuestring, "fro") == 0);
  const double p = frobenius ? 2 : cJSON_IsNumber(order) ? order->valuedouble : 0;
  if (p <= 0 || (count > 1 && !frobenius)) {
    ln_keras_fail(call, "its \"ord\" cannot be converted; norms of vectors by a positive number, and \"fro\", can");
    return;
  }
  x = p == 2 ? ln_keras_unary(call, LN_OP_SQUARE, x, "squares") : ln_keras_unary(call, LN_OP_ABS, x, "magnitudes");
  const bool power = p != 1 && p != 2 && !isinf(p);
  if (power) x = with(call, LN_OP_POW, x, p, "powers");
  x = ln_build_reduce(&call->b, isinf(p) ? LN_OP_REDUCE_MAX : LN_OP_SUM, x, count, axes, keep,
                      p == 2 || power ? ln_keras_name(call, "sum") : call->name);
  if (p == 2) x = ln_keras_unary(call, LN_OP_SQRT, x, NULL);
  ln_keras_return(call, power ? with(call, LN_OP_POW, x, 1 / p, NULL) : x);
}

/* ---- Segments ---- */

static void segments(ln_keras_call* call) {
  const bool most = strcmp(call->class_name, "SegmentMax") == 0;
  const int32_t count = ln_keras_to_int(ln_keras_either(call, 2, "num_segments"), -1);
  if (call->in_count != 2 || count < 1) {
    ln_keras_fail(call, "it has no num_segments; with a number of segments it can be converted");
    return;
  }
  ln_tensor* const inputs[] = {call->in[0],
                               ln_build_cast(&call->b, call->in[1], LN_TYPE_INT32, ln_keras_name(call, "ids")),
                               ln_graph_int(call->b.subgraph, ln_keras_name(call, "count"), count)};
  ln_node* node = ln_build_node(&call->b, most ? LN_OP_UNSORTED_SEGMENT_MAX : LN_OP_UNSORTED_SEGMENT_SUM, 3, inputs);
  ln_keras_return(call, ln_build_done(node, call->name, 1));
}

/* ---- Spectra ---- */

/* The real transform of the last dimension: RFFT2D of one row. */
static void rfft(ln_keras_call* call) {
  ln_tensor* x = call->in[0];
  const int32_t extent = x->rank > 0 ? ln_dim(x, x->rank - 1) : -1;
  const int32_t length = ln_keras_to_int(ln_keras_either(call, 1, "fft_length"), extent);
  if (length < 2 || length != extent || (length & (length - 1)) != 0 || x->rank + 1 > LN_MAX_DIMS) {
    ln_keras_fail(call,
                  "a transform of %d of %d elements cannot be converted; of all of a dimension that is known and a "
                  "power of two it can",
                  length, extent);
    return;
  }
  const int32_t row[] = {1, length}, begin[] = {x->rank - 1};
  x = ln_keras_binary(call, LN_OP_EXPAND_DIMS, x, ln_graph_int(call->b.subgraph, ln_keras_name(call, "axis"), begin[0]),
                      "row");
  ln_tensor* const inputs[] = {x, ln_graph_ints(call->b.subgraph, ln_keras_name(call, "length"), 2, row)};
  ln_tensor* y = ln_build_done(ln_build_node(&call->b, LN_OP_RFFT2D, 2, inputs), ln_keras_name(call, "spectrum"), 1);
  for (int i = 0; i < 2; ++i) {
    ln_tensor* part = ln_keras_unary(call, i == 0 ? LN_OP_REAL : LN_OP_IMAG, y, i == 0 ? "real" : "imaginary");
    int32_t dims[LN_MAX_DIMS];
    for (int k = 0; k < part->rank; ++k) dims[k < part->rank - 2 ? k : part->rank - 2] = LN_KERAS_DIM(k);
    ln_keras_return(call, ln_keras_reshape(call, part, part->rank - 1, dims, i == 0 ? call->name : "imaginary"));
  }
}

/* ---- Pictures ---- */

static void resize(ln_keras_call* call) {
  int32_t size[2];
  const cJSON* interpolation = ln_keras_either(call, 2, "interpolation");
  ln_tensor* x = ln_keras_to_last(call, call->in[0]);
  if (ln_keras_list(ln_keras_either(call, 1, "size"), 2, size) != 2 || x->rank != 4) {
    ln_keras_fail(call, "its size is no pair of numbers, or its input's rank, %d, is not 4", x->rank);
    return;
  }
  if (cJSON_IsTrue(ln_keras_either(call, 4, "crop_to_aspect_ratio")) ||
      cJSON_IsTrue(ln_keras_either(call, 5, "pad_to_aspect_ratio"))) {
    ln_keras_fail(call, "cropping or padding to the aspect ratio cannot be converted; a Resizing layer does it");
    return;
  }
  ln_tensor* y = ln_keras_resize(call, x, size[0], size[1],
                                 cJSON_IsString(interpolation) ? interpolation->valuestring : "bilinear",
                                 cJSON_IsTrue(ln_keras_either(call, 3, "antialias")),
                                 ln_keras_channels_first(call) ? ln_keras_name(call, "resized") : call->name);
  if (y != NULL) ln_keras_return(call, ln_keras_to_first(call, y, call->name));
}

/* The luma of ITU-R BT.601, with TensorFlow's digits. */
static void rgb_to_gray(ln_keras_call* call) {
  static const float kWeights[] = {0.2989f, 0.587f, 0.114f};
  const int32_t count[] = {3};
  ln_tensor* x = ln_keras_to_last(call, call->in[0]);
  const int32_t axis[] = {x->rank - 1};
  if (x->rank < 1 || ln_dim(x, x->rank - 1) != 3) {
    ln_keras_fail(call, "its input has %d channels; 3 are right", x->rank > 0 ? ln_dim(x, x->rank - 1) : 0);
    return;
  }
  x = ln_keras_binary(
      call, LN_OP_MUL, x,
      ln_graph_constant(call->b.subgraph, ln_keras_name(call, "weights"), LN_TYPE_FLOAT32, 1, count, kWeights),
      "weighted");
  x = ln_build_reduce(&call->b, LN_OP_SUM, x, 1, axis, true,
                      ln_keras_channels_first(call) ? ln_keras_name(call, "gray") : call->name);
  ln_keras_return(call, ln_keras_to_first(call, x, call->name));
}

/* ---- Others ---- */

static void broadcast(ln_keras_call* call) {
  int32_t dims[LN_MAX_DIMS];
  const cJSON* json = ln_keras_either(call, 1, "shape");
  const int count = ln_keras_list(json, LN_MAX_DIMS, dims);
  if (count < 1) {
    ln_keras_fail(call, "its shape is no list of at most %d numbers", LN_MAX_DIMS);
    return;
  }
  ln_keras_return(call,
                  ln_keras_binary(call, LN_OP_BROADCAST_TO, call->in[0],
                                  ln_graph_ints(call->b.subgraph, ln_keras_name(call, "shape"), count, dims), NULL));
}

/* The part above or below a diagonal: times a constant of ones and zeros. */
static void triangle(ln_keras_call* call) {
  ln_tensor* x = call->in[0];
  const bool upper = strcmp(call->class_name, "Triu") == 0;
  const int64_t k = ln_keras_to_int(ln_keras_either(call, 1, "k"), 0);
  const int32_t dims[] = {x->rank > 1 ? ln_dim(x, x->rank - 2) : -1, x->rank > 1 ? ln_dim(x, x->rank - 1) : -1};
  if (dims[0] < 0 || dims[1] < 0 || (int64_t)dims[0] * dims[1] > 1 << 26 || x->type != LN_TYPE_FLOAT32) {
    ln_keras_fail(call, "its last two dimensions must be known, and its numbers floats");
    return;
  }
  float* data = ln_job_alloc(call->job, (size_t)dims[0] * (size_t)dims[1], sizeof *data);
  for (int32_t r = 0; r < dims[0]; ++r)
    for (int32_t c = 0; c < dims[1]; ++c)
      data[(size_t)r * (size_t)dims[1] + (size_t)c] = (upper ? c >= r + k : c <= r + k) ? 1.0f : 0.0f;
  ln_tensor* mask =
      ln_graph_constant(call->b.subgraph, ln_keras_name(call, "triangle"), LN_TYPE_FLOAT32, 2, dims, data);
  ln_keras_return(call, ln_keras_binary(call, LN_OP_MUL, x, mask, NULL));
}

/* (e^x +- e^-x) / 2 */
static void hyperbolic(ln_keras_call* call) {
  const bool cosine = strcmp(call->class_name, "Cosh") == 0;
  ln_tensor* up = ln_keras_unary(call, LN_OP_EXP, call->in[0], "up");
  ln_tensor* down = ln_keras_unary(call, LN_OP_EXP, ln_keras_unary(call, LN_OP_NEG, call->in[0], "negated"), "down");
  ln_keras_return(
      call, with(call, LN_OP_MUL, ln_keras_binary(call, cosine ? LN_OP_ADD : LN_OP_SUB, up, down, "twice"), 0.5, NULL));
}

static void tangent(ln_keras_call* call) {
  ln_tensor* x = call->in[0];
  ln_keras_return(call, ln_keras_binary(call, LN_OP_DIV, ln_keras_unary(call, LN_OP_SIN, x, "sine"),
                                        ln_keras_unary(call, LN_OP_COS, x, "cosine"), NULL));
}

const ln_keras_lowering ln_keras_arrays[] = {
    {"Sort", sort, 0, 0},
    {"Argsort", sort, 0, 0},
    {"Norm", norm, 0, 0},
    {"SegmentSum", segments, 0, 0},
    {"SegmentMax", segments, 0, 0},
    {"RFFT", rfft, 0, 0},
    {"Resize", resize, 0, 0},
    {"RGBToGrayscale", rgb_to_gray, 0, 0},
    {"BroadcastTo", broadcast, 0, 0},
    {"Tril", triangle, 0, 0},
    {"Triu", triangle, 0, 0},
    {"Sinh", hyperbolic, 0, 0},
    {"Cosh", hyperbolic, 0, 0},
    {"Tan", tangent, 0, 0},
    {NULL, NULL, 0, 0},
};
