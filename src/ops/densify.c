/* DENSIFY: a constant sparse tensor written out, once, when the operator is prepared: who reads it sees a constant. */
#include "ops/builtin_ops.h"
#include "ops/weights.h"

static TfLiteStatus get_tensors(TfLiteContext* context, const TfLiteNode* node, const TfLiteTensor** input,
                                TfLiteTensor** output) {
  LN_TRY(ln_check_io_sparse(context, node, 1, 1, 1, 0));
  LN_TRY(ln_get_input(context, node, 0, input));
  return ln_get_output(context, node, 0, output);
}

static TfLiteStatus invoke(TfLiteContext* context, TfLiteNode* node) {
  const TfLiteTensor* input;
  TfLiteTensor* output;
  LN_TRY(get_tensors(context, node, &input, &output));
  return ln_densify(context, input, output->data.raw);
}

static TfLiteStatus prepare(TfLiteContext* context, TfLiteNode* node) {
  const TfLiteTensor* input;
  TfLiteTensor* output;
  LN_TRY(get_tensors(context, node, &input, &output));
  LN_CHECK(context, ln_is_constant(input) && input->data.raw_const != NULL, "input is no constant");
  LN_CHECK(context, input->sparsity != NULL, "input is not sparse");
  LN_CHECK(context, input->type == kTfLiteFloat32 || input->type == kTfLiteFloat16 || input->type == kTfLiteInt8,
           "input is %s; FLOAT32, FLOAT16 or INT8 is right", TfLiteTypeGetName(input->type));
  LN_TRY(ln_check_type(context, output, "output", input->type));
  LN_TRY(ln_resize_like(context, output, input));
  return ln_compute_once(context, node, invoke);
}

const TfLiteRegistration ln_op_densify = {.prepare = prepare, .invoke = invoke};
