/* TRANSPOSE. */
#include "ops/builtin_ops.h"
#include "ops/move_util.h"

static TfLiteStatus read_permutation(TfLiteContext* context, const TfLiteNode* node, const TfLiteTensor* input,
                                     int32_t order[LN_MAX_RANK]) {
  const TfLiteTensor* tensor;
  int count;
  bool seen[LN_MAX_RANK] = {false};
  const int rank = ln_rank(input);
  LN_TRY(ln_get_input(context, node, 1, &tensor));
  LN_CHECK(context, rank <= LN_MAX_RANK, "input has rank %d; at most %d is allowed", rank, LN_MAX_RANK);
  LN_TRY(ln_read_ints(context, tensor, "the permutation", LN_MAX_RANK, order, &count));
  LN_CHECK(context, count == rank, "the permutation has %d elements; the input's rank is %d", count, rank);
  for (int i = 0; i < rank; ++i) {
    int axis;
    LN_TRY(ln_normalize_axis(context, order[i], rank, &axis));
    LN_CHECK(context, !seen[axis], "axis %d stands twice in the permutation", axis);
    seen[axis] = true;
    order[i] = axis;
  }
  return kTfLiteOk;
}

static TfLiteStatus resize_output(TfLiteContext* context, const TfLiteNode* node, TfLiteTensor* output) {
  const TfLiteTensor* input;
  int32_t order[LN_MAX_RANK], dims[LN_MAX_RANK];
  LN_TRY(ln_get_input(context, node, 0, &input));
  LN_TRY(read_permutation(context, node, input, order));
  for (int i = 0; i < ln_rank(input); ++i) dims[i] = ln_dim(input, order[i]);
  return ln_resize(context, output, ln_rank(input), dims);
}

static TfLiteStatus invoke(TfLiteContext* context, TfLiteNode* node) {
  const TfLiteTensor *input, *order_tensor;
  TfLiteTensor* output;
  ln_move move;
  int32_t order[LN_MAX_RANK];
  ptrdiff_t src[LN_MAX_RANK], dst[LN_MAX_RANK];
  LN_TRY(ln_get_input(context, node, 0, &input));
  LN_TRY(ln_get_input(context, node, 1, &order_tensor));
  LN_TRY(ln_get_output(context, node, 0, &output));
  if (!ln_is_constant(order_tensor)) LN_TRY(resize_output(context, node, output));
  LN_TRY(read_permutation(context, node, input, order));
  LN_TRY(ln_move_begin(context, input, output, &move));
  ln_strides(ln_rank(input), input->dims->data, move.bytes, src);
  ln_strides(ln_rank(output), output->dims->data, move.bytes, dst);
  ln_copy_shape shape = {0};
  for (int i = 0; i < ln_rank(input); ++i) ln_copy_add(&shape, (size_t)ln_dim(output, i), src[order[i]], dst[i]);
  ln_parallel_copy(context, &shape, move.from, move.to, move.bytes);
  return ln_move_end(context, output, &move, kTfLiteOk);
}

static TfLiteStatus prepare(TfLiteContext* context, TfLiteNode* node) {
  const TfLiteTensor *input, *order;
  TfLiteTensor* output;
  size_t bytes;
  LN_TRY(ln_check_io(context, node, 2, 2, 1));
  LN_TRY(ln_get_input(context, node, 0, &input));
  LN_TRY(ln_get_input(context, node, 1, &order));
  LN_TRY(ln_get_output(context, node, 0, &output));
  LN_TRY(ln_move_bytes(context, input, &bytes));
  LN_TRY(ln_check_type(context, output, "output", input->type));
  if (ln_is_constant(order)) {
    LN_TRY(resize_output(context, node, output));
    return ln_compute_once(context, node, invoke);
  }
  ln_set_dynamic(output);
  return kTfLiteOk;
}

const TfLiteRegistration ln_op_transpose = {.prepare = prepare, .invoke = invoke};
