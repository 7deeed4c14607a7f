/* BROADCAST_TO a shape, BROADCAST_ARGS: the shape that two shapes broadcast to. */
#include "ops/builtin_ops.h"
#include "ops/move_util.h"

static TfLiteStatus resize_to(TfLiteContext* context, const TfLiteNode* node, TfLiteTensor* output) {
  const TfLiteTensor *input, *shape;
  int32_t dims[LN_MAX_RANK];
  int rank;
  LN_TRY(ln_get_input(context, node, 0, &input));
  LN_TRY(ln_get_input(context, node, 1, &shape));
  LN_TRY(ln_read_ints(context, shape, "the shape", LN_MAX_RANK, dims, &rank));
  LN_CHECK(context, rank >= ln_rank(input), "Output shape must be broadcastable from input shape: rank %d from rank %d",
           rank, ln_rank(input));
  for (int i = 0; i < ln_rank(input); ++i) {
    const int32_t to = dims[rank - ln_rank(input) + i];
    LN_CHECK(context, ln_dim(input, i) == to || ln_dim(input, i) == 1,
             "Output shape must be broadcastable from input shape: %d from %d", to, ln_dim(input, i));
  }
  return ln_resize(context, output, rank, dims);
}

static TfLiteStatus to_prepare(TfLiteContext* context, TfLiteNode* node) {
  const TfLiteTensor *input, *shape;
  TfLiteTensor* output;
  size_t bytes;
  LN_TRY(ln_check_io(context, node, 2, 2, 1));
  LN_TRY(ln_get_input(context, node, 0, &input));
  LN_TRY(ln_get_input(context, node, 1, &shape));
  LN_TRY(ln_get_output(context, node, 0, &output));
  LN_TRY(ln_element_bytes(context, input, &bytes));
  LN_TRY(ln_check_type(context, output, "output", input->type));
  LN_CHECK(context, ln_rank(shape) == 1 && ln_rank(input) <= LN_MAX_RANK,
           "the shape must be a vector, the input's rank at most %d", LN_MAX_RANK);
  if (ln_is_constant(shape)) return resize_to(context, node, output);
  ln_set_dynamic(output);
  return kTfLiteOk;
}

static TfLiteStatus to_invoke(TfLiteContext* context, TfLiteNode* node) {
  const TfLiteTensor *input, *shape;
  TfLiteTensor* output;
  size_t bytes;
  ptrdiff_t src[LN_MAX_RANK], dst[LN_MAX_RANK];
  LN_TRY(ln_get_input(context, node, 0, &input));
  LN_TRY(ln_get_input(context, node, 1, &shape));
  LN_TRY(ln_get_output(context, node, 0, &output));
  if (!ln_is_constant(shape)) LN_TRY(resize_to(context, node, output));
  LN_TRY(ln_element_bytes(context, input, &bytes));
  if (output->bytes == 0) return kTfLiteOk;
  ln_strides(ln_rank(input), input->dims->data, bytes, src);
  ln_strides(ln_rank(output), output->dims->data, bytes, dst);
  ln_copy_shape copy = {0};
  for (int i = 0; i < ln_rank(output); ++i) {
    const int k = i - (ln_rank(output) - ln_rank(input));
    ln_copy_add(&copy, (size_t)ln_dim(output, i), k >= 0 && ln_dim(input, k) != 1 ? src[k] : 0, dst[i]);
  }
  ln_strided_copy(&copy, input->data.raw, output->data.raw, bytes);
  return kTfLiteOk;
}

static TfLiteStatus args_prepare(TfLiteContext* context, TfLiteNode* node) {
  const TfLiteTensor *a, *b;
  TfLiteTensor* output;
  LN_TRY(ln_check_io(context, node, 2, 2, 1));
  LN_TRY(ln_get_input(context, node, 0, &a));
  LN_TRY(ln_get_input(context, node, 1, &b));
  LN_TRY(ln_get_output(context, node, 0, &output));
  LN_CHECK(context, ln_rank(a) == 1 && ln_rank(b) == 1, "the shapes must be vectors");
  LN_CHECK(context, a->type == kTfLiteInt32 || a->type == kTfLiteInt64, "shapes are %s; INT32 or INT64 is right",
           TfLiteTypeGetName(a->type));
  LN_TRY(ln_check_type(context, b, "the second shape", a->type));
  LN_TRY(ln_check_type(context, output, "output", a->type));
  const int32_t rank = ln_dim(a, 0) > ln_dim(b, 0) ? ln_dim(a, 0) : ln_dim(b, 0);
  return ln_resize(context, output, 1, &rank);
}

static int64_t extent_at(const TfLiteTensor* shape, int from_end) {
  const int i = ln_dim(shape, 0) - 1 - from_end;
  if (i < 0) return 1;
  return shape->type == kTfLiteInt64 ? shape->data.i64[i] : shape->data.i32[i];
}

static TfLiteStatus args_invoke(TfLiteContext* context, TfLiteNode* node) {
  const TfLiteTensor *a, *b;
  TfLiteTensor* output;
  LN_TRY(ln_get_input(context, node, 0, &a));
  LN_TRY(ln_get_input(context, node, 1, &b));
  LN_TRY(ln_get_output(context, node, 0, &output));
  const int rank = ln_dim(output, 0);
  for (int k = 0; k < rank; ++k) {
    const int64_t da = extent_at(a, k), db = extent_at(b, k), d = da == 1 ? db : da;
    LN_CHECK(context, da == db || da == 1 || db == 1, "the extents %lld and %lld do not broadcast", (long long)da,
             (long long)db);
    if (output->type == kTfLiteInt64)
      output->data.i64[rank - 1 - k] = d;
    else
      output->data.i32[rank - 1 - k] = (int32_t)d;
  }
  return kTfLiteOk;
}

const TfLiteRegistration ln_op_broadcast_to = {.prepare = to_prepare, .invoke = to_invoke};
const TfLiteRegistration ln_op_broadcast_args = {.prepare = args_prepare, .invoke = args_invoke};
