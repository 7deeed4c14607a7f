/* Element-wise operators: one TFLite operator where there is one, a few where not. */
#include <string.h>

#include "convert/import/tf_import.h"

static void identity(ln_tf_call* call) {
  if (call->in_count > 0 && call->in[0].kind == LN_TF_VARIABLE && call->in[0].variable->is_reference) {
    ln_tf_return(call, 0, ln_tf_in(call, 0));
    return;
  }
  ln_tf_return_value(call, 0, call->in_count > 0 ? call->in[0] : (ln_tf_value){.kind = LN_TF_NOTHING});
}

static void identity_n(ln_tf_call* call) {
  for (int i = 0; i < call->in_count; ++i) ln_tf_return_value(call, i, call->in[i]);
}

static void nothing(ln_tf_call* call) { (void)call; }

static void unary(ln_tf_call* call) {
  ln_tf_return(call, 0, ln_build_unary(&call->b, ln_tf_code(call, ln_tf_math), ln_tf_in(call, 0), call->name));
}

static void binary(ln_tf_call* call) {
  ln_tensor *x = ln_tf_in(call, 0), *y = ln_tf_in(call, 1);
  ln_tf_return(call, 0, ln_build_binary(&call->b, ln_tf_code(call, ln_tf_math), x, y, call->name));
}

/* AddN: one after the other, so that shapes may be broadcast and two are one ADD. */
static void add_n(ln_tf_call* call) {
  ln_tensor* sum = ln_tf_in(call, 0);
  for (int i = 1; i < call->in_count; ++i)
    sum = ln_build_binary(&call->b, LN_OP_ADD, sum, ln_tf_in(call, i),
                          i + 1 == call->in_count ? call->name : ln_tf_name(call, "sum"));
  ln_tf_return(call, 0, sum);
}

static void cast(ln_tf_call* call) {
  const int type = ln_tf_type(ln_tf_dtype(call->def, "DstT", 0));
  if (type < 0) {
    ln_tf_fail(call, "it casts to a type that tensors cannot have");
    return;
  }
  ln_tf_return(call, 0, ln_build_cast(&call->b, ln_tf_in(call, 0), type, call->name));
}

static void leaky_relu(ln_tf_call* call) {
  ln_tensor* x = ln_tf_in(call, 0);
  ln_node* node = ln_build_node(&call->b, LN_OP_LEAKY_RELU, 1, &x);
  LN_SET_FLOAT(node, LeakyReluOptions, alpha, ln_tf_float(call->def, "alpha", 0.2f));
  ln_tf_return(call, 0, ln_build_done(node, call->name, 1));
}

/* log(1 + e^x) = max(x, 0) + log(1 + e^-|x|), which never overflows. */
static void softplus(ln_tf_call* call) {
  const ln_builder* b = &call->b;
  ln_tensor* x = ln_tf_in(call, 0);
  ln_tensor* e = ln_build_unary(
      b, LN_OP_EXP,
      ln_build_unary(b, LN_OP_NEG, ln_build_unary(b, LN_OP_ABS, x, ln_tf_name(call, "abs")), ln_tf_name(call, "neg")),
      ln_tf_name(call, "exp"));
  ln_tensor* log = ln_build_unary(b, LN_OP_LOG, ln_build_with_number(b, LN_OP_ADD, e, 1, ln_tf_name(call, "add")),
                                  ln_tf_name(call, "log"));
  ln_tf_return(
      call, 0,
      ln_build_binary(b, LN_OP_ADD, ln_build_unary(b, LN_OP_RELU, x, ln_tf_name(call, "relu")), log, call->name));
}

static void softsign(ln_tf_call* call) {
  const ln_builder* b = &call->b;
  ln_tensor *x = ln_tf_in(call, 0), *abs = ln_build_unary(b, LN_OP_ABS, x, ln_tf_name(call, "abs"));
  ln_tf_return(call, 0,
               ln_build_binary(b, LN_OP_DIV, x, ln_build_with_number(b, LN_OP_ADD, abs, 1, ln_tf_name(call, "add")),
                               call->name));
}

/* scale * (x where x > 0, alpha * (e^x - 1) else) */
static void selu(ln_tf_call* call) {
  const double kScale = 1.0507009873554805, kAlpha = 1.6732632423543772;
  const ln_builder* b = &call->b;
  ln_tensor* x = ln_tf_in(call, 0);
  ln_tensor* above = ln_build_with_number(b, LN_OP_MUL, ln_build_unary(b, LN_OP_RELU, x, ln_tf_name(call, "relu")),
                                          kScale, ln_tf_name(call, "above"));
  ln_tensor* below = ln_build_unary(b, LN_OP_ELU, ln_build_with_number(b, LN_OP_MINIMUM, x, 0, ln_tf_name(call, "min")),
                                    ln_tf_name(call, "elu"));
  below = ln_build_with_number(b, LN_OP_MUL, below, kScale * kAlpha, ln_tf_name(call, "below"));
  ln_tf_return(call, 0, ln_build_binary(b, LN_OP_ADD, above, below, call->name));
}

static void reciprocal(ln_tf_call* call) {
  ln_tensor* x = ln_tf_in(call, 0);
  ln_tf_return(call, 0,
               ln_build_binary(&call->b, LN_OP_DIV, ln_build_number(&call->b, x->type, 1, ln_tf_name(call, "one")), x,
                               call->name));
}

static void log_of_more(ln_tf_call* call) {
  ln_tensor* x = ln_build_with_number(&call->b, LN_OP_ADD, ln_tf_in(call, 0), 1, ln_tf_name(call, "add"));
  ln_tf_return(call, 0, ln_build_unary(&call->b, LN_OP_LOG, x, call->name));
}

static void exp_less_one(ln_tf_call* call) {
  ln_tensor* x = ln_build_unary(&call->b, LN_OP_EXP, ln_tf_in(call, 0), ln_tf_name(call, "exp"));
  ln_tf_return(call, 0, ln_build_with_number(&call->b, LN_OP_SUB, x, 1, call->name));
}

static void tangent(ln_tf_call* call) {
  ln_tensor* x = ln_tf_in(call, 0);
  ln_tf_return(call, 0,
               ln_build_binary(&call->b, LN_OP_DIV, ln_build_unary(&call->b, LN_OP_SIN, x, ln_tf_name(call, "sin")),
                               ln_build_unary(&call->b, LN_OP_COS, x, ln_tf_name(call, "cos")), call->name));
}

/* ATAN2 takes two operands of one shape. */
static void arc_tangent(ln_tf_call* call) {
  ln_tensor* x = ln_tf_in(call, 0);
  ln_tensor* zeros = ln_build_unary(&call->b, LN_OP_ZEROS_LIKE, x, ln_tf_name(call, "zeros"));
  ln_tensor* ones = ln_build_with_number(&call->b, LN_OP_ADD, zeros, 1, ln_tf_name(call, "ones"));
  ln_tf_return(call, 0, ln_build_binary(&call->b, LN_OP_ATAN2, x, ones, call->name));
}

/* (e^x - e^-x) / 2, with + for cosh. */
static void hyperbolic(ln_tf_call* call) {
  const ln_builder* b = &call->b;
  ln_tensor* x = ln_tf_in(call, 0);
  ln_tensor* up = ln_build_unary(b, LN_OP_EXP, x, ln_tf_name(call, "exp"));
  ln_tensor* down = ln_build_unary(b, LN_OP_EXP, ln_build_unary(b, LN_OP_NEG, x, ln_tf_name(call, "neg")),
                                   ln_tf_name(call, "exp_neg"));
  ln_tf_return(call, 0,
               ln_build_with_number(b, LN_OP_MUL,
                                    ln_build_binary(b, ln_tf_code(call, ln_tf_math), up, down, ln_tf_name(call, "sum")),
                                    0.5, call->name));
}

static void error_function(ln_tf_call* call) {
  ln_tf_return(call, 0, ln_build_erf(&call->b, ln_tf_in(call, 0), call->name));
}

/* 1 - erf x = 1 + erf -x, the form that GELU is recognized in. */
static void error_complement(ln_tf_call* call) {
  ln_tensor* x = ln_build_unary(&call->b, LN_OP_NEG, ln_tf_in(call, 0), ln_tf_name(call, "neg"));
  x = ln_build_erf(&call->b, x, ln_tf_name(call, "erf"));
  ln_tf_return(call, 0, ln_build_with_number(&call->b, LN_OP_ADD, x, 1, call->name));
}

static void choose(ln_tf_call* call) {
  ln_tensor *condition = ln_tf_in(call, 0), *x = ln_tf_in(call, 1), *y = ln_tf_in(call, 2);
  if (ln_tf_choose_strings(call, condition, x, y)) return;
  /* The first form's condition of rank 1 chooses along the first dimension. */
  const bool rows = strcmp(call->def->op, "Select") == 0 && condition->rank == 1 && x->rank > 1;
  ln_tensor* const inputs[] = {condition, x, y};
  ln_node* node = ln_build_node(&call->b, rows ? LN_OP_SELECT : LN_OP_SELECT_V2, 3, inputs);
  ln_tf_return(call, 0, ln_build_done(node, call->name, 1));
}

static void ones_like(ln_tf_call* call) {
  ln_tensor* x = ln_build_unary(&call->b, LN_OP_ZEROS_LIKE, ln_tf_in(call, 0), ln_tf_name(call, "zeros"));
  ln_tf_return(call, 0, ln_build_with_number(&call->b, LN_OP_ADD, x, 1, call->name));
}

static void clip(ln_tf_call* call) {
  ln_tensor* x =
      ln_build_binary(&call->b, LN_OP_MINIMUM, ln_tf_in(call, 0), ln_tf_in(call, 2), ln_tf_name(call, "min"));
  ln_tf_return(call, 0, ln_build_binary(&call->b, LN_OP_MAXIMUM, x, ln_tf_in(call, 1), call->name));
}

/* x / y, 0 where y is 0. */
static void div_no_nan(ln_tf_call* call) {
  const ln_builder* b = &call->b;
  ln_tensor *x = ln_tf_in(call, 0), *y = ln_tf_in(call, 1);
  ln_tensor* zero = ln_build_number(b, y->type, 0, ln_tf_name(call, "zero"));
  ln_tensor* none = ln_build_binary(b, LN_OP_EQUAL, y, zero, ln_tf_name(call, "none"));
  ln_tensor* quotient = ln_build_binary(b, LN_OP_DIV, x, y, ln_tf_name(call, "div"));
  ln_tensor* const inputs[] = {none, zero, quotient};
  ln_tf_return(call, 0, ln_build_done(ln_build_node(b, LN_OP_SELECT_V2, 3, inputs), call->name, 1));
}

static void is_nan(ln_tf_call* call) {
  ln_tensor* x = ln_tf_in(call, 0);
  ln_tf_return(call, 0, ln_build_binary(&call->b, LN_OP_NOT_EQUAL, x, x, call->name));
}

/* FAKE_QUANT with its range as options or as constant inputs. */
static void fake_quant(ln_tf_call* call) {
  double low = (double)ln_tf_float(call->def, "min", -6), high = (double)ln_tf_float(call->def, "max", 6);
  if (call->in_count >= 3 &&
      (!ln_tensor_number(ln_tf_in(call, 1), &low) || !ln_tensor_number(ln_tf_in(call, 2), &high))) {
    ln_tf_fail(call, "its range must be constant");
    return;
  }
  ln_tensor* x = ln_tf_in(call, 0);
  ln_node* node = ln_build_node(&call->b, LN_OP_FAKE_QUANT, 1, &x);
  LN_SET_FLOAT(node, FakeQuantOptions, min, (float)low);
  LN_SET_FLOAT(node, FakeQuantOptions, max, (float)high);
  LN_SET(node, FakeQuantOptions, num_bits, ln_tf_int(call->def, "num_bits", 8));
  LN_SET(node, FakeQuantOptions, narrow_range, ln_tf_bool(call->def, "narrow_range", false));
  ln_tf_return(call, 0, ln_build_done(node, call->name, 1));
}

static void bucketize(ln_tf_call* call) {
  const LnPb__AttrValue* boundaries = ln_tf_attr(call->def, "boundaries");
  ln_tensor* x = ln_tf_in(call, 0);
  ln_node* node = ln_build_node(&call->b, LN_OP_BUCKETIZE, 1, &x);
  if (boundaries != NULL && boundaries->list != NULL)
    ln_node_set_vector(node, LN_SLOT(BucketizeOptions, boundaries), (uint32_t)boundaries->list->n_f,
                       boundaries->list->f);
  ln_tf_return(call, 0, ln_build_done(node, call->name, 1));
}

/* What a condition is, where it is no truth value: whether it is not 0, or, of more dimensions, whether it has
 * elements. */
static void to_bool(ln_tf_call* call) {
  ln_tensor* x = ln_tf_in(call, 0);
  if (x->rank < 0 || x->type == LN_TYPE_STRING) {
    ln_tf_fail(call, "its input is a string, or its rank is not known");
    return;
  }
  if (x->rank > 0) {
    static const int32_t kFirst[] = {0};
    ln_tensor* extents = ln_tf_extents(call, x, LN_TYPE_INT32, "shape");
    x = ln_build_reduce(&call->b, LN_OP_REDUCE_PROD, extents, 1, kFirst, false, ln_tf_name(call, "size"));
  }
  ln_tf_return(call, 0, x->type == LN_TYPE_BOOL ? x : ln_tf_number(call, LN_OP_NOT_EQUAL, x, 0, NULL));
}

const ln_tf_lowering ln_tf_math[] = {
    {"Identity", identity, 0},
    {"RefIdentity", identity, 0},
    {"DebugIdentity", identity, 0},
    {"DebugIdentityV2", identity, 0},
    {"DeepCopy", identity, 0},
    {"CheckNumericsV2", identity, 0},
    {"Conj", identity, 0},
    {"Snapshot", identity, 0},
    {"StopGradient", identity, 0},
    {"PreventGradient", identity, 0},
    {"CheckNumerics", identity, 0},
    {"PlaceholderWithDefault", identity, 0},
    {"EnsureShape", identity, 0},
    {"GuaranteeConst", identity, 0},
    {"IdentityN", identity_n, 0},
    {"NoOp", nothing, 0},
    {"Assert", nothing, 0},
    {"Print", identity, 0},
    {"Relu", unary, LN_OP_RELU},
    {"Relu6", unary, LN_OP_RELU6},
    {"Elu", unary, LN_OP_ELU},
    {"Tanh", unary, LN_OP_TANH},
    {"Sigmoid", unary, LN_OP_LOGISTIC},
    {"Exp", unary, LN_OP_EXP},
    {"Log", unary, LN_OP_LOG},
    {"Sqrt", unary, LN_OP_SQRT},
    {"Rsqrt", unary, LN_OP_RSQRT},
    {"Square", unary, LN_OP_SQUARE},
    {"Abs", unary, LN_OP_ABS},
    {"Neg", unary, LN_OP_NEG},
    {"Sin", unary, LN_OP_SIN},
    {"Cos", unary, LN_OP_COS},
    {"Floor", unary, LN_OP_FLOOR},
    {"Ceil", unary, LN_OP_CEIL},
    {"Round", unary, LN_OP_ROUND},
    {"Rint", unary, LN_OP_ROUND},
    {"Sign", unary, LN_OP_SIGN},
    {"LogicalNot", unary, LN_OP_LOGICAL_NOT},
    {"ZerosLike", unary, LN_OP_ZEROS_LIKE},
    {"ComplexAbs", unary, LN_OP_COMPLEX_ABS},
    {"Real", unary, LN_OP_REAL},
    {"Imag", unary, LN_OP_IMAG},
    {"OnesLike", ones_like, 0},
    {"Cast", cast, 0},
    {"LeakyRelu", leaky_relu, 0},
    {"Softplus", softplus, 0},
    {"Softsign", softsign, 0},
    {"Selu", selu, 0},
    {"Erf", error_function, 0},
    {"Erfc", error_complement, 0},
    {"Reciprocal", reciprocal, 0},
    {"Inv", reciprocal, 0},
    {"Log1p", log_of_more, 0},
    {"Expm1", exp_less_one, 0},
    {"Tan", tangent, 0},
    {"Atan", arc_tangent, 0},
    {"Sinh", hyperbolic, LN_OP_SUB},
    {"Cosh", hyperbolic, LN_OP_ADD},
    {"Add", binary, LN_OP_ADD},
    {"AddV2", binary, LN_OP_ADD},
    {"AddN", add_n, 0},
    {"AccumulateNV2", add_n, 0},
    {"Sub", binary, LN_OP_SUB},
    {"Mul", binary, LN_OP_MUL},
    {"Div", binary, LN_OP_DIV},
    {"RealDiv", binary, LN_OP_DIV},
    {"FloorDiv", binary, LN_OP_FLOOR_DIV},
    {"FloorMod", binary, LN_OP_FLOOR_MOD},
    {"DivNoNan", div_no_nan, 0},
    {"Pow", binary, LN_OP_POW},
    {"Maximum", binary, LN_OP_MAXIMUM},
    {"Minimum", binary, LN_OP_MINIMUM},
    {"SquaredDifference", binary, LN_OP_SQUARED_DIFFERENCE},
    {"Atan2", binary, LN_OP_ATAN2},
    {"Equal", binary, LN_OP_EQUAL},
    {"NotEqual", binary, LN_OP_NOT_EQUAL},
    {"Less", binary, LN_OP_LESS},
    {"LessEqual", binary, LN_OP_LESS_EQUAL},
    {"Greater", binary, LN_OP_GREATER},
    {"GreaterEqual", binary, LN_OP_GREATER_EQUAL},
    {"LogicalAnd", binary, LN_OP_LOGICAL_AND},
    {"LogicalOr", binary, LN_OP_LOGICAL_OR},
    {"BitwiseXor", binary, LN_OP_BITWISE_XOR},
    {"RightShift", binary, LN_OP_RIGHT_SHIFT},
    {"Select", choose, 0},
    {"SelectV2", choose, 0},
    {"ClipByValue", clip, 0},
    {"IsNan", is_nan, 0},
    {"FakeQuantWithMinMaxArgs", fake_quant, 0},
    {"FakeQuantWithMinMaxVars", fake_quant, 0},
    {"Bucketize", bucketize, 0},
    {"ToBool", to_bool, 0},
    {NULL, NULL, 0},
};
