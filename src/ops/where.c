/* WHERE: the indices of the elements that are not 0. */
#include "ops/builtin_ops.h"
#include "ops/move_util.h"

/* Floats by value, as -0 is 0; all others by their bytes. */
static bool is_set(const TfLiteTensor* t, size_t i, size_t bytes) {
  static const char kZero[8] = {0};
  if (t->type == kTfLiteFloat32) return t->data.f[i] != 0;
  if (t->type == kTfLiteFloat64) return t->data.f64[i] != 0;
  return memcmp(t->data.raw + i * bytes, kZero, bytes) != 0;
}

static TfLiteStatus resize_output(TfLiteContext* context, const TfLiteTensor* condition, TfLiteTensor* output) {
  const size_t count = (size_t)ln_num_elements(condition), bytes = ln_type_size(condition->type);
  size_t found = 0;
  for (size_t i = 0; i < count; ++i) found += is_set(condition, i, bytes);
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
  switch (condition->type) {
    case kTfLiteBool:
    case kTfLiteInt8:
    case kTfLiteUInt8:
    case kTfLiteInt16:
    case kTfLiteUInt16:
    case kTfLiteInt32:
    case kTfLiteUInt32:
    case kTfLiteInt64:
    case kTfLiteUInt64:
    case kTfLiteFloat32:
    case kTfLiteFloat64:
      break;
    default:
      LN_FAIL(context, "the condition is %s; BOOL, an integer, FLOAT32 or FLOAT64 is right",
              TfLiteTypeGetName(condition->type));
  }
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
  int32_t index[LN_MAX_RANK] = {0};
  LN_TRY(ln_get_input(context, node, 0, &condition));
  LN_TRY(ln_get_output(context, node, 0, &output));
  if (!ln_is_constant(condition)) LN_TRY(resize_output(context, condition, output));
  const size_t count = (size_t)ln_num_elements(condition), bytes = ln_type_size(condition->type);
  const int rank = ln_rank(condition);
  int64_t* to = output->data.i64;
  for (size_t i = 0; i < count; ++i) {
    if (is_set(condition, i, bytes))
      for (int k = 0; k < rank; ++k) *to++ = index[k];
    for (int k = rank - 1; k >= 0 && ++index[k] == ln_dim(condition, k); --k) index[k] = 0;
  }
  return kTfLiteOk;
}

const TfLiteRegistration ln_op_where = {.prepare = prepare, .invoke = invoke};
