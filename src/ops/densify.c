/* DENSIFY: a constant sparse tensor written out, once, when the operator is prepared: who reads it sees a constant. */
#include "ops/builtin_ops.h"
#include "ops/unary_util.h"
#include "ops/weights.h"

static TfLiteStatus prepare(TfLiteContext* context, TfLiteNode* node) {
  const TfLiteTensor* input;
  TfLiteTensor* output;
  LN_TRY(ln_unary_get(context, node, &input, &output));
  LN_CHECK(context, ln_is_constant(input) && input->data.raw_const != NULL, "input is no constant");
  LN_CHECK(context, input->sparsity != NULL, "input is not sparse");
  LN_CHECK(context, input->type == kTfLiteFloat32 || input->type == kTfLiteFloat16 || input->type == kTfLiteInt8,
           "input is %s; FLOAT32, FLOAT16 or INT8 is right", TfLiteTypeGetName(input->type));
  LN_TRY(ln_check_type(context, output, "output", input->type));
  if (output->allocation_type != kTfLitePersistentRo) {
    LN_CHECK(context, output->allocation_type == kTfLiteArenaRw, "output has memory that is not the operator's");
    output->allocation_type = kTfLitePersistentRo;
    output->data.raw = NULL;
  }
  const bool done = output->data.raw != NULL;
  LN_TRY(ln_resize_like(context, output, input));
  if (done || ln_densify(context, input, output->data.raw) == kTfLiteOk) return kTfLiteOk;
  TfLiteTensorDataFree(output);
  return kTfLiteError;
}

static TfLiteStatus invoke(TfLiteContext* context, TfLiteNode* node) {
  (void)context, (void)node;
  return kTfLiteOk;
}

const TfLiteRegistration ln_op_densify = {.prepare = prepare, .invoke = invoke};
