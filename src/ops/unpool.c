/* MaxPoolingWithArgmax2D and MaxUnpooling2D of MediaPipe's models, whose places are floats within a window, and
 * MaxUnpooling2D of the perception operators, whose places are INT32 within the whole picture. The options are the
 * bytes of a TfLitePoolParams. */
#include "kernels/generic/unpool.h"

#include <string.h>

#include "ops/custom_ops.h"
#include "ops/custom_util.h"

typedef struct unpool_data {
  ln_pool_shape shape; /* of the pooling: done or undone */
  float low, high;
} unpool_data;

LN_DEFINE_INIT(init, unpool_data, .low = 0)

/* The members of TfLitePoolParams that an operator has set; what else a file has behind them does not matter. */
typedef struct pool_options {
  int32_t padding, stride_width, stride_height, filter_width, filter_height, activation;
} pool_options;

static TfLiteStatus read_options(TfLiteContext* context, const TfLiteNode* node, pool_options* o) {
  LN_CHECK(context, node->custom_initial_data != NULL && node->custom_initial_data_size >= (int)sizeof *o,
           "the options have %d bytes; at least %zu are right", node->custom_initial_data_size, sizeof *o);
  memcpy(o, node->custom_initial_data, sizeof *o);
  LN_CHECK(context, o->padding == kTfLitePaddingSame || o->padding == kTfLitePaddingValid,
           "the padding is %d; %d (SAME) or %d (VALID) is right", (int)o->padding, kTfLitePaddingSame,
           kTfLitePaddingValid);
  LN_CHECK(context, o->stride_width >= 1 && o->stride_height >= 1 && o->filter_width >= 1 && o->filter_height >= 1,
           "strides of %d x %d and a filter of %d x %d; at least 1 is right", (int)o->stride_height,
           (int)o->stride_width, (int)o->filter_height, (int)o->filter_width);
  LN_CHECK(context, (int64_t)o->filter_height * o->filter_width <= INT32_MAX, "a filter of %d x %d is too large",
           (int)o->filter_height, (int)o->filter_width);
  return kTfLiteOk;
}

static TfLiteStatus get_picture(TfLiteContext* context, const TfLiteNode* node, const TfLiteTensor** input) {
  LN_TRY(ln_get_input(context, node, 0, input));
  LN_TRY(ln_check_type(context, *input, "input", kTfLiteFloat32));
  LN_CHECK(context, ln_rank(*input) == 4, "input has rank %d; 4 is right", ln_rank(*input));
  return kTfLiteOk;
}

static TfLiteStatus pool_prepare(TfLiteContext* context, TfLiteNode* node) {
  unpool_data* d = node->user_data;
  const TfLiteTensor* input;
  TfLiteTensor *output, *places;
  pool_options o;
  ln_window rows, columns;
  LN_TRY(ln_check_io(context, node, 1, 1, 2));
  LN_TRY(read_options(context, node, &o));
  LN_TRY(get_picture(context, node, &input));
  LN_TRY(ln_get_output(context, node, 0, &output));
  LN_TRY(ln_get_output(context, node, 1, &places));
  LN_TRY(ln_check_type(context, output, "output 0", kTfLiteFloat32));
  LN_TRY(ln_check_type(context, places, "output 1", kTfLiteFloat32));
  LN_TRY(ln_activation_range_f32(context, (TfLiteFusedActivation)o.activation, &d->low, &d->high));
  LN_TRY(ln_compute_window(context, (TfLitePadding)o.padding, ln_dim(input, 1), o.filter_height, o.stride_height, 1,
                           &rows));
  LN_TRY(ln_compute_window(context, (TfLitePadding)o.padding, ln_dim(input, 2), o.filter_width, o.stride_width, 1,
                           &columns));
  d->shape = (ln_pool_shape){ln_dim(input, 0), ln_dim(input, 1), ln_dim(input, 2), ln_dim(input, 3),
                             rows.out,         columns.out,      o.filter_height,  o.filter_width,
                             o.stride_height,  o.stride_width,   rows.pad_before,  columns.pad_before};
  const int32_t dims[] = {ln_dim(input, 0), rows.out, columns.out, ln_dim(input, 3)};
  LN_TRY(ln_resize(context, output, 4, dims));
  return ln_resize(context, places, 4, dims);
}

static TfLiteStatus pool_invoke(TfLiteContext* context, TfLiteNode* node) {
  const unpool_data* d = node->user_data;
  const TfLiteTensor* input;
  TfLiteTensor *output, *places;
  LN_TRY(ln_get_input(context, node, 0, &input));
  LN_TRY(ln_get_output(context, node, 0, &output));
  LN_TRY(ln_get_output(context, node, 1, &places));
  if (output->bytes > 0)
    ln_max_pool_argmax_f32_ref(&d->shape, input->data.f, d->low, d->high, output->data.f, places->data.f);
  return kTfLiteOk;
}

/* The extent of the picture that was pooled to `extent`, and its padding: MediaPipe takes windows for disjoint. */
static TfLiteStatus unpooled_extent(TfLiteContext* context, int32_t extent, int32_t filter, int32_t stride,
                                    int32_t* whole, int32_t* pad) {
  LN_CHECK(context, ln_mul_i32(extent, filter, whole), "%d windows of %d are too large", (int)extent, (int)filter);
  const int64_t covered = ((int64_t)extent - 1) * stride + filter - *whole;
  LN_CHECK(context, covered / 2 <= INT32_MAX, "%d windows, %d apart, are too large", (int)extent, (int)stride);
  *pad = covered > 0 ? (int32_t)(covered / 2) : 0;
  return kTfLiteOk;
}

/* The same for places in the whole picture: the least that was pooled with that padding. */
static TfLiteStatus covered_extent(TfLiteContext* context, const pool_options* o, int32_t extent, int32_t filter,
                                   int32_t stride, int32_t* whole) {
  const int64_t covered =
      o->padding == kTfLitePaddingSame ? (int64_t)extent * stride : ((int64_t)extent - 1) * stride + filter;
  LN_CHECK(context, ln_fits_i32(covered), "%d windows, %d apart, are too large", (int)extent, (int)stride);
  *whole = (int32_t)covered;
  return kTfLiteOk;
}

static TfLiteStatus unpool_prepare(TfLiteContext* context, TfLiteNode* node) {
  unpool_data* d = node->user_data;
  const TfLiteTensor *input, *places;
  TfLiteTensor* output;
  pool_options o;
  LN_TRY(ln_check_io(context, node, 2, 2, 1));
  LN_TRY(read_options(context, node, &o));
  LN_TRY(get_picture(context, node, &input));
  LN_TRY(ln_get_input(context, node, 1, &places));
  LN_TRY(ln_get_output(context, node, 0, &output));
  LN_TRY(ln_check_type(context, output, "output", kTfLiteFloat32));
  LN_CHECK(context, places->type == kTfLiteFloat32 || places->type == kTfLiteInt32,
           "the places are %s; FLOAT32 or INT32 is right", TfLiteTypeGetName(places->type));
  LN_CHECK(context, ln_same_shape(input, places), "the input and the places have different shapes");
  d->shape = (ln_pool_shape){.batch = ln_dim(input, 0),
                             .channels = ln_dim(input, 3),
                             .out_height = ln_dim(input, 1),
                             .out_width = ln_dim(input, 2),
                             .filter_height = o.filter_height,
                             .filter_width = o.filter_width,
                             .stride_height = o.stride_height,
                             .stride_width = o.stride_width};
  ln_pool_shape* s = &d->shape;
  if (places->type == kTfLiteFloat32) {
    LN_TRY(unpooled_extent(context, s->out_height, o.filter_height, o.stride_height, &s->in_height, &s->pad_top));
    LN_TRY(unpooled_extent(context, s->out_width, o.filter_width, o.stride_width, &s->in_width, &s->pad_left));
  } else {
    LN_TRY(covered_extent(context, &o, s->out_height, o.filter_height, o.stride_height, &s->in_height));
    LN_TRY(covered_extent(context, &o, s->out_width, o.filter_width, o.stride_width, &s->in_width));
  }
  const int32_t dims[] = {s->batch, s->in_height, s->in_width, s->channels};
  return ln_resize(context, output, 4, dims);
}

static TfLiteStatus unpool_invoke(TfLiteContext* context, TfLiteNode* node) {
  const unpool_data* d = node->user_data;
  const TfLiteTensor *input, *places;
  TfLiteTensor* output;
  LN_TRY(ln_get_input(context, node, 0, &input));
  LN_TRY(ln_get_input(context, node, 1, &places));
  LN_TRY(ln_get_output(context, node, 0, &output));
  if (output->bytes == 0) return kTfLiteOk;
  if (places->type == kTfLiteFloat32) {
    ln_unpool_window_f32_ref(&d->shape, input->data.f, places->data.f, output->data.f);
    return kTfLiteOk;
  }
  const size_t batch = (size_t)d->shape.batch, count = (size_t)ln_num_elements(input);
  const size_t whole = (size_t)ln_num_elements(output) / batch;
  for (size_t i = 0; i < count; ++i)
    LN_CHECK(context, places->data.i32[i] >= 0 && (size_t)places->data.i32[i] < whole,
             "place %zu is %d; it must be in [0, %zu)", i, (int)places->data.i32[i], whole);
  ln_unpool_picture_f32_ref(input->data.f, places->data.i32, batch, count / batch, whole, output->data.f);
  return kTfLiteOk;
}

const TfLiteRegistration ln_op_max_pool_argmax = {
    .init = init, .free = ln_free_node_data, .prepare = pool_prepare, .invoke = pool_invoke};
const TfLiteRegistration ln_op_max_unpooling = {
    .init = init, .free = ln_free_node_data, .prepare = unpool_prepare, .invoke = unpool_invoke};
