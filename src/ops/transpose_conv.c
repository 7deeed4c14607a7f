/* TRANSPOSE_CONV: a picture [N,H,W,C] spread by filters [O,h,w,C] to the shape that the first input gives. */
#include "kernels/generic/tconv.h"
#include "ops/builtin_ops.h"
#include "ops/channel_factors.h"
#include "ops/image_quantize.h"
#include "ops/weights.h"

enum { kShape, kFilter, kInput, kBias };

typedef struct tconv_data {
  ln_tconv_shape shape;
  ln_conv_quantized quantized;
  int32_t* numbers; /* multipliers, then shifts, one per output channel */
  float low, high;
  bool hybrid, narrow_sums;
  float* scales; /* hybrid: of the filters */
  void* plain;   /* the filter, where it is not plain */
  int first_temporary;
} tconv_data;

LN_DEFINE_INIT(init, tconv_data, .first_temporary = -1)

static void free_data(TfLiteContext* context, void* user_data) {
  (void)context;
  tconv_data* data = user_data;
  if (data == NULL) return;
  ln_free(data->numbers);
  ln_free(data->scales);
  ln_free(data->plain);
  ln_free(data);
}

/* An INT32 bias of INT16 pictures goes with sums of 32 bits. */
static TfLiteStatus check_wide_bias(TfLiteContext* context, TfLiteType option, const TfLiteTensor* bias) {
  if (bias == NULL) return kTfLiteOk;
  LN_CHECK(context, bias->type == kTfLiteInt32 || bias->type == kTfLiteInt64, "the bias is %s; INT32 or INT64 is right",
           TfLiteTypeGetName(bias->type));
  LN_CHECK(context, (option != kTfLiteInt32 && option != kTfLiteInt64) || option == bias->type,
           "the bias is %s; the options say %s", TfLiteTypeGetName(bias->type), TfLiteTypeGetName(option));
  return kTfLiteOk;
}

static bool has_narrow_sums(const TfLiteTransposeConvParams* params, const TfLiteTensor* bias) {
  return bias != NULL ? bias->type == kTfLiteInt32 : params->quantized_bias_type == kTfLiteInt32;
}

static TfLiteStatus check_types(TfLiteContext* context, const TfLiteTransposeConvParams* params,
                                const TfLiteTensor* input, const TfLiteTensor* filter, const TfLiteTensor* bias,
                                const TfLiteTensor* output) {
  LN_TRY(ln_check_type(context, output, "output", input->type));
  switch (input->type) {
    case kTfLiteFloat32:
      LN_CHECK(context, filter->type == kTfLiteFloat32 || filter->type == kTfLiteInt8 || filter->type == kTfLiteInt4,
               "the filter is %s; FLOAT32, INT8 or INT4 is right", TfLiteTypeGetName(filter->type));
      return bias != NULL ? ln_check_type(context, bias, "the bias", kTfLiteFloat32) : kTfLiteOk;
    case kTfLiteUInt8:
    case kTfLiteInt8:
      LN_CHECK(context, filter->type == input->type || (input->type == kTfLiteInt8 && filter->type == kTfLiteInt4),
               "the filter is %s; the input's type or, for INT8, INT4 is right", TfLiteTypeGetName(filter->type));
      return bias != NULL ? ln_check_type(context, bias, "the bias", kTfLiteInt32) : kTfLiteOk;
    case kTfLiteInt16:
      LN_CHECK(context, filter->type == kTfLiteInt8 || filter->type == kTfLiteInt4,
               "the filter is %s; INT8 or INT4 is right", TfLiteTypeGetName(filter->type));
      LN_CHECK(context, input->params.zero_point == 0 && output->params.zero_point == 0,
               "the zero points of INT16 must be 0");
      return check_wide_bias(context, params->quantized_bias_type, bias);
    default:
      LN_FAIL(context, "input is %s; FLOAT32, UINT8, INT8 or INT16 is right", TfLiteTypeGetName(input->type));
  }
}

/* The output's shape from the first input's values, and the padding that a convolution back would have. */
static TfLiteStatus resize_output(TfLiteContext* context, const TfLiteNode* node, TfLiteTensor* output) {
  const TfLiteTransposeConvParams* params = node->builtin_data;
  tconv_data* d = node->user_data;
  const TfLiteTensor *shape, *filter, *input;
  int32_t dims[LN_MAX_RANK];
  int rank;
  ln_window rows, columns;
  LN_TRY(ln_get_input(context, node, kShape, &shape));
  LN_TRY(ln_get_input(context, node, kFilter, &filter));
  LN_TRY(ln_get_input(context, node, kInput, &input));
  LN_TRY(ln_read_ints(context, shape, "the output's shape", LN_MAX_RANK, dims, &rank));
  LN_CHECK(context, rank == 4 && dims[0] == ln_dim(input, 0) && dims[3] == ln_dim(filter, 0),
           "the output's shape has rank %d, batch %d, channels %d; 4, %d and %d are right", rank,
           rank > 0 ? dims[0] : 0, rank > 3 ? dims[3] : 0, ln_dim(input, 0), ln_dim(filter, 0));
  LN_CHECK(context, dims[1] >= 1 && dims[2] >= 1, "the output would be %d x %d; at least 1 x 1 is right", dims[1],
           dims[2]);
  LN_TRY(ln_compute_window(context, params->padding, dims[1], ln_dim(filter, 1), params->stride_height, 1, &rows));
  LN_TRY(ln_compute_window(context, params->padding, dims[2], ln_dim(filter, 2), params->stride_width, 1, &columns));
  d->shape = (ln_tconv_shape){.in_height = ln_dim(input, 1),
                              .in_width = ln_dim(input, 2),
                              .channels = ln_dim(input, 3),
                              .out_height = dims[1],
                              .out_width = dims[2],
                              .outputs = dims[3],
                              .filter_height = ln_dim(filter, 1),
                              .filter_width = ln_dim(filter, 2),
                              .stride_y = params->stride_height,
                              .stride_x = params->stride_width,
                              .pad_top = rows.pad_before,
                              .pad_left = columns.pad_before};
  return ln_resize(context, output, 4, dims);
}

static TfLiteStatus check_shapes(TfLiteContext* context, const TfLiteTensor* shape, const TfLiteTensor* input,
                                 const TfLiteTensor* filter, const TfLiteTensor* bias) {
  LN_TRY(ln_check_type(context, shape, "the output's shape", kTfLiteInt32));
  LN_CHECK(context, ln_rank(input) == 4 && ln_rank(filter) == 4, "input has rank %d, the filter %d; 4 and 4 are right",
           ln_rank(input), ln_rank(filter));
  LN_CHECK(context, ln_dim(filter, 3) == ln_dim(input, 3) && ln_dim(filter, 0) > 0 && ln_dim(filter, 3) > 0,
           "the filter has %d channels, the input %d; they must be the same and at least 1", ln_dim(filter, 3),
           ln_dim(input, 3));
  if (bias != NULL)
    LN_CHECK(context, ln_num_elements(bias) == ln_dim(filter, 0), "the bias has %lld elements; %d are right",
             (long long)ln_num_elements(bias), ln_dim(filter, 0));
  return kTfLiteOk;
}

static TfLiteStatus set_factors(TfLiteContext* context, const TfLiteTensor* input, const TfLiteTensor* filter,
                                const TfLiteTensor* output, tconv_data* d) {
  const int32_t outputs = ln_dim(filter, 0);
  LN_TRY(ln_set_channel_factors(context, input, filter, output, outputs, &d->numbers));
  d->quantized.multiplier = d->numbers;
  d->quantized.shift = d->numbers + outputs;
  d->quantized.in_zero_point = input->params.zero_point;
  d->quantized.weights_zero_point = input->type == kTfLiteUInt8 ? filter->params.zero_point : 0;
  d->quantized.out_zero_point = output->params.zero_point;
  return kTfLiteOk;
}

static TfLiteStatus prepare(TfLiteContext* context, TfLiteNode* node) {
  const TfLiteTransposeConvParams* params = node->builtin_data;
  tconv_data* d = node->user_data;
  const TfLiteTensor *shape, *input, *filter;
  TfLiteTensor* output;
  LN_CHECK(context, params != NULL, "the options are missing");
  ln_free(d->plain);
  d->plain = NULL;
  LN_TRY(ln_check_io_sparse(context, node, 3, 4, 1, 1));
  LN_TRY(ln_get_input(context, node, kShape, &shape));
  LN_TRY(ln_get_input(context, node, kInput, &input));
  LN_TRY(ln_get_input(context, node, kFilter, &filter));
  d->hybrid = input->type == kTfLiteFloat32 && filter->type != kTfLiteFloat32;
  if (d->hybrid) LN_TRY(ln_set_temporaries(context, node, LN_IMAGE_TEMPORARIES, &d->first_temporary));
  LN_TRY(ln_get_input(context, node, kInput, &input));
  LN_TRY(ln_get_input(context, node, kFilter, &filter));
  LN_TRY(ln_get_output(context, node, 0, &output));
  const TfLiteTensor* bias = ln_optional_input(context, node, kBias);
  d->narrow_sums = input->type == kTfLiteInt16 && has_narrow_sums(params, bias);
  LN_TRY(check_types(context, params, input, filter, bias, output));
  LN_TRY(check_shapes(context, shape, input, filter, bias));
  if (input->type == kTfLiteFloat32) {
    LN_TRY(ln_activation_range_f32(context, params->activation, &d->low, &d->high));
    if (d->hybrid) LN_TRY(ln_prepare_hybrid(context, node, kInput, filter, ln_dim(filter, 0), kTfLiteInt8, &d->scales));
  } else {
    LN_TRY(set_factors(context, input, filter, output, d));
    LN_TRY(ln_activation_range_i32(context, params->activation, output, &d->quantized.low, &d->quantized.high));
  }
  if (ln_is_constant(shape)) return resize_output(context, node, output);
  ln_set_dynamic(output);
  return kTfLiteOk;
}

typedef struct tconv_job {
  const tconv_data* d;
  const TfLiteTensor *input, *filter, *bias;
  TfLiteTensor* output;
  const void* weights; /* the filter's, plain */
  ln_quantized_images images;
} tconv_job;

/* A tile is a row of the output. */
static void run_row(void* arg, size_t tile) {
  const tconv_job* j = arg;
  const tconv_data* d = j->d;
  const ln_tconv_shape* s = &d->shape;
  const size_t image = tile / (size_t)s->out_height;
  const int32_t row = (int32_t)(tile % (size_t)s->out_height);
  const size_t from = image * (size_t)s->in_height * (size_t)s->in_width * (size_t)s->channels;
  const size_t to = tile * (size_t)s->out_width * (size_t)s->outputs;
  ln_conv_quantized q = d->quantized;
  if (d->hybrid) {
    const ln_conv_hybrid h = {j->images.scales[image],
                              j->images.zero_points[image],
                              d->scales,
                              j->bias != NULL ? j->bias->data.f : NULL,
                              d->low,
                              d->high};
    ln_tconv_hybrid_ref(s, row, (const int8_t*)j->images.data + from, j->weights, &h, j->output->data.f + to);
    return;
  }
  switch (j->input->type) {
    case kTfLiteFloat32:
      ln_tconv_f32_ref(s, row, j->input->data.f + from, j->weights, j->bias != NULL ? j->bias->data.f : NULL, d->low,
                       d->high, j->output->data.f + to);
      break;
    case kTfLiteInt8:
      q.bias = j->bias != NULL ? j->bias->data.i32 : NULL;
      ln_tconv_qs8_ref(s, row, j->input->data.int8 + from, j->weights, &q, j->output->data.int8 + to);
      break;
    case kTfLiteUInt8:
      q.bias = j->bias != NULL ? j->bias->data.i32 : NULL;
      ln_tconv_qu8_ref(s, row, j->input->data.uint8 + from, j->weights, &q, j->output->data.uint8 + to);
      break;
    default:
      if (d->narrow_sums) {
        q.bias = j->bias != NULL ? j->bias->data.i32 : NULL;
        ln_tconv_qs16_narrow_ref(s, row, j->input->data.i16 + from, j->weights, &q, j->output->data.i16 + to);
        break;
      }
      ln_tconv_qs16_ref(s, row, j->input->data.i16 + from, j->weights, j->bias != NULL ? j->bias->data.i64 : NULL, &q,
                        j->output->data.i16 + to);
  }
}

static TfLiteStatus invoke(TfLiteContext* context, TfLiteNode* node) {
  tconv_data* d = node->user_data;
  tconv_job job = {.d = d, .bias = ln_optional_input(context, node, kBias)};
  LN_TRY(ln_get_input(context, node, kInput, &job.input));
  LN_TRY(ln_get_input(context, node, kFilter, &job.filter));
  LN_TRY(ln_get_output(context, node, 0, &job.output));
  if (ln_is_dynamic(job.output)) LN_TRY(resize_output(context, node, job.output));
  if (job.output->bytes == 0) return kTfLiteOk;
  LN_TRY(ln_get_plain(context, job.filter, &d->plain, &job.weights));
  if (d->hybrid) job.images = ln_quantize_images(context, node, job.input);
  ln_parallel_for(context, run_row, &job, (size_t)ln_dim(job.input, 0) * (size_t)d->shape.out_height);
  return kTfLiteOk;
}

const TfLiteRegistration ln_op_transpose_conv = {.init = init, .free = free_data, .prepare = prepare, .invoke = invoke};
