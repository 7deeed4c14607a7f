/* Variables: constants where nothing assigns them while the model runs. Those that are assigned live in the
 * interpreter, by VAR_HANDLE, READ_VARIABLE and ASSIGN_VARIABLE, and get their first values in a subgraph that
 * CALL_ONCE runs. */
#include <string.h>

#include "convert/floats.h"
#include "convert/import/tf_bundle.h"
#include "model/model.h"

enum { MAX_DEPTH = 100 };

const char* ln_tf_no_value(ln_tf_importer* importer) {
  if (importer->told_no_value) return "";
  importer->told_no_value = true;
  const bool lacks = importer->meta != NULL && importer->bundle == NULL;
  if (importer->initial_values)
    return lacks ? ", and the graph initializes it by no constant: the SavedModel's folder has no "
                   "variables/variables.index; --checkpoint gives another one"
                 : ", and the graph initializes it by no constant: --checkpoint gives one";
  return lacks ? ": the SavedModel's folder has no variables/variables.index; --checkpoint gives another one, or "
                 "--initial-values takes constants of the graph's initializers"
               : ": --checkpoint gives one, or --initial-values where the graph's initializer is a constant";
}

ln_tensor* ln_tf_find_handle(const ln_tf_handle* handles, const ln_subgraph* subgraph) {
  for (; handles != NULL; handles = handles->next)
    if (handles->tensor->subgraph == subgraph) return handles->tensor;
  return NULL;
}

void ln_tf_add_handle(ln_job* job, ln_tf_handle** handles, ln_tensor* tensor) {
  ln_tf_handle* h = ln_job_alloc(job, 1, sizeof *h);
  *h = (ln_tf_handle){*handles, tensor};
  *handles = h;
}

ln_subgraph* ln_tf_init_subgraph(ln_tf_importer* importer) {
  if (importer->init == NULL) importer->init = ln_graph_subgraph(importer->graph, "init");
  return importer->init;
}

static bool names_resources(const ln_subgraph* subgraph, int depth) {
  for (const ln_node* node = subgraph->first; node != NULL; node = node->next) {
    if (node->code == LN_OP_VAR_HANDLE || node->code == LN_OP_HASHTABLE) return true;
    for (size_t i = 0; i < sizeof node->calls / sizeof node->calls[0] && depth < 100; ++i)
      if (node->calls[i] != NULL && names_resources(node->calls[i], depth + 1)) return true;
  }
  return false;
}

void ln_tf_call_init(ln_tf_importer* importer) {
  if (importer->init == NULL) return;
  const ln_subgraph* last = NULL;
  for (const ln_signature* s = importer->graph->signatures; s != NULL; last = s->subgraph, s = s->next) {
    if (s->subgraph == last || !names_resources(s->subgraph, 0)) continue;
    ln_node* node = ln_graph_node_before(s->subgraph, s->subgraph->first, LN_OP_CALL_ONCE, NULL);
    LN_SET(node, CallOnceOptions, init_subgraph_index, 0);
    node->calls[0] = importer->init;
  }
}

static ln_tensor* handle_of(ln_tf_importer* importer, const ln_builder* b, ln_tf_variable* v) {
  ln_tensor* found = ln_tf_find_handle(v->handles, b->subgraph);
  if (found != NULL) return found;
  ln_node* node = ln_graph_node(b->subgraph, LN_OP_VAR_HANDLE, b->place);
  ln_node_set_string(node, LN_SLOT(VarHandleOptions, container), "");
  ln_node_set_string(node, LN_SLOT(VarHandleOptions, shared_name), v->name);
  found = ln_node_add_output(node, v->name, LN_TYPE_RESOURCE);
  ln_tensor_set_shape(found, 0, NULL);
  ln_tf_add_handle(importer->job, &v->handles, found);
  return found;
}

static ln_tensor* constant_of(const ln_builder* b, const ln_tf_variable* v) {
  return ln_graph_constant_bytes(b->subgraph, v->name, v->type, v->rank, v->dims, v->data, v->data_bytes);
}

static void assign(ln_tf_importer* importer, const ln_builder* b, ln_tf_variable* v, ln_tensor* value) {
  ln_tensor* const inputs[] = {handle_of(importer, b, v), value};
  ln_build_node(b, LN_OP_ASSIGN_VARIABLE, 2, inputs);
}

/* What the graph's own initializer gives it, if that is a constant: "NAME/Assign". NULL: it is none. */
static ln_tensor* initial_value(ln_tf_importer* importer, const LnPb__NodeDef* def) {
  ln_tf_body* body = ln_tf_graph_body(importer);
  const char* name = ln_job_text(importer->job, "%s/Assign", def->name);
  const int at = ln_tf_find(body, name, strlen(name));
  if (at < 0 || strncmp(body->defs[at]->op, "Assign", 6) != 0 || body->defs[at]->n_input < 2) return NULL;
  if (++importer->depth > MAX_DEPTH)
    ln_stop(importer->job, "variables begin as each other more than %d deep", MAX_DEPTH);
  ln_tf_scope* scope = ln_tf_new_scope(importer, body, ln_tf_init_subgraph(importer), "");
  ln_tensor* value = ln_tf_get(scope, body->defs[at]->input[1]).tensor;
  --importer->depth;
  return ln_tensor_is_constant(value) ? value : NULL;
}

static void take_initial_value(ln_tf_importer* importer, const LnPb__NodeDef* def, ln_tf_variable* v) {
  const ln_tensor* value = initial_value(importer, def);
  if (value == NULL || value->type != v->type) return;
  v->rank = value->rank;
  v->dims = ln_job_copy(importer->job, value->shape[0], sizeof value->shape[0]);
  v->data = value->data;
  v->data_bytes = value->data_bytes;
}

/* From the checkpoint; without one, from the graph's own initializer. */
static void initialize(ln_tf_importer* importer, const LnPb__NodeDef* def, ln_tf_variable* v) {
  const ln_builder b = {ln_tf_init_subgraph(importer), ln_job_place(importer->job, def->op, def->name, "")};
  v->initialized = true;
  if (v->data == NULL) take_initial_value(importer, def, v);
  if (v->data != NULL)
    assign(importer, &b, v, constant_of(&b, v));
  else
    ln_warn(importer->job, b.place, "the variable has no first value: it must be assigned before it is read");
}

ln_tensor* ln_tf_read(ln_tf_importer* importer, const ln_builder* b, ln_tf_variable* v, const char* name) {
  if (!v->assigned) return v->data != NULL ? constant_of(b, v) : NULL;
  ln_tensor* handle = handle_of(importer, b, v);
  ln_node* node = ln_build_node(b, LN_OP_READ_VARIABLE, 1, &handle);
  ln_tensor* out = ln_node_add_output(node, name, v->type);
  ln_tensor_set_shape(out, v->rank, v->dims);
  return out;
}

static ln_tf_variable* find_variable(ln_tf_importer* importer, const char* name) {
  for (ln_tf_variable* v = importer->variables; v != NULL; v = v->next)
    if (strcmp(v->name, name) == 0) return v;
  ln_tf_variable* v = ln_job_alloc(importer->job, 1, sizeof *v);
  v->name = name;
  v->type = -1;
  v->next = importer->variables;
  importer->variables = v;
  return v;
}

/* The value as it is computed with: floats of other widths become float32. */
static void take_computed(ln_job* job, ln_tf_variable* v) {
  size_t width;
  const int type = ln_computed_type(v->type);
  if (type == v->type || v->type < 0) return;
  if (v->data != NULL && ln_tensor_type_bytes((uint8_t)v->type, 1, &width)) {
    const size_t count = v->data_bytes / width;
    v->data = ln_computed_numbers(job, v->type, count, v->data);
    v->data_bytes = count * (type == LN_TYPE_COMPLEX64 ? 8 : 4);
  }
  v->type = type;
}

/* The variable that a handle's node or a reference variable is, with its value from the checkpoint. */
static void variable(ln_tf_call* call) {
  ln_tf_importer* importer = call->scope->importer;
  const char* shared = ln_tf_string(call->job, call->def, "shared_name", "");
  ln_tf_variable* v = find_variable(importer, shared[0] != 0 ? shared : call->def->name);
  if (v->type < 0) {
    const LnPb__AttrValue* shape = ln_tf_attr(call->def, "shape");
    v->type = ln_tf_type(ln_tf_dtype(call->def, "dtype", LN_DT_FLOAT));
    v->rank = ln_tf_shape(call->job, shape != NULL ? shape->shape : NULL, v->name, &v->dims);
    v->is_reference = strcmp(call->def->op, "VarHandleOp") != 0;
    if (importer->bundle != NULL) ln_tf_bundle_load(importer->bundle, call->def->name, v);
    take_computed(call->job, v);
    if (v->data == NULL && v->type >= 0 && importer->initial_values) take_initial_value(importer, call->def, v);
  }
  if (v->type < 0) {
    ln_tf_fail(call, "its type cannot be a tensor's");
    return;
  }
  if (v->assigned && !v->initialized) initialize(importer, call->def, v);
  ln_tf_value value = {.kind = LN_TF_VARIABLE, .variable = v};
  /* A reference that nothing changes is its value. */
  if (v->is_reference && !v->assigned) {
    value.tensor = ln_tf_read(importer, &call->b, v, call->name);
    value.kind = LN_TF_TENSOR;
    if (value.tensor == NULL) {
      ln_tf_fail(call, "the variable has no value%s", ln_tf_no_value(importer));
      return;
    }
  }
  ln_tf_return_value(call, 0, value);
}

/* The variable that is the first input; NULL with the failure noted. */
static ln_tf_variable* in_variable(ln_tf_call* call) {
  if (call->in_count > 0 && call->in->kind == LN_TF_VARIABLE) return call->in->variable;
  ln_tf_fail(call, "its first input is no variable");
  return NULL;
}

/* What it holds now; NULL with the failure noted. */
static ln_tensor* value_now(ln_tf_call* call, ln_tf_variable* v, const char* name) {
  ln_tensor* value = ln_tf_read(call->scope->importer, &call->b, v, name);
  if (value == NULL) ln_tf_fail(call, "variable \"%s\" has no value%s", v->name, ln_tf_no_value(call->scope->importer));
  return value;
}

static void read_variable(ln_tf_call* call) {
  if (call->in_count > 0 && call->in->kind == LN_TF_TENSOR) {
    ln_tf_return(call, 0, call->in->tensor);
    return;
  }
  ln_tf_variable* v = in_variable(call);
  ln_tensor* value = v != NULL ? value_now(call, v, call->name) : NULL;
  if (value != NULL) ln_tf_return(call, 0, value);
}

/* The table is a variable. */
static void resource_gather(ln_tf_call* call) {
  ln_tf_variable* v = in_variable(call);
  ln_tensor* table = v != NULL ? value_now(call, v, ln_tf_name(call, "table")) : NULL;
  if (table == NULL) return;
  const bool nd = strcmp(call->def->op, "ResourceGatherNd") == 0;
  ln_tensor* const inputs[] = {table, nd ? ln_tf_in_i32(call, 1) : ln_tf_in(call, 1)};
  ln_node* node = ln_build_node(&call->b, nd ? LN_OP_GATHER_ND : LN_OP_GATHER, 2, inputs);
  if (!nd) LN_SET(node, GatherOptions, batch_dims, ln_tf_int(call->def, "batch_dims", 0));
  ln_tf_return(call, 0, ln_build_done(node, call->name, 1));
}

static bool has_type_of(ln_tf_call* call, const ln_tf_variable* v, const ln_tensor* value) {
  if (value->type == v->type || value->broken) return true;
  ln_tf_fail(call, "%s is assigned to variable \"%s\", which is %s", ln_tensor_type_name(value->type), v->name,
             ln_tensor_type_name((uint8_t)v->type));
  return false;
}

static void assign_op(ln_tf_call* call) {
  ln_tf_variable* v = in_variable(call);
  if (v == NULL) return;
  ln_tensor* value = ln_tf_in(call, 1);
  const int code = ln_tf_code(call, ln_tf_variables);
  if (!has_type_of(call, v, value)) return;
  if (code != LN_OP_CUSTOM) {
    ln_tensor* now = value_now(call, v, ln_tf_name(call, "now"));
    if (now == NULL) return;
    value = ln_build_binary(&call->b, code, now, value, call->name);
  }
  if (value->broken) return;
  if (value->rank > 0 && v->rank == value->rank && v->dims[0] >= 0 && value->shape[0][0] == LN_U0_FIRST &&
      value->shape[1][0] == LN_U1_FIRST)
    call->scope->importer->keeps_batch = true;
  assign(call->scope->importer, &call->b, v, value);
  ln_tf_return_value(call, 0, call->in[0]);
}

/* A row's new value: what stood there goes by a mask, so that rows that are named twice would be sums. */
static void scatter(ln_tf_call* call) {
  const ln_builder* b = &call->b;
  ln_tf_variable* v = in_variable(call);
  ln_tensor* now = v != NULL ? value_now(call, v, ln_tf_name(call, "now")) : NULL;
  if (now == NULL) return;
  ln_tensor *indices = ln_tf_in_i32(call, 1), *updates = ln_tf_in(call, 2);
  if (!has_type_of(call, v, updates)) return;
  if (strstr(call->def->op, "Nd") == NULL)
    indices = ln_build_binary(b, LN_OP_EXPAND_DIMS, indices, ln_graph_int(b->subgraph, ln_tf_name(call, "axis"), -1),
                              ln_tf_name(call, "indices"));
  ln_tensor* value = ln_tf_scatter(call, now, indices, updates, ln_tf_code(call, ln_tf_variables));
  if (value->broken) return;
  assign(call->scope->importer, b, v, value);
  ln_tf_return_value(call, 0, call->in[0]);
}

static void is_initialized(ln_tf_call* call) {
  static const uint8_t kTrue = 1;
  ln_tf_return(call, 0, ln_graph_constant(call->b.subgraph, call->name, LN_TYPE_BOOL, 0, NULL, &kTrue));
}

static void variable_shape(ln_tf_call* call) {
  ln_tf_variable* v = in_variable(call);
  ln_tensor* now = v != NULL ? value_now(call, v, ln_tf_name(call, "now")) : NULL;
  if (now == NULL) return;
  ln_tf_return(call, 0, ln_tf_extents(call, now, ln_tf_type(ln_tf_dtype(call->def, "out_type", LN_DT_INT32)), NULL));
}

const ln_tf_lowering ln_tf_variables[] = {
    {"VarHandleOp", variable, 0},
    {"Variable", variable, 0},
    {"VariableV2", variable, 0},
    {"ReadVariableOp", read_variable, 0},
    {"ResourceGather", resource_gather, 0},
    {"ResourceGatherNd", resource_gather, 0},
    {"VariableShape", variable_shape, 0},
    {"VarIsInitializedOp", is_initialized, 0},
    {"IsVariableInitialized", is_initialized, 0},
    {"Assign", assign_op, LN_OP_CUSTOM},
    {"AssignVariableOp", assign_op, LN_OP_CUSTOM},
    {"AssignAdd", assign_op, LN_OP_ADD},
    {"AssignAddVariableOp", assign_op, LN_OP_ADD},
    {"AssignSub", assign_op, LN_OP_SUB},
    {"AssignSubVariableOp", assign_op, LN_OP_SUB},
    {"ScatterUpdate", scatter, LN_OP_CUSTOM},
    {"ScatterNdUpdate", scatter, LN_OP_CUSTOM},
    {"ResourceScatterUpdate", scatter, LN_OP_CUSTOM},
    {"ResourceScatterNdUpdate", scatter, LN_OP_CUSTOM},
    {"ScatterAdd", scatter, LN_OP_ADD},
    {"ScatterNdAdd", scatter, LN_OP_ADD},
    {"ResourceScatterAdd", scatter, LN_OP_ADD},
    {"ResourceScatterNdAdd", scatter, LN_OP_ADD},
    {"ScatterSub", scatter, LN_OP_SUB},
    {"ScatterNdSub", scatter, LN_OP_SUB},
    {"ResourceScatterSub", scatter, LN_OP_SUB},
    {"ResourceScatterNdSub", scatter, LN_OP_SUB},
    {NULL, NULL, 0},
};
