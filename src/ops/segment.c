/* SEGMENT_SUM: rows with the same id, which must not fall, are added up. */
#include "ops/builtin_ops.h"
#include "ops/move_util.h"

static TfLiteStatus resize_output(TfLiteContext* context, const TfLiteTensor* data, const TfLiteTensor* ids,
                                  TfLiteTensor* output) {
  int32_t dims[LN_MAX_RANK];
  const int32_t count = ln_dim(ids, 0);
  LN_CHECK(context, ids->data.raw != NULL || count == 0, "segment_ids has no data");
  for (int32_t i = 0; i < count; ++i) {
    const int32_t id = ids->data.i32[i], last = i > 0 ? ids->data.i32[i - 1] : 0;
    LN_CHECK(context, id >= last && id < INT32_MAX,
             "segment_ids[%d] is %d after %d; ids are at least 0 and do not fall", i, id, last);
  }
  for (int i = 0; i < ln_rank(data); ++i) dims[i] = ln_dim(data, i);
  dims[0] = count > 0 ? ids->data.i32[count - 1] + 1 : 0;
  return ln_resize(context, output, ln_rank(data), dims);
}

static TfLiteStatus prepare(TfLiteContext* context, TfLiteNode* node) {
  const TfLiteTensor *data, *ids;
  TfLiteTensor* output;
  LN_TRY(ln_check_io(context, node, 2, 2, 1));
  LN_TRY(ln_get_input(context, node, 0, &data));
  LN_TRY(ln_get_input(context, node, 1, &ids));
  LN_TRY(ln_get_output(context, node, 0, &output));
  LN_CHECK(context, data->type == kTfLiteInt32 || data->type == kTfLiteFloat32, "data is %s; INT32 or FLOAT32 is right",
           TfLiteTypeGetName(data->type));
  LN_TRY(ln_check_type(context, ids, "segment_ids", kTfLiteInt32));
  LN_TRY(ln_check_type(context, output, "output", data->type));
  LN_CHECK(context,
           ln_rank(data) >= 1 && ln_rank(data) <= LN_MAX_RANK && ln_rank(ids) == 1 && ln_dim(ids, 0) == ln_dim(data, 0),
           "segment_ids must be a vector with one id for each row of data");
  if (ln_is_constant(ids)) return resize_output(context, data, ids, output);
  ln_set_dynamic(output);
  return kTfLiteOk;
}

static TfLiteStatus invoke(TfLiteContext* context, TfLiteNode* node) {
  const TfLiteTensor *data, *ids;
  TfLiteTensor* output;
  LN_TRY(ln_get_input(context, node, 0, &data));
  LN_TRY(ln_get_input(context, node, 1, &ids));
  LN_TRY(ln_get_output(context, node, 0, &output));
  if (ln_is_dynamic(output)) LN_TRY(resize_output(context, data, ids, output));
  const size_t row = ln_extent(data, 1, ln_rank(data));
  if (output->bytes > 0) memset(output->data.raw, 0, output->bytes);
  for (int32_t n = 0; n < ln_dim(ids, 0); ++n) {
    const size_t at = (size_t)ids->data.i32[n] * row, from = (size_t)n * row;
    for (size_t i = 0; i < row; ++i)
      if (data->type == kTfLiteFloat32)
        output->data.f[at + i] += data->data.f[from + i];
      else
        output->data.i32[at + i] = (int32_t)((uint32_t)output->data.i32[at + i] + (uint32_t)data->data.i32[from + i]);
  }
  return kTfLiteOk;
}

const TfLiteRegistration ln_op_segment_sum = {.prepare = prepare, .invoke = invoke};
