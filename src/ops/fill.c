/* FILL a shape with a value, ZEROS_LIKE. */
#include "ops/builtin_ops.h"
#include "ops/move_util.h"

static TfLiteStatus resize_output(TfLiteContext* context, const TfLiteNode* node, TfLiteTensor* output) {
  const TfLiteTensor* shape;
  int32_t dims[LN_MAX_RANK];
  int rank;
  LN_TRY(ln_get_input(context, node, 0, &shape));
  LN_TRY(ln_read_ints(context, shape, "the shape", LN_MAX_RANK, dims, &rank));
  return ln_resize(context, output, rank, dims);
}

static TfLiteStatus fill_prepare(TfLiteContext* context, TfLiteNode* node) {
  const TfLiteTensor *shape, *value;
  TfLiteTensor* output;
  size_t bytes;
  LN_TRY(ln_check_io(context, node, 2, 2, 1));
  LN_TRY(ln_get_input(context, node, 0, &shape));
  LN_TRY(ln_get_input(context, node, 1, &value));
  LN_TRY(ln_get_output(context, node, 0, &output));
  LN_CHECK(context, ln_rank(shape) == 1 && ln_rank(value) == 0,
           "the shape has rank %d, the value %d; a vector and a scalar are right", ln_rank(shape), ln_rank(value));
  LN_TRY(ln_move_bytes(context, value, &bytes));
  LN_TRY(ln_set_type(context, output, value->type));
  LN_CHECK(context,
           output->params.scale == value->params.scale && output->params.zero_point == value->params.zero_point,
           "the value's scale or zero point differs from the output's; they must be the same");
  LN_CHECK(context, value->type != kTfLiteInt16 || value->params.zero_point == 0, "the zero point is %d; it must be 0",
           value->params.zero_point);
  if (ln_is_constant(shape)) return resize_output(context, node, output);
  ln_set_dynamic(output);
  return kTfLiteOk;
}

static TfLiteStatus fill_invoke(TfLiteContext* context, TfLiteNode* node) {
  const TfLiteTensor *shape, *value;
  TfLiteTensor* output;
  ln_move move;
  LN_TRY(ln_get_input(context, node, 0, &shape));
  LN_TRY(ln_get_input(context, node, 1, &value));
  LN_TRY(ln_get_output(context, node, 0, &output));
  if (!ln_is_constant(shape)) LN_TRY(resize_output(context, node, output));
  LN_TRY(ln_move_begin(context, value, output, &move));
  ln_fill_elements(move.from, move.bytes, move.to, (size_t)ln_num_elements(output));
  return ln_move_end(context, output, &move, kTfLiteOk);
}

static TfLiteStatus zeros_prepare(TfLiteContext* context, TfLiteNode* node) {
  const TfLiteTensor* input;
  TfLiteTensor* output;
  size_t bytes;
  LN_TRY(ln_check_io(context, node, 1, 1, 1));
  LN_TRY(ln_get_input(context, node, 0, &input));
  LN_TRY(ln_get_output(context, node, 0, &output));
  LN_TRY(ln_element_bytes(context, input, &bytes));
  LN_TRY(ln_set_type(context, output, input->type));
  return ln_resize_like(context, output, input);
}

static TfLiteStatus zeros_invoke(TfLiteContext* context, TfLiteNode* node) {
  TfLiteTensor* output;
  char zero[LN_ELEMENT_MAX];
  LN_TRY(ln_get_output(context, node, 0, &output));
  ln_zero_element(output, zero);
  ln_fill_elements(zero, ln_type_size(output->type), output->data.raw, (size_t)ln_num_elements(output));
  return kTfLiteOk;
}

const TfLiteRegistration ln_op_fill = {.prepare = fill_prepare, .invoke = fill_invoke};
const TfLiteRegistration ln_op_zeros_like = {.prepare = zeros_prepare, .invoke = zeros_invoke};
