/* L2_NORMALIZATION: each row of the last dimension divided by its length. */
#include "kernels/generic/l2_normalize.h"
#include "ops/builtin_ops.h"
#include "ops/unary_util.h"

static TfLiteStatus check_quantized(TfLiteContext* context, const TfLiteTensor* input, const TfLiteTensor* output) {
  const bool is_signed = input->type == kTfLiteInt8;
  const int32_t zero = input->params.zero_point, out_zero = is_signed ? 0 : 128;
  LN_CHECK(context, input->type == kTfLiteUInt8 || is_signed, "input is %s; FLOAT32, UINT8 or INT8 is right",
           TfLiteTypeGetName(input->type));
  LN_CHECK(context, output->params.scale == 1.0f / 128 && output->params.zero_point == out_zero,
           "the output's scale is %g, its zero point %d; 1/128 and %d are right", (double)output->params.scale,
           output->params.zero_point, out_zero);
  LN_CHECK(context, zero >= (is_signed ? INT8_MIN : 0) && zero <= (is_signed ? INT8_MAX : UINT8_MAX),
           "the input's zero point %d is none of its type's values", zero);
  return kTfLiteOk;
}

static TfLiteStatus prepare(TfLiteContext* context, TfLiteNode* node) {
  const TfLiteL2NormParams* params = node->builtin_data;
  const TfLiteTensor* input;
  TfLiteTensor* output;
  LN_TRY(ln_unary_get(context, node, &input, &output));
  LN_CHECK(context, ln_rank(input) >= 1, "input is a scalar; rank 1 or more is right");
  LN_CHECK(context, params == NULL || params->activation == kTfLiteActNone, "a fused activation; NONE is allowed");
  LN_TRY(ln_unary_prepare(context, node));
  return input->type == kTfLiteFloat32 ? kTfLiteOk : check_quantized(context, input, output);
}

static TfLiteStatus invoke(TfLiteContext* context, TfLiteNode* node) {
  const TfLiteTensor* input;
  TfLiteTensor* output;
  LN_TRY(ln_unary_get(context, node, &input, &output));
  if (output->bytes == 0) return kTfLiteOk;
  const size_t depth = (size_t)ln_dim(input, ln_rank(input) - 1), rows = (size_t)ln_num_elements(input) / depth;
  const int32_t zero = input->params.zero_point;
  if (input->type == kTfLiteFloat32)
    ln_l2_normalize_f32_ref(input->data.f, output->data.f, rows, depth);
  else if (input->type == kTfLiteInt8)
    ln_l2_normalize_qs8_ref(zero, input->data.int8, output->data.int8, rows, depth);
  else
    ln_l2_normalize_qu8_ref(zero, input->data.uint8, output->data.uint8, rows, depth);
  return kTfLiteOk;
}

const TfLiteRegistration ln_op_l2_normalization = {
    .prepare = prepare, .invoke = invoke, .inplace_operator = kTfLiteInplaceOpInput0Shared};
