/* MATRIX_DIAG: vectors as the diagonals of zero matrices; MATRIX_SET_DIAG: matrices with other diagonals. */
#include "ops/builtin_ops.h"
#include "ops/move_util.h"

/* Writes `diagonal`, `length` elements for each matrix, into the output's matrices. */
static void copy_diagonals(const TfLiteTensor* diagonal, size_t length, TfLiteTensor* output) {
  const int rank = ln_rank(output);
  const ptrdiff_t bytes = (ptrdiff_t)ln_type_size(output->type), columns = ln_dim(output, rank - 1);
  ln_copy_shape shape = {0};
  ln_copy_add(&shape, ln_extent(output, 0, rank - 2), (ptrdiff_t)length * bytes,
              ln_dim(output, rank - 2) * columns * bytes);
  ln_copy_add(&shape, length, bytes, (columns + 1) * bytes);
  if (output->bytes > 0) ln_strided_copy(&shape, diagonal->data.raw, output->data.raw, (size_t)bytes);
}

static TfLiteStatus diag_prepare(TfLiteContext* context, TfLiteNode* node) {
  const TfLiteTensor* input;
  TfLiteTensor* output;
  size_t bytes;
  int32_t dims[LN_MAX_RANK];
  LN_TRY(ln_check_io(context, node, 1, 1, 1));
  LN_TRY(ln_get_input(context, node, 0, &input));
  LN_TRY(ln_get_output(context, node, 0, &output));
  const int rank = ln_rank(input);
  LN_CHECK(context, rank >= 1 && rank < LN_MAX_RANK, "input has rank %d; 1 to %d is right", rank, LN_MAX_RANK - 1);
  LN_TRY(ln_element_bytes(context, input, &bytes));
  LN_TRY(ln_set_type(context, output, input->type));
  for (int i = 0; i < rank; ++i) dims[i] = ln_dim(input, i);
  dims[rank] = dims[rank - 1];
  return ln_resize(context, output, rank + 1, dims);
}

static TfLiteStatus diag_invoke(TfLiteContext* context, TfLiteNode* node) {
  const TfLiteTensor* input;
  TfLiteTensor* output;
  LN_TRY(ln_get_input(context, node, 0, &input));
  LN_TRY(ln_get_output(context, node, 0, &output));
  if (output->bytes > 0) memset(output->data.raw, 0, output->bytes);
  copy_diagonals(input, (size_t)ln_dim(input, ln_rank(input) - 1), output);
  return kTfLiteOk;
}

static TfLiteStatus set_prepare(TfLiteContext* context, TfLiteNode* node) {
  const TfLiteTensor *input, *diagonal;
  TfLiteTensor* output;
  size_t bytes;
  LN_TRY(ln_check_io(context, node, 2, 2, 1));
  LN_TRY(ln_get_input(context, node, 0, &input));
  LN_TRY(ln_get_input(context, node, 1, &diagonal));
  LN_TRY(ln_get_output(context, node, 0, &output));
  const int rank = ln_rank(input);
  LN_CHECK(context, rank >= 2 && ln_rank(diagonal) == rank - 1,
           "input has rank %d, the diagonal %d; at least 2 and one less are right", rank, ln_rank(diagonal));
  LN_TRY(ln_element_bytes(context, input, &bytes));
  LN_TRY(ln_check_type(context, diagonal, "the diagonal", input->type));
  LN_TRY(ln_set_type(context, output, input->type));
  const int rows = ln_dim(input, rank - 2), columns = ln_dim(input, rank - 1);
  for (int i = 0; i < rank - 1; ++i) {
    const int extent = i < rank - 2 ? ln_dim(input, i) : rows < columns ? rows : columns;
    LN_CHECK(context, ln_dim(diagonal, i) == extent, "the diagonal has extent %d in dimension %d; %d is right",
             ln_dim(diagonal, i), i, extent);
  }
  return ln_resize_like(context, output, input);
}

static TfLiteStatus set_invoke(TfLiteContext* context, TfLiteNode* node) {
  const TfLiteTensor *input, *diagonal;
  TfLiteTensor* output;
  LN_TRY(ln_get_input(context, node, 0, &input));
  LN_TRY(ln_get_input(context, node, 1, &diagonal));
  LN_TRY(ln_get_output(context, node, 0, &output));
  LN_TRY(ln_copy_whole(context, input, output));
  copy_diagonals(diagonal, (size_t)ln_dim(diagonal, ln_rank(diagonal) - 1), output);
  return kTfLiteOk;
}

const TfLiteRegistration ln_op_matrix_diag = {.prepare = diag_prepare, .invoke = diag_invoke};
const TfLiteRegistration ln_op_matrix_set_diag = {.prepare = set_prepare, .invoke = set_invoke};
