/* STABLEHLO_COMPOSITE: an operation given by its decomposition, a subgraph of the model. */
#include "ops/builtin_ops.h"
#include "ops/subgraph_util.h"

static TfLiteStatus prepare(TfLiteContext* context, TfLiteNode* node) {
  const TfLiteStablehloCompositeParams* params = node->builtin_data;
  LN_CHECK(context, params != NULL, "the options are missing");
  const int32_t subgraph = params->subgraph_index;
  LN_TRY(ln_check_io(context, node, 0, INT32_MAX, node->outputs->size));
  LN_TRY(ln_check_subgraph(context, subgraph, node->inputs->size, node->outputs->size));
  LN_TRY(ln_shape_subgraph(context, node, 0, subgraph));
  LinnetBackend* backend = LinnetBackendOf(context);
  return ln_shape_outputs(context, node, subgraph, backend->SubgraphIsDynamic(backend, subgraph));
}

static TfLiteStatus invoke(TfLiteContext* context, TfLiteNode* node) {
  const TfLiteStablehloCompositeParams* params = node->builtin_data;
  LinnetBackend* backend = LinnetBackendOf(context);
  LN_TRY(ln_enter_subgraph(context, node, 0, params->subgraph_index));
  LN_TRY(backend->SubgraphInvoke(backend, params->subgraph_index));
  return ln_leave_subgraph(context, node, params->subgraph_index);
}

const TfLiteRegistration ln_op_stablehlo_composite = {.prepare = prepare, .invoke = invoke};
