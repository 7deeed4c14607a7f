/* ARG_MAX and ARG_MIN: where along an axis the largest or smallest element stands; of equals the first. */
#include "kernels/generic/arg_extreme.h"
#include "kernels/generic/arg_max_q8.h"
#include "kernels/generic/pool_f32.h"
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

/* Rows of bytes or floats that lie together, some at a time. */
enum { kRowsOfTile = 256 };

typedef struct rows_job {
  const TfLiteTensor* input;
  TfLiteTensor* output;
  size_t rows, count;
  bool largest;
} rows_job;

static void find_rows(const rows_job* j, size_t first, size_t rows, int32_t* best) {
  const TfLitePtrUnion data = j->input->data;
  const uint8_t sign = j->input->type == kTfLiteInt8 ? 0x80 : 0;
  if (j->input->type == kTfLiteFloat32)
    ln_pool_f32_best()->arg_extreme(j->largest, data.f + first * j->count, rows, j->count, best);
  else
    ln_arg_max_q8_best()->run(data.uint8 + first * j->count, rows, j->count, j->largest ? sign : sign ^ 0xff, best);
}

static void run_rows(void* arg, size_t tile) {
  const rows_job* j = arg;
  const size_t first = tile * kRowsOfTile, left = j->rows - first, rows = left < kRowsOfTile ? left : kRowsOfTile;
  int32_t best[kRowsOfTile];
  if (j->output->type == kTfLiteInt32) {
    find_rows(j, first, rows, j->output->data.i32 + first);
    return;
  }
  find_rows(j, first, rows, best);
  for (size_t i = 0; i < rows; ++i) j->output->data.i64[first + i] = best[i];
}

/* Blocks [count, columns], some columns at a time. */
enum { kColumnsAtOnce = 256 };

typedef struct blocks_job {
  const TfLiteTensor* input;
  TfLiteTensor* output;
  size_t count, columns;
  bool largest;
} blocks_job;

static void find(const blocks_job* j, size_t from, size_t columns, int32_t* best) {
  const TfLitePtrUnion data = j->input->data;
  switch (j->input->type) {
    case kTfLiteFloat32:
      ln_arg_extreme_f32(j->largest, data.f + from, j->count, j->columns, columns, best);
      break;
    case kTfLiteInt8:
      ln_arg_extreme_s8(j->largest, data.int8 + from, j->count, j->columns, columns, best);
      break;
    case kTfLiteInt16:
      ln_arg_extreme_s16(j->largest, data.i16 + from, j->count, j->columns, columns, best);
      break;
    case kTfLiteInt32:
      ln_arg_extreme_s32(j->largest, data.i32 + from, j->count, j->columns, columns, best);
      break;
    default: /* uint8, bool */
      ln_arg_extreme_u8(j->largest, data.uint8 + from, j->count, j->columns, columns, best);
  }
}

static void run_blocks(void* arg, size_t begin, size_t end) {
  const blocks_job* j = arg;
  int32_t best[kColumnsAtOnce];
  for (size_t b = begin; b < end; ++b)
    for (size_t c = 0; c < j->columns; c += kColumnsAtOnce) {
      const size_t n = j->columns - c < kColumnsAtOnce ? j->columns - c : kColumnsAtOnce, to = b * j->columns + c;
      find(j, b * j->count * j->columns + c, n, best);
      for (size_t i = 0; i < n; ++i) {
        if (j->output->type == kTfLiteInt64)
          j->output->data.i64[to + i] = best[i];
        else
          j->output->data.i32[to + i] = best[i];
      }
    }
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
  if (inner == 1 && (input->type == kTfLiteInt8 || input->type == kTfLiteUInt8 || input->type == kTfLiteFloat32)) {
    rows_job job = {input, output, outer, count, max};
    ln_parallel_sized(context, run_rows, &job, (outer + kRowsOfTile - 1) / kRowsOfTile, outer * count);
    return kTfLiteOk;
  }
  blocks_job job = {input, output, count, inner, max};
  if (inner > 0) ln_parallel_ranges(context, run_blocks, &job, outer, outer, outer * count * inner);
  return kTfLiteOk;
}

static TfLiteStatus max_invoke(TfLiteContext* context, TfLiteNode* node) { return invoke(context, node, true); }

static TfLiteStatus min_invoke(TfLiteContext* context, TfLiteNode* node) { return invoke(context, node, false); }

const TfLiteRegistration ln_op_arg_max = {.prepare = prepare, .invoke = max_invoke};
const TfLiteRegistration ln_op_arg_min = {.prepare = prepare, .invoke = min_invoke};
