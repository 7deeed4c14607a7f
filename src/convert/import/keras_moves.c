/* keras.ops that move elements: places along axes, diagonals, rolls, repeats, grids, scattered updates. */
#include <math.h>
#include <string.h>

#include "convert/import/keras_einsum.h"

enum { MAX_PARTS = 1000, MAX_STEPS = 1 << 16 };

static bool is_class(const ln_keras_call* call, const char* name) { return strcmp(call->class_name, name) == 0; }

static ln_tensor* flat(const ln_form* f, ln_tensor* x) {
  static const int32_t kAll[] = {-1};
  return ln_form_reshape(f, x, 1, kAll, "flat");
}

/* An axis of the configuration, 0 to rank - 1; false: noted. */
static bool axis_of(ln_keras_call* call, const char* key, int32_t fallback, int rank, int32_t* axis) {
  *axis = ln_keras_to_int(ln_keras_either(call, -1, key), fallback);
  if (*axis < 0) *axis += rank;
  if (*axis >= 0 && *axis < rank) return true;
  ln_keras_fail(call, "its %s does not fit rank %d", key, rank);
  return false;
}

/* ---- Taking ---- */

/* Places below 0 count from the end. Constants are made so here. */
static ln_tensor* from_start(ln_keras_call* call, ln_tensor* places, ln_tensor* x, int axis) {
  const ln_form f = ln_keras_form(call);
  if (places->type != LN_TYPE_INT64) places = ln_form_cast(&f, places, LN_TYPE_INT32, "places");
  double least = -1;
  if (ln_tensor_is_constant(places) && places->type == LN_TYPE_INT32) {
    least = 0;
    for (size_t i = 0; i < places->data_bytes / 4; ++i) {
      int32_t number;
      memcpy(&number, (const char*)places->data + 4 * i, 4);
      if (number < least) least = number;
    }
  }
  if (least >= 0) return places;
  ln_tensor* extent = ln_dim_is_known(x, axis)
                          ? ln_form_scalar(&f, places->type, ln_dim(x, axis), "extent")
                          : ln_form_gather(&f, ln_form_extents(&f, x, places->type, "shape"),
                                           ln_form_scalar(&f, LN_TYPE_INT32, axis, "axis"), 0, 0, "extent");
  ln_tensor* turned = ln_form_binary(&f, LN_OP_ADD, places, extent, "turned");
  return ln_form_choose(&f, ln_form_number(&f, LN_OP_LESS, places, 0, "below"), turned, places, "from_start");
}

static void take(ln_keras_call* call) {
  const ln_form f = ln_keras_form(call);
  int32_t axis = 0;
  ln_tensor *x = call->in[0], *places = ln_keras_operand(call, ln_keras_either(call, 1, "indices"), LN_TYPE_INT32);
  if (places == NULL) {
    ln_keras_fail(call, "its indices are missing");
    return;
  }
  const cJSON* json = ln_keras_either(call, 2, "axis");
  if (json == NULL) x = flat(&f, x);
  axis = ln_keras_to_int(json, 0);
  if (axis < 0) axis += x->rank;
  if (axis < 0 || axis >= x->rank) {
    ln_keras_fail(call, "its axis does not fit an input of rank %d", x->rank);
    return;
  }
  ln_keras_return(call, ln_form_gather(&f, x, from_start(call, places, x, axis), axis, 0, NULL));
}

/* x[i, places[i, k, ...], ...]: GATHER with all dimensions before the axis as batches, the axis last. */
static void take_along_axis(ln_keras_call* call) {
  const ln_form f = ln_keras_form(call);
  int32_t axis, rows[2];
  ln_tensor *x = call->in[0], *places = ln_keras_operand(call, ln_keras_arg(call, 1, "indices"), LN_TYPE_INT32);
  if (ln_keras_either(call, -1, "axis") == NULL) x = flat(&f, x);
  if (places == NULL || places->rank != x->rank) {
    ln_keras_fail(call, "its indices are missing, or of another rank than %d", x->rank);
    return;
  }
  if (!axis_of(call, "axis", 0, x->rank, &axis)) return;
  for (int i = 0; i < x->rank; ++i)
    if (i != axis && ln_dim(x, i) != ln_dim(places, i)) {
      ln_keras_fail(call,
                    "its indices have other extents than its input; the same ones, but for the axis, can be converted");
      return;
    }
  places = from_start(call, places, x, axis);
  if (x->rank == 1) {
    ln_keras_return(call, ln_form_gather(&f, x, places, 0, 0, NULL));
    return;
  }
  x = ln_form_swap(&f, x, axis, -1, "to_last");
  places = ln_form_swap(&f, places, axis, -1, "places_to_last");
  const int32_t n = ln_dim(x, x->rank - 1), m = ln_dim(places, places->rank - 1);
  if (n < 0 || m < 0) {
    ln_keras_fail(call, "the extents of its axis must be known");
    return;
  }
  int32_t back[LN_MAX_DIMS];
  for (int i = 0; i < x->rank; ++i) back[i] = i + 1 < x->rank ? LN_DIM_OF(i) : m;
  ln_tensor* shape = ln_form_shape(&f, x, x->rank, back, "shape");
  rows[0] = -1;
  rows[1] = n;
  ln_tensor* y = ln_form_reshape(&f, x, 2, rows, "rows");
  rows[1] = m;
  y = ln_form_gather(&f, y, ln_form_reshape(&f, places, 2, rows, "places_of_rows"), 1, 1, "taken");
  const bool last = axis == x->rank - 1;
  y = ln_build_reshape_to(&call->b, y, shape, last ? call->name : ln_keras_name(call, "together"));
  ln_keras_return(call, last ? y : ln_form_swap(&f, y, axis, -1, NULL));
}

/* ---- Joining and cutting ---- */

static void append(ln_keras_call* call) {
  const ln_form f = ln_keras_form(call);
  ln_tensor* both[2];
  int32_t axis = 0;
  if (!ln_keras_operands(call, &both[0], &both[1])) return;
  if (ln_keras_either(call, -1, "axis") == NULL) {
    for (int i = 0; i < 2; ++i) both[i] = flat(&f, both[i]);
  } else if (!axis_of(call, "axis", 0, both[0]->rank, &axis)) {
    return;
  }
  ln_keras_return(call, ln_form_concat(&f, 2, both, axis, NULL));
}

/* Parts as even as they can be: the first ones have one element more. */
static void array_split(ln_keras_call* call) {
  const ln_form f = ln_keras_form(call);
  static const char* const kNamed[] = {"Vsplit", "Hsplit", "Dsplit"};
  int32_t axis = -1, at[64];
  ln_tensor* x = call->in[0];
  for (int i = 0; i < 3; ++i)
    if (is_class(call, kNamed[i])) axis = i == 1 && x->rank == 1 ? 0 : i;
  if (axis < 0 ? !axis_of(call, "axis", 0, x->rank, &axis) : axis >= x->rank) {
    if (call->out_count == 0) ln_keras_fail(call, "its input has rank %d, which is not enough", x->rank);
    return;
  }
  const cJSON* json = ln_keras_either(call, -1, "indices_or_sections");
  const int32_t extent = ln_dim(x, axis), parts = cJSON_IsNumber(json) ? ln_keras_to_int(json, 0) : -1;
  int count = parts > 0 ? parts : ln_keras_list(json, 63, at) + 1;
  if (extent < 1 || count < 1 || count > 64 || (parts == -1 && count < 2)) {
    ln_keras_fail(call, "it splits %d elements into parts that do not fit, or more than 64", extent);
    return;
  }
  for (int i = 0; parts > 0 && i < parts; ++i)
    at[i] = (i + 1) * (extent / parts) + (i + 1 < extent % parts ? i + 1 : extent % parts);
  for (int i = 0; i < count; ++i) {
    const int32_t from = i > 0 ? at[i - 1] : 0, to = i + 1 < count ? at[i] : extent;
    if (from < 0 || to < from || to > extent) {
      ln_keras_fail(call, "its indices are not in order");
      return;
    }
    ln_keras_return(call, ln_form_part(&f, x, axis, from, to - from, ln_job_text(call->job, "part_%d", i)));
  }
}

/* Several rolls one after the other; without an axis, of all elements in a row. */
static void roll(ln_keras_call* call) {
  const ln_form f = ln_keras_form(call);
  int32_t shifts[LN_MAX_DIMS], axes[LN_MAX_DIMS] = {0}, dims[LN_MAX_DIMS];
  ln_tensor *x = call->in[0], *y = x;
  const cJSON* json = ln_keras_either(call, -1, "axis");
  const int count = ln_keras_list(ln_keras_either(call, 1, "shift"), LN_MAX_DIMS, shifts);
  const int named = json != NULL ? ln_keras_list(json, LN_MAX_DIMS, axes) : 1;
  if (count < 1 || (count != named && count != 1 && named != 1)) {
    ln_keras_fail(call, "its shifts and axes are no lists of one length");
    return;
  }
  if (json == NULL) y = flat(&f, x);
  for (int i = 0; i < (count > named ? count : named); ++i) {
    int32_t axis = axes[named == 1 ? 0 : i], by = shifts[count == 1 ? 0 : i];
    if (axis < 0) axis += y->rank;
    const int32_t extent = axis >= 0 && axis < y->rank ? ln_dim(y, axis) : -1;
    /* Of an unknown extent the end is cut by a slice that counts from there. */
    if (axis < 0 || axis >= y->rank || (extent < 1 && json != NULL)) {
      ln_keras_fail(call, "the extent of the axis that it rolls must be known");
      return;
    }
    if (extent > 0 && (by %= extent) == 0) continue;
    const int32_t begin[2][1] = {{-by}, {0}}, end[2][1] = {{0}, {-by}}, step[] = {1};
    const ln_slice_masks masks[2] = {{.end = 1}, {.begin = 1}};
    ln_tensor* parts[2];
    for (int k = 0; k < 2; ++k) {
      const int32_t cut = extent > 0 ? (extent - by) % extent : 0;
      parts[k] = extent > 0 ? ln_form_part(&f, y, axis, k == 0 ? cut : 0, k == 0 ? extent - cut : cut, "piece")
                            : ln_build_strided_slice(&call->b, y, 1, begin[k], end[k], step, &masks[k],
                                                     ln_keras_name(call, "piece"));
    }
    y = ln_form_concat(&f, 2, parts, axis, json != NULL ? NULL : "rolled");
  }
  for (int i = 0; i < x->rank; ++i) dims[i] = LN_DIM_OF(i);
  if (json == NULL) y = ln_build_reshape_to(&call->b, y, ln_form_shape(&f, x, x->rank, dims, "shape"), call->name);
  ln_keras_return(call, y);
}

static void diff(ln_keras_call* call) {
  const ln_form f = ln_keras_form(call);
  int32_t axis;
  ln_tensor* x = call->in[0];
  const int32_t times = ln_keras_to_int(ln_keras_either(call, 1, "n"), 1);
  if (!axis_of(call, "axis", -1, x->rank, &axis)) return;
  if (times < 1 || times > 64 || ln_dim(x, axis) <= times) {
    ln_keras_fail(call, "its axis must have a known extent of more than the %d times that differences are taken",
                  times);
    return;
  }
  for (int32_t i = 0; i < times; ++i) {
    const int32_t n = ln_dim(x, axis) - 1;
    x = ln_form_binary(&f, LN_OP_SUB, ln_form_part(&f, x, axis, 1, n, "after"),
                       ln_form_part(&f, x, axis, 0, n, "before"), i + 1 == times ? NULL : "difference");
  }
  ln_keras_return(call, x);
}

/* Each element as often as said: one number by a dimension more, several by places. */
static void repeat(ln_keras_call* call) {
  const ln_form f = ln_keras_form(call);
  int32_t axis = 0, times[LN_MAX_DIMS + 1], dims[LN_MAX_DIMS];
  ln_tensor* x = call->in[0];
  const cJSON* json = ln_keras_either(call, 1, "repeats");
  if (ln_keras_either(call, 2, "axis") == NULL) x = flat(&f, x);
  axis = ln_keras_to_int(ln_keras_either(call, 2, "axis"), 0);
  if (axis < 0) axis += x->rank;
  const int32_t extent = axis >= 0 && axis < x->rank ? ln_dim(x, axis) : -1;
  const int listed = cJSON_IsArray(json) ? cJSON_GetArraySize(json) : 0;
  if (listed > 1) {
    int32_t* counts = ln_job_alloc(call->job, (size_t)listed, sizeof *counts);
    int64_t sum = 0;
    const int count = ln_keras_list(json, listed, counts);
    for (int i = 0; i < count; ++i) sum += counts[i] >= 0 && sum < MAX_STEPS ? counts[i] : MAX_STEPS;
    if (count != extent || sum > MAX_STEPS || sum < 1) {
      ln_keras_fail(call, "its repeats are not as many numbers as the extent of its axis, %d", extent);
      return;
    }
    int32_t* places = ln_job_alloc(call->job, (size_t)sum, sizeof *places);
    for (int i = 0, at = 0; i < count; ++i)
      for (int32_t k = 0; k < counts[i]; ++k) places[at++] = i;
    ln_keras_return(
        call, ln_form_gather(&f, x, ln_graph_ints(call->b.subgraph, ln_keras_name(call, "places"), (int)sum, places),
                             axis, 0, NULL));
    return;
  }
  const int32_t repeats = ln_keras_list(json, 1, times) == 1 ? times[0] : -1;
  if (repeats < 1 || x->rank + 1 > LN_MAX_DIMS || axis < 0 || axis >= x->rank ||
      (int64_t)extent * repeats > INT32_MAX) {
    ln_keras_fail(call, "its repeats are no number, or its axis does not fit rank %d", x->rank);
    return;
  }
  for (int i = 0; i <= x->rank; ++i) times[i] = i == axis + 1 ? repeats : 1;
  for (int i = 0; i < x->rank; ++i)
    dims[i] = i == axis ? (extent < 0 ? -1 : extent * repeats) : LN_DIM_OF(i > axis ? i + 1 : i);
  ln_tensor* y =
      ln_form_binary(&f, LN_OP_TILE, ln_form_expand(&f, x, axis + 1, "column"),
                     ln_graph_ints(call->b.subgraph, ln_keras_name(call, "times"), x->rank + 1, times), "repeated");
  ln_keras_return(call, ln_form_reshape(&f, y, x->rank, dims, NULL));
}

/* Quarter turns: a transpose and a reversal, or two reversals. */
static void quarter_turns(ln_keras_call* call) {
  const ln_form f = ln_keras_form(call);
  int32_t axes[2] = {0, 1};
  ln_tensor* x = call->in[0];
  const cJSON* json = ln_keras_either(call, -1, "axes");
  const int turns = (int)(((ln_keras_to_int(ln_keras_either(call, 1, "k"), 1) % 4) + 4) % 4);
  if (json != NULL && ln_keras_list(json, 2, axes) != 2) axes[0] = -100;
  for (int i = 0; i < 2; ++i)
    if (axes[i] < 0) axes[i] += x->rank;
  if (axes[0] < 0 || axes[1] < 0 || axes[0] >= x->rank || axes[1] >= x->rank || axes[0] == axes[1]) {
    ln_keras_fail(call, "its axes do not fit an input of rank %d", x->rank);
    return;
  }
  const char* name = ln_keras_name(call, "axes");
  if (turns == 1 || turns == 2)
    x = ln_form_binary(&f, LN_OP_REVERSE_V2, x,
                       ln_graph_ints(call->b.subgraph, name, turns == 1 ? 1 : 2, turns == 1 ? axes + 1 : axes),
                       turns == 2 ? NULL : "reversed");
  if (turns == 1 || turns == 3) x = ln_form_swap(&f, x, axes[0], axes[1], turns == 1 ? NULL : "swapped");
  if (turns == 3) x = ln_form_binary(&f, LN_OP_REVERSE_V2, x, ln_graph_ints(call->b.subgraph, name, 1, axes + 1), NULL);
  ln_keras_return(call, x);
}

/* Axes to other places; the others keep their order. */
static void move_axes(ln_keras_call* call) {
  int32_t from[LN_MAX_DIMS], to[LN_MAX_DIMS], order[LN_MAX_DIMS];
  bool taken[LN_MAX_DIMS] = {false};
  const int rank = call->in[0]->rank;
  const int count = ln_keras_list(ln_keras_either(call, 1, "source"), LN_MAX_DIMS, from);
  bool fits = count > 0 && ln_keras_list(ln_keras_either(call, 2, "destination"), LN_MAX_DIMS, to) == count;
  for (int i = 0; i < rank; ++i) order[i] = -1;
  for (int i = 0; i < count && fits; ++i) {
    if (from[i] < 0) from[i] += rank;
    if (to[i] < 0) to[i] += rank;
    fits = from[i] >= 0 && from[i] < rank && to[i] >= 0 && to[i] < rank && !taken[from[i]] && order[to[i]] < 0;
    if (fits) taken[from[i]] = true, order[to[i]] = from[i];
  }
  if (!fits) {
    ln_keras_fail(call, "its axes do not fit an input of rank %d", rank);
    return;
  }
  for (int i = 0, next = 0; i < rank; ++i) {
    if (order[i] >= 0) continue;
    while (taken[next]) ++next;
    order[i] = next++;
  }
  ln_keras_return(call, ln_build_transpose(&call->b, call->in[0], order, call->name));
}

/* ---- Grids and steps ---- */

/* Of vectors: each along its own dimension. */
static void meshgrid(ln_keras_call* call) {
  const ln_form f = ln_keras_form(call);
  const cJSON* json = ln_keras_either(call, -1, "indexing");
  const bool xy = !cJSON_IsString(json) || strcmp(json->valuestring, "xy") == 0;
  const int n = call->in_count;
  ln_tensor *extents[LN_MAX_DIMS], *shape;
  if (n > LN_MAX_DIMS) {
    ln_keras_fail(call, "it has %d inputs; %d can be converted", n, LN_MAX_DIMS);
    return;
  }
  for (int i = 0; i < n; ++i) {
    const int at = xy && n > 1 && i < 2 ? 1 - i : i;
    extents[at] = ln_form_extents(&f, flat(&f, call->in[i]), LN_TYPE_INT32, "extent");
  }
  shape = ln_form_concat(&f, n, extents, 0, "shape");
  for (int i = 0; i < n; ++i) {
    int32_t dims[LN_MAX_DIMS];
    const int at = xy && n > 1 && i < 2 ? 1 - i : i;
    for (int k = 0; k < n; ++k) dims[k] = k == at ? -1 : 1;
    ln_tensor* line = ln_form_reshape(&f, call->in[i], n, dims, "line");
    ln_keras_return(call, ln_form_binary(&f, LN_OP_BROADCAST_TO, line, shape, ln_job_text(call->job, "grid_%d", i)));
  }
}

/* Steps from one number to another along a new axis: x + (y - x) * [0, ..., 1]. Logspace and Geomspace are powers. */
static void steps(ln_keras_call* call) {
  const ln_form f = ln_keras_form(call);
  const double kLog10 = 2.302585092994045684;
  const bool plain = is_class(call, "Linspace"), geometric = is_class(call, "Geomspace");
  ln_tensor *x = ln_keras_operand(call, ln_keras_arg(call, 0, "start"), LN_TYPE_FLOAT32),
            *y = ln_keras_operand(call, ln_keras_arg(call, 1, "stop"), LN_TYPE_FLOAT32);
  const int32_t count = ln_keras_to_int(ln_keras_either(call, -1, "num"), 50);
  const cJSON *ends = ln_keras_either(call, -1, "endpoint"), *base = ln_keras_either(call, -1, "base");
  const int32_t parts = cJSON_IsFalse(ends) ? count : count - 1;
  const cJSON* dtype = ln_keras_either(call, -1, "dtype");
  int32_t axis, dims[LN_MAX_DIMS];
  if (x == NULL || y == NULL || count < 1 || count > MAX_STEPS || cJSON_IsTrue(ln_keras_either(call, -1, "retstep")) ||
      (cJSON_IsString(dtype) && strcmp(dtype->valuestring, "float32") != 0)) {
    ln_keras_fail(call, "it has no start, no stop, no num of 1 to %d, or retstep or a dtype that cannot be converted",
                  MAX_STEPS);
    return;
  }
  const int rank = x->rank > y->rank ? x->rank : y->rank;
  if (rank == LN_MAX_DIMS || !axis_of(call, "axis", 0, rank + 1, &axis)) return;
  x = ln_form_cast(&f, x, LN_TYPE_FLOAT32, "start");
  y = ln_form_cast(&f, y, LN_TYPE_FLOAT32, "stop");
  ln_tensor* sign = geometric ? ln_form_expand(&f, ln_form_unary(&f, LN_OP_SIGN, x, "sign"), axis, "signs") : NULL;
  if (geometric) {
    x = ln_form_unary(&f, LN_OP_LOG, ln_form_unary(&f, LN_OP_ABS, x, "start_size"), "log_start");
    y = ln_form_unary(&f, LN_OP_LOG, ln_form_unary(&f, LN_OP_ABS, y, "stop_size"), "log_stop");
  }
  float* at = ln_job_alloc(call->job, (size_t)count, sizeof *at);
  for (int32_t i = 0; i < count; ++i) at[i] = parts > 0 ? (float)i / (float)parts : 0;
  for (int i = 0; i <= rank; ++i) dims[i] = i == axis ? count : 1;
  ln_tensor* way = ln_form_expand(&f, ln_form_binary(&f, LN_OP_SUB, y, x, "way"), axis, "ways");
  way = ln_form_binary(&f, LN_OP_MUL, way, ln_form_floats(&f, rank + 1, dims, at, "fractions"), "gone");
  ln_tensor* z = ln_form_binary(&f, LN_OP_ADD, ln_form_expand(&f, x, axis, "begin"), way, plain ? NULL : "exponent");
  if (!plain) {
    const double b = cJSON_IsNumber(base) ? base->valuedouble : 10, log_base = b == 10 ? kLog10 : log(b);
    if (!geometric) z = ln_form_number(&f, LN_OP_MUL, z, log_base, "scaled");
    z = ln_form_unary(&f, LN_OP_EXP, z, geometric ? "size" : NULL);
  }
  ln_keras_return(call, geometric ? ln_form_binary(&f, LN_OP_MUL, z, sign, NULL) : z);
}

/* ---- Scattered updates ---- */

static void scatter(ln_keras_call* call) {
  const ln_form f = ln_keras_form(call);
  int32_t shape[LN_MAX_DIMS];
  const int rank = ln_keras_list(ln_keras_either(call, 2, "shape"), LN_MAX_DIMS, shape);
  ln_tensor *values = ln_keras_operand(call, ln_keras_arg(call, 1, "values"), LN_TYPE_FLOAT32),
            *places = ln_keras_operand(call, ln_keras_arg(call, 0, "indices"), LN_TYPE_INT32);
  if (rank < 1 || values == NULL || places == NULL) {
    ln_keras_fail(call, "it has no indices, no values, or its shape is no list of numbers");
    return;
  }
  ln_tensor* const inputs[] = {ln_form_cast(&f, places, LN_TYPE_INT32, "places"), values,
                               ln_graph_ints(call->b.subgraph, ln_keras_name(call, "shape"), rank, shape)};
  ln_keras_return(call, ln_build_done(ln_build_node(&call->b, LN_OP_SCATTER_ND, 3, inputs), call->name, 1));
}

/* SCATTER_ND makes sums: in place of what is there goes by a mask. */
static void scatter_update(ln_keras_call* call) {
  const ln_form f = ln_keras_form(call);
  ln_tensor *x = call->in[0], *places = ln_keras_operand(call, ln_keras_arg(call, 1, "indices"), LN_TYPE_INT32),
            *updates = ln_keras_operand(call, ln_keras_arg(call, 2, "updates"), x->type);
  const cJSON* reduction = ln_keras_either(call, 3, "reduction");
  const bool add = cJSON_IsString(reduction) && strcmp(reduction->valuestring, "add") == 0;
  if (places == NULL || updates == NULL || (reduction != NULL && !add)) {
    ln_keras_fail(call, "it has no indices or updates, or another reduction than \"add\" or none");
    return;
  }
  places = ln_form_cast(&f, places, LN_TYPE_INT32, "places");
  ln_tensor* shape = ln_form_extents(&f, x, LN_TYPE_INT32, "shape");
  ln_tensor* const inputs[] = {places, updates, shape};
  ln_tensor* spread =
      ln_build_done(ln_build_node(&call->b, LN_OP_SCATTER_ND, 3, inputs), ln_keras_name(call, "spread"), 1);
  if (add) {
    ln_keras_return(call, ln_form_binary(&f, LN_OP_ADD, x, spread, NULL));
    return;
  }
  ln_tensor* ones = ln_form_binary(&f, LN_OP_FILL, ln_form_extents(&f, updates, LN_TYPE_INT32, "count"),
                                   ln_form_scalar(&f, LN_TYPE_INT32, 1, "one"), "ones");
  ln_tensor* const named[] = {places, ones, shape};
  ln_tensor* mask = ln_build_done(ln_build_node(&call->b, LN_OP_SCATTER_ND, 3, named), ln_keras_name(call, "named"), 1);
  ln_keras_return(call, ln_form_choose(&f, ln_form_number(&f, LN_OP_GREATER, mask, 0, "mask"), spread, x, NULL));
}

/* A place among all elements as one number for each dimension. */
static void unravel_index(ln_keras_call* call) {
  const ln_form f = ln_keras_form(call);
  int32_t extents[LN_MAX_DIMS];
  ln_tensor* parts[LN_MAX_DIMS];
  const int rank = ln_keras_list(ln_keras_either(call, 1, "shape"), LN_MAX_DIMS, extents);
  int64_t span = 1;
  if (call->in[0]->rank != 1) {
    ln_keras_fail(call, "of places of rank %d Keras makes others than it says; of rank 1 they can be converted",
                  call->in[0]->rank);
    return;
  }
  for (int i = rank - 1; i >= 0; --i) {
    if (extents[i] < 1 || span > INT32_MAX / extents[i]) {
      ln_keras_fail(call, "its shape is none of fewer than 2^31 elements");
      return;
    }
    parts[i] = span > 1 ? ln_form_number(&f, LN_OP_FLOOR_DIV, call->in[0], (double)span, "divided") : call->in[0];
    if (i > 0 || rank == 1) parts[i] = ln_form_number(&f, LN_OP_FLOOR_MOD, parts[i], extents[i], "part");
    span *= extents[i];
  }
  if (rank < 1) ln_keras_fail(call, "its shape is no list of numbers");
  for (int i = 0; i < rank; ++i) ln_keras_return(call, parts[i]);
}

const ln_keras_lowering ln_keras_moves[] = {
    {"Take", take, 0, 0},
    {"TakeAlongAxis", take_along_axis, 0, 0},
    {"Append", append, 0, 0},
    {"ArraySplit", array_split, 0, 0},
    {"Hsplit", array_split, 0, 0},
    {"Vsplit", array_split, 0, 0},
    {"Dsplit", array_split, 0, 0},
    {"Roll", roll, 0, 0},
    {"Diff", diff, 0, 0},
    {"Repeat", repeat, 0, 0},
    {"Rot90", quarter_turns, 0, 0},
    {"Moveaxis", move_axes, 0, 0},
    {"Meshgrid", meshgrid, 0, 0},
    {"Linspace", steps, 0, 0},
    {"Logspace", steps, 0, 0},
    {"Geomspace", steps, 0, 0},
    {"Scatter", scatter, 0, 0},
    {"ScatterUpdate", scatter_update, 0, 0},
    {"UnravelIndex", unravel_index, 0, 0},
    {NULL, NULL, 0, 0},
};
