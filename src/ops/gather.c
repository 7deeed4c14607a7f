/* GATHER along an axis, GATHER_ND by index tuples. Indices are data: each is checked before it is used. */
#include "ops/builtin_ops.h"
#include "ops/move_util.h"

static int64_t index_at(const TfLiteTensor* t, size_t i) {
  return t->type == kTfLiteInt64 ? t->data.i64[i] : t->type == kTfLiteInt16 ? t->data.i16[i] : t->data.i32[i];
}

static TfLiteStatus check_index_type(TfLiteContext* context, const TfLiteTensor* t) {
  LN_CHECK(context, t->type == kTfLiteInt32 || t->type == kTfLiteInt64 || t->type == kTfLiteInt16,
           "indices are %s; INT16, INT32 or INT64 is right", TfLiteTypeGetName(t->type));
  return kTfLiteOk;
}

static TfLiteStatus get_gather(TfLiteContext* context, const TfLiteNode* node, const TfLiteTensor** input,
                               const TfLiteTensor** indices, int* axis, int* batch_dims) {
  const TfLiteGatherParams* params = node->builtin_data;
  LN_CHECK(context, params != NULL, "the options are missing");
  LN_TRY(ln_get_input(context, node, 0, input));
  LN_TRY(ln_get_input(context, node, 1, indices));
  LN_TRY(ln_normalize_axis(context, params->axis, ln_rank(*input), axis));
  *batch_dims = params->batch_dims < 0 ? params->batch_dims + ln_rank(*indices) : params->batch_dims;
  LN_CHECK(context, *batch_dims >= 0 && *batch_dims <= ln_rank(*indices) && *batch_dims <= *axis,
           "batch_dims is %d; it must be in [0, %d] and at most the axis %d", params->batch_dims, ln_rank(*indices),
           *axis);
  return kTfLiteOk;
}

static TfLiteStatus gather_invoke(TfLiteContext* context, TfLiteNode* node) {
  const TfLiteTensor *input, *indices;
  TfLiteTensor* output;
  int axis, batch_dims;
  ln_move move;
  LN_TRY(get_gather(context, node, &input, &indices, &axis, &batch_dims));
  LN_TRY(ln_get_output(context, node, 0, &output));
  const size_t batches = ln_extent(input, 0, batch_dims), outer = ln_extent(input, batch_dims, axis);
  const size_t extent = (size_t)ln_dim(input, axis);
  const size_t count = ln_extent(indices, batch_dims, ln_rank(indices));
  for (size_t i = 0; i < batches * count; ++i)
    LN_CHECK(context, index_at(indices, i) >= 0 && (uint64_t)index_at(indices, i) < extent,
             "index %zu is %lld; it must be in [0, %zu)", i, (long long)index_at(indices, i), extent);
  LN_TRY(ln_move_begin(context, input, output, &move));
  const size_t row = ln_extent(input, axis + 1, ln_rank(input)) * move.bytes;
  char* to = move.to;
  for (size_t b = 0; b < batches && row > 0; ++b)
    for (size_t o = 0; o < outer; ++o)
      for (size_t i = 0; i < count; ++i, to += row)
        memcpy(to, move.from + ((b * outer + o) * extent + (size_t)index_at(indices, b * count + i)) * row, row);
  return ln_move_end(context, output, &move, kTfLiteOk);
}

static TfLiteStatus gather_prepare(TfLiteContext* context, TfLiteNode* node) {
  const TfLiteTensor *input, *indices;
  TfLiteTensor* output;
  int axis, batch_dims, rank = 0;
  size_t bytes;
  int32_t dims[2 * LN_MAX_RANK];
  LN_TRY(ln_check_io(context, node, 2, 2, 1));
  LN_TRY(get_gather(context, node, &input, &indices, &axis, &batch_dims));
  LN_TRY(ln_get_output(context, node, 0, &output));
  LN_TRY(check_index_type(context, indices));
  LN_TRY(ln_move_bytes(context, input, &bytes));
  LN_TRY(ln_check_type(context, output, "output", input->type));
  LN_CHECK(context, ln_rank(input) + ln_rank(indices) - 1 - batch_dims <= LN_MAX_RANK,
           "the output's rank would be over %d", LN_MAX_RANK);
  for (int i = 0; i < batch_dims; ++i)
    LN_CHECK(context, ln_dim(input, i) == ln_dim(indices, i),
             "batch dimension %d is %d in the input, %d in the indices", i, ln_dim(input, i), ln_dim(indices, i));
  for (int i = 0; i < axis; ++i) dims[rank++] = ln_dim(input, i);
  for (int i = batch_dims; i < ln_rank(indices); ++i) dims[rank++] = ln_dim(indices, i);
  for (int i = axis + 1; i < ln_rank(input); ++i) dims[rank++] = ln_dim(input, i);
  LN_TRY(ln_resize(context, output, rank, dims));
  return ln_compute_once(context, node, gather_invoke);
}

static TfLiteStatus gather_nd_prepare(TfLiteContext* context, TfLiteNode* node) {
  const TfLiteTensor *input, *indices;
  TfLiteTensor* output;
  int rank = 0;
  size_t bytes;
  int32_t dims[2 * LN_MAX_RANK];
  LN_TRY(ln_check_io(context, node, 2, 2, 1));
  LN_TRY(ln_get_input(context, node, 0, &input));
  LN_TRY(ln_get_input(context, node, 1, &indices));
  LN_TRY(ln_get_output(context, node, 0, &output));
  LN_TRY(check_index_type(context, indices));
  LN_TRY(ln_move_bytes(context, input, &bytes));
  LN_TRY(ln_check_type(context, output, "output", input->type));
  LN_CHECK(context, ln_rank(input) >= 1 && ln_rank(indices) >= 1, "input and indices must have rank 1 or more");
  const int depth = ln_dim(indices, ln_rank(indices) - 1);
  LN_CHECK(context, depth >= 0 && depth <= ln_rank(input), "index tuples of %d; the input's rank is %d", depth,
           ln_rank(input));
  LN_CHECK(context, ln_rank(indices) - 1 + ln_rank(input) - depth <= LN_MAX_RANK, "the output's rank would be over %d",
           LN_MAX_RANK);
  for (int i = 0; i < ln_rank(indices) - 1; ++i) dims[rank++] = ln_dim(indices, i);
  for (int i = depth; i < ln_rank(input); ++i) dims[rank++] = ln_dim(input, i);
  return ln_resize(context, output, rank, dims);
}

/* Moves the row that each index tuple names. */
static TfLiteStatus move_tuples(TfLiteContext* context, const TfLiteTensor* input, const TfLiteTensor* indices,
                                const ln_move* move) {
  const int last = ln_rank(indices) - 1, depth = ln_dim(indices, last);
  const size_t tuples = ln_extent(indices, 0, last), row = ln_extent(input, depth, ln_rank(input)) * move->bytes;
  for (size_t n = 0; n < tuples && (row > 0 || depth > 0); ++n) {
    size_t from = 0;
    for (int k = 0; k < depth; ++k) {
      const int64_t index = index_at(indices, n * (size_t)depth + (size_t)k);
      LN_CHECK(context, index >= 0 && index < ln_dim(input, k), "index %d of tuple %zu is %lld; it must be in [0, %d)",
               k, n, (long long)index, ln_dim(input, k));
      from = from * (size_t)ln_dim(input, k) + (size_t)index;
    }
    if (row > 0) memcpy(move->to + n * row, move->from + from * row, row);
  }
  return kTfLiteOk;
}

static TfLiteStatus gather_nd_invoke(TfLiteContext* context, TfLiteNode* node) {
  const TfLiteTensor *input, *indices;
  TfLiteTensor* output;
  ln_move move;
  LN_TRY(ln_get_input(context, node, 0, &input));
  LN_TRY(ln_get_input(context, node, 1, &indices));
  LN_TRY(ln_get_output(context, node, 0, &output));
  LN_CHECK(context, ln_rank(indices) >= 1, "indices must have rank 1 or more");
  LN_TRY(ln_move_begin(context, input, output, &move));
  return ln_move_end(context, output, &move, move_tuples(context, input, indices, &move));
}

const TfLiteRegistration ln_op_gather = {.prepare = gather_prepare, .invoke = gather_invoke};
const TfLiteRegistration ln_op_gather_nd = {.prepare = gather_nd_prepare, .invoke = gather_nd_invoke};
