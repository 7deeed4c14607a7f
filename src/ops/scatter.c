/* SCATTER_ND: a zero tensor to which updates are added at index tuples. */
#include "ops/builtin_ops.h"
#include "ops/move_util.h"

static TfLiteStatus resize_output(TfLiteContext* context, const TfLiteNode* node, TfLiteTensor* output) {
  const TfLiteTensor* shape;
  int32_t dims[LN_MAX_RANK];
  int rank;
  LN_TRY(ln_get_input(context, node, 2, &shape));
  LN_TRY(ln_read_ints(context, shape, "the shape", LN_MAX_RANK, dims, &rank));
  return ln_resize(context, output, rank, dims);
}

static TfLiteStatus prepare(TfLiteContext* context, TfLiteNode* node) {
  const TfLiteTensor *indices, *updates, *shape;
  TfLiteTensor* output;
  LN_TRY(ln_check_io(context, node, 3, 3, 1));
  LN_TRY(ln_get_input(context, node, 0, &indices));
  LN_TRY(ln_get_input(context, node, 1, &updates));
  LN_TRY(ln_get_input(context, node, 2, &shape));
  LN_TRY(ln_get_output(context, node, 0, &output));
  LN_TRY(ln_check_type(context, indices, "indices", kTfLiteInt32));
  LN_TRY(ln_check_type(context, output, "output", updates->type));
  switch (updates->type) {
    case kTfLiteFloat32:
    case kTfLiteUInt8:
    case kTfLiteInt8:
    case kTfLiteInt16:
    case kTfLiteInt32:
    case kTfLiteInt64:
    case kTfLiteBool:
      break;
    default:
      LN_FAIL(context, "updates are %s; FLOAT32, UINT8, INT8, INT16, INT32, INT64 or BOOL is right",
              TfLiteTypeGetName(updates->type));
  }
  LN_CHECK(context, ln_rank(shape) == 1 && ln_rank(indices) >= 1,
           "the shape must be a vector and the indices not a scalar");
  if (ln_is_constant(shape)) return resize_output(context, node, output);
  ln_set_dynamic(output);
  return kTfLiteOk;
}

/* The updates must be the indices' outer dimensions followed by what the tuples leave of the output's. */
static TfLiteStatus check_shapes(TfLiteContext* context, const TfLiteTensor* indices, const TfLiteTensor* updates,
                                 const TfLiteTensor* output) {
  const int outer = ln_rank(indices) - 1, depth = ln_dim(indices, outer);
  LN_CHECK(context, depth <= ln_rank(output), "index tuples of %d; the output's rank is %d", depth, ln_rank(output));
  LN_CHECK(context, ln_rank(updates) == outer + ln_rank(output) - depth, "updates have rank %d; %d is right",
           ln_rank(updates), outer + ln_rank(output) - depth);
  for (int i = 0; i < ln_rank(updates); ++i) {
    const int want = i < outer ? ln_dim(indices, i) : ln_dim(output, depth + i - outer);
    LN_CHECK(context, ln_dim(updates, i) == want, "updates have extent %d in dimension %d; %d is right",
             ln_dim(updates, i), i, want);
  }
  return kTfLiteOk;
}

#define LN_ADD(type, field)          \
  for (size_t i = 0; i < count; ++i) \
    output->data.field[at + i] = (type)(output->data.field[at + i] + updates->data.field[from + i]);

static void add_row(const TfLiteTensor* updates, size_t from, TfLiteTensor* output, size_t at, size_t count) {
  switch (output->type) {
    case kTfLiteFloat32:
      LN_ADD(float, f)
      break;
    case kTfLiteUInt8:
      LN_ADD(uint8_t, uint8)
      break;
    case kTfLiteInt8:
      LN_ADD(int8_t, int8)
      break;
    case kTfLiteInt16:
      LN_ADD(int16_t, i16)
      break;
    case kTfLiteInt32: /* wrapping */
      for (size_t i = 0; i < count; ++i)
        output->data.i32[at + i] =
            (int32_t)((uint32_t)output->data.i32[at + i] + (uint32_t)updates->data.i32[from + i]);
      break;
    case kTfLiteInt64:
      for (size_t i = 0; i < count; ++i)
        output->data.i64[at + i] =
            (int64_t)((uint64_t)output->data.i64[at + i] + (uint64_t)updates->data.i64[from + i]);
      break;
    default: /* bool: added is or */
      for (size_t i = 0; i < count; ++i) output->data.b[at + i] = output->data.b[at + i] || updates->data.b[from + i];
  }
}

static TfLiteStatus invoke(TfLiteContext* context, TfLiteNode* node) {
  const TfLiteTensor *indices, *updates;
  TfLiteTensor* output;
  LN_TRY(ln_get_input(context, node, 0, &indices));
  LN_TRY(ln_get_input(context, node, 1, &updates));
  LN_TRY(ln_get_output(context, node, 0, &output));
  if (ln_is_dynamic(output)) LN_TRY(resize_output(context, node, output));
  LN_TRY(check_shapes(context, indices, updates, output));
  const int depth = ln_dim(indices, ln_rank(indices) - 1);
  const size_t tuples = ln_extent(indices, 0, ln_rank(indices) - 1), row = ln_extent(output, depth, ln_rank(output));
  if (output->bytes > 0) memset(output->data.raw, 0, output->bytes);
  for (size_t n = 0; n < tuples; ++n) {
    size_t at = 0;
    for (int k = 0; k < depth; ++k) {
      const int32_t index = indices->data.i32[n * (size_t)depth + (size_t)k];
      LN_CHECK(context, index >= 0 && index < ln_dim(output, k), "index %d of tuple %zu is %d; it must be in [0, %d)",
               k, n, index, ln_dim(output, k));
      at = at * (size_t)ln_dim(output, k) + (size_t)index;
    }
    add_row(updates, n * row, output, at * row, row);
  }
  return kTfLiteOk;
}

const TfLiteRegistration ln_op_scatter_nd = {.prepare = prepare, .invoke = invoke};
