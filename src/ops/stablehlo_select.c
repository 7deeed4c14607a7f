/* STABLEHLO_SELECT and STABLEHLO_CLAMP: elements chosen among operands of one shape; the predicate and the bounds may
 * be scalars. */
#include <string.h>

#include "ops/builtin_ops.h"
#include "ops/element_util.h"

static TfLiteStatus get_three(TfLiteContext* context, const TfLiteNode* node, const TfLiteTensor* in[3],
                              TfLiteTensor** output) {
  LN_TRY(ln_check_io(context, node, 3, 3, 1));
  for (int i = 0; i < 3; ++i) LN_TRY(ln_get_input(context, node, i, &in[i]));
  return ln_get_output(context, node, 0, output);
}

static TfLiteStatus check_scalar_or_shape(TfLiteContext* context, const TfLiteTensor* t, const char* what,
                                          const TfLiteTensor* operand) {
  return ln_rank(t) == 0 ? kTfLiteOk : ln_check_same_shape(context, t, what, operand, "the operand");
}

/* ---- SELECT(pred, on_true, on_false) ---- */

static TfLiteStatus select_prepare(TfLiteContext* context, TfLiteNode* node) {
  const TfLiteTensor* in[3];
  TfLiteTensor* output;
  LN_TRY(get_three(context, node, in, &output));
  LN_TRY(ln_check_type(context, in[0], "the predicate", kTfLiteBool));
  LN_CHECK(context, ln_type_size(in[1]->type) != 0, "on_true is %s; its elements cannot be moved one by one",
           TfLiteTypeGetName(in[1]->type));
  LN_TRY(ln_check_same_meaning(context, in[1], "on_true", in[2], "on_false"));
  LN_TRY(ln_check_same_meaning(context, in[1], "on_true", output, "the result"));
  LN_TRY(ln_check_same_shape(context, in[1], "on_true", in[2], "on_false"));
  LN_TRY(check_scalar_or_shape(context, in[0], "the predicate", in[1]));
  return ln_resize_like(context, output, in[1]);
}

static TfLiteStatus select_invoke(TfLiteContext* context, TfLiteNode* node) {
  const TfLiteTensor* in[3];
  TfLiteTensor* output;
  LN_TRY(get_three(context, node, in, &output));
  if (output->bytes == 0) return kTfLiteOk;
  const uint8_t* pred = in[0]->data.uint8;
  if (ln_rank(in[0]) == 0) {
    memcpy(output->data.raw, in[*pred != 0 ? 1 : 2]->data.raw, output->bytes);
    return kTfLiteOk;
  }
  const size_t count = (size_t)ln_num_elements(output), width = ln_type_size(output->type);
  for (size_t first = 0; first < count;) { /* runs that are chosen from one side */
    size_t end = first + 1;
    while (end < count && (pred[end] != 0) == (pred[first] != 0)) ++end;
    memcpy(output->data.raw + first * width, in[pred[first] != 0 ? 1 : 2]->data.raw + first * width,
           (end - first) * width);
    first = end;
  }
  return kTfLiteOk;
}

const TfLiteRegistration ln_op_stablehlo_select = {.prepare = select_prepare, .invoke = select_invoke};

/* ---- CLAMP(min, operand, max) = minimum(maximum(operand, min), max) ---- */

static TfLiteStatus clamp_prepare(TfLiteContext* context, TfLiteNode* node) {
  const TfLiteTensor* in[3];
  TfLiteTensor* output;
  ln_number number;
  LN_TRY(get_three(context, node, in, &output));
  LN_TRY(ln_check_number(context, in[1], "the operand", &number));
  LN_CHECK(context, ln_element_binary(LN_ELEMENT_LARGER, number) != NULL,
           "the operand is %s, which the operator does not take", TfLiteTypeGetName(in[1]->type));
  LN_TRY(ln_check_same_meaning(context, in[1], "the operand", in[0], "min"));
  LN_TRY(ln_check_same_meaning(context, in[1], "the operand", in[2], "max"));
  LN_TRY(ln_check_same_meaning(context, in[1], "the operand", output, "the result"));
  LN_TRY(check_scalar_or_shape(context, in[0], "min", in[1]));
  LN_TRY(check_scalar_or_shape(context, in[2], "max", in[1]));
  return ln_resize_like(context, output, in[1]);
}

static TfLiteStatus clamp_invoke(TfLiteContext* context, TfLiteNode* node) {
  const TfLiteTensor* in[3];
  TfLiteTensor* output;
  ln_number number;
  LN_TRY(get_three(context, node, in, &output));
  LN_TRY(ln_check_number(context, in[1], "the operand", &number));
  const size_t count = (size_t)ln_num_elements(output);
  if (count == 0) return kTfLiteOk;
  char* out = output->data.raw;
  ln_element_binary(LN_ELEMENT_LARGER, number)(NULL, in[1]->data.raw, 1, in[0]->data.raw, ln_rank(in[0]) == 0 ? 0 : 1,
                                               out, count);
  ln_element_binary(LN_ELEMENT_SMALLER, number)(NULL, out, 1, in[2]->data.raw, ln_rank(in[2]) == 0 ? 0 : 1, out, count);
  return kTfLiteOk;
}

const TfLiteRegistration ln_op_stablehlo_clamp = {.prepare = clamp_prepare, .invoke = clamp_invoke};
