/* L2_NORMALIZATION: each row of the last dimension divided by its length, which counts as at least 1e-6. */
#include <math.h>

#include "ops/builtin_ops.h"
#include "ops/unary_util.h"

static TfLiteStatus prepare(TfLiteContext* context, TfLiteNode* node) {
  const TfLiteL2NormParams* params = node->builtin_data;
  const TfLiteTensor* input;
  TfLiteTensor* output;
  LN_TRY(ln_unary_get(context, node, &input, &output));
  LN_TRY(ln_check_type(context, input, "input", kTfLiteFloat32));
  LN_CHECK(context, ln_rank(input) >= 1, "input is a scalar; rank 1 or more is right");
  LN_CHECK(context, params == NULL || params->activation == kTfLiteActNone, "a fused activation; NONE is allowed");
  return ln_unary_prepare(context, node);
}

static TfLiteStatus invoke(TfLiteContext* context, TfLiteNode* node) {
  const TfLiteTensor* input;
  TfLiteTensor* output;
  LN_TRY(ln_unary_get(context, node, &input, &output));
  if (output->bytes == 0) return kTfLiteOk;
  const size_t depth = (size_t)ln_dim(input, ln_rank(input) - 1), rows = (size_t)ln_num_elements(input) / depth;
  for (size_t r = 0; r < rows; ++r) {
    const float* from = input->data.f + r * depth;
    float* to = output->data.f + r * depth;
    float squares = 0;
    for (size_t i = 0; i < depth; ++i) squares += from[i] * from[i];
    float length = sqrtf(squares);
    if (length < 1e-6f) length = 1e-6f;
    for (size_t i = 0; i < depth; ++i) to[i] = from[i] / length;
  }
  return kTfLiteOk;
}

const TfLiteRegistration ln_op_l2_normalization = {
    .prepare = prepare, .invoke = invoke, .inplace_operator = kTfLiteInplaceOpInput0Shared};
