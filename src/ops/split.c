/* SPLIT into equal parts, SPLIT_V into parts of given sizes. */
#include "ops/builtin_ops.h"
#include "ops/move_util.h"

/* What both are, whichever input is which. */
typedef struct split {
  const TfLiteTensor *input, *axis_tensor, *sizes; /* sizes NULL: equal parts */
} split;

static TfLiteStatus get_split(TfLiteContext* context, const TfLiteNode* node, bool by_sizes, split* s) {
  s->sizes = NULL;
  LN_TRY(ln_get_input(context, node, by_sizes ? 0 : 1, &s->input));
  if (by_sizes) LN_TRY(ln_get_input(context, node, 1, &s->sizes));
  return ln_get_input(context, node, by_sizes ? 2 : 0, &s->axis_tensor);
}

static TfLiteStatus get_axis(TfLiteContext* context, const split* s, int* axis) {
  int32_t value;
  int count;
  LN_TRY(ln_read_ints(context, s->axis_tensor, "axis", 1, &value, &count));
  LN_CHECK(context, count == 1, "axis has %d elements; 1 is right", count);
  return ln_normalize_axis(context, value, ln_rank(s->input), axis);
}

/* The extent of part `index` along the axis. */
static TfLiteStatus part_extent(TfLiteContext* context, const split* s, int axis, int parts, int index,
                                int32_t* extent) {
  const int32_t whole = ln_dim(s->input, axis);
  if (s->sizes == NULL) {
    LN_CHECK(context, whole % parts == 0, "extent %d of axis %d cannot be split into %d equal parts", whole, axis,
             parts);
    *extent = whole / parts;
    return kTfLiteOk;
  }
  int64_t sum = 0;
  int unknown = -1;
  LN_CHECK(context, ln_num_elements(s->sizes) == parts, "%lld sizes for %d outputs",
           (long long)ln_num_elements(s->sizes), parts);
  for (int i = 0; i < parts; ++i) {
    const int64_t size = s->sizes->type == kTfLiteInt64 ? s->sizes->data.i64[i] : s->sizes->data.i32[i];
    LN_CHECK(context, size >= -1 && size <= whole && (size != -1 || unknown < 0),
             "size %d is %lld; it must be in [0, %d], one may be -1", i, (long long)size, whole);
    if (size == -1) unknown = i;
    if (size > 0) sum += size;
    if (i == index) *extent = (int32_t)size;
  }
  LN_CHECK(context, sum == whole || (unknown >= 0 && sum <= whole), "the sizes' sum is %lld; the axis has %d",
           (long long)sum, whole);
  if (unknown == index) *extent = (int32_t)(whole - sum);
  return kTfLiteOk;
}

static TfLiteStatus resize_outputs(TfLiteContext* context, const TfLiteNode* node, const split* s) {
  int axis;
  int32_t dims[LN_MAX_RANK];
  LN_TRY(get_axis(context, s, &axis));
  for (int i = 0; i < ln_rank(s->input); ++i) dims[i] = ln_dim(s->input, i);
  for (int i = 0; i < node->outputs->size; ++i) {
    TfLiteTensor* output;
    LN_TRY(ln_get_output(context, node, i, &output));
    LN_TRY(part_extent(context, s, axis, node->outputs->size, i, &dims[axis]));
    LN_TRY(ln_resize(context, output, ln_rank(s->input), dims));
  }
  return kTfLiteOk;
}

static TfLiteStatus prepare(TfLiteContext* context, TfLiteNode* node, bool by_sizes, int parts) {
  split s;
  size_t bytes;
  const int outputs = node->outputs->size;
  LN_CHECK(context, outputs == parts && parts > 0, "%d outputs for %d parts; they must be equal and at least 1",
           outputs, parts);
  LN_TRY(ln_check_io(context, node, by_sizes ? 3 : 2, by_sizes ? 3 : 2, outputs));
  LN_TRY(get_split(context, node, by_sizes, &s));
  LN_TRY(ln_element_bytes(context, s.input, &bytes));
  LN_CHECK(context, ln_rank(s.input) <= LN_MAX_RANK, "rank %d; at most %d is allowed", ln_rank(s.input), LN_MAX_RANK);
  if (s.sizes != NULL)
    LN_CHECK(context, s.sizes->type == kTfLiteInt32 || s.sizes->type == kTfLiteInt64,
             "sizes are %s; INT32 or INT64 is right", TfLiteTypeGetName(s.sizes->type));
  for (int i = 0; i < outputs; ++i) {
    TfLiteTensor* output;
    LN_TRY(ln_get_output(context, node, i, &output));
    LN_TRY(ln_check_type(context, output, "output", s.input->type));
    if (!ln_is_constant(s.axis_tensor) || (s.sizes != NULL && !ln_is_constant(s.sizes))) ln_set_dynamic(output);
  }
  if (!ln_is_constant(s.axis_tensor) || (s.sizes != NULL && !ln_is_constant(s.sizes))) return kTfLiteOk;
  return resize_outputs(context, node, &s);
}

static TfLiteStatus invoke(TfLiteContext* context, TfLiteNode* node, bool by_sizes) {
  split s;
  int axis;
  size_t bytes;
  LN_TRY(get_split(context, node, by_sizes, &s));
  if (!ln_is_constant(s.axis_tensor) || (s.sizes != NULL && !ln_is_constant(s.sizes)))
    LN_TRY(resize_outputs(context, node, &s));
  LN_TRY(get_axis(context, &s, &axis));
  LN_TRY(ln_element_bytes(context, s.input, &bytes));
  const size_t outer = ln_extent(s.input, 0, axis), total = ln_extent(s.input, axis, ln_rank(s.input)) * bytes;
  const char* from = s.input->data.raw;
  for (int k = 0; k < node->outputs->size; ++k) {
    TfLiteTensor* output;
    LN_TRY(ln_get_output(context, node, k, &output));
    const size_t row = ln_extent(output, axis, ln_rank(output)) * bytes;
    if (output->bytes > 0) ln_parallel_copy_rows(context, outer, row, from, total, output->data.raw, row);
    from += row;
  }
  return kTfLiteOk;
}

static TfLiteStatus split_prepare(TfLiteContext* context, TfLiteNode* node) {
  const TfLiteSplitParams* params = node->builtin_data;
  return prepare(context, node, false, params != NULL ? params->num_splits : 0);
}

static TfLiteStatus split_invoke(TfLiteContext* context, TfLiteNode* node) { return invoke(context, node, false); }

static TfLiteStatus split_v_prepare(TfLiteContext* context, TfLiteNode* node) {
  const TfLiteSplitVParams* params = node->builtin_data;
  return prepare(context, node, true, params != NULL ? params->num_splits : 0);
}

static TfLiteStatus split_v_invoke(TfLiteContext* context, TfLiteNode* node) { return invoke(context, node, true); }

const TfLiteRegistration ln_op_split = {.prepare = split_prepare, .invoke = split_invoke};
const TfLiteRegistration ln_op_split_v = {.prepare = split_v_prepare, .invoke = split_v_invoke};
