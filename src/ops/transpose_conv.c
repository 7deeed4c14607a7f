/* TRANSPOSE_CONV: a picture [N,H,W,C] spread by filters [O,h,w,C] to the shape that the first input gives. The
 * arithmetic is a matrix product: ops/transposed.h. */
#include "ops/builtin_ops.h"
#include "ops/conv_types.h"
#include "ops/transposed.h"
#include "ops/weights.h"

enum { kShape, kFilter, kInput, kBias };
enum { kScratch, kImages, kTemporaries = kImages + LN_MATRIX_IMAGE_TEMPORARIES };

typedef struct tconv_data {
  ln_transposed product; /* first: ln_transposed_free */
  bool hybrid;
  int first_temporary;
} tconv_data;

LN_DEFINE_INIT(init, tconv_data, .first_temporary = -1)

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
  LN_TRY(ln_check_conv_types(context, input, filter, bias, output));
  return input->type == kTfLiteInt16 ? check_wide_bias(context, params->quantized_bias_type, bias) : kTfLiteOk;
}

/* The output's shape from the first input's values, and the padding that a convolution back would have. */
static TfLiteStatus resize_output(TfLiteContext* context, const TfLiteNode* node, TfLiteTensor* output) {
  const TfLiteTransposeConvParams* params = node->builtin_data;
  ln_transposed* t = &((tconv_data*)node->user_data)->product;
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
  ln_transposed_axis *y = &t->axes[LN_TRANSPOSED_Y], *x = &t->axes[LN_TRANSPOSED_X];
  t->batch = dims[0];
  y->in = ln_dim(input, 1);
  x->in = ln_dim(input, 2);
  y->out = dims[1];
  x->out = dims[2];
  y->pad = rows.pad_before;
  x->pad = columns.pad_before;
  return ln_resize(context, output, 4, dims);
}

static TfLiteStatus check_shapes(TfLiteContext* context, const TfLiteTransposeConvParams* params,
                                 const TfLiteTensor* shape, const TfLiteTensor* input, const TfLiteTensor* filter,
                                 const TfLiteTensor* bias) {
  LN_TRY(ln_check_type(context, shape, "the output's shape", kTfLiteInt32));
  LN_CHECK(context, ln_rank(input) == 4 && ln_rank(filter) == 4, "input has rank %d, the filter %d; 4 and 4 are right",
           ln_rank(input), ln_rank(filter));
  LN_CHECK(context, ln_dim(filter, 3) == ln_dim(input, 3) && ln_dim(filter, 0) > 0 && ln_dim(filter, 3) > 0,
           "the filter has %d channels, the input %d; they must be the same and at least 1", ln_dim(filter, 3),
           ln_dim(input, 3));
  LN_CHECK(context,
           ln_dim(filter, 1) > 0 && ln_dim(filter, 2) > 0 && params->stride_height > 0 && params->stride_width > 0,
           "the filter is %d x %d, its strides %d x %d; each must be at least 1", ln_dim(filter, 1), ln_dim(filter, 2),
           params->stride_height, params->stride_width);
  if (bias != NULL)
    LN_CHECK(context, ln_num_elements(bias) == ln_dim(filter, 0), "the bias has %lld elements; %d are right",
             (long long)ln_num_elements(bias), ln_dim(filter, 0));
  return kTfLiteOk;
}

static TfLiteStatus set_rule(TfLiteContext* context, const TfLiteTransposeConvParams* params, const TfLiteTensor* input,
                             const TfLiteTensor* filter, const TfLiteTensor* bias, const TfLiteTensor* output,
                             const tconv_data* d, ln_matrix* matrix) {
  matrix->in_type = d->hybrid ? kTfLiteInt8 : input->type;
  matrix->weights_type = ln_plain_type(filter->type);
  matrix->out_type = output->type;
  if (input->type == kTfLiteFloat32) {
    matrix->rule = d->hybrid ? LN_MATRIX_HYBRID : LN_MATRIX_F32;
    return ln_activation_range_f32(context, params->activation, &matrix->low_f, &matrix->high_f);
  }
  matrix->rule = input->type == kTfLiteInt16 && !has_narrow_sums(params, bias) ? LN_MATRIX_WIDE_FIXED : LN_MATRIX_FIXED;
  LN_TRY(ln_matrix_check_zero_point(context, input, "the input"));
  LN_TRY(ln_matrix_check_zero_point(context, output, "the output"));
  if (filter->type == kTfLiteUInt8) LN_TRY(ln_matrix_check_zero_point(context, filter, "the filter"));
  matrix->in_zero_point = input->params.zero_point;
  matrix->weights_zero_point = filter->type == kTfLiteUInt8 ? filter->params.zero_point : 0;
  matrix->out_zero_point = output->params.zero_point;
  return ln_activation_range_i32(context, params->activation, output, &matrix->low, &matrix->high);
}

static TfLiteStatus set_numbers(TfLiteContext* context, const TfLiteTensor* input, const TfLiteTensor* filter,
                                const TfLiteTensor* output, ln_matrix* matrix) {
  const TfLiteAffineQuantization* affine;
  if (matrix->rule == LN_MATRIX_F32) return kTfLiteOk;
  if (matrix->rule == LN_MATRIX_HYBRID) return ln_matrix_set_weight_scales(context, matrix, filter);
  LN_TRY(ln_get_affine(context, filter, "the filter", &affine));
  LN_CHECK(context, input->params.scale > 0 && output->params.scale > 0,
           "the scales are %g and %g; input and output need one above 0", (double)input->params.scale,
           (double)output->params.scale);
  /* uint8 has the older rule. */
  const bool older = input->type == kTfLiteUInt8 && affine->scale->size == 1;
  return ln_matrix_set_factors(context, matrix, input, filter, output, older);
}

static TfLiteStatus prepare_product(TfLiteContext* context, const TfLiteTransposeConvParams* params,
                                    const TfLiteTensor* input, const TfLiteTensor* filter, const TfLiteTensor* bias,
                                    const TfLiteTensor* output, tconv_data* d) {
  ln_transposed* t = &d->product;
  ln_transposed_set_picture(t, filter, params->stride_height, params->stride_width);
  LN_TRY(ln_transposed_make_parts(context, t));
  LN_TRY(set_rule(context, params, input, filter, bias, output, d, &t->matrix));
  LN_TRY(ln_transposed_prepare(context, t, filter));
  LN_TRY(set_numbers(context, input, filter, output, &t->matrix));
  const bool ready = t->matrix.packed_is_constant && (bias == NULL || ln_is_constant(bias));
  return ready ? ln_matrix_load(context, &t->matrix, filter, bias) : kTfLiteOk;
}

static TfLiteStatus prepare(TfLiteContext* context, TfLiteNode* node) {
  const TfLiteTransposeConvParams* params = node->builtin_data;
  tconv_data* d = node->user_data;
  const TfLiteTensor *shape, *input, *filter;
  TfLiteTensor* output;
  LN_CHECK(context, params != NULL, "the options are missing");
  LN_TRY(ln_check_io_sparse(context, node, 3, 4, 1, 1));
  LN_TRY(ln_get_input(context, node, kInput, &input));
  LN_TRY(ln_get_input(context, node, kFilter, &filter));
  d->hybrid = input->type == kTfLiteFloat32 && filter->type != kTfLiteFloat32;
  LN_TRY(ln_set_temporaries(context, node, d->hybrid ? kTemporaries : 1, &d->first_temporary));
  LN_TRY(ln_get_input(context, node, kShape, &shape));
  LN_TRY(ln_get_input(context, node, kInput, &input));
  LN_TRY(ln_get_input(context, node, kFilter, &filter));
  LN_TRY(ln_get_output(context, node, 0, &output));
  const TfLiteTensor* bias = ln_optional_input(context, node, kBias);
  LN_TRY(check_types(context, params, input, filter, bias, output));
  LN_TRY(check_shapes(context, params, shape, input, filter, bias));
  LN_TRY(prepare_product(context, params, input, filter, bias, output, d));
  if (ln_is_constant(shape))
    LN_TRY(resize_output(context, node, output));
  else
    ln_set_dynamic(output);
  LN_TRY(ln_set_scratch(context, node, kScratch, d->product.scratch_bytes));
  return d->hybrid ? ln_matrix_set_image_temporaries(context, node, kImages, kInput) : kTfLiteOk;
}

static TfLiteStatus invoke(TfLiteContext* context, TfLiteNode* node) {
  tconv_data* d = node->user_data;
  const TfLiteTensor *input, *filter, *bias = ln_optional_input(context, node, kBias);
  TfLiteTensor* output;
  ln_matrix_images images;
  LN_TRY(ln_get_input(context, node, kInput, &input));
  LN_TRY(ln_get_input(context, node, kFilter, &filter));
  LN_TRY(ln_get_output(context, node, 0, &output));
  if (ln_is_dynamic(output)) LN_TRY(resize_output(context, node, output));
  if (output->bytes == 0) return kTfLiteOk;
  LN_TRY(ln_matrix_load(context, &d->product.matrix, filter, bias));
  if (d->hybrid) images = ln_matrix_quantize_images(context, node, kImages, &d->product.matrix, input, true);
  ln_transposed_run(context, &d->product, ln_get_temporary(context, node, kScratch)->data.raw, input,
                    d->hybrid ? &images : NULL, output);
  return kTfLiteOk;
}

const TfLiteRegistration ln_op_transpose_conv = {
    .init = init, .free = ln_transposed_free, .prepare = prepare, .invoke = invoke};
