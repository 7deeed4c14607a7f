/* keras.ops in functional graphs: one operation is one operator here, or a few. Arguments are tensors, numbers and
 * lists by position or name; what is no tensor also stands in the operation's configuration. */
#include <math.h>
#include <string.h>

#include "convert/import/keras_einsum.h"

bool ln_keras_operands(ln_keras_call* call, ln_tensor** x, ln_tensor** y) {
  const cJSON *a = ln_keras_arg(call, 0, "x1"), *b = ln_keras_arg(call, 1, "x2");
  if (a == NULL) a = ln_keras_arg(call, -1, "x");
  if (b == NULL) b = ln_keras_arg(call, -1, "y");
  *x = ln_keras_reference(call, a);
  *y = ln_keras_reference(call, b);
  const int type = *x != NULL ? (*x)->type : *y != NULL ? (*y)->type : LN_TYPE_FLOAT32;
  const cJSON* other = *x == NULL ? a : *y == NULL ? b : NULL;
  const bool fraction = other != NULL && cJSON_IsNumber(other) && other->valuedouble != floor(other->valuedouble);
  const int common = fraction ? LN_TYPE_FLOAT32 : type;
  if (*x == NULL) *x = ln_keras_operand(call, a, common);
  if (*y == NULL) *y = ln_keras_operand(call, b, common);
  if (*x == NULL || *y == NULL) {
    ln_keras_fail(call, "its arguments are no tensors or numbers");
    return false;
  }
  /* Of two types the float one counts. */
  if ((*x)->type != (*y)->type) {
    const int wide = (*x)->type == LN_TYPE_FLOAT32 || (*y)->type == LN_TYPE_FLOAT32 ? LN_TYPE_FLOAT32 : (*x)->type;
    *x = ln_build_cast(&call->b, *x, wide, ln_keras_name(call, "x"));
    *y = ln_build_cast(&call->b, *y, wide, ln_keras_name(call, "y"));
  }
  return true;
}

static int code_of(const ln_keras_call* call) {
  for (const ln_keras_lowering* l = ln_keras_operations; l->class_name != NULL; ++l)
    if (strcmp(l->class_name, call->class_name) == 0) return l->code;
  return 0;
}

static void binary(ln_keras_call* call) {
  ln_tensor *x, *y;
  if (ln_keras_operands(call, &x, &y))
    ln_keras_return(call, ln_build_binary(&call->b, code_of(call), x, y, call->name));
}

static void divide(ln_keras_call* call) {
  ln_tensor *x, *y;
  if (!ln_keras_operands(call, &x, &y)) return;
  x = ln_build_cast(&call->b, x, LN_TYPE_FLOAT32, ln_keras_name(call, "x"));
  y = ln_build_cast(&call->b, y, LN_TYPE_FLOAT32, ln_keras_name(call, "y"));
  ln_keras_return(call, ln_build_binary(&call->b, LN_OP_DIV, x, y, call->name));
}

static void unary(ln_keras_call* call) {
  ln_keras_return(call, ln_build_unary(&call->b, code_of(call), call->in[0], call->name));
}

static void with_number(ln_keras_call* call, int first, int code, double number) {
  ln_tensor* x = first >= 0 ? ln_build_unary(&call->b, first, call->in[0], ln_keras_name(call, "first")) : call->in[0];
  ln_keras_return(call, ln_build_with_number(&call->b, code, x, number, call->name));
}

static void reciprocal(ln_keras_call* call) {
  ln_tensor* one = ln_build_number(&call->b, call->in[0]->type, 1, ln_keras_name(call, "one"));
  ln_keras_return(call, ln_build_binary(&call->b, LN_OP_DIV, one, call->in[0], call->name));
}

static void log1p_op(ln_keras_call* call) {
  ln_tensor* x = ln_build_with_number(&call->b, LN_OP_ADD, call->in[0], 1, ln_keras_name(call, "one_more"));
  ln_keras_return(call, ln_build_unary(&call->b, LN_OP_LOG, x, call->name));
}

static void expm1_op(ln_keras_call* call) { with_number(call, LN_OP_EXP, LN_OP_SUB, 1); }
static void log2_op(ln_keras_call* call) { with_number(call, LN_OP_LOG, LN_OP_MUL, 1.4426950408889634); }
static void log10_op(ln_keras_call* call) { with_number(call, LN_OP_LOG, LN_OP_MUL, 0.4342944819032518); }
static void identity(ln_keras_call* call) { ln_keras_return(call, call->in[0]); }
static void erf_op(ln_keras_call* call) { ln_keras_return(call, ln_build_erf(&call->b, call->in[0], call->name)); }

/* ---- Axes ---- */

int ln_keras_axes(ln_keras_call* call, const ln_tensor* x, const char* key, int32_t* axes) {
  const cJSON* json = ln_keras_either(call, 1, key);
  int count = json != NULL ? ln_keras_list(json, LN_MAX_DIMS, axes) : x->rank;
  for (int i = 0; i < count; ++i) {
    if (json == NULL) axes[i] = i;
    if (axes[i] < 0) axes[i] += x->rank;
    if (axes[i] < 0 || axes[i] >= x->rank) count = -1;
  }
  if (count < 0) ln_keras_fail(call, "its axes do not fit an input of rank %d", x->rank);
  return count;
}

static bool keeps(const ln_keras_call* call) { return cJSON_IsTrue(ln_keras_either(call, -1, "keepdims")); }

static void reduce(ln_keras_call* call) {
  int32_t axes[LN_MAX_DIMS];
  const int count = ln_keras_axes(call, call->in[0], "axis", axes);
  if (count < 0) return;
  const int code = code_of(call);
  const bool truth = code == LN_OP_REDUCE_ANY || code == LN_OP_REDUCE_ALL;
  const cJSON* first = ln_keras_either(call, 3, "initial");
  ln_tensor* x = call->in[0];
  if (truth) x = ln_build_cast(&call->b, x, LN_TYPE_BOOL, ln_keras_name(call, "bool"));
  if (code == LN_OP_MEAN) x = ln_build_cast(&call->b, x, LN_TYPE_FLOAT32, ln_keras_name(call, "float"));
  if (!truth && x->type == LN_TYPE_BOOL) x = ln_build_cast(&call->b, x, LN_TYPE_INT32, ln_keras_name(call, "ints"));
  ln_tensor* y = ln_build_reduce(&call->b, code, x, count, axes, keeps(call),
                                 first != NULL ? ln_keras_name(call, "reduced") : call->name);
  if (first != NULL && (!cJSON_IsNumber(first) || (code != LN_OP_REDUCE_MAX && code != LN_OP_REDUCE_MIN))) {
    ln_keras_fail(call, "its initial is no number, or not one of a minimum or maximum");
    return;
  }
  ln_keras_return(call, first == NULL
                            ? y
                            : ln_build_with_number(&call->b, code == LN_OP_REDUCE_MAX ? LN_OP_MAXIMUM : LN_OP_MINIMUM,
                                                   y, first->valuedouble, call->name));
}

static void variance(ln_keras_call* call) {
  int32_t axes[LN_MAX_DIMS];
  ln_tensor* x = call->in[0];
  const int count = ln_keras_axes(call, x, "axis", axes);
  if (count < 0) return;
  const bool root = strcmp(call->class_name, "Std") == 0;
  ln_tensor* mean = ln_build_reduce(&call->b, LN_OP_MEAN, x, count, axes, true, ln_keras_name(call, "mean"));
  ln_tensor* squares = ln_build_binary(&call->b, LN_OP_SQUARED_DIFFERENCE, x, mean, ln_keras_name(call, "squares"));
  ln_tensor* y = ln_build_reduce(&call->b, LN_OP_MEAN, squares, count, axes, keeps(call),
                                 root ? ln_keras_name(call, "variance") : call->name);
  ln_keras_return(call, root ? ln_build_unary(&call->b, LN_OP_SQRT, y, call->name) : y);
}

/* log(sum(exp(x - max))) + max */
static void logsumexp(ln_keras_call* call) {
  int32_t axes[LN_MAX_DIMS];
  ln_tensor* x = call->in[0];
  const int count = ln_keras_axes(call, x, "axis", axes);
  if (count < 0) return;
  ln_tensor* most = ln_build_reduce(&call->b, LN_OP_REDUCE_MAX, x, count, axes, true, ln_keras_name(call, "most"));
  ln_tensor* y = ln_build_binary(&call->b, LN_OP_SUB, x, most, ln_keras_name(call, "below"));
  y = ln_build_unary(&call->b, LN_OP_EXP, y, ln_keras_name(call, "exp"));
  y = ln_build_reduce(&call->b, LN_OP_SUM, y, count, axes, keeps(call), ln_keras_name(call, "sum"));
  y = ln_build_unary(&call->b, LN_OP_LOG, y, ln_keras_name(call, "log"));
  if (!keeps(call))
    most = ln_build_reduce(&call->b, LN_OP_REDUCE_MAX, x, count, axes, false, ln_keras_name(call, "most_of_all"));
  ln_keras_return(call, ln_build_binary(&call->b, LN_OP_ADD, y, most, call->name));
}

/* One axis; `extra`: dimensions that the result has more. False: noted. */
static bool read_axis(ln_keras_call* call, int position, int extra, int32_t fallback, int32_t* axis) {
  const int rank = call->in[0]->rank + extra;
  *axis = ln_keras_to_int(ln_keras_either(call, position, "axis"), fallback);
  if (*axis < 0) *axis += rank;
  if (*axis >= 0 && *axis < rank) return true;
  ln_keras_fail(call, "its axis does not fit an input of rank %d", call->in[0]->rank);
  return false;
}

static void arg_max(ln_keras_call* call) {
  int32_t axis;
  const bool of_all = ln_keras_is_none(call, "axis");
  static const int32_t kFlat[] = {-1};
  if (!read_axis(call, 1, 0, -1, &axis)) return;
  if (of_all) {
    if (keeps(call)) {
      ln_keras_fail(call, "it keeps dimensions and has no axis; with an axis it can be converted");
      return;
    }
    axis = 0;
  }
  ln_tensor* x = of_all ? ln_keras_reshape(call, call->in[0], 1, kFlat, ln_keras_name(call, "flat")) : call->in[0];
  ln_tensor* const inputs[] = {x, ln_graph_int(call->b.subgraph, ln_keras_name(call, "axis"), axis)};
  const bool least = strcmp(call->class_name, "Argmin") == 0;
  ln_node* node = ln_build_node(&call->b, least ? LN_OP_ARG_MIN : LN_OP_ARG_MAX, 2, inputs);
  if (least)
    LN_SET(node, ArgMinOptions, output_type, LN_TYPE_INT32);
  else
    LN_SET(node, ArgMaxOptions, output_type, LN_TYPE_INT32);
  ln_tensor* y = ln_build_done(node, call->name, 1);
  if (keeps(call))
    y = ln_build_binary(&call->b, LN_OP_EXPAND_DIMS, y,
                        ln_graph_int(call->b.subgraph, ln_keras_name(call, "axis"), axis), ln_keras_name(call, "kept"));
  ln_keras_return(call, y);
}

static void softmax(ln_keras_call* call) {
  int32_t axis;
  if (read_axis(call, 1, 0, -1, &axis)) ln_keras_return(call, ln_keras_softmax(call, call->in[0], axis, call->name));
}

static void flip(ln_keras_call* call) {
  int32_t axes[LN_MAX_DIMS];
  const int count = ln_keras_axes(call, call->in[0], "axis", axes);
  if (count >= 0)
    ln_keras_return(
        call, ln_build_binary(&call->b, LN_OP_REVERSE_V2, call->in[0],
                              ln_graph_ints(call->b.subgraph, ln_keras_name(call, "axes"), count, axes), call->name));
}

/* ---- Shapes ---- */

static void reshape(ln_keras_call* call) {
  int32_t dims[LN_MAX_DIMS];
  const cJSON* json = ln_keras_either(call, 1, "newshape");
  if (json == NULL) json = ln_keras_either(call, -1, "shape");
  int count = 0;
  for (const cJSON* item = cJSON_IsArray(json) ? json->child : NULL; item != NULL; item = item->next, ++count) {
    if (count == LN_MAX_DIMS || !(cJSON_IsNumber(item) || cJSON_IsNull(item))) {
      count = -1;
      break;
    }
    dims[count] = ln_keras_to_int(item, -1);
  }
  if (!cJSON_IsArray(json) || count < 0)
    ln_keras_fail(call, "its new shape is no list of at most %d numbers", LN_MAX_DIMS);
  else
    ln_keras_return(call, ln_keras_reshape(call, call->in[0], count, dims, call->name));
}

static void transpose(ln_keras_call* call) {
  int32_t order[LN_MAX_DIMS];
  const ln_tensor* x = call->in[0];
  const cJSON* json = ln_keras_either(call, 1, "axes");
  const int count = json != NULL ? ln_keras_list(json, LN_MAX_DIMS, order) : x->rank;
  for (int i = 0; i < count; ++i) {
    if (json == NULL) order[i] = count - 1 - i;
    if (order[i] < 0) order[i] += count;
  }
  if (count != x->rank)
    ln_keras_fail(call, "its axes do not fit an input of rank %d", x->rank);
  else
    ln_keras_return(call, ln_build_transpose(&call->b, call->in[0], order, call->name));
}

/* Two axes from arguments of any names. */
static bool two_axes(ln_keras_call* call, const char* first, const char* second, int32_t axes[2]) {
  const int rank = call->in[0]->rank;
  axes[0] = ln_keras_to_int(ln_keras_either(call, 1, first), INT32_MIN);
  axes[1] = ln_keras_to_int(ln_keras_either(call, 2, second), INT32_MIN);
  for (int i = 0; i < 2; ++i) {
    if (axes[i] < 0 && axes[i] > INT32_MIN) axes[i] += rank;
    if (axes[i] < 0 || axes[i] >= rank) {
      ln_keras_fail(call, "its axes do not fit an input of rank %d", rank);
      return false;
    }
  }
  return true;
}

static void swap_axes(ln_keras_call* call) {
  int32_t axes[2], order[LN_MAX_DIMS];
  if (!two_axes(call, "axis1", "axis2", axes)) return;
  for (int i = 0; i < call->in[0]->rank; ++i) order[i] = i == axes[0] ? axes[1] : i == axes[1] ? axes[0] : i;
  ln_keras_return(call, ln_build_transpose(&call->b, call->in[0], order, call->name));
}

/* Several new dimensions of 1: their places are those in the result. */
static void expand_several(ln_keras_call* call, const cJSON* json) {
  int32_t axes[LN_MAX_DIMS], dims[LN_MAX_DIMS];
  ln_tensor* x = call->in[0];
  const int count = ln_keras_list(json, LN_MAX_DIMS, axes), rank = x->rank + count;
  bool fits = count > 0 && rank <= LN_MAX_DIMS, added[LN_MAX_DIMS] = {false};
  for (int i = 0; i < count && fits; ++i) {
    if (axes[i] < 0) axes[i] += rank;
    fits = axes[i] >= 0 && axes[i] < rank && !added[axes[i]];
    if (fits) added[axes[i]] = true;
  }
  if (!fits) {
    ln_keras_fail(call, "its axes do not fit an input of rank %d", x->rank);
    return;
  }
  for (int i = 0, own = 0; i < rank; ++i) dims[i] = added[i] ? 1 : LN_KERAS_DIM(own++);
  ln_keras_return(call, ln_keras_reshape(call, x, rank, dims, call->name));
}

static void expand_dims(ln_keras_call* call) {
  int32_t axis;
  const cJSON* json = ln_keras_either(call, 1, "axis");
  if (cJSON_IsArray(json)) {
    expand_several(call, json);
    return;
  }
  if (read_axis(call, 1, 1, -1, &axis))
    ln_keras_return(call,
                    ln_build_binary(&call->b, LN_OP_EXPAND_DIMS, call->in[0],
                                    ln_graph_int(call->b.subgraph, ln_keras_name(call, "axis"), axis), call->name));
}

static void squeeze(ln_keras_call* call) {
  int32_t axes[LN_MAX_DIMS], dims[LN_MAX_DIMS];
  const ln_tensor* x = call->in[0];
  const bool given = ln_keras_either(call, 1, "axis") != NULL;
  const int count = ln_keras_axes(call, x, "axis", axes);
  int rank = 0;
  if (count < 0) return;
  for (int i = 0; i < x->rank; ++i) {
    bool goes = !given && ln_dim_is_known(x, i) && ln_dim(x, i) == 1;
    for (int k = 0; k < count && given; ++k) goes = goes || axes[k] == i;
    if (!goes) dims[rank++] = LN_KERAS_DIM(i);
  }
  ln_keras_return(call, ln_keras_reshape(call, call->in[0], rank, dims, call->name));
}

static void concatenate(ln_keras_call* call) {
  int32_t axis;
  if (read_axis(call, 1, 0, 0, &axis))
    ln_keras_return(call, ln_build_concat(&call->b, call->in_count, call->in, axis, call->name));
}

static void stack(ln_keras_call* call) {
  int32_t axis;
  if (read_axis(call, 1, 1, 0, &axis))
    ln_keras_return(call, ln_build_pack(&call->b, call->in_count, call->in, axis, call->name));
}

static void unstack(ln_keras_call* call) {
  const int axis = ln_keras_to_int(ln_keras_either(call, 2, "axis"), 0);
  ln_tensor* x = call->in[0];
  const int at = axis < 0 ? axis + x->rank : axis;
  if (at < 0 || at >= x->rank || !ln_dim_is_known(x, at) || ln_dim(x, at) < 1 || ln_dim(x, at) > 1000) {
    ln_keras_fail(call, "its axis must be one of known extent, up to 1000");
    return;
  }
  const int count = ln_dim(x, at);
  ln_tensor** parts = ln_job_alloc(call->job, (size_t)count, sizeof(ln_tensor*));
  ln_build_unpack(&call->b, x, at, count, call->name, parts);
  for (int i = 0; i < count; ++i) ln_keras_return(call, parts[i]);
}

static void split(ln_keras_call* call) {
  int32_t axis, at[64];
  ln_tensor* x = call->in[0];
  const cJSON* json = ln_keras_either(call, 1, "indices_or_sections");
  if (!read_axis(call, 2, 0, 0, &axis)) return;
  int count = ln_keras_list(json, 63, at);
  const int32_t extent = ln_dim(x, axis);
  if (cJSON_IsNumber(json) && at[0] > 0 && at[0] <= 64 && extent > 0 && extent % at[0] == 0) {
    const int32_t parts = at[0];
    count = parts - 1;
    for (int i = 0; i < count; ++i) at[i] = (i + 1) * (extent / parts);
  } else if (cJSON_IsNumber(json)) {
    count = -1;
  }
  if (count < 0 || extent < 0) {
    ln_keras_fail(call, "it splits %d elements into parts that do not fit, or more than 64", extent);
    return;
  }
  for (int i = 0; i <= count; ++i) {
    int32_t begin[LN_MAX_DIMS] = {0}, size[LN_MAX_DIMS];
    for (int k = 0; k < x->rank; ++k) size[k] = -1;
    begin[axis] = i > 0 ? at[i - 1] : 0;
    size[axis] = (i < count ? at[i] : extent) - begin[axis];
    if (begin[axis] < 0 || size[axis] < 0) {
      ln_keras_fail(call, "its indices are not in order");
      return;
    }
    ln_keras_return(call, ln_build_slice(&call->b, x, begin, size, ln_job_text(call->job, "%s:%d", call->name, i)));
  }
}

static void tile(ln_keras_call* call) {
  int32_t times[LN_MAX_DIMS];
  ln_tensor* x = call->in[0];
  const int count = ln_keras_list(ln_keras_either(call, 1, "repeats"), LN_MAX_DIMS, times);
  if (count < 0 || count > x->rank) {
    ln_keras_fail(call, "its repeats do not fit an input of rank %d", x->rank);
    return;
  }
  memmove(times + x->rank - count, times, (size_t)count * sizeof times[0]);
  for (int i = 0; i < x->rank - count; ++i) times[i] = 1;
  ln_keras_return(
      call, ln_build_binary(&call->b, LN_OP_TILE, x,
                            ln_graph_ints(call->b.subgraph, ln_keras_name(call, "times"), x->rank, times), call->name));
}

static void pad(ln_keras_call* call) {
  ln_tensor* x = call->in[0];
  int32_t pads[2 * LN_MAX_DIMS] = {0}, pair[2];
  const cJSON* json = ln_keras_either(call, 1, "pad_width");
  const cJSON* mode = ln_keras_either(call, 2, "mode");
  int i = 0;
  const char* how = cJSON_IsString(mode) ? mode->valuestring : "constant";
  const bool reflect = strcmp(how, "reflect") == 0, mirror = reflect || strcmp(how, "symmetric") == 0;
  if (!mirror && strcmp(how, "constant") != 0) {
    ln_keras_fail(call, "mode \"%s\" cannot be converted; constant, reflect and symmetric can", how);
    return;
  }
  for (const cJSON* item = cJSON_IsArray(json) ? json->child : NULL; item != NULL && i < x->rank;
       item = item->next, ++i) {
    const int count = ln_keras_list(item, 2, pair);
    if (count < 1) break;
    pads[2 * i] = pair[0];
    pads[2 * i + 1] = pair[count - 1];
  }
  if (i != x->rank) {
    ln_keras_fail(call, "its pad_width has no pair for each of %d dimensions", x->rank);
    return;
  }
  if (mirror) {
    const int32_t dims[] = {x->rank, 2};
    ln_tensor* const inputs[] = {
        x, ln_graph_constant(call->b.subgraph, ln_keras_name(call, "pads"), LN_TYPE_INT32, 2, dims,
                             ln_job_copy(call->job, pads, 2 * (size_t)x->rank * sizeof *pads))};
    ln_node* node = ln_build_node(&call->b, LN_OP_MIRROR_PAD, 2, inputs);
    LN_SET(node, MirrorPadOptions, mode, reflect ? 0 : 1);
    ln_keras_return(call, ln_build_done(node, call->name, 1));
    return;
  }
  const cJSON* value = ln_keras_either(call, 3, "constant_values");
  ln_tensor* constant = cJSON_IsNumber(value) && value->valuedouble != 0
                            ? ln_build_number(&call->b, x->type, value->valuedouble, ln_keras_name(call, "value"))
                            : NULL;
  ln_keras_return(call, ln_build_pad(&call->b, x, pads, constant, call->name));
}

/* x[...]: a list of slices, numbers, nulls (new axes) and "..." */
static bool is_ellipsis(const cJSON* item) {
  const cJSON* class_name = cJSON_GetObjectItemCaseSensitive(item, "class_name");
  const cJSON* text = cJSON_IsString(item) ? item : class_name; /* a string in Keras 2 */
  return cJSON_IsString(text) &&
         (strcmp(text->valuestring, "__ellipsis__") == 0 || strcmp(text->valuestring, "Ellipsis") == 0);
}

/* How many dimensions of the input the indices are for. */
static int count_indexed(const cJSON* key) {
  int count = 0;
  for (const cJSON* item = cJSON_IsArray(key) ? key->child : NULL; item != NULL; item = item->next)
    count += !cJSON_IsNull(item) && !is_ellipsis(item);
  return count;
}

static void get_item(ln_keras_call* call) {
  ln_tensor* x = call->in[0];
  const cJSON* key = ln_keras_arg(call, 1, "key");
  const bool single = !cJSON_IsArray(key);
  int32_t begin[16], end[16], step[16];
  ln_slice_masks masks = {0};
  int count = 0;
  for (const cJSON* item = single ? key : key->child; item != NULL; item = single ? NULL : item->next, ++count) {
    if (count == 16) break;
    begin[count] = end[count] = 0;
    step[count] = 1;
    const cJSON* class_name = cJSON_GetObjectItemCaseSensitive(item, "class_name");
    const char* text = cJSON_IsString(class_name) ? class_name->valuestring : "";
    if (cJSON_IsNull(item)) {
      masks.new_axis |= 1 << count;
    } else if (cJSON_IsNumber(item)) {
      begin[count] = ln_keras_to_int(item, 0);
      end[count] = begin[count] + 1;
      if (end[count] == 0) masks.end |= 1 << count;
      masks.shrink_axis |= 1 << count;
    } else if (is_ellipsis(item)) {
      if (count_indexed(key) == x->rank) { /* it stands for nothing, which the original's kernel does not know */
        --count;
        continue;
      }
      masks.ellipsis |= 1 << count;
    } else if (strcmp(text, "__slice__") == 0 || cJSON_HasObjectItem(item, "step")) { /* Keras 2: the numbers alone */
      const cJSON* config = text[0] != 0 ? cJSON_GetObjectItemCaseSensitive(item, "config") : item;
      const cJSON *start = cJSON_GetObjectItemCaseSensitive(config, "start"),
                  *stop = cJSON_GetObjectItemCaseSensitive(config, "stop");
      begin[count] = ln_keras_to_int(start, 0);
      end[count] = ln_keras_to_int(stop, 0);
      step[count] = ln_keras_to_int(cJSON_GetObjectItemCaseSensitive(config, "step"), 1);
      if (!cJSON_IsNumber(start)) masks.begin |= 1 << count;
      if (!cJSON_IsNumber(stop)) masks.end |= 1 << count;
    } else {
      ln_keras_fail(call, "an index that is neither number nor slice cannot be converted");
      return;
    }
  }
  if (count == 0 || count == 16) {
    ln_keras_fail(call, "it has no index that can be converted");
    return;
  }
  ln_keras_return(call, ln_build_strided_slice(&call->b, x, count, begin, end, step, &masks, call->name));
}

/* ---- Others ---- */

static void clip(ln_keras_call* call) {
  const cJSON *low = ln_keras_either(call, 1, "x_min"), *high = ln_keras_either(call, 2, "x_max");
  ln_tensor *x = call->in[0], *least = ln_keras_operand(call, low, x->type),
            *most = ln_keras_operand(call, high, x->type);
  if (least != NULL) x = ln_build_binary(&call->b, LN_OP_MAXIMUM, x, least, ln_keras_name(call, "at_least"));
  if (most != NULL) x = ln_build_binary(&call->b, LN_OP_MINIMUM, x, most, call->name);
  ln_keras_return(call, x);
}

static void where(ln_keras_call* call) {
  ln_tensor* condition = ln_keras_reference(call, ln_keras_arg(call, 0, "condition"));
  const cJSON *a = ln_keras_arg(call, 1, "x1"), *b = ln_keras_arg(call, 2, "x2");
  ln_tensor *x = ln_keras_reference(call, a), *y = ln_keras_reference(call, b);
  const int type = x != NULL ? x->type : y != NULL ? y->type : LN_TYPE_FLOAT32;
  if (x == NULL) x = ln_keras_operand(call, a, type);
  if (y == NULL) y = ln_keras_operand(call, b, type);
  if (condition == NULL || x == NULL || y == NULL) {
    ln_keras_fail(call, "it needs a condition and two operands");
    return;
  }
  ln_tensor* const inputs[] = {ln_build_cast(&call->b, condition, LN_TYPE_BOOL, ln_keras_name(call, "condition")), x,
                               y};
  ln_keras_return(call, ln_build_done(ln_build_node(&call->b, LN_OP_SELECT_V2, 3, inputs), call->name, 1));
}

static void einsum(ln_keras_call* call) {
  const cJSON* json = ln_keras_get(call, "subscripts");
  const char* text = cJSON_IsString(json) ? json->valuestring : "";
  const bool two = call->in_count == 2 && strstr(text, "...") != NULL;
  ln_tensor* y = two ? ln_keras_einsum(call, text, call->in[0], call->in[1], call->name) : NULL;
  if (!two)
    ln_keras_einsum_all(call, text);
  else if (y != NULL)
    ln_keras_return(call, y);
}

static void cast(ln_keras_call* call) {
  const cJSON* json = ln_keras_either(call, 1, "dtype");
  const int type = cJSON_IsString(json) ? ln_keras_type(json->valuestring) : -1;
  if (type < 0)
    ln_keras_fail(call, "a cast to \"%s\" cannot be converted", cJSON_IsString(json) ? json->valuestring : "?");
  else
    ln_keras_return(call, ln_build_cast(&call->b, call->in[0], type, call->name));
}

static void like(ln_keras_call* call) {
  ln_tensor* x = call->in[0];
  const cJSON* dtype = ln_keras_either(call, 1, "dtype");
  const int type = cJSON_IsString(dtype) ? ln_keras_type(dtype->valuestring) : x->type;
  if (type < 0) {
    ln_keras_fail(call, "its dtype \"%s\" cannot be converted", dtype->valuestring);
    return;
  }
  if (type == LN_TYPE_BOOL) { /* no operator makes truth values of nothing */
    x = ln_build_unary(&call->b, LN_OP_ZEROS_LIKE,
                       ln_build_cast(&call->b, x, LN_TYPE_INT32, ln_keras_name(call, "int32")),
                       ln_keras_name(call, "zeros"));
    ln_keras_return(
        call, ln_build_with_number(&call->b, strcmp(call->class_name, "OnesLike") == 0 ? LN_OP_EQUAL : LN_OP_NOT_EQUAL,
                                   x, 0, call->name));
    return;
  }
  ln_tensor* zeros =
      ln_build_unary(&call->b, LN_OP_ZEROS_LIKE, ln_build_cast(&call->b, x, type, ln_keras_name(call, "cast")),
                     ln_keras_name(call, "zeros"));
  ln_keras_return(call, strcmp(call->class_name, "OnesLike") == 0
                            ? ln_build_with_number(&call->b, LN_OP_ADD, zeros, 1, call->name)
                            : zeros);
}

static void top_k(ln_keras_call* call) {
  ln_tensor* x = call->in[0];
  ln_tensor* const inputs[] = {
      x, ln_graph_int(call->b.subgraph, ln_keras_name(call, "k"), ln_keras_to_int(ln_keras_either(call, 1, "k"), 1))};
  ln_node* node = ln_build_node(&call->b, LN_OP_TOPK_V2, 2, inputs);
  ln_build_done(node, call->name, 2);
  for (int i = 0; i < 2; ++i) ln_keras_return(call, node->outputs[i]);
}

const ln_keras_lowering ln_keras_operations[] = {
    {"Add", binary, LN_OP_ADD, 0},
    {"Subtract", binary, LN_OP_SUB, 0},
    {"Multiply", binary, LN_OP_MUL, 0},
    {"Divide", divide, 0, 0},
    {"TrueDivide", divide, 0, 0},
    {"FloorDivide", binary, LN_OP_FLOOR_DIV, 0},
    {"Mod", binary, LN_OP_FLOOR_MOD, 0},
    {"Power", binary, LN_OP_POW, 0},
    {"Maximum", binary, LN_OP_MAXIMUM, 0},
    {"Minimum", binary, LN_OP_MINIMUM, 0},
    {"Greater", binary, LN_OP_GREATER, 0},
    {"GreaterEqual", binary, LN_OP_GREATER_EQUAL, 0},
    {"Less", binary, LN_OP_LESS, 0},
    {"LessEqual", binary, LN_OP_LESS_EQUAL, 0},
    {"Equal", binary, LN_OP_EQUAL, 0},
    {"NotEqual", binary, LN_OP_NOT_EQUAL, 0},
    {"Arctan2", binary, LN_OP_ATAN2, 0},
    {"Absolute", unary, LN_OP_ABS, 0},
    {"Abs", unary, LN_OP_ABS, 0},
    {"Negative", unary, LN_OP_NEG, 0},
    {"Exp", unary, LN_OP_EXP, 0},
    {"Log", unary, LN_OP_LOG, 0},
    {"Sqrt", unary, LN_OP_SQRT, 0},
    {"Rsqrt", unary, LN_OP_RSQRT, 0},
    {"Square", unary, LN_OP_SQUARE, 0},
    {"Sin", unary, LN_OP_SIN, 0},
    {"Cos", unary, LN_OP_COS, 0},
    {"Tanh", unary, LN_OP_TANH, 0},
    {"Floor", unary, LN_OP_FLOOR, 0},
    {"Ceil", unary, LN_OP_CEIL, 0},
    {"Round", unary, LN_OP_ROUND, 0},
    {"Sign", unary, LN_OP_SIGN, 0},
    {"Reciprocal", reciprocal, 0, 0},
    {"Log1p", log1p_op, 0, 0},
    {"Log2", log2_op, 0, 0},
    {"Log10", log10_op, 0, 0},
    {"Expm1", expm1_op, 0, 0},
    {"Erf", erf_op, 0, 0},
    {"Copy", identity, 0, 0},
    {"StopGradient", identity, 0, 0},
    {"ConvertToTensor", identity, 0, 0},
    {"Mean", reduce, LN_OP_MEAN, 0},
    {"Sum", reduce, LN_OP_SUM, 0},
    {"Max", reduce, LN_OP_REDUCE_MAX, 0},
    {"Min", reduce, LN_OP_REDUCE_MIN, 0},
    {"Amax", reduce, LN_OP_REDUCE_MAX, 0},
    {"Amin", reduce, LN_OP_REDUCE_MIN, 0},
    {"Prod", reduce, LN_OP_REDUCE_PROD, 0},
    {"Any", reduce, LN_OP_REDUCE_ANY, 0},
    {"All", reduce, LN_OP_REDUCE_ALL, 0},
    {"Var", variance, 0, 0},
    {"Std", variance, 0, 0},
    {"Logsumexp", logsumexp, 0, 0},
    {"Argmax", arg_max, 0, 0},
    {"Argmin", arg_max, 0, 0},
    {"Softmax", softmax, 0, 0},
    {"Flip", flip, 0, 0},
    {"Reshape", reshape, 0, 0},
    {"Transpose", transpose, 0, 0},
    {"Swapaxes", swap_axes, 0, 0},
    {"ExpandDims", expand_dims, 0, 0},
    {"Squeeze", squeeze, 0, 0},
    {"Concatenate", concatenate, 0, 0},
    {"Stack", stack, 0, 0},
    {"Unstack", unstack, 0, 0},
    {"Split", split, 0, 0},
    {"Tile", tile, 0, 0},
    {"Pad", pad, 0, 0},
    {"GetItem", get_item, 0, 0},
    {"Clip", clip, 0, 0},
    {"Where", where, 0, 0},
    {"Einsum", einsum, 0, 0},
    {"Cast", cast, 0, 0},
    {"ZerosLike", like, 0, 0},
    {"OnesLike", like, 0, 0},
    {"TopK", top_k, 0, 0},
    {NULL, NULL, 0, 0},
};
