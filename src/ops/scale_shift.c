#include "ops/scale_shift.h"

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
  LN_CHECK(context, ln_rank(x) > 0 && ln_is_constant(scale) && ln_is_constant(shift),
           "input has rank %d; 1 and more, and constants for inputs 1 and 2, are right", ln_rank(x));
  const int64_t channels = ln_dim(x, ln_rank(x) - 1);
  LN_CHECK(context, channels > 0 && ln_num_elements(scale) == channels && ln_num_elements(shift) == channels,
           "%lld factors and %lld summands for %lld channels; one of each is right", (long long)ln_num_elements(scale),
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
  return ln_resize_like(context, output, x);
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
                         .count = (size_t)ln_num_elements(x),
                         .step = pixels * channels};
  if (job.count > 0) ln_parallel_sized(context, run_tile, &job, (job.count + job.step - 1) / job.step, 2 * job.count);
  return kTfLiteOk;
}
