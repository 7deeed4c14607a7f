/* What belongs together in a loaded model: indices of tensors and subgraphs, the options' types, the order of
 * execution. */
#include <string.h>

#include "model/load.h"
#include "model/schema.h"

/* What kernels can take; the depth and the ways bound the time to prepare. */
enum { MAX_BRANCHES = 20, MAX_CALL_DEPTH = 64, MAX_CALL_WAYS = 100000 };

/* Operators whose options name other subgraphs: the table, and the slots that do. */
static const struct {
  int16_t table;
  uint8_t slots[2];
  int8_t slot_count;
  bool second_union;
} kCallers[] = {
    {LN_TABLE_IfOptions, {0, 1}, 2, false},
    {LN_TABLE_WhileOptions, {0, 1}, 2, false},
    {LN_TABLE_CallOnceOptions, {0}, 1, false},
    {LN_TABLE_CallOptions, {0}, 1, false},
    {LN_TABLE_StableHLOCompositeOptions, {1}, 1, true},
    {LN_TABLE_StablehloWhileOptions, {0, 1}, 2, true},
    {LN_TABLE_StablehloReduceOptions, {1}, 1, true},
    {LN_TABLE_StablehloReduceWindowOptions, {5}, 1, true},
    {LN_TABLE_StablehloScatterOptions, {6}, 1, true},
    {LN_TABLE_StablehloSortOptions, {2}, 1, true},
};

typedef bool (*callee_visitor)(ln_loader* loader, int32_t subgraph, int32_t node, int32_t callee, void* arg);

/* Calls `visit` for every subgraph that a node's options name. */
static bool visit_callees(ln_loader* loader, int32_t subgraph, int32_t node, callee_visitor visit, void* arg) {
  const ln_model_operator* op = &loader->model->subgraphs[subgraph].operators[node];
  const int first = op->options.buf != NULL ? ln_schema_union_table(LN_UNION_BuiltinOptions, op->options_type) : -1;
  const int second = op->options2.buf != NULL ? ln_schema_union_table(LN_UNION_BuiltinOptions2, op->options2_type) : -1;
  for (size_t i = 0; i < sizeof kCallers / sizeof kCallers[0]; ++i) {
    if (kCallers[i].table != (kCallers[i].second_union ? second : first)) continue;
    for (int k = 0; k < kCallers[i].slot_count; ++k)
      if (!visit(loader, subgraph, node,
                 ln_fb_i32(kCallers[i].second_union ? op->options2 : op->options, kCallers[i].slots[k], 0), arg))
        return false;
  }
  if (second == LN_TABLE_StablehloCaseOptions) {
    const ln_fb_vector branches =
        ln_fb_get_vector(op->options2, LN_SLOT(StablehloCaseOptions, branch_subgraph_indices));
    if (branches.count > MAX_BRANCHES)
      return ln_load_fail(loader, "Subgraph %d, node %d STABLEHLO_CASE: %u branches; there can be %d.", subgraph, node,
                          branches.count, MAX_BRANCHES);
    for (uint32_t i = 0; i < branches.count; ++i)
      if (!visit(loader, subgraph, node, (int32_t)ln_fb_load_u32(branches.data + 4 * (size_t)i), arg)) return false;
  }
  return true;
}

static const char* node_name(const ln_loader* loader, int32_t subgraph, int32_t node) {
  const ln_model_opcode* code =
      &loader->model->opcodes[loader->model->subgraphs[subgraph].operators[node].opcode_index];
  return code->builtin_code == 32 ? code->custom_name : ln_builtin_operator_name(code->builtin_code);
}

static bool check_callee(ln_loader* loader, int32_t subgraph, int32_t node, int32_t callee, void* arg) {
  (void)arg;
  if (callee >= 0 && callee < loader->model->subgraph_count) return true;
  return ln_load_fail(loader, "Subgraph %d, node %d %s: subgraph %d does not exist; the model has %d.", subgraph, node,
                      node_name(loader, subgraph, node), callee, loader->model->subgraph_count);
}

static bool check_indices(ln_loader* loader, int32_t subgraph, int32_t node, const char* what, ln_i32_span indices,
                          bool may_be_left_out) {
  const int32_t count = loader->model->subgraphs[subgraph].tensor_count;
  for (int32_t i = 0; i < indices.count; ++i) {
    const int32_t tensor = indices.data[i];
    if ((tensor >= 0 && tensor < count) || (tensor == -1 && may_be_left_out)) continue;
    if (node < 0)
      return ln_load_fail(loader, "Subgraph %d: %s %d is tensor %d; it must be in [0, %d).", subgraph, what, i, tensor,
                          count);
    return ln_load_fail(loader, "Subgraph %d, node %d %s: %s %d is tensor %d; it must be in [%d, %d).", subgraph, node,
                        node_name(loader, subgraph, node), what, i, tensor, may_be_left_out ? -1 : 0, count);
  }
  return true;
}

/* "Subgraph 0, node 3 ADD: output 0, tensor 7 "sum", <what>." */
static bool fail_tensor(ln_loader* loader, int32_t subgraph, int32_t node, const char* role, int32_t slot,
                        int32_t tensor, const char* what) {
  return ln_load_fail(loader, "Subgraph %d, node %d %s: %s %d, tensor %d \"%s\", %s.", subgraph, node,
                      node_name(loader, subgraph, node), role, slot, tensor,
                      loader->model->subgraphs[subgraph].tensors[tensor].name, what);
}

enum { FREE, INPUT, WRITTEN };

/* A tensor that a node writes belongs to it alone. With two writers the shape that the second one prepares would be too
 * small for what the first one writes. */
static bool check_outputs(ln_loader* loader, int32_t subgraph, int32_t node, uint8_t* state) {
  const ln_model_subgraph* s = &loader->model->subgraphs[subgraph];
  const ln_i32_span outputs = s->operators[node].outputs;
  for (int32_t i = 0; i < outputs.count; ++i) {
    const int32_t tensor = outputs.data[i];
    const ln_model_tensor* t = &s->tensors[tensor];
    const char* what = t->data.data != NULL       ? "is a constant"
                       : t->is_variable           ? "is a variable"
                       : state[tensor] == INPUT   ? "is an input of the subgraph"
                       : state[tensor] == WRITTEN ? "is written by another node already"
                                                  : NULL;
    if (what != NULL) return fail_tensor(loader, subgraph, node, "output", i, tensor, what);
    state[tensor] = WRITTEN;
  }
  return true;
}

/* No node may read what it or a later one writes: the reader would be prepared for another shape than it meets. That a
 * tensor is never written is found when it is read. */
static bool check_order(ln_loader* loader, int32_t subgraph) {
  const ln_model_subgraph* s = &loader->model->subgraphs[subgraph];
  uint8_t* state = ln_load_alloc(loader, (size_t)s->tensor_count, 1);
  if (state == NULL) return false;
  for (int32_t i = 0; i < s->inputs.count; ++i) state[s->inputs.data[i]] = INPUT;
  for (int32_t node = 0; node < s->operator_count; ++node)
    if (!check_outputs(loader, subgraph, node, state)) return false;
  for (int32_t node = 0; node < s->operator_count; ++node) {
    const ln_model_operator* op = &s->operators[node];
    for (int32_t i = 0; i < op->inputs.count; ++i) {
      const int32_t tensor = op->inputs.data[i];
      if (tensor >= 0 && state[tensor] == WRITTEN)
        return fail_tensor(loader, subgraph, node, "input", i, tensor, "is written only by it or a later node");
    }
    for (int32_t i = 0; i < op->outputs.count; ++i) state[op->outputs.data[i]] = FREE;
  }
  return true;
}

/* Options of another operator would be taken for none. */
static bool check_options(ln_loader* loader, int32_t subgraph, int32_t node) {
  const ln_model_operator* op = &loader->model->subgraphs[subgraph].operators[node];
  const int32_t code = loader->model->opcodes[op->opcode_index].builtin_code;
  const int wanted = ln_schema_operator_options(code);
  if (wanted == LN_TABLE_NONE || ln_schema_get_table(wanted)->field_count == 0) return true;
  const int found[] = {ln_schema_union_table(LN_UNION_BuiltinOptions, op->options_type),
                       ln_schema_union_table(LN_UNION_BuiltinOptions2, op->options2_type)};
  if (found[0] == wanted || found[1] == wanted) return true;
  const int other = found[0] != LN_TABLE_NONE ? found[0] : found[1];
  if (other == LN_TABLE_NONE) return true;
  return ln_load_fail(loader, "Subgraph %d, node %d %s: its options are %s; %s would be right.", subgraph, node,
                      node_name(loader, subgraph, node), ln_schema_get_table(other)->name,
                      ln_schema_get_table(wanted)->name);
}

static bool check_blocks(ln_loader* loader, int32_t subgraph) {
  const ln_model_subgraph* s = &loader->model->subgraphs[subgraph];
  for (int32_t i = 0; i < s->tensor_count; ++i) {
    const ln_model_quantization* q = &s->tensors[i].quantization;
    if (q->details_type != 2 && q->details_type != 3) continue;
    if (q->block_scales_tensor < 0 || q->block_scales_tensor >= s->tensor_count || q->block_zero_points_tensor < -1 ||
        q->block_zero_points_tensor >= s->tensor_count || q->block_size < 0)
      return ln_load_fail(loader,
                          "Subgraph %d, tensor %d \"%s\": the blockwise scales are tensor %d, size %d; no such one.",
                          subgraph, i, s->tensors[i].name, q->block_scales_tensor, q->block_size);
  }
  return true;
}

static bool check_subgraph(ln_loader* loader, int32_t index) {
  const ln_model_subgraph* s = &loader->model->subgraphs[index];
  if (!check_indices(loader, index, -1, "input", s->inputs, false) ||
      !check_indices(loader, index, -1, "output", s->outputs, false) || !check_blocks(loader, index))
    return false;
  for (int32_t i = 0; i < s->operator_count; ++i) {
    const ln_model_operator* op = &s->operators[i];
    if (!check_indices(loader, index, i, "input", op->inputs, true) ||
        !check_indices(loader, index, i, "output", op->outputs, false) ||
        !check_indices(loader, index, i, "intermediate", op->intermediates, true) ||
        (loader->strict && !check_options(loader, index, i)) || !visit_callees(loader, index, i, check_callee, NULL))
      return false;
  }
  return check_order(loader, index);
}

/* Depth-first search for a subgraph that calls itself, directly or through others: it would never end to prepare. */
enum { NOT_SEEN, ON_PATH, DONE };

typedef struct call_search {
  uint8_t* state; /* per subgraph */
  uint32_t* ways; /* per subgraph that is done: how often it and all it calls are entered when it is */
  int depth;
} call_search;

static bool search_calls(ln_loader* loader, int32_t subgraph, call_search* search);

static bool add_ways(ln_loader* loader, int32_t subgraph, int32_t callee, call_search* search) {
  search->ways[subgraph] += search->ways[callee];
  return search->ways[subgraph] <= MAX_CALL_WAYS ||
         ln_load_fail(loader, "Subgraph %d: it enters others in more than %d ways.", subgraph, MAX_CALL_WAYS);
}

static bool follow_call(ln_loader* loader, int32_t subgraph, int32_t node, int32_t callee, void* arg) {
  call_search* search = arg;
  if (search->state[callee] == DONE) return add_ways(loader, subgraph, callee, search);
  if (search->state[callee] == ON_PATH || search->depth >= MAX_CALL_DEPTH)
    return ln_load_fail(loader, "Subgraph %d, node %d %s: subgraph %d %s.", subgraph, node,
                        node_name(loader, subgraph, node), callee,
                        search->state[callee] == ON_PATH ? "calls itself" : "is nested too deeply");
  return search_calls(loader, callee, search) && add_ways(loader, subgraph, callee, search);
}

static bool search_calls(ln_loader* loader, int32_t subgraph, call_search* search) {
  search->state[subgraph] = ON_PATH;
  search->ways[subgraph] = 1;
  ++search->depth;
  for (int32_t i = 0; i < loader->model->subgraphs[subgraph].operator_count; ++i)
    if (!visit_callees(loader, subgraph, i, follow_call, search)) return false;
  --search->depth;
  search->state[subgraph] = DONE;
  return true;
}

static bool count_weight_bytes(ln_loader* loader) {
  ln_model* model = loader->model;
  uint8_t* counted = ln_load_alloc(loader, (size_t)model->buffer_count, 1);
  if (counted == NULL) return false;
  for (int32_t s = 0; s < model->subgraph_count; ++s)
    for (int32_t i = 0; i < model->subgraphs[s].tensor_count; ++i) {
      const ln_model_tensor* t = &model->subgraphs[s].tensors[i];
      if (t->data.data == NULL || counted[t->buffer]) continue;
      counted[t->buffer] = 1;
      model->weight_bytes += t->data.size;
    }
  return true;
}

bool ln_check_model(ln_loader* loader) {
  const ln_model* model = loader->model;
  for (int32_t i = 0; i < model->subgraph_count; ++i)
    if (!check_subgraph(loader, i)) return false;
  call_search search = {ln_load_alloc(loader, (size_t)model->subgraph_count, 1),
                        ln_load_alloc(loader, (size_t)model->subgraph_count, sizeof(uint32_t)), 0};
  if (search.state == NULL || search.ways == NULL) return false;
  for (int32_t i = 0; i < model->subgraph_count; ++i)
    if (search.state[i] == NOT_SEEN && !search_calls(loader, i, &search)) return false;
  return count_weight_bytes(loader);
}
