/* REVERSE_V2 along axes, REVERSE_SEQUENCE: of each batch entry the first elements along an axis. */
#include "ops/builtin_ops.h"
#include "ops/move_util.h"

static TfLiteStatus get_io(TfLiteContext* context, const TfLiteNode* node, const TfLiteTensor** input,
                           const TfLiteTensor** second, TfLiteTensor** output) {
  LN_TRY(ln_check_io(context, node, 2, 2, 1));
  LN_TRY(ln_get_input(context, node, 0, input));
  LN_TRY(ln_get_input(context, node, 1, second));
  return ln_get_output(context, node, 0, output);
}

static TfLiteStatus prepare_like_input(TfLiteContext* context, const TfLiteTensor* input, TfLiteTensor* output) {
  size_t bytes;
  LN_TRY(ln_element_bytes(context, input, &bytes));
  LN_CHECK(context, ln_rank(input) <= LN_MAX_RANK, "input has rank %d; at most %d is allowed", ln_rank(input),
           LN_MAX_RANK);
  LN_TRY(ln_check_type(context, output, "output", input->type));
  return ln_resize_like(context, output, input);
}

static TfLiteStatus reverse_prepare(TfLiteContext* context, TfLiteNode* node) {
  const TfLiteTensor *input, *axes;
  TfLiteTensor* output;
  LN_TRY(get_io(context, node, &input, &axes, &output));
  LN_CHECK(context, ln_rank(axes) == 1 && ln_dim(axes, 0) <= ln_rank(input),
           "the axes must be a vector of at most %d elements, the input's rank", ln_rank(input));
  return prepare_like_input(context, input, output);
}

static TfLiteStatus read_axes(TfLiteContext* context, const TfLiteTensor* axes, int rank, bool reversed[LN_MAX_RANK]) {
  int32_t values[LN_MAX_RANK];
  int count, axis;
  for (int i = 0; i < rank; ++i) reversed[i] = false;
  LN_TRY(ln_read_ints(context, axes, "the axes", LN_MAX_RANK, values, &count));
  for (int i = 0; i < count; ++i) {
    LN_TRY(ln_normalize_axis(context, values[i], rank, &axis));
    LN_CHECK(context, !reversed[axis], "axis %d stands twice in the axes", axis);
    reversed[axis] = true;
  }
  return kTfLiteOk;
}

static TfLiteStatus reverse_invoke(TfLiteContext* context, TfLiteNode* node) {
  const TfLiteTensor *input, *axes;
  TfLiteTensor* output;
  bool reversed[LN_MAX_RANK];
  ptrdiff_t strides[LN_MAX_RANK], begin = 0;
  LN_TRY(get_io(context, node, &input, &axes, &output));
  const int rank = ln_rank(input);
  LN_TRY(read_axes(context, axes, rank, reversed));
  if (output->bytes == 0) return kTfLiteOk;
  const size_t bytes = ln_type_size(input->type);
  ln_strides(rank, input->dims->data, bytes, strides);
  ln_copy_shape shape = {0};
  for (int i = 0; i < rank; ++i) {
    ln_copy_add(&shape, (size_t)ln_dim(input, i), reversed[i] ? -strides[i] : strides[i], strides[i]);
    if (reversed[i]) begin += (ln_dim(input, i) - 1) * strides[i];
  }
  ln_strided_copy(&shape, input->data.raw + begin, output->data.raw, bytes);
  return kTfLiteOk;
}

/* ---- REVERSE_SEQUENCE ---- */

static TfLiteStatus get_dims(TfLiteContext* context, const TfLiteNode* node, const TfLiteTensor* input,
                             const TfLiteTensor* lengths, int* seq, int* batch) {
  const TfLiteReverseSequenceParams* params = node->builtin_data;
  LN_CHECK(context, params != NULL, "the options are missing");
  *seq = params->seq_dim;
  *batch = params->batch_dim;
  const int rank = ln_rank(input);
  LN_CHECK(context, *seq >= 0 && *seq < rank && *batch >= 0 && *batch < rank && *seq != *batch,
           "seq_dim is %d, batch_dim %d; two different ones in [0, %d) are right", *seq, *batch, rank);
  LN_CHECK(context, ln_rank(lengths) == 1 && ln_dim(lengths, 0) == ln_dim(input, *batch),
           "seq_lengths must be a vector of %d elements, one for each batch entry", ln_dim(input, *batch));
  return kTfLiteOk;
}

static TfLiteStatus sequence_prepare(TfLiteContext* context, TfLiteNode* node) {
  const TfLiteTensor *input, *lengths;
  TfLiteTensor* output;
  int seq, batch;
  LN_TRY(get_io(context, node, &input, &lengths, &output));
  LN_TRY(get_dims(context, node, input, lengths, &seq, &batch));
  LN_CHECK(context, lengths->type == kTfLiteInt32 || lengths->type == kTfLiteInt64,
           "seq_lengths is %s; INT32 or INT64 is right", TfLiteTypeGetName(lengths->type));
  return prepare_like_input(context, input, output);
}

/* Copies the batch entry at `from`: the first `length` of the sequence in reverse, then the rest. */
static void reverse_entry(const TfLiteTensor* t, int seq, int batch, const ptrdiff_t* strides, ptrdiff_t length,
                          const char* from, char* to) {
  const size_t bytes = ln_type_size(t->type);
  const ptrdiff_t step = strides[seq];
  ln_copy_shape head = {0}, tail = {0};
  for (int i = 0; i < ln_rank(t); ++i) {
    if (i == batch) continue;
    const size_t extent = (size_t)ln_dim(t, i);
    ln_copy_add(&head, i == seq ? (size_t)length : extent, i == seq ? -step : strides[i], strides[i]);
    ln_copy_add(&tail, i == seq ? extent - (size_t)length : extent, strides[i], strides[i]);
  }
  if (length > 0) ln_strided_copy(&head, from + (length - 1) * step, to, bytes);
  if (length < ln_dim(t, seq)) ln_strided_copy(&tail, from + length * step, to + length * step, bytes);
}

static TfLiteStatus sequence_invoke(TfLiteContext* context, TfLiteNode* node) {
  const TfLiteTensor *input, *lengths;
  TfLiteTensor* output;
  int seq, batch;
  ptrdiff_t strides[LN_MAX_RANK];
  LN_TRY(get_io(context, node, &input, &lengths, &output));
  LN_TRY(get_dims(context, node, input, lengths, &seq, &batch));
  ln_strides(ln_rank(input), input->dims->data, ln_type_size(input->type), strides);
  for (int b = 0; b < ln_dim(input, batch); ++b) {
    const int64_t length = lengths->type == kTfLiteInt64 ? lengths->data.i64[b] : lengths->data.i32[b];
    LN_CHECK(context, length >= 0 && length <= ln_dim(input, seq), "seq_lengths[%d] is %lld; it must be in [0, %d]", b,
             (long long)length, ln_dim(input, seq));
    if (output->bytes > 0)
      reverse_entry(input, seq, batch, strides, (ptrdiff_t)length, input->data.raw + b * strides[batch],
                    output->data.raw + b * strides[batch]);
  }
  return kTfLiteOk;
}

const TfLiteRegistration ln_op_reverse_v2 = {.prepare = reverse_prepare, .invoke = reverse_invoke};
const TfLiteRegistration ln_op_reverse_sequence = {.prepare = sequence_prepare, .invoke = sequence_invoke};
