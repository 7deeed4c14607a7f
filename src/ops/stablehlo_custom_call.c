/* STABLEHLO_CUSTOM_CALL: an operation of another compiler's, known by its target's name. Those that say where or how a
 * value is kept change nothing here and hand their operands on; any other target is refused by name. */
#include <string.h>

#include "linnet/stablehlo.h"
#include "ops/builtin_ops.h"
#include "ops/element_util.h"
#include "ops/move_util.h"

static bool hands_on(const char* target) {
  static const char* const kTargets[] = {"Sharding",         "SPMDFullToShardShape",      "SPMDShardToFullShape",
                                         "LayoutConstraint", "annotate_device_placement", "MoveToHost",
                                         "MoveToDevice"};
  for (size_t i = 0; i < sizeof kTargets / sizeof kTargets[0]; ++i)
    if (strcmp(target, kTargets[i]) == 0) return true;
  return false;
}

static TfLiteStatus prepare(TfLiteContext* context, TfLiteNode* node) {
  const LinnetStablehloCustomCallParams* params = node->builtin_data;
  LN_CHECK(context, params != NULL && params->call_target_name != NULL, "the options are missing");
  LN_CHECK(context, hands_on(params->call_target_name),
           "the call target \"%s\" is not known; a model with it needs the runtime that it was made for",
           params->call_target_name);
  LN_TRY(ln_check_io(context, node, node->outputs->size, node->outputs->size, node->outputs->size));
  for (int i = 0; i < node->outputs->size; ++i) {
    const TfLiteTensor* input;
    TfLiteTensor* output;
    LN_TRY(ln_get_input(context, node, i, &input));
    LN_TRY(ln_get_output(context, node, i, &output));
    LN_TRY(ln_check_same_meaning(context, input, "the operand", output, "the result"));
    LN_TRY(ln_resize_like(context, output, input));
  }
  return kTfLiteOk;
}

static TfLiteStatus invoke(TfLiteContext* context, TfLiteNode* node) {
  for (int i = 0; i < node->outputs->size; ++i) {
    const TfLiteTensor* input;
    TfLiteTensor* output;
    LN_TRY(ln_get_input(context, node, i, &input));
    LN_TRY(ln_get_output(context, node, i, &output));
    LN_TRY(ln_copy_whole(context, input, output));
  }
  return kTfLiteOk;
}

const TfLiteRegistration ln_op_stablehlo_custom_call = {.prepare = prepare, .invoke = invoke};
