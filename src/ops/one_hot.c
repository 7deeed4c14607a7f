/* ONE_HOT: for each index a row of `off` values with one `on`. */
#include "ops/builtin_ops.h"
#include "ops/move_util.h"

typedef struct one_hot_io {
  const TfLiteTensor *indices, *depth, *on, *off;
  TfLiteTensor* output;
  int axis; /* of the rows in the output */
} one_hot_io;

static TfLiteStatus get_io(TfLiteContext* context, const TfLiteNode* node, one_hot_io* io) {
  const TfLiteOneHotParams* params = node->builtin_data;
  LN_CHECK(context, params != NULL, "the options are missing");
  LN_TRY(ln_check_io(context, node, 4, 4, 1));
  LN_TRY(ln_get_input(context, node, 0, &io->indices));
  LN_TRY(ln_get_input(context, node, 1, &io->depth));
  LN_TRY(ln_get_input(context, node, 2, &io->on));
  LN_TRY(ln_get_input(context, node, 3, &io->off));
  LN_TRY(ln_get_output(context, node, 0, &io->output));
  const int rank = ln_rank(io->indices);
  LN_CHECK(context, params->axis >= -1 && params->axis <= rank && rank < LN_MAX_RANK,
           "axis is %d for indices of rank %d; -1 to the rank, which is at most %d, is right", params->axis, rank,
           LN_MAX_RANK - 1);
  io->axis = params->axis == -1 ? rank : params->axis;
  return kTfLiteOk;
}

static TfLiteStatus resize_output(TfLiteContext* context, const one_hot_io* io) {
  int32_t depth, dims[LN_MAX_RANK];
  int count;
  const int rank = ln_rank(io->indices) + 1;
  LN_TRY(ln_read_ints(context, io->depth, "depth", 1, &depth, &count));
  LN_CHECK(context, count == 1 && depth >= 0, "depth must be one number of at least 0");
  for (int i = 0; i < rank; ++i)
    dims[i] = i < io->axis ? ln_dim(io->indices, i) : i == io->axis ? depth : ln_dim(io->indices, i - 1);
  return ln_resize(context, io->output, rank, dims);
}

static TfLiteStatus prepare(TfLiteContext* context, TfLiteNode* node) {
  one_hot_io io;
  size_t bytes;
  LN_TRY(get_io(context, node, &io));
  LN_CHECK(context, io.indices->type == kTfLiteInt32 || io.indices->type == kTfLiteInt64,
           "indices are %s; INT32 or INT64 is right", TfLiteTypeGetName(io.indices->type));
  LN_TRY(ln_element_bytes(context, io.on, &bytes));
  LN_TRY(ln_check_type(context, io.off, "the off value", io.on->type));
  LN_CHECK(context, ln_num_elements(io.on) == 1 && ln_num_elements(io.off) == 1 && ln_num_elements(io.depth) == 1,
           "depth, the on value and the off value must be one element each");
  LN_TRY(ln_set_type(context, io.output, io.on->type));
  if (ln_is_constant(io.depth)) return resize_output(context, &io);
  ln_set_dynamic(io.output);
  return kTfLiteOk;
}

static TfLiteStatus invoke(TfLiteContext* context, TfLiteNode* node) {
  one_hot_io io;
  LN_TRY(get_io(context, node, &io));
  if (!ln_is_constant(io.depth)) LN_TRY(resize_output(context, &io));
  const size_t bytes = ln_type_size(io.output->type);
  if (io.output->bytes == 0) return kTfLiteOk;
  ln_fill_elements(io.off->data.raw, bytes, io.output->data.raw, io.output->bytes / bytes);
  const size_t outer = ln_extent(io.output, 0, io.axis), depth = (size_t)ln_dim(io.output, io.axis);
  const size_t inner = ln_extent(io.output, io.axis + 1, ln_rank(io.output));
  for (size_t o = 0; o < outer; ++o)
    for (size_t i = 0; i < inner; ++i) {
      /* Of 64 bits the low 32 count, as in the reference. */
      const size_t k = o * inner + i;
      const int32_t index = io.indices->type == kTfLiteInt64 ? (int32_t)(uint32_t)(uint64_t)io.indices->data.i64[k]
                                                             : io.indices->data.i32[k];
      if (index >= 0 && (size_t)index < depth)
        memcpy(io.output->data.raw + ((o * depth + (size_t)index) * inner + i) * bytes, io.on->data.raw, bytes);
    }
  return kTfLiteOk;
}

const TfLiteRegistration ln_op_one_hot = {.prepare = prepare, .invoke = invoke};
