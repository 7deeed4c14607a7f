/* TILE: the input repeated along each dimension. */
#include "ops/builtin_ops.h"
#include "ops/move_util.h"

static TfLiteStatus resize_output(TfLiteContext* context, const TfLiteNode* node, TfLiteTensor* output) {
  const TfLiteTensor *input, *multiples;
  int32_t times[LN_MAX_RANK], dims[LN_MAX_RANK];
  int count;
  LN_TRY(ln_get_input(context, node, 0, &input));
  LN_TRY(ln_get_input(context, node, 1, &multiples));
  LN_TRY(ln_read_ints(context, multiples, "multiples", LN_MAX_RANK, times, &count));
  LN_CHECK(context, count == ln_rank(input), "multiples has %d elements; the input's rank is %d", count,
           ln_rank(input));
  for (int i = 0; i < count; ++i)
    LN_CHECK(context, times[i] >= 0 && ln_mul_i32(ln_dim(input, i), times[i], &dims[i]),
             "multiples[%d] is %d; it must be at least 0, and the product must fit 32 bits", i, times[i]);
  return ln_resize(context, output, count, dims);
}

static TfLiteStatus invoke(TfLiteContext* context, TfLiteNode* node) {
  const TfLiteTensor *input, *multiples;
  TfLiteTensor* output;
  ln_move move;
  ptrdiff_t src[LN_MAX_RANK], dst[LN_MAX_RANK];
  LN_TRY(ln_get_input(context, node, 0, &input));
  LN_TRY(ln_get_input(context, node, 1, &multiples));
  LN_TRY(ln_get_output(context, node, 0, &output));
  if (!ln_is_constant(multiples)) LN_TRY(resize_output(context, node, output));
  LN_TRY(ln_move_begin(context, input, output, &move));
  const int rank = ln_num_elements(output) > 0 ? ln_rank(input) : 0;
  ln_strides(rank, input->dims->data, move.bytes, src);
  ln_strides(rank, output->dims->data, move.bytes, dst);
  /* Every dimension is two: which repetition, and where in the input. */
  ln_copy_shape shape = {0};
  for (int i = 0; i < rank; ++i) {
    ln_copy_add(&shape, (size_t)(ln_dim(output, i) / ln_dim(input, i)), 0, dst[i] * ln_dim(input, i));
    ln_copy_add(&shape, (size_t)ln_dim(input, i), src[i], dst[i]);
  }
  if (ln_num_elements(output) > 0) ln_strided_copy(&shape, move.from, move.to, move.bytes);
  return ln_move_end(context, output, &move, kTfLiteOk);
}

static TfLiteStatus prepare(TfLiteContext* context, TfLiteNode* node) {
  const TfLiteTensor *input, *multiples;
  TfLiteTensor* output;
  size_t bytes;
  LN_TRY(ln_check_io(context, node, 2, 2, 1));
  LN_TRY(ln_get_input(context, node, 0, &input));
  LN_TRY(ln_get_input(context, node, 1, &multiples));
  LN_TRY(ln_get_output(context, node, 0, &output));
  LN_TRY(ln_move_bytes(context, input, &bytes));
  LN_TRY(ln_check_type(context, output, "output", input->type));
  if (ln_is_constant(multiples)) {
    LN_TRY(resize_output(context, node, output));
    return ln_compute_once(context, node, invoke);
  }
  ln_set_dynamic(output);
  return kTfLiteOk;
}

const TfLiteRegistration ln_op_tile = {.prepare = prepare, .invoke = invoke};
