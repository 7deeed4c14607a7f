/* EQUAL, NOT_EQUAL, LESS, LESS_EQUAL, GREATER, GREATER_EQUAL, LOGICAL_AND, LOGICAL_OR: two inputs, a BOOL output. */
#include "ops/binary_util.h"
#include "ops/builtin_ops.h"

typedef struct comparison {
  ln_binary_choice choices[6];
  bool swapped; /* a > b is b < a */
} comparison;

static TfLiteStatus prepare(TfLiteContext* context, TfLiteNode* node, const comparison* c) {
  ln_binary_io io;
  LN_TRY(ln_binary_get(context, node, &io));
  LN_CHECK(context, ln_binary_find(c->choices, io.a->type) != NULL, "inputs are %s, which the operator does not take",
           TfLiteTypeGetName(io.a->type));
  return ln_binary_prepare(context, node, kTfLiteBool);
}

static TfLiteStatus invoke(TfLiteContext* context, TfLiteNode* node, const comparison* c) {
  ln_binary_io io;
  LN_TRY(ln_binary_get(context, node, &io));
  const ln_binary_row row = ln_binary_find(c->choices, io.a->type);
  if (c->swapped) io = (ln_binary_io){io.b, io.a, io.output};
  return ln_binary_run_io(context, &io, row, NULL);
}

#define LN_ORDERED(name)                                                                      \
  {                                                                                           \
    {kTfLiteFloat32, ln_binary_##name##_f32_ref}, {kTfLiteInt32, ln_binary_##name##_i32_ref}, \
        {kTfLiteInt64, ln_binary_##name##_i64_ref}, {                                         \
      kTfLiteNoType, NULL                                                                     \
    }                                                                                         \
  }
#define LN_EQUALITY(name)                                                                       \
  {                                                                                             \
    {kTfLiteFloat32, ln_binary_##name##_f32_ref}, {kTfLiteInt32, ln_binary_##name##_i32_ref},   \
        {kTfLiteInt64, ln_binary_##name##_i64_ref}, {kTfLiteBool, ln_binary_##name##_u8_ref}, { \
      kTfLiteNoType, NULL                                                                       \
    }                                                                                           \
  }

static const comparison kEqual = {LN_EQUALITY(equal), false};
static const comparison kNotEqual = {LN_EQUALITY(not_equal), false};
static const comparison kLess = {LN_ORDERED(less), false};
static const comparison kLessEqual = {LN_ORDERED(less_equal), false};
static const comparison kGreater = {LN_ORDERED(less), true};
static const comparison kGreaterEqual = {LN_ORDERED(less_equal), true};
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
