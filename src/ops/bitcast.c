/* BITCAST: the same bytes as elements of another type; a last dimension takes up the difference in size. */
#include "ops/builtin_ops.h"
#include "ops/move_util.h"

static TfLiteStatus prepare(TfLiteContext* context, TfLiteNode* node) {
  const TfLiteTensor* input;
  TfLiteTensor* output;
  size_t from, to;
  int32_t dims[LN_MAX_RANK];
  LN_TRY(ln_check_io(context, node, 1, 1, 1));
  LN_TRY(ln_get_input(context, node, 0, &input));
  LN_TRY(ln_get_output(context, node, 0, &output));
  LN_TRY(ln_element_bytes(context, input, &from));
  LN_TRY(ln_element_bytes(context, output, &to));
  int rank = ln_rank(input);
  LN_CHECK(context, rank <= LN_MAX_RANK - (from > to), "input has rank %d; the output's would be over %d", rank,
           LN_MAX_RANK);
  for (int i = 0; i < rank; ++i) dims[i] = ln_dim(input, i);
  if (from > to) {
    dims[rank++] = (int32_t)(from / to);
  } else if (from < to) {
    LN_CHECK(context, rank > 0 && (size_t)dims[rank - 1] == to / from,
             "the input's last dimension must be %zu, the elements of %s in one of %s", to / from,
             TfLiteTypeGetName(input->type), TfLiteTypeGetName(output->type));
    --rank;
  }
  return ln_resize(context, output, rank, dims);
}

static TfLiteStatus invoke(TfLiteContext* context, TfLiteNode* node) {
  const TfLiteTensor* input;
  TfLiteTensor* output;
  LN_TRY(ln_get_input(context, node, 0, &input));
  LN_TRY(ln_get_output(context, node, 0, &output));
  return ln_copy_whole(context, input, output);
}

const TfLiteRegistration ln_op_bitcast = {
    .prepare = prepare,
    .invoke = invoke,
    .inplace_operator = kTfLiteInplaceOpInput0Shared | kTfLiteInplaceOpDataUnmodified};
