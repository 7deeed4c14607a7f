/* STABLEHLO_DYNAMIC_SLICE and STABLEHLO_DYNAMIC_UPDATE_SLICE: a part of a tensor that starts where scalar operands say.
 * A start is moved so that the part lies within the tensor. */
#include "linnet/stablehlo.h"
#include "ops/builtin_ops.h"
#include "ops/element_util.h"
#include "ops/move_util.h"

/* The scalars from input `first` on, one for each of the operand's dimensions. */
static TfLiteStatus check_starts(TfLiteContext* context, const TfLiteNode* node, int first, int rank) {
  LN_CHECK(context, node->inputs->size == first + rank, "there are %d start indices; the operand's rank is %d",
           node->inputs->size - first, rank);
  for (int i = 0; i < rank; ++i) {
    const TfLiteTensor* start;
    LN_TRY(ln_get_input(context, node, first + i, &start));
    LN_CHECK(context, ln_is_index(start) && ln_num_elements(start) == 1,
             "start index %d is %s with %lld elements; one integer is right", i, TfLiteTypeGetName(start->type),
             (long long)ln_num_elements(start));
  }
  return kTfLiteOk;
}

/* The offset in bytes of the part of those extents, whose strides are the operand's. */
static TfLiteStatus find_part(TfLiteContext* context, const TfLiteNode* node, int first, const TfLiteTensor* operand,
                              const TfLiteTensor* part, const ptrdiff_t* strides, ptrdiff_t* offset) {
  *offset = 0;
  for (int i = 0; i < ln_rank(operand); ++i) {
    const TfLiteTensor* start;
    LN_TRY(ln_get_input(context, node, first + i, &start));
    const int32_t index = ln_index_at(start, 0);
    const int32_t last = ln_dim(operand, i) - ln_dim(part, i);
    *offset += (ptrdiff_t)(index < 0 ? 0 : index > last ? last : index) * strides[i];
  }
  return kTfLiteOk;
}

/* Copies between the part and the place in the operand's layout at `at`. */
static void copy_part(const TfLiteTensor* part, const ptrdiff_t* strides, char* at, bool to_part, size_t bytes) {
  ptrdiff_t own[LN_MAX_RANK] = {0};
  ln_copy_shape shape = {0};
  if (ln_rank(part) > 0) ln_strides(ln_rank(part), part->dims->data, bytes, own);
  for (int i = 0; i < ln_rank(part); ++i)
    ln_copy_add(&shape, (size_t)ln_dim(part, i), to_part ? strides[i] : own[i], to_part ? own[i] : strides[i]);
  ln_strided_copy(&shape, to_part ? at : part->data.raw, to_part ? part->data.raw : at, bytes);
}

static TfLiteStatus slice_prepare(TfLiteContext* context, TfLiteNode* node) {
  const LinnetStablehloDynamicSliceParams* p = node->builtin_data;
  const TfLiteTensor* operand;
  TfLiteTensor* output;
  size_t bytes;
  int32_t dims[LN_MAX_RANK];
  LN_CHECK(context, p != NULL, "the options are missing");
  LN_TRY(ln_check_io(context, node, 1, 1 + LN_MAX_RANK, 1));
  LN_TRY(ln_get_input(context, node, 0, &operand));
  LN_TRY(ln_get_output(context, node, 0, &output));
  LN_TRY(ln_element_bytes(context, operand, &bytes));
  LN_TRY(ln_check_same_meaning(context, operand, "the operand", output, "the result"));
  LN_TRY(check_starts(context, node, 1, ln_rank(operand)));
  LN_CHECK(context, p->num_slice_sizes == ln_rank(operand), "there are %d slice sizes; the operand's rank is %d",
           p->num_slice_sizes, ln_rank(operand));
  for (int i = 0; i < ln_rank(operand); ++i) {
    LN_CHECK(context, p->slice_sizes[i] >= 0 && p->slice_sizes[i] <= ln_dim(operand, i),
             "slice size %d is %lld; it must be in [0, %d]", i, (long long)p->slice_sizes[i], ln_dim(operand, i));
    dims[i] = (int32_t)p->slice_sizes[i];
  }
  return ln_resize(context, output, ln_rank(operand), dims);
}

static TfLiteStatus slice_invoke(TfLiteContext* context, TfLiteNode* node) {
  const TfLiteTensor* operand;
  TfLiteTensor* output;
  ptrdiff_t strides[LN_MAX_RANK] = {0}, offset;
  LN_TRY(ln_get_input(context, node, 0, &operand));
  LN_TRY(ln_get_output(context, node, 0, &output));
  if (output->bytes == 0) return kTfLiteOk;
  const size_t bytes = ln_type_size(operand->type);
  if (ln_rank(operand) > 0) ln_strides(ln_rank(operand), operand->dims->data, bytes, strides);
  LN_TRY(find_part(context, node, 1, operand, output, strides, &offset));
  copy_part(output, strides, operand->data.raw + offset, true, bytes);
  return kTfLiteOk;
}

const TfLiteRegistration ln_op_stablehlo_dynamic_slice = {.prepare = slice_prepare, .invoke = slice_invoke};

static TfLiteStatus update_prepare(TfLiteContext* context, TfLiteNode* node) {
  const TfLiteTensor *operand, *update;
  TfLiteTensor* output;
  size_t bytes;
  LN_TRY(ln_check_io(context, node, 2, 2 + LN_MAX_RANK, 1));
  LN_TRY(ln_get_input(context, node, 0, &operand));
  LN_TRY(ln_get_input(context, node, 1, &update));
  LN_TRY(ln_get_output(context, node, 0, &output));
  LN_TRY(ln_element_bytes(context, operand, &bytes));
  LN_TRY(ln_check_same_meaning(context, operand, "the operand", update, "the update"));
  LN_TRY(ln_check_same_meaning(context, operand, "the operand", output, "the result"));
  LN_TRY(check_starts(context, node, 2, ln_rank(operand)));
  LN_CHECK(context, ln_rank(update) == ln_rank(operand),
           "the update has rank %d, the operand %d; they must be the same", ln_rank(update), ln_rank(operand));
  for (int i = 0; i < ln_rank(operand); ++i)
    LN_CHECK(context, ln_dim(update, i) <= ln_dim(operand, i), "dimension %d of the update is %d; at most %d is right",
             i, ln_dim(update, i), ln_dim(operand, i));
  return ln_resize_like(context, output, operand);
}

static TfLiteStatus update_invoke(TfLiteContext* context, TfLiteNode* node) {
  const TfLiteTensor *operand, *update;
  TfLiteTensor* output;
  ptrdiff_t strides[LN_MAX_RANK] = {0}, offset;
  LN_TRY(ln_get_input(context, node, 0, &operand));
  LN_TRY(ln_get_input(context, node, 1, &update));
  LN_TRY(ln_get_output(context, node, 0, &output));
  const size_t bytes = ln_type_size(operand->type);
  LN_TRY(ln_copy_whole(context, operand, output));
  if (update->bytes == 0) return kTfLiteOk;
  if (ln_rank(operand) > 0) ln_strides(ln_rank(operand), operand->dims->data, bytes, strides);
  LN_TRY(find_part(context, node, 2, operand, update, strides, &offset));
  copy_part(update, strides, output->data.raw + offset, false, bytes);
  return kTfLiteOk;
}

const TfLiteRegistration ln_op_stablehlo_dynamic_update_slice = {.prepare = update_prepare, .invoke = update_invoke};
