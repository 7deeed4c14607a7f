/* SOFTMAX and LOG_SOFTMAX over the last dimension. */
#include "kernels/generic/half_rows.h"
#include "kernels/generic/rows_f32.h"
#include "kernels/generic/softmax_q8.h"
#include "ops/builtin_ops.h"
#include "ops/fusion.h"
#include "ops/unary_util.h"

/* Of the input's type. */
typedef union softmax_params {
  float beta; /* of floats, and what they are multiplied by before */
  ln_softmax_table narrow;
  ln_softmax_s16 wide;
  ln_log_softmax_quantized log;
} softmax_params;

LN_DEFINE_INIT(init, softmax_params, 0)

/* Scale and zero point that the reference's arithmetic has built in. */
static TfLiteStatus check_output(TfLiteContext* context, const TfLiteTensor* output, double scale, int32_t zero_point) {
  const double found = (double)output->params.scale;
  LN_CHECK(context, output->params.zero_point == zero_point && found >= scale * 0.999 && found <= scale * 1.001,
           "the output's scale is %g, its zero point %d; %g and %d are right", found, output->params.zero_point, scale,
           zero_point);
  return kTfLiteOk;
}

static TfLiteStatus prepare(TfLiteContext* context, TfLiteNode* node) {
  const TfLiteSoftmaxParams* params = node->builtin_data;
  softmax_params* p = node->user_data;
  const TfLiteTensor* input;
  TfLiteTensor* output;
  LN_CHECK(context, params != NULL, "the options are missing");
  LN_TRY(ln_unary_get(context, node, &input, &output));
  LN_CHECK(context, ln_rank(input) >= 1, "input is a scalar; rank 1 or more is right");
  LN_TRY(ln_resize_like(context, output, input));
  const TfLiteType in = input->type, out = output->type;
  if (in == kTfLiteFloat32 || ln_is_half(in)) {
    const float factor = ln_fusion(context).factor;
    p->beta = params->beta * (factor > 0.0f ? factor : 1.0f);
    return ln_check_type(context, output, "output", in);
  }
  const bool pair =
      in == kTfLiteInt16 ? out == in : (in == kTfLiteInt8 || in == kTfLiteUInt8) && (out == in || out == kTfLiteInt16);
  LN_CHECK(context, pair,
           "input is %s, output %s; FLOAT32, FLOAT16, BFLOAT16, INT8, UINT8, INT16 or an 8-bit type to INT16 is right",
           TfLiteTypeGetName(in), TfLiteTypeGetName(out));
  if (in == kTfLiteInt16) {
    const int32_t depth = ln_dim(input, ln_rank(input) - 1);
    LN_TRY(check_output(context, output, 1.0 / 32768, 0));
    LN_CHECK(context, input->params.scale > 0 && params->beta > 0,
             "the input's scale is %g, beta %g; both must be above 0", (double)input->params.scale,
             (double)params->beta);
    LN_CHECK(context, depth <= 65535, "rows of %d INT16 elements; at most 65535 are allowed", depth);
    ln_softmax_prepare_s16(params->beta, input->params.scale, &p->wide);
    return kTfLiteOk;
  }
  ln_softmax_quantized narrow;
  LN_CHECK(context, ln_softmax_prepare((double)params->beta, (double)input->params.scale, &narrow),
           "beta %g with the input's scale %g is too small for fixed point", (double)params->beta,
           (double)input->params.scale);
  ln_softmax_make_table(&narrow, &p->narrow);
  return kTfLiteOk;
}

typedef struct softmax_job {
  const softmax_params* params;
  const TfLiteTensor* input;
  TfLiteTensor* output;
  size_t depth;
} softmax_job;

static uint8_t flip_of(TfLiteType type) { return type == kTfLiteInt8 ? 0x80 : 0; }

static void run_rows(void* arg, size_t first, size_t end) {
  const softmax_job* j = arg;
  const size_t rows = end - first, at = first * j->depth;
  const TfLiteType in = j->input->type, out = j->output->type;
  const TfLitePtrUnion from = j->input->data, to = j->output->data;
  if (in == kTfLiteFloat32)
    ln_rows_f32_best()->softmax(j->params->beta, from.f + at, to.f + at, rows, j->depth);
  else if (ln_is_half(in))
    ln_softmax_half(in == kTfLiteBFloat16, j->params->beta, from.ui16 + at, to.ui16 + at, rows, j->depth);
  else if (in == kTfLiteInt16)
    ln_softmax_qs16_ref(&j->params->wide, from.i16 + at, to.i16 + at, rows, j->depth);
  else if (out == kTfLiteInt16)
    ln_softmax_q8_best()->bytes_s16(&j->params->narrow, from.uint8 + at, flip_of(in), to.i16 + at, rows, j->depth);
  else
    ln_softmax_q8_best()->bytes(&j->params->narrow, from.uint8 + at, flip_of(in), to.uint8 + at, rows, j->depth);
}

/* Rows over the last dimension are shared out. */
static TfLiteStatus share_rows(TfLiteContext* context, const TfLiteNode* node,
                               void (*run)(void* arg, size_t begin, size_t end)) {
  enum { kVisits = 4 };
  const TfLiteTensor* input;
  TfLiteTensor* output;
  LN_TRY(ln_unary_get(context, node, &input, &output));
  if (output->bytes == 0) return kTfLiteOk;
  const size_t depth = (size_t)ln_dim(input, ln_rank(input) - 1), rows = (size_t)ln_num_elements(input) / depth;
  softmax_job job = {node->user_data, input, output, depth};
  ln_parallel_ranges(context, run, &job, rows, rows, rows * depth * kVisits);
  return kTfLiteOk;
}

static TfLiteStatus invoke(TfLiteContext* context, TfLiteNode* node) { return share_rows(context, node, run_rows); }

static TfLiteStatus log_prepare(TfLiteContext* context, TfLiteNode* node) {
  softmax_params* p = node->user_data;
  const TfLiteTensor* input;
  TfLiteTensor* output;
  LN_TRY(ln_unary_get(context, node, &input, &output));
  const TfLiteType type = input->type;
  LN_CHECK(context, type == kTfLiteFloat32 || type == kTfLiteInt8 || type == kTfLiteUInt8,
           "input is %s; FLOAT32, INT8 or UINT8 is right", TfLiteTypeGetName(type));
  LN_CHECK(context, ln_rank(input) >= 1, "input is a scalar; rank 1 or more is right");
  LN_TRY(ln_unary_prepare(context, node));
  if (type == kTfLiteFloat32) return kTfLiteOk;
  LN_TRY(check_output(context, output, 1.0 / 16, type == kTfLiteInt8 ? INT8_MAX : UINT8_MAX));
  LN_CHECK(context, ln_log_softmax_prepare((double)input->params.scale, &p->log),
           "the input's scale %g is too small for fixed point", (double)input->params.scale);
  return kTfLiteOk;
}

static void run_log_rows(void* arg, size_t begin, size_t end) {
  const softmax_job* j = arg;
  const size_t at = begin * j->depth, rows = end - begin;
  const ln_log_softmax_quantized* p = &j->params->log;
  if (j->input->type == kTfLiteFloat32)
    ln_rows_f32_best()->log_softmax(j->input->data.f + at, j->output->data.f + at, rows, j->depth);
  else
    ln_softmax_q8_best()->log(p, j->input->data.uint8 + at, flip_of(j->input->type), j->output->data.uint8 + at, rows,
                              j->depth);
}

static TfLiteStatus log_invoke(TfLiteContext* context, TfLiteNode* node) {
  return share_rows(context, node, run_log_rows);
}

const TfLiteRegistration ln_op_softmax = {
    .init = init, .free = ln_free_node_data, .prepare = prepare, .invoke = invoke};
const TfLiteRegistration ln_op_log_softmax = {
    .init = init, .free = ln_free_node_data, .prepare = log_prepare, .invoke = log_invoke};
