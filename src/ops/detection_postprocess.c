/* TFLite_Detection_PostProcess, the last operator of SSD object detectors: decodes boxes and keeps the best that do not
 * overlap. Fast: one suppression by each box's best score, then its best classes. Regular: a suppression per class. */
#include <string.h>

#include "kernels/generic/detection.h"
#include "kernels/generic/quantize.h"
#include "ops/custom_ops.h"
#include "ops/custom_util.h"

enum { kCodes, kScores, kAnchors, kInputs };
enum { kBoxesOut, kClassesOut, kScoresOut, kCountOut, kOutputs };
/* The first three hold the inputs as floats where they are quantized. */
enum { kBoxes = kInputs, kColumn, kOrder, kActive, kBest, kMerged, kTemporaries };

typedef struct detection_data {
  int first_temporary;
  int32_t max_detections, classes_per_detection, detections_per_class, classes;
  bool regular;
  float threshold, overlap;
  ln_center_size scale;
} detection_data;

/* A detection of the regular suppression. */
typedef struct detection {
  float score;
  int32_t box, label;
} detection;

LN_DEFINE_INIT(init, detection_data, .first_temporary = -1)

static TfLiteStatus read_options(TfLiteContext* context, const TfLiteNode* node, detection_data* d) {
  ln_flex_map o;
  LN_TRY(ln_open_options(context, node, &o));
  LN_TRY(ln_option_i32(context, &o, "max_detections", 0, 0, INT32_MAX / 2, &d->max_detections));
  LN_TRY(ln_option_i32(context, &o, "max_classes_per_detection", 0, 1, INT32_MAX, &d->classes_per_detection));
  LN_TRY(ln_option_i32(context, &o, "detections_per_class", 100, 0, INT32_MAX, &d->detections_per_class));
  LN_TRY(ln_option_i32(context, &o, "num_classes", 0, 1, INT32_MAX, &d->classes));
  LN_TRY(ln_option_bool(context, &o, "use_regular_nms", false, &d->regular));
  LN_TRY(ln_option_f32(context, &o, "nms_score_threshold", 0, &d->threshold));
  LN_TRY(ln_option_f32(context, &o, "nms_iou_threshold", 0, &d->overlap));
  LN_TRY(ln_option_f32(context, &o, "y_scale", 0, &d->scale.y));
  LN_TRY(ln_option_f32(context, &o, "x_scale", 0, &d->scale.x));
  LN_TRY(ln_option_f32(context, &o, "h_scale", 0, &d->scale.h));
  LN_TRY(ln_option_f32(context, &o, "w_scale", 0, &d->scale.w));
  LN_CHECK(context, d->overlap > 0 && d->overlap <= 1, "nms_iou_threshold is %g; one in (0, 1] is right",
           (double)d->overlap);
  LN_CHECK(context, !d->regular || (d->detections_per_class > 0 && d->max_detections > 0),
           "detections_per_class is %d, max_detections %d; the regular suppression needs at least 1",
           (int)d->detections_per_class, (int)d->max_detections);
  return kTfLiteOk;
}

static TfLiteStatus check_inputs(TfLiteContext* context, const TfLiteNode* node, const detection_data* d) {
  static const char* const kNames[] = {"the encoded boxes", "the scores", "the anchors"};
  static const int kRanks[] = {3, 3, 2};
  const TfLiteTensor* t[kInputs];
  for (int i = 0; i < kInputs; ++i) {
    LN_TRY(ln_get_input(context, node, i, &t[i]));
    LN_CHECK(context, t[i]->type == kTfLiteFloat32 || t[i]->type == kTfLiteUInt8 || t[i]->type == kTfLiteInt8,
             "%s are %s; FLOAT32, UINT8 or INT8 is right", kNames[i], TfLiteTypeGetName(t[i]->type));
    LN_CHECK(context, ln_rank(t[i]) == kRanks[i], "%s have rank %d; %d is right", kNames[i], ln_rank(t[i]), kRanks[i]);
  }
  const int boxes = ln_dim(t[kCodes], 1), columns = ln_dim(t[kScores], 2);
  LN_CHECK(context, ln_dim(t[kCodes], 0) == 1 && ln_dim(t[kScores], 0) == 1,
           "the batch is %d for boxes and %d for scores; 1 is right", ln_dim(t[kCodes], 0), ln_dim(t[kScores], 0));
  LN_CHECK(context, ln_dim(t[kCodes], 2) >= 4, "a box is encoded in %d numbers; at least 4 are right",
           ln_dim(t[kCodes], 2));
  LN_CHECK(context, ln_dim(t[kScores], 1) == boxes && ln_dim(t[kAnchors], 0) >= boxes && ln_dim(t[kAnchors], 1) == 4,
           "%d boxes, scores for %d, anchors [%d, %d]; scores for each and an anchor of 4 numbers for each are right",
           boxes, ln_dim(t[kScores], 1), ln_dim(t[kAnchors], 0), ln_dim(t[kAnchors], 1));
  LN_CHECK(context, columns - d->classes == 0 || columns - d->classes == 1,
           "%d scores per box for %d classes; one each, and one for the background if at all, is right", columns,
           (int)d->classes);
  return kTfLiteOk;
}

static TfLiteStatus set_scratch(TfLiteContext* context, TfLiteNode* node, const detection_data* d) {
  const TfLiteTensor* t[kInputs];
  for (int i = 0; i < kInputs; ++i) LN_TRY(ln_get_input(context, node, i, &t[i]));
  const size_t boxes = (size_t)ln_dim(t[kCodes], 1), classes = (size_t)d->classes;
  size_t sizes[kTemporaries] = {0};
  bool fit = true;
  for (int i = 0; i < kInputs; ++i)
    if (t[i]->type != kTfLiteFloat32) fit = fit && ln_mul_size(t[i]->bytes, sizeof(float), &sizes[i]);
  fit = fit && ln_mul_size(boxes, sizeof(ln_box), &sizes[kBoxes]);
  fit = fit && ln_mul_size(boxes, sizeof(float), &sizes[kColumn]);
  fit = fit && ln_mul_size(boxes > classes ? boxes : classes, 2 * sizeof(int32_t), &sizes[kOrder]);
  sizes[kActive] = boxes;
  if (d->regular) fit = fit && ln_mul_size((size_t)d->max_detections, sizeof(detection), &sizes[kBest]);
  sizes[kMerged] = sizes[kBest];
  LN_CHECK(context, fit, "%zu boxes, %zu classes and %d detections take more memory than there can be", boxes, classes,
           (int)d->max_detections);
  for (int i = 0; i < kTemporaries; ++i) LN_TRY(ln_set_scratch(context, node, i, sizes[i]));
  return kTfLiteOk;
}

static TfLiteStatus prepare(TfLiteContext* context, TfLiteNode* node) {
  detection_data* d = node->user_data;
  int32_t slots;
  LN_TRY(ln_check_io(context, node, kInputs, kInputs, kOutputs));
  LN_TRY(read_options(context, node, d));
  LN_TRY(ln_set_temporaries(context, node, kTemporaries, &d->first_temporary));
  LN_TRY(check_inputs(context, node, d));
  LN_TRY(set_scratch(context, node, d));
  LN_CHECK(context, ln_mul_i32(d->max_detections, d->classes_per_detection, &slots),
           "%d detections of %d classes are too many", (int)d->max_detections, (int)d->classes_per_detection);
  const int32_t dims[] = {1, slots, 4};
  static const int kRanks[] = {3, 2, 2, 1};
  for (int i = 0; i < kOutputs; ++i) {
    TfLiteTensor* output;
    LN_TRY(ln_get_output(context, node, i, &output));
    output->type = kTfLiteFloat32; /* whatever the file says, as the original has it */
    LN_TRY(ln_resize(context, output, kRanks[i], dims));
  }
  return kTfLiteOk;
}

/* What an invoke works on. */
typedef struct detector {
  const detection_data* d;
  size_t boxes, columns; /* columns: scores per box */
  const float *codes, *scores, *anchors;
  size_t code_stride;
  ln_box* decoded;
  float* column;
  int32_t* order;
  uint8_t* active;
  detection *best, *merged;
  ln_box* out_boxes;
  float *out_classes, *out_scores, *out_count;
  size_t slots;
} detector;

/* The input as floats. */
static TfLiteStatus get_floats(TfLiteContext* context, const TfLiteNode* node, int index, const float** values) {
  const TfLiteTensor* t;
  LN_TRY(ln_get_input(context, node, index, &t));
  if (t->type == kTfLiteFloat32) {
    *values = t->data.f;
    return kTfLiteOk;
  }
  float* out = ln_get_temporary(context, node, index)->data.f;
  *values = out;
  if (t->type == kTfLiteUInt8)
    ln_dequantize_u8_ref(t->params.scale, t->params.zero_point, t->data.uint8, out, t->bytes);
  else
    ln_dequantize_s8_ref(t->params.scale, t->params.zero_point, t->data.int8, out, t->bytes);
  return kTfLiteOk;
}

static TfLiteStatus get_detector(TfLiteContext* context, const TfLiteNode* node, detector* w) {
  const TfLiteTensor *codes, *scores;
  TfLiteTensor* out[kOutputs];
  w->d = node->user_data;
  LN_TRY(ln_get_input(context, node, kCodes, &codes));
  LN_TRY(ln_get_input(context, node, kScores, &scores));
  for (int i = 0; i < kOutputs; ++i) LN_TRY(ln_get_output(context, node, i, &out[i]));
  LN_TRY(get_floats(context, node, kCodes, &w->codes));
  LN_TRY(get_floats(context, node, kScores, &w->scores));
  LN_TRY(get_floats(context, node, kAnchors, &w->anchors));
  w->boxes = (size_t)ln_dim(codes, 1);
  w->code_stride = (size_t)ln_dim(codes, 2);
  w->columns = (size_t)ln_dim(scores, 2);
  w->decoded = ln_get_temporary(context, node, kBoxes)->data.data;
  w->column = ln_get_temporary(context, node, kColumn)->data.f;
  w->order = ln_get_temporary(context, node, kOrder)->data.i32;
  w->active = ln_get_temporary(context, node, kActive)->data.uint8;
  w->best = ln_get_temporary(context, node, kBest)->data.data;
  w->merged = ln_get_temporary(context, node, kMerged)->data.data;
  w->out_boxes = out[kBoxesOut]->data.data;
  w->out_classes = out[kClassesOut]->data.f;
  w->out_scores = out[kScoresOut]->data.f;
  w->out_count = out[kCountOut]->data.f;
  w->slots = (size_t)ln_dim(out[kClassesOut], 1);
  return kTfLiteOk;
}

static void put(const detector* w, size_t slot, int32_t box, int32_t label, float score) {
  w->out_boxes[slot] = w->decoded[box];
  w->out_classes[slot] = (float)label;
  w->out_scores[slot] = score;
}

static void run_fast(const detector* w) {
  const detection_data* d = w->d;
  const size_t classes = (size_t)d->classes, each = (size_t)d->classes_per_detection;
  const size_t shown = each < classes ? each : classes;
  const float* scores = w->scores + (w->columns - classes); /* behind the background's */
  int32_t *selected = w->order, *labels = w->order + (w->boxes > classes ? w->boxes : classes);
  for (size_t b = 0; b < w->boxes; ++b) {
    w->column[b] = scores[b * w->columns];
    for (size_t c = 1; c < classes; ++c)
      if (scores[b * w->columns + c] > w->column[b]) w->column[b] = scores[b * w->columns + c];
  }
  const size_t taken = ln_suppress_boxes_f32_ref(w->decoded, w->column, w->boxes, d->threshold, d->overlap,
                                                 (size_t)d->max_detections, selected, w->active);
  for (size_t i = 0; i < taken; ++i) {
    const float* row = scores + (size_t)selected[i] * w->columns;
    for (size_t c = 0; c < classes; ++c) labels[c] = (int32_t)c;
    ln_arg_sort_f32_ref(row, labels, classes);
    for (size_t k = 0; k < shown; ++k) put(w, i * each + k, selected[i], labels[k], row[labels[k]]);
  }
  w->out_count[0] = (float)taken;
}

/* Merges `fresh` boxes of one class, in w->order, into the `count` best; what came before goes first among equals. */
static size_t merge(detector* w, size_t count, size_t fresh, int32_t label) {
  const size_t limit = (size_t)w->d->max_detections;
  size_t a = 0, b = 0, n = 0;
  for (; n < limit && (a < count || b < fresh); ++n) {
    if (a < count && (b == fresh || w->best[a].score >= w->column[w->order[b]])) {
      w->merged[n] = w->best[a++];
    } else {
      w->merged[n] = (detection){w->column[w->order[b]], w->order[b], label};
      ++b;
    }
  }
  detection* swap = w->best;
  w->best = w->merged;
  w->merged = swap;
  return n;
}

static void run_regular(detector* w) {
  const detection_data* d = w->d;
  const int32_t limit = d->detections_per_class < d->max_detections ? d->detections_per_class : d->max_detections;
  const size_t background = w->columns - (size_t)d->classes;
  size_t count = 0;
  for (int32_t c = 0; c < d->classes; ++c) {
    for (size_t b = 0; b < w->boxes; ++b) w->column[b] = w->scores[b * w->columns + background + (size_t)c];
    const size_t fresh = ln_suppress_boxes_f32_ref(w->decoded, w->column, w->boxes, d->threshold, d->overlap,
                                                   (size_t)limit, w->order, w->active);
    count = merge(w, count, fresh, c);
  }
  for (size_t i = 0; i < count; ++i) put(w, i, w->best[i].box, w->best[i].label, w->best[i].score);
  w->out_count[0] = (float)count;
}

static TfLiteStatus invoke(TfLiteContext* context, TfLiteNode* node) {
  detector w;
  LN_TRY(get_detector(context, node, &w));
  ln_decode_boxes_f32_ref(w.codes, w.code_stride, w.anchors, &w.d->scale, w.decoded, w.boxes);
  LN_CHECK(context, ln_boxes_valid_f32_ref(w.decoded, w.boxes), "a decoded box ends before it begins");
  if (w.slots > 0) {
    memset(w.out_boxes, 0, w.slots * sizeof(ln_box));
    memset(w.out_classes, 0, w.slots * sizeof(float));
    memset(w.out_scores, 0, w.slots * sizeof(float));
  }
  w.d->regular ? run_regular(&w) : run_fast(&w);
  return kTfLiteOk;
}

const TfLiteRegistration ln_op_detection_postprocess = {
    .init = init, .free = ln_free_node_data, .prepare = prepare, .invoke = invoke};
