/* WHERE: the indices of the elements that are not 0. */
#include "kernels/generic/where.h"

#include "ops/builtin_ops.h"
#include "ops/op_util.h"

/* NULL: a type that the operator does not take. */
static const ln_where* kernel_of(TfLiteType type) {
  switch (type) {
    case kTfLiteBool:
    case kTfLiteInt8:
    case kTfLiteUInt8:
    case kTfLiteInt16:
    case kTfLiteUInt16:
    case kTfLiteInt32:
    case kTfLiteUInt32:
    case kTfLiteInt64:
    case kTfLiteUInt64:
      return ln_where_int(ln_type_size(type));
    case kTfLiteFloat32:
      return &ln_where_f32;
    case kTfLiteFloat64:
      return &ln_where_f64;
    default:
      return NULL;
  }
}

static TfLiteStatus resize_output(TfLiteContext* context, const TfLiteTensor* condition, TfLiteTensor* output) {
  const size_t found = kernel_of(condition->type)->count(condition->data.raw, (size_t)ln_num_elements(condition));
  LN_CHECK(context, found <= INT32_MAX, "%zu elements are not 0; at most %d can be listed", found, INT32_MAX);
  const int32_t dims[2] = {(int32_t)found, ln_rank(condition)};
  return ln_resize(context, output, 2, dims);
}

static TfLiteStatus prepare(TfLiteContext* context, TfLiteNode* node) {
  const TfLiteTensor* condition;
  TfLiteTensor* output;
  LN_TRY(ln_check_io(context, node, 1, 1, 1));
  LN_TRY(ln_get_input(context, node, 0, &condition));
  LN_TRY(ln_get_output(context, node, 0, &output));
  LN_CHECK(context, kernel_of(condition->type) != NULL,
           "the condition is %s; BOOL, an integer, FLOAT32 or FLOAT64 is right", TfLiteTypeGetName(condition->type));
  LN_CHECK(context, ln_rank(condition) >= 1 && ln_rank(condition) <= LN_MAX_RANK,
           "the condition has rank %d; 1 to %d is right", ln_rank(condition), LN_MAX_RANK);
  LN_TRY(ln_set_type(context, output, kTfLiteInt64));
  if (ln_is_constant(condition)) return resize_output(context, condition, output);
  ln_set_dynamic(output);
  return kTfLiteOk;
}

static TfLiteStatus invoke(TfLiteContext* context, TfLiteNode* node) {
  const TfLiteTensor* condition;
  TfLiteTensor* output;
  LN_TRY(ln_get_input(context, node, 0, &condition));
  LN_TRY(ln_get_output(context, node, 0, &output));
  if (!ln_is_constant(condition)) LN_TRY(resize_output(context, condition, output));
  if (output->bytes > 0)
    kernel_of(condition->type)->list(condition->data.raw, ln_rank(condition), condition->dims->data, output->data.i64);
  return kTfLiteOk;
}

const TfLiteRegistration ln_op_where = {.prepare = prepare, .invoke = invoke};
