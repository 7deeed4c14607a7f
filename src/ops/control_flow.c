/* IF, STABLEHLO_CASE, WHILE (and StableHLO's, which is the same), CALL_ONCE. */
#include "ops/builtin_ops.h"
#include "ops/loop.h"
#include "ops/subgraph_util.h"

/* ---- IF, CASE: one of several subgraphs ---- */

/* All take the node's inputs from 1 on; outputs whose shapes differ among them are known only when one has run. */
static TfLiteStatus prepare_branches(TfLiteContext* context, TfLiteNode* node, const int32_t* branches, int count) {
  LN_TRY(ln_check_io(context, node, 1, INT32_MAX, node->outputs->size));
  LinnetBackend* backend = LinnetBackendOf(context);
  bool dynamic = false;
  for (int k = 0; k < count; ++k) {
    LN_TRY(ln_check_subgraph(context, branches[k], node->inputs->size - 1, node->outputs->size));
    LN_TRY(ln_shape_subgraph(context, node, 1, branches[k]));
    dynamic = dynamic || backend->SubgraphIsDynamic(backend, branches[k]);
  }
  for (int k = 1; k < count; ++k)
    for (int i = 0; i < node->outputs->size && !dynamic; ++i)
      dynamic =
          !ln_same_shape(ln_subgraph_output(context, branches[0], i), ln_subgraph_output(context, branches[k], i));
  for (int k = count - 1; k >= 0; --k) LN_TRY(ln_shape_outputs(context, node, branches[k], dynamic));
  return kTfLiteOk;
}

static TfLiteStatus run_branch(TfLiteContext* context, TfLiteNode* node, int32_t branch) {
  LinnetBackend* backend = LinnetBackendOf(context);
  LN_TRY(ln_enter_subgraph(context, node, 1, branch));
  LN_TRY(backend->SubgraphInvoke(backend, branch));
  return ln_leave_subgraph(context, node, branch);
}

static TfLiteStatus if_prepare(TfLiteContext* context, TfLiteNode* node) {
  const TfLiteIfParams* params = node->builtin_data;
  LN_CHECK(context, params != NULL, "the options are missing");
  const int32_t branches[2] = {params->then_subgraph_index, params->else_subgraph_index};
  return prepare_branches(context, node, branches, 2);
}

static TfLiteStatus if_invoke(TfLiteContext* context, TfLiteNode* node) {
  const TfLiteIfParams* params = node->builtin_data;
  const TfLiteTensor* condition;
  bool value;
  LN_TRY(ln_get_input(context, node, 0, &condition));
  LN_TRY(ln_read_condition(context, condition, &value));
  return run_branch(context, node, value ? params->then_subgraph_index : params->else_subgraph_index);
}

static TfLiteStatus case_prepare(TfLiteContext* context, TfLiteNode* node) {
  const TfLiteStablehloCaseParams* params = node->builtin_data;
  const TfLiteTensor* index;
  LN_CHECK(context, params != NULL && params->num_branches >= 1, "the options name no branches");
  LN_TRY(ln_get_input(context, node, 0, &index));
  LN_CHECK(context, index->type == kTfLiteInt32 && ln_num_elements(index) == 1,
           "the branch's index is %s with %lld elements; one INT32 is right", TfLiteTypeGetName(index->type),
           (long long)ln_num_elements(index));
  return prepare_branches(context, node, params->branch_subgraph_indices, (int)params->num_branches);
}

static TfLiteStatus case_invoke(TfLiteContext* context, TfLiteNode* node) {
  const TfLiteStablehloCaseParams* params = node->builtin_data;
  const TfLiteTensor* index;
  LN_TRY(ln_get_input(context, node, 0, &index));
  const int32_t last = (int32_t)params->num_branches - 1, value = index->data.i32[0];
  return run_branch(context, node, params->branch_subgraph_indices[value < 0 || value > last ? last : value]);
}

/* ---- WHILE: while cond(state) state = body(state) ---- */

typedef struct while_data {
  bool dynamic; /* the state's shapes may change from turn to turn */
  ln_loop loop; /* where it fits they do not */
  int first_temporary;
} while_data;

LN_DEFINE_INIT(while_init, while_data, .first_temporary = -1)

static void while_free(TfLiteContext* context, void* user_data) {
  while_data* data = user_data;
  if (data != NULL) ln_loop_free(&data->loop);
  ln_free_node_data(context, user_data);
}

static TfLiteStatus shape_like_inputs(TfLiteContext* context, const TfLiteNode* node) {
  for (int i = 0; i < node->outputs->size; ++i) {
    const TfLiteTensor* input;
    TfLiteTensor* output;
    LN_TRY(ln_get_input(context, node, i, &input));
    LN_TRY(ln_get_output(context, node, i, &output));
    LN_TRY(ln_check_type(context, output, "output", input->type));
    LN_TRY(ln_resize_like(context, output, input));
  }
  return kTfLiteOk;
}

static TfLiteStatus while_prepare(TfLiteContext* context, TfLiteNode* node) {
  const TfLiteWhileParams* params = node->builtin_data;
  while_data* data = node->user_data;
  LN_CHECK(context, params != NULL, "the options are missing");
  const int count = node->inputs->size;
  LN_TRY(ln_check_io(context, node, 0, INT32_MAX, count));
  LN_TRY(ln_set_temporaries(context, node, 1, &data->first_temporary));
  LN_TRY(ln_check_subgraph(context, params->cond_subgraph_index, count, 1));
  LN_TRY(ln_check_subgraph(context, params->body_subgraph_index, count, count));
  LinnetBackend* backend = LinnetBackendOf(context);
  LN_TRY(ln_shape_subgraph(context, node, 0, params->cond_subgraph_index));
  LN_TRY(ln_shape_subgraph(context, node, 0, params->body_subgraph_index));
  data->dynamic = backend->SubgraphIsDynamic(backend, params->body_subgraph_index);
  for (int i = 0; i < count; ++i) {
    const TfLiteTensor *in = ln_subgraph_input(context, params->body_subgraph_index, i),
                       *out = ln_subgraph_output(context, params->body_subgraph_index, i);
    LN_CHECK(context, in->type == out->type, "body: input %d is %s, output %s; they must be the same", i,
             TfLiteTypeGetName(in->type), TfLiteTypeGetName(out->type));
    data->dynamic = data->dynamic || !ln_same_shape(in, out);
  }
  LN_TRY(ln_loop_prepare(context, params->cond_subgraph_index, params->body_subgraph_index, &data->loop));
  LN_TRY(ln_set_scratch(context, node, 0, data->loop.scratch_bytes));
  if (data->loop.fits) return shape_like_inputs(context, node);
  return ln_shape_outputs(context, node, params->body_subgraph_index, data->dynamic);
}

/* Copies the node's outputs, which hold the state, into a subgraph's inputs. */
static TfLiteStatus load_state(TfLiteContext* context, const TfLiteNode* node, int32_t subgraph) {
  LinnetBackend* backend = LinnetBackendOf(context);
  for (int i = 0; i < node->outputs->size; ++i) {
    TfLiteTensor* state;
    LN_TRY(ln_get_output(context, node, i, &state));
    if (!ln_same_shape(state, ln_subgraph_input(context, subgraph, i)))
      LN_TRY(backend->SubgraphResizeInput(backend, subgraph, i, state->dims));
  }
  LN_TRY(backend->SubgraphAllocate(backend, subgraph));
  for (int i = 0; i < node->outputs->size; ++i) {
    TfLiteTensor* state;
    LN_TRY(ln_get_output(context, node, i, &state));
    LN_TRY(ln_copy_tensor(backend->SubgraphContext(backend, subgraph), state, ln_subgraph_input(context, subgraph, i)));
  }
  return kTfLiteOk;
}

static TfLiteStatus while_invoke(TfLiteContext* context, TfLiteNode* node) {
  const TfLiteWhileParams* params = node->builtin_data;
  LinnetBackend* backend = LinnetBackendOf(context);
  while_data* data = node->user_data;
  if (ln_loop_holds(context, node, &data->loop))
    return ln_loop_run(context, node, &data->loop, ln_get_temporary(context, node, 0)->data.raw);
  for (int i = 0; i < node->inputs->size; ++i) {
    const TfLiteTensor* initial;
    TfLiteTensor* state;
    LN_TRY(ln_get_input(context, node, i, &initial));
    LN_TRY(ln_get_output(context, node, i, &state));
    LN_TRY(ln_copy_tensor(context, initial, state));
  }
  for (;;) {
    bool go_on;
    LN_TRY(load_state(context, node, params->cond_subgraph_index));
    LN_TRY(backend->SubgraphInvoke(backend, params->cond_subgraph_index));
    LN_TRY(ln_read_condition(context, ln_subgraph_output(context, params->cond_subgraph_index, 0), &go_on));
    if (!go_on) return kTfLiteOk;
    LN_TRY(load_state(context, node, params->body_subgraph_index));
    LN_TRY(backend->SubgraphInvoke(backend, params->body_subgraph_index));
    LN_TRY(ln_leave_subgraph(context, node, params->body_subgraph_index));
    if (backend->IsCancelled(backend)) return kTfLiteCancelled; /* the interpreter says why */
  }
}

/* ---- CALL_ONCE ---- */

static TfLiteStatus once_prepare(TfLiteContext* context, TfLiteNode* node) {
  const TfLiteCallOnceParams* params = node->builtin_data;
  LN_CHECK(context, params != NULL, "the options are missing");
  return ln_check_subgraph(context, params->init_subgraph_index, 0, 0);
}

static TfLiteStatus once_invoke(TfLiteContext* context, TfLiteNode* node) {
  const TfLiteCallOnceParams* params = node->builtin_data;
  LinnetBackend* backend = LinnetBackendOf(context);
  bool* done = backend->SubgraphOnceFlag(backend, params->init_subgraph_index);
  if (*done) return kTfLiteOk;
  LN_TRY(backend->SubgraphAllocate(backend, params->init_subgraph_index));
  LN_TRY(backend->SubgraphInvoke(backend, params->init_subgraph_index));
  *done = true;
  return kTfLiteOk;
}

const TfLiteRegistration ln_op_if = {.prepare = if_prepare, .invoke = if_invoke};
const TfLiteRegistration ln_op_stablehlo_case = {.prepare = case_prepare, .invoke = case_invoke};
const TfLiteRegistration ln_op_while = {
    .init = while_init, .free = while_free, .prepare = while_prepare, .invoke = while_invoke};
const TfLiteRegistration ln_op_call_once = {.prepare = once_prepare, .invoke = once_invoke};
