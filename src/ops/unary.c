/* Operators on one input without parameters: SIN, COS, SQRT, RSQRT, SQUARE, EXP, LOG, ROUND, FLOOR, CEIL, SIGN, ABS,
 * NEG, LOGICAL_NOT. */
#include <math.h>

#include "kernels/generic/fixed_point.h"
#include "ops/builtin_ops.h"
#include "ops/curve.h"

typedef struct unary_choice {
  TfLiteType type;
  ln_unary_row row;
} unary_choice;

static ln_unary_row find(const unary_choice* choices, TfLiteType type) {
  while (choices->type != kTfLiteNoType && choices->type != type) ++choices;
  return choices->row;
}

static TfLiteStatus prepare(TfLiteContext* context, TfLiteNode* node, const unary_choice* choices) {
  const TfLiteTensor* input;
  TfLiteTensor* output;
  LN_TRY(ln_unary_get(context, node, &input, &output));
  if (find(choices, input->type) == NULL)
    return ln_refuse_type(context, "input is", input->type, &choices->type, sizeof *choices);
  return ln_unary_prepare(context, node);
}

static TfLiteStatus invoke(TfLiteContext* context, TfLiteNode* node, const unary_choice* choices) {
  const TfLiteTensor* input;
  LN_TRY(ln_get_input(context, node, 0, &input));
  return ln_unary_run(context, node, find(choices, input->type), NULL);
}

/* Halves are widened by ln_unary_run. */
#define LN_FLOATS(row) \
  {kTfLiteFloat32, row}, {kTfLiteFloat16, row}, { kTfLiteBFloat16, row }

#define LN_UNARY_OP(name, ...)                                                   \
  static const unary_choice k_##name[] = {__VA_ARGS__, {kTfLiteNoType, NULL}};   \
  static TfLiteStatus name##_prepare(TfLiteContext* context, TfLiteNode* node) { \
    return prepare(context, node, k_##name);                                     \
  }                                                                              \
  static TfLiteStatus name##_invoke(TfLiteContext* context, TfLiteNode* node) {  \
    return invoke(context, node, k_##name);                                      \
  }                                                                              \
  const TfLiteRegistration ln_op_##name = {                                      \
      .prepare = name##_prepare, .invoke = name##_invoke, .inplace_operator = kTfLiteInplaceOpInput0Shared};

LN_UNARY_OP(sin, LN_FLOATS(ln_unary_sin_f32_ref))
LN_UNARY_OP(cos, LN_FLOATS(ln_unary_cos_f32_ref))
LN_UNARY_OP(square, {kTfLiteFloat32, ln_unary_square_f32_ref})
LN_UNARY_OP(round, {kTfLiteFloat32, ln_unary_round_f32_ref})
LN_UNARY_OP(floor, LN_FLOATS(ln_unary_floor_f32_ref))
LN_UNARY_OP(ceil, {kTfLiteFloat32, ln_unary_ceil_f32_ref})
LN_UNARY_OP(sign, {kTfLiteFloat32, ln_unary_sign_f32_ref}, {kTfLiteFloat64, ln_unary_sign_f64_ref},
            {kTfLiteInt32, ln_unary_sign_i32_ref})
LN_UNARY_OP(neg, LN_FLOATS(ln_unary_neg_f32_ref), {kTfLiteInt32, ln_unary_neg_i32_ref},
            {kTfLiteInt64, ln_unary_neg_i64_ref}, {kTfLiteInt8, ln_unary_neg_s8_ref},
            {kTfLiteInt16, ln_unary_neg_s16_ref})
LN_UNARY_OP(logical_not, {kTfLiteBool, ln_unary_logical_not_ref})

/* ---- EXP, LOG: tables where they are quantized ---- */

static float exp_of(float x, const void* params) {
  (void)params;
  return expf(x);
}

static float log_of(float x, const void* params) {
  const ln_curve_range* range = params;
  return x <= 0 ? range->low : logf(x);
}

static const ln_curve kExp = {ln_unary_exp_f32_ref, exp_of, .takes_int16 = true};
static const ln_curve kLog = {ln_unary_log_f32_ref, log_of, .takes_int16 = true};
LN_CURVE_OP(exp, kExp)
LN_CURVE_OP(log, kLog)

/* ---- ABS and SQRT, which rescale int8 and int16 ---- */

static const unary_choice kAbs[] = {{kTfLiteFloat32, ln_unary_abs_f32_ref},
                                    {kTfLiteInt32, ln_unary_abs_i32_ref},
                                    {kTfLiteInt16, ln_unary_abs_s16_ref},
                                    {kTfLiteNoType, NULL}};
static const unary_choice kSqrt[] = {{kTfLiteFloat32, ln_unary_sqrt_f32_ref}, {kTfLiteNoType, NULL}};

LN_DEFINE_INIT(rescale_init, ln_unary_rescale, 0)

/* INT16 without a scale is plain numbers. */
static bool is_rescaled(const TfLiteTensor* input) {
  return input->type == kTfLiteInt8 || (input->type == kTfLiteInt16 && input->params.scale > 0);
}

static TfLiteStatus rescale_prepare(TfLiteContext* context, TfLiteNode* node, const unary_choice* choices) {
  ln_unary_rescale* p = node->user_data;
  const TfLiteTensor* input;
  TfLiteTensor* output;
  LN_TRY(ln_unary_get(context, node, &input, &output));
  if (!is_rescaled(input)) return prepare(context, node, choices);
  LN_TRY(ln_unary_prepare(context, node));
  LN_TRY(ln_unary_check_scales(context, input, output));
  LN_TRY(ln_activation_range_i32(context, kTfLiteActNone, output, &p->low, &p->high));
  p->in_zero_point = input->params.zero_point;
  p->out_zero_point = output->params.zero_point;
  p->in_scale = input->params.scale;
  p->out_scale = output->params.scale;
  ln_quantize_multiplier((double)(input->params.scale / output->params.scale), &p->positive_multiplier,
                         &p->positive_shift);
  p->negative_multiplier = -p->positive_multiplier;
  p->negative_shift = p->positive_shift;
  return kTfLiteOk;
}

static TfLiteStatus rescale_invoke(TfLiteContext* context, TfLiteNode* node, const unary_choice* choices,
                                   ln_unary_row row_s8, ln_unary_row row_s16) {
  const TfLiteTensor* input;
  LN_TRY(ln_get_input(context, node, 0, &input));
  if (!is_rescaled(input)) return invoke(context, node, choices);
  return ln_unary_run(context, node, input->type == kTfLiteInt8 ? row_s8 : row_s16, node->user_data);
}

#define LN_RESCALE_OP(name, choices, row_s8, row_s16)                            \
  static TfLiteStatus name##_prepare(TfLiteContext* context, TfLiteNode* node) { \
    return rescale_prepare(context, node, choices);                              \
  }                                                                              \
  static TfLiteStatus name##_invoke(TfLiteContext* context, TfLiteNode* node) {  \
    return rescale_invoke(context, node, choices, row_s8, row_s16);              \
  }                                                                              \
  const TfLiteRegistration ln_op_##name = {.init = rescale_init,                 \
                                           .free = ln_free_node_data,            \
                                           .prepare = name##_prepare,            \
                                           .invoke = name##_invoke,              \
                                           .inplace_operator = kTfLiteInplaceOpInput0Shared};

LN_RESCALE_OP(abs, kAbs, ln_unary_rescale_qs8_ref, ln_unary_rescale_qs16_ref)
LN_RESCALE_OP(sqrt, kSqrt, ln_unary_sqrt_qs8_ref, ln_unary_sqrt_qs16_ref)

/* ---- RSQRT, which has quantized forms ---- */

typedef struct rsqrt_data {
  ln_unary_rescale rescale; /* int8 */
  ln_table table;           /* int16 */
} rsqrt_data;

/* 1 / sqrt(x), at most the output's largest value. */
static float inverse_root(float x, const void* params) {
  const float largest = ((const ln_curve_range*)params)->high;
  return x <= 0 || 1.0f / sqrtf(x) > largest ? largest : 1.0f / sqrtf(x);
}

LN_DEFINE_INIT(rsqrt_init, rsqrt_data, 0)

static TfLiteStatus rsqrt_prepare(TfLiteContext* context, TfLiteNode* node) {
  rsqrt_data* data = node->user_data;
  ln_unary_rescale* p = &data->rescale;
  const TfLiteTensor* input;
  TfLiteTensor* output;
  LN_TRY(ln_unary_get(context, node, &input, &output));
  LN_TRY(ln_unary_prepare(context, node));
  if (input->type == kTfLiteFloat32) return kTfLiteOk;
  LN_CHECK(context, input->type == kTfLiteInt8 || input->type == kTfLiteInt16,
           "input is %s; FLOAT32, INT8 or INT16 is right", TfLiteTypeGetName(input->type));
  LN_TRY(ln_unary_check_scales(context, input, output));
  LN_TRY(ln_activation_range_i32(context, kTfLiteActNone, output, &p->low, &p->high));
  p->in_zero_point = input->params.zero_point;
  p->out_zero_point = output->params.zero_point;
  if (input->type == kTfLiteInt16) return ln_table_fill(context, input, output, inverse_root, &data->table);
  const double factor = 1.0 / (double)(sqrtf(input->params.scale) * output->params.scale);
  ln_quantize_multiplier(factor, &p->positive_multiplier, &p->positive_shift);
  return kTfLiteOk;
}

static TfLiteStatus rsqrt_invoke(TfLiteContext* context, TfLiteNode* node) {
  const rsqrt_data* data = node->user_data;
  const TfLiteTensor* input;
  LN_TRY(ln_get_input(context, node, 0, &input));
  if (input->type == kTfLiteFloat32) return ln_unary_run(context, node, ln_unary_rsqrt_f32_ref, NULL);
  for (int64_t i = 0; i < ln_num_elements(input); ++i) {
    const int32_t x = input->type == kTfLiteInt8 ? input->data.int8[i] : input->data.i16[i];
    LN_CHECK(context, x >= data->rescale.in_zero_point,
             "Rsqrt is only defined for positive values: element %lld is below the zero point", (long long)i);
  }
  if (input->type == kTfLiteInt16) return ln_unary_run(context, node, ln_table_row(input->type), &data->table);
  return ln_unary_run(context, node, ln_unary_rsqrt_qs8_ref, &data->rescale);
}

const TfLiteRegistration ln_op_rsqrt = {.init = rsqrt_init,
                                        .free = ln_free_node_data,
                                        .prepare = rsqrt_prepare,
                                        .invoke = rsqrt_invoke,
                                        .inplace_operator = kTfLiteInplaceOpInput0Shared};
