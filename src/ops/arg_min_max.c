/* ARG_MAX and ARG_MIN: where along an axis the largest or smallest element stands; of equals the first. */
#include "kernels/generic/arg_max_q8.h"
#include "ops/builtin_ops.h"
#include "ops/move_util.h"

static TfLiteStatus get_axis(TfLiteContext* context, const TfLiteNode* node, int* axis) {
  const TfLiteTensor *input, *axis_tensor;
  int32_t value;
  int count;
  LN_TRY(ln_get_input(context, node, 0, &input));
  LN_TRY(ln_get_input(context, node, 1, &axis_tensor));
  LN_TRY(ln_read_ints(context, axis_tensor, "axis", 1, &value, &count));
  LN_CHECK(context, count == 1 && ln_rank(input) <= LN_MAX_RANK,
           "axis has %d elements, input rank %d; 1 and at most %d are right", count, ln_rank(input), LN_MAX_RANK);
  LN_TRY(ln_normalize_axis(context, value, ln_rank(input), axis));
  LN_CHECK(context, ln_dim(input, *axis) > 0, "axis %d has no element", *axis);
  return kTfLiteOk;
}

static TfLiteStatus resize_output(TfLiteContext* context, const TfLiteNode* node, TfLiteTensor* output) {
  const TfLiteTensor* input;
  int32_t dims[LN_MAX_RANK];
  int axis, kept = 0;
  LN_TRY(ln_get_input(context, node, 0, &input));
  LN_TRY(get_axis(context, node, &axis));
  for (int i = 0; i < ln_rank(input); ++i)
    if (i != axis) dims[kept++] = ln_dim(input, i);
  return ln_resize(context, output, kept, dims);
}

static TfLiteStatus prepare(TfLiteContext* context, TfLiteNode* node) {
  const TfLiteTensor *input, *axis_tensor;
  TfLiteTensor* output;
  LN_TRY(ln_check_io(context, node, 2, 2, 1));
  LN_TRY(ln_get_input(context, node, 0, &input));
  LN_TRY(ln_get_input(context, node, 1, &axis_tensor));
  LN_TRY(ln_get_output(context, node, 0, &output));
  LN_CHECK(context, output->type == kTfLiteInt32 || output->type == kTfLiteInt64,
           "output is %s; INT32 or INT64 is right", TfLiteTypeGetName(output->type));
  switch (input->type) {
    case kTfLiteFloat32:
    case kTfLiteUInt8:
    case kTfLiteInt8:
    case kTfLiteInt16:
    case kTfLiteInt32:
    case kTfLiteBool:
      break;
    default:
      LN_FAIL(context, "input is %s; FLOAT32, UINT8, INT8, INT16, INT32 or BOOL is right",
              TfLiteTypeGetName(input->type));
  }
  if (ln_is_constant(axis_tensor)) return resize_output(context, node, output);
  ln_set_dynamic(output);
  return kTfLiteOk;
}

#define LN_FIND(field)                                                                                     \
  for (size_t i = 1; i < count; ++i) {                                                                     \
    const size_t at = from + i * stride, held = from + best * stride;                                      \
    if (max ? t->data.field[at] > t->data.field[held] : t->data.field[at] < t->data.field[held]) best = i; \
  }

static size_t find(const TfLiteTensor* t, size_t from, size_t count, size_t stride, bool max) {
  size_t best = 0;
  switch (t->type) {
    case kTfLiteFloat32:
      LN_FIND(f)
      break;
    case kTfLiteInt8:
      LN_FIND(int8)
      break;
    case kTfLiteInt16:
      LN_FIND(i16)
      break;
    case kTfLiteInt32:
      LN_FIND(i32)
      break;
    default: /* uint8, bool */
      LN_FIND(uint8)
  }
  return best;
}

/* Rows of bytes that lie together, some at a time. */
enum { kRowsOfTile = 256 };

typedef struct bytes_job {
  const TfLiteTensor* input;
  TfLiteTensor* output;
  size_t rows, count;
  uint8_t flip;
} bytes_job;

static void run_bytes(void* arg, size_t tile) {
  const bytes_job* j = arg;
  const size_t first = tile * kRowsOfTile, left = j->rows - first, rows = left < kRowsOfTile ? left : kRowsOfTile;
  const uint8_t* in = j->input->data.uint8 + first * j->count;
  int32_t best[kRowsOfTile];
  if (j->output->type == kTfLiteInt32) {
    ln_arg_max_q8_best()->run(in, rows, j->count, j->flip, j->output->data.i32 + first);
    return;
  }
  ln_arg_max_q8_best()->run(in, rows, j->count, j->flip, best);
  for (size_t i = 0; i < rows; ++i) j->output->data.i64[first + i] = best[i];
}

static TfLiteStatus invoke(TfLiteContext* context, TfLiteNode* node, bool max) {
  const TfLiteTensor* input;
  TfLiteTensor* output;
  int axis;
  LN_TRY(ln_get_input(context, node, 0, &input));
  LN_TRY(ln_get_output(context, node, 0, &output));
  if (ln_is_dynamic(output)) LN_TRY(resize_output(context, node, output));
  LN_TRY(get_axis(context, node, &axis));
  const size_t outer = ln_extent(input, 0, axis), count = (size_t)ln_dim(input, axis);
  const size_t inner = ln_extent(input, axis + 1, ln_rank(input));
  if (inner == 1 && (input->type == kTfLiteInt8 || input->type == kTfLiteUInt8)) {
    const uint8_t sign = input->type == kTfLiteInt8 ? 0x80 : 0;
    bytes_job job = {input, output, outer, count, (uint8_t)(max ? sign : sign ^ 0xff)};
    ln_parallel_sized(context, run_bytes, &job, (outer + kRowsOfTile - 1) / kRowsOfTile, outer * count);
    return kTfLiteOk;
  }
  for (size_t o = 0; o < outer; ++o)
    for (size_t i = 0; i < inner; ++i) {
      const size_t best = find(input, o * count * inner + i, count, inner, max);
      if (output->type == kTfLiteInt64)
        output->data.i64[o * inner + i] = (int64_t)best;
      else
        output->data.i32[o * inner + i] = (int32_t)best;
    }
  return kTfLiteOk;
}

static TfLiteStatus max_invoke(TfLiteContext* context, TfLiteNode* node) { return invoke(context, node, true); }

static TfLiteStatus min_invoke(TfLiteContext* context, TfLiteNode* node) { return invoke(context, node, false); }

const TfLiteRegistration ln_op_arg_max = {.prepare = prepare, .invoke = max_invoke};
const TfLiteRegistration ln_op_arg_min = {.prepare = prepare, .invoke = min_invoke};
