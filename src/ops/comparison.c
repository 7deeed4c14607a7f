/* EQUAL, NOT_EQUAL, LESS, LESS_EQUAL, GREATER, GREATER_EQUAL, LOGICAL_AND, LOGICAL_OR: two inputs, a BOOL output.
 * Strings can only be equal or not. */
#include "kernels/generic/fixed_point.h"
#include "ops/binary_util.h"
#include "ops/builtin_ops.h"
#include "ops/string_util.h"

typedef struct comparison {
  ln_binary_choice choices[11];
  bool swapped;         /* a > b is b < a */
  ln_binary_row wide;   /* of quantized INT16; NULL: as plain numbers */
  ln_binary_row string; /* of strings' numbers, params: string_pair; NULL: no strings */
} comparison;

LN_DEFINE_INIT(init, ln_compare_quantized, 0)

static void set_quantized(const ln_binary_io* io, ln_compare_quantized* p) {
  p->a_zero_point = io->a->params.zero_point;
  p->b_zero_point = io->b->params.zero_point;
  ln_quantize_multiplier((double)io->a->params.scale, &p->a_multiplier, &p->a_shift);
  ln_quantize_multiplier((double)io->b->params.scale, &p->b_multiplier, &p->b_shift);
  if (io->a->type == kTfLiteInt8 || io->a->type == kTfLiteUInt8) ln_compare_fill(p, io->a->type == kTfLiteInt8);
}

static ln_binary_io in_order(ln_binary_io io, const comparison* c) {
  return c->swapped ? (ln_binary_io){io.b, io.a, io.output} : io;
}

static TfLiteStatus prepare(TfLiteContext* context, TfLiteNode* node, const comparison* c) {
  ln_binary_io io;
  LN_TRY(ln_binary_get(context, node, &io));
  const bool strings = io.a->type == kTfLiteString && c->string != NULL;
  if (!strings && ln_binary_find(c->choices, io.a->type) == NULL)
    return ln_refuse_type(context, "inputs are", io.a->type, &c->choices->type, sizeof *c->choices);
  LN_TRY(ln_binary_prepare(context, node, kTfLiteBool));
  io = in_order(io, c);
  set_quantized(&io, node->user_data);
  return kTfLiteOk;
}

/* ---- Strings ---- */

typedef struct string_pair {
  ln_strings a, b;
} string_pair;

#define LN_STRING_ROW(name, sign)                                                                                   \
  static void name(const void* params, const void* a, size_t a_step, const void* b, size_t b_step, void* out,       \
                   size_t n) {                                                                                      \
    const string_pair* pair = params;                                                                               \
    const uint32_t *va = a, *vb = b;                                                                                \
    bool* to = out;                                                                                                 \
    for (size_t i = 0; i < n; ++i)                                                                                  \
      to[i] = sign ln_string_equal(ln_string_at(&pair->a, va[i * a_step]), ln_string_at(&pair->b, vb[i * b_step])); \
  }

LN_STRING_ROW(equal_strings, )
LN_STRING_ROW(not_equal_strings, !)

/* Broadcasts the strings' numbers, so that the row finds the strings by them. */
static TfLiteStatus invoke_strings(TfLiteContext* context, const ln_binary_io* io, ln_binary_row row) {
  string_pair pair;
  LN_TRY(ln_read_strings(context, io->a, &pair.a));
  LN_TRY(ln_read_strings(context, io->b, &pair.b));
  const size_t count = pair.a.count > pair.b.count ? pair.a.count : pair.b.count;
  size_t bytes;
  int32_t* numbers = ln_mul_size(count, sizeof *numbers, &bytes) ? ln_malloc(bytes) : NULL;
  LN_CHECK(context, numbers != NULL, "no memory to compare %zu strings", count);
  for (size_t i = 0; i < count; ++i) numbers[i] = (int32_t)i;
  TfLiteTensor a = *io->a, b = *io->b;
  a.type = b.type = kTfLiteInt32;
  a.data.i32 = b.data.i32 = numbers;
  const TfLiteStatus status = ln_binary_run_io(context, &(ln_binary_io){&a, &b, io->output}, row, &pair);
  ln_free(numbers);
  return status;
}

static TfLiteStatus invoke(TfLiteContext* context, TfLiteNode* node, const comparison* c) {
  ln_binary_io io;
  LN_TRY(ln_binary_get(context, node, &io));
  if (io.a->type == kTfLiteString) return invoke_strings(context, &io, c->string);
  const bool is_wide = io.a->type == kTfLiteInt16 && io.a->quantization.type != kTfLiteNoQuantization;
  const ln_binary_row row = is_wide && c->wide != NULL ? c->wide : ln_binary_find(c->choices, io.a->type);
  io = in_order(io, c);
  return ln_binary_run_io(context, &io, row, node->user_data);
}

#define LN_ORDERED(name)                                                                      \
  LN_BINARY_FLOATS(ln_binary_##name##_f32_ref), {kTfLiteInt32, ln_binary_##name##_i32_ref},   \
      {kTfLiteInt64, ln_binary_##name##_i64_ref}, {kTfLiteInt16, ln_binary_##name##_s16_ref}, \
      {kTfLiteUInt8, ln_binary_##name##_qu8_ref}, {                                           \
    kTfLiteInt8, ln_binary_##name##_qs8_ref                                                   \
  }
#define LN_END \
  { kTfLiteNoType, NULL }

static const comparison kEqual = {.choices = {LN_ORDERED(equal), {kTfLiteBool, ln_binary_equal_u8_ref}, LN_END},
                                  .wide = ln_binary_equal_qs16_ref,
                                  .string = equal_strings};
static const comparison kNotEqual = {
    .choices = {LN_ORDERED(not_equal), {kTfLiteBool, ln_binary_not_equal_u8_ref}, LN_END},
    .wide = ln_binary_not_equal_qs16_ref,
    .string = not_equal_strings};
static const comparison kLess = {.choices = {LN_ORDERED(less), LN_END}};
static const comparison kLessEqual = {.choices = {LN_ORDERED(less_equal), LN_END}};
static const comparison kGreater = {.choices = {LN_ORDERED(less), LN_END}, .swapped = true};
static const comparison kGreaterEqual = {.choices = {LN_ORDERED(less_equal), LN_END}, .swapped = true};
static const comparison kAnd = {.choices = {{kTfLiteBool, ln_binary_logical_and_ref}, {kTfLiteNoType, NULL}}};
static const comparison kOr = {.choices = {{kTfLiteBool, ln_binary_logical_or_ref}, {kTfLiteNoType, NULL}}};

#define LN_COMPARISON_OP(name, which)                                            \
  static TfLiteStatus name##_prepare(TfLiteContext* context, TfLiteNode* node) { \
    return prepare(context, node, &which);                                       \
  }                                                                              \
  static TfLiteStatus name##_invoke(TfLiteContext* context, TfLiteNode* node) {  \
    return invoke(context, node, &which);                                        \
  }                                                                              \
  const TfLiteRegistration ln_op_##name = {                                      \
      .init = init, .free = ln_free_node_data, .prepare = name##_prepare, .invoke = name##_invoke};

LN_COMPARISON_OP(equal, kEqual)
LN_COMPARISON_OP(not_equal, kNotEqual)
LN_COMPARISON_OP(less, kLess)
LN_COMPARISON_OP(less_equal, kLessEqual)
LN_COMPARISON_OP(greater, kGreater)
LN_COMPARISON_OP(greater_equal, kGreaterEqual)
LN_COMPARISON_OP(logical_and, kAnd)
LN_COMPARISON_OP(logical_or, kOr)
