/* DYNAMIC_UPDATE_SLICE: a tensor with a part of it replaced, at a place that is data and is moved inside. */
#include "ops/builtin_ops.h"
#include "ops/move_util.h"

typedef struct update_io {
  const TfLiteTensor *operand, *update, *start;
  TfLiteTensor* output;
} update_io;

static TfLiteStatus get_io(TfLiteContext* context, const TfLiteNode* node, update_io* io) {
  LN_TRY(ln_check_io(context, node, 3, 3, 1));
  LN_TRY(ln_get_input(context, node, 0, &io->operand));
  LN_TRY(ln_get_input(context, node, 1, &io->update));
  LN_TRY(ln_get_input(context, node, 2, &io->start));
  return ln_get_output(context, node, 0, &io->output);
}

static TfLiteStatus prepare(TfLiteContext* context, TfLiteNode* node) {
  update_io io;
  size_t bytes;
  LN_TRY(get_io(context, node, &io));
  const int rank = ln_rank(io.operand);
  LN_CHECK(context, io.operand->type != kTfLiteString, "operand is STRING; it must have elements of a fixed size");
  LN_TRY(ln_move_bytes(context, io.operand, &bytes));
  LN_TRY(ln_check_type(context, io.update, "update", io.operand->type));
  LN_CHECK(context, rank <= LN_MAX_RANK && ln_rank(io.update) == rank,
           "operand has rank %d, update %d; the same one, at most %d, is right", rank, ln_rank(io.update), LN_MAX_RANK);
  LN_CHECK(context, io.start->type == kTfLiteInt32 || io.start->type == kTfLiteInt64,
           "start_indices is %s; INT32 or INT64 is right", TfLiteTypeGetName(io.start->type));
  LN_CHECK(context, ln_rank(io.start) == 1 && ln_dim(io.start, 0) == rank,
           "start_indices must be a vector of %d elements, the operand's rank", rank);
  for (int i = 0; i < rank; ++i)
    LN_CHECK(context, ln_dim(io.update, i) <= ln_dim(io.operand, i),
             "update has extent %d in dimension %d; at most the operand's %d is right", ln_dim(io.update, i), i,
             ln_dim(io.operand, i));
  LN_TRY(ln_set_type(context, io.output, io.operand->type));
  return ln_resize_like(context, io.output, io.operand);
}

/* Where the update begins: inside, whatever the indices say. */
static int32_t start_at(const update_io* io, int axis) {
  const int64_t value = io->start->type == kTfLiteInt64 ? io->start->data.i64[axis] : io->start->data.i32[axis];
  const int32_t last = ln_dim(io->operand, axis) - ln_dim(io->update, axis);
  return value < 0 ? 0 : value > last ? last : (int32_t)value;
}

static void copy_update(const update_io* io, const char* from, char* to, size_t bytes) {
  const int rank = ln_rank(io->operand);
  ptrdiff_t src[LN_MAX_RANK], dst[LN_MAX_RANK], begin = 0;
  ln_strides(rank, io->update->dims->data, bytes, src);
  ln_strides(rank, io->operand->dims->data, bytes, dst);
  ln_copy_shape shape = {0};
  for (int i = 0; i < rank; ++i) {
    ln_copy_add(&shape, (size_t)ln_dim(io->update, i), src[i], dst[i]);
    begin += start_at(io, i) * dst[i];
  }
  if (ln_num_elements(io->update) > 0) ln_strided_copy(&shape, from, to + begin, bytes);
}

/* Elements of less than a byte: both tensors are unpacked, and packed again. */
static TfLiteStatus invoke_packed(TfLiteContext* context, const update_io* io) {
  ln_move whole, part;
  const size_t count = (size_t)ln_num_elements(io->operand);
  LN_TRY(ln_move_begin(context, io->operand, io->output, &whole));
  if (count > 0) memcpy(whole.to, whole.from, count);
  TfLiteStatus status = ln_move_begin(context, io->update, io->output, &part);
  if (status == kTfLiteOk) {
    copy_update(io, part.from, whole.to, part.bytes);
    ln_free(part.block);
  }
  return ln_move_end(context, io->output, &whole, status);
}

static TfLiteStatus invoke(TfLiteContext* context, TfLiteNode* node) {
  update_io io;
  LN_TRY(get_io(context, node, &io));
  const size_t bytes = ln_type_size(io.operand->type);
  /* An update of the whole may be the operand itself, and the output with it. */
  if (ln_num_elements(io.update) == ln_num_elements(io.operand)) return ln_copy_whole(context, io.update, io.output);
  if (bytes == 0) return invoke_packed(context, &io);
  LN_TRY(ln_copy_whole(context, io.operand, io.output));
  copy_update(&io, io.update->data.raw, io.output->data.raw, bytes);
  return kTfLiteOk;
}

const TfLiteRegistration ln_op_dynamic_update_slice = {
    .prepare = prepare, .invoke = invoke, .inplace_operator = kTfLiteInplaceOpInput0Shared};
