/* Activations: TANH, LOGISTIC, ELU, GELU, HARD_SWISH, LEAKY_RELU and the RELUs. Eight-bit forms of curved ones are
 * tables. */
#include <float.h>
#include <math.h>

#include "kernels/generic/fixed_point.h"
#include "kernels/generic/lookup.h"
#include "ops/builtin_ops.h"
#include "ops/unary_util.h"

typedef struct activation_data {
  uint8_t table[256];
  ln_unary_rescale rescale;
  ln_unary_clamp clamp;
  float alpha;
} activation_data;

static void* init(TfLiteContext* context, const char* buffer, size_t length) {
  (void)context, (void)buffer, (void)length;
  void* data = ln_calloc(1, sizeof(activation_data));
  return data != NULL ? data : TfLiteKernelInitFailed();
}

static void free_data(TfLiteContext* context, void* data) {
  (void)context;
  ln_free(data);
}

static void lookup_row(const void* params, const void* in, void* out, size_t n) {
  ln_lookup_8(((const activation_data*)params)->table, in, out, n);
}

static bool is_8_bit(const TfLiteTensor* t) { return t->type == kTfLiteInt8 || t->type == kTfLiteUInt8; }

/* ---- Curves: float by their function, eight bits by a table of it ---- */

typedef struct curve {
  ln_unary_row row;
  ln_unary_f32 function;
} curve;

static TfLiteStatus curve_prepare(TfLiteContext* context, TfLiteNode* node, const curve* c) {
  activation_data* data = node->user_data;
  const TfLiteTensor* input;
  TfLiteTensor* output;
  LN_TRY(ln_unary_get(context, node, &input, &output));
  LN_TRY(ln_unary_prepare(context, node));
  if (input->type == kTfLiteFloat32) return kTfLiteOk;
  LN_CHECK(context, is_8_bit(input), "input is %s; FLOAT32, INT8 or UINT8 is right", TfLiteTypeGetName(input->type));
  LN_TRY(ln_unary_check_scales(context, input, output));
  const ln_quantization in = {input->params.scale, input->params.zero_point};
  const ln_quantization out = {output->params.scale, output->params.zero_point};
  ln_lookup_fill_8(in, out, input->type == kTfLiteInt8, c->function, NULL, data->table);
  return kTfLiteOk;
}

static TfLiteStatus curve_invoke(TfLiteContext* context, TfLiteNode* node, const curve* c) {
  const TfLiteTensor* input;
  LN_TRY(ln_get_input(context, node, 0, &input));
  return ln_unary_run(context, node, input->type == kTfLiteFloat32 ? c->row : lookup_row, node->user_data);
}

#define LN_CURVE(name, row, expression)                                          \
  static float name##_of(float x, const void* params) {                          \
    (void)params;                                                                \
    return expression;                                                           \
  }                                                                              \
  static const curve k_##name = {row, name##_of};                                \
  static TfLiteStatus name##_prepare(TfLiteContext* context, TfLiteNode* node) { \
    return curve_prepare(context, node, &k_##name);                              \
  }                                                                              \
  static TfLiteStatus name##_invoke(TfLiteContext* context, TfLiteNode* node) {  \
    return curve_invoke(context, node, &k_##name);                               \
  }                                                                              \
  const TfLiteRegistration ln_op_##name = {.init = init,                         \
                                           .free = free_data,                    \
                                           .prepare = name##_prepare,            \
                                           .invoke = name##_invoke,              \
                                           .inplace_operator = kTfLiteInplaceOpInput0Shared};

LN_CURVE(tanh, ln_unary_tanh_f32_ref, tanhf(x))
LN_CURVE(logistic, ln_unary_logistic_f32_ref, 1.0f / (1.0f + expf(-x)))
LN_CURVE(elu, ln_unary_elu_f32_ref, x < 0 ? expm1f(x) : x)

/* ---- Clamps: RELU and its kin ---- */

static TfLiteStatus clamp_prepare(TfLiteContext* context, TfLiteNode* node, float low, float high) {
  activation_data* data = node->user_data;
  const TfLiteTensor* input;
  TfLiteTensor* output;
  LN_TRY(ln_unary_get(context, node, &input, &output));
  LN_TRY(ln_unary_prepare(context, node));
  data->clamp = (ln_unary_clamp){low, high};
  if (input->type == kTfLiteFloat32) return kTfLiteOk;
  LN_CHECK(context, is_8_bit(input) || input->type == kTfLiteInt16,
           "input is %s; FLOAT32, INT8, UINT8 or INT16 is right", TfLiteTypeGetName(input->type));
  LN_TRY(ln_unary_check_scales(context, input, output));
  ln_unary_rescale* p = &data->rescale;
  LN_TRY(ln_activation_range_i32(context, kTfLiteActNone, output, &p->low, &p->high));
  p->in_zero_point = input->params.zero_point;
  p->out_zero_point = output->params.zero_point;
  ln_quantize_multiplier((double)(input->params.scale / output->params.scale), &p->positive_multiplier,
                         &p->positive_shift);
  p->negative_multiplier = p->positive_multiplier;
  p->negative_shift = p->positive_shift;
  const double bottom = round((double)(low / output->params.scale)) + p->out_zero_point;
  if (bottom > p->low) p->low = bottom < p->high ? (int32_t)bottom : p->high;
  const double top = high == FLT_MAX ? p->high : round((double)(high / output->params.scale)) + p->out_zero_point;
  if (top < p->high) p->high = top > p->low ? (int32_t)top : p->low;
  return kTfLiteOk;
}

static ln_unary_row rescale_row(TfLiteType type) {
  return type == kTfLiteInt8    ? ln_unary_rescale_qs8_ref
         : type == kTfLiteUInt8 ? ln_unary_rescale_qu8_ref
                                : ln_unary_rescale_qs16_ref;
}

static TfLiteStatus clamp_invoke(TfLiteContext* context, TfLiteNode* node) {
  const activation_data* data = node->user_data;
  const TfLiteTensor* input;
  LN_TRY(ln_get_input(context, node, 0, &input));
  if (input->type == kTfLiteFloat32) return ln_unary_run(context, node, ln_unary_clamp_f32_ref, &data->clamp);
  return ln_unary_run(context, node, rescale_row(input->type), &data->rescale);
}

#define LN_CLAMP_OP(name, low, high)                                             \
  static TfLiteStatus name##_prepare(TfLiteContext* context, TfLiteNode* node) { \
    return clamp_prepare(context, node, low, high);                              \
  }                                                                              \
  const TfLiteRegistration ln_op_##name = {.init = init,                         \
                                           .free = free_data,                    \
                                           .prepare = name##_prepare,            \
                                           .invoke = clamp_invoke,               \
                                           .inplace_operator = kTfLiteInplaceOpInput0Shared};

LN_CLAMP_OP(relu, 0.0f, FLT_MAX)
LN_CLAMP_OP(relu6, 0.0f, 6.0f)
LN_CLAMP_OP(relu_n1_to_1, -1.0f, 1.0f)
LN_CLAMP_OP(relu_0_to_1, 0.0f, 1.0f)

/* ---- LEAKY_RELU ---- */

static TfLiteStatus leaky_prepare(TfLiteContext* context, TfLiteNode* node) {
  const TfLiteLeakyReluParams* params = node->builtin_data;
  activation_data* data = node->user_data;
  const TfLiteTensor* input;
  TfLiteTensor* output;
  LN_CHECK(context, params != NULL, "the options are missing");
  LN_TRY(ln_unary_get(context, node, &input, &output));
  LN_TRY(ln_unary_prepare(context, node));
  data->alpha = params->alpha;
  if (input->type == kTfLiteFloat32) return kTfLiteOk;
  LN_CHECK(context, is_8_bit(input) || input->type == kTfLiteInt16,
           "input is %s; FLOAT32, INT8, UINT8 or INT16 is right", TfLiteTypeGetName(input->type));
  LN_TRY(ln_unary_check_scales(context, input, output));
  ln_unary_rescale* p = &data->rescale;
  LN_TRY(ln_activation_range_i32(context, kTfLiteActNone, output, &p->low, &p->high));
  p->in_zero_point = input->params.zero_point;
  p->out_zero_point = output->params.zero_point;
  /* In float, as the reference does. A negative alpha has no multiplier of its own: the magnitude's, negated. */
  const float identity = input->params.scale / output->params.scale;
  const float slope = input->params.scale * params->alpha / output->params.scale;
  ln_quantize_multiplier((double)identity, &p->positive_multiplier, &p->positive_shift);
  ln_quantize_multiplier(fabs((double)slope), &p->negative_multiplier, &p->negative_shift);
  if (slope < 0) p->negative_multiplier = -p->negative_multiplier;
  return kTfLiteOk;
}

static TfLiteStatus leaky_invoke(TfLiteContext* context, TfLiteNode* node) {
  const activation_data* data = node->user_data;
  const TfLiteTensor* input;
  LN_TRY(ln_get_input(context, node, 0, &input));
  if (input->type == kTfLiteFloat32) return ln_unary_run(context, node, ln_unary_leaky_relu_f32_ref, &data->alpha);
  return ln_unary_run(context, node, rescale_row(input->type), &data->rescale);
}

const TfLiteRegistration ln_op_leaky_relu = {.init = init,
                                             .free = free_data,
                                             .prepare = leaky_prepare,
                                             .invoke = leaky_invoke,
                                             .inplace_operator = kTfLiteInplaceOpInput0Shared};

/* ---- Float only, for now ---- */

static TfLiteStatus float_prepare(TfLiteContext* context, TfLiteNode* node) {
  const TfLiteTensor* input;
  TfLiteTensor* output;
  LN_TRY(ln_unary_get(context, node, &input, &output));
  LN_TRY(ln_check_type(context, input, "input", kTfLiteFloat32));
  return ln_unary_prepare(context, node);
}

static TfLiteStatus hard_swish_invoke(TfLiteContext* context, TfLiteNode* node) {
  return ln_unary_run(context, node, ln_unary_hard_swish_f32_ref, NULL);
}

static TfLiteStatus gelu_invoke(TfLiteContext* context, TfLiteNode* node) {
  const TfLiteGeluParams* params = node->builtin_data;
  const bool approximate = params != NULL && params->approximate;
  return ln_unary_run(context, node, approximate ? ln_unary_gelu_tanh_f32_ref : ln_unary_gelu_f32_ref, NULL);
}

const TfLiteRegistration ln_op_hard_swish = {
    .prepare = float_prepare, .invoke = hard_swish_invoke, .inplace_operator = kTfLiteInplaceOpInput0Shared};
const TfLiteRegistration ln_op_gelu = {
    .prepare = float_prepare, .invoke = gelu_invoke, .inplace_operator = kTfLiteInplaceOpInput0Shared};
