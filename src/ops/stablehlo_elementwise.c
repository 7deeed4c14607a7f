/* StableHLO's element-wise operators. Their operands have one shape: nothing is broadcast. ADD, MULTIPLY, MAXIMUM,
 * MINIMUM take quantized tensors' bytes as plain integers, as the original does; the others compute with the real
 * values. */
#include "kernels/generic/rows_f32.h"
#include "linnet/stablehlo.h"
#include "ops/builtin_ops.h"
#include "ops/element_util.h"

/* The row for tensors of that type; quantized ones are computed as floats unless they are plain. */
static TfLiteStatus find_binary(TfLiteContext* context, const TfLiteTensor* t, ln_element_op op, bool plain,
                                ln_binary_row* row, bool* in_floats) {
  ln_number number;
  LN_TRY(ln_check_number(context, t, "an operand", &number));
  *in_floats = !plain && ln_is_quantized(t);
  *row = ln_element_binary(op, *in_floats ? LN_NUMBER_F32 : number);
  LN_CHECK(context, *row != NULL, "operands are %s, which the operator does not take", TfLiteTypeGetName(t->type));
  return kTfLiteOk;
}

static TfLiteStatus get_pair(TfLiteContext* context, const TfLiteNode* node, const TfLiteTensor** a,
                             const TfLiteTensor** b, TfLiteTensor** output) {
  LN_TRY(ln_check_io(context, node, 2, 2, 1));
  LN_TRY(ln_get_input(context, node, 0, a));
  LN_TRY(ln_get_input(context, node, 1, b));
  return ln_get_output(context, node, 0, output);
}

/* Operands of one type and shape; both or neither quantized. */
static TfLiteStatus check_pair(TfLiteContext* context, const TfLiteTensor* a, const TfLiteTensor* b) {
  LN_CHECK(context, a->type == b->type, "operands are %s and %s; they must be the same", TfLiteTypeGetName(a->type),
           TfLiteTypeGetName(b->type));
  LN_TRY(ln_check_same_shape(context, a, "operand 0", b, "operand 1"));
  LN_TRY(ln_check_quantized(context, a, "operand 0"));
  LN_TRY(ln_check_quantized(context, b, "operand 1"));
  return kTfLiteOk;
}

static TfLiteStatus binary_prepare(TfLiteContext* context, TfLiteNode* node, ln_element_op op, bool plain) {
  const TfLiteTensor *a, *b;
  TfLiteTensor* output;
  ln_binary_row row;
  bool in_floats;
  LN_TRY(get_pair(context, node, &a, &b, &output));
  LN_TRY(check_pair(context, a, b));
  LN_TRY(ln_check_type(context, output, "the result", a->type));
  LN_TRY(find_binary(context, a, op, plain, &row, &in_floats));
  LN_CHECK(context, !in_floats || (ln_is_quantized(b) && ln_is_quantized(output)),
           "operand 0 is quantized; the other operand and the result must be, too");
  LN_TRY(ln_check_quantized(context, output, "the result"));
  return ln_resize_like(context, output, a);
}

static TfLiteStatus binary_invoke(TfLiteContext* context, TfLiteNode* node, ln_element_op op, bool plain) {
  const TfLiteTensor *a, *b;
  TfLiteTensor* output;
  ln_binary_row row;
  bool in_floats;
  LN_TRY(get_pair(context, node, &a, &b, &output));
  LN_TRY(find_binary(context, a, op, plain, &row, &in_floats));
  ln_element_run_binary(context, row, in_floats, a, b, output);
  return kTfLiteOk;
}

#define LN_BINARY_OP(name, op, plain)                                            \
  static TfLiteStatus name##_prepare(TfLiteContext* context, TfLiteNode* node) { \
    return binary_prepare(context, node, op, plain);                             \
  }                                                                              \
  static TfLiteStatus name##_invoke(TfLiteContext* context, TfLiteNode* node) {  \
    return binary_invoke(context, node, op, plain);                              \
  }                                                                              \
  const TfLiteRegistration ln_op_stablehlo_##name = {                            \
      .prepare = name##_prepare,                                                 \
      .invoke = name##_invoke,                                                   \
      .inplace_operator = kTfLiteInplaceOpInput0Shared | kTfLiteInplaceOpInput1Shared};

LN_BINARY_OP(add, LN_ELEMENT_ADD, true)
LN_BINARY_OP(multiply, LN_ELEMENT_MUL, true)
LN_BINARY_OP(maximum, LN_ELEMENT_LARGER, true)
LN_BINARY_OP(minimum, LN_ELEMENT_SMALLER, true)
LN_BINARY_OP(and, LN_ELEMENT_AND, true)
LN_BINARY_OP(or, LN_ELEMENT_OR, true)
LN_BINARY_OP(shift_left, LN_ELEMENT_SHL, true)
LN_BINARY_OP(subtract, LN_ELEMENT_SUB, false)
LN_BINARY_OP(divide, LN_ELEMENT_DIV, false)
LN_BINARY_OP(remainder, LN_ELEMENT_REM, false)
LN_BINARY_OP(power, LN_ELEMENT_POW, false)

/* ---- One operand ---- */

static TfLiteStatus find_unary(TfLiteContext* context, const TfLiteTensor* t, ln_element_function function,
                               ln_unary_row* row, bool* in_floats) {
  ln_number number;
  LN_TRY(ln_check_number(context, t, "the operand", &number));
  *in_floats = ln_is_quantized(t);
  *row = ln_unary_best(ln_element_unary(function, *in_floats ? LN_NUMBER_F32 : number));
  LN_CHECK(context, *row != NULL, "the operand is %s, which the operator does not take", TfLiteTypeGetName(t->type));
  return kTfLiteOk;
}

static TfLiteStatus get_one(TfLiteContext* context, const TfLiteNode* node, const TfLiteTensor** input,
                            TfLiteTensor** output) {
  LN_TRY(ln_check_io(context, node, 1, 1, 1));
  LN_TRY(ln_get_input(context, node, 0, input));
  return ln_get_output(context, node, 0, output);
}

/* The absolute values of complex numbers are real. */
static TfLiteType result_type(ln_element_function function, TfLiteType type) {
  if (function != LN_ELEMENT_ABS) return type;
  return type == kTfLiteComplex64 ? kTfLiteFloat32 : type == kTfLiteComplex128 ? kTfLiteFloat64 : type;
}

static TfLiteStatus unary_prepare(TfLiteContext* context, TfLiteNode* node, ln_element_function function) {
  const TfLiteTensor* input;
  TfLiteTensor* output;
  ln_unary_row row;
  bool in_floats;
  LN_TRY(get_one(context, node, &input, &output));
  LN_TRY(find_unary(context, input, function, &row, &in_floats));
  LN_TRY(ln_check_type(context, output, "the result", result_type(function, input->type)));
  LN_CHECK(context, !in_floats || ln_is_quantized(output), "the operand is quantized; the result must be, too");
  LN_TRY(ln_check_quantized(context, input, "the operand"));
  LN_TRY(ln_check_quantized(context, output, "the result"));
  return ln_resize_like(context, output, input);
}

static TfLiteStatus unary_invoke(TfLiteContext* context, TfLiteNode* node, ln_element_function function) {
  const TfLiteTensor* input;
  TfLiteTensor* output;
  ln_unary_row row;
  bool in_floats;
  LN_TRY(get_one(context, node, &input, &output));
  LN_TRY(find_unary(context, input, function, &row, &in_floats));
  ln_element_run_unary(context, row, in_floats, input, output);
  return kTfLiteOk;
}

#define LN_UNARY_OP(name, function)                                              \
  static TfLiteStatus name##_prepare(TfLiteContext* context, TfLiteNode* node) { \
    return unary_prepare(context, node, function);                               \
  }                                                                              \
  static TfLiteStatus name##_invoke(TfLiteContext* context, TfLiteNode* node) {  \
    return unary_invoke(context, node, function);                                \
  }                                                                              \
  const TfLiteRegistration ln_op_stablehlo_##name = {.prepare = name##_prepare, .invoke = name##_invoke};

LN_UNARY_OP(abs, LN_ELEMENT_ABS)
LN_UNARY_OP(negate, LN_ELEMENT_NEG)
LN_UNARY_OP(floor, LN_ELEMENT_FLOOR)
LN_UNARY_OP(exponential, LN_ELEMENT_EXP)
LN_UNARY_OP(log, LN_ELEMENT_LOG)
LN_UNARY_OP(cosine, LN_ELEMENT_COS)
LN_UNARY_OP(tanh, LN_ELEMENT_TANH)
LN_UNARY_OP(rsqrt, LN_ELEMENT_RSQRT)
LN_UNARY_OP(cbrt, LN_ELEMENT_CBRT)
LN_UNARY_OP(logistic, LN_ELEMENT_LOGISTIC)

/* ---- COMPARE ---- */

static TfLiteStatus get_comparison(TfLiteContext* context, const TfLiteNode* node, ln_element_op* op, bool* swapped) {
  const LinnetStablehloCompareParams* params = node->builtin_data;
  LN_CHECK(context, params != NULL, "the options are missing");
  LN_CHECK(context, ln_comparison_of(params->comparison_direction, params->compare_type, op, swapped),
           "comparison_direction is %d, compare_type %d; they must be in [0, %d] and [0, %d]",
           params->comparison_direction, params->compare_type, kLinnetStablehloLess, kLinnetStablehloCompareUnsigned);
  return kTfLiteOk;
}

static TfLiteStatus compare_prepare(TfLiteContext* context, TfLiteNode* node) {
  const TfLiteTensor *a, *b;
  TfLiteTensor* output;
  ln_element_op op;
  ln_binary_row row;
  bool in_floats, swapped;
  LN_TRY(get_comparison(context, node, &op, &swapped));
  LN_TRY(get_pair(context, node, &a, &b, &output));
  LN_TRY(check_pair(context, a, b));
  LN_TRY(ln_check_type(context, output, "the result", kTfLiteBool));
  LN_TRY(find_binary(context, a, op, false, &row, &in_floats));
  LN_CHECK(context, ln_is_quantized(a) == ln_is_quantized(b), "one operand is quantized; the other must be, too");
  return ln_resize_like(context, output, a);
}

static TfLiteStatus compare_invoke(TfLiteContext* context, TfLiteNode* node) {
  const TfLiteTensor *a, *b;
  TfLiteTensor* output;
  ln_element_op op;
  ln_binary_row row;
  bool in_floats, swapped;
  LN_TRY(get_comparison(context, node, &op, &swapped));
  LN_TRY(get_pair(context, node, &a, &b, &output));
  LN_TRY(find_binary(context, a, op, false, &row, &in_floats));
  ln_element_run_binary(context, row, in_floats, swapped ? b : a, swapped ? a : b, output);
  return kTfLiteOk;
}

const TfLiteRegistration ln_op_stablehlo_compare = {.prepare = compare_prepare, .invoke = compare_invoke};

/* ---- CONVERT ---- */

static TfLiteStatus convert_prepare(TfLiteContext* context, TfLiteNode* node) {
  const TfLiteTensor* input;
  TfLiteTensor* output;
  ln_number number;
  LN_TRY(get_one(context, node, &input, &output));
  LN_TRY(ln_check_number(context, input, "the operand", &number));
  LN_TRY(ln_check_number(context, output, "the result", &number));
  return ln_resize_like(context, output, input);
}

static TfLiteStatus convert_invoke(TfLiteContext* context, TfLiteNode* node) {
  const TfLiteTensor* input;
  TfLiteTensor* output;
  ln_number from, to;
  LN_TRY(get_one(context, node, &input, &output));
  LN_TRY(ln_check_number(context, input, "the operand", &from));
  LN_TRY(ln_check_number(context, output, "the result", &to));
  ln_element_convert(from, input->data.raw, to, output->data.raw, (size_t)ln_num_elements(input));
  return kTfLiteOk;
}

const TfLiteRegistration ln_op_stablehlo_convert = {.prepare = convert_prepare, .invoke = convert_invoke};
