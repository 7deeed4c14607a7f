/* CUMSUM: running sums along an axis. */
#include "kernels/generic/cumsum.h"

#include "ops/builtin_ops.h"
#include "ops/move_util.h"

static TfLiteStatus prepare(TfLiteContext* context, TfLiteNode* node) {
  const TfLiteTensor *input, *axis;
  TfLiteTensor* output;
  LN_TRY(ln_check_io(context, node, 2, 2, 1));
  LN_TRY(ln_get_input(context, node, 0, &input));
  LN_TRY(ln_get_input(context, node, 1, &axis));
  LN_TRY(ln_get_output(context, node, 0, &output));
  LN_CHECK(context, node->builtin_data != NULL, "the options are missing");
  LN_CHECK(context, input->type == kTfLiteInt32 || input->type == kTfLiteInt64 || input->type == kTfLiteFloat32,
           "input is %s; INT32, INT64 or FLOAT32 is right", TfLiteTypeGetName(input->type));
  LN_TRY(ln_check_type(context, output, "output", input->type));
  LN_TRY(ln_check_type(context, axis, "axis", kTfLiteInt32));
  LN_CHECK(context, ln_num_elements(axis) == 1 && ln_rank(input) >= 1, "axis must be one number, the input no scalar");
  return ln_resize_like(context, output, input);
}

static TfLiteStatus invoke(TfLiteContext* context, TfLiteNode* node) {
  const TfLiteCumsumParams* params = node->builtin_data;
  const TfLiteTensor *input, *axis_tensor;
  TfLiteTensor* output;
  int axis;
  LN_TRY(ln_get_input(context, node, 0, &input));
  LN_TRY(ln_get_input(context, node, 1, &axis_tensor));
  LN_TRY(ln_get_output(context, node, 0, &output));
  LN_TRY(ln_normalize_axis(context, axis_tensor->data.i32[0], ln_rank(input), &axis));
  if (output->bytes == 0) return kTfLiteOk;
  const ln_cumsum p = {ln_extent(input, 0, axis), (size_t)ln_dim(input, axis),
                       ln_extent(input, axis + 1, ln_rank(input)), params->exclusive, params->reverse};
  if (input->type == kTfLiteFloat32)
    ln_cumsum_f32_ref(&p, input->data.raw, output->data.raw);
  else if (input->type == kTfLiteInt32)
    ln_cumsum_i32_ref(&p, input->data.raw, output->data.raw);
  else
    ln_cumsum_i64_ref(&p, input->data.raw, output->data.raw);
  return kTfLiteOk;
}

const TfLiteRegistration ln_op_cumsum = {
    .prepare = prepare, .invoke = invoke, .inplace_operator = kTfLiteInplaceOpInput0Shared};
