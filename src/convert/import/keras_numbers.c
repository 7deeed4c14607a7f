/* keras.ops of single numbers that take several operators: kinds of numbers, comparisons, bits, steps. */
#include <float.h>
#include <math.h>
#include <string.h>

#include "convert/import/keras_import.h"
#include "convert/special.h"
#include "model/model.h"

static bool is_class(const ln_keras_call* call, const char* name) { return strcmp(call->class_name, name) == 0; }

static ln_tensor* as_float(const ln_form* f, ln_tensor* x) { return ln_form_cast(f, x, LN_TYPE_FLOAT32, "float"); }

/* ---- Kinds ---- */

static void angle(ln_keras_call* call) {
  const ln_form f = ln_keras_form(call);
  ln_tensor* x = as_float(&f, call->in[0]);
  ln_keras_return(call, ln_form_binary(&f, LN_OP_ATAN2, ln_form_unary(&f, LN_OP_ZEROS_LIKE, x, "zeros"), x, NULL));
}

static void zeros(ln_keras_call* call) {
  ln_keras_return(call, ln_keras_unary(call, LN_OP_ZEROS_LIKE, call->in[0], NULL));
}

/* True everywhere: real numbers are real. */
static void is_real(ln_keras_call* call) {
  ln_tensor* none = ln_keras_unary(call, LN_OP_ZEROS_LIKE, call->in[0], "zeros");
  ln_keras_return(call, ln_keras_with_number(call, LN_OP_EQUAL, none, 0, NULL));
}

static void infinite(ln_keras_call* call) {
  const ln_form f = ln_keras_form(call);
  const double which = is_class(call, "Isneginf") ? -(double)INFINITY : (double)INFINITY;
  ln_keras_return(call, ln_form_number(&f, LN_OP_EQUAL, as_float(&f, call->in[0]), which, NULL));
}

static void magnitude(ln_keras_call* call) {
  const ln_form f = ln_keras_form(call);
  ln_keras_return(call, ln_form_unary(&f, LN_OP_ABS, as_float(&f, call->in[0]), NULL));
}

/* The bit of the sign, which -0 has too: of the number as an int32. */
static void sign_bit(ln_keras_call* call) {
  const ln_form f = ln_keras_form(call);
  ln_tensor* x = call->in[0];
  if (x->type == LN_TYPE_BOOL) x = ln_form_cast(&f, x, LN_TYPE_INT32, "int");
  if (x->type == LN_TYPE_FLOAT32) {
    ln_node* node = ln_build_node(&call->b, LN_OP_BITCAST, 1, &x);
    ln_node_add_output(node, ln_keras_name(call, "bits"), LN_TYPE_INT32);
    ln_infer(node);
    x = node->outputs[0];
  }
  ln_keras_return(call, ln_form_number(&f, LN_OP_LESS, x, 0, NULL));
}

/* sin(pi x) / (pi x), 1 at 0 */
static void sinc(ln_keras_call* call) {
  const double kPi = 3.14159265358979323846;
  const ln_form f = ln_keras_form(call);
  ln_tensor* x = ln_form_number(&f, LN_OP_MUL, as_float(&f, call->in[0]), kPi, "angle");
  ln_tensor* none = ln_form_number(&f, LN_OP_EQUAL, x, 0, "none");
  ln_tensor* value = ln_form_binary(&f, LN_OP_DIV, ln_form_unary(&f, LN_OP_SIN, x, "sine"), x, "quotient");
  ln_keras_return(call, ln_form_choose(&f, none, ln_form_scalar(&f, x->type, 1, "one"), value, NULL));
}

static void erf_inverse(ln_keras_call* call) {
  const ln_form f = ln_keras_form(call);
  ln_keras_return(call, ln_build_erfinv(&f, as_float(&f, call->in[0]), NULL));
}

/* ---- Comparisons ---- */

/* |x - y| <= atol + rtol |y| */
static ln_tensor* close(ln_keras_call* call, const char* what) {
  const ln_form f = ln_keras_form(call);
  ln_tensor *x, *y;
  if (!ln_keras_operands(call, &x, &y)) return NULL;
  if (x->type != LN_TYPE_FLOAT32) return ln_form_binary(&f, LN_OP_EQUAL, x, y, what);
  const cJSON *r = ln_keras_either(call, 2, "rtol"), *a = ln_keras_either(call, 3, "atol");
  ln_tensor* apart = ln_form_unary(&f, LN_OP_ABS, ln_form_binary(&f, LN_OP_SUB, x, y, "difference"), "apart");
  ln_tensor* bound = ln_form_number(&f, LN_OP_MUL, ln_form_unary(&f, LN_OP_ABS, y, "size"),
                                    cJSON_IsNumber(r) ? r->valuedouble : 1e-5, "relative");
  bound = ln_form_number(&f, LN_OP_ADD, bound, cJSON_IsNumber(a) ? a->valuedouble : 1e-8, "bound");
  const bool nan = cJSON_IsTrue(ln_keras_either(call, -1, "equal_nan"));
  ln_tensor* result = ln_form_binary(&f, LN_OP_LESS_EQUAL, apart, bound, nan ? "close" : what);
  if (!nan) return result;
  ln_tensor* both = ln_form_binary(&f, LN_OP_LOGICAL_AND, ln_form_binary(&f, LN_OP_NOT_EQUAL, x, x, "x_nan"),
                                   ln_form_binary(&f, LN_OP_NOT_EQUAL, y, y, "y_nan"), "both_nan");
  return ln_form_binary(&f, LN_OP_LOGICAL_OR, result, both, what);
}

static void is_close(ln_keras_call* call) {
  ln_tensor* y = close(call, NULL);
  if (y != NULL) ln_keras_return(call, y);
}

/* AllClose, ArrayEqual: one truth value of all. */
static void all_equal(ln_keras_call* call) {
  int32_t axes[LN_MAX_DIMS];
  ln_tensor *x, *y, *each;
  if (is_class(call, "ArrayEqual")) {
    if (!ln_keras_operands(call, &x, &y)) return;
    if (!ln_shapes_equal(x, y)) {
      ln_keras_fail(call, "the shapes of its operands must be the same");
      return;
    }
    each = ln_keras_binary(call, LN_OP_EQUAL, x, y, "equal");
  } else if ((each = close(call, "each")) == NULL) {
    return;
  }
  for (int i = 0; i < each->rank; ++i) axes[i] = i;
  ln_keras_return(call, ln_build_reduce(&call->b, LN_OP_REDUCE_ALL, each, each->rank, axes, false, call->name));
}

/* 0 below 0, 1 above, the second operand at 0. */
static void heaviside(ln_keras_call* call) {
  const ln_form f = ln_keras_form(call);
  ln_tensor *x, *y;
  if (!ln_keras_operands(call, &x, &y)) return;
  x = as_float(&f, x);
  y = as_float(&f, y);
  ln_tensor* above = ln_form_choose(&f, ln_form_number(&f, LN_OP_GREATER, x, 0, "above"),
                                    ln_form_scalar(&f, x->type, 1, "one"), y, "not_below");
  ln_keras_return(call, ln_form_choose(&f, ln_form_number(&f, LN_OP_LESS, x, 0, "below"),
                                       ln_form_scalar(&f, x->type, 0, "zero"), above, NULL));
}

static void divide_no_nan(ln_keras_call* call) {
  const ln_form f = ln_keras_form(call);
  ln_tensor *x, *y;
  if (!ln_keras_operands(call, &x, &y)) return;
  x = as_float(&f, x);
  y = as_float(&f, y);
  ln_keras_return(
      call, ln_form_choose(&f, ln_form_number(&f, LN_OP_EQUAL, y, 0, "none"), ln_form_scalar(&f, x->type, 0, "zero"),
                           ln_form_binary(&f, LN_OP_DIV, x, y, "quotient"), NULL));
}

/* max(x, y) + log2(1 + 2^-|x - y|) */
static void log_add_exp_2(ln_keras_call* call) {
  const double kLog2 = 0.693147180559945309;
  const ln_form f = ln_keras_form(call);
  ln_tensor *x, *y;
  if (!ln_keras_operands(call, &x, &y)) return;
  ln_tensor* apart = ln_form_unary(&f, LN_OP_ABS, ln_form_binary(&f, LN_OP_SUB, x, y, "difference"), "apart");
  ln_tensor* e = ln_form_unary(&f, LN_OP_EXP, ln_form_number(&f, LN_OP_MUL, apart, -kLog2, "exponent"), "exp");
  ln_tensor* log = ln_form_unary(&f, LN_OP_LOG, ln_form_number(&f, LN_OP_ADD, e, 1, "more"), "log");
  ln_keras_return(call, ln_form_binary(&f, LN_OP_ADD, ln_form_binary(&f, LN_OP_MAXIMUM, x, y, "larger"),
                                       ln_form_number(&f, LN_OP_MUL, log, 1 / kLog2, "log2"), NULL));
}

/* x * 2^y */
static void scale_by_power(ln_keras_call* call) {
  const ln_form f = ln_keras_form(call);
  ln_tensor* y = call->in_count == 2 ? as_float(&f, call->in[1]) : NULL;
  if (y == NULL) {
    ln_keras_fail(call, "its arguments are no two tensors");
    return;
  }
  y = ln_form_binary(&f, LN_OP_POW, ln_form_scalar(&f, y->type, 2, "two"), y, "power");
  ln_keras_return(call, ln_form_binary(&f, LN_OP_MUL, as_float(&f, call->in[0]), y, NULL));
}

/* ---- Truth values and bits ---- */

static void logical(ln_keras_call* call) {
  const ln_form f = ln_keras_form(call);
  ln_tensor *x, *y;
  if (is_class(call, "LogicalNot")) {
    ln_keras_return(call,
                    ln_form_unary(&f, LN_OP_LOGICAL_NOT, ln_form_cast(&f, call->in[0], LN_TYPE_BOOL, "bool"), NULL));
    return;
  }
  if (!ln_keras_operands(call, &x, &y)) return;
  const int code = is_class(call, "LogicalAnd") ? LN_OP_LOGICAL_AND : LN_OP_LOGICAL_OR;
  ln_keras_return(call, ln_form_binary(&f, code, ln_form_cast(&f, x, LN_TYPE_BOOL, "x_bool"),
                                       ln_form_cast(&f, y, LN_TYPE_BOOL, "y_bool"), NULL));
}

static void bits(ln_keras_call* call) {
  const ln_form f = ln_keras_form(call);
  const char* name = call->class_name;
  ln_tensor *x, *y;
  if (strcmp(name, "BitwiseNot") == 0 || strcmp(name, "BitwiseInvert") == 0) {
    ln_keras_return(call, call->in[0]->type == LN_TYPE_BOOL
                              ? ln_form_unary(&f, LN_OP_LOGICAL_NOT, call->in[0], NULL)
                              : ln_form_number(&f, LN_OP_BITWISE_XOR, call->in[0], -1, NULL));
    return;
  }
  if (!ln_keras_operands(call, &x, &y)) return;
  if (x->type == LN_TYPE_INT64 || x->type == LN_TYPE_UINT64 || x->type == LN_TYPE_FLOAT32 || x->type == LN_TYPE_BOOL) {
    ln_keras_fail(call, "bits of %s cannot be converted; of integers of at most 32 bits they can",
                  ln_tensor_type_name(x->type));
    return;
  }
  if (strstr(name, "LeftShift") != NULL)
    ln_keras_return(call, ln_build_left_shift(&f, x, y, NULL));
  else if (strstr(name, "RightShift") != NULL)
    ln_keras_return(call, ln_form_binary(&f, LN_OP_RIGHT_SHIFT, x, y, NULL));
  else
    ln_keras_return(call, ln_build_bits(&f,
                                        strcmp(name, "BitwiseAnd") == 0  ? LN_BITS_AND
                                        : strcmp(name, "BitwiseOr") == 0 ? LN_BITS_OR
                                                                         : LN_BITS_XOR,
                                        x, y, NULL));
}

/* ---- Types ---- */

static int wanted_type(ln_keras_call* call, int fallback) {
  const cJSON* dtype = ln_keras_either(call, -1, "dtype");
  const int type = cJSON_IsString(dtype) ? ln_keras_type(dtype->valuestring) : fallback;
  if (type < 0) ln_keras_fail(call, "its dtype \"%s\" cannot be converted", dtype->valuestring);
  return type;
}

static void full_like(ln_keras_call* call) {
  const ln_form f = ln_keras_form(call);
  const int type = wanted_type(call, call->in[0]->type);
  if (type < 0) return;
  ln_tensor* value = ln_keras_operand(call, ln_keras_either(call, 1, "fill_value"), type);
  if (value == NULL) {
    ln_keras_fail(call, "its fill_value is no number");
    return;
  }
  ln_keras_return(call, ln_form_binary(&f, LN_OP_BROADCAST_TO, ln_form_cast(&f, value, type, "value"),
                                       ln_form_extents(&f, call->in[0], LN_TYPE_INT32, "shape"), NULL));
}

static void saturate_cast(ln_keras_call* call) {
  static const struct {
    int type;
    double least, most;
  } kRanges[] = {{LN_TYPE_UINT8, 0, 255}, {LN_TYPE_INT8, -128, 127}, {LN_TYPE_INT16, -32768, 32767}};
  const ln_form f = ln_keras_form(call);
  ln_tensor* x = call->in[0];
  const int type = wanted_type(call, -2);
  if (type == -1) return;
  for (size_t i = 0; i < sizeof kRanges / sizeof kRanges[0]; ++i)
    if (kRanges[i].type == type && x->type != type) {
      x = ln_form_number(&f, LN_OP_MAXIMUM, x, kRanges[i].least, "least");
      x = ln_form_number(&f, LN_OP_MINIMUM, x, kRanges[i].most, "most");
      ln_keras_return(call, ln_form_cast(&f, x, type, NULL));
      return;
    }
  if (type == x->type || type == LN_TYPE_FLOAT32)
    ln_keras_return(call, ln_form_cast(&f, x, type, NULL));
  else
    ln_keras_fail(call, "it casts to %s; to float32, uint8, int8 and int16 it can be converted",
                  type >= 0 ? ln_tensor_type_name((uint8_t)type) : "no type");
}

/* ---- Others ---- */

/* The first of the choices whose condition holds. */
static void select(ln_keras_call* call) {
  const ln_form f = ln_keras_form(call);
  const cJSON *conditions = ln_keras_arg(call, 0, "condlist"), *choices = ln_keras_arg(call, 1, "choicelist");
  const int count = cJSON_IsArray(conditions) ? cJSON_GetArraySize(conditions) : 0;
  if (count < 1 || !cJSON_IsArray(choices) || cJSON_GetArraySize(choices) != count) {
    ln_keras_fail(call, "its condlist and choicelist are no lists of one length");
    return;
  }
  ln_tensor* first = ln_keras_reference(call, cJSON_GetArrayItem(choices, 0));
  const int type = first != NULL ? first->type : LN_TYPE_FLOAT32;
  const cJSON* fallback = ln_keras_either(call, 2, "default");
  ln_tensor* y = fallback != NULL ? ln_keras_operand(call, fallback, type) : ln_form_scalar(&f, type, 0, "default");
  for (int i = count - 1; i >= 0 && y != NULL; --i) {
    ln_tensor *condition = ln_keras_reference(call, cJSON_GetArrayItem(conditions, i)),
              *choice = ln_keras_operand(call, cJSON_GetArrayItem(choices, i), type);
    y = condition != NULL && choice != NULL ? ln_form_choose(&f, ln_form_cast(&f, condition, LN_TYPE_BOOL, "condition"),
                                                             choice, y, i > 0 ? "rest" : NULL)
                                            : NULL;
  }
  if (y != NULL)
    ln_keras_return(call, y);
  else
    ln_keras_fail(call, "its condlist and choicelist are no lists of tensors");
}

/* What of x is above a threshold, less it. Of x in descending order,
 * those count whose z_i > (z_1 + ... + z_i - 1) / i; Keras adds up their running sums. */
ln_tensor* ln_keras_sparsemax(ln_keras_call* call, ln_tensor* x, int32_t axis, const char* name) {
  const ln_form f = {call->b, name};
  if (axis < -x->rank || axis >= x->rank || !ln_dim_is_known(x, axis < 0 ? axis + x->rank : axis)) {
    ln_keras_fail(call, "the extent of the axis of sparsemax must be known");
    return call->out[call->out_count - 1];
  }
  const bool last = axis == -1 || axis == x->rank - 1;
  x = ln_form_swap(&f, x, axis, -1, "to_last");
  const int32_t n = ln_dim(x, x->rank - 1);
  float* numbers = ln_job_alloc(call->job, (size_t)n, sizeof *numbers);
  for (int32_t i = 0; i < n; ++i) numbers[i] = (float)(i + 1);
  ln_tensor* const inputs[] = {x, ln_form_scalar(&f, LN_TYPE_INT32, n, "n")};
  ln_tensor* sorted =
      ln_build_done(ln_build_node(&call->b, LN_OP_TOPK_V2, 2, inputs), ln_keras_name(call, "sorted"), 2);
  ln_tensor* sums =
      ln_form_binary(&f, LN_OP_CUMSUM, sorted, ln_form_scalar(&f, LN_TYPE_INT32, x->rank - 1, "axis"), "sums");
  ln_tensor* mean = ln_form_binary(&f, LN_OP_DIV, ln_form_number(&f, LN_OP_SUB, sums, 1, "less"),
                                   ln_form_floats(&f, 1, &n, numbers, "count"), "mean");
  ln_tensor* counts =
      ln_form_cast(&f, ln_form_binary(&f, LN_OP_GREATER, sorted, mean, "support"), LN_TYPE_FLOAT32, "counts");
  ln_tensor* sum =
      ln_form_reduce(&f, LN_OP_SUM, ln_form_binary(&f, LN_OP_MUL, sums, counts, "counted"), -1, true, "sum");
  ln_tensor* threshold = ln_form_binary(&f, LN_OP_DIV, ln_form_number(&f, LN_OP_SUB, sum, 1, "sum_less"),
                                        ln_form_reduce(&f, LN_OP_SUM, counts, -1, true, "number"), "threshold");
  x = ln_form_unary(&f, LN_OP_RELU, ln_form_binary(&f, LN_OP_SUB, x, threshold, "above"), last ? NULL : "positive");
  return last ? x : ln_form_swap(&f, x, axis, -1, NULL);
}

static void sparsemax(ln_keras_call* call) {
  ln_tensor* y =
      ln_keras_sparsemax(call, call->in[0], ln_keras_to_int(ln_keras_either(call, 1, "axis"), -1), call->name);
  if (call->out_count == 0) ln_keras_return(call, y);
}

const ln_keras_lowering ln_keras_numbers[] = {
    {"Angle", angle, 0, 0},
    {"Imag", zeros, 0, 0},
    {"EmptyLike", zeros, 0, 0},
    {"Isreal", is_real, 0, 0},
    {"Isneginf", infinite, 0, 0},
    {"Isposinf", infinite, 0, 0},
    {"Fabs", magnitude, 0, 0},
    {"Signbit", sign_bit, 0, 0},
    {"Sinc", sinc, 0, 0},
    {"Erfinv", erf_inverse, 0, 0},
    {"Isclose", is_close, 0, 0},
    {"AllClose", all_equal, 0, 0},
    {"ArrayEqual", all_equal, 0, 0},
    {"Heaviside", heaviside, 0, 0},
    {"DivideNoNan", divide_no_nan, 0, 0},
    {"Logaddexp2", log_add_exp_2, 0, 0},
    {"Ldexp", scale_by_power, 0, 0},
    {"LogicalNot", logical, 0, 0},
    {"LogicalAnd", logical, 0, 0},
    {"LogicalOr", logical, 0, 0},
    {"BitwiseNot", bits, 0, 0},
    {"BitwiseInvert", bits, 0, 0},
    {"BitwiseAnd", bits, 0, 0},
    {"BitwiseOr", bits, 0, 0},
    {"BitwiseXor", bits, 0, 0},
    {"BitwiseLeftShift", bits, 0, 0},
    {"BitwiseRightShift", bits, 0, 0},
    {"LeftShift", bits, 0, 0},
    {"RightShift", bits, 0, 0},
    {"FullLike", full_like, 0, 0},
    {"SaturateCast", saturate_cast, 0, 0},
    {"Select", select, 0, 0},
    {"Sparsemax", sparsemax, 0, 0},
    {NULL, NULL, 0, 0},
};
