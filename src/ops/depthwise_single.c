#include "ops/depthwise_single.h"

#include "ops/conv_bytes.h"
#include "ops/op_util.h"

void ln_depthwise_single_free(ln_depthwise_single* single) { ln_matrix_free(&single->matrix); }

static bool is_fixed(const TfLiteTensor* t) { return ln_is_constant(t) && t->data.raw_const != NULL; }

bool ln_depthwise_single_suits(const TfLiteTensor* input, const TfLiteTensor* filter, const TfLiteTensor* bias,
                               const TfLiteDepthwiseConvParams* params) {
  return (input->type == kTfLiteInt8 || input->type == kTfLiteUInt8) && filter->type == input->type &&
         ln_rank(input) == 4 && ln_rank(filter) == 4 && ln_dim(input, 3) == 1 && ln_dim(filter, 3) > 1 &&
         (int64_t)ln_dim(filter, 1) * ln_dim(filter, 2) > 1 && params->dilation_width_factor == 1 && is_fixed(filter) &&
         (bias == NULL || is_fixed(bias));
}

static ln_im2col window_of(const ln_dwconv_shape* s) {
  return (ln_im2col){.in_height = s->in_height,
                     .in_width = s->in_width,
                     .channels = 1,
                     .pixel_stride = 1,
                     .grid_height = s->out_height,
                     .grid_width = s->out_width,
                     .filter_height = s->filter_height,
                     .filter_width = s->filter_width,
                     .stride_y = s->stride_y,
                     .stride_x = s->stride_x,
                     .dilation_y = s->dilation_y,
                     .dilation_x = s->dilation_x,
                     .origin_y = -s->pad_top,
                     .origin_x = -s->pad_left};
}

TfLiteStatus ln_depthwise_single_prepare(TfLiteContext* context, ln_depthwise_single* single, const TfLiteTensor* input,
                                         const TfLiteTensor* filter, const TfLiteTensor* bias,
                                         const TfLiteTensor* output, const ln_dwconv_shape* s,
                                         TfLiteFusedActivation activation) {
  ln_matrix* matrix = &single->matrix;
  const size_t filters = (size_t)s->multiplier, width = (size_t)s->filter_width;
  single->shape = window_of(s);
  single->batch = (size_t)ln_dim(input, 0);
  single->scratch_bytes = 1;
  LN_TRY(ln_matrix_make_parts(context, matrix, 1));
  matrix->columns = filters;
  matrix->channel_groups = 1;
  matrix->parts[0].layout = (ln_gemm_layout){.columns = filters,
                                             .taps_y = (size_t)s->filter_height,
                                             .taps_x = width,
                                             .channels = 1,
                                             .column_stride = 1,
                                             .y_stride = width * filters,
                                             .x_stride = filters,
                                             .channel_stride = 1};
  matrix->in_type = input->type;
  matrix->weights_type = filter->type;
  matrix->out_type = output->type;
  matrix->rule = LN_MATRIX_FIXED;
  LN_TRY(ln_matrix_set_zero_points(context, matrix, input, filter, false, output, activation));
  /* All that suits fits but a picture without results. */
  if (single->batch == 0 || !ln_conv_bytes_fits(matrix, &single->shape)) return kTfLiteOk;
  matrix->segments = (size_t)s->filter_height;
  LN_TRY(ln_matrix_prepare(context, matrix, filter));
  LN_TRY(ln_matrix_set_factors(context, matrix, input, filter, output, input->type == kTfLiteUInt8));
  LN_TRY(ln_conv_bytes_plan(context, matrix, &single->shape, &single->scratch_bytes));
  return ln_matrix_load(context, matrix, filter, bias);
}

void ln_depthwise_single_run(TfLiteContext* context, const ln_depthwise_single* single, const void* in, void* out,
                             void* scratch) {
  const ln_matrix* matrix = &single->matrix;
  const int16_t fill = ln_matrix_fill(matrix);
  const size_t pixels = (size_t)single->shape.grid_height * (size_t)single->shape.grid_width;
  const ln_matrix_job job = {.in = in,
                             .out = out,
                             .shape = &single->shape,
                             .in_stride = 1,
                             .lines = 1,
                             .line_rows = single->batch * pixels,
                             .image_lines = 1,
                             .out_stride = matrix->columns,
                             .fill = &fill};
  if (matrix->ready) ln_conv_bytes_run(context, matrix, scratch, &single->shape, single->batch, &job);
}
