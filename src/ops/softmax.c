/* SOFTMAX and LOG_SOFTMAX over the last dimension. */
#include "kernels/generic/softmax.h"

#include "ops/builtin_ops.h"
#include "ops/unary_util.h"

static void* init(TfLiteContext* context, const char* buffer, size_t length) {
  (void)context, (void)buffer, (void)length;
  void* data = ln_calloc(1, sizeof(ln_softmax_quantized));
  return data != NULL ? data : TfLiteKernelInitFailed();
}

static void free_data(TfLiteContext* context, void* data) {
  (void)context;
  ln_free(data);
}

static TfLiteStatus prepare(TfLiteContext* context, TfLiteNode* node) {
  const TfLiteSoftmaxParams* params = node->builtin_data;
  const TfLiteTensor* input;
  TfLiteTensor* output;
  LN_CHECK(context, params != NULL, "the options are missing");
  LN_TRY(ln_unary_get(context, node, &input, &output));
  LN_CHECK(context, ln_rank(input) >= 1, "input is a scalar; rank 1 or more is right");
  LN_TRY(ln_resize_like(context, output, input));
  if (input->type == kTfLiteFloat32) return ln_check_type(context, output, "output", kTfLiteFloat32);
  const bool pair = (input->type == kTfLiteInt8 && (output->type == kTfLiteInt8 || output->type == kTfLiteInt16)) ||
                    (input->type == kTfLiteUInt8 && output->type == kTfLiteUInt8);
  LN_CHECK(context, pair, "input is %s, output %s; FLOAT32, INT8, UINT8 or INT8 to INT16 is right",
           TfLiteTypeGetName(input->type), TfLiteTypeGetName(output->type));
  LN_CHECK(context, ln_softmax_prepare((double)params->beta, (double)input->params.scale, node->user_data),
           "beta %g with the input's scale %g is too small for fixed point", (double)params->beta,
           (double)input->params.scale);
  return kTfLiteOk;
}

typedef struct softmax_job {
  const ln_softmax_quantized* quantized;
  const TfLiteTensor* input;
  TfLiteTensor* output;
  float beta;
  size_t depth, rows, tile;
} softmax_job;

static void run_tile(void* arg, size_t index) {
  const softmax_job* j = arg;
  const size_t first = index * j->tile, rows = j->rows - first < j->tile ? j->rows - first : j->tile,
               at = first * j->depth;
  if (j->input->type == kTfLiteFloat32)
    ln_softmax_f32_ref(j->beta, j->input->data.f + at, j->output->data.f + at, rows, j->depth);
  else if (j->input->type == kTfLiteUInt8)
    ln_softmax_qu8_ref(j->quantized, j->input->data.uint8 + at, j->output->data.uint8 + at, rows, j->depth);
  else if (j->output->type == kTfLiteInt8)
    ln_softmax_qs8_ref(j->quantized, j->input->data.int8 + at, j->output->data.int8 + at, rows, j->depth);
  else
    ln_softmax_qs8_s16_ref(j->quantized, j->input->data.int8 + at, j->output->data.i16 + at, rows, j->depth);
}

static TfLiteStatus invoke(TfLiteContext* context, TfLiteNode* node) {
  const TfLiteSoftmaxParams* params = node->builtin_data;
  const TfLiteTensor* input;
  TfLiteTensor* output;
  LN_TRY(ln_unary_get(context, node, &input, &output));
  if (output->bytes == 0) return kTfLiteOk;
  const size_t depth = (size_t)ln_dim(input, ln_rank(input) - 1), rows = (size_t)ln_num_elements(input) / depth;
  const size_t tile = depth >= 1024 ? 1 : 1024 / depth;
  softmax_job job = {node->user_data, input, output, params->beta, depth, rows, tile};
  ln_parallel_for(context, run_tile, &job, (rows + tile - 1) / tile);
  return kTfLiteOk;
}

static TfLiteStatus log_prepare(TfLiteContext* context, TfLiteNode* node) {
  const TfLiteTensor* input;
  TfLiteTensor* output;
  LN_TRY(ln_unary_get(context, node, &input, &output));
  LN_TRY(ln_check_type(context, input, "input", kTfLiteFloat32));
  LN_CHECK(context, ln_rank(input) >= 1, "input is a scalar; rank 1 or more is right");
  return ln_unary_prepare(context, node);
}

static TfLiteStatus log_invoke(TfLiteContext* context, TfLiteNode* node) {
  const TfLiteTensor* input;
  TfLiteTensor* output;
  LN_TRY(ln_unary_get(context, node, &input, &output));
  if (output->bytes == 0) return kTfLiteOk;
  const size_t depth = (size_t)ln_dim(input, ln_rank(input) - 1);
  ln_log_softmax_f32_ref(input->data.f, output->data.f, (size_t)ln_num_elements(input) / depth, depth);
  return kTfLiteOk;
}

const TfLiteRegistration ln_op_softmax = {.init = init, .free = free_data, .prepare = prepare, .invoke = invoke};
const TfLiteRegistration ln_op_log_softmax = {.prepare = log_prepare, .invoke = log_invoke};
