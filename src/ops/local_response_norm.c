/* LOCAL_RESPONSE_NORMALIZATION over the channels of a picture [N,H,W,C]. The window is that of the operator's
 * definition; the original's reference kernel leaves its last channel out. */
#include "kernels/generic/local_response_norm.h"

#include "ops/builtin_ops.h"
#include "ops/unary_util.h"

static TfLiteStatus prepare(TfLiteContext* context, TfLiteNode* node) {
  const TfLiteLocalResponseNormParams* params = node->builtin_data;
  const TfLiteTensor* input;
  TfLiteTensor* output;
  LN_CHECK(context, params != NULL, "the options are missing");
  LN_TRY(ln_unary_get(context, node, &input, &output));
  LN_TRY(ln_check_type(context, input, "input", kTfLiteFloat32));
  LN_CHECK(context, ln_rank(input) == 4, "input has rank %d; 4 is right", ln_rank(input));
  LN_CHECK(context, params->radius >= 0, "the radius is %d; at least 0 is right", params->radius);
  return ln_unary_prepare(context, node);
}

typedef struct norm_run {
  ln_local_response_norm norm;
  size_t rows, row_pixels, channels;
  const float* in;
  float* out;
} norm_run;

static void run_row(void* arg, size_t row) {
  const norm_run* run = arg;
  const size_t offset = row * run->row_pixels * run->channels;
  ln_local_response_norm_f32(&run->norm, run->row_pixels, run->channels, run->in + offset, run->out + offset);
}

static TfLiteStatus invoke(TfLiteContext* context, TfLiteNode* node) {
  const TfLiteLocalResponseNormParams* params = node->builtin_data;
  const TfLiteTensor* input;
  TfLiteTensor* output;
  LN_TRY(ln_unary_get(context, node, &input, &output));
  norm_run run = {{(size_t)params->radius, params->bias, params->alpha, params->beta},
                  (size_t)ln_dim(input, 0) * (size_t)ln_dim(input, 1),
                  (size_t)ln_dim(input, 2),
                  (size_t)ln_dim(input, 3),
                  input->data.f,
                  output->data.f};
  if (output->bytes > 0) ln_parallel_for(context, run_row, &run, run.rows);
  return kTfLiteOk;
}

const TfLiteRegistration ln_op_local_response_normalization = {.prepare = prepare, .invoke = invoke};
