/* NON_MAX_SUPPRESSION_V4 (indices and their number) and V5 (scores too, lowered where sigma is above 0). */
#include <string.h>

#include "kernels/generic/nms.h"
#include "ops/builtin_ops.h"
#include "ops/op_util.h"

enum { kBoxes, kScores, kLimit, kOverlapLimit, kScoreLimit, kSigma };
enum { kHeap, kTaken, kTakenScores, kTemporaries };

typedef struct nms_data {
  int first_temporary;
} nms_data;

LN_DEFINE_INIT(init, nms_data, .first_temporary = -1)

static TfLiteStatus check_scalar(TfLiteContext* context, const TfLiteNode* node, int index, TfLiteType type) {
  const TfLiteTensor* t;
  LN_TRY(ln_get_input(context, node, index, &t));
  LN_CHECK(context, t->type == type && ln_num_elements(t) == 1, "input %d is no single %s", index,
           TfLiteTypeGetName(type));
  return kTfLiteOk;
}

static TfLiteStatus check_inputs(TfLiteContext* context, const TfLiteNode* node, bool soft) {
  const TfLiteTensor *boxes, *scores;
  LN_TRY(ln_get_input(context, node, kBoxes, &boxes));
  LN_TRY(ln_get_input(context, node, kScores, &scores));
  LN_TRY(ln_check_type(context, boxes, "the boxes", kTfLiteFloat32));
  LN_TRY(ln_check_type(context, scores, "the scores", kTfLiteFloat32));
  LN_CHECK(context, ln_rank(boxes) == 2 && ln_dim(boxes, 1) == 4, "the boxes have another shape than [any, 4]");
  LN_CHECK(context, ln_rank(scores) == 1 && ln_dim(scores, 0) == ln_dim(boxes, 0), "%lld scores for %d boxes",
           (long long)ln_num_elements(scores), ln_dim(boxes, 0));
  LN_TRY(check_scalar(context, node, kLimit, kTfLiteInt32));
  LN_TRY(check_scalar(context, node, kOverlapLimit, kTfLiteFloat32));
  LN_TRY(check_scalar(context, node, kScoreLimit, kTfLiteFloat32));
  return soft ? check_scalar(context, node, kSigma, kTfLiteFloat32) : kTfLiteOk;
}

static TfLiteStatus get_limit(TfLiteContext* context, const TfLiteNode* node, int32_t* limit) {
  int count;
  LN_TRY(ln_read_ints(context, ln_optional_input(context, node, kLimit), "the number of boxes", 1, limit, &count));
  LN_CHECK(context, *limit >= 0, "the number of boxes is %d; at least 0 is right", *limit);
  return kTfLiteOk;
}

/* The indices and, with V5, the scores: as many as may be taken, filled up with 0. */
static TfLiteStatus shape_output(TfLiteContext* context, const TfLiteNode* node, int index, TfLiteType type) {
  TfLiteTensor* output;
  int32_t limit;
  LN_TRY(ln_get_output(context, node, index, &output));
  LN_CHECK(context, output->type == type, "output %d is %s; it must be %s", index, TfLiteTypeGetName(output->type),
           TfLiteTypeGetName(type));
  if (!ln_is_constant(ln_optional_input(context, node, kLimit))) {
    ln_set_dynamic(output);
    return kTfLiteOk;
  }
  LN_TRY(get_limit(context, node, &limit));
  return ln_resize(context, output, 1, &limit);
}

static TfLiteStatus prepare(TfLiteContext* context, TfLiteNode* node, bool soft) {
  nms_data* data = node->user_data;
  TfLiteTensor* number;
  size_t heap_bytes;
  LN_TRY(ln_check_io(context, node, soft ? 6 : 5, soft ? 6 : 5, soft ? 3 : 2));
  LN_TRY(ln_set_temporaries(context, node, kTemporaries, &data->first_temporary));
  LN_TRY(check_inputs(context, node, soft));
  LN_TRY(shape_output(context, node, 0, kTfLiteInt32));
  if (soft) LN_TRY(shape_output(context, node, 1, kTfLiteFloat32));
  LN_TRY(ln_get_output(context, node, soft ? 2 : 1, &number));
  LN_TRY(ln_check_type(context, number, "the last output", kTfLiteInt32));
  LN_TRY(ln_resize(context, number, 0, NULL));
  const int32_t boxes = ln_dim(ln_optional_input(context, node, kBoxes), 0);
  LN_CHECK(context, ln_mul_size((size_t)boxes, sizeof(ln_nms_candidate), &heap_bytes), "%d boxes are too many", boxes);
  LN_TRY(ln_set_scratch(context, node, kHeap, heap_bytes));
  LN_TRY(ln_set_temporary(context, node, kTaken, kTfLiteInt32, kTfLiteArenaRw, 1, &boxes));
  return ln_set_temporary(context, node, kTakenScores, kTfLiteFloat32, kTfLiteArenaRw, 1, &boxes);
}

static TfLiteStatus write_output(TfLiteContext* context, const TfLiteNode* node, int index, int temporary, size_t taken,
                                 int32_t limit) {
  TfLiteTensor* output;
  LN_TRY(ln_get_output(context, node, index, &output));
  if (ln_is_dynamic(output)) LN_TRY(ln_resize(context, output, 1, &limit));
  const size_t bytes = taken * sizeof(int32_t);
  if (bytes > 0) memcpy(output->data.raw, ln_get_temporary(context, node, temporary)->data.raw, bytes);
  if (output->bytes > bytes) memset(output->data.raw + bytes, 0, output->bytes - bytes);
  return kTfLiteOk;
}

static float scalar(TfLiteContext* context, const TfLiteNode* node, int index) {
  return ln_optional_input(context, node, index)->data.f[0];
}

static TfLiteStatus invoke(TfLiteContext* context, TfLiteNode* node, bool soft) {
  const TfLiteTensor* boxes = ln_optional_input(context, node, kBoxes);
  const TfLiteTensor* scores = ln_optional_input(context, node, kScores);
  const ln_nms nms = {scalar(context, node, kOverlapLimit), scalar(context, node, kScoreLimit),
                      soft ? scalar(context, node, kSigma) : 0.0f};
  TfLiteTensor* number;
  int32_t limit;
  LN_TRY(get_limit(context, node, &limit));
  LN_CHECK(context, !(nms.sigma < 0.0f), "sigma is %g; at least 0 is right", (double)nms.sigma);
  ln_nms_state state = {.heap = (ln_nms_candidate*)(void*)ln_get_temporary(context, node, kHeap)->data.raw,
                        .taken = ln_get_temporary(context, node, kTaken)->data.i32,
                        .taken_scores = ln_get_temporary(context, node, kTakenScores)->data.f};
  ln_nms_begin_f32(&nms, scores->data.f, (size_t)ln_dim(boxes, 0), &state);
  const size_t most = state.heap_count < (size_t)limit ? state.heap_count : (size_t)limit;
  for (size_t i = 1; state.taken_count < most && state.heap_count > 0; ++i) {
    if (i % 1024 == 0 && ln_is_cancelled(context)) return kTfLiteCancelled;
    ln_nms_step_f32(&nms, boxes->data.f, &state);
  }
  const size_t taken = state.taken_count;
  LN_TRY(write_output(context, node, 0, kTaken, taken, limit));
  if (soft) LN_TRY(write_output(context, node, 1, kTakenScores, taken, limit));
  LN_TRY(ln_get_output(context, node, soft ? 2 : 1, &number));
  number->data.i32[0] = (int32_t)taken;
  return kTfLiteOk;
}

static TfLiteStatus hard_prepare(TfLiteContext* context, TfLiteNode* node) { return prepare(context, node, false); }
static TfLiteStatus hard_invoke(TfLiteContext* context, TfLiteNode* node) { return invoke(context, node, false); }
static TfLiteStatus soft_prepare(TfLiteContext* context, TfLiteNode* node) { return prepare(context, node, true); }
static TfLiteStatus soft_invoke(TfLiteContext* context, TfLiteNode* node) { return invoke(context, node, true); }

const TfLiteRegistration ln_op_non_max_suppression_v4 = {
    .init = init, .free = ln_free_node_data, .prepare = hard_prepare, .invoke = hard_invoke};
const TfLiteRegistration ln_op_non_max_suppression_v5 = {
    .init = init, .free = ln_free_node_data, .prepare = soft_prepare, .invoke = soft_invoke};
