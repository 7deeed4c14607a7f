#include "ops/layer_norm.h"

#include "kernels/generic/pool_f32.h"

enum { kInput, kAxis, kEpsilon, kScale, kShift, kInputs };

/* A constant with one number a channel, or none; `count` is theirs. */
static TfLiteStatus check_numbers(TfLiteContext* context, const TfLiteTensor* t, const char* what, int64_t* count) {
  if (t == NULL) return kTfLiteOk;
  LN_TRY(ln_check_type(context, t, what, kTfLiteFloat32));
  const int64_t found = ln_num_elements(t);
  LN_CHECK(context, ln_is_constant(t) && found > 0 && (*count == 0 || found == *count),
           "%s has %lld numbers; constants, as many as the other's, are right", what, (long long)found);
  *count = found;
  return kTfLiteOk;
}

/* What the interpreter has looked at once more, as shapes may have changed since. */
static TfLiteStatus check(TfLiteContext* context, const TfLiteNode* node, const TfLiteTensor* x) {
  const TfLiteTensor *axis, *epsilon;
  int32_t value;
  int count, last;
  LN_TRY(ln_get_input(context, node, kAxis, &axis));
  LN_TRY(ln_get_input(context, node, kEpsilon, &epsilon));
  LN_TRY(ln_check_type(context, x, "input", kTfLiteFloat32));
  LN_TRY(ln_check_type(context, epsilon, "epsilon", kTfLiteFloat32));
  LN_CHECK(context, ln_is_constant(epsilon) && ln_num_elements(epsilon) == 1, "epsilon must be one constant");
  LN_CHECK(context, ln_rank(x) > 0 && ln_rank(x) <= LN_MAX_RANK, "input has rank %d; 1 to %d are right", ln_rank(x),
           LN_MAX_RANK);
  LN_TRY(ln_read_ints(context, axis, "axis", 1, &value, &count));
  LN_CHECK(context, count == 1, "%d axes; 1 is right", count);
  LN_TRY(ln_normalize_axis(context, value, ln_rank(x), &last));
  LN_CHECK(context, last == ln_rank(x) - 1, "axis %d of rank %d; the last one, as in the model's file, is right", last,
           ln_rank(x));
  return kTfLiteOk;
}

TfLiteStatus ln_layer_norm_prepare(TfLiteContext* context, TfLiteNode* node) {
  const TfLiteTensor* x;
  TfLiteTensor* output;
  int64_t numbers = 0;
  int32_t dims[LN_MAX_RANK];
  LN_TRY(ln_check_io(context, node, kInputs, kInputs, 1));
  LN_TRY(ln_get_input(context, node, kInput, &x));
  LN_TRY(ln_get_output(context, node, 0, &output));
  LN_TRY(check(context, node, x));
  LN_TRY(check_numbers(context, ln_optional_input(context, node, kScale), "scale", &numbers));
  LN_TRY(check_numbers(context, ln_optional_input(context, node, kShift), "shift", &numbers));
  LN_TRY(ln_check_type(context, output, "output", kTfLiteFloat32));
  const int last = ln_rank(x) - 1;
  for (int i = 0; i < last; ++i) dims[i] = ln_dim(x, i);
  /* One channel is broadcast to all numbers. */
  dims[last] = ln_dim(x, last) == 1 && numbers > 0 ? (int32_t)numbers : ln_dim(x, last);
  LN_CHECK(context, numbers == 0 || dims[last] == numbers, "%lld numbers for %d channels; one of each is right",
           (long long)numbers, dims[last]);
  return ln_resize(context, output, last + 1, dims);
}

typedef struct norm_job {
  ln_layer_norm norm;
  const float* in;
  float* out;
  size_t depth, channels;
} norm_job;

static void run_rows(void* arg, size_t first, size_t end) {
  const norm_job* j = arg;
  ln_pool_f32_best()->layer_norm(&j->norm, j->in + first * j->depth, end - first, j->depth, j->out + first * j->depth);
}

static void run_spread_rows(void* arg, size_t first, size_t end) {
  const norm_job* j = arg;
  const ln_layer_norm_f32_fn run = ln_pool_f32_best()->layer_norm;
  for (size_t c = 0; c < j->channels; ++c) {
    const ln_layer_norm one = {.epsilon = j->norm.epsilon,
                               .scale = j->norm.scale != NULL ? j->norm.scale + c : NULL,
                               .shift = j->norm.shift != NULL ? j->norm.shift + c : NULL,
                               .centered = j->norm.centered};
    for (size_t r = first; r < end; ++r) run(&one, j->in + r, 1, 1, j->out + r * j->channels + c);
  }
}

TfLiteStatus ln_layer_norm_invoke(TfLiteContext* context, TfLiteNode* node, bool centered) {
  enum { kVisits = 3 };
  const TfLiteTensor *x, *epsilon, *scale = ln_optional_input(context, node, kScale),
                                   *shift = ln_optional_input(context, node, kShift);
  TfLiteTensor* output;
  LN_TRY(ln_get_input(context, node, kInput, &x));
  LN_TRY(ln_get_input(context, node, kEpsilon, &epsilon));
  LN_TRY(ln_get_output(context, node, 0, &output));
  const size_t count = (size_t)ln_num_elements(output);
  if (count == 0) return kTfLiteOk;
  const int last = ln_rank(x) - 1;
  norm_job job = {.norm = {.epsilon = epsilon->data.f[0],
                           .scale = scale != NULL ? scale->data.f : NULL,
                           .shift = shift != NULL ? shift->data.f : NULL,
                           .centered = centered},
                  .in = x->data.f,
                  .out = output->data.f,
                  .depth = (size_t)ln_dim(x, last),
                  .channels = (size_t)ln_dim(output, last)};
  const size_t rows = count / job.channels;
  ln_parallel_ranges(context, job.depth == job.channels ? run_rows : run_spread_rows, &job, rows, rows,
                     kVisits * count);
  return kTfLiteOk;
}
