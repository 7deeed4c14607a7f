/* keras.ops that order, measure and spread: sorting, segments, triangles. */
#include <math.h>
#include <string.h>

#include "convert/import/keras_import.h"
#include "convert/order.h"

static ln_tensor* with(ln_keras_call* call, int code, ln_tensor* x, double number, const char* what) {
  return ln_build_with_number(&call->b, code, x, number, what != NULL ? ln_keras_name(call, what) : call->name);
}

/* ---- Sorting: the greatest of what is negated ---- */

static void sort(ln_keras_call* call) {
  static const int32_t kFlat[] = {-1};
  const ln_form f = ln_keras_form(call);
  ln_tensor* x = call->in[0];
  const bool indices = strcmp(call->class_name, "Argsort") == 0;
  int32_t axis = ln_keras_to_int(ln_keras_either(call, 1, "axis"), -1);
  if (ln_keras_is_none(call, "axis")) x = ln_form_reshape(&f, x, 1, kFlat, "flat");
  if (axis < 0) axis += x->rank;
  if (axis < 0 || axis >= x->rank) {
    ln_keras_fail(call, "its axis does not fit an input of rank %d", x->rank);
    return;
  }
  const bool last = axis == x->rank - 1;
  x = ln_form_unary(&f, LN_OP_NEG, ln_form_swap(&f, x, axis, -1, "to_last"), "negated");
  const ln_sorted sorted = ln_build_descending(&f, x, last && indices ? NULL : "descending");
  ln_tensor* y = indices ? sorted.places : ln_form_unary(&f, LN_OP_NEG, sorted.values, last ? NULL : "ascending");
  ln_keras_return(call, ln_form_swap(&f, y, axis, -1, NULL));
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

/* The number of elements. */
static void size(ln_keras_call* call) {
  static const int32_t kFirst[] = {0};
  const ln_form f = ln_keras_form(call);
  ln_tensor* extents = ln_form_extents(&f, call->in[0], LN_TYPE_INT32, "shape");
  ln_keras_return(call, ln_build_reduce(&call->b, LN_OP_REDUCE_PROD, extents, 1, kFirst, false, call->name));
}

const ln_keras_lowering ln_keras_arrays[] = {
    {"Sort", sort, 0, 0},
    {"Argsort", sort, 0, 0},
    {"SegmentSum", segments, 0, 0},
    {"SegmentMax", segments, 0, 0},
    {"BroadcastTo", broadcast, 0, 0},
    {"Tril", triangle, 0, 0},
    {"Triu", triangle, 0, 0},
    {"Sinh", hyperbolic, 0, 0},
    {"Cosh", hyperbolic, 0, 0},
    {"Tan", tangent, 0, 0},
    {"Size", size, 0, 0},
    {NULL, NULL, 0, 0},
};
