/* DEPTHWISE_CONV_2D: [N,H,W,C] by filters [1,h,w,C * multiplier]. */
#include <math.h>
#include <string.h>

#include "kernels/generic/dwconv_f32.h"
#include "kernels/generic/dwconv_q8.h"
#include "kernels/generic/quantize_q8.h"
#include "ops/builtin_ops.h"
#include "ops/channel_factors.h"
#include "ops/conv_types.h"
#include "ops/depthwise_single.h"
#include "ops/fusion.h"
#include "ops/image_quantize.h"
#include "ops/weights.h"

enum { kInput, kFilter, kBias };
enum { kVisitsAtOnce = 6 }; /* of taps by a vector kernel, in the time of one of ln_parallel_sized */

typedef struct dwconv_data {
  ln_dwconv_shape shape;
  ln_conv_quantized quantized;
  int32_t* numbers; /* multipliers, then shifts, one per output channel */
  const ln_dwconv_f32* f32;
  ln_unary_row finish; /* of floats; NULL: none */
  float* no_bias;      /* zeros, where the floats have none */
  float low, high;
  bool hybrid;
  float* scales; /* hybrid: of the filters */
  float* whole;  /* hybrid: the filter as floats, NULL: the sums may be too large for those */
  bool whole_is_ready;
  void* plain;                /* the filter, where it is not plain */
  ln_depthwise_single single; /* where `is_single` */
  bool is_single;
  int first_temporary;
  ln_dwconv_q8_plan bytes; /* kernel NULL: the plain form runs */
  ln_dwconv_shape alone;   /* for `bytes`: with one filter a channel, channels of the input repeated for that */
  void* packed;            /* for `bytes`: a pixel of zero points, then the filter */
} dwconv_data;

LN_DEFINE_INIT(init, dwconv_data, .first_temporary = -1)

static void free_data(TfLiteContext* context, void* user_data) {
  (void)context;
  dwconv_data* data = user_data;
  if (data == NULL) return;
  ln_free(data->numbers);
  ln_free(data->no_bias);
  ln_free(data->scales);
  ln_aligned_free(data->whole);
  ln_free(data->plain);
  ln_aligned_free(data->packed);
  ln_depthwise_single_free(&data->single);
  ln_free(data);
}

static TfLiteStatus set_shape(TfLiteContext* context, const TfLiteDepthwiseConvParams* params,
                              const TfLiteTensor* input, const TfLiteTensor* filter, const TfLiteTensor* bias,
                              TfLiteTensor* output, dwconv_data* d) {
  LN_CHECK(context, ln_rank(input) == 4 && ln_rank(filter) == 4, "input has rank %d, the filter %d; 4 and 4 are right",
           ln_rank(input), ln_rank(filter));
  const int32_t channels = ln_dim(input, 3), outputs = ln_dim(filter, 3);
  LN_CHECK(context, ln_dim(filter, 0) == 1, "the filter's first dimension is %d; 1 is right", ln_dim(filter, 0));
  LN_CHECK(context, channels > 0 && outputs > 0 && outputs % channels == 0,
           "the filter has %d channels, the input %d; a multiple is right", outputs, channels);
  if (bias != NULL)
    LN_CHECK(context, ln_num_elements(bias) == outputs, "the bias has %lld elements; %d are right",
             (long long)ln_num_elements(bias), outputs);
  const LinnetFusion fusion = ln_fusion(context);
  ln_axis y = {.in = ln_dim(input, 1),
               .filter = ln_dim(filter, 1),
               .stride = params->stride_height,
               .dilation = params->dilation_height_factor};
  ln_axis x = {.in = ln_dim(input, 2),
               .filter = ln_dim(filter, 2),
               .stride = params->stride_width,
               .dilation = params->dilation_width_factor};
  LN_TRY(ln_place_windows(context, params->padding, fusion.pad_top, fusion.pad_bottom, &y));
  LN_TRY(ln_place_windows(context, params->padding, fusion.pad_left, fusion.pad_right, &x));
  const int32_t dims[4] = {ln_dim(input, 0), y.out, x.out, outputs};
  ln_lay_flat(&y, &x);
  d->shape = (ln_dwconv_shape){.in_height = y.in,
                               .in_width = x.in,
                               .channels = channels,
                               .multiplier = outputs / channels,
                               .out_height = y.out,
                               .out_width = x.out,
                               .filter_height = y.filter,
                               .filter_width = x.filter,
                               .stride_y = y.stride,
                               .stride_x = x.stride,
                               .dilation_y = y.dilation,
                               .dilation_x = x.dilation,
                               .pad_top = y.before,
                               .pad_left = x.before};
  d->alone = d->shape;
  d->alone.channels = outputs;
  d->alone.multiplier = 1;
  return ln_resize(context, output, 4, dims);
}

static TfLiteStatus set_factors(TfLiteContext* context, const TfLiteTensor* input, const TfLiteTensor* filter,
                                const TfLiteTensor* output, dwconv_data* d) {
  const int32_t outputs = ln_dim(filter, 3);
  LN_TRY(ln_set_channel_factors(context, input, filter, output, outputs, &d->numbers));
  d->quantized.multiplier = d->numbers;
  d->quantized.shift = d->numbers + outputs;
  d->quantized.in_zero_point = input->params.zero_point;
  d->quantized.weights_zero_point = input->type == kTfLiteUInt8 ? filter->params.zero_point : 0;
  d->quantized.out_zero_point = output->params.zero_point;
  return kTfLiteOk;
}

static TfLiteStatus prepare_f32(TfLiteContext* context, TfLiteFusedActivation activation, const TfLiteTensor* bias,
                                dwconv_data* d) {
  LinnetBackend* backend = LinnetBackendOf(context);
  const size_t outputs = (size_t)d->shape.channels * (size_t)d->shape.multiplier;
  d->f32 = ln_dwconv_f32_best(&d->shape);
  if (backend != NULL) backend->SetKernelName(backend, d->f32->name);
  ln_free(d->no_bias);
  d->no_bias = bias == NULL ? ln_calloc(outputs, sizeof(float)) : NULL;
  LN_CHECK(context, bias != NULL || d->no_bias != NULL, "no memory for %zu channels", outputs);
  LN_TRY(ln_activation_range_f32(context, activation, &d->low, &d->high));
  const LinnetFusion fusion = ln_fusion(context);
  d->finish = ln_fused_row(&fusion, &d->low, &d->high);
  return kTfLiteOk;
}

/* Sums of up to 514 products of a difference of two int8 and an int8 are whole numbers below 2^24: floats hold them,
 * and all sums on the way, exactly. */
static TfLiteStatus prepare_hybrid(TfLiteContext* context, TfLiteNode* node, TfLiteFusedActivation activation,
                                   const TfLiteTensor* filter, dwconv_data* d) {
  enum { kMostTaps = 514 };
  LinnetBackend* backend = LinnetBackendOf(context);
  const size_t outputs = (size_t)ln_dim(filter, 3),
               taps = (size_t)d->shape.filter_height * (size_t)d->shape.filter_width;
  LN_TRY(ln_activation_range_f32(context, activation, &d->low, &d->high));
  ln_aligned_free(d->whole);
  d->whole = NULL;
  d->whole_is_ready = false;
  if (taps <= kMostTaps) {
    d->f32 = ln_dwconv_f32_best(&d->shape);
    if (backend != NULL) backend->SetKernelName(backend, d->f32->name);
    ln_free(d->no_bias);
    d->no_bias = ln_calloc(outputs, sizeof(float));
    d->whole = ln_aligned_malloc(64, (taps * outputs + 1) * sizeof(float));
    LN_CHECK(context, d->whole != NULL && d->no_bias != NULL, "no memory for filters of %zu channels", outputs);
  }
  return ln_prepare_hybrid(context, node, kInput, filter, ln_dim(filter, 3),
                           d->whole != NULL ? kTfLiteFloat32 : kTfLiteInt8, &d->scales);
}

static bool is_byte(int32_t value, bool is_signed) {
  return is_signed ? value >= INT8_MIN && value <= INT8_MAX : value >= 0 && value <= UINT8_MAX;
}

/* The kernels of bytes take constant filters and ordinary quantization. */
static bool suits_bytes(const TfLiteTensor* input, const TfLiteTensor* filter, const TfLiteTensor* bias,
                        const dwconv_data* d) {
  const bool is_signed = input->type == kTfLiteInt8;
  return (is_signed || input->type == kTfLiteUInt8) && filter->type == input->type && ln_is_constant(filter) &&
         filter->data.raw_const != NULL && (bias == NULL || (ln_is_constant(bias) && bias->data.raw_const != NULL)) &&
         is_byte(d->quantized.in_zero_point, is_signed) && is_byte(d->quantized.out_zero_point, is_signed) &&
         is_byte(d->quantized.weights_zero_point, false) && d->quantized.low <= d->quantized.high;
}

static TfLiteStatus pack_bytes(TfLiteContext* context, const TfLiteTensor* input, const TfLiteTensor* filter,
                               const TfLiteTensor* bias, dwconv_data* d) {
  const ln_dwconv_q8* kernel = ln_dwconv_q8_best();
  LinnetBackend* backend = LinnetBackendOf(context);
  const ln_dwconv_shape* s = &d->alone;
  const bool is_signed = input->type == kTfLiteInt8;
  const size_t channels = (size_t)s->channels;
  ln_aligned_free(d->packed);
  d->packed = NULL;
  d->bytes.kernel = NULL;
  if (!suits_bytes(input, filter, bias, d)) return kTfLiteOk;
  const size_t size = ln_dwconv_q8_plan_size(kernel, s);
  if (size == 0) return kTfLiteOk;
  d->packed = ln_aligned_malloc(64, size);
  LN_CHECK(context, d->packed != NULL, "no memory for %zu bytes of packed weights", size);
  const ln_dwconv_q8_filter f = {
      .channels = channels,
      .period = channels,
      .height = s->filter_height,
      .width = s->filter_width,
      .weights = filter->data.uint8,
      .is_signed = is_signed,
      .weights_zero_point = d->quantized.weights_zero_point,
      .in_zero_point = d->quantized.in_zero_point + (is_signed ? 128 : 0),
      .bias = bias != NULL ? bias->data.i32 : NULL,
      .multiplier = d->quantized.multiplier,
      .shift = d->quantized.shift,
      .range = ln_requant_q8_range(d->quantized.out_zero_point, d->quantized.low, d->quantized.high, is_signed)};
  if (!ln_dwconv_q8_make_plan(kernel, s, &f, d->packed, &d->bytes)) {
    d->bytes.kernel = NULL;
    return kTfLiteOk;
  }
  if (backend != NULL) backend->SetKernelName(backend, kernel->name);
  return kTfLiteOk;
}

/* Room for the input with its channels repeated. */
static TfLiteStatus prepare_repeated(TfLiteContext* context, TfLiteNode* node, const TfLiteTensor* input,
                                     const dwconv_data* d) {
  size_t size = 1;
  if (d->bytes.kernel != NULL && d->shape.multiplier > 1)
    LN_CHECK(context, ln_mul_size((size_t)ln_num_elements(input), (size_t)d->shape.multiplier, &size),
             "the input, %d times, is too large", d->shape.multiplier);
  return ln_set_scratch(context, node, 0, size);
}

/* The time of one thread, in the visits of ln_parallel_sized. */
static size_t visits_of(const dwconv_data* d, const TfLiteTensor* output) {
  return (size_t)d->shape.filter_height * (size_t)d->shape.filter_width * (size_t)ln_num_elements(output) /
         kVisitsAtOnce;
}

static void say_together(TfLiteContext* context, const TfLiteTensor* input, const TfLiteTensor* filter,
                         const TfLiteTensor* output, const dwconv_data* d) {
  if (ln_dim(input, 0) != 1 || !ln_is_constant(filter) || !ln_weights_are_plain(filter)) return;
  const bool by_lines = d->shape.out_height >= ln_thread_count(context);
  ln_set_together(context, (double)visits_of(d, output) / LN_VISITS_PER_NS, 0, by_lines ? d->shape.out_height : 0);
}

static bool has_multiplier(const TfLiteTensor* input, const TfLiteTensor* filter) {
  return (input->type == kTfLiteInt8 || input->type == kTfLiteUInt8) && ln_rank(input) == 4 && ln_rank(filter) == 4 &&
         ln_dim(filter, 3) != ln_dim(input, 3);
}

static TfLiteStatus prepare(TfLiteContext* context, TfLiteNode* node) {
  const TfLiteDepthwiseConvParams* params = node->builtin_data;
  dwconv_data* d = node->user_data;
  const TfLiteTensor *input, *filter;
  TfLiteTensor* output;
  LN_CHECK(context, params != NULL, "the options are missing");
  ln_free(d->plain);
  d->plain = NULL;
  LN_TRY(ln_check_io_sparse(context, node, 2, 3, 1, 1));
  LN_TRY(ln_get_input(context, node, kInput, &input));
  LN_TRY(ln_get_input(context, node, kFilter, &filter));
  d->hybrid = input->type == kTfLiteFloat32 && filter->type != kTfLiteFloat32;
  d->is_single = ln_depthwise_single_suits(input, filter, ln_optional_input(context, node, kBias), params);
  if (d->hybrid) LN_TRY(ln_set_temporaries(context, node, LN_IMAGE_TEMPORARIES, &d->first_temporary));
  const bool repeats = has_multiplier(input, filter);
  if (d->is_single || repeats) LN_TRY(ln_set_temporaries(context, node, 1, &d->first_temporary));
  LN_TRY(ln_get_input(context, node, kInput, &input));
  LN_TRY(ln_get_input(context, node, kFilter, &filter));
  LN_TRY(ln_get_output(context, node, 0, &output));
  const TfLiteTensor* bias = ln_optional_input(context, node, kBias);
  LN_TRY(ln_check_conv_types(context, input, filter, bias, output));
  if (input->type == kTfLiteInt16 && bias != NULL) LN_TRY(ln_check_type(context, bias, "the bias", kTfLiteInt64));
  LN_TRY(set_shape(context, params, input, filter, bias, output, d));
  if (d->hybrid) return prepare_hybrid(context, node, params->activation, filter, d);
  if (input->type == kTfLiteFloat32) {
    LN_TRY(prepare_f32(context, params->activation, bias, d));
    say_together(context, input, filter, output, d);
    return kTfLiteOk;
  }
  if (d->is_single) {
    LN_TRY(
        ln_depthwise_single_prepare(context, &d->single, input, filter, bias, output, &d->shape, params->activation));
    return ln_set_scratch(context, node, 0, d->single.scratch_bytes);
  }
  LN_TRY(set_factors(context, input, filter, output, d));
  LN_TRY(ln_activation_range_i32(context, params->activation, output, &d->quantized.low, &d->quantized.high));
  LN_TRY(pack_bytes(context, input, filter, bias, d));
  if (repeats) return prepare_repeated(context, node, input, d);
  if (d->bytes.kernel != NULL) say_together(context, input, filter, output, d);
  return kTfLiteOk;
}

typedef struct dwconv_job {
  const dwconv_data* d;
  const TfLiteTensor *input, *filter, *bias;
  TfLiteTensor* output;
  const void* weights; /* the filter's, plain */
  size_t tiles;        /* of floats, in an image */
  ln_quantized_images images;
  uint8_t* repeated; /* the input of bytes, its channels repeated; NULL: as it is */
} dwconv_job;

/* A tile is some rows of the output. */
static void run_f32(void* arg, size_t tile) {
  const dwconv_job* j = arg;
  const dwconv_data* d = j->d;
  const ln_dwconv_shape* s = &d->shape;
  const size_t height = (size_t)s->out_height, image = tile / j->tiles, part = tile % j->tiles;
  const size_t first = ln_share_begin(height, j->tiles, part),
               rows = ln_share_begin(height, j->tiles, part + 1) - first;
  const size_t out_row = (size_t)s->out_width * (size_t)s->channels * (size_t)s->multiplier;
  const size_t from = image * (size_t)s->in_height * (size_t)s->in_width * (size_t)s->channels;
  float* out = j->output->data.f + (image * height + first) * out_row;
  if (d->hybrid) {
    const size_t outputs = (size_t)s->channels * (size_t)s->multiplier;
    d->f32->run(s, (int32_t)first, (int32_t)rows, (const float*)j->images.data + from, d->whole, d->no_bias, -INFINITY,
                INFINITY, out);
    ln_quantize_q8_best()->hybrid_finish(rows * (size_t)s->out_width, outputs, j->images.scales[image], d->scales,
                                         j->bias != NULL ? j->bias->data.f : d->no_bias, d->low, d->high, out);
    return;
  }
  const float* in = j->input->data.f + from;
  d->f32->run(s, (int32_t)first, (int32_t)rows, in, j->weights, j->bias != NULL ? j->bias->data.f : d->no_bias, d->low,
              d->high, out);
  if (d->finish != NULL) d->finish(NULL, out, out, rows * out_row);
}

static void run_rows(TfLiteContext* context, dwconv_job* job) {
  enum { kMostRows = 32, kLong = 4000000, kTilesOfLong = 2 };
  const size_t height = (size_t)job->d->shape.out_height, batch = (size_t)ln_dim(job->input, 0);
  const size_t taps = (size_t)job->d->shape.filter_height * (size_t)job->d->shape.filter_width;
  const size_t workers = (size_t)ln_thread_count(context), visits = taps * (size_t)ln_num_elements(job->output);
  job->tiles = (height + kMostRows - 1) / kMostRows;
  if (workers > 1) job->tiles = ln_round_up(job->tiles, workers * (visits < kLong ? 1 : kTilesOfLong));
  if (job->tiles > height) job->tiles = height;
  ln_parallel_sized(context, run_f32, job, batch * job->tiles, visits / kVisitsAtOnce);
}

static void run_row(const dwconv_job* j, size_t tile) {
  const dwconv_data* d = j->d;
  const ln_dwconv_shape* s = &d->shape;
  const size_t image = tile / (size_t)s->out_height;
  const int32_t row = (int32_t)(tile % (size_t)s->out_height);
  const size_t from = image * (size_t)s->in_height * (size_t)s->in_width * (size_t)s->channels;
  const size_t to = tile * (size_t)s->out_width * (size_t)s->channels * (size_t)s->multiplier;
  ln_conv_quantized q = d->quantized;
  if (d->hybrid) {
    const ln_conv_hybrid h = {j->images.scales[image],
                              j->images.zero_points[image],
                              d->scales,
                              j->bias != NULL ? j->bias->data.f : NULL,
                              d->low,
                              d->high};
    ln_dwconv_hybrid_ref(s, row, (const int8_t*)j->images.data + from, j->weights, &h, j->output->data.f + to);
    return;
  }
  switch (j->input->type) {
    case kTfLiteInt8:
      q.bias = j->bias != NULL ? j->bias->data.i32 : NULL;
      ln_dwconv_qs8_ref(s, row, j->input->data.int8 + from, j->weights, &q, j->output->data.int8 + to);
      break;
    case kTfLiteUInt8:
      q.bias = j->bias != NULL ? j->bias->data.i32 : NULL;
      ln_dwconv_qu8_ref(s, row, j->input->data.uint8 + from, j->weights, &q, j->output->data.uint8 + to);
      break;
    default:
      ln_dwconv_qs16_ref(s, row, j->input->data.i16 + from, j->weights, j->bias != NULL ? j->bias->data.i64 : NULL, &q,
                         j->output->data.i16 + to);
  }
}

/* Rows of the input. */
static void repeat_rows(void* arg, size_t begin, size_t end) {
  const dwconv_job* j = arg;
  const ln_dwconv_shape* s = &j->d->shape;
  const size_t row = (size_t)s->in_width * (size_t)s->channels, times = (size_t)s->multiplier;
  for (size_t i = begin; i < end; ++i)
    ln_repeat_bytes(j->input->data.uint8 + i * row, row, times, j->repeated + i * row * times);
}

static void repeat_input(TfLiteContext* context, const TfLiteNode* node, dwconv_job* job) {
  const ln_dwconv_shape* s = &job->d->shape;
  job->repeated = ln_get_temporary(context, node, 0)->data.uint8;
  const size_t rows = (size_t)ln_dim(job->input, 0) * (size_t)s->in_height;
  ln_parallel_ranges(context, repeat_rows, job, rows, rows,
                     (size_t)ln_num_elements(job->input) * (size_t)s->multiplier / 8);
}

/* A range is of rows of the output. */
static void run_range(void* arg, size_t begin, size_t end) {
  for (size_t row = begin; row < end; ++row) run_row(arg, row);
}

static void run_range_of_bytes(void* arg, size_t begin, size_t end) {
  const dwconv_job* j = arg;
  const ln_dwconv_shape* s = &j->d->alone;
  const uint8_t* in = j->repeated != NULL ? j->repeated : j->input->data.uint8;
  const size_t in_image = (size_t)s->in_height * (size_t)s->in_width * (size_t)s->channels,
               out_row = (size_t)s->out_width * (size_t)s->channels, height = (size_t)s->out_height;
  while (begin < end) {
    const size_t image = begin / height, row = begin % height, rest = height - row,
                 count = rest < end - begin ? rest : end - begin;
    ln_dwconv_q8_rows(&j->d->bytes, s, (int32_t)row, (int32_t)count, in + image * in_image,
                      j->output->data.uint8 + begin * out_row);
    begin += count;
  }
}

static void fill_whole(const dwconv_job* j, dwconv_data* d) {
  const int8_t* weights = j->weights;
  const size_t count = (size_t)ln_num_elements(j->filter);
  for (size_t i = 0; i < count && !d->whole_is_ready; ++i) d->whole[i] = weights[i];
  d->whole_is_ready = ln_is_constant(j->filter);
}

static TfLiteStatus invoke(TfLiteContext* context, TfLiteNode* node) {
  dwconv_data* d = node->user_data;
  dwconv_job job = {.d = d, .bias = ln_optional_input(context, node, kBias)};
  LN_TRY(ln_get_input(context, node, kInput, &job.input));
  LN_TRY(ln_get_input(context, node, kFilter, &job.filter));
  LN_TRY(ln_get_output(context, node, 0, &job.output));
  if (job.output->bytes == 0) return kTfLiteOk;
  if (d->is_single) {
    ln_depthwise_single_run(context, &d->single, job.input->data.raw_const, job.output->data.raw,
                            ln_get_temporary(context, node, 0)->data.raw);
    return kTfLiteOk;
  }
  LN_TRY(ln_get_plain(context, job.filter, &d->plain, &job.weights));
  if (d->hybrid) job.images = ln_quantize_images(context, node, job.input);
  if (d->whole != NULL) fill_whole(&job, d);
  if (job.input->type == kTfLiteFloat32 && (!d->hybrid || d->whole != NULL)) {
    run_rows(context, &job);
    return kTfLiteOk;
  }
  if (d->bytes.kernel != NULL && d->shape.multiplier > 1) repeat_input(context, node, &job);
  const size_t taps = (size_t)d->shape.filter_height * (size_t)d->shape.filter_width;
  const size_t rows = (size_t)ln_dim(job.input, 0) * (size_t)d->shape.out_height;
  const size_t visits = taps * (size_t)ln_num_elements(job.output);
  const bool has_kernel = d->bytes.kernel != NULL;
  ln_parallel_ranges(context, has_kernel ? run_range_of_bytes : run_range, &job, rows, rows,
                     has_kernel ? visits / kVisitsAtOnce : visits);
  return kTfLiteOk;
}

const TfLiteRegistration ln_op_depthwise_conv_2d = {
    .init = init, .free = free_data, .prepare = prepare, .invoke = invoke};
