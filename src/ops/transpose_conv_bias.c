/* Convolution2DTransposeBias of MediaPipe's models: a transposed convolution of floats with a bias, whose output is as
 * large as the input's windows reach. The options are the bytes of a TfLiteTransposeConvParams; its activation is not
 * applied there either. */
#include <math.h>
#include <string.h>

#include "ops/custom_ops.h"
#include "ops/custom_util.h"
#include "ops/transposed.h"

enum { kInput, kFilter, kBias };

typedef struct tconv_data {
  ln_transposed product; /* first: ln_transposed_free */
  int first_temporary;
} tconv_data;

LN_DEFINE_INIT(init, tconv_data, .first_temporary = -1)

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

/* The filter has outputs and channels where the picture has pixels. */
static TfLiteStatus set_shape(TfLiteContext* context, const tconv_options* o, const TfLiteTensor* input,
                              const TfLiteTensor* filter, ln_transposed* t) {
  ln_transposed_axis *y = &t->axes[LN_TRANSPOSED_Y], *x = &t->axes[LN_TRANSPOSED_X];
  ln_transposed_set_picture(t, filter, o->stride_height, o->stride_width);
  t->batch = ln_dim(input, 0);
  y->in = ln_dim(input, 1);
  x->in = ln_dim(input, 2);
  LN_CHECK(context, t->channels >= 1 && t->outputs >= 1, "%d channels and %d outputs; at least 1 is right",
           (int)t->channels, (int)t->outputs);
  const bool same = o->padding == kTfLitePaddingSame;
  LN_TRY(output_extent(context, same, y->in, y->filter, y->stride, &y->out, &y->pad));
  return output_extent(context, same, x->in, x->filter, x->stride, &x->out, &x->pad);
}

static TfLiteStatus prepare(TfLiteContext* context, TfLiteNode* node) {
  tconv_data* d = node->user_data;
  ln_transposed* t = &d->product;
  const TfLiteTensor *input, *filter, *bias;
  TfLiteTensor* output;
  tconv_options o;
  LN_TRY(ln_check_io(context, node, 3, 3, 1));
  LN_TRY(read_options(context, node, &o));
  LN_TRY(ln_set_temporaries(context, node, 1, &d->first_temporary));
  LN_TRY(ln_get_input(context, node, kInput, &input));
  LN_TRY(ln_get_input(context, node, kFilter, &filter));
  LN_TRY(ln_get_input(context, node, kBias, &bias));
  LN_TRY(ln_get_output(context, node, 0, &output));
  LN_TRY(check_inputs(context, input, filter, bias, output));
  LN_TRY(set_shape(context, &o, input, filter, t));
  LN_TRY(ln_transposed_make_parts(context, t));
  t->matrix.rule = LN_MATRIX_F32;
  t->matrix.in_type = t->matrix.weights_type = t->matrix.out_type = kTfLiteFloat32;
  t->matrix.low_f = -INFINITY;
  t->matrix.high_f = INFINITY;
  LN_TRY(ln_transposed_prepare(context, t, filter));
  if (t->matrix.packed_is_constant && ln_is_constant(bias)) LN_TRY(ln_matrix_load(context, &t->matrix, filter, bias));
  const int32_t dims[] = {t->batch, t->axes[LN_TRANSPOSED_Y].out, t->axes[LN_TRANSPOSED_X].out, t->outputs};
  LN_TRY(ln_resize(context, output, 4, dims));
  return ln_set_scratch(context, node, 0, t->scratch_bytes);
}

static TfLiteStatus invoke(TfLiteContext* context, TfLiteNode* node) {
  tconv_data* d = node->user_data;
  const TfLiteTensor *input, *filter, *bias;
  TfLiteTensor* output;
  LN_TRY(ln_get_input(context, node, kInput, &input));
  LN_TRY(ln_get_input(context, node, kFilter, &filter));
  LN_TRY(ln_get_input(context, node, kBias, &bias));
  LN_TRY(ln_get_output(context, node, 0, &output));
  if (output->bytes == 0) return kTfLiteOk;
  LN_TRY(ln_matrix_load(context, &d->product.matrix, filter, bias));
  ln_transposed_run(context, &d->product, ln_get_temporary(context, node, 0)->data.raw, input, NULL, output);
  return kTfLiteOk;
}

const TfLiteRegistration ln_op_transpose_conv_bias = {
    .init = init, .free = ln_transposed_free, .prepare = prepare, .invoke = invoke};
