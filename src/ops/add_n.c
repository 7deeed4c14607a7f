/* ADD_N: the sum of tensors of one shape, in their order. */
#include "kernels/generic/accumulate.h"
#include "ops/builtin_ops.h"
#include "ops/move_util.h"

static TfLiteStatus prepare(TfLiteContext* context, TfLiteNode* node) {
  const TfLiteTensor *first, *t;
  TfLiteTensor* output;
  LN_TRY(ln_check_io(context, node, 2, INT32_MAX, 1));
  LN_TRY(ln_get_input(context, node, 0, &first));
  LN_TRY(ln_get_output(context, node, 0, &output));
  LN_CHECK(context, first->type == kTfLiteFloat32 || first->type == kTfLiteInt32,
           "inputs are %s; FLOAT32 or INT32 is right", TfLiteTypeGetName(first->type));
  for (int i = 1; i < node->inputs->size; ++i) {
    LN_TRY(ln_get_input(context, node, i, &t));
    LN_CHECK(context, t->type == first->type && ln_same_shape(t, first),
             "input %d differs from input 0 in shape or type", i);
  }
  LN_TRY(ln_set_type(context, output, first->type));
  return ln_resize_like(context, output, first);
}

static TfLiteStatus invoke(TfLiteContext* context, TfLiteNode* node) {
  const TfLiteTensor* t;
  TfLiteTensor* output;
  LN_TRY(ln_get_output(context, node, 0, &output));
  const ln_accumulate_row add = output->type == kTfLiteFloat32 ? ln_accumulate_sum_f32_ref : ln_accumulate_sum_i32_ref;
  if (output->bytes > 0) memset(output->data.raw, 0, output->bytes);
  for (int i = 0; i < node->inputs->size; ++i) {
    LN_TRY(ln_get_input(context, node, i, &t));
    add(t->data.raw, output->data.raw, (size_t)ln_num_elements(output));
  }
  return kTfLiteOk;
}

const TfLiteRegistration ln_op_add_n = {.prepare = prepare, .invoke = invoke};
