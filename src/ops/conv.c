/* CONV_2D: [N,H,W,C] by filters [O,h,w,C/groups]. Floats; uint8, int8, int16 by 8-bit filters; hybrid (float
 * activations quantized per image, int8 filters). The arithmetic is a matrix product over windows: ops/matrix.h. */
#include <string.h>

#include "kernels/generic/rows_f32.h"
#include "ops/binary_util.h"
#include "ops/builtin_ops.h"
#include "ops/conv_bytes.h"
#include "ops/conv_direct.h"
#include "ops/conv_winograd.h"
#include "ops/conv_winograd_q8.h"
#include "ops/matrix_images.h"
#include "ops/weights.h"

enum { kInput, kFilter, kBias, kAddend };

typedef struct conv_data {
  ln_matrix matrix;
  ln_im2col shape;
  size_t batch, groups;
  bool direct;   /* a 1 x 1 filter that takes every pixel: the input is the matrix */
  bool by_rows;  /* ops/conv_direct.h */
  bool by_slab;  /* ops/conv_bytes.h */
  bool by_tiles; /* ops/conv_winograd_q8.h */
  bool hybrid, asymmetric;
  bool adds, adds_behind; /* input kAddend: fused into the product, or in a second step */
  size_t scratch_bytes;
  int first_temporary;
} conv_data;

LN_DEFINE_INIT(init, conv_data, .first_temporary = -1)

static void free_data(TfLiteContext* context, void* user_data) {
  (void)context;
  conv_data* data = user_data;
  if (data == NULL) return;
  ln_matrix_free(&data->matrix);
  ln_free(data);
}

static TfLiteStatus check_shapes(TfLiteContext* context, const TfLiteTensor* input, const TfLiteTensor* filter,
                                 const TfLiteTensor* bias, conv_data* d) {
  LN_CHECK(context, ln_rank(input) == 4, "input has rank %d; 4 is right", ln_rank(input));
  LN_CHECK(context, ln_rank(filter) == 4, "the filter has rank %d; 4 is right", ln_rank(filter));
  const int32_t channels = ln_dim(input, 3), filter_channels = ln_dim(filter, 3), outputs = ln_dim(filter, 0);
  LN_CHECK(context, filter_channels > 0 && channels % filter_channels == 0,
           "input has %d channels, the filter %d; the one must be a multiple of the other", channels, filter_channels);
  d->groups = (size_t)(channels / filter_channels);
  LN_CHECK(context, d->groups > 0 && outputs > 0 && (size_t)outputs % d->groups == 0,
           "%d filters cannot be shared out to %zu groups", outputs, d->groups);
  LN_CHECK(context, ln_num_elements(bias) == outputs, "the bias has %lld elements; %d are right",
           (long long)ln_num_elements(bias), outputs);
  return kTfLiteOk;
}

static TfLiteStatus check_int16(TfLiteContext* context, TfLiteType bias_type, TfLiteType option) {
  LN_CHECK(context, bias_type == kTfLiteInt32 || bias_type == kTfLiteInt64, "the bias is %s; INT32 or INT64 is right",
           TfLiteTypeGetName(bias_type));
  LN_CHECK(context, (option != kTfLiteInt32 && option != kTfLiteInt64) || option == bias_type,
           "the bias is %s; the options say %s", TfLiteTypeGetName(bias_type), TfLiteTypeGetName(option));
  return kTfLiteOk;
}

static TfLiteStatus check_types(TfLiteContext* context, const TfLiteConvParams* params, const TfLiteTensor* input,
                                const TfLiteTensor* filter, const TfLiteTensor* bias, const TfLiteTensor* output) {
  const TfLiteType in = input->type, weights = ln_weights_type(context, filter);
  LN_TRY(ln_check_type(context, output, "output", in));
  switch (in) {
    case kTfLiteFloat32:
      LN_CHECK(context,
               weights == kTfLiteFloat32 || weights == kTfLiteInt8 || weights == kTfLiteUInt8 || weights == kTfLiteInt4,
               "the filter is %s; FLOAT32, INT8, UINT8 or INT4 is right", TfLiteTypeGetName(weights));
      return ln_check_type(context, bias, "the bias", kTfLiteFloat32);
    case kTfLiteUInt8:
      LN_TRY(ln_check_type(context, filter, "the filter", kTfLiteUInt8));
      return ln_check_type(context, bias, "the bias", kTfLiteInt32);
    case kTfLiteInt8:
    case kTfLiteInt16:
      LN_CHECK(context, weights == kTfLiteInt8 || weights == kTfLiteInt4 || (in == kTfLiteInt16 && weights == in),
               "the filter is %s; INT8 or INT4 is right", TfLiteTypeGetName(weights));
      return in == kTfLiteInt8 ? ln_check_type(context, bias, "the bias", kTfLiteInt32)
                               : check_int16(context, bias->type, params->quantized_bias_type);
    default:
      LN_FAIL(context, "input is %s; FLOAT32, UINT8, INT8 or INT16 is right", TfLiteTypeGetName(in));
  }
}

static TfLiteStatus set_geometry(TfLiteContext* context, const TfLiteConvParams* params, const TfLiteTensor* input,
                                 const TfLiteTensor* filter, const LinnetFusion* fusion, TfLiteTensor* output,
                                 conv_data* d) {
  ln_axis y = {.in = ln_dim(input, 1),
               .filter = ln_dim(filter, 1),
               .stride = params->stride_height,
               .dilation = params->dilation_height_factor};
  ln_axis x = {.in = ln_dim(input, 2),
               .filter = ln_dim(filter, 2),
               .stride = params->stride_width,
               .dilation = params->dilation_width_factor};
  LN_TRY(ln_place_windows(context, params->padding, fusion->pad_top, fusion->pad_bottom, &y));
  LN_TRY(ln_place_windows(context, params->padding, fusion->pad_left, fusion->pad_right, &x));
  const int32_t dims[4] = {ln_dim(input, 0), y.out, x.out, ln_dim(filter, 0)};
  d->direct = y.filter == 1 && x.filter == 1 && y.stride == 1 && x.stride == 1 &&
              fusion->pad_top + fusion->pad_bottom == 0 && fusion->pad_left + fusion->pad_right == 0;
  ln_lay_flat(&y, &x);
  d->batch = (size_t)ln_dim(input, 0);
  d->shape = (ln_im2col){.in_height = y.in,
                         .in_width = x.in,
                         .channels = (size_t)ln_dim(filter, 3),
                         .pixel_stride = (size_t)ln_dim(input, 3),
                         .grid_height = y.out,
                         .grid_width = x.out,
                         .filter_height = y.filter,
                         .filter_width = x.filter,
                         .stride_y = y.stride,
                         .stride_x = x.stride,
                         .dilation_y = y.dilation,
                         .dilation_x = x.dilation,
                         .origin_y = -y.before,
                         .origin_x = -x.before};
  return ln_resize(context, output, 4, dims);
}

static TfLiteStatus make_parts(TfLiteContext* context, const TfLiteTensor* filter, conv_data* d) {
  ln_matrix* matrix = &d->matrix;
  const size_t depth = (size_t)ln_dim(filter, 1) * (size_t)ln_dim(filter, 2) * (size_t)ln_dim(filter, 3);
  LN_TRY(ln_matrix_make_parts(context, matrix, d->groups));
  matrix->columns = (size_t)ln_dim(filter, 0) / d->groups;
  matrix->channel_groups = d->groups;
  for (size_t g = 0; g < d->groups; ++g) {
    matrix->parts[g].layout = (ln_gemm_layout){.columns = matrix->columns,
                                               .taps_y = 1,
                                               .taps_x = 1,
                                               .channels = depth,
                                               .column_stride = depth,
                                               .channel_stride = 1};
    matrix->parts[g].base = g * matrix->columns * depth;
    matrix->parts[g].channel_group = g;
  }
  return kTfLiteOk;
}

/* Scales that differ make the original quantize asymmetrically, one scale for all symmetrically. */
static TfLiteStatus choose_hybrid(TfLiteContext* context, const TfLiteTensor* filter, conv_data* d) {
  const TfLiteAffineQuantization* affine;
  LN_TRY(ln_get_affine(context, filter, "the filter", &affine));
  d->asymmetric = d->groups != 1;
  for (int i = 1; i < affine->scale->size; ++i)
    if (affine->scale->data[i] != affine->scale->data[0]) d->asymmetric = true;
  return kTfLiteOk;
}

static TfLiteStatus set_rule(TfLiteContext* context, const TfLiteConvParams* params, const TfLiteTensor* input,
                             const TfLiteTensor* filter, const TfLiteTensor* bias, const LinnetFusion* fusion,
                             const TfLiteTensor* output, conv_data* d) {
  ln_matrix* matrix = &d->matrix;
  matrix->in_type = d->hybrid ? kTfLiteInt8 : input->type;
  /* Of a filter that is computed as INT16 the original reads the bytes as INT8, and so do we. */
  matrix->weights_type = d->hybrid || input->type == kTfLiteInt16 ? kTfLiteInt8 : ln_plain_type(filter->type);
  matrix->out_type = output->type;
  if (input->type == kTfLiteFloat32) {
    matrix->rule = d->hybrid ? LN_MATRIX_HYBRID : LN_MATRIX_F32;
    if (d->hybrid) LN_TRY(choose_hybrid(context, filter, d));
    LN_TRY(ln_activation_range_f32(context, params->activation, &matrix->low_f, &matrix->high_f));
    matrix->finish = d->hybrid || fusion->adds ? NULL : ln_fused_row(fusion, &matrix->low_f, &matrix->high_f);
    return kTfLiteOk;
  }
  const bool narrow_sums = bias->type == kTfLiteInt32 && params->quantized_bias_type == kTfLiteInt32;
  matrix->rule = input->type == kTfLiteInt16 && !narrow_sums ? LN_MATRIX_WIDE_FIXED : LN_MATRIX_FIXED;
  return ln_matrix_set_zero_points(context, matrix, input, filter, false, output, params->activation);
}

static TfLiteStatus set_numbers(TfLiteContext* context, const TfLiteTensor* input, const TfLiteTensor* filter,
                                const TfLiteTensor* output, conv_data* d) {
  if (d->matrix.rule == LN_MATRIX_F32) return kTfLiteOk;
  if (d->hybrid) return ln_matrix_set_weight_scales(context, &d->matrix, filter);
  /* uint8 has the older rule. */
  return ln_matrix_set_factors(context, &d->matrix, input, filter, output, input->type == kTfLiteUInt8);
}

enum { kScratch, kImages, kTemporaries = kImages + LN_MATRIX_IMAGE_TEMPORARIES, kResults = kImages };

/* The ADD that the interpreter has fused into this node. Its other side had the results' shape in the file; where that
 * has changed it may be broadcast, and the results are a tensor of their own before they are added. */
static TfLiteStatus set_sum(TfLiteContext* context, TfLiteNode* node, const LinnetFusion* fusion, TfLiteTensor* output,
                            conv_data* d) {
  const TfLiteTensor* addend;
  ln_clamp_f32* range = &d->matrix.sum_range;
  d->adds = fusion->adds;
  d->adds_behind = false;
  d->matrix.add_rows = NULL;
  if (!d->adds) return kTfLiteOk;
  LN_TRY(ln_get_input(context, node, kAddend, &addend));
  LN_TRY(ln_activation_range_f32(context, (TfLiteFusedActivation)fusion->sum_activation, &range->low, &range->high));
  ln_fused_row(fusion, &range->low, &range->high); /* a clamp, if anything */
  const bool fits = d->direct && d->groups == 1 && d->matrix.rule == LN_MATRIX_F32;
  if (fits && TfLiteIntArrayEqual(addend->dims, output->dims)) {
    d->matrix.add_rows = ln_rows_f32_best()->add_rows;
    return ln_set_scratch(context, node, kResults, 1);
  }
  int32_t dims[LN_MAX_RANK];
  int rank;
  d->adds_behind = true;
  LN_TRY(ln_set_temporary(context, node, kResults, kTfLiteFloat32, kTfLiteArenaRw, 4, output->dims->data));
  LN_TRY(ln_broadcast_dims(context, output, addend, &rank, dims));
  return ln_resize(context, output, rank, dims);
}

static TfLiteStatus set_temporaries(TfLiteContext* context, TfLiteNode* node, const conv_data* d) {
  LN_TRY(ln_set_scratch(context, node, kScratch, d->scratch_bytes));
  return d->hybrid ? ln_matrix_set_image_temporaries(context, node, kImages, kInput) : kTfLiteOk;
}

/* A pixel's windows of one are the pixel: a worker's lines of the output follow from the same lines of the input. */
static void say_together(TfLiteContext* context, const TfLiteTensor* filter, conv_data* d) {
  const ln_matrix* matrix = &d->matrix;
  const size_t height = (size_t)d->shape.grid_height, rows = height * (size_t)d->shape.grid_width;
  const bool is_plain = matrix->rule == LN_MATRIX_F32 || (matrix->rule == LN_MATRIX_FIXED && matrix->q8 != NULL);
  d->matrix.row_line = d->direct && d->batch == 1 && d->groups == 1 ? (size_t)d->shape.grid_width : 0;
  if (!is_plain || !matrix->ready || d->adds_behind || d->batch != 1 || d->groups != 1 || matrix->sparse != NULL ||
      !ln_is_constant(filter) || matrix->workers < 2)
    return;
  const bool by_lines = matrix->winograd           ? false
                        : d->by_slab || d->by_rows ? height >= matrix->workers
                                                   : ln_matrix_shares_lines(matrix, rows);
  const int32_t lines = by_lines ? d->shape.grid_height : 0;
  ln_set_together(context, ln_matrix_duration(matrix, rows), d->direct ? lines : 0, lines);
}

static TfLiteStatus prepare(TfLiteContext* context, TfLiteNode* node) {
  const TfLiteConvParams* params = node->builtin_data;
  conv_data* d = node->user_data;
  const TfLiteTensor *input, *filter, *bias;
  TfLiteTensor* output;
  LN_CHECK(context, params != NULL, "the options are missing");
  const LinnetFusion fusion = ln_fusion(context);
  LN_TRY(ln_check_io_sparse(context, node, 3, fusion.adds ? 4 : 3, 1, 1));
  LN_TRY(ln_get_input(context, node, kFilter, &filter));
  LN_TRY(ln_get_input(context, node, kInput, &input));
  d->hybrid = input->type == kTfLiteFloat32 && ln_weights_type(context, filter) != kTfLiteFloat32;
  LN_TRY(ln_set_temporaries(context, node, d->hybrid ? kTemporaries : fusion.adds ? 2 : 1, &d->first_temporary));
  LN_TRY(ln_get_input(context, node, kInput, &input));
  LN_TRY(ln_get_input(context, node, kFilter, &filter));
  LN_TRY(ln_get_input(context, node, kBias, &bias));
  LN_TRY(ln_get_output(context, node, 0, &output));
  LN_TRY(check_types(context, params, input, filter, bias, output));
  LN_TRY(check_shapes(context, input, filter, bias, d));
  LN_TRY(set_geometry(context, params, input, filter, &fusion, output, d));
  LN_TRY(make_parts(context, filter, d));
  LN_TRY(set_rule(context, params, input, filter, bias, &fusion, output, d));
  LN_TRY(set_sum(context, node, &fusion, output, d));
  d->by_tiles = ln_conv_winograd_q8_fits(&d->matrix, &d->shape, d->batch, filter);
  d->by_slab = !d->by_tiles && ln_conv_bytes_fits(&d->matrix, &d->shape);
  d->matrix.segments = d->by_slab ? (size_t)d->shape.filter_height : 1;
  d->matrix.winograd = d->by_tiles || (ln_is_constant(filter) && ln_conv_winograd_fits(context, &d->matrix, &d->shape,
                                                                                       d->batch, &d->matrix.form));
  d->matrix.one_row =
      d->direct && d->groups == 1 && !d->adds && d->batch * d->shape.grid_height * d->shape.grid_width == 1;
  LN_TRY(ln_matrix_prepare(context, &d->matrix, filter));
  LN_TRY(set_numbers(context, input, filter, output, d));
  LN_TRY(d->by_tiles  ? ln_conv_winograd_q8_plan(context, &d->matrix, &d->shape, d->batch, &d->scratch_bytes)
         : d->by_slab ? ln_conv_bytes_plan(context, &d->matrix, &d->shape, &d->scratch_bytes)
                      : ln_matrix_plan_scratch(context, &d->matrix, &d->scratch_bytes));
  d->by_rows = !d->direct && !d->matrix.winograd && ln_conv_direct_fits(&d->matrix, &d->shape);
  const bool in_place =
      d->direct && d->matrix.rule == LN_MATRIX_F32 && ln_matrix_read_in_place(&d->matrix, d->shape.pixel_stride);
  if (in_place || d->by_rows) d->scratch_bytes = 1;
  if (d->matrix.winograd && !d->by_tiles)
    LN_TRY(ln_conv_winograd_plan_scratch(context, &d->matrix, &d->shape, d->batch, &d->scratch_bytes));
  if (d->matrix.packed_is_constant && ln_is_constant(bias)) LN_TRY(ln_matrix_load(context, &d->matrix, filter, bias));
  say_together(context, filter, d);
  return set_temporaries(context, node, d);
}

typedef struct conv_run {
  const conv_data* d;
  const char* in;
  char* out;
  const void* addend;
  size_t in_size, out_size; /* of an element */
  size_t lines;             /* that the rows are cut into */
  const int16_t* fill;
  const ln_matrix_images* images; /* hybrid */
} conv_run;

static void describe(const void* arg, size_t group, ln_matrix_job* job) {
  const conv_run* run = arg;
  const conv_data* d = run->d;
  const size_t pixels = (size_t)d->shape.grid_height * (size_t)d->shape.grid_width;
  *job = (ln_matrix_job){.part = group,
                         .in = run->in + group * d->shape.channels * run->in_size,
                         .out = run->out + group * d->matrix.columns * run->out_size,
                         .addend = run->addend,
                         .shape = d->direct ? NULL : &d->shape,
                         .in_stride = d->shape.pixel_stride,
                         .lines = run->lines,
                         .line_rows = d->batch * pixels / run->lines,
                         .image_lines = run->lines,
                         .line_stride = (size_t)d->shape.grid_width * d->groups * d->matrix.columns,
                         .out_stride = d->groups * d->matrix.columns,
                         .rows_per_scale = pixels,
                         .fill = run->fill};
  if (run->images == NULL) return;
  job->row_scales = run->images->scales;
  job->row_zero_points = run->images->zero_points;
  job->fill = run->images->fill;
  job->fill_step = 1;
}

/* The convolution's results, to which `addend` is added where it is not added behind. */
static void convolve(TfLiteContext* context, TfLiteNode* node, const conv_data* d, const TfLiteTensor* input,
                     const TfLiteTensor* addend, TfLiteTensor* output) {
  if (d->matrix.winograd && !d->by_tiles) {
    ln_conv_winograd_run(context, &d->matrix, &d->shape, d->batch, input->data.f, output->data.f,
                         ln_get_temporary(context, node, kScratch)->data.raw);
    return;
  }
  if (d->by_rows) {
    ln_conv_direct_run(context, &d->matrix, &d->shape, d->batch, input->data.f, output->data.f);
    return;
  }
  const int16_t fill = ln_matrix_fill(&d->matrix);
  ln_matrix_images images;
  conv_run run = {.d = d,
                  .in = input->data.raw_const,
                  .out = output->data.raw,
                  .addend = addend != NULL ? addend->data.raw_const : NULL,
                  .in_size = ln_type_size(input->type),
                  .out_size = ln_type_size(output->type),
                  .lines = 1,
                  .fill = &fill};
  if (d->hybrid) {
    images = ln_matrix_quantize_images(context, node, kImages, &d->matrix, input, d->asymmetric);
    run.images = &images;
    run.in = images.data;
    run.in_size = 1;
  }
  void* scratch = ln_get_temporary(context, node, kScratch)->data.raw;
  if (d->by_slab || d->by_tiles) {
    ln_matrix_job job;
    describe(&run, 0, &job);
    (d->by_tiles ? ln_conv_winograd_q8_run : ln_conv_bytes_run)(context, &d->matrix, scratch, &d->shape, d->batch,
                                                                &job);
    return;
  }
  const size_t lines = d->batch * (size_t)d->shape.grid_height, width = (size_t)d->shape.grid_width;
  if (d->groups > 1) run.lines = lines;
  ln_matrix_run(context, &d->matrix, scratch, LN_MATRIX_BY_ROWS, d->groups, run.lines, lines * width / run.lines,
                describe, &run);
}

static TfLiteStatus invoke(TfLiteContext* context, TfLiteNode* node) {
  conv_data* d = node->user_data;
  const TfLiteTensor *input, *filter, *bias, *addend = NULL;
  TfLiteTensor* output;
  LN_TRY(ln_get_input(context, node, kInput, &input));
  LN_TRY(ln_get_input(context, node, kFilter, &filter));
  LN_TRY(ln_get_input(context, node, kBias, &bias));
  if (d->adds) LN_TRY(ln_get_input(context, node, kAddend, &addend));
  LN_TRY(ln_get_output(context, node, 0, &output));
  if (output->bytes == 0) return kTfLiteOk;
  LN_TRY(ln_matrix_load(context, &d->matrix, filter, bias));
  TfLiteTensor* results = d->adds_behind ? ln_get_temporary(context, node, kResults) : output;
  convolve(context, node, d, input, addend, results);
  if (!d->adds_behind) return kTfLiteOk;
  const ln_binary_io io = {results, addend, output};
  return ln_binary_run_io(context, &io, ln_binary_add_f32_ref, &d->matrix.sum_range);
}

const TfLiteRegistration ln_op_conv_2d = {.init = init, .free = free_data, .prepare = prepare, .invoke = invoke};
