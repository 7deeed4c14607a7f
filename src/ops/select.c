/* SELECT and SELECT_V2: elements of one tensor where a condition holds, of another where not. SELECT takes a condition
 * for each element, or one for each entry of the first dimension; SELECT_V2 broadcasts all three. */
#include "kernels/generic/select.h"

#include "ops/builtin_ops.h"
#include "ops/move_util.h"

typedef struct select_io {
  const TfLiteTensor* inputs[3]; /* condition, where it holds, where not */
  TfLiteTensor* output;
} select_io;

static TfLiteStatus get_io(TfLiteContext* context, const TfLiteNode* node, select_io* io) {
  LN_TRY(ln_check_io(context, node, 3, 3, 1));
  for (int i = 0; i < 3; ++i) LN_TRY(ln_get_input(context, node, i, &io->inputs[i]));
  return ln_get_output(context, node, 0, &io->output);
}

static TfLiteStatus prepare_types(TfLiteContext* context, const select_io* io) {
  size_t bytes;
  LN_TRY(ln_check_type(context, io->inputs[0], "the condition", kTfLiteBool));
  LN_TRY(ln_check_type(context, io->inputs[2], "the second value", io->inputs[1]->type));
  LN_TRY(ln_element_bytes(context, io->inputs[1], &bytes));
  return ln_set_type(context, io->output, io->inputs[1]->type);
}

/* Scalars and tensors of one element may be mixed: the output keeps the shape that the file gives it. */
static bool is_single(const select_io* io) {
  return ln_rank(io->output) <= LN_MAX_RANK && ln_num_elements(io->inputs[0]) == 1 &&
         ln_num_elements(io->inputs[1]) == 1 && ln_num_elements(io->inputs[2]) == 1 && ln_num_elements(io->output) == 1;
}

static TfLiteStatus select_prepare(TfLiteContext* context, TfLiteNode* node) {
  select_io io;
  LN_TRY(get_io(context, node, &io));
  LN_TRY(prepare_types(context, &io));
  if (is_single(&io)) return ln_resize_like(context, io.output, io.output);
  const TfLiteTensor *condition = io.inputs[0], *yes = io.inputs[1];
  LN_CHECK(context, ln_same_shape(yes, io.inputs[2]) && ln_rank(yes) <= LN_MAX_RANK,
           "the values' shapes differ, or have a rank over %d; they must be the same", LN_MAX_RANK);
  const bool per_entry = ln_rank(condition) == 0 ||
                         (ln_rank(condition) == 1 && ln_rank(yes) >= 1 && ln_dim(condition, 0) == ln_dim(yes, 0));
  LN_CHECK(context, per_entry || ln_same_shape(condition, yes),
           "the condition must have the values' shape, be a scalar, or a vector with one for each first index");
  return ln_resize_like(context, io.output, yes);
}

static TfLiteStatus select_v2_prepare(TfLiteContext* context, TfLiteNode* node) {
  select_io io;
  int32_t dims[LN_MAX_RANK];
  int rank = 0;
  LN_TRY(get_io(context, node, &io));
  LN_TRY(prepare_types(context, &io));
  if (is_single(&io)) return ln_resize_like(context, io.output, io.output);
  for (int k = 0; k < 3; ++k) {
    LN_CHECK(context, ln_rank(io.inputs[k]) <= LN_MAX_RANK, "rank %d; at most %d is allowed", ln_rank(io.inputs[k]),
             LN_MAX_RANK);
    if (ln_rank(io.inputs[k]) > rank) rank = ln_rank(io.inputs[k]);
  }
  for (int i = 0; i < rank; ++i) {
    dims[i] = 1;
    for (int k = 0; k < 3; ++k) {
      const int axis = i - (rank - ln_rank(io.inputs[k])), extent = axis >= 0 ? ln_dim(io.inputs[k], axis) : 1;
      LN_CHECK(context, extent == 1 || dims[i] == 1 || extent == dims[i],
               "the inputs' dimensions %d and %d do not broadcast", dims[i], extent);
      if (extent != 1) dims[i] = extent;
    }
  }
  return ln_resize(context, io.output, rank, dims);
}

/* Adds up where an input's axes lie against the output's: behind, or, for the condition of SELECT, in front. */
static ln_select_shape shape_of(const select_io* io, bool condition_in_front) {
  size_t strides[LN_MAX_RANK][3] = {{0}};
  const int rank = ln_rank(io->output);
  for (int k = 0; k < 3; ++k) {
    const TfLiteTensor* t = io->inputs[k];
    const int shift = k == 0 && condition_in_front ? 0 : rank - ln_rank(t);
    size_t stride = 1;
    for (int i = ln_rank(t) - 1; i >= 0; --i) {
      if (i + shift >= 0 && i + shift < rank) strides[i + shift][k] = ln_dim(t, i) == 1 ? 0 : stride;
      stride *= (size_t)ln_dim(t, i);
    }
  }
  ln_select_shape shape = {0};
  for (int i = 0; i < rank; ++i) ln_select_add(&shape, (size_t)ln_dim(io->output, i), strides[i]);
  return shape;
}

static TfLiteStatus invoke(TfLiteContext* context, TfLiteNode* node, bool condition_in_front) {
  select_io io;
  LN_TRY(get_io(context, node, &io));
  if (io.output->bytes == 0) return kTfLiteOk;
  const ln_select_shape shape = shape_of(&io, condition_in_front);
  ln_select(&shape, io.inputs[0]->data.uint8, io.inputs[1]->data.raw, io.inputs[2]->data.raw, io.output->data.raw,
            ln_type_size(io.output->type));
  return kTfLiteOk;
}

static TfLiteStatus select_invoke(TfLiteContext* context, TfLiteNode* node) { return invoke(context, node, true); }

static TfLiteStatus select_v2_invoke(TfLiteContext* context, TfLiteNode* node) { return invoke(context, node, false); }

const TfLiteRegistration ln_op_select = {.prepare = select_prepare, .invoke = select_invoke};
const TfLiteRegistration ln_op_select_v2 = {.prepare = select_v2_prepare, .invoke = select_v2_invoke};
