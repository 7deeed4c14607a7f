/* Convolution2DTransposeBias of MediaPipe's models: a transposed convolution of floats with a bias, whose output is as
 * large as the input's windows reach. The options are the bytes of a TfLiteTransposeConvParams; its activation is not
 * applied there either. */
#include <math.h>
#include <string.h>

#include "kernels/generic/tconv.h"
#include "ops/custom_ops.h"
#include "ops/custom_util.h"

enum { kInput, kFilter, kBias };

typedef struct tconv_data {
  ln_tconv_shape shape;
} tconv_data;

LN_DEFINE_INIT(init, tconv_data, .shape = {0})

typedef struct tconv_options {
  int32_t padding, stride_width, stride_height;
} tconv_options;

static TfLiteStatus read_options(TfLiteContext* context, const TfLiteNode* node, tconv_options* o) {
  LN_CHECK(context, node->custom_initial_data != NULL && node->custom_initial_data_size >= (int)sizeof *o,
           "the options have %d bytes; at least %zu are right", node->custom_initial_data_size, sizeof *o);
  memcpy(o, node->custom_initial_data, sizeof *o);
  LN_CHECK(context, o->stride_width >= 1 && o->stride_height >= 1, "strides of %d x %d; at least 1 is right",
           (int)o->stride_height, (int)o->stride_width);
  return kTfLiteOk;
}

/* SAME takes away what the last window reaches beyond the last stride. */
static TfLiteStatus output_extent(TfLiteContext* context, bool same, int32_t in, int32_t filter, int32_t stride,
                                  int32_t* out, int32_t* pad) {
  LN_CHECK(context, in >= 1 && filter >= 1, "an input of %d and a filter of %d; at least 1 is right", (int)in,
           (int)filter);
  const int64_t beyond = same ? (int64_t)filter - (in - 1) % stride - 1 : 0, cut = beyond > 0 ? beyond : 0;
  const int64_t extent = (int64_t)stride * (in - 1) + filter - cut;
  LN_CHECK(context, ln_fits_i32(extent) && extent >= 0, "an output of %lld is too large", (long long)extent);
  *out = (int32_t)extent;
  *pad = (int32_t)(cut / 2);
  return kTfLiteOk;
}

static TfLiteStatus check_inputs(TfLiteContext* context, const TfLiteTensor* input, const TfLiteTensor* filter,
                                 const TfLiteTensor* bias, const TfLiteTensor* output) {
  LN_TRY(ln_check_type(context, input, "input", kTfLiteFloat32));
  LN_TRY(ln_check_type(context, filter, "the filter", kTfLiteFloat32));
  LN_TRY(ln_check_type(context, bias, "the bias", kTfLiteFloat32));
  LN_TRY(ln_check_type(context, output, "output", kTfLiteFloat32));
  LN_CHECK(context, ln_rank(input) == 4 && ln_rank(filter) == 4 && ln_rank(bias) == 1,
           "input, filter and bias have ranks %d, %d and %d; 4, 4 and 1 are right", ln_rank(input), ln_rank(filter),
           ln_rank(bias));
  LN_CHECK(context, filter->sparsity == NULL, "the filter is sparse; a dense one is right");
  LN_CHECK(
      context, ln_dim(filter, 3) == ln_dim(input, 3) && ln_dim(bias, 0) == ln_dim(filter, 0),
      "the filter has %d outputs and %d channels, the bias %d elements, the input %d channels; they must be the same",
      ln_dim(filter, 0), ln_dim(filter, 3), ln_dim(bias, 0), ln_dim(input, 3));
  return kTfLiteOk;
}

static TfLiteStatus prepare(TfLiteContext* context, TfLiteNode* node) {
  ln_tconv_shape* s = &((tconv_data*)node->user_data)->shape;
  const TfLiteTensor *input, *filter, *bias;
  TfLiteTensor* output;
  tconv_options o;
  LN_TRY(ln_check_io(context, node, 3, 3, 1));
  LN_TRY(read_options(context, node, &o));
  LN_TRY(ln_get_input(context, node, kInput, &input));
  LN_TRY(ln_get_input(context, node, kFilter, &filter));
  LN_TRY(ln_get_input(context, node, kBias, &bias));
  LN_TRY(ln_get_output(context, node, 0, &output));
  LN_TRY(check_inputs(context, input, filter, bias, output));
  *s = (ln_tconv_shape){.in_height = ln_dim(input, 1),
                        .in_width = ln_dim(input, 2),
                        .channels = ln_dim(input, 3),
                        .outputs = ln_dim(filter, 0),
                        .filter_height = ln_dim(filter, 1),
                        .filter_width = ln_dim(filter, 2),
                        .stride_y = o.stride_height,
                        .stride_x = o.stride_width};
  const bool same = o.padding == kTfLitePaddingSame;
  LN_TRY(output_extent(context, same, s->in_height, s->filter_height, s->stride_y, &s->out_height, &s->pad_top));
  LN_TRY(output_extent(context, same, s->in_width, s->filter_width, s->stride_x, &s->out_width, &s->pad_left));
  const int32_t dims[] = {ln_dim(input, 0), s->out_height, s->out_width, s->outputs};
  return ln_resize(context, output, 4, dims);
}

typedef struct tconv_job {
  const ln_tconv_shape* shape;
  const TfLiteTensor *input, *filter, *bias;
  TfLiteTensor* output;
} tconv_job;

/* A tile is a row of the output. */
static void run_row(void* arg, size_t tile) {
  const tconv_job* j = arg;
  const ln_tconv_shape* s = j->shape;
  const size_t image = tile / (size_t)s->out_height;
  const size_t from = image * (size_t)s->in_height * (size_t)s->in_width * (size_t)s->channels;
  ln_tconv_f32_ref(s, (int32_t)(tile % (size_t)s->out_height), j->input->data.f + from, j->filter->data.f,
                   j->bias->data.f, -INFINITY, INFINITY,
                   j->output->data.f + tile * (size_t)s->out_width * (size_t)s->outputs);
}

static TfLiteStatus invoke(TfLiteContext* context, TfLiteNode* node) {
  tconv_job job = {.shape = &((const tconv_data*)node->user_data)->shape};
  LN_TRY(ln_get_input(context, node, kInput, &job.input));
  LN_TRY(ln_get_input(context, node, kFilter, &job.filter));
  LN_TRY(ln_get_input(context, node, kBias, &job.bias));
  LN_TRY(ln_get_output(context, node, 0, &job.output));
  if (job.output->bytes > 0)
    ln_parallel_for(context, run_row, &job, (size_t)ln_dim(job.output, 0) * (size_t)job.shape->out_height);
  return kTfLiteOk;
}

const TfLiteRegistration ln_op_transpose_conv_bias = {
    .init = init, .free = ln_free_node_data, .prepare = prepare, .invoke = invoke};
