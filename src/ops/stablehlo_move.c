/* StableHLO operators that put elements elsewhere by their options alone: RESHAPE, TRANSPOSE, SLICE, CONCATENATE,
 * BROADCAST_IN_DIM, and IOTA, which counts. RESHAPE, BROADCAST_IN_DIM and IOTA have no shape in their options: the
 * result has the one that the model gives its tensor. */
#include "linnet/stablehlo.h"
#include "ops/builtin_ops.h"
#include "ops/element_util.h"
#include "ops/move_util.h"

/* The result's shape, as the model has it, made the tensor's own. */
static TfLiteStatus keep_shape(TfLiteContext* context, TfLiteTensor* output) {
  LN_CHECK(context, ln_rank(output) <= LN_MAX_RANK, "the result has rank %d; at most %d is allowed", ln_rank(output),
           LN_MAX_RANK);
  return ln_resize_like(context, output, output);
}

static TfLiteStatus get_one(TfLiteContext* context, const TfLiteNode* node, const TfLiteTensor** input,
                            TfLiteTensor** output, size_t* bytes) {
  LN_TRY(ln_check_io(context, node, 1, 1, 1));
  LN_TRY(ln_get_input(context, node, 0, input));
  LN_TRY(ln_get_output(context, node, 0, output));
  LN_TRY(ln_element_bytes(context, *input, bytes));
  LN_CHECK(context, ln_rank(*input) <= LN_MAX_RANK, "the operand has rank %d; at most %d is allowed", ln_rank(*input),
           LN_MAX_RANK);
  return ln_check_same_meaning(context, *input, "the operand", *output, "the result");
}

/* ---- RESHAPE ---- */

static TfLiteStatus reshape_prepare(TfLiteContext* context, TfLiteNode* node) {
  const TfLiteTensor* input;
  TfLiteTensor* output;
  size_t bytes;
  LN_TRY(get_one(context, node, &input, &output, &bytes));
  LN_TRY(keep_shape(context, output));
  LN_CHECK(context, ln_num_elements(input) == ln_num_elements(output),
           "the operand has %lld elements, the result %lld; they must be as many", (long long)ln_num_elements(input),
           (long long)ln_num_elements(output));
  return kTfLiteOk;
}

static TfLiteStatus reshape_invoke(TfLiteContext* context, TfLiteNode* node) {
  const TfLiteTensor* input;
  TfLiteTensor* output;
  size_t bytes;
  LN_TRY(get_one(context, node, &input, &output, &bytes));
  return ln_copy_whole(context, input, output);
}

const TfLiteRegistration ln_op_stablehlo_reshape = {
    .prepare = reshape_prepare, .invoke = reshape_invoke, .inplace_operator = kTfLiteInplaceOpInput0Shared};

/* ---- TRANSPOSE: the result's dimension i is the operand's dimension permutation[i] ---- */

static TfLiteStatus check_permutation(TfLiteContext* context, const LinnetStablehloTransposeParams* params, int rank) {
  bool seen[LN_MAX_RANK] = {false};
  LN_CHECK(context, params != NULL, "the options are missing");
  LN_CHECK(context, params->num_permutation == rank, "the permutation has %d elements; the operand's rank is %d",
           params->num_permutation, rank);
  for (int i = 0; i < rank; ++i) {
    const int64_t axis = params->permutation[i];
    LN_CHECK(context, axis >= 0 && axis < rank && !seen[axis], "permutation[%d] is %lld, which is no axis or one taken",
             i, (long long)axis);
    seen[axis] = true;
  }
  return kTfLiteOk;
}

static TfLiteStatus transpose_prepare(TfLiteContext* context, TfLiteNode* node) {
  const LinnetStablehloTransposeParams* params = node->builtin_data;
  const TfLiteTensor* input;
  TfLiteTensor* output;
  size_t bytes;
  int32_t dims[LN_MAX_RANK];
  LN_TRY(get_one(context, node, &input, &output, &bytes));
  LN_TRY(check_permutation(context, params, ln_rank(input)));
  for (int i = 0; i < ln_rank(input); ++i) dims[i] = ln_dim(input, (int)params->permutation[i]);
  return ln_resize(context, output, ln_rank(input), dims);
}

static TfLiteStatus transpose_invoke(TfLiteContext* context, TfLiteNode* node) {
  const LinnetStablehloTransposeParams* params = node->builtin_data;
  const TfLiteTensor* input;
  TfLiteTensor* output;
  size_t bytes;
  ptrdiff_t src[LN_MAX_RANK], dst[LN_MAX_RANK];
  LN_TRY(get_one(context, node, &input, &output, &bytes));
  if (output->bytes == 0) return kTfLiteOk;
  const int rank = ln_rank(input);
  ln_copy_shape shape = {0};
  if (rank > 0) {
    ln_strides(rank, input->dims->data, bytes, src);
    ln_strides(rank, output->dims->data, bytes, dst);
  }
  for (int i = 0; i < rank; ++i) ln_copy_add(&shape, (size_t)ln_dim(output, i), src[params->permutation[i]], dst[i]);
  ln_strided_copy(&shape, input->data.raw, output->data.raw, bytes);
  return kTfLiteOk;
}

const TfLiteRegistration ln_op_stablehlo_transpose = {.prepare = transpose_prepare, .invoke = transpose_invoke};

/* ---- SLICE ---- */

static TfLiteStatus slice_prepare(TfLiteContext* context, TfLiteNode* node) {
  const LinnetStablehloSliceParams* p = node->builtin_data;
  const TfLiteTensor* input;
  TfLiteTensor* output;
  size_t bytes;
  int32_t dims[LN_MAX_RANK];
  LN_CHECK(context, p != NULL, "the options are missing");
  LN_TRY(get_one(context, node, &input, &output, &bytes));
  const int rank = ln_rank(input);
  LN_CHECK(context, p->num_start_indices == rank && p->num_limit_indices == rank && p->num_strides == rank,
           "there are %d start indices, %d limits, %d strides; the operand's rank is %d", p->num_start_indices,
           p->num_limit_indices, p->num_strides, rank);
  for (int i = 0; i < rank; ++i) {
    const int64_t start = p->start_indices[i], limit = p->limit_indices[i], stride = p->strides[i];
    LN_CHECK(context, start >= 0 && start <= limit && limit <= ln_dim(input, i),
             "dimension %d is cut from %lld to %lld; it must be within [0, %d]", i, (long long)start, (long long)limit,
             ln_dim(input, i));
    LN_CHECK(context, stride >= 1, "the stride of dimension %d is %lld; it must be at least 1", i, (long long)stride);
    dims[i] = limit == start ? 0 : (int32_t)((limit - start - 1) / stride + 1);
  }
  return ln_resize(context, output, rank, dims);
}

static TfLiteStatus slice_invoke(TfLiteContext* context, TfLiteNode* node) {
  const LinnetStablehloSliceParams* p = node->builtin_data;
  const TfLiteTensor* input;
  TfLiteTensor* output;
  size_t bytes;
  ptrdiff_t src[LN_MAX_RANK], dst[LN_MAX_RANK], begin = 0;
  LN_TRY(get_one(context, node, &input, &output, &bytes));
  if (output->bytes == 0) return kTfLiteOk;
  ln_copy_shape shape = {0};
  if (ln_rank(input) > 0) {
    ln_strides(ln_rank(input), input->dims->data, bytes, src);
    ln_strides(ln_rank(output), output->dims->data, bytes, dst);
  }
  for (int i = 0; i < ln_rank(input); ++i) {
    begin += (ptrdiff_t)p->start_indices[i] * src[i];
    /* A stride over the whole extent takes one element, and may be too large to multiply by. */
    const ptrdiff_t step = ln_dim(output, i) > 1 ? src[i] * (ptrdiff_t)p->strides[i] : src[i];
    ln_copy_add(&shape, (size_t)ln_dim(output, i), step, dst[i]);
  }
  ln_strided_copy(&shape, input->data.raw + begin, output->data.raw, bytes);
  return kTfLiteOk;
}

const TfLiteRegistration ln_op_stablehlo_slice = {.prepare = slice_prepare, .invoke = slice_invoke};

/* ---- CONCATENATE ---- */

static TfLiteStatus concatenate_prepare(TfLiteContext* context, TfLiteNode* node) {
  const TfLiteStablehloConcatenateParams* params = node->builtin_data;
  const TfLiteTensor *first, *input;
  TfLiteTensor* output;
  size_t bytes;
  int32_t dims[LN_MAX_RANK];
  LN_CHECK(context, params != NULL, "the options are missing");
  LN_TRY(ln_check_io(context, node, 1, INT32_MAX, 1));
  LN_TRY(ln_get_input(context, node, 0, &first));
  LN_TRY(ln_get_output(context, node, 0, &output));
  LN_TRY(ln_element_bytes(context, first, &bytes));
  LN_TRY(ln_check_same_meaning(context, first, "operand 0", output, "the result"));
  const int rank = ln_rank(first);
  LN_CHECK(context, rank <= LN_MAX_RANK && params->dimension >= 0 && params->dimension < rank,
           "the dimension is %lld, the rank %d; the dimension must be in [0, rank), the rank at most %d",
           (long long)params->dimension, rank, LN_MAX_RANK);
  for (int i = 0; i < rank; ++i) dims[i] = i == params->dimension ? 0 : ln_dim(first, i);
  for (int k = 0; k < node->inputs->size; ++k) {
    LN_TRY(ln_get_input(context, node, k, &input));
    LN_TRY(ln_check_same_meaning(context, first, "operand 0", input, "another operand"));
    LN_CHECK(context, ln_rank(input) == rank, "operand %d has rank %d, operand 0 %d; they must be the same", k,
             ln_rank(input), rank);
    for (int i = 0; i < rank; ++i) {
      const int32_t extent = ln_dim(input, i);
      if (i == params->dimension)
        LN_CHECK(context, ln_add_i32(dims[i], extent, &dims[i]), "the result's extent overflows");
      else
        LN_CHECK(context, extent == dims[i], "dimension %d of operand %d is %d, of operand 0 %d; they must be the same",
                 i, k, extent, dims[i]);
    }
  }
  return ln_resize(context, output, rank, dims);
}

static TfLiteStatus concatenate_invoke(TfLiteContext* context, TfLiteNode* node) {
  const TfLiteStablehloConcatenateParams* params = node->builtin_data;
  const TfLiteTensor* input;
  TfLiteTensor* output;
  LN_TRY(ln_get_output(context, node, 0, &output));
  if (output->bytes == 0) return kTfLiteOk;
  const int axis = (int)params->dimension;
  const size_t outer = ln_extent(output, 0, axis), width = ln_type_size(output->type);
  const size_t row = ln_extent(output, axis, ln_rank(output)) * width;
  char* to = output->data.raw;
  for (int k = 0; k < node->inputs->size; ++k) {
    LN_TRY(ln_get_input(context, node, k, &input));
    const size_t part = ln_extent(input, axis, ln_rank(input)) * width;
    for (size_t o = 0; o < outer && part > 0; ++o) memcpy(to + o * row, input->data.raw + o * part, part);
    to += part;
  }
  return kTfLiteOk;
}

const TfLiteRegistration ln_op_stablehlo_concatenate = {.prepare = concatenate_prepare, .invoke = concatenate_invoke};

/* ---- BROADCAST_IN_DIM: the operand's dimension i becomes the result's broadcast_dimensions[i] ---- */

static TfLiteStatus broadcast_prepare(TfLiteContext* context, TfLiteNode* node) {
  const LinnetStablehloBroadcastInDimParams* p = node->builtin_data;
  const TfLiteTensor* input;
  TfLiteTensor* output;
  size_t bytes;
  bool seen[LN_MAX_RANK] = {false};
  LN_CHECK(context, p != NULL, "the options are missing");
  LN_TRY(get_one(context, node, &input, &output, &bytes));
  LN_TRY(keep_shape(context, output));
  LN_CHECK(context, p->num_broadcast_dimensions == ln_rank(input),
           "there are %d broadcast dimensions; the operand's rank is %d", p->num_broadcast_dimensions, ln_rank(input));
  for (int i = 0; i < ln_rank(input); ++i) {
    const int64_t axis = p->broadcast_dimensions[i];
    LN_CHECK(context, axis >= 0 && axis < ln_rank(output) && !seen[axis],
             "broadcast dimension %d is %lld, which is no axis of the result or one taken", i, (long long)axis);
    seen[axis] = true;
    LN_CHECK(context, ln_dim(input, i) == 1 || ln_dim(input, i) == ln_dim(output, (int)axis),
             "dimension %d of the operand is %d; it must be 1 or the result's %d", i, ln_dim(input, i),
             ln_dim(output, (int)axis));
  }
  return kTfLiteOk;
}

static TfLiteStatus broadcast_invoke(TfLiteContext* context, TfLiteNode* node) {
  const LinnetStablehloBroadcastInDimParams* p = node->builtin_data;
  const TfLiteTensor* input;
  TfLiteTensor* output;
  size_t bytes;
  ptrdiff_t src[LN_MAX_RANK], dst[LN_MAX_RANK], walk[LN_MAX_RANK] = {0};
  LN_TRY(get_one(context, node, &input, &output, &bytes));
  if (output->bytes == 0) return kTfLiteOk;
  if (ln_rank(input) > 0) ln_strides(ln_rank(input), input->dims->data, bytes, src);
  if (ln_rank(output) > 0) ln_strides(ln_rank(output), output->dims->data, bytes, dst);
  for (int i = 0; i < ln_rank(input); ++i)
    if (ln_dim(input, i) != 1) walk[p->broadcast_dimensions[i]] = src[i];
  ln_copy_shape shape = {0};
  for (int i = 0; i < ln_rank(output); ++i) ln_copy_add(&shape, (size_t)ln_dim(output, i), walk[i], dst[i]);
  ln_strided_copy(&shape, input->data.raw, output->data.raw, bytes);
  return kTfLiteOk;
}

const TfLiteRegistration ln_op_stablehlo_broadcast_in_dim = {.prepare = broadcast_prepare, .invoke = broadcast_invoke};

/* ---- IOTA: every element is its index along one dimension ---- */

static TfLiteStatus iota_prepare(TfLiteContext* context, TfLiteNode* node) {
  const LinnetStablehloIotaParams* params = node->builtin_data;
  TfLiteTensor* output;
  ln_number number;
  LN_CHECK(context, params != NULL, "the options are missing");
  LN_TRY(ln_check_io(context, node, 0, 0, 1));
  LN_TRY(ln_get_output(context, node, 0, &output));
  LN_TRY(ln_check_number(context, output, "the result", &number));
  LN_CHECK(context, number != LN_NUMBER_BOOL, "the result is BOOL; it must be a number");
  LN_CHECK(context, params->iota_dimension >= 0 && params->iota_dimension < ln_rank(output),
           "the dimension is %lld; it must be in [0, %d)", (long long)params->iota_dimension, ln_rank(output));
  return keep_shape(context, output);
}

static TfLiteStatus iota_invoke(TfLiteContext* context, TfLiteNode* node) {
  const LinnetStablehloIotaParams* params = node->builtin_data;
  TfLiteTensor* output;
  ln_number number;
  LN_TRY(ln_get_output(context, node, 0, &output));
  LN_TRY(ln_check_number(context, output, "the result", &number));
  if (output->bytes == 0) return kTfLiteOk;
  const int axis = (int)params->iota_dimension;
  const size_t outer = ln_extent(output, 0, axis), inner = ln_extent(output, axis + 1, ln_rank(output));
  const size_t width = ln_number_size(number), extent = (size_t)ln_dim(output, axis);
  char* const block = output->data.raw;
  for (size_t i = 0; i < extent; ++i) {
    const int64_t index = (int64_t)i;
    char* row = block + i * inner * width;
    ln_element_convert(LN_NUMBER_S64, &index, number, row, 1);
    for (size_t k = 1; k < inner; ++k) memcpy(row + k * width, row, width);
  }
  for (size_t o = 1; o < outer; ++o) memcpy(block + o * extent * inner * width, block, extent * inner * width);
  return kTfLiteOk;
}

const TfLiteRegistration ln_op_stablehlo_iota = {.prepare = iota_prepare, .invoke = iota_invoke};
