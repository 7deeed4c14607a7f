/* RESHAPE, SQUEEZE, EXPAND_DIMS: the same elements under another shape. */
#include "ops/builtin_ops.h"
#include "ops/move_util.h"

enum { SHARED = kTfLiteInplaceOpInput0Shared | kTfLiteInplaceOpDataUnmodified };

/* Finds the shape that is asked for: by the second input where it is a vector, else by the options. */
static TfLiteStatus wanted_shape(TfLiteContext* context, const TfLiteNode* node, int* rank, int32_t dims[LN_MAX_RANK]) {
  const TfLiteTensor* shape = ln_optional_input(context, node, 1);
  if (shape != NULL && shape->type == kTfLiteInt32 && ln_rank(shape) == 1)
    return ln_read_ints(context, shape, "the new shape", LN_MAX_RANK, dims, rank);
  const TfLiteReshapeParams* params = node->builtin_data;
  LN_CHECK(context, params != NULL, "neither a shape input nor options; one of them must give the new shape");
  LN_CHECK(context, params->num_dimensions >= 0 && params->num_dimensions <= LN_MAX_RANK,
           "the options' shape has rank %d; at most %d is allowed", params->num_dimensions, LN_MAX_RANK);
  *rank = params->num_dimensions;
  for (int i = 0; i < *rank; ++i) dims[i] = params->shape[i];
  /* Old converters wrote [0] for a scalar. */
  if (*rank == 1 && dims[0] == 0) *rank = 0;
  return kTfLiteOk;
}

/* Puts the extent for the one -1, and checks that the number of elements stays. Where both have none, the extents that
 * are not 0 decide, as in the original. */
static TfLiteStatus complete_shape(TfLiteContext* context, const TfLiteTensor* input, int rank,
                                   int32_t dims[LN_MAX_RANK]) {
  const int64_t elements = ln_num_elements(input);
  int64_t product = 1, nonzero = 1, input_nonzero = 1;
  int unknown = -1;
  for (int i = 0; i < ln_rank(input); ++i) {
    const int32_t extent = ln_dim(input, i);
    LN_CHECK(context, extent == 0 || input_nonzero <= INT64_MAX / extent, "the input's extents overflow");
    if (extent != 0) input_nonzero *= extent;
  }
  for (int i = 0; i < rank; ++i) {
    if (dims[i] == -1) {
      LN_CHECK(context, unknown < 0, "the new shape has more than one -1");
      unknown = i;
      continue;
    }
    LN_CHECK(context, dims[i] >= 0, "dimension %d of the new shape is %d; it must be -1 or at least 0", i, dims[i]);
    LN_CHECK(context, dims[i] == 0 || nonzero <= INT64_MAX / dims[i], "the new shape overflows");
    if (dims[i] != 0) nonzero *= dims[i];
    product *= dims[i];
  }
  if (unknown >= 0) {
    LN_CHECK(context, product != 0 ? elements % product == 0 && elements / product <= INT32_MAX : elements == 0,
             "%lld elements cannot be laid out in the new shape", (long long)elements);
    const int64_t extent = product != 0 ? elements / product : input_nonzero / nonzero;
    LN_CHECK(context, extent <= INT32_MAX, "dimension %d of the new shape would be %lld", unknown, (long long)extent);
    dims[unknown] = (int32_t)extent;
    product *= extent;
  }
  LN_CHECK(context, product == elements, "the new shape has %lld elements; the input has %lld", (long long)product,
           (long long)elements);
  return kTfLiteOk;
}

static TfLiteStatus resize_output(TfLiteContext* context, const TfLiteNode* node, TfLiteTensor* output) {
  const TfLiteTensor* input;
  int32_t dims[LN_MAX_RANK];
  int rank;
  LN_TRY(ln_get_input(context, node, 0, &input));
  LN_TRY(wanted_shape(context, node, &rank, dims));
  LN_TRY(complete_shape(context, input, rank, dims));
  return ln_resize(context, output, rank, dims);
}

static TfLiteStatus check_same_type(TfLiteContext* context, const TfLiteNode* node, TfLiteTensor** output) {
  const TfLiteTensor* input;
  LN_TRY(ln_get_input(context, node, 0, &input));
  LN_TRY(ln_get_output(context, node, 0, output));
  return ln_check_type(context, *output, "output", input->type);
}

static TfLiteStatus copy_input(TfLiteContext* context, TfLiteNode* node) {
  const TfLiteTensor* input;
  TfLiteTensor* output;
  LN_TRY(ln_get_input(context, node, 0, &input));
  LN_TRY(ln_get_output(context, node, 0, &output));
  return ln_copy_whole(context, input, output);
}

static TfLiteStatus reshape_invoke(TfLiteContext* context, TfLiteNode* node) {
  TfLiteTensor* output;
  LN_TRY(ln_get_output(context, node, 0, &output));
  if (ln_is_dynamic(output)) LN_TRY(resize_output(context, node, output));
  return copy_input(context, node);
}

static TfLiteStatus reshape_prepare(TfLiteContext* context, TfLiteNode* node) {
  TfLiteTensor* output;
  LN_TRY(ln_check_io(context, node, 1, 2, 1));
  LN_TRY(check_same_type(context, node, &output));
  const TfLiteTensor* shape = ln_optional_input(context, node, 1);
  if (shape != NULL && ln_rank(shape) == 1 && !ln_is_constant(shape)) {
    LN_CHECK(context, ln_dim(shape, 0) <= LN_MAX_RANK, "the new shape has rank %d; at most %d is allowed",
             ln_dim(shape, 0), LN_MAX_RANK);
    ln_set_dynamic(output);
    return kTfLiteOk;
  }
  LN_TRY(resize_output(context, node, output));
  return ln_compute_once(context, node, reshape_invoke);
}

static TfLiteStatus squeeze_prepare(TfLiteContext* context, TfLiteNode* node) {
  const TfLiteTensor* input;
  TfLiteTensor* output;
  const TfLiteSqueezeParams* params = node->builtin_data;
  LN_TRY(ln_check_io(context, node, 1, 1, 1));
  LN_TRY(check_same_type(context, node, &output));
  LN_TRY(ln_get_input(context, node, 0, &input));
  const int rank = ln_rank(input), count = params != NULL ? params->num_squeeze_dims : 0;
  LN_CHECK(context, rank <= LN_MAX_RANK, "input has rank %d; at most %d is allowed", rank, LN_MAX_RANK);
  LN_CHECK(context, count >= 0 && count <= LN_MAX_RANK, "%d axes to squeeze; at most %d are allowed", count,
           LN_MAX_RANK);
  bool drop[LN_MAX_RANK] = {false};
  for (int i = 0; i < rank; ++i) drop[i] = count == 0 && ln_dim(input, i) == 1;
  for (int i = 0; i < count; ++i) {
    int axis;
    LN_TRY(ln_normalize_axis(context, params->squeeze_dims[i], rank, &axis));
    LN_CHECK(context, ln_dim(input, axis) == 1, "axis %d to squeeze has extent %d; it must be 1", axis,
             ln_dim(input, axis));
    drop[axis] = true;
  }
  int32_t dims[LN_MAX_RANK];
  int kept = 0;
  for (int i = 0; i < rank; ++i)
    if (!drop[i]) dims[kept++] = ln_dim(input, i);
  LN_TRY(ln_resize(context, output, kept, dims));
  return ln_compute_once(context, node, copy_input);
}

static TfLiteStatus expand_output(TfLiteContext* context, const TfLiteNode* node, TfLiteTensor* output) {
  const TfLiteTensor *input, *axis_tensor;
  int32_t axis, dims[LN_MAX_RANK];
  int count;
  LN_TRY(ln_get_input(context, node, 0, &input));
  LN_TRY(ln_get_input(context, node, 1, &axis_tensor));
  LN_TRY(ln_read_ints(context, axis_tensor, "axis", 1, &axis, &count));
  const int rank = ln_rank(input);
  LN_CHECK(context, count == 1 && rank < LN_MAX_RANK, "axis has %d elements, input rank %d; 1 and at most %d are right",
           count, rank, LN_MAX_RANK - 1);
  LN_TRY(ln_normalize_axis(context, axis, rank + 1, &axis));
  for (int i = 0; i <= rank; ++i) dims[i] = i < axis ? ln_dim(input, i) : i == axis ? 1 : ln_dim(input, i - 1);
  return ln_resize(context, output, rank + 1, dims);
}

static TfLiteStatus expand_prepare(TfLiteContext* context, TfLiteNode* node) {
  TfLiteTensor* output;
  const TfLiteTensor* axis;
  LN_TRY(ln_check_io(context, node, 2, 2, 1));
  LN_TRY(check_same_type(context, node, &output));
  LN_TRY(ln_get_input(context, node, 1, &axis));
  if (ln_is_constant(axis)) {
    LN_TRY(expand_output(context, node, output));
    return ln_compute_once(context, node, copy_input);
  }
  ln_set_dynamic(output);
  return kTfLiteOk;
}

static TfLiteStatus expand_invoke(TfLiteContext* context, TfLiteNode* node) {
  TfLiteTensor* output;
  const TfLiteTensor* axis;
  LN_TRY(ln_get_output(context, node, 0, &output));
  LN_TRY(ln_get_input(context, node, 1, &axis));
  if (ln_is_dynamic(output) && !ln_is_constant(axis)) LN_TRY(expand_output(context, node, output));
  return copy_input(context, node);
}

const TfLiteRegistration ln_op_reshape = {
    .prepare = reshape_prepare, .invoke = reshape_invoke, .inplace_operator = SHARED};
const TfLiteRegistration ln_op_squeeze = {.prepare = squeeze_prepare, .invoke = copy_input, .inplace_operator = SHARED};
const TfLiteRegistration ln_op_expand_dims = {
    .prepare = expand_prepare, .invoke = expand_invoke, .inplace_operator = SHARED};
