/* EQUAL, NOT_EQUAL, LESS, LESS_EQUAL, GREATER, GREATER_EQUAL, LOGICAL_AND, LOGICAL_OR: two inputs, a BOOL output. */
#include "kernels/generic/fixed_point.h"
#include "ops/binary_util.h"
#include "ops/builtin_ops.h"

typedef struct comparison {
  ln_binary_choice choices[9];
  bool swapped; /* a > b is b < a */
} comparison;

static TfLiteStatus prepare(TfLiteContext* context, TfLiteNode* node, const comparison* c) {
  ln_binary_io io;
  LN_TRY(ln_binary_get(context, node, &io));
  LN_CHECK(context, ln_binary_find(c->choices, io.a->type) != NULL, "inputs are %s, which the operator does not take",
           TfLiteTypeGetName(io.a->type));
  return ln_binary_prepare(context, node, kTfLiteBool);
}

static ln_compare_quantized quantized_params(const ln_binary_io* io) {
  ln_compare_quantized p = {.a_offset = -io->a->params.zero_point, .b_offset = -io->b->params.zero_point};
  ln_quantize_multiplier((double)io->a->params.scale, &p.a_multiplier, &p.a_shift);
  ln_quantize_multiplier((double)io->b->params.scale, &p.b_multiplier, &p.b_shift);
  return p;
}

static TfLiteStatus invoke(TfLiteContext* context, TfLiteNode* node, const comparison* c) {
  ln_binary_io io;
  LN_TRY(ln_binary_get(context, node, &io));
  const ln_binary_row row = ln_binary_find(c->choices, io.a->type);
  if (c->swapped) io = (ln_binary_io){io.b, io.a, io.output};
  const ln_compare_quantized params = quantized_params(&io);
  return ln_binary_run_io(context, &io, row, &params);
}

#define LN_ORDERED(name)                                                                      \
  {kTfLiteFloat32, ln_binary_##name##_f32_ref}, {kTfLiteInt32, ln_binary_##name##_i32_ref},   \
      {kTfLiteInt64, ln_binary_##name##_i64_ref}, {kTfLiteInt16, ln_binary_##name##_s16_ref}, \
      {kTfLiteUInt8, ln_binary_##name##_qu8_ref}, {                                           \
    kTfLiteInt8, ln_binary_##name##_qs8_ref                                                   \
  }
#define LN_END \
  { kTfLiteNoType, NULL }

static const comparison kEqual = {{LN_ORDERED(equal), {kTfLiteBool, ln_binary_equal_u8_ref}, LN_END}, false};
static const comparison kNotEqual = {{LN_ORDERED(not_equal), {kTfLiteBool, ln_binary_not_equal_u8_ref}, LN_END}, false};
static const comparison kLess = {{LN_ORDERED(less), LN_END}, false};
static const comparison kLessEqual = {{LN_ORDERED(less_equal), LN_END}, false};
static const comparison kGreater = {{LN_ORDERED(less), LN_END}, true};
static const comparison kGreaterEqual = {{LN_ORDERED(less_equal), LN_END}, true};
static const comparison kAnd = {{{kTfLiteBool, ln_binary_logical_and_ref}, {kTfLiteNoType, NULL}}, false};
static const comparison kOr = {{{kTfLiteBool, ln_binary_logical_or_ref}, {kTfLiteNoType, NULL}}, false};

#define LN_COMPARISON_OP(name, which)                                            \
  static TfLiteStatus name##_prepare(TfLiteContext* context, TfLiteNode* node) { \
    return prepare(context, node, &which);                                       \
  }                                                                              \
  static TfLiteStatus name##_invoke(TfLiteContext* context, TfLiteNode* node) {  \
    return invoke(context, node, &which);                                        \
  }                                                                              \
  const TfLiteRegistration ln_op_##name = {.prepare = name##_prepare, .invoke = name##_invoke};

LN_COMPARISON_OP(equal, kEqual)
LN_COMPARISON_OP(not_equal, kNotEqual)
LN_COMPARISON_OP(less, kLess)
LN_COMPARISON_OP(less_equal, kLessEqual)
LN_COMPARISON_OP(greater, kGreater)
LN_COMPARISON_OP(greater_equal, kGreaterEqual)
LN_COMPARISON_OP(logical_and, kAnd)
LN_COMPARISON_OP(logical_or, kOr)
