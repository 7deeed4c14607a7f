/* Boxes: non-maximum suppression in its forms. */
#include <string.h>

#include "convert/import/tf_import.h"

/* NON_MAX_SUPPRESSION_V4 pads to the largest number of boxes and says how many are valid: V2 and V3 cut the rest off.
 */
static void suppress(ln_tf_call* call) {
  const int form = call->def->op[strlen(call->def->op) - 1] - '0';
  ln_tensor* inputs[6];
  const int needed = form == 5 ? 6 : form == 2 ? 4 : 5;
  for (int i = 0; i < needed && i < 6; ++i) inputs[i] = ln_tf_in(call, i);
  if (form == 2) inputs[4] = ln_build_number(&call->b, LN_TYPE_FLOAT32, -1e30, ln_tf_name(call, "score_threshold"));
  ln_node* node = ln_build_node(&call->b, form == 5 ? LN_OP_NON_MAX_SUPPRESSION_V5 : LN_OP_NON_MAX_SUPPRESSION_V4,
                                form == 5 ? 6 : 5, inputs);
  ln_build_done(node, form <= 3 ? ln_tf_name(call, "padded") : call->name, form == 5 ? 3 : 2);
  if (form >= 4) {
    for (int i = 0; i < node->output_count; ++i) ln_tf_return(call, i, node->outputs[i]);
    return;
  }
  static const int32_t kOne[] = {1}, kZero[] = {0};
  ln_tensor* count = ln_build_reshape(&call->b, node->outputs[1], 1, kOne, ln_tf_name(call, "count"));
  ln_tensor* const slice[] = {node->outputs[0], ln_graph_ints(call->b.subgraph, ln_tf_name(call, "begin"), 1, kZero),
                              count};
  ln_tf_return(call, 0, ln_build_done(ln_build_node(&call->b, LN_OP_SLICE, 3, slice), call->name, 1));
}

const ln_tf_lowering ln_tf_detection[] = {
    {"NonMaxSuppressionV2", suppress, 0},
    {"NonMaxSuppressionV3", suppress, 0},
    {"NonMaxSuppressionV4", suppress, 0},
    {"NonMaxSuppressionV5", suppress, 0},
    {NULL, NULL, 0},
};
