/* BUCKETIZE: the number of each value's interval between boundaries. */
#include "kernels/generic/bucketize.h"

#include "ops/builtin_ops.h"
#include "ops/op_util.h"

static ln_bucketize_row row_of(TfLiteType type) {
  switch (type) {
    case kTfLiteFloat32:
      return ln_bucketize_f32_ref;
    case kTfLiteFloat64:
      return ln_bucketize_f64_ref;
    case kTfLiteInt32:
      return ln_bucketize_i32_ref;
    case kTfLiteInt64:
      return ln_bucketize_i64_ref;
    default:
      return NULL;
  }
}

static TfLiteStatus prepare(TfLiteContext* context, TfLiteNode* node) {
  const TfLiteBucketizeParams* params = node->builtin_data;
  const TfLiteTensor* input;
  TfLiteTensor* output;
  LN_TRY(ln_check_io(context, node, 1, 1, 1));
  LN_TRY(ln_get_input(context, node, 0, &input));
  LN_TRY(ln_get_output(context, node, 0, &output));
  LN_CHECK(context, params != NULL && (params->boundaries != NULL || params->num_boundaries == 0),
           "the options or the boundaries are missing");
  for (int i = 1; i < params->num_boundaries; ++i)
    LN_CHECK(context, !(params->boundaries[i] < params->boundaries[i - 1]),
             "boundary %d is %g after %g; they must be sorted", i, (double)params->boundaries[i],
             (double)params->boundaries[i - 1]);
  LN_CHECK(context, row_of(input->type) != NULL, "input is %s; FLOAT32, FLOAT64, INT32 or INT64 is right",
           TfLiteTypeGetName(input->type));
  LN_TRY(ln_set_type(context, output, kTfLiteInt32));
  return ln_resize_like(context, output, input);
}

static TfLiteStatus invoke(TfLiteContext* context, TfLiteNode* node) {
  const TfLiteBucketizeParams* params = node->builtin_data;
  const TfLiteTensor* input;
  TfLiteTensor* output;
  LN_TRY(ln_get_input(context, node, 0, &input));
  LN_TRY(ln_get_output(context, node, 0, &output));
  row_of(input->type)(params->boundaries, (size_t)params->num_boundaries, input->data.raw, output->data.i32,
                      (size_t)ln_num_elements(input));
  return kTfLiteOk;
}

const TfLiteRegistration ln_op_bucketize = {.prepare = prepare, .invoke = invoke};
