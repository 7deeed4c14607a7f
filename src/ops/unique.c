/* UNIQUE: the different elements of a vector, and for each element which of them it is. */
#include "kernels/generic/unique.h"

#include "ops/builtin_ops.h"
#include "ops/move_util.h"

static TfLiteStatus prepare(TfLiteContext* context, TfLiteNode* node) {
  const TfLiteUniqueParams* params = node->builtin_data;
  const TfLiteTensor* input;
  TfLiteTensor *values, *indices;
  LN_TRY(ln_check_io(context, node, 1, 1, 2));
  LN_TRY(ln_get_input(context, node, 0, &input));
  LN_TRY(ln_get_output(context, node, 0, &values));
  LN_TRY(ln_get_output(context, node, 1, &indices));
  LN_CHECK(context,
           params != NULL && (params->index_out_type == kTfLiteInt32 || params->index_out_type == kTfLiteInt64),
           "index_out_type is not INT32 or INT64");
  switch (input->type) {
    case kTfLiteInt8:
    case kTfLiteUInt8:
    case kTfLiteInt16:
    case kTfLiteInt32:
    case kTfLiteInt64:
    case kTfLiteFloat32:
      break;
    default:
      LN_FAIL(context, "input is %s; INT8, UINT8, INT16, INT32, INT64 or FLOAT32 is right",
              TfLiteTypeGetName(input->type));
  }
  LN_TRY(ln_check_type(context, values, "output 0", input->type));
  LN_TRY(ln_check_type(context, indices, "output 1", params->index_out_type));
  LN_CHECK(context, ln_rank(input) == 1, "input has rank %d; 1 is right", ln_rank(input));
  ln_set_dynamic(values);
  return ln_resize_like(context, indices, input);
}

/* Equal elements have equal keys: -0 is 0, and every NaN the same. */
static uint64_t key_at(const TfLiteTensor* t, size_t i, size_t bytes) {
  uint64_t key = 0;
  if (t->type != kTfLiteFloat32) {
    memcpy(&key, t->data.raw + i * bytes, bytes);
    return key;
  }
  const float value = t->data.f[i];
  if (value == 0) return 0;
  if (value != value) return UINT64_MAX;
  memcpy(&key, &value, sizeof value);
  return key;
}

static TfLiteStatus write_outputs(TfLiteContext* context, const TfLiteTensor* input, const int32_t* ids,
                                  const int32_t* first, size_t found, TfLiteTensor* values, TfLiteTensor* indices) {
  const size_t count = (size_t)ln_dim(input, 0), bytes = ln_type_size(input->type);
  const int32_t extent = (int32_t)found;
  LN_TRY(ln_resize(context, values, 1, &extent));
  for (size_t i = 0; i < found; ++i)
    memcpy(values->data.raw + i * bytes, input->data.raw + (size_t)first[i] * bytes, bytes);
  for (size_t i = 0; i < count; ++i) {
    if (indices->type == kTfLiteInt64)
      indices->data.i64[i] = ids[i];
    else
      indices->data.i32[i] = ids[i];
  }
  return kTfLiteOk;
}

static TfLiteStatus invoke(TfLiteContext* context, TfLiteNode* node) {
  const TfLiteTensor* input;
  TfLiteTensor *values, *indices;
  LN_TRY(ln_get_input(context, node, 0, &input));
  LN_TRY(ln_get_output(context, node, 0, &values));
  LN_TRY(ln_get_output(context, node, 1, &indices));
  const size_t count = (size_t)ln_dim(input, 0), bytes = ln_type_size(input->type);
  uint64_t* keys = ln_calloc(count, sizeof *keys);
  int32_t* ids = ln_calloc(count, 2 * sizeof *ids); /* then where each value stands first */
  int32_t* slots = ln_calloc(ln_unique_slots(count), sizeof *slots);
  TfLiteStatus status = kTfLiteError;
  if (keys != NULL && ids != NULL && slots != NULL) {
    for (size_t i = 0; i < count; ++i) keys[i] = key_at(input, i, bytes);
    const size_t found = ln_unique(keys, count, slots, ids, ids + count);
    status = write_outputs(context, input, ids, ids + count, found, values, indices);
  } else {
    context->ReportError(context, "no memory to compare %zu elements", count);
  }
  ln_free(keys);
  ln_free(ids);
  ln_free(slots);
  return status;
}

const TfLiteRegistration ln_op_unique = {.prepare = prepare, .invoke = invoke};
