/* keras.ops that TFLite has no operator for: functions of elements by a few others, and moves of elements. */
#include <float.h>
#include <math.h>
#include <string.h>

#include "convert/import/keras_einsum.h"

static ln_tensor* choose(ln_keras_call* call, ln_tensor* condition, ln_tensor* x, ln_tensor* y) {
  ln_tensor* const inputs[] = {condition, x, y};
  return ln_build_done(ln_build_node(&call->b, LN_OP_SELECT_V2, 3, inputs), call->name, 1);
}

static ln_tensor* input_as_float(ln_keras_call* call) {
  return ln_build_cast(&call->b, call->in[0], LN_TYPE_FLOAT32, ln_keras_name(call, "float"));
}

/* ---- Elements ---- */

/* sqrt((1 - x)(1 + x)) */
static ln_tensor* other_side(ln_keras_call* call, ln_tensor* x) {
  ln_tensor* less = ln_keras_with_number(call, LN_OP_ADD, ln_keras_unary(call, LN_OP_NEG, x, "neg"), 1, "less");
  return ln_keras_unary(
      call, LN_OP_SQRT,
      ln_keras_binary(call, LN_OP_MUL, less, ln_keras_with_number(call, LN_OP_ADD, x, 1, "more"), "product"), "side");
}

static void arc(ln_keras_call* call) {
  ln_tensor* x = input_as_float(call);
  if (strcmp(call->class_name, "Arcsin") == 0) {
    ln_keras_return(call, ln_keras_binary(call, LN_OP_ATAN2, x, other_side(call, x), NULL));
  } else if (strcmp(call->class_name, "Arccos") == 0) {
    ln_keras_return(call, ln_keras_binary(call, LN_OP_ATAN2, other_side(call, x), x, NULL));
  } else {
    ln_tensor* ones =
        ln_keras_with_number(call, LN_OP_ADD, ln_keras_unary(call, LN_OP_ZEROS_LIKE, x, "zeros"), 1, "ones");
    ln_keras_return(call, ln_keras_binary(call, LN_OP_ATAN2, x, ones, NULL));
  }
}

/* By logarithms: log(x + sqrt(x^2 - 1)), log((1 + x) / (1 - x)) / 2, and sign x * log(|x| + sqrt(x^2 + 1)). */
static void arc_hyperbolic(ln_keras_call* call) {
  ln_tensor* x = input_as_float(call);
  if (strcmp(call->class_name, "Arctanh") == 0) {
    ln_tensor* less = ln_keras_with_number(call, LN_OP_ADD, ln_keras_unary(call, LN_OP_NEG, x, "neg"), 1, "less");
    x = ln_keras_binary(call, LN_OP_DIV, ln_keras_with_number(call, LN_OP_ADD, x, 1, "more"), less, "ratio");
    ln_keras_return(call, ln_keras_with_number(call, LN_OP_MUL, ln_keras_unary(call, LN_OP_LOG, x, "log"), 0.5, NULL));
    return;
  }
  const bool cosine = strcmp(call->class_name, "Arccosh") == 0;
  ln_tensor* size = cosine ? x : ln_keras_unary(call, LN_OP_ABS, x, "abs");
  ln_tensor* square = ln_keras_with_number(call, cosine ? LN_OP_SUB : LN_OP_ADD,
                                           ln_keras_unary(call, LN_OP_SQUARE, x, "square"), 1, "one");
  ln_tensor* sum = ln_keras_binary(call, LN_OP_ADD, size, ln_keras_unary(call, LN_OP_SQRT, square, "root"), "sum");
  ln_tensor* log = ln_keras_unary(call, LN_OP_LOG, sum, cosine ? NULL : "log");
  ln_keras_return(
      call, cosine ? log : ln_keras_binary(call, LN_OP_MUL, ln_keras_unary(call, LN_OP_SIGN, x, "sign"), log, NULL));
}

static void degrees(ln_keras_call* call) {
  const double kPi = 3.14159265358979323846;
  const double factor = strcmp(call->class_name, "Deg2rad") == 0 ? kPi / 180 : 180 / kPi;
  ln_keras_return(call, ln_keras_with_number(call, LN_OP_MUL, input_as_float(call), factor, NULL));
}

static void exp_2(ln_keras_call* call) {
  const double kLog2 = 0.693147180559945309;
  ln_keras_return(call,
                  ln_keras_unary(call, LN_OP_EXP,
                                 ln_keras_with_number(call, LN_OP_MUL, input_as_float(call), kLog2, "scaled"), NULL));
}

static void cube_root(ln_keras_call* call) {
  ln_tensor* x = input_as_float(call);
  ln_tensor* root = ln_keras_with_number(call, LN_OP_POW, ln_keras_unary(call, LN_OP_ABS, x, "abs"), 1.0 / 3, "root");
  ln_keras_return(call, ln_keras_binary(call, LN_OP_MUL, ln_keras_unary(call, LN_OP_SIGN, x, "sign"), root, NULL));
}

static void is_kind(ln_keras_call* call) {
  ln_tensor* x = input_as_float(call);
  if (strcmp(call->class_name, "Isnan") == 0) {
    ln_keras_return(call, ln_keras_binary(call, LN_OP_NOT_EQUAL, x, x, NULL));
    return;
  }
  const int code = strcmp(call->class_name, "Isinf") == 0 ? LN_OP_EQUAL : LN_OP_LESS;
  ln_keras_return(call, ln_keras_with_number(call, code, ln_keras_unary(call, LN_OP_ABS, x, "abs"), INFINITY, NULL));
}

static void nan_to_num(ln_keras_call* call) {
  ln_tensor* x = call->in[0];
  const cJSON* nan = ln_keras_either(call, 1, "nan");
  if (ln_keras_either(call, 2, "posinf") != NULL || ln_keras_either(call, 3, "neginf") != NULL) {
    ln_keras_fail(call, "its posinf and neginf cannot be converted; the largest and least numbers can");
    return;
  }
  if (x->type != LN_TYPE_FLOAT32) {
    ln_keras_return(call, x);
    return;
  }
  ln_tensor* finite = ln_keras_with_number(
      call, LN_OP_MINIMUM, ln_keras_with_number(call, LN_OP_MAXIMUM, x, -FLT_MAX, "least"), FLT_MAX, "finite");
  ln_tensor* value =
      ln_build_number(&call->b, x->type, cJSON_IsNumber(nan) ? nan->valuedouble : 0, ln_keras_name(call, "nan"));
  ln_keras_return(call, choose(call, ln_keras_binary(call, LN_OP_NOT_EQUAL, x, x, "is_nan"), value, finite));
}

static void truncate(ln_keras_call* call) {
  ln_tensor* x = input_as_float(call);
  ln_keras_return(call,
                  choose(call, ln_keras_with_number(call, LN_OP_LESS, x, 0, "below"),
                         ln_keras_unary(call, LN_OP_CEIL, x, "ceil"), ln_keras_unary(call, LN_OP_FLOOR, x, "floor")));
}

static void real_part(ln_keras_call* call) { ln_keras_return(call, call->in[0]); }

/* max(x, y) + log(1 + e^-|x - y|) */
static void log_add_exp(ln_keras_call* call) {
  ln_tensor *x, *y;
  if (!ln_keras_operands(call, &x, &y)) return;
  ln_tensor* apart = ln_keras_unary(call, LN_OP_ABS, ln_keras_binary(call, LN_OP_SUB, x, y, "difference"), "apart");
  ln_tensor* e = ln_keras_unary(call, LN_OP_EXP, ln_keras_unary(call, LN_OP_NEG, apart, "neg"), "exp");
  ln_tensor* log = ln_keras_unary(call, LN_OP_LOG, ln_keras_with_number(call, LN_OP_ADD, e, 1, "more"), "log");
  ln_keras_return(call,
                  ln_keras_binary(call, LN_OP_ADD, ln_keras_binary(call, LN_OP_MAXIMUM, x, y, "larger"), log, NULL));
}

static void hypotenuse(ln_keras_call* call) {
  ln_tensor *x, *y;
  if (!ln_keras_operands(call, &x, &y)) return;
  ln_tensor* sum = ln_keras_binary(call, LN_OP_ADD, ln_keras_unary(call, LN_OP_SQUARE, x, "x_square"),
                                   ln_keras_unary(call, LN_OP_SQUARE, y, "y_square"), "sum");
  ln_keras_return(call, ln_keras_unary(call, LN_OP_SQRT, sum, NULL));
}

static void logical_xor(ln_keras_call* call) {
  ln_tensor *x, *y;
  if (!ln_keras_operands(call, &x, &y)) return;
  x = ln_build_cast(&call->b, x, LN_TYPE_BOOL, ln_keras_name(call, "x_bool"));
  y = ln_build_cast(&call->b, y, LN_TYPE_BOOL, ln_keras_name(call, "y_bool"));
  ln_keras_return(call, ln_keras_binary(call, LN_OP_NOT_EQUAL, x, y, NULL));
}

static void count_nonzero(ln_keras_call* call) {
  int32_t axes[LN_MAX_DIMS];
  const int count = ln_keras_axes(call, call->in[0], "axis", axes);
  if (count < 0) return;
  ln_tensor* ones = ln_keras_with_number(call, LN_OP_NOT_EQUAL, call->in[0], 0, "counts");
  ones = ln_build_cast(&call->b, ones, LN_TYPE_INT32, ln_keras_name(call, "ones"));
  ln_keras_return(call, ln_build_reduce(&call->b, LN_OP_SUM, ones, count, axes, false, call->name));
}

static void moments(ln_keras_call* call) {
  int32_t axes[LN_MAX_DIMS];
  ln_tensor* x = call->in[0];
  const int count = ln_keras_axes(call, x, "axes", axes);
  const bool keep = cJSON_IsTrue(ln_keras_either(call, 2, "keepdims"));
  if (count < 0) return;
  ln_tensor* mean = ln_build_reduce(&call->b, LN_OP_MEAN, x, count, axes, true, ln_keras_name(call, "mean"));
  ln_tensor* squares = ln_keras_binary(call, LN_OP_SQUARED_DIFFERENCE, x, mean, "squares");
  ln_keras_return(call, keep ? mean : ln_build_reduce(&call->b, LN_OP_MEAN, x, count, axes, false, call->name));
  ln_keras_return(call,
                  ln_build_reduce(&call->b, LN_OP_MEAN, squares, count, axes, keep, ln_keras_name(call, "variance")));
}

/* ---- Moves ---- */

static void ravel(ln_keras_call* call) {
  const int32_t dims[] = {-1};
  ln_keras_return(call, ln_keras_reshape(call, call->in[0], 1, dims, call->name));
}

/* Side by side, or one below the other. */
static void put_together(ln_keras_call* call) {
  const int rank = call->in[0]->rank, axis = strcmp(call->class_name, "Hstack") == 0 && rank > 1 ? 1 : 0;
  if (rank < 1 || (rank == 1 && strcmp(call->class_name, "Vstack") == 0)) {
    ln_keras_fail(call, "its inputs have rank %d; 2 or more can be converted", rank);
    return;
  }
  ln_keras_return(call, ln_build_concat(&call->b, call->in_count, call->in, axis, call->name));
}

static void slice(ln_keras_call* call) {
  int32_t begin[LN_MAX_DIMS], size[LN_MAX_DIMS];
  const int rank = call->in[0]->rank;
  if (rank < 1 || ln_keras_list(ln_keras_either(call, 1, "start_indices"), LN_MAX_DIMS, begin) != rank ||
      ln_keras_list(ln_keras_either(call, 2, "shape"), LN_MAX_DIMS, size) != rank)
    ln_keras_fail(call, "its start_indices and shape are no numbers for each of %d dimensions", rank);
  else
    ln_keras_return(call, ln_build_slice(&call->b, call->in[0], begin, size, call->name));
}

static void slice_update(ln_keras_call* call) {
  int32_t begin[LN_MAX_DIMS];
  const int rank = call->in[0]->rank;
  ln_tensor* updates = ln_keras_operand(call, ln_keras_arg(call, 2, "updates"), call->in[0]->type);
  if (rank < 1 || updates == NULL ||
      ln_keras_list(ln_keras_either(call, 1, "start_indices"), LN_MAX_DIMS, begin) != rank) {
    ln_keras_fail(call, "its start_indices are no numbers for each of %d dimensions, or it has no updates", rank);
    return;
  }
  ln_tensor* const inputs[] = {call->in[0], updates,
                               ln_graph_ints(call->b.subgraph, ln_keras_name(call, "begin"), rank, begin)};
  ln_keras_return(call, ln_build_done(ln_build_node(&call->b, LN_OP_DYNAMIC_UPDATE_SLICE, 3, inputs), call->name, 1));
}

const ln_keras_lowering ln_keras_elements[] = {
    {"Arcsin", arc, 0, 0},
    {"Arccos", arc, 0, 0},
    {"Arctan", arc, 0, 0},
    {"Arcsinh", arc_hyperbolic, 0, 0},
    {"Arccosh", arc_hyperbolic, 0, 0},
    {"Arctanh", arc_hyperbolic, 0, 0},
    {"Deg2rad", degrees, 0, 0},
    {"Rad2deg", degrees, 0, 0},
    {"Exp2", exp_2, 0, 0},
    {"Cbrt", cube_root, 0, 0},
    {"Isnan", is_kind, 0, 0},
    {"Isinf", is_kind, 0, 0},
    {"Isfinite", is_kind, 0, 0},
    {"NanToNum", nan_to_num, 0, 0},
    {"Trunc", truncate, 0, 0},
    {"Real", real_part, 0, 0},
    {"Conjugate", real_part, 0, 0},
    {"Logaddexp", log_add_exp, 0, 0},
    {"Hypot", hypotenuse, 0, 0},
    {"LogicalXor", logical_xor, 0, 0},
    {"CountNonzero", count_nonzero, 0, 0},
    {"Moments", moments, 0, 0},
    {"Ravel", ravel, 0, 0},
    {"Hstack", put_together, 0, 0},
    {"Vstack", put_together, 0, 0},
    {"Slice", slice, 0, 0},
    {"SliceUpdate", slice_update, 0, 0},
    {NULL, NULL, 0, 0},
};
