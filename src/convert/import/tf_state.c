/* Where values come from: constants, placeholders, variables, tables. */
#include <stdio.h>
#include <string.h>

#include "convert/import/tf_bundle.h"
#include "convert/import/tf_import.h"
#include "model/model.h"

static void constant(ln_tf_call* call) {
  const LnPb__AttrValue* value = ln_tf_attr(call->def, "value");
  if (value == NULL || value->tensor == NULL) {
    ln_tf_fail(call, "it lacks its value");
    return;
  }
  ln_tf_return(call, 0, ln_tf_constant(call->b.subgraph, value->tensor, call->name));
}

/* The shape that importers of older files left on nodes, where the placeholder itself has none. */
static const LnPb__TensorShapeProto* stated_shape(const LnPb__NodeDef* def) {
  const LnPb__AttrValue *shape = ln_tf_attr(def, "shape"), *list = ln_tf_attr(def, "_output_shapes");
  if (shape != NULL && shape->shape != NULL && !shape->shape->unknown_rank) return shape->shape;
  if (list != NULL && list->list != NULL && list->list->n_shape > 0) return list->list->shape[0];
  return shape != NULL ? shape->shape : NULL;
}

/* Not an input of the subgraph yet: which ones are used, and their order, is known at the end. */
static void placeholder(ln_tf_call* call) {
  int32_t* dims;
  const int type = ln_tf_type(ln_tf_dtype(call->def, "dtype", LN_DT_FLOAT));
  const int rank = ln_tf_shape(call->job, stated_shape(call->def), call->name, &dims);
  if (type < 0) {
    ln_tf_fail(call, "its type cannot be a tensor's");
    return;
  }
  if (rank < 0)
    ln_warn(call->job, call->b.place,
            "the rank of this input is not known: it is a scalar unless it is resized or --inputs \"%s:1,224,224,3\" "
            "gives a shape",
            call->def->name);
  ln_tf_return(call, 0, ln_graph_tensor(call->b.subgraph, call->name, type, rank >= 0 ? rank : 0, dims));
}

static ln_tf_variable* find_variable(ln_tf_importer* importer, const char* name) {
  for (ln_tf_variable* v = importer->variables; v != NULL; v = v->next)
    if (strcmp(v->name, name) == 0) return v;
  return NULL;
}

/* The variable that a handle's node or a reference variable is, with its value from the checkpoint. */
static void variable(ln_tf_call* call) {
  ln_tf_importer* importer = call->scope->importer;
  const char* shared = ln_tf_string(call->job, call->def, "shared_name", "");
  const char* name = shared[0] != 0 ? shared : call->def->name;
  ln_tf_variable* v = find_variable(importer, name);
  if (v == NULL) {
    const LnPb__AttrValue* shape = ln_tf_attr(call->def, "shape");
    v = ln_job_alloc(call->job, 1, sizeof *v);
    v->name = name;
    v->type = ln_tf_type(ln_tf_dtype(call->def, "dtype", LN_DT_FLOAT));
    v->rank = ln_tf_shape(call->job, shape != NULL ? shape->shape : NULL, name, &v->dims);
    v->next = importer->variables;
    importer->variables = v;
    if (importer->bundle != NULL) ln_tf_bundle_load(importer->bundle, call->def->name, v);
  }
  ln_tf_return_value(call, 0, (ln_tf_value){LN_TF_VARIABLE, NULL, v, NULL, 0, 0});
  /* A reference variable is read by being taken. */
  if (strcmp(call->def->op, "VarHandleOp") == 0) return;
  if (v->data == NULL) {
    ln_tf_fail(call, "the variable has no value: a checkpoint with it must be given by --checkpoint");
    return;
  }
  ln_tf_return(
      call, 0,
      ln_graph_constant_bytes(call->b.subgraph, call->name, v->type, v->rank, v->dims, v->data, v->data_bytes));
}

static void read_variable(ln_tf_call* call) {
  const ln_tf_value* in = call->in;
  if (call->in_count > 0 && in->kind == LN_TF_TENSOR) {
    ln_tf_return(call, 0, in->tensor);
    return;
  }
  if (call->in_count < 1 || in->kind != LN_TF_VARIABLE) {
    ln_tf_fail(call, "it reads something that is no variable");
    return;
  }
  const ln_tf_variable* v = in->variable;
  if (v->data == NULL) {
    ln_tf_fail(call, "variable \"%s\" has no value: a checkpoint with it must be given by --checkpoint", v->name);
    return;
  }
  ln_tf_return(call, 0,
               ln_graph_constant_bytes(call->b.subgraph, v->name, v->type, v->rank, v->dims, v->data, v->data_bytes));
}

/* ResourceGather: the table is a variable. */
static void resource_gather(ln_tf_call* call) {
  if (call->in_count < 2 || call->in[0].kind != LN_TF_VARIABLE || call->in[0].variable->data == NULL) {
    ln_tf_fail(call, "it looks up in a variable that has no value");
    return;
  }
  const ln_tf_variable* v = call->in[0].variable;
  ln_tensor* table =
      ln_graph_constant_bytes(call->b.subgraph, v->name, v->type, v->rank, v->dims, v->data, v->data_bytes);
  ln_node* node = ln_build_node(&call->b, LN_OP_GATHER, 2, (ln_tensor*[]){table, ln_tf_in(call, 1)});
  LN_SET(node, GatherOptions, batch_dims, ln_tf_int(call->def, "batch_dims", 0));
  ln_tf_return(call, 0, ln_build_done(node, call->name, 1));
}

const ln_tf_lowering ln_tf_state[] = {
    {"Const", constant, 0},
    {"HostConst", constant, 0},
    {"Placeholder", placeholder, 0},
    {"PlaceholderV2", placeholder, 0},
    {"VarHandleOp", variable, 0},
    {"Variable", variable, 0},
    {"VariableV2", variable, 0},
    {"ReadVariableOp", read_variable, 0},
    {"ResourceGather", resource_gather, 0},
    {NULL, NULL, 0},
};
