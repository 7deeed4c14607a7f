/* RANGE: from `start` in steps of `delta` up to but without `limit`, which are scalars. */
#include <math.h>

#include "ops/builtin_ops.h"
#include "ops/op_util.h"

typedef struct range_io {
  const TfLiteTensor *start, *limit, *delta;
  TfLiteTensor* output;
} range_io;

static TfLiteStatus get_io(TfLiteContext* context, const TfLiteNode* node, range_io* io) {
  LN_TRY(ln_check_io(context, node, 3, 3, 1));
  LN_TRY(ln_get_input(context, node, 0, &io->start));
  LN_TRY(ln_get_input(context, node, 1, &io->limit));
  LN_TRY(ln_get_input(context, node, 2, &io->delta));
  return ln_get_output(context, node, 0, &io->output);
}

static int64_t integer_of(const TfLiteTensor* t) { return t->type == kTfLiteInt64 ? *t->data.i64 : *t->data.i32; }

static TfLiteStatus count_integers(TfLiteContext* context, const range_io* io, int32_t* count) {
  const int64_t start = integer_of(io->start), limit = integer_of(io->limit), delta = integer_of(io->delta);
  LN_CHECK(context, delta != 0 && (delta > 0 ? start <= limit : start >= limit),
           "from %lld to %lld in steps of %lld: the steps must lead there", (long long)start, (long long)limit,
           (long long)delta);
  /* Magnitudes of 64 bits. */
  const bool up = limit >= start;
  const uint64_t distance = up ? (uint64_t)limit - (uint64_t)start : (uint64_t)start - (uint64_t)limit;
  const uint64_t step = up ? (uint64_t)delta : 0 - (uint64_t)delta;
  const uint64_t elements = distance / step + (distance % step != 0);
  LN_CHECK(context, elements <= INT32_MAX, "%llu elements; at most %d are allowed", (unsigned long long)elements,
           INT32_MAX);
  *count = (int32_t)elements;
  return kTfLiteOk;
}

static TfLiteStatus count_floats(TfLiteContext* context, const range_io* io, int32_t* count) {
  const float start = *io->start->data.f, limit = *io->limit->data.f, delta = *io->delta->data.f;
  LN_CHECK(context, (delta > 0 && start <= limit) || (delta < 0 && start >= limit),
           "from %g to %g in steps of %g: the steps must lead there", (double)start, (double)limit, (double)delta);
  const float elements = ceilf(fabsf((limit - start) / delta));
  LN_CHECK(context, elements < 2147483648.0f, "%g elements; at most %d are allowed", (double)elements, INT32_MAX);
  *count = (int32_t)elements;
  return kTfLiteOk;
}

static TfLiteStatus resize_output(TfLiteContext* context, const range_io* io) {
  int32_t count = 0;
  if (io->start->type == kTfLiteFloat32)
    LN_TRY(count_floats(context, io, &count));
  else
    LN_TRY(count_integers(context, io, &count));
  return ln_resize(context, io->output, 1, &count);
}

/* Adds up, as the reference does: floats are not start + i * delta. */
static void fill(const range_io* io) {
  const int32_t count = ln_dim(io->output, 0);
  if (io->output->type == kTfLiteFloat32) {
    float value = *io->start->data.f;
    for (int32_t i = 0; i < count; ++i, value += *io->delta->data.f) io->output->data.f[i] = value;
    return;
  }
  uint64_t value = (uint64_t)integer_of(io->start);
  for (int32_t i = 0; i < count; ++i, value += (uint64_t)integer_of(io->delta)) {
    if (io->output->type == kTfLiteInt64)
      io->output->data.i64[i] = (int64_t)value;
    else
      io->output->data.i32[i] = (int32_t)(uint32_t)value;
  }
}

static bool is_constant(const range_io* io) {
  return ln_is_constant(io->start) && ln_is_constant(io->limit) && ln_is_constant(io->delta);
}

static TfLiteStatus invoke(TfLiteContext* context, TfLiteNode* node) {
  range_io io;
  LN_TRY(get_io(context, node, &io));
  if (!is_constant(&io)) LN_TRY(resize_output(context, &io));
  fill(&io);
  return kTfLiteOk;
}

static TfLiteStatus prepare(TfLiteContext* context, TfLiteNode* node) {
  range_io io;
  LN_TRY(get_io(context, node, &io));
  const TfLiteType type = io.start->type;
  LN_CHECK(context, ln_rank(io.start) == 0 && ln_rank(io.limit) == 0 && ln_rank(io.delta) == 0,
           "start, limit and delta must be scalars");
  LN_CHECK(context, type == kTfLiteInt32 || type == kTfLiteInt64 || type == kTfLiteFloat32,
           "start is %s; INT32, INT64 or FLOAT32 is right", TfLiteTypeGetName(type));
  LN_TRY(ln_check_type(context, io.limit, "limit", type));
  LN_TRY(ln_check_type(context, io.delta, "delta", type));
  LN_TRY(ln_set_type(context, io.output, type));
  if (!is_constant(&io)) {
    ln_set_dynamic(io.output);
    return kTfLiteOk;
  }
  LN_TRY(resize_output(context, &io));
  return ln_compute_once(context, node, invoke);
}

const TfLiteRegistration ln_op_range = {.prepare = prepare, .invoke = invoke};
