/* FAKE_QUANT: floats rounded to the values of a quantized type, as while training. */
#include "kernels/generic/fake_quant.h"

#include <math.h>

#include "ops/builtin_ops.h"
#include "ops/unary_util.h"

static TfLiteStatus prepare(TfLiteContext* context, TfLiteNode* node) {
  const TfLiteFakeQuantParams* params = node->builtin_data;
  const TfLiteTensor* input;
  TfLiteTensor* output;
  LN_CHECK(context, params != NULL, "the options are missing");
  LN_TRY(ln_unary_get(context, node, &input, &output));
  LN_TRY(ln_check_type(context, input, "input", kTfLiteFloat32));
  LN_CHECK(context, !params->narrow_range, "narrow_range is for weights; an operator's values have the whole range");
  LN_CHECK(context, params->num_bits >= 1 && params->num_bits <= 16, "num_bits is %d; 1 to 16 are right",
           params->num_bits);
  LN_CHECK(context, params->min < params->max && isfinite(params->max - params->min),
           "the range [%g, %g]; a finite one that is not empty is right", (double)params->min, (double)params->max);
  return ln_unary_prepare(context, node);
}

static TfLiteStatus invoke(TfLiteContext* context, TfLiteNode* node) {
  const TfLiteFakeQuantParams* params = node->builtin_data;
  const ln_fake_quant range = ln_fake_quant_range(params->min, params->max, params->num_bits);
  return ln_unary_run(context, node, ln_fake_quant_f32, &range);
}

const TfLiteRegistration ln_op_fake_quant = {
    .prepare = prepare, .invoke = invoke, .inplace_operator = kTfLiteInplaceOpInput0Shared};
