/* SHAPE and RANK: constants, as the input's shape is known when they are prepared. */
#include "ops/builtin_ops.h"
#include "ops/op_util.h"

static TfLiteStatus shape_invoke(TfLiteContext* context, TfLiteNode* node) {
  const TfLiteTensor* input;
  TfLiteTensor* output;
  LN_TRY(ln_get_input(context, node, 0, &input));
  LN_TRY(ln_get_output(context, node, 0, &output));
  for (int i = 0; i < ln_rank(input); ++i) {
    if (output->type == kTfLiteInt64)
      output->data.i64[i] = ln_dim(input, i);
    else
      output->data.i32[i] = ln_dim(input, i);
  }
  return kTfLiteOk;
}

static TfLiteStatus shape_prepare(TfLiteContext* context, TfLiteNode* node) {
  const TfLiteTensor* input;
  TfLiteTensor* output;
  LN_TRY(ln_check_io(context, node, 1, 1, 1));
  LN_TRY(ln_get_input(context, node, 0, &input));
  LN_TRY(ln_get_output(context, node, 0, &output));
  LN_CHECK(context, output->type == kTfLiteInt32 || output->type == kTfLiteInt64,
           "output is %s; INT32 or INT64 is right", TfLiteTypeGetName(output->type));
  const int32_t rank = ln_rank(input);
  const bool persistent = ln_set_persistent(output);
  LN_TRY(ln_resize(context, output, 1, &rank));
  return persistent ? shape_invoke(context, node) : kTfLiteOk;
}

static TfLiteStatus rank_invoke(TfLiteContext* context, TfLiteNode* node) {
  const TfLiteTensor* input;
  TfLiteTensor* output;
  LN_TRY(ln_get_input(context, node, 0, &input));
  LN_TRY(ln_get_output(context, node, 0, &output));
  output->data.i32[0] = ln_rank(input);
  return kTfLiteOk;
}

static TfLiteStatus rank_prepare(TfLiteContext* context, TfLiteNode* node) {
  TfLiteTensor* output;
  LN_TRY(ln_check_io(context, node, 1, 1, 1));
  LN_TRY(ln_get_output(context, node, 0, &output));
  LN_TRY(ln_check_type(context, output, "output", kTfLiteInt32));
  const bool persistent = ln_set_persistent(output);
  LN_TRY(ln_resize(context, output, 0, NULL));
  return persistent ? rank_invoke(context, node) : kTfLiteOk;
}

const TfLiteRegistration ln_op_shape = {.prepare = shape_prepare, .invoke = shape_invoke};
const TfLiteRegistration ln_op_rank = {.prepare = rank_prepare, .invoke = rank_invoke};
