/* PosenetDecoderOp of Coral's pose models: keypoints of several persons out of a PoseNet's maps and, with a fourth map,
 * each person's mask. */
#include <string.h>

#include "kernels/generic/pose.h"
#include "kernels/generic/quantize.h"
#include "ops/custom_ops.h"
#include "ops/custom_util.h"

enum { kScores, kShorts, kMids, kLongs, kInputs };
enum { kPointsOut, kPointScoresOut, kPoseScoresOut, kCountOut, kMasksOut, kOutputs };
/* The first ones hold the inputs as floats, offsets in cells. */
enum { kCandidates = kInputs, kPoses, kPoseScores, kOrder, kTemporaries };

static const int32_t kChannels[kInputs] = {LN_POSE_KEYPOINTS, 2 * LN_POSE_KEYPOINTS, 4 * LN_POSE_EDGES,
                                           2 * LN_POSE_KEYPOINTS};

typedef struct posenet_data {
  int first_temporary;
  int32_t max_detections, stride;
  float threshold, radius;
} posenet_data;

LN_DEFINE_INIT(init, posenet_data, .first_temporary = -1)

static TfLiteStatus read_options(TfLiteContext* context, const TfLiteNode* node, posenet_data* d) {
  ln_flex_map o;
  LN_TRY(ln_open_options(context, node, &o));
  LN_TRY(ln_option_i32(context, &o, "max_detections", 0, 0, INT32_MAX - 1, &d->max_detections));
  LN_TRY(ln_option_i32(context, &o, "stride", 0, 1, INT32_MAX, &d->stride));
  LN_TRY(ln_option_f32(context, &o, "score_threshold", 0, &d->threshold));
  return ln_option_f32(context, &o, "nms_radius", 0, &d->radius);
}

static bool with_masks(const TfLiteNode* node) { return node->inputs->size == kInputs; }

static TfLiteStatus check_inputs(TfLiteContext* context, const TfLiteNode* node, const TfLiteTensor** t) {
  static const char* const kNames[] = {"the scores", "the short offsets", "the mid offsets", "the long offsets"};
  for (int i = 0; i < node->inputs->size; ++i) {
    LN_TRY(ln_get_input(context, node, i, &t[i]));
    LN_CHECK(context, t[i]->type == kTfLiteFloat32 || t[i]->type == kTfLiteUInt8 || t[i]->type == kTfLiteInt8,
             "%s are %s; FLOAT32, UINT8 or INT8 is right", kNames[i], TfLiteTypeGetName(t[i]->type));
    LN_CHECK(context, ln_rank(t[i]) == 4 && ln_dim(t[i], 0) == 1 && ln_dim(t[i], 3) == kChannels[i],
             "%s are not [1, height, width, %d]", kNames[i], (int)kChannels[i]);
    LN_CHECK(context, ln_dim(t[i], 1) >= 1 && ln_dim(t[i], 2) >= 1, "%s are empty", kNames[i]);
    LN_CHECK(context, i == kLongs || (ln_dim(t[i], 1) == ln_dim(t[0], 1) && ln_dim(t[i], 2) == ln_dim(t[0], 2)),
             "%s are %d x %d, the scores %d x %d; they must be the same", kNames[i], ln_dim(t[i], 1), ln_dim(t[i], 2),
             ln_dim(t[0], 1), ln_dim(t[0], 2));
  }
  return kTfLiteOk;
}

static TfLiteStatus set_scratch(TfLiteContext* context, TfLiteNode* node, const TfLiteTensor* const* t) {
  const posenet_data* d = node->user_data;
  const size_t limit = (size_t)d->max_detections;
  size_t sizes[kTemporaries] = {0};
  bool fit = true;
  for (int i = 0; i < node->inputs->size; ++i)
    fit = fit && ln_mul_size((size_t)ln_num_elements(t[i]), sizeof(float), &sizes[i]);
  fit = fit && ln_mul_size((size_t)ln_num_elements(t[kScores]), sizeof(ln_pose_candidate), &sizes[kCandidates]);
  fit = fit && ln_mul_size(limit + 1, sizeof(ln_pose), &sizes[kPoses]);
  sizes[kPoseScores] = sizes[kOrder] = limit * sizeof(float);
  LN_CHECK(context, fit, "%zu poses take more memory than there can be", limit);
  for (int i = 0; i < kTemporaries; ++i) LN_TRY(ln_set_scratch(context, node, i, sizes[i]));
  return kTfLiteOk;
}

static TfLiteStatus prepare(TfLiteContext* context, TfLiteNode* node) {
  posenet_data* d = node->user_data;
  const TfLiteTensor* t[kInputs] = {NULL};
  const bool masks = with_masks(node);
  LN_TRY(ln_check_io(context, node, masks ? 4 : 3, masks ? 4 : 3, masks ? 5 : 4));
  LN_TRY(read_options(context, node, d));
  LN_TRY(ln_set_temporaries(context, node, kTemporaries, &d->first_temporary));
  LN_TRY(check_inputs(context, node, t));
  LN_TRY(set_scratch(context, node, t));
  const int32_t n = d->max_detections;
  const int32_t dims[kOutputs][4] = {{1, n, LN_POSE_KEYPOINTS, 2},
                                     {1, n, LN_POSE_KEYPOINTS},
                                     {1, n},
                                     {1},
                                     {1, n, masks ? ln_dim(t[kLongs], 1) : 0, masks ? ln_dim(t[kLongs], 2) : 0}};
  static const int kRanks[kOutputs] = {4, 3, 2, 1, 4};
  for (int i = 0; i < node->outputs->size; ++i) {
    TfLiteTensor* output;
    LN_TRY(ln_get_output(context, node, i, &output));
    output->type = kTfLiteFloat32; /* whatever the file says, as the original has it */
    LN_TRY(ln_resize(context, output, kRanks[i], dims[i]));
  }
  return kTfLiteOk;
}

/* The input as floats times a factor. */
static TfLiteStatus get_floats(TfLiteContext* context, const TfLiteNode* node, int index, float factor,
                               const float** values) {
  const TfLiteTensor* t;
  LN_TRY(ln_get_input(context, node, index, &t));
  const size_t n = (size_t)ln_num_elements(t);
  float* out = ln_get_temporary(context, node, index)->data.f;
  *values = out;
  if (t->type == kTfLiteUInt8)
    ln_dequantize_u8_ref(t->params.scale * factor, t->params.zero_point, t->data.uint8, out, n);
  else if (t->type == kTfLiteInt8)
    ln_dequantize_s8_ref(t->params.scale * factor, t->params.zero_point, t->data.int8, out, n);
  else
    for (size_t i = 0; i < n; ++i) out[i] = t->data.f[i] * factor;
  return kTfLiteOk;
}

/* Puts the poses out, best first, in pixels. */
static void put_poses(const ln_pose* poses, const float* scores, const int32_t* order, size_t count, float stride,
                      TfLiteTensor** out) {
  ln_pose_point* points = out[kPointsOut]->data.data;
  for (size_t i = 0; i < count; ++i) {
    const ln_pose* pose = &poses[order[i]];
    for (size_t k = 0; k < LN_POSE_KEYPOINTS; ++k)
      points[i * LN_POSE_KEYPOINTS + k] = (ln_pose_point){pose->points[k].y * stride, pose->points[k].x * stride};
    memcpy(out[kPointScoresOut]->data.f + i * LN_POSE_KEYPOINTS, pose->scores, sizeof pose->scores);
    out[kPoseScoresOut]->data.f[i] = scores[order[i]];
  }
  out[kCountOut]->data.f[0] = (float)count;
}

static TfLiteStatus invoke(TfLiteContext* context, TfLiteNode* node) {
  const posenet_data* d = node->user_data;
  const float stride = (float)d->stride, factor = (float)(1.0 / d->stride);
  const TfLiteTensor *scores, *longs;
  TfLiteTensor* out[kOutputs];
  LN_TRY(ln_get_input(context, node, kScores, &scores));
  for (int i = 0; i < (with_masks(node) ? kOutputs : kMasksOut); ++i) {
    LN_TRY(ln_get_output(context, node, i, &out[i]));
    if (out[i]->bytes > 0) memset(out[i]->data.raw, 0, out[i]->bytes);
  }
  ln_pose_maps maps = {.height = ln_dim(scores, 1), .width = ln_dim(scores, 2)};
  LN_TRY(get_floats(context, node, kScores, 1, &maps.scores));
  LN_TRY(get_floats(context, node, kShorts, factor, &maps.short_offsets));
  LN_TRY(get_floats(context, node, kMids, factor, &maps.mid_offsets));
  ln_pose* poses = ln_get_temporary(context, node, kPoses)->data.data;
  float* pose_scores = ln_get_temporary(context, node, kPoseScores)->data.f;
  int32_t* order = ln_get_temporary(context, node, kOrder)->data.i32;
  const size_t count =
      ln_decode_poses_f32_ref(&maps, d->threshold, d->radius / stride, (size_t)d->max_detections,
                              ln_get_temporary(context, node, kCandidates)->data.data, poses, pose_scores, order);
  put_poses(poses, pose_scores, order, count, stride, out);
  if (!with_masks(node)) return kTfLiteOk;
  const float* long_offsets;
  LN_TRY(ln_get_input(context, node, kLongs, &longs));
  LN_TRY(get_floats(context, node, kLongs, factor, &long_offsets));
  ln_pose_masks_f32_ref(long_offsets, ln_dim(longs, 1), ln_dim(longs, 2), out[kPointsOut]->data.data, count, stride,
                        out[kMasksOut]->data.f);
  return kTfLiteOk;
}

const TfLiteRegistration ln_op_posenet_decoder = {
    .init = init, .free = ln_free_node_data, .prepare = prepare, .invoke = invoke};
