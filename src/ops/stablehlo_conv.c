/* STABLEHLO_CONVOLUTION, of any number of spatial dimensions, in any layout: the windows of the input are laid out as
 * the rows of a matrix, the kernel as its columns, a part for each group. Elements outside of the input, and between
 * its dilated ones, stay 0. */
#include "linnet/stablehlo.h"
#include "ops/builtin_ops.h"
#include "ops/contract.h"
#include "ops/move_util.h"

enum { MAX_SPATIAL = LN_MAX_RANK - 2 };
enum { kScratch, kInputNumbers, kWindows, kKernelNumbers, kColumns, kResult, kTemporaries };

/* One spatial dimension: window element k of output o reads the element (o * stride + k * dilation - low) of the
 * dilated input. */
typedef struct spatial {
  int in_axis, kernel_axis, out_axis;
  int32_t in, kernel, out;
  int64_t stride, low, high, in_dilation, dilation;
  bool reversed;
} spatial;

typedef struct conv_data {
  int spatial_rank;
  spatial axes[MAX_SPATIAL];
  size_t feature_groups, batch_groups;
  size_t batch, channels, features; /* of one part: images, channels of a window, features */
  size_t taps, outputs;             /* the products of the spatial extents of kernel and output */
  ln_contraction contraction;
  bool input_converted, kernel_converted, staged;
  int first_temporary;
} conv_data;

LN_DEFINE_INIT(init, conv_data, .first_temporary = -1)

static void free_data(TfLiteContext* context, void* user_data) {
  (void)context;
  conv_data* data = user_data;
  if (data != NULL) ln_matrix_free(&data->contraction.matrix);
  ln_free(data);
}

/* ---- Options ---- */

/* Two named dimensions and the spatial ones must be all of a tensor's. */
static TfLiteStatus check_layout(TfLiteContext* context, const char* what, int rank, int64_t first, int64_t second,
                                 const int64_t* others, int count) {
  bool taken[LN_MAX_RANK] = {false};
  LN_CHECK(context, count == rank - 2, "%s has %d spatial dimensions; its rank is %d", what, count, rank);
  for (int i = 0; i < rank; ++i) {
    const int64_t axis = i == 0 ? first : i == 1 ? second : others[i - 2];
    LN_CHECK(context, axis >= 0 && axis < rank && !taken[axis],
             "dimension %lld of %s does not exist or is named twice; its rank is %d", (long long)axis, what, rank);
    taken[axis] = true;
  }
  return kTfLiteOk;
}

/* One value of an attribute that may be left out. */
static TfLiteStatus get_value(TfLiteContext* context, const char* what, const int64_t* values, int count, int expected,
                              int index, int64_t fallback, int64_t low, int64_t* value) {
  LN_CHECK(context, count == 0 || count == expected, "%s has %d values; %d are right", what, count, expected);
  *value = count == 0 ? fallback : values[index];
  LN_CHECK(context, *value >= low && *value <= INT32_MAX, "%s[%d] is %lld; it must be in [%lld, %d]", what, index,
           (long long)*value, (long long)low, INT32_MAX);
  return kTfLiteOk;
}

static int64_t dilated(int64_t extent, int64_t dilation) { return extent == 0 ? 0 : (extent - 1) * dilation + 1; }

static TfLiteStatus set_axis(TfLiteContext* context, const LinnetStablehloConvolutionParams* p,
                             const TfLiteTensor* input, const TfLiteTensor* kernel, int rank, int i, spatial* s) {
  s->in_axis = (int)p->input_spatial_dimensions[i];
  s->kernel_axis = (int)p->kernel_spatial_dimensions[i];
  s->out_axis = (int)p->output_spatial_dimensions[i];
  s->in = ln_dim(input, s->in_axis);
  s->kernel = ln_dim(kernel, s->kernel_axis);
  LN_TRY(get_value(context, "window_strides", p->window_strides, p->num_window_strides, rank, i, 1, 1, &s->stride));
  LN_TRY(get_value(context, "padding", p->padding, p->num_padding, 2 * rank, 2 * i, 0, INT32_MIN, &s->low));
  LN_TRY(get_value(context, "padding", p->padding, p->num_padding, 2 * rank, 2 * i + 1, 0, INT32_MIN, &s->high));
  LN_TRY(get_value(context, "lhs_dilation", p->lhs_dilation, p->num_lhs_dilation, rank, i, 1, 1, &s->in_dilation));
  LN_TRY(get_value(context, "rhs_dilation", p->rhs_dilation, p->num_rhs_dilation, rank, i, 1, 1, &s->dilation));
  LN_CHECK(context, p->num_window_reversal == 0 || p->num_window_reversal == rank,
           "window_reversal has %d values; %d are right", p->num_window_reversal, rank);
  s->reversed = p->num_window_reversal != 0 && p->window_reversal[i];
  const int64_t padded = dilated(s->in, s->in_dilation) + s->low + s->high, window = dilated(s->kernel, s->dilation);
  LN_CHECK(context, padded >= 0, "the padding leaves %lld of spatial dimension %d; at least 0 is right",
           (long long)padded, i);
  const int64_t out = window > padded ? 0 : (padded - window) / s->stride + 1;
  LN_CHECK(context, ln_fits_i32(out), "the output's spatial dimension %d would be %lld", i, (long long)out);
  s->out = (int32_t)out;
  return kTfLiteOk;
}

static TfLiteStatus set_groups(TfLiteContext* context, const LinnetStablehloConvolutionParams* p,
                               const TfLiteTensor* input, const TfLiteTensor* kernel, conv_data* d) {
  const int32_t batch = ln_dim(input, (int)p->input_batch_dimension);
  const int32_t channels = ln_dim(input, (int)p->input_feature_dimension);
  const int32_t taken = ln_dim(kernel, (int)p->kernel_input_feature_dimension);
  const int32_t features = ln_dim(kernel, (int)p->kernel_output_feature_dimension);
  /* A file that leaves the counts out has 0 for them. */
  const int64_t feature_groups = p->feature_group_count == 0 ? 1 : p->feature_group_count;
  const int64_t batch_groups = p->batch_group_count == 0 ? 1 : p->batch_group_count;
  LN_CHECK(context, feature_groups >= 1 && batch_groups >= 1 && (feature_groups == 1 || batch_groups == 1),
           "there are %lld groups of features and %lld of images; both must be at least 1, one of them 1",
           (long long)feature_groups, (long long)batch_groups);
  LN_CHECK(context, channels % feature_groups == 0 && channels / feature_groups == taken,
           "the input has %d channels in %lld groups, the kernel takes %d", channels, (long long)feature_groups, taken);
  LN_CHECK(context, features % feature_groups == 0 && features % batch_groups == 0 && batch % batch_groups == 0,
           "%d features and %d images cannot be shared out to %lld and %lld groups", features, batch,
           (long long)feature_groups, (long long)batch_groups);
  d->feature_groups = (size_t)feature_groups;
  d->batch_groups = (size_t)batch_groups;
  d->batch = (size_t)batch / d->batch_groups;
  d->channels = (size_t)taken;
  d->features = (size_t)features / d->feature_groups / d->batch_groups;
  return kTfLiteOk;
}

static TfLiteStatus set_geometry(TfLiteContext* context, const LinnetStablehloConvolutionParams* p,
                                 const TfLiteTensor* input, const TfLiteTensor* kernel, TfLiteTensor* output,
                                 conv_data* d) {
  const int rank = ln_rank(input);
  int32_t dims[LN_MAX_RANK];
  LN_CHECK(context, rank >= 2 && rank <= LN_MAX_RANK && ln_rank(kernel) == rank,
           "the input has rank %d, the kernel %d; they must be equal and in [2, %d]", rank, ln_rank(kernel),
           LN_MAX_RANK);
  LN_TRY(check_layout(context, "the input", rank, p->input_batch_dimension, p->input_feature_dimension,
                      p->input_spatial_dimensions, p->num_input_spatial_dimensions));
  LN_TRY(check_layout(context, "the kernel", rank, p->kernel_input_feature_dimension,
                      p->kernel_output_feature_dimension, p->kernel_spatial_dimensions,
                      p->num_kernel_spatial_dimensions));
  LN_TRY(check_layout(context, "the output", rank, p->output_batch_dimension, p->output_feature_dimension,
                      p->output_spatial_dimensions, p->num_output_spatial_dimensions));
  LN_TRY(set_groups(context, p, input, kernel, d));
  d->spatial_rank = rank - 2;
  d->taps = d->outputs = 1;
  for (int i = 0; i < d->spatial_rank; ++i) {
    spatial* s = &d->axes[i];
    LN_TRY(set_axis(context, p, input, kernel, d->spatial_rank, i, s));
    dims[s->out_axis] = s->out;
    LN_CHECK(context,
             ln_mul_size(d->taps, (size_t)s->kernel, &d->taps) && ln_mul_size(d->outputs, (size_t)s->out, &d->outputs),
             "the window's or the output's size overflows");
  }
  dims[p->output_batch_dimension] = (int32_t)d->batch;
  dims[p->output_feature_dimension] = ln_dim(kernel, (int)p->kernel_output_feature_dimension);
  return ln_resize(context, output, rank, dims);
}

/* ---- Memory ---- */

/* True if the output's dimensions lie as the product writes them: batch, spatial, features. */
static bool is_channels_last(const LinnetStablehloConvolutionParams* p, const conv_data* d) {
  bool plain = p->output_batch_dimension == 0 && p->output_feature_dimension == d->spatial_rank + 1;
  for (int i = 0; i < d->spatial_rank; ++i) plain = plain && d->axes[i].out_axis == i + 1;
  return plain;
}

/* A temporary of a * b * c elements; none of the factors is over 31 bits. */
static TfLiteStatus set_matrix(TfLiteContext* context, TfLiteNode* node, int slot, TfLiteType type, size_t a, size_t b,
                               size_t c) {
  LN_CHECK(context, a <= INT32_MAX && b <= INT32_MAX && c <= INT32_MAX, "a matrix of %zu by %zu by %zu is too large", a,
           b, c);
  const int32_t dims[3] = {(int32_t)a, (int32_t)b, (int32_t)c};
  return ln_set_temporary(context, node, slot, type, kTfLiteArenaRw, 3, dims);
}

static TfLiteStatus set_temporaries(TfLiteContext* context, TfLiteNode* node, const TfLiteTensor* input,
                                    const TfLiteTensor* kernel, const TfLiteTensor* output, const conv_data* d) {
  const ln_contraction* c = &d->contraction;
  const TfLiteType type = ln_type_of_number(c->number);
  const size_t inputs = d->input_converted ? (size_t)ln_num_elements(input) : 0;
  const size_t weights = d->kernel_converted ? (size_t)ln_num_elements(kernel) : 0;
  LN_TRY(set_matrix(context, node, kInputNumbers, type, 1, 1, inputs));
  LN_TRY(set_matrix(context, node, kWindows, type, c->parts, c->rows, c->depth));
  LN_TRY(set_matrix(context, node, kKernelNumbers, type, 1, 1, weights));
  LN_TRY(set_matrix(context, node, kColumns, type, c->parts, c->columns, c->depth));
  const size_t copies = output->type == type ? 1 : 2; /* put in order before it changes its type */
  return set_matrix(context, node, kResult, type, d->staged ? c->rows : 0, c->parts, copies * c->columns);
}

static TfLiteStatus get_tensors(TfLiteContext* context, const TfLiteNode* node, const TfLiteTensor** input,
                                const TfLiteTensor** kernel, TfLiteTensor** output) {
  LN_TRY(ln_get_input(context, node, 0, input));
  LN_TRY(ln_get_input(context, node, 1, kernel));
  return ln_get_output(context, node, 0, output);
}

static TfLiteStatus prepare(TfLiteContext* context, TfLiteNode* node) {
  const LinnetStablehloConvolutionParams* p = node->builtin_data;
  conv_data* d = node->user_data;
  ln_contraction* c = &d->contraction;
  const TfLiteTensor *input, *kernel;
  TfLiteTensor* output;
  LN_CHECK(context, p != NULL, "the options are missing");
  LN_TRY(ln_check_io(context, node, 2, 2, 1));
  LN_TRY(ln_set_temporaries(context, node, kTemporaries, &d->first_temporary));
  LN_TRY(get_tensors(context, node, &input, &kernel, &output));
  LN_TRY(ln_contract_number(context, input, kernel, output, &c->number));
  LN_TRY(set_geometry(context, p, input, kernel, output, d));
  LN_CHECK(context, ln_mul_size(d->taps, d->channels, &c->depth) && ln_mul_size(d->batch, d->outputs, &c->rows),
           "the size of the windows overflows");
  c->parts = d->feature_groups * d->batch_groups;
  c->columns = d->features;
  c->a_row = c->b_column = c->depth;
  c->a_part = c->rows * c->depth;
  c->b_part = c->columns * c->depth;
  c->b_depth = 1;
  c->out_row = c->parts * c->columns;
  c->out_part = c->columns;
  const TfLiteType type = ln_type_of_number(c->number);
  d->input_converted = input->type != type;
  d->kernel_converted = kernel->type != type;
  d->staged = output->type != type || !is_channels_last(p, d);
  LN_TRY(set_temporaries(context, node, input, kernel, output, d));
  LN_TRY(ln_contract_prepare(context, c, ln_get_temporary(context, node, kColumns)));
  return ln_set_scratch(context, node, kScratch, c->scratch_bytes);
}

/* ---- The two matrices ---- */

static int64_t common_divisor(int64_t a, int64_t b) {
  for (;;) {
    const int64_t rest = a % b;
    if (rest == 0) return b;
    a = b;
    b = rest;
  }
}

/* The first output whose window element k lies on an element of the input, that element, how many such outputs there
 * are, and the steps from one to the next in both; false: none. */
static bool find_run(const spatial* s, int32_t k, int64_t* out, int64_t* in, int64_t* count, int64_t* out_step,
                     int64_t* in_step) {
  const int64_t start = k * s->dilation - s->low;
  const int64_t divisor = common_divisor(s->stride, s->in_dilation);
  *out_step = s->in_dilation / divisor;
  *in_step = s->stride / divisor;
  int64_t o = start < 0 ? (-start + s->stride - 1) / s->stride : 0;
  for (int64_t tries = 0; (o * s->stride + start) % s->in_dilation != 0; ++o)
    if (++tries > *out_step || o >= s->out) return false;
  *out = o;
  *in = (o * s->stride + start) / s->in_dilation;
  if (o >= s->out || *in >= s->in) return false;
  const int64_t by_out = (s->out - 1 - o) / *out_step, by_in = (s->in - 1 - *in) / *in_step;
  *count = (by_out < by_in ? by_out : by_in) + 1;
  return true;
}

/* Copies what window element `tap` of all windows sees. */
static void copy_tap(const LinnetStablehloConvolutionParams* p, const conv_data* d, const ptrdiff_t* strides,
                     const int32_t* tap, size_t tap_number, const char* in, char* windows, size_t width) {
  const ln_contraction* c = &d->contraction;
  const ptrdiff_t bytes = (ptrdiff_t)width, channel = strides[p->input_feature_dimension],
                  image = strides[p->input_batch_dimension], row = (ptrdiff_t)c->depth * bytes,
                  part = (ptrdiff_t)c->a_part * bytes;
  ln_copy_shape shape = {0};
  ln_copy_add(&shape, d->feature_groups, (ptrdiff_t)d->channels * channel, part);
  ln_copy_add(&shape, d->batch_groups, (ptrdiff_t)d->batch * image, part);
  ln_copy_add(&shape, d->batch, image, (ptrdiff_t)d->outputs * row);
  ptrdiff_t from = 0, to = (ptrdiff_t)(tap_number * d->channels) * bytes, rows = (ptrdiff_t)d->outputs;
  for (int i = 0; i < d->spatial_rank; ++i) {
    const spatial* s = &d->axes[i];
    int64_t out, at, count, out_step, in_step;
    if (!find_run(s, tap[i], &out, &at, &count, &out_step, &in_step)) return;
    rows /= s->out;
    from += (ptrdiff_t)at * strides[s->in_axis];
    to += (ptrdiff_t)out * rows * row;
    if (count == 1) out_step = in_step = 0;
    ln_copy_add(&shape, (size_t)count, (ptrdiff_t)in_step * strides[s->in_axis], (ptrdiff_t)out_step * rows * row);
  }
  ln_copy_add(&shape, d->channels, channel, bytes);
  ln_strided_copy(&shape, in + from, windows + to, width);
}

static void fill_windows(const LinnetStablehloConvolutionParams* p, const conv_data* d, const TfLiteTensor* input,
                         const void* in, TfLiteTensor* windows) {
  const size_t width = ln_number_size(d->contraction.number);
  ptrdiff_t strides[LN_MAX_RANK];
  int32_t tap[MAX_SPATIAL] = {0};
  if (windows->bytes == 0) return;
  memset(windows->data.raw, 0, windows->bytes);
  if (ln_num_elements(input) == 0) return;
  ln_strides(ln_rank(input), input->dims->data, width, strides);
  for (size_t n = 0; n < d->taps; ++n) {
    copy_tap(p, d, strides, tap, n, in, windows->data.raw, width);
    for (int i = d->spatial_rank - 1; i >= 0; --i) {
      if (++tap[i] < d->axes[i].kernel) break;
      tap[i] = 0;
    }
  }
}

/* [parts][features][taps][channels], reversed dimensions backwards. */
static void fill_columns(const LinnetStablehloConvolutionParams* p, const conv_data* d, const TfLiteTensor* kernel,
                         const char* weights, TfLiteTensor* columns) {
  const ln_contraction* c = &d->contraction;
  const size_t width = ln_number_size(c->number);
  const ptrdiff_t bytes = (ptrdiff_t)width;
  ptrdiff_t strides[LN_MAX_RANK], from = 0, to = (ptrdiff_t)(d->taps * d->channels) * bytes;
  if (columns->bytes == 0) return;
  ln_strides(ln_rank(kernel), kernel->dims->data, width, strides);
  const ptrdiff_t feature = strides[p->kernel_output_feature_dimension];
  ln_copy_shape shape = {0};
  ln_copy_add(&shape, c->parts, (ptrdiff_t)d->features * feature, (ptrdiff_t)c->b_part * bytes);
  ln_copy_add(&shape, d->features, feature, (ptrdiff_t)c->depth * bytes);
  for (int i = 0; i < d->spatial_rank; ++i) {
    const spatial* s = &d->axes[i];
    const ptrdiff_t step = strides[s->kernel_axis];
    to /= s->kernel;
    if (s->reversed) from += (s->kernel - 1) * step;
    ln_copy_add(&shape, (size_t)s->kernel, s->reversed ? -step : step, to);
  }
  ln_copy_add(&shape, d->channels, strides[p->kernel_input_feature_dimension], bytes);
  ln_strided_copy(&shape, weights + from, columns->data.raw, width);
}

/* From [batch][spatial][features] to the output's layout and type. */
static void write_result(const LinnetStablehloConvolutionParams* p, const conv_data* d, char* result,
                         TfLiteTensor* output) {
  const size_t width = ln_number_size(d->contraction.number);
  ptrdiff_t strides[LN_MAX_RANK];
  const int features = (int)p->output_feature_dimension;
  ln_strides(ln_rank(output), output->dims->data, width, strides);
  const ptrdiff_t row = (ptrdiff_t)width * ln_dim(output, features);
  ptrdiff_t rows = (ptrdiff_t)d->outputs;
  ln_copy_shape shape = {0};
  ln_copy_add(&shape, d->batch, rows * row, strides[p->output_batch_dimension]);
  for (int i = 0; i < d->spatial_rank; ++i) {
    rows /= d->axes[i].out;
    ln_copy_add(&shape, (size_t)d->axes[i].out, rows * row, strides[d->axes[i].out_axis]);
  }
  ln_copy_add(&shape, (size_t)ln_dim(output, features), (ptrdiff_t)width, strides[features]);
  const bool same = output->type == ln_type_of_number(d->contraction.number);
  char* ordered = result + (size_t)ln_num_elements(output) * width;
  ln_strided_copy(&shape, result, same ? output->data.raw : ordered, width);
  if (!same) ln_element_store(d->contraction.number, ordered, output);
}

/* The operand's elements as numbers of the product's type. */
static const void* load(TfLiteContext* context, const TfLiteNode* node, const TfLiteTensor* t, bool converted,
                        ln_number number, int slot) {
  if (!converted) return t->data.raw;
  TfLiteTensor* numbers = ln_get_temporary(context, node, slot);
  ln_element_load(t, number, numbers->data.raw);
  return numbers->data.raw;
}

static TfLiteStatus invoke(TfLiteContext* context, TfLiteNode* node) {
  const LinnetStablehloConvolutionParams* p = node->builtin_data;
  conv_data* d = node->user_data;
  const TfLiteTensor *input, *kernel;
  TfLiteTensor* output;
  LN_TRY(get_tensors(context, node, &input, &kernel, &output));
  if (output->bytes == 0) return kTfLiteOk;
  TfLiteTensor *windows = ln_get_temporary(context, node, kWindows),
               *columns = ln_get_temporary(context, node, kColumns);
  const ln_number number = d->contraction.number;
  fill_columns(p, d, kernel, load(context, node, kernel, d->kernel_converted, number, kKernelNumbers), columns);
  fill_windows(p, d, input, load(context, node, input, d->input_converted, number, kInputNumbers), windows);
  void* out = d->staged ? ln_get_temporary(context, node, kResult)->data.raw : output->data.raw;
  LN_TRY(ln_contract_run(context, &d->contraction, ln_get_temporary(context, node, kScratch)->data.raw,
                         windows->data.raw, columns, out));
  if (d->staged) write_result(p, d, out, output);
  return kTfLiteOk;
}

const TfLiteRegistration ln_op_stablehlo_convolution = {
    .init = init, .free = free_data, .prepare = prepare, .invoke = invoke};
