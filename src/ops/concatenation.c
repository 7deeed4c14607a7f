/* CONCATENATION. */
#include <math.h>

#include "kernels/generic/lookup_q8.h"
#include "ops/builtin_ops.h"
#include "ops/move_util.h"

static TfLiteStatus check_input(TfLiteContext* context, const TfLiteTensor* first, const TfLiteTensor* t, int index,
                                int axis, const TfLiteTensor* output) {
  LN_CHECK(context, t->type == output->type, "input %d is %s, the output %s; they must be the same", index,
           TfLiteTypeGetName(t->type), TfLiteTypeGetName(output->type));
  LN_CHECK(context, ln_rank(t) == ln_rank(first), "input %d has rank %d, input 0 has %d; they must be the same", index,
           ln_rank(t), ln_rank(first));
  for (int i = 0; i < ln_rank(first); ++i)
    LN_CHECK(context, i == axis || ln_dim(t, i) == ln_dim(first, i),
             "input %d has extent %d in dimension %d, input 0 has %d; only axis %d may differ", index, ln_dim(t, i), i,
             ln_dim(first, i), axis);
  if (t->type == kTfLiteInt8 || t->type == kTfLiteInt16)
    LN_CHECK(context, t->params.scale == output->params.scale && t->params.zero_point == output->params.zero_point,
             "input %d has scale %g and zero point %d, the output %g and %d; they must be the same", index,
             (double)t->params.scale, (int)t->params.zero_point, (double)output->params.scale,
             (int)output->params.zero_point);
  return kTfLiteOk;
}

/* uint8 inputs may have quantizations of their own: each is brought to the output's as the reference does, in float. */
static uint8_t requantize(const TfLiteTensor* input, const TfLiteTensor* output, uint8_t value) {
  const float inverse = 1.0f / output->params.scale, scale = input->params.scale * inverse;
  const float bias = -(float)input->params.zero_point * scale;
  const float x = roundf((float)value * scale + bias) + (float)output->params.zero_point;
  return (uint8_t)(x > 255 ? 255 : x > 0 ? (int32_t)x : 0); /* NaN, of senseless scales, is 0 */
}

typedef struct requantize_job {
  uint8_t table[256];
  const uint8_t* from;
  uint8_t* to;
  size_t row, to_stride;
} requantize_job;

static void requantize_range(void* arg, size_t begin, size_t end) {
  const requantize_job* j = arg;
  const ln_lookup_q8* lookup = ln_lookup_q8_best();
  for (size_t o = begin; o < end; ++o) lookup->run(j->table, j->from + o * j->row, j->to + o * j->to_stride, j->row);
}

static void requantize_rows(TfLiteContext* context, const TfLiteTensor* input, const TfLiteTensor* output, size_t outer,
                            size_t row, uint8_t* to, size_t to_stride) {
  requantize_job job = {.from = input->data.uint8, .to = to, .row = row, .to_stride = to_stride};
  for (int i = 0; i < 256; ++i) job.table[i] = requantize(input, output, (uint8_t)i);
  ln_parallel_ranges(context, requantize_range, &job, outer, SIZE_MAX, outer * row / 8);
}

/* Puts input `index` into the output's rows of `total` bytes at `to`, and moves `to` behind it. */
static TfLiteStatus copy_input(TfLiteContext* context, const TfLiteNode* node, int index, int axis,
                               TfLiteTensor* output, size_t total, char** to) {
  const TfLiteTensor* t;
  ln_move move;
  LN_TRY(ln_get_input(context, node, index, &t));
  LN_TRY(ln_move_begin(context, t, output, &move));
  const size_t outer = ln_extent(output, 0, axis), row = ln_extent(t, axis, ln_rank(t)) * move.bytes;
  const bool same = t->type != kTfLiteUInt8 ||
                    (t->params.scale == output->params.scale && t->params.zero_point == output->params.zero_point);
  if (!same && outer > 0 && row > 0)
    requantize_rows(context, t, output, outer, row, (uint8_t*)*to, total);
  else if (outer > 0 && row > 0)
    ln_parallel_copy_rows(context, outer, row, move.from, row, *to, total);
  *to += row;
  ln_free(move.block);
  return kTfLiteOk;
}

static TfLiteStatus invoke(TfLiteContext* context, TfLiteNode* node) {
  const TfLiteConcatenationParams* params = node->builtin_data;
  const TfLiteTensor* first;
  TfLiteTensor* output;
  int axis;
  ln_move move; /* of which the output's half is used */
  LN_TRY(ln_get_input(context, node, 0, &first));
  LN_TRY(ln_get_output(context, node, 0, &output));
  LN_TRY(ln_normalize_axis(context, params->axis, ln_rank(output), &axis));
  LN_TRY(ln_move_begin(context, first, output, &move));
  const size_t total = ln_extent(output, axis, ln_rank(output)) * move.bytes;
  char* to = move.to;
  TfLiteStatus status = kTfLiteOk;
  for (int k = 0; status == kTfLiteOk && k < node->inputs->size; ++k)
    status = copy_input(context, node, k, axis, output, total, &to);
  return ln_move_end(context, output, &move, status);
}

static TfLiteStatus prepare(TfLiteContext* context, TfLiteNode* node) {
  const TfLiteConcatenationParams* params = node->builtin_data;
  const TfLiteTensor *first, *t;
  TfLiteTensor* output;
  int32_t dims[LN_MAX_RANK], axis;
  size_t bytes;
  LN_TRY(ln_check_io(context, node, 1, INT32_MAX, 1));
  LN_TRY(ln_get_input(context, node, 0, &first));
  LN_TRY(ln_get_output(context, node, 0, &output));
  LN_CHECK(context, first->type != kTfLiteString, "inputs are STRING; elements of a fixed size are right");
  LN_TRY(ln_move_bytes(context, first, &bytes));
  LN_CHECK(context, params != NULL && params->activation == kTfLiteActNone, "a fused activation; NONE is allowed");
  LN_CHECK(context, ln_rank(first) <= LN_MAX_RANK, "rank %d; at most %d is allowed", ln_rank(first), LN_MAX_RANK);
  LN_TRY(ln_normalize_axis(context, params->axis, ln_rank(first), &axis));
  for (int i = 0; i < ln_rank(first); ++i) dims[i] = ln_dim(first, i);
  dims[axis] = 0;
  for (int i = 0; i < node->inputs->size; ++i) {
    LN_TRY(ln_get_input(context, node, i, &t));
    LN_TRY(check_input(context, first, t, i, axis, output));
    LN_CHECK(context, ln_add_i32(dims[axis], ln_dim(t, axis), &dims[axis]), "the sum of the inputs' extents overflows");
  }
  LN_TRY(ln_resize(context, output, ln_rank(first), dims));
  return ln_compute_once(context, node, invoke);
}

const TfLiteRegistration ln_op_concatenation = {.prepare = prepare, .invoke = invoke};
