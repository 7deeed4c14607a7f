/* Activations: TANH, LOGISTIC, ELU, GELU, HARD_SWISH, LEAKY_RELU and the RELUs. Eight-bit forms of curved ones are
 * tables. */
#include <math.h>

#include "kernels/generic/fixed_point.h"
#include "kernels/generic/hard_swish.h"
#include "kernels/generic/lookup_q8.h"
#include "kernels/generic/sigmoid_s16.h"
#include "ops/binary_util.h"
#include "ops/builtin_ops.h"
#include "ops/curve.h"
#include "ops/fusion.h"
#include "ops/light.h"
#include "tensorflow/lite/builtin_ops.h"

typedef struct activation_data {
  ln_unary_rescale rescale;
  uint8_t hard_swish[256]; /* the result by the input's byte */
  ln_unary_clamp clamp;
  float alpha;
} activation_data;

LN_DEFINE_INIT(init, activation_data, 0)

static bool is_8_bit(const TfLiteTensor* t) { return t->type == kTfLiteInt8 || t->type == kTfLiteUInt8; }

/* ---- Curves ---- */

static float tanh_of(float x, const void* params) {
  (void)params;
  return tanhf(x);
}

static float logistic_of(float x, const void* params) {
  (void)params;
  return 1.0f / (1.0f + expf(-x));
}

static float elu_of(float x, const void* params) {
  (void)params;
  return x < 0 ? expm1f(x) : x;
}

static float gelu_of(float x, const void* params) {
  (void)params;
  ln_unary_gelu_f32_ref(NULL, &x, &x, 1);
  return x;
}

static float gelu_tanh_of(float x, const void* params) {
  (void)params;
  ln_unary_gelu_tanh_f32_ref(NULL, &x, &x, 1);
  return x;
}

static const ln_curve kTanh = {ln_unary_tanh_f32_ref, tanh_of, .takes_uint8 = true, .takes_half = true};
static const ln_curve kLogistic = {ln_unary_logistic_f32_ref, logistic_of, .takes_uint8 = true, .takes_half = true};
static const ln_curve kElu = {ln_unary_elu_f32_ref, elu_of, .takes_uint8 = false};
static const ln_curve kGelu = {ln_unary_gelu_f32_ref, gelu_of, .takes_uint8 = true, .takes_int16 = true,
                               .takes_half = true};
static const ln_curve kGeluTanh = {ln_unary_gelu_tanh_f32_ref, gelu_tanh_of, .takes_uint8 = true, .takes_int16 = true,
                                   .takes_half = true};
LN_CURVE_OP(elu, kElu)

static const ln_curve* gelu_curve(const TfLiteNode* node) {
  const TfLiteGeluParams* params = node->builtin_data;
  return params != NULL && params->approximate ? &kGeluTanh : &kGelu;
}

static TfLiteStatus gelu_prepare(TfLiteContext* context, TfLiteNode* node) {
  return ln_curve_prepare(context, node, gelu_curve(node));
}

static TfLiteStatus gelu_invoke(TfLiteContext* context, TfLiteNode* node) {
  return ln_curve_invoke(context, node, gelu_curve(node));
}

const TfLiteRegistration ln_op_gelu = {.init = ln_curve_init,
                                       .free = ln_curve_free,
                                       .prepare = gelu_prepare,
                                       .invoke = gelu_invoke,
                                       .inplace_operator = kTfLiteInplaceOpInput0Shared};

/* ---- TANH and LOGISTIC, whose 16-bit forms share one table of the logistic function ---- */

typedef struct sigmoid_data {
  ln_table table; /* first: the curve's */
  ln_sigmoid_s16 wide;
} sigmoid_data;

LN_DEFINE_INIT(sigmoid_init, sigmoid_data, 0)

/* The input is scaled to 1 / (3 * 4096): by 3 and a power of two up to 2^max_shift where its scale is one, else by a
 * factor of at most 16 bits. */
static TfLiteStatus sigmoid_prepare_s16(TfLiteContext* context, TfLiteNode* node, int max_shift) {
  ln_sigmoid_s16* p = &((sigmoid_data*)node->user_data)->wide;
  const TfLiteTensor* input;
  TfLiteTensor* output;
  LN_TRY(ln_unary_get(context, node, &input, &output));
  LN_TRY(ln_unary_check_scales(context, input, output));
  LN_CHECK(context, input->params.zero_point == 0 && output->params.zero_point == 0,
           "the zero points are %d and %d; they must be 0", input->params.zero_point, output->params.zero_point);
  LN_CHECK(context, output->params.scale == 1.0f / 32768, "the output's scale is %g; 1/32768 is right",
           (double)output->params.scale);
  int exponent;
  const float fraction = frexpf(input->params.scale, &exponent);
  const int shift = exponent - 1 + 12;
  if (fraction == 0.5f && shift >= 0 && shift <= max_shift) {
    *p = (ln_sigmoid_s16){.multiplier = 3 << shift, .shift = 0};
    return kTfLiteOk;
  }
  double multiplier = (double)input->params.scale * 4096.0 * 3.0;
  LN_CHECK(context, multiplier <= 32767.0, "the input's scale is %g; at most 2.66 is allowed",
           (double)input->params.scale);
  for (p->shift = 0; multiplier <= 32767.0 / 2.0 && p->shift <= 30; ++p->shift) multiplier *= 2.0;
  p->multiplier = (int32_t)multiplier;
  return kTfLiteOk;
}

static TfLiteStatus sigmoid_prepare(TfLiteContext* context, TfLiteNode* node, const ln_curve* curve, int max_shift) {
  const TfLiteTensor* input;
  LN_TRY(ln_get_input(context, node, 0, &input));
  if (input->type != kTfLiteInt16) return ln_curve_prepare(context, node, curve);
  LN_TRY(ln_unary_prepare(context, node));
  return sigmoid_prepare_s16(context, node, max_shift);
}

static TfLiteStatus sigmoid_invoke(TfLiteContext* context, TfLiteNode* node, const ln_curve* curve, ln_unary_row row) {
  const TfLiteTensor* input;
  LN_TRY(ln_get_input(context, node, 0, &input));
  if (input->type != kTfLiteInt16) return ln_curve_invoke(context, node, curve);
  return ln_unary_run(context, node, row, &((const sigmoid_data*)node->user_data)->wide);
}

static TfLiteStatus tanh_prepare(TfLiteContext* context, TfLiteNode* node) {
  return sigmoid_prepare(context, node, &kTanh, 1);
}

static TfLiteStatus tanh_invoke(TfLiteContext* context, TfLiteNode* node) {
  return sigmoid_invoke(context, node, &kTanh, ln_tanh_s16);
}

/* Bytes times their logistic function, as LOGISTIC and MUL give it: a table too. */
static TfLiteStatus swish_prepare(TfLiteContext* context, TfLiteNode* node) {
  ln_table* table = &((sigmoid_data*)node->user_data)->table;
  const TfLiteTensor* input;
  TfLiteTensor* output;
  ln_mul_quantized product;
  LN_TRY(ln_unary_get(context, node, &input, &output));
  LN_TRY(ln_unary_prepare(context, node));
  LN_CHECK(context, is_8_bit(input), "input is %s; INT8 or UINT8 is right", TfLiteTypeGetName(input->type));
  const bool is_signed = input->type == kTfLiteInt8;
  const TfLiteTensor gate = {.type = input->type, .params = {1.0f / 256, is_signed ? -128 : 0}};
  LN_TRY(ln_table_fill(context, input, &gate, logistic_of, table));
  const ln_binary_io io = {input, &gate, output};
  LN_TRY(ln_binary_make_product(context, &io, kTfLiteActNone, &product));
  uint8_t values[256];
  for (size_t i = 0; i < 256; ++i) values[i] = (uint8_t)i;
  (is_signed ? ln_binary_mul_qs8_ref : ln_binary_mul_qu8_ref)(&product, values, 1, table->narrow, 1, table->narrow,
                                                              256);
  return kTfLiteOk;
}

static TfLiteStatus logistic_prepare(TfLiteContext* context, TfLiteNode* node) {
  if (ln_fusion(context).activation == kLinnetFusedSwish) return swish_prepare(context, node);
  return sigmoid_prepare(context, node, &kLogistic, 0);
}

static TfLiteStatus logistic_invoke(TfLiteContext* context, TfLiteNode* node) {
  return sigmoid_invoke(context, node, &kLogistic, ln_logistic_s16);
}

bool ln_sigmoid_row_of(const TfLiteNode* node, int32_t code, TfLiteType type, ln_unary_row* row, const void** params) {
  const bool is_tanh = code == kTfLiteBuiltinTanh;
  *params = type == kTfLiteFloat32 ? NULL : node->user_data; /* the table is the data's first member */
  switch (type) {
    case kTfLiteFloat32:
      *row = is_tanh ? ln_unary_tanh_f32_ref : ln_unary_logistic_f32_ref;
      return true;
    case kTfLiteInt8:
    case kTfLiteUInt8:
      *row = ln_table_row(type);
      return true;
    case kTfLiteInt16:
      *row = is_tanh ? ln_tanh_s16 : ln_logistic_s16;
      *params = &((const sigmoid_data*)node->user_data)->wide;
      return true;
    default:
      return false;
  }
}

const TfLiteRegistration ln_op_tanh = {.init = sigmoid_init,
                                       .free = ln_curve_free,
                                       .prepare = tanh_prepare,
                                       .invoke = tanh_invoke,
                                       .inplace_operator = kTfLiteInplaceOpInput0Shared};
const TfLiteRegistration ln_op_logistic = {.init = sigmoid_init,
                                           .free = ln_curve_free,
                                           .prepare = logistic_prepare,
                                           .invoke = logistic_invoke,
                                           .inplace_operator = kTfLiteInplaceOpInput0Shared};

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
  const double top = isinf(high) ? p->high : round((double)(high / output->params.scale)) + p->out_zero_point;
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
                                           .free = ln_free_node_data,            \
                                           .prepare = name##_prepare,            \
                                           .invoke = clamp_invoke,               \
                                           .inplace_operator = kTfLiteInplaceOpInput0Shared};

LN_CLAMP_OP(relu, 0.0f, INFINITY)
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
                                             .free = ln_free_node_data,
                                             .prepare = leaky_prepare,
                                             .invoke = leaky_invoke,
                                             .inplace_operator = kTfLiteInplaceOpInput0Shared};

/* ---- HARD_SWISH ---- */

/* Both factors in 16 bits: the input, with seven bits more, to the output's scale, and to 3 / 32768 for the gate
 * relu6(x + 3) / 6. */
static void hard_swish_fill(const ln_hard_swish* p, bool is_signed, uint8_t table[256]) {
  uint8_t values[256];
  for (size_t i = 0; i < 256; ++i) values[i] = (uint8_t)i;
  (is_signed ? ln_hard_swish_s8 : ln_hard_swish_u8)(p, values, table, 256);
}

static TfLiteStatus hard_swish_prepare(TfLiteContext* context, TfLiteNode* node) {
  ln_hard_swish params, *p = &params;
  const TfLiteTensor* input;
  TfLiteTensor* output;
  LN_TRY(ln_unary_get(context, node, &input, &output));
  LN_TRY(ln_unary_prepare(context, node));
  if (input->type == kTfLiteFloat32) return kTfLiteOk;
  LN_CHECK(context, is_8_bit(input), "input is %s; FLOAT32, INT8 or UINT8 is right", TfLiteTypeGetName(input->type));
  LN_TRY(ln_unary_check_scales(context, input, output));
  LN_TRY(ln_activation_range_i32(context, kTfLiteActNone, output, &p->low, &p->high));
  p->in_zero_point = input->params.zero_point;
  p->out_zero_point = output->params.zero_point;
  const float fine = 1.0f / 128.0f * input->params.scale;
  int32_t multiplier;
  ln_quantize_multiplier((double)(fine / output->params.scale), &multiplier, &p->out_shift);
  p->out_multiplier = ln_multiplier_to_s16(multiplier);
  ln_quantize_multiplier((double)(fine / (3.0f / 32768.0f)), &multiplier, &p->gate_shift);
  p->gate_multiplier = ln_multiplier_to_s16(multiplier);
  LN_CHECK(context, p->out_shift <= 0, "the input's scale %g is more than 128 times the output's %g",
           (double)input->params.scale, (double)output->params.scale);
  LN_CHECK(context, p->gate_shift >= -15 && p->out_shift >= -15 && p->gate_shift <= 15,
           "the scales are %g and %g; the factor between them is out of range", (double)input->params.scale,
           (double)output->params.scale);
  hard_swish_fill(p, input->type == kTfLiteInt8, ((activation_data*)node->user_data)->hard_swish);
  return kTfLiteOk;
}

static void hard_swish_row(const void* params, const void* in, void* out, size_t n) {
  ln_lookup_q8_best()->run(params, in, out, n);
}

static TfLiteStatus hard_swish_invoke(TfLiteContext* context, TfLiteNode* node) {
  const activation_data* data = node->user_data;
  const TfLiteTensor* input;
  LN_TRY(ln_get_input(context, node, 0, &input));
  if (input->type == kTfLiteFloat32) return ln_unary_run(context, node, ln_unary_hard_swish_f32_ref, NULL);
  return ln_unary_run(context, node, hard_swish_row, data->hard_swish);
}

const TfLiteRegistration ln_op_hard_swish = {.init = init,
                                             .free = ln_free_node_data,
                                             .prepare = hard_swish_prepare,
                                             .invoke = hard_swish_invoke,
                                             .inplace_operator = kTfLiteInplaceOpInput0Shared};
