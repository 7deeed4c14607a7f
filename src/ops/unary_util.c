#include "ops/unary_util.h"

#include "kernels/generic/half_rows.h"
#include "kernels/generic/lookup_q8.h"
#include "kernels/generic/rows_f32.h"

/* So many bytes look their results up, as there are 256 of them, unless these are one operation. */
enum { TILE = 8192, MANY_BYTES = 2048 };

static void look_up(const void* params, const void* in, void* out, size_t n) {
  ln_lookup_q8_best()->run(params, in, out, n);
}

TfLiteStatus ln_unary_get(TfLiteContext* context, const TfLiteNode* node, const TfLiteTensor** input,
                          TfLiteTensor** output) {
  LN_TRY(ln_check_io(context, node, 1, 1, 1));
  LN_TRY(ln_get_input(context, node, 0, input));
  return ln_get_output(context, node, 0, output);
}

TfLiteStatus ln_unary_prepare(TfLiteContext* context, const TfLiteNode* node) {
  const TfLiteTensor* input;
  TfLiteTensor* output;
  LN_TRY(ln_unary_get(context, node, &input, &output));
  LN_TRY(ln_check_type(context, output, "output", input->type));
  return ln_resize_like(context, output, input);
}

typedef struct unary_job {
  ln_unary_row row;
  const void* params;
  const char* in;
  char* out;
  size_t width;
} unary_job;

static void run_range(void* arg, size_t first, size_t end) {
  const unary_job* j = arg;
  j->row(j->params, j->in + first * j->width, j->out + first * j->width, end - first);
}

TfLiteStatus ln_unary_run(TfLiteContext* context, const TfLiteNode* node, ln_unary_row row, const void* params) {
  const TfLiteTensor* input;
  TfLiteTensor* output;
  LN_TRY(ln_unary_get(context, node, &input, &output));
  const size_t count = (size_t)ln_num_elements(input);
  unary_job job = {ln_unary_best(row), params, input->data.raw, output->data.raw, ln_type_size(input->type)};
  const ln_half_unary half = {job.row, params, input->type == kTfLiteBFloat16};
  if (ln_is_half(input->type)) job.row = ln_half_unary_row, job.params = &half;
  enum { kVisits = 4 }; /* functions take longer than sums */
  size_t visits = kVisits * count;
  uint8_t values[256], table[256];
  const bool is_plain = row == ln_unary_neg_s8_ref || row == ln_unary_logical_not_ref;
  if (job.width == 1 && count >= MANY_BYTES && !is_plain) {
    for (size_t i = 0; i < 256; ++i) values[i] = (uint8_t)i;
    job.row(job.params, values, table, 256);
    job.row = look_up;
    job.params = table;
    visits = count / 4;
  }
  if (count > 0) ln_parallel_ranges(context, run_range, &job, count, TILE, visits);
  return kTfLiteOk;
}

TfLiteStatus ln_unary_check_scales(TfLiteContext* context, const TfLiteTensor* input, const TfLiteTensor* output) {
  LN_CHECK(context, input->params.scale > 0 && output->params.scale > 0,
           "the scales are %g and %g; a quantized input and output need one above 0", (double)input->params.scale,
           (double)output->params.scale);
  return kTfLiteOk;
}
