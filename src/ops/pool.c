/* AVERAGE_POOL_2D, MAX_POOL_2D, L2_POOL_2D over [N,H,W,C]. */
#include "kernels/generic/pool_f32.h"
#include "kernels/generic/pool_q8.h"
#include "ops/builtin_ops.h"
#include "ops/op_util.h"

typedef enum pool_kind { POOL_AVERAGE, POOL_MAX, POOL_L2 } pool_kind;

/* What invoke needs, computed in prepare. */
typedef struct pool_data {
  ln_pool_shape shape;
  float low_f, high_f;
  int32_t low, high;
} pool_data;

LN_DEFINE_INIT(init, pool_data, 0)

static TfLiteStatus check_types(TfLiteContext* context, const TfLiteTensor* input, const TfLiteTensor* output,
                                pool_kind kind) {
  LN_TRY(ln_check_type(context, output, "output", input->type));
  if (input->type == kTfLiteFloat32) return kTfLiteOk;
  LN_CHECK(
      context,
      kind != POOL_L2 && (input->type == kTfLiteUInt8 || input->type == kTfLiteInt8 || input->type == kTfLiteInt16),
      "input is %s; %s is right", TfLiteTypeGetName(input->type),
      kind == POOL_L2 ? "FLOAT32" : "FLOAT32, UINT8, INT8 or INT16");
  LN_CHECK(context,
           input->params.scale == output->params.scale && input->params.zero_point == output->params.zero_point,
           "the input's scale and zero point differ from the output's; they must be the same");
  return kTfLiteOk;
}

static TfLiteStatus prepare(TfLiteContext* context, TfLiteNode* node, pool_kind kind) {
  const TfLitePoolParams* params = node->builtin_data;
  pool_data* data = node->user_data;
  const TfLiteTensor* input;
  TfLiteTensor* output;
  ln_window rows, columns;
  LN_CHECK(context, params != NULL, "the options are missing");
  LN_TRY(ln_check_io(context, node, 1, 1, 1));
  LN_TRY(ln_get_input(context, node, 0, &input));
  LN_TRY(ln_get_output(context, node, 0, &output));
  LN_TRY(check_types(context, input, output, kind));
  LN_CHECK(context, ln_rank(input) == 4, "input has rank %d; 4 is right", ln_rank(input));
  LN_TRY(ln_compute_window(context, params->padding, ln_dim(input, 1), params->filter_height, params->stride_height, 1,
                           &rows));
  LN_TRY(ln_compute_window(context, params->padding, ln_dim(input, 2), params->filter_width, params->stride_width, 1,
                           &columns));
  /* The sum of a quantized window must fit 32 bits. */
  LN_CHECK(context,
           (int64_t)params->filter_height * params->filter_width <= INT32_MAX / 65536 ||
               input->type == kTfLiteFloat32 || kind == POOL_MAX ||
               (int64_t)ln_dim(input, 1) * ln_dim(input, 2) <= INT32_MAX / 65536,
           "a window of %d x %d is too large for quantized sums", params->filter_height, params->filter_width);
  data->shape = (ln_pool_shape){
      ln_dim(input, 0), ln_dim(input, 1),      ln_dim(input, 2),     ln_dim(input, 3),      rows.out,
      columns.out,      params->filter_height, params->filter_width, params->stride_height, params->stride_width,
      rows.pad_before,  columns.pad_before};
  if (input->type == kTfLiteFloat32)
    LN_TRY(ln_activation_range_f32(context, params->activation, &data->low_f, &data->high_f));
  else
    LN_TRY(ln_activation_range_i32(context, params->activation, output, &data->low, &data->high));
  const int32_t dims[4] = {ln_dim(input, 0), rows.out, columns.out, ln_dim(input, 3)};
  return ln_resize(context, output, 4, dims);
}

typedef struct pool_job {
  const pool_data* d;
  const ln_pool_f32* kernel;
  pool_kind kind;
  const float* in;
  float* out;
} pool_job;

static void run_rows(void* arg, size_t begin, size_t end) {
  const pool_job* j = arg;
  const pool_data* d = j->d;
  for (size_t row = begin; row < end; ++row)
    if (j->kind == POOL_MAX)
      j->kernel->max(&d->shape, row, j->in, j->out, d->low_f, d->high_f);
    else
      j->kernel->average(&d->shape, row, j->in, j->out, d->low_f, d->high_f, j->kind == POOL_L2);
}

static void run_f32(TfLiteContext* context, const pool_data* d, pool_kind kind, const float* in, float* out) {
  const ln_pool_shape* s = &d->shape;
  pool_job job = {d, ln_pool_f32_best(), kind, in, out};
  const size_t rows = (size_t)s->batch * (size_t)s->out_height;
  ln_parallel_ranges(context, run_rows, &job, rows, rows,
                     rows * (size_t)s->out_width * (size_t)s->channels * (size_t)s->filter_height);
}

typedef struct pool_bytes_job {
  const pool_data* d;
  ln_pool_q8_fn row;
  const void* in;
  void* out;
} pool_bytes_job;

static void run_bytes_rows(void* arg, size_t begin, size_t end) {
  const pool_bytes_job* j = arg;
  for (size_t row = begin; row < end; ++row) j->row(&j->d->shape, row, j->in, j->out, j->d->low, j->d->high);
}

static void run_bytes(TfLiteContext* context, const pool_data* d, pool_kind kind, const TfLiteTensor* input,
                      TfLiteTensor* output) {
  const ln_pool_shape* s = &d->shape;
  const ln_pool_q8* kernel = ln_pool_q8_best();
  const bool is_signed = input->type == kTfLiteInt8;
  const ln_pool_q8_fn row = kind == POOL_MAX ? (is_signed ? kernel->max_s8 : kernel->max_u8)
                                             : (is_signed ? kernel->average_s8 : kernel->average_u8);
  pool_bytes_job job = {d, row, input->data.raw_const, output->data.raw};
  const size_t rows = (size_t)s->batch * (size_t)s->out_height;
  ln_parallel_ranges(context, run_bytes_rows, &job, rows, rows,
                     rows * (size_t)s->out_width * (size_t)s->channels * (size_t)s->filter_height / 4);
}

static TfLiteStatus invoke(TfLiteContext* context, TfLiteNode* node, pool_kind kind) {
  const pool_data* d = node->user_data;
  const TfLiteTensor* input;
  TfLiteTensor* output;
  LN_TRY(ln_get_input(context, node, 0, &input));
  LN_TRY(ln_get_output(context, node, 0, &output));
  if (output->bytes == 0) return kTfLiteOk;
  if (input->type == kTfLiteFloat32) {
    run_f32(context, d, kind, input->data.f, output->data.f);
  } else if (input->type != kTfLiteInt16) {
    run_bytes(context, d, kind, input, output);
  } else if (kind == POOL_MAX) {
    ln_max_pool_qs16_ref(&d->shape, input->data.i16, output->data.i16, d->low, d->high);
  } else {
    ln_average_pool_qs16_ref(&d->shape, input->data.i16, output->data.i16, d->low, d->high);
  }
  return kTfLiteOk;
}

#define LN_POOL_OP(name, kind)                                                                                        \
  static TfLiteStatus name##_prepare(TfLiteContext* context, TfLiteNode* node) {                                      \
    return prepare(context, node, kind);                                                                              \
  }                                                                                                                   \
  static TfLiteStatus name##_invoke(TfLiteContext* context, TfLiteNode* node) { return invoke(context, node, kind); } \
  const TfLiteRegistration ln_op_##name = {                                                                           \
      .init = init, .free = ln_free_node_data, .prepare = name##_prepare, .invoke = name##_invoke};

LN_POOL_OP(average_pool_2d, POOL_AVERAGE)
LN_POOL_OP(max_pool_2d, POOL_MAX)
LN_POOL_OP(l2_pool_2d, POOL_L2)
