/* Functions of numbers that have no operator of their own: by identities, and by approximations as good as float is. */
#include <math.h>
#include <string.h>

#include "convert/import/tf_import.h"
#include "convert/special.h"

static const double kPi = 3.14159265358979323846;

/* sqrt(1 - x^2) */
static ln_tensor* other_leg(ln_tf_call* call, ln_tensor* x) {
  ln_tensor* square = ln_tf_unary(call, LN_OP_SQUARE, x, "square");
  ln_tensor* one = ln_tf_scalar(call, x->type, 1, "one");
  return ln_tf_unary(call, LN_OP_SQRT, ln_tf_binary(call, LN_OP_SUB, one, square, "rest"), "leg");
}

static void arc_sine(ln_tf_call* call) {
  ln_tensor* x = ln_tf_in(call, 0);
  ln_tf_return(call, 0, ln_tf_binary(call, LN_OP_ATAN2, x, other_leg(call, x), NULL));
}

static void arc_cosine(ln_tf_call* call) {
  ln_tensor* x = ln_tf_in(call, 0);
  ln_tf_return(call, 0, ln_tf_binary(call, LN_OP_ATAN2, other_leg(call, x), x, NULL));
}

/* asinh x = sign x * log(|x| + sqrt(x^2 + 1)); acosh x = log(x + sqrt(x^2 - 1)) */
static void inverse_hyperbolic(ln_tf_call* call) {
  const bool sine = strcmp(call->def->op, "Asinh") == 0;
  ln_tensor *x = ln_tf_in(call, 0), *abs = sine ? ln_tf_unary(call, LN_OP_ABS, x, "abs") : x;
  ln_tensor* square = ln_tf_unary(call, LN_OP_SQUARE, x, "square");
  ln_tensor* root = ln_tf_unary(call, LN_OP_SQRT, ln_tf_number(call, LN_OP_ADD, square, sine ? 1 : -1, "sum"), "root");
  ln_tensor* log = ln_tf_unary(call, LN_OP_LOG, ln_tf_binary(call, LN_OP_ADD, abs, root, "whole"), sine ? "log" : NULL);
  if (sine) log = ln_tf_binary(call, LN_OP_MUL, log, ln_tf_unary(call, LN_OP_SIGN, x, "sign"), NULL);
  ln_tf_return(call, 0, log);
}

/* log((1 + x) / (1 - x)) / 2 */
static void inverse_tangent(ln_tf_call* call) {
  ln_tensor *x = ln_tf_in(call, 0), *one = ln_tf_scalar(call, x->type, 1, "one");
  ln_tensor* quotient = ln_tf_binary(call, LN_OP_DIV, ln_tf_binary(call, LN_OP_ADD, x, one, "above"),
                                     ln_tf_binary(call, LN_OP_SUB, one, x, "below"), "div");
  ln_tf_return(call, 0, ln_tf_number(call, LN_OP_MUL, ln_tf_unary(call, LN_OP_LOG, quotient, "log"), 0.5, NULL));
}

/* `value` where x is not 0, and 0 where it is. */
static void return_unless_zero(ln_tf_call* call, ln_tensor* x, ln_tensor* value) {
  ln_tensor* zero = ln_tf_scalar(call, x->type, 0, "zero");
  ln_tf_return(call, 0, ln_tf_choose(call, ln_tf_binary(call, LN_OP_EQUAL, x, zero, "none"), zero, value, NULL));
}

/* x / y, x log y, x log(1 + y), where x is not 0. */
static void zero_first(ln_tf_call* call) {
  ln_tensor *x = ln_tf_in(call, 0), *y = ln_tf_in(call, 1);
  if (strcmp(call->def->op, "Xlog1py") == 0) y = ln_tf_number(call, LN_OP_ADD, y, 1, "add");
  if (strcmp(call->def->op, "Xdivy") != 0) y = ln_tf_unary(call, LN_OP_LOG, y, "log");
  return_unless_zero(call, x, ln_tf_binary(call, ln_tf_code(call, ln_tf_functions), x, y, "value"));
}

static void mul_no_nan(ln_tf_call* call) {
  ln_tensor *x = ln_tf_in(call, 0), *y = ln_tf_in(call, 1);
  return_unless_zero(call, y, ln_tf_binary(call, LN_OP_MUL, x, y, "mul"));
}

static void is_infinite(ln_tf_call* call) {
  ln_tensor* abs = ln_tf_unary(call, LN_OP_ABS, ln_tf_in(call, 0), "abs");
  ln_tf_return(call, 0, ln_tf_number(call, ln_tf_code(call, ln_tf_functions), abs, (double)INFINITY, NULL));
}

static void approximate_equal(ln_tf_call* call) {
  ln_tensor* x = ln_tf_in(call, 0);
  ln_tensor* abs = ln_tf_unary(call, LN_OP_ABS, ln_tf_binary(call, LN_OP_SUB, x, ln_tf_in(call, 1), "sub"), "abs");
  ln_tf_return(call, 0, ln_tf_number(call, LN_OP_LESS, abs, (double)ln_tf_float(call->def, "tolerance", 1e-5f), NULL));
}

/* The quotient towards zero: DIV does so with integers; with floats floor and ceil. */
static ln_tensor* truncated(ln_tf_call* call, ln_tensor* x, ln_tensor* y, const char* what) {
  if (x->type != LN_TYPE_FLOAT32) return ln_tf_binary(call, LN_OP_DIV, x, y, what);
  ln_tensor* quotient = ln_tf_binary(call, LN_OP_DIV, x, y, "div");
  ln_tensor* negative = ln_tf_number(call, LN_OP_LESS, quotient, 0, "negative");
  return ln_tf_choose(call, negative, ln_tf_unary(call, LN_OP_CEIL, quotient, "ceil"),
                      ln_tf_unary(call, LN_OP_FLOOR, quotient, "floor"), what);
}

static void truncate_div(ln_tf_call* call) {
  ln_tensor* x = ln_tf_in(call, 0);
  ln_tf_return(call, 0, truncated(call, x, ln_tf_in(call, 1), NULL));
}

static void truncate_mod(ln_tf_call* call) {
  ln_tensor *x = ln_tf_in(call, 0), *y = ln_tf_in(call, 1);
  ln_tensor* whole = ln_tf_binary(call, LN_OP_MUL, truncated(call, x, y, "quotient"), y, "whole");
  ln_tf_return(call, 0, ln_tf_binary(call, LN_OP_SUB, x, whole, NULL));
}

/* ---- Gamma ---- */

/* Lanczos' series for g = 7: A(x) = c0 + sum ck / (x + k), gamma(x + 1) = sqrt(2 pi) t^(x + 1/2) e^-t A(x) with
 * t = x + 7.5. `derivative`: of A. */
static const double kLanczos[] = {
    0.99999999999980993227684700473478, 676.520368121885098567009190444019, -1259.13921672240287047156078755283,
    771.3234287776530788486528258894,   -176.61502916214059906584551354,    12.507343278686904814458936853,
    -0.13857109526572011689554707,      9.984369578019570859563e-6,         1.50563273514931155834e-7};

static ln_tensor* lanczos(ln_tf_call* call, ln_tensor* x, bool derivative) {
  ln_tensor* sum = ln_tf_scalar(call, x->type, derivative ? 0 : kLanczos[0], "series");
  for (int k = 1; k < 9; ++k) {
    ln_tensor* below = ln_tf_number(call, LN_OP_ADD, x, k, "below");
    if (derivative) below = ln_tf_unary(call, LN_OP_SQUARE, below, "square");
    ln_tensor* c = ln_tf_scalar(call, x->type, derivative ? -kLanczos[k] : kLanczos[k], "c");
    sum = ln_tf_binary(call, LN_OP_ADD, sum, ln_tf_binary(call, LN_OP_DIV, c, below, "term"), "series");
  }
  return sum;
}

/* Below 1/2 by reflection: lgamma x = log(pi / |sin pi x|) - lgamma(1 - x). The function is computed of one of both. */
static ln_tensor* reflected(ln_tf_call* call, ln_tensor* x, ln_tensor** small) {
  *small = ln_tf_number(call, LN_OP_LESS, x, 0.5, "small");
  ln_tensor* minus = ln_tf_unary(call, LN_OP_NEG, x, "minus");
  return ln_tf_choose(call, *small, minus, ln_tf_number(call, LN_OP_SUB, x, 1, "less"), "z");
}

/* pi times x less its whole part: whole turns of the sine count nothing. */
static ln_tensor* turned(ln_tf_call* call, ln_tensor* x) {
  ln_tensor* part = ln_tf_binary(call, LN_OP_SUB, x, ln_tf_unary(call, LN_OP_FLOOR, x, "whole"), "part");
  return ln_tf_number(call, LN_OP_MUL, part, kPi, "angle");
}

static void log_gamma(ln_tf_call* call) {
  ln_tensor *x = ln_tf_in(call, 0), *small, *z = reflected(call, x, &small);
  ln_tensor* t = ln_tf_number(call, LN_OP_ADD, z, 7.5, "t");
  /* log(t) - 1 times z + 1/2, less 7, lets no large numbers cancel: (z + 1/2) log t - t = (z + 1/2)(log t - 1) - 7. */
  ln_tensor* log_t = ln_tf_number(call, LN_OP_SUB, ln_tf_unary(call, LN_OP_LOG, t, "log_t"), 1, "log_t");
  ln_tensor* power = ln_tf_binary(call, LN_OP_MUL, ln_tf_number(call, LN_OP_ADD, z, 0.5, "half"), log_t, "power");
  ln_tensor* series = ln_tf_unary(call, LN_OP_LOG, lanczos(call, z, false), "log_series");
  ln_tensor* value = ln_tf_binary(call, LN_OP_ADD, power, series, "sum");
  value = ln_tf_number(call, LN_OP_ADD, value, 0.5 * log(2 * kPi) - 7, "value");
  ln_tensor* sine = ln_tf_unary(call, LN_OP_SIN, turned(call, x), "sin");
  ln_tensor* mirror = ln_tf_unary(call, LN_OP_LOG, ln_tf_unary(call, LN_OP_ABS, sine, "abs"), "log_sin");
  mirror = ln_tf_binary(call, LN_OP_ADD, mirror, value, "both");
  mirror = ln_tf_binary(call, LN_OP_SUB, ln_tf_scalar(call, x->type, log(kPi), "log_pi"), mirror, "mirror");
  ln_tf_return(call, 0, ln_tf_choose(call, small, mirror, value, NULL));
}

/* The derivative: log t - 7 / t + A'(z) / A(z); below 1/2 less pi / tan(pi x). */
static void digamma(ln_tf_call* call) {
  ln_tensor *x = ln_tf_in(call, 0), *small, *z = reflected(call, x, &small);
  ln_tensor* t = ln_tf_number(call, LN_OP_ADD, z, 7.5, "t");
  ln_tensor* seven = ln_tf_binary(call, LN_OP_DIV, ln_tf_scalar(call, x->type, 7, "seven"), t, "part");
  ln_tensor* value = ln_tf_binary(call, LN_OP_SUB, ln_tf_unary(call, LN_OP_LOG, t, "log_t"), seven, "sub");
  ln_tensor* change = ln_tf_binary(call, LN_OP_DIV, lanczos(call, z, true), lanczos(call, z, false), "change");
  value = ln_tf_binary(call, LN_OP_ADD, value, change, "value");
  ln_tensor* angle = turned(call, x);
  ln_tensor* cotangent = ln_tf_binary(call, LN_OP_DIV, ln_tf_unary(call, LN_OP_COS, angle, "cos"),
                                      ln_tf_unary(call, LN_OP_SIN, angle, "sin"), "cot");
  cotangent = ln_tf_number(call, LN_OP_MUL, cotangent, kPi, "pi_cot");
  ln_tf_return(call, 0,
               ln_tf_choose(call, small, ln_tf_binary(call, LN_OP_SUB, value, cotangent, "mirror"), value, NULL));
}

/* ---- What importers share ---- */

static void erf_inverse(ln_tf_call* call) {
  const ln_form form = {call->b, call->name};
  ln_tf_return(call, 0, ln_build_erfinv(&form, ln_tf_in(call, 0), NULL));
}

static void bessel(ln_tf_call* call) {
  const ln_form form = {call->b, call->name};
  const char* op = call->def->op + strlen("BesselI");
  ln_tf_return(call, 0, ln_build_bessel_i(&form, ln_tf_in(call, 0), op[0] - '0', op[1] == 'e', NULL));
}

/* The normal distribution's quantile: sqrt 2 * erfinv(2 x - 1) */
static void normal_quantile(ln_tf_call* call) {
  ln_tensor* x = ln_tf_number(call, LN_OP_MUL, ln_tf_in(call, 0), 2, "twice");
  const ln_form form = {call->b, call->name};
  x = ln_build_erfinv(&form, ln_tf_number(call, LN_OP_SUB, x, 1, "centered"), "erfinv");
  ln_tf_return(call, 0, ln_tf_number(call, LN_OP_MUL, x, sqrt(2.0), NULL));
}

/* ---- Bits ---- */

static void invert(ln_tf_call* call) {
  ln_tf_return(call, 0, ln_tf_number(call, LN_OP_BITWISE_XOR, ln_tf_in(call, 0), -1, NULL));
}

static void bitwise(ln_tf_call* call) {
  ln_tensor *x = ln_tf_in(call, 0), *y = ln_tf_in(call, 1);
  const int type = x->type;
  if (type == LN_TYPE_INT64 || type == LN_TYPE_UINT64 || type == LN_TYPE_UINT32) {
    ln_tf_fail(call, "it works on bits of more than an int32, for which TFLite has no operators");
    return;
  }
  const ln_form form = {call->b, call->name};
  ln_tf_return(call, 0,
               ln_build_bits(&form, strcmp(call->def->op, "BitwiseOr") == 0 ? LN_BITS_OR : LN_BITS_AND, x, y, NULL));
}

static void left_shift(ln_tf_call* call) {
  const ln_form form = {call->b, call->name};
  ln_tensor* x = ln_tf_in(call, 0);
  ln_tf_return(call, 0, ln_build_left_shift(&form, x, ln_tf_in(call, 1), NULL));
}

static void angle(ln_tf_call* call) {
  ln_tensor* x = ln_tf_in(call, 0);
  ln_tensor* imaginary = ln_tf_unary(call, LN_OP_IMAG, x, "imag");
  ln_tf_return(call, 0, ln_tf_binary(call, LN_OP_ATAN2, imaginary, ln_tf_unary(call, LN_OP_REAL, x, "real"), NULL));
}

const ln_tf_lowering ln_tf_functions[] = {
    {"Asin", arc_sine, 0},
    {"Acos", arc_cosine, 0},
    {"Asinh", inverse_hyperbolic, 0},
    {"Acosh", inverse_hyperbolic, 0},
    {"Atanh", inverse_tangent, 0},
    {"Xdivy", zero_first, LN_OP_DIV},
    {"Xlogy", zero_first, LN_OP_MUL},
    {"Xlog1py", zero_first, LN_OP_MUL},
    {"MulNoNan", mul_no_nan, 0},
    {"IsInf", is_infinite, LN_OP_EQUAL},
    {"IsFinite", is_infinite, LN_OP_LESS},
    {"ApproximateEqual", approximate_equal, 0},
    {"TruncateDiv", truncate_div, 0},
    {"TruncateMod", truncate_mod, 0},
    {"Mod", truncate_mod, 0},
    {"Lgamma", log_gamma, 0},
    {"Digamma", digamma, 0},
    {"Erfinv", erf_inverse, 0},
    {"BesselI0", bessel, 0},
    {"BesselI0e", bessel, 0},
    {"BesselI1", bessel, 0},
    {"BesselI1e", bessel, 0},
    {"Ndtri", normal_quantile, 0},
    {"Invert", invert, 0},
    {"BitwiseAnd", bitwise, 0},
    {"BitwiseOr", bitwise, 0},
    {"LeftShift", left_shift, 0},
    {"Angle", angle, 0},
    {NULL, NULL, 0},
};
