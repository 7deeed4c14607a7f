#include "ops/scale_shift.h"

#include <string.h>

#include "kernels/generic/rows_f32.h"
#include "ops/binary_util.h"

enum { TILE = 16384, TILE_FLOATS = 16384 };

/* What is behind the inputs of which each node has one. */
enum { FIRST_PIECE = 3 };

void ln_scale_shift_free(ln_scale_shift* data) {
  ln_free(data->memory);
  data->memory = NULL;
}

/* The pieces must be alike in all dimensions but the last, of which this is the sum. */
static TfLiteStatus count_channels(TfLiteContext* context, const TfLiteNode* node, const LinnetFusion* fusion,
                                   const TfLiteTensor* x, int32_t* channels) {
  const TfLiteTensor* piece;
  const int last = ln_rank(x) - 1;
  *channels = ln_dim(x, last);
  LN_CHECK(context, !fusion->joins || context->tensors[fusion->joined].dims->size == last + 1,
           "input has rank %d; %d, as in the model's file, is right for joined inputs", last + 1,
           context->tensors[fusion->joined].dims->size);
  for (int i = FIRST_PIECE; i < node->inputs->size; ++i) {
    LN_TRY(ln_get_input(context, node, i, &piece));
    LN_TRY(ln_check_type(context, piece, "a joined input", x->type));
    LN_CHECK(context, ln_rank(piece) == last + 1, "a joined input has rank %d, the first has %d; they must be the same",
             ln_rank(piece), last + 1);
    for (int k = 0; k < last; ++k)
      LN_CHECK(context, ln_dim(piece, k) == ln_dim(x, k),
               "a joined input has extent %d in dimension %d, the first has %d; only the last dimension may differ",
               ln_dim(piece, k), k, ln_dim(x, k));
    LN_CHECK(context, ln_add_i32(*channels, ln_dim(piece, last), channels),
             "the sum of the joined inputs' extents overflows");
  }
  return kTfLiteOk;
}

/* What the interpreter has looked at once more, as shapes may have changed since. */
static TfLiteStatus check(TfLiteContext* context, const TfLiteNode* node, const LinnetFusion* fusion,
                          const TfLiteTensor* x, const TfLiteTensor* scale, const TfLiteTensor* shift,
                          int32_t* channels) {
  LN_CHECK(context, x->type == kTfLiteInt8 || x->type == kTfLiteUInt8 || x->type == kTfLiteFloat32,
           "input is %s; FLOAT32, INT8 or UINT8 is right", TfLiteTypeGetName(x->type));
  LN_TRY(ln_check_type(context, scale, "input 1", x->type));
  LN_TRY(ln_check_type(context, shift, "input 2", x->type));
  LN_CHECK(context, ln_rank(x) > 0 && ln_rank(x) <= LN_MAX_RANK && ln_is_constant(scale) && ln_is_constant(shift),
           "input has rank %d; 1 to %d, and constants for inputs 1 and 2, are right", ln_rank(x), LN_MAX_RANK);
  LN_TRY(count_channels(context, node, fusion, x, channels));
  const int64_t count = ln_num_elements(scale);
  LN_CHECK(context,
           count > 0 && ln_num_elements(shift) == count && (*channels == count || (*channels == 1 && !fusion->joins)),
           "%lld factors and %lld summands for %d channels; one of each is right", (long long)count,
           (long long)ln_num_elements(shift), *channels);
  return kTfLiteOk;
}

static TfLiteStatus prepare_bytes(TfLiteContext* context, const ln_binary_io* product, const ln_binary_io* sum,
                                  TfLiteFusedActivation activation, TfLiteFusedActivation sum_activation,
                                  ln_scale_shift* data) {
  ln_scale_shift_q8* p = &data->numbers;
  LN_TRY(ln_binary_make_product(context, product, activation, &p->product));
  LN_TRY(ln_binary_make_sum(context, sum, sum_activation, 1, &p->sum));
  p->is_signed = product->a->type == kTfLiteInt8;
  p->channels = data->channels;
  data->memory = ln_malloc(ln_scale_shift_q8_size(p->channels));
  LN_CHECK(context, data->memory != NULL, "no memory for the numbers of %zu channels", p->channels);
  ln_scale_shift_q8_fill(p, product->b->data.uint8, sum->b->data.uint8, data->memory);
  return kTfLiteOk;
}

TfLiteStatus ln_scale_shift_prepare(TfLiteContext* context, const TfLiteNode* node, const LinnetFusion* fusion,
                                    TfLiteFusedActivation activation, ln_scale_shift* data) {
  const TfLiteTensor *x, *scale, *shift;
  TfLiteTensor *output, *middle = &context->tensors[fusion->middle];
  const TfLiteFusedActivation sum_activation = (TfLiteFusedActivation)fusion->sum_activation;
  int32_t channels;
  LN_TRY(ln_check_io(context, node, FIRST_PIECE, INT32_MAX, 1));
  LN_TRY(ln_get_input(context, node, 0, &x));
  LN_TRY(ln_get_input(context, node, 1, &scale));
  LN_TRY(ln_get_input(context, node, 2, &shift));
  LN_TRY(ln_get_output(context, node, 0, &output));
  LN_TRY(check(context, node, fusion, x, scale, shift, &channels));
  LN_TRY(ln_check_type(context, output, "output", x->type));
  const ln_binary_io product = {x, scale, middle}, sum = {middle, shift, output};
  ln_scale_shift_free(data);
  data->is_prepared = true;
  data->channels = (size_t)ln_num_elements(scale);
  if (x->type == kTfLiteFloat32)
    LN_TRY(ln_binary_clamp_f32(context, sum_activation, &data->clamp));
  else
    LN_TRY(prepare_bytes(context, &product, &sum, activation, sum_activation, data));
  int32_t dims[LN_MAX_RANK];
  const int last = ln_rank(x) - 1;
  for (int i = 0; i < last; ++i) dims[i] = ln_dim(x, i);
  dims[last] = (int32_t)data->channels;
  data->spreads = channels != dims[last];
  return ln_resize(context, output, last + 1, dims);
}

typedef struct scale_shift_job {
  const ln_scale_shift_q8* numbers;
  ln_scale_shift_q8_row row;
  const uint8_t* in;
  uint8_t* out;
} scale_shift_job;

static void run_pixels(void* arg, size_t begin, size_t end) {
  const scale_shift_job* j = arg;
  const size_t channels = j->numbers->channels, first = begin * channels;
  j->row(j->numbers, j->in + first, j->out + first, (end - begin) * channels);
}

/* One number a pixel, for all channels. */
static void run_spread_pixels(void* arg, size_t begin, size_t end) {
  const scale_shift_job* j = arg;
  const size_t channels = j->numbers->channels;
  for (size_t i = begin; i < end; ++i) {
    uint8_t* out = j->out + i * channels;
    memset(out, j->in[i], channels);
    ln_scale_shift_q8_ref(j->numbers, out, out, channels);
  }
}

typedef struct float_job {
  const TfLiteContext* context;
  const TfLiteNode* node;
  const ln_scale_shift* data;
  const float *scale, *shift;
  float* out;
} float_job;

/* `piece` counts from 0 on. */
static const TfLiteTensor* piece_at(const float_job* j, int piece) {
  return &j->context->tensors[j->node->inputs->data[piece == 0 ? 0 : piece + FIRST_PIECE - 1]];
}

static void run_pieces(void* arg, size_t first, size_t end) {
  const float_job* j = arg;
  const ln_scale_shift_f32_fn run = ln_rows_f32_best()->scale_shift;
  const size_t channels = j->data->channels, pixels = end - first;
  float* out = j->out + first * channels;
  size_t c = 0;
  for (int i = 0; i < j->node->inputs->size - FIRST_PIECE + 1; ++i) {
    const TfLiteTensor* piece = piece_at(j, i);
    const size_t own = (size_t)ln_dim(piece, ln_rank(piece) - 1);
    if (own > 0)
      run(piece->data.f + first * own, own, j->scale + c, j->shift + c, &j->data->clamp, pixels, own, out + c,
          channels);
    c += own;
  }
}

static void run_spread_floats(void* arg, size_t begin, size_t end) {
  const float_job* j = arg;
  const ln_scale_shift_f32_fn run = ln_rows_f32_best()->scale_shift;
  const size_t channels = j->data->channels;
  for (size_t p = begin; p < end; ++p) {
    float* out = j->out + p * channels;
    for (size_t c = 0; c < channels; ++c) out[c] = piece_at(j, 0)->data.f[p];
    run(out, channels, j->scale, j->shift, &j->data->clamp, 1, channels, out, channels);
  }
}

static TfLiteStatus invoke_floats(TfLiteContext* context, const TfLiteNode* node, const ln_scale_shift* data,
                                  TfLiteTensor* output) {
  const TfLiteTensor *scale, *shift;
  LN_TRY(ln_get_input(context, node, 1, &scale));
  LN_TRY(ln_get_input(context, node, 2, &shift));
  const size_t count = (size_t)ln_num_elements(output);
  float_job job = {.context = context,
                   .node = node,
                   .data = data,
                   .scale = scale->data.f,
                   .shift = shift->data.f,
                   .out = output->data.f};
  const size_t step = data->channels < TILE_FLOATS ? TILE_FLOATS / data->channels : 1;
  if (count > 0)
    ln_parallel_ranges(context, data->spreads ? run_spread_floats : run_pieces, &job, count / data->channels, step,
                       count);
  return kTfLiteOk;
}

TfLiteStatus ln_scale_shift_invoke(TfLiteContext* context, const TfLiteNode* node, const ln_scale_shift* data) {
  const TfLiteTensor* x;
  TfLiteTensor* output;
  LN_TRY(ln_get_input(context, node, 0, &x));
  LN_TRY(ln_get_output(context, node, 0, &output));
  if (x->type == kTfLiteFloat32) return invoke_floats(context, node, data, output);
  const size_t channels = data->numbers.channels, pixels = channels < TILE ? TILE / channels : 1;
  scale_shift_job job = {
      .numbers = &data->numbers, .row = ln_scale_shift_q8_best(), .in = x->data.uint8, .out = output->data.uint8};
  const size_t count = (size_t)ln_num_elements(output);
  if (count > 0)
    ln_parallel_ranges(context, data->spreads ? run_spread_pixels : run_pixels, &job, count / channels, pixels,
                       2 * count);
  return kTfLiteOk;
}
