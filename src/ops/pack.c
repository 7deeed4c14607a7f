/* PACK and UNPACK: tensors along a new axis. */
#include "ops/builtin_ops.h"
#include "ops/move_util.h"

static TfLiteStatus pack_invoke(TfLiteContext* context, TfLiteNode* node) {
  const TfLitePackParams* params = node->builtin_data;
  const TfLiteTensor* t;
  TfLiteTensor* output;
  int axis;
  size_t bytes;
  LN_TRY(ln_get_output(context, node, 0, &output));
  LN_TRY(ln_normalize_axis(context, params->axis, ln_rank(output), &axis));
  LN_TRY(ln_element_bytes(context, output, &bytes));
  const size_t outer = ln_extent(output, 0, axis), row = ln_extent(output, axis + 1, ln_rank(output)) * bytes;
  const size_t count = (size_t)node->inputs->size;
  for (size_t k = 0; k < count; ++k) {
    LN_TRY(ln_get_input(context, node, (int)k, &t));
    for (size_t o = 0; o < outer && row > 0; ++o)
      memcpy(output->data.raw + (o * count + k) * row, t->data.raw + o * row, row);
  }
  return kTfLiteOk;
}

static TfLiteStatus pack_prepare(TfLiteContext* context, TfLiteNode* node) {
  const TfLitePackParams* params = node->builtin_data;
  const TfLiteTensor *first, *t;
  TfLiteTensor* output;
  int axis;
  size_t bytes;
  int32_t dims[LN_MAX_RANK];
  const int count = params != NULL ? params->values_count : 0;
  LN_CHECK(context, count >= 1, "values_count is %d; it must be at least 1", count);
  LN_TRY(ln_check_io(context, node, count, count, 1));
  LN_TRY(ln_get_input(context, node, 0, &first));
  LN_TRY(ln_get_output(context, node, 0, &output));
  LN_TRY(ln_element_bytes(context, first, &bytes));
  LN_TRY(ln_check_type(context, output, "output", first->type));
  const int rank = ln_rank(first) + 1;
  LN_CHECK(context, rank <= LN_MAX_RANK, "the output's rank would be %d; at most %d is allowed", rank, LN_MAX_RANK);
  LN_TRY(ln_normalize_axis(context, params->axis, rank, &axis));
  for (int i = 1; i < count; ++i) {
    LN_TRY(ln_get_input(context, node, i, &t));
    LN_CHECK(context, t->type == first->type && ln_same_shape(t, first),
             "input %d differs from input 0 in shape or type", i);
    LN_CHECK(context, t->params.scale == first->params.scale && t->params.zero_point == first->params.zero_point,
             "input %d differs from input 0 in scale or zero point", i);
  }
  for (int i = 0; i < rank; ++i) dims[i] = i < axis ? ln_dim(first, i) : i == axis ? count : ln_dim(first, i - 1);
  LN_TRY(ln_resize(context, output, rank, dims));
  return ln_compute_once(context, node, pack_invoke);
}

static TfLiteStatus unpack_prepare(TfLiteContext* context, TfLiteNode* node) {
  const TfLiteUnpackParams* params = node->builtin_data;
  const TfLiteTensor* input;
  int axis, kept = 0;
  size_t bytes;
  int32_t dims[LN_MAX_RANK];
  LN_CHECK(context, params != NULL && params->num == node->outputs->size, "%d outputs for num %d; they must be equal",
           node->outputs->size, params != NULL ? params->num : 0);
  LN_TRY(ln_check_io(context, node, 1, 1, node->outputs->size));
  LN_TRY(ln_get_input(context, node, 0, &input));
  LN_TRY(ln_element_bytes(context, input, &bytes));
  LN_CHECK(context, ln_rank(input) <= LN_MAX_RANK, "rank %d; at most %d is allowed", ln_rank(input), LN_MAX_RANK);
  LN_TRY(ln_normalize_axis(context, params->axis, ln_rank(input), &axis));
  LN_CHECK(context, ln_dim(input, axis) == params->num, "axis %d has extent %d; num is %d", axis, ln_dim(input, axis),
           params->num);
  for (int i = 0; i < ln_rank(input); ++i)
    if (i != axis) dims[kept++] = ln_dim(input, i);
  for (int i = 0; i < node->outputs->size; ++i) {
    TfLiteTensor* output;
    LN_TRY(ln_get_output(context, node, i, &output));
    LN_TRY(ln_check_type(context, output, "output", input->type));
    LN_TRY(ln_resize(context, output, kept, dims));
  }
  return kTfLiteOk;
}

static TfLiteStatus unpack_invoke(TfLiteContext* context, TfLiteNode* node) {
  const TfLiteUnpackParams* params = node->builtin_data;
  const TfLiteTensor* input;
  int axis;
  size_t bytes;
  LN_TRY(ln_get_input(context, node, 0, &input));
  LN_TRY(ln_normalize_axis(context, params->axis, ln_rank(input), &axis));
  LN_TRY(ln_element_bytes(context, input, &bytes));
  const size_t outer = ln_extent(input, 0, axis), row = ln_extent(input, axis + 1, ln_rank(input)) * bytes;
  const size_t count = (size_t)node->outputs->size;
  for (size_t k = 0; k < count; ++k) {
    TfLiteTensor* output;
    LN_TRY(ln_get_output(context, node, (int)k, &output));
    for (size_t o = 0; o < outer && row > 0; ++o)
      memcpy(output->data.raw + o * row, input->data.raw + (o * count + k) * row, row);
  }
  return kTfLiteOk;
}

const TfLiteRegistration ln_op_pack = {.prepare = pack_prepare, .invoke = pack_invoke};
const TfLiteRegistration ln_op_unpack = {.prepare = unpack_prepare, .invoke = unpack_invoke};
