/* Boxes: non-maximum suppression in its forms. */
#include <string.h>

#include "convert/import/tf_import.h"

/* NON_MAX_SUPPRESSION_V4 and V5 pad to the largest number of boxes and say how many are valid: where TensorFlow does
 * not pad, the rest is cut off. */
static void suppress(ln_tf_call* call) {
  const int digit = call->def->op[strlen(call->def->op) - 1], form = digit >= '2' && digit <= '5' ? digit - '0' : 1;
  ln_tensor* inputs[6];
  const int needed = form == 5 ? 6 : form == 1 ? 3 : form == 2 ? 4 : 5;
  for (int i = 0; i < needed; ++i) inputs[i] = ln_tf_in(call, i);
  if (form == 1)
    inputs[3] = ln_tf_scalar(call, LN_TYPE_FLOAT32, (double)ln_tf_float(call->def, "iou_threshold", 0.5f), "overlap");
  if (form <= 2) inputs[4] = ln_tf_scalar(call, LN_TYPE_FLOAT32, -1e30, "score_threshold");
  ln_node* node = ln_build_node(&call->b, form == 5 ? LN_OP_NON_MAX_SUPPRESSION_V5 : LN_OP_NON_MAX_SUPPRESSION_V4,
                                form == 5 ? 6 : 5, inputs);
  const bool padded = form >= 4 && ln_tf_bool(call->def, "pad_to_max_output_size", false);
  ln_build_done(node, padded ? call->name : ln_tf_name(call, "padded"), form == 5 ? 3 : 2);
  static const int32_t kOne[] = {1}, kZero[] = {0};
  ln_tensor* valid = node->outputs[node->output_count - 1];
  ln_tensor* count = padded ? NULL : ln_build_reshape(&call->b, valid, 1, kOne, ln_tf_name(call, "count"));
  for (int i = 0; i + 1 < node->output_count; ++i) {
    ln_tensor* const slice[] = {node->outputs[i], ln_graph_ints(call->b.subgraph, ln_tf_name(call, "begin"), 1, kZero),
                                count};
    ln_tf_return(call, i,
                 padded ? node->outputs[i]
                        : ln_build_done(ln_build_node(&call->b, LN_OP_SLICE, 3, slice),
                                        i == 0 ? call->name : ln_tf_name(call, "scores"), 1));
  }
  if (form >= 4) ln_tf_return(call, node->output_count - 1, valid);
}

/* ---- CombinedNonMaxSuppression: each class of each picture by itself, then the best of all classes ---- */

enum { MAX_SUPPRESSED = 256 };

typedef struct combined {
  ln_tf_call* call;
  ln_tensor *boxes, *scores;
  int32_t pictures, count, box_classes, classes, per_class, total;
} combined;

static ln_tensor* part_of(const combined* c, ln_tensor* x, int rank, int32_t picture, int32_t class, int32_t width) {
  const int32_t begin[] = {picture, 0, class, 0}, size[] = {1, -1, 1, width}, box[] = {-1, 4}, score[] = {-1};
  ln_tensor* part = ln_build_slice(&c->call->b, x, begin, size, ln_tf_name(c->call, "part"));
  return ln_build_reshape(&c->call->b, part, rank == 4 ? 2 : 1, rank == 4 ? box : score, ln_tf_name(c->call, "part"));
}

/* The chosen boxes, scores and classes of one picture's class, padded with scores of -1. */
static void suppress_class(const combined* c, int32_t picture, int32_t class, ln_tensor* chosen[3]) {
  ln_tf_call* call = c->call;
  ln_tensor* boxes = part_of(c, c->boxes, 4, picture, c->box_classes > 1 ? class : 0, 4);
  ln_tensor* scores = part_of(c, c->scores, 3, picture, class, 0);
  ln_tensor* const inputs[] = {boxes, scores, ln_tf_scalar(call, LN_TYPE_INT32, c->per_class, "most"),
                               ln_tf_in(call, 4), ln_tf_in(call, 5)};
  ln_node* node = ln_build_node(&call->b, LN_OP_NON_MAX_SUPPRESSION_V4, 5, inputs);
  ln_build_done(node, ln_tf_name(call, "chosen"), 2);
  int32_t* numbers = ln_job_alloc(call->job, (size_t)c->per_class, sizeof *numbers);
  for (int32_t i = 0; i < c->per_class; ++i) numbers[i] = i;
  ln_tensor* valid = ln_tf_binary(call, LN_OP_LESS,
                                  ln_graph_ints(call->b.subgraph, ln_tf_name(call, "numbers"), c->per_class, numbers),
                                  node->outputs[1], "valid");
  ln_tensor* none = ln_tf_scalar(call, LN_TYPE_FLOAT32, -1, "none");
  chosen[0] = ln_tf_binary(call, LN_OP_GATHER, boxes, node->outputs[0], "boxes");
  chosen[1] =
      ln_tf_choose(call, valid, ln_tf_binary(call, LN_OP_GATHER, scores, node->outputs[0], "scores"), none, "scores");
  float* classes = ln_job_alloc(call->job, (size_t)c->per_class, sizeof *classes);
  for (int32_t i = 0; i < c->per_class; ++i) classes[i] = (float)class;
  chosen[2] =
      ln_graph_constant(call->b.subgraph, ln_tf_name(call, "classes"), LN_TYPE_FLOAT32, 1, &c->per_class, classes);
}

/* The best of one picture; zeros behind them. */
static void best_of_picture(const combined* c, int32_t picture, ln_tensor* best[4]) {
  ln_tf_call* call = c->call;
  ln_tensor** lists[3];
  ln_tensor* all[3];
  for (int k = 0; k < 3; ++k) lists[k] = ln_job_alloc(call->job, (size_t)c->classes, sizeof(ln_tensor*));
  for (int32_t class = 0; class < c->classes; ++class) {
    ln_tensor* chosen[3];
    suppress_class(c, picture, class, chosen);
    for (int k = 0; k < 3; ++k) lists[k][class] = chosen[k];
  }
  for (int k = 0; k < 3; ++k) all[k] = ln_build_concat(&call->b, c->classes, lists[k], 0, ln_tf_name(call, "all"));
  const int32_t have = c->classes * c->per_class, missing = c->total - have, row[] = {c->total, 1};
  if (missing > 0) {
    const int32_t pads[] = {0, missing, 0, 0};
    for (int k = 0; k < 3; ++k)
      all[k] = ln_build_pad(&call->b, all[k], pads, k == 1 ? ln_tf_scalar(call, LN_TYPE_FLOAT32, -1, "none") : NULL,
                            ln_tf_name(call, "padded"));
  }
  ln_node* top = ln_build_node(&call->b, LN_OP_TOPK_V2, 2,
                               (ln_tensor*[]){all[1], ln_tf_scalar(call, LN_TYPE_INT32, c->total, "k")});
  ln_build_done(top, ln_tf_name(call, "top"), 2);
  ln_tensor* there = ln_build_cast(&call->b, ln_tf_number(call, LN_OP_GREATER, top->outputs[0], -1, "there"),
                                   LN_TYPE_FLOAT32, ln_tf_name(call, "mask"));
  ln_tensor* column = ln_build_reshape(&call->b, there, 2, row, ln_tf_name(call, "column"));
  best[0] = ln_tf_binary(call, LN_OP_GATHER, all[0], top->outputs[1], "boxes");
  if (ln_tf_bool(call->def, "clip_boxes", true))
    best[0] = ln_tf_number(call, LN_OP_MINIMUM, ln_tf_number(call, LN_OP_MAXIMUM, best[0], 0, "from_0"), 1, "to_1");
  best[0] = ln_tf_binary(call, LN_OP_MUL, best[0], column, "boxes");
  best[1] = ln_tf_binary(call, LN_OP_MUL, top->outputs[0], there, "scores");
  best[2] = ln_tf_binary(call, LN_OP_MUL, ln_tf_binary(call, LN_OP_GATHER, all[2], top->outputs[1], "classes"), there,
                         "classes");
  static const int32_t kFirst[] = {0};
  ln_tensor* sum = ln_build_reduce(&call->b, LN_OP_SUM, there, 1, kFirst, false, ln_tf_name(call, "sum"));
  best[3] = ln_build_cast(&call->b, sum, LN_TYPE_INT32, ln_tf_name(call, "valid"));
}

static void combined_suppress(ln_tf_call* call) {
  combined c = {call, ln_tf_in(call, 0), ln_tf_in(call, 1), 0, 0, 0, 0, 0, 0};
  if (ln_tf_const_ints(call, 2, 1, &c.per_class) != 1 || ln_tf_const_ints(call, 3, 1, &c.total) != 1) return;
  if (c.boxes->rank != 4 || c.scores->rank != 3 || !ln_tensor_is_static(c.boxes) || !ln_tensor_is_static(c.scores)) {
    ln_tf_fail(call, "the shapes of its boxes and scores must be known; --inputs gives a shape to the model's input");
    return;
  }
  c.pictures = c.scores->shape[0][0];
  c.count = c.scores->shape[0][1];
  c.classes = c.scores->shape[0][2];
  c.box_classes = c.boxes->shape[0][2];
  if (c.per_class > c.count) c.per_class = c.count;
  if (c.count > 1 << 20 || c.total > 1 << 20 || c.pictures < 1 || c.per_class < 1 || c.total < 1 || c.classes < 1 ||
      (int64_t)c.pictures * c.classes > MAX_SUPPRESSED) {
    ln_tf_fail(call, "it has %d boxes in %d classes of %d pictures; %d classes of all pictures can be converted",
               c.count, c.classes, c.pictures, MAX_SUPPRESSED);
    return;
  }
  if (ln_tf_bool(call->def, "pad_per_class", false) && (int64_t)c.per_class * c.classes < c.total)
    c.total = c.per_class * c.classes;
  ln_tensor** lists[4];
  for (int k = 0; k < 4; ++k) lists[k] = ln_job_alloc(call->job, (size_t)c.pictures, sizeof(ln_tensor*));
  for (int32_t i = 0; i < c.pictures; ++i) {
    ln_tensor* best[4];
    best_of_picture(&c, i, best);
    for (int k = 0; k < 4; ++k) lists[k][i] = best[k];
  }
  for (int k = 0; k < 4; ++k) {
    ln_node* node = ln_build_node(&call->b, LN_OP_PACK, c.pictures, lists[k]);
    LN_SET(node, PackOptions, values_count, c.pictures);
    ln_tf_return(call, k, ln_build_done(node, k == 0 ? call->name : ln_job_text(call->job, "%s:%d", call->name, k), 1));
  }
}

/* The custom operator at the end of SSD models. */
static void postprocess(ln_tf_call* call) {
  const int32_t most = (int32_t)ln_tf_int(call->def, "max_detections", -1);
  const int32_t shapes[4][3] = {{1, most, 4}, {1, most, 0}, {1, most, 0}, {1, 0, 0}};
  static const int kRanks[] = {3, 2, 2, 1};
  ln_tf_custom(call);
  ln_node* node = call->node->outs[0].tensor->producer;
  while (node->output_count < 4)
    ln_node_add_output(node, ln_job_text(call->job, "%s:%d", call->name, node->output_count), LN_TYPE_FLOAT32);
  for (int i = 0; i < 4; ++i) {
    ln_tensor_set_shape(node->outputs[i], kRanks[i], shapes[i]);
    ln_tf_return(call, i, node->outputs[i]);
  }
}

const ln_tf_lowering ln_tf_detection[] = {
    {"NonMaxSuppression", suppress, 0},
    {"NonMaxSuppressionV2", suppress, 0},
    {"NonMaxSuppressionV3", suppress, 0},
    {"NonMaxSuppressionV4", suppress, 0},
    {"NonMaxSuppressionV5", suppress, 0},
    {"CombinedNonMaxSuppression", combined_suppress, 0},
    {"TFLite_Detection_PostProcess", postprocess, 0},
    {NULL, NULL, 0},
};
