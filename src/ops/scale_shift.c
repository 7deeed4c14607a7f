#include "ops/scale_shift.h"

#include <string.h>

#include "ops/binary_util.h"

enum { TILE = 16384 };

void ln_scale_shift_free(ln_scale_shift* data) {
  ln_free(data->memory);
  data->memory = NULL;
}

/* What the interpreter has looked at once more, as shapes may have changed since. */
static TfLiteStatus check(TfLiteContext* context, const TfLiteTensor* x, const TfLiteTensor* scale,
                          const TfLiteTensor* shift) {
  LN_CHECK(context, x->type == kTfLiteInt8 || x->type == kTfLiteUInt8, "input is %s; INT8 or UINT8 is right",
           TfLiteTypeGetName(x->type));
  LN_TRY(ln_check_type(context, scale, "input 1", x->type));
  LN_TRY(ln_check_type(context, shift, "input 2", x->type));
  LN_CHECK(context, ln_rank(x) > 0 && ln_rank(x) <= LN_MAX_RANK && ln_is_constant(scale) && ln_is_constant(shift),
           "input has rank %d; 1 to %d, and constants for inputs 1 and 2, are right", ln_rank(x), LN_MAX_RANK);
  const int64_t channels = ln_dim(x, ln_rank(x) - 1), count = ln_num_elements(scale);
  LN_CHECK(context, count > 0 && ln_num_elements(shift) == count && (channels == count || channels == 1),
           "%lld factors and %lld summands for %lld channels; one of each is right", (long long)count,
           (long long)ln_num_elements(shift), (long long)channels);
  return kTfLiteOk;
}

TfLiteStatus ln_scale_shift_prepare(TfLiteContext* context, const TfLiteNode* node, const LinnetFusion* fusion,
                                    TfLiteFusedActivation activation, ln_scale_shift* data) {
  const TfLiteTensor *x, *scale, *shift;
  TfLiteTensor *output, *middle = &context->tensors[fusion->middle];
  ln_scale_shift_q8* p = &data->numbers;
  LN_TRY(ln_check_io(context, node, 3, 3, 1));
  LN_TRY(ln_get_input(context, node, 0, &x));
  LN_TRY(ln_get_input(context, node, 1, &scale));
  LN_TRY(ln_get_input(context, node, 2, &shift));
  LN_TRY(ln_get_output(context, node, 0, &output));
  LN_TRY(check(context, x, scale, shift));
  LN_TRY(ln_check_type(context, output, "output", x->type));
  const ln_binary_io product = {x, scale, middle}, sum = {middle, shift, output};
  LN_TRY(ln_binary_make_product(context, &product, activation, &p->product));
  LN_TRY(ln_binary_make_sum(context, &sum, (TfLiteFusedActivation)fusion->sum_activation, 1, &p->sum));
  p->is_signed = x->type == kTfLiteInt8;
  p->channels = (size_t)ln_num_elements(scale);
  ln_scale_shift_free(data);
  data->memory = ln_malloc(ln_scale_shift_q8_size(p->channels));
  LN_CHECK(context, data->memory != NULL, "no memory for the numbers of %zu channels", p->channels);
  ln_scale_shift_q8_fill(p, scale->data.uint8, shift->data.uint8, data->memory);
  int32_t dims[LN_MAX_RANK];
  const int last = ln_rank(x) - 1;
  for (int i = 0; i < last; ++i) dims[i] = ln_dim(x, i);
  dims[last] = (int32_t)p->channels;
  data->spreads = ln_dim(x, last) != dims[last];
  return ln_resize(context, output, last + 1, dims);
}

typedef struct scale_shift_job {
  const ln_scale_shift_q8* numbers;
  ln_scale_shift_q8_row row;
  const uint8_t* in;
  uint8_t* out;
  size_t count, step;
} scale_shift_job;

static void run_tile(void* arg, size_t tile) {
  const scale_shift_job* j = arg;
  const size_t first = tile * j->step, left = j->count - first;
  j->row(j->numbers, j->in + first, j->out + first, left < j->step ? left : j->step);
}

/* One number a pixel, for all channels. */
static void run_spread_tile(void* arg, size_t tile) {
  const scale_shift_job* j = arg;
  const size_t channels = j->numbers->channels, end = (tile + 1) * j->step;
  for (size_t i = tile * j->step; i < end && i < j->count; i += channels) {
    memset(j->out + i, j->in[i / channels], channels);
    ln_scale_shift_q8_ref(j->numbers, j->out + i, j->out + i, channels);
  }
}

/* Tiles are whole pixels. */
TfLiteStatus ln_scale_shift_invoke(TfLiteContext* context, const TfLiteNode* node, const ln_scale_shift* data) {
  const TfLiteTensor* x;
  TfLiteTensor* output;
  LN_TRY(ln_get_input(context, node, 0, &x));
  LN_TRY(ln_get_output(context, node, 0, &output));
  const size_t channels = data->numbers.channels, pixels = channels < TILE ? TILE / channels : 1;
  scale_shift_job job = {.numbers = &data->numbers,
                         .row = ln_scale_shift_q8_best(),
                         .in = x->data.uint8,
                         .out = output->data.uint8,
                         .count = (size_t)ln_num_elements(output),
                         .step = pixels * channels};
  if (job.count > 0)
    ln_parallel_sized(context, data->spreads ? run_spread_tile : run_tile, &job, (job.count + job.step - 1) / job.step,
                      2 * job.count);
  return kTfLiteOk;
}
