/* SPACE_TO_BATCH_ND and BATCH_TO_SPACE_ND: the pixels of a block become batch entries, and back. [N, spatial..., C].
 *
 * Pixel p of a padded axis, p = cell * block + offset, is pixel `cell` of the batch entries of that offset; the offsets
 * of all axes count batches, the last axis fastest. */
#include "ops/builtin_ops.h"
#include "ops/move_util.h"

typedef struct blocks {
  int axes; /* spatial ones */
  int32_t block[LN_MAX_RANK], before[LN_MAX_RANK], after[LN_MAX_RANK];
} blocks;

typedef struct block_io {
  const TfLiteTensor *input, *block, *margins;
  TfLiteTensor* output;
} block_io;

static TfLiteStatus get_io(TfLiteContext* context, const TfLiteNode* node, block_io* io) {
  LN_TRY(ln_check_io(context, node, 3, 3, 1));
  LN_TRY(ln_get_input(context, node, 0, &io->input));
  LN_TRY(ln_get_input(context, node, 1, &io->block));
  LN_TRY(ln_get_input(context, node, 2, &io->margins));
  return ln_get_output(context, node, 0, &io->output);
}

static TfLiteStatus read_blocks(TfLiteContext* context, const block_io* io, blocks* b) {
  int32_t margins[2 * LN_MAX_RANK];
  int count;
  b->axes = ln_rank(io->input) - 2;
  LN_TRY(ln_read_ints(context, io->block, "block_shape", LN_MAX_RANK, b->block, &count));
  LN_CHECK(context, ln_rank(io->block) == 1 && count == b->axes, "block_shape has %d elements; a vector of %d is right",
           count, b->axes);
  LN_TRY(ln_read_ints(context, io->margins, "the crops or paddings", 2 * LN_MAX_RANK, margins, &count));
  LN_CHECK(context, ln_rank(io->margins) == 2 && ln_dim(io->margins, 0) == b->axes && ln_dim(io->margins, 1) == 2,
           "crops or paddings have %d elements; a shape of [%d, 2] is right", count, b->axes);
  for (int i = 0; i < b->axes; ++i) {
    b->before[i] = margins[2 * i];
    b->after[i] = margins[2 * i + 1];
    LN_CHECK(context, b->block[i] >= 1 && b->before[i] >= 0 && b->after[i] >= 0,
             "axis %d has block %d and margins %d, %d; at least 1 and 0 are right", i, b->block[i], b->before[i],
             b->after[i]);
  }
  return kTfLiteOk;
}

static TfLiteStatus resize_to_batch(TfLiteContext* context, const block_io* io) {
  blocks b = {0};
  int32_t dims[LN_MAX_RANK] = {0};
  LN_TRY(read_blocks(context, io, &b));
  const int rank = ln_rank(io->input);
  for (int i = 0; i < rank; ++i) dims[i] = ln_dim(io->input, i);
  for (int i = 0; i < b.axes; ++i) {
    int32_t* extent = &dims[i + 1];
    LN_CHECK(context, ln_add_i32(*extent, b.before[i], extent) && ln_add_i32(*extent, b.after[i], extent),
             "the padded extent of axis %d overflows", i);
    LN_CHECK(context, *extent % b.block[i] == 0, "the padded extent %d of axis %d is not whole blocks of %d", *extent,
             i, b.block[i]);
    *extent /= b.block[i];
    LN_CHECK(context, ln_mul_i32(dims[0], b.block[i], &dims[0]), "the output's batch overflows");
  }
  return ln_resize(context, io->output, rank, dims);
}

static TfLiteStatus resize_to_space(TfLiteContext* context, const block_io* io) {
  blocks b = {0};
  int32_t dims[LN_MAX_RANK] = {0};
  LN_TRY(read_blocks(context, io, &b));
  const int rank = ln_rank(io->input);
  for (int i = 0; i < rank; ++i) dims[i] = ln_dim(io->input, i);
  for (int i = 0; i < b.axes; ++i) {
    LN_CHECK(context, dims[0] % b.block[i] == 0, "a batch of %d is not whole blocks of %d", dims[0], b.block[i]);
    dims[0] /= b.block[i];
    const int64_t extent = (int64_t)dims[i + 1] * b.block[i] - b.before[i] - b.after[i];
    LN_CHECK(context, extent >= 0 && extent <= INT32_MAX, "axis %d would have extent %lld", i, (long long)extent);
    dims[i + 1] = (int32_t)extent;
  }
  return ln_resize(context, io->output, rank, dims);
}

typedef TfLiteStatus (*resize_function)(TfLiteContext* context, const block_io* io);

static TfLiteStatus prepare(TfLiteContext* context, TfLiteNode* node, resize_function resize) {
  block_io io;
  size_t bytes;
  LN_TRY(get_io(context, node, &io));
  const TfLiteType type = io.input->type;
  LN_TRY(ln_element_bytes(context, io.input, &bytes));
  LN_TRY(ln_check_type(context, io.output, "output", type));
  LN_CHECK(context, ln_rank(io.input) >= 3 && ln_rank(io.input) <= LN_MAX_RANK, "input has rank %d; 3 to %d is right",
           ln_rank(io.input), LN_MAX_RANK);
  if (type == kTfLiteUInt8 || type == kTfLiteInt8 || type == kTfLiteInt16)
    LN_CHECK(context,
             io.input->params.scale == io.output->params.scale &&
                 io.input->params.zero_point == io.output->params.zero_point,
             "the input's scale or zero point differs from the output's; they must be the same");
  LN_CHECK(context, type != kTfLiteInt16 || io.input->params.zero_point == 0, "the zero point is %d; it must be 0",
           io.input->params.zero_point);
  if (ln_is_constant(io.block) && ln_is_constant(io.margins)) return resize(context, &io);
  ln_set_dynamic(io.output);
  return kTfLiteOk;
}

/* The pixels of one offset in the block: those of `space` that are no margin, and where they lie in `batch`. False:
 * none.
 */
static bool add_axis(const blocks* b, int i, int32_t offset, const TfLiteTensor* space, const ptrdiff_t* space_strides,
                     const ptrdiff_t* batch_strides, bool to_batch, ln_copy_shape* shape, ptrdiff_t* space_begin,
                     ptrdiff_t* batch_begin) {
  const int64_t block = b->block[i], first = b->before[i] > offset ? (b->before[i] - offset + block - 1) / block : 0;
  const int64_t pixel = first * block + offset - b->before[i], left = ln_dim(space, i + 1) - pixel;
  if (left <= 0) return false;
  *space_begin += (ptrdiff_t)pixel * space_strides[i + 1];
  *batch_begin += (ptrdiff_t)first * batch_strides[i + 1];
  const ptrdiff_t space_step = (ptrdiff_t)block * space_strides[i + 1], batch_step = batch_strides[i + 1];
  ln_copy_add(shape, (size_t)((left + block - 1) / block), to_batch ? space_step : batch_step,
              to_batch ? batch_step : space_step);
  return true;
}

static void copy_offset(const block_io* io, const blocks* b, const int32_t* offsets, ptrdiff_t first_entry,
                        bool to_batch) {
  const TfLiteTensor *space = to_batch ? io->input : io->output, *batch = to_batch ? io->output : io->input;
  const int rank = ln_rank(space);
  const size_t bytes = ln_type_size(space->type);
  ptrdiff_t space_strides[LN_MAX_RANK] = {0}, batch_strides[LN_MAX_RANK] = {0};
  ln_strides(rank, space->dims->data, bytes, space_strides);
  ln_strides(rank, batch->dims->data, bytes, batch_strides);
  ptrdiff_t space_begin = 0, batch_begin = first_entry * batch_strides[0];
  ln_copy_shape shape = {0};
  ln_copy_add(&shape, (size_t)ln_dim(space, 0), to_batch ? space_strides[0] : batch_strides[0],
              to_batch ? batch_strides[0] : space_strides[0]);
  for (int i = 0; i < b->axes; ++i)
    if (!add_axis(b, i, offsets[i], space, space_strides, batch_strides, to_batch, &shape, &space_begin, &batch_begin))
      return;
  ln_copy_add(&shape, (size_t)ln_dim(space, rank - 1), (ptrdiff_t)bytes, (ptrdiff_t)bytes);
  ln_strided_copy(&shape, io->input->data.raw + (to_batch ? space_begin : batch_begin),
                  io->output->data.raw + (to_batch ? batch_begin : space_begin), bytes);
}

static bool has_margins(const blocks* b) {
  for (int i = 0; i < b->axes; ++i)
    if (b->before[i] != 0 || b->after[i] != 0) return true;
  return false;
}

static TfLiteStatus invoke(TfLiteContext* context, TfLiteNode* node, resize_function resize, bool to_batch) {
  block_io io;
  blocks b = {0};
  LN_TRY(get_io(context, node, &io));
  if (!ln_is_constant(io.block) || !ln_is_constant(io.margins)) LN_TRY(resize(context, &io));
  if (io.output->bytes == 0) return kTfLiteOk;
  LN_TRY(read_blocks(context, &io, &b));
  if (to_batch && has_margins(&b)) {
    char zero[LN_ELEMENT_MAX];
    const size_t bytes = ln_type_size(io.output->type);
    ln_zero_element(io.output, zero);
    ln_fill_elements(zero, bytes, io.output->data.raw, io.output->bytes / bytes);
    if (io.input->bytes == 0) return kTfLiteOk;
  }
  int32_t offsets[LN_MAX_RANK] = {0};
  const ptrdiff_t entries = ln_dim(to_batch ? io.input : io.output, 0);
  const ptrdiff_t all = ln_dim(to_batch ? io.output : io.input, 0);
  for (ptrdiff_t first = 0; first < all; first += entries) {
    copy_offset(&io, &b, offsets, first, to_batch);
    for (int i = b.axes - 1; i >= 0 && ++offsets[i] == b.block[i]; --i) offsets[i] = 0;
  }
  return kTfLiteOk;
}

#define LN_BLOCK_OP(name, resize, to_batch)                                      \
  static TfLiteStatus name##_prepare(TfLiteContext* context, TfLiteNode* node) { \
    return prepare(context, node, resize);                                       \
  }                                                                              \
  static TfLiteStatus name##_invoke(TfLiteContext* context, TfLiteNode* node) {  \
    return invoke(context, node, resize, to_batch);                              \
  }                                                                              \
  const TfLiteRegistration ln_op_##name = {.prepare = name##_prepare, .invoke = name##_invoke};

LN_BLOCK_OP(space_to_batch_nd, resize_to_batch, true)
LN_BLOCK_OP(batch_to_space_nd, resize_to_space, false)
