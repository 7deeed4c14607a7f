/* Where values come from: constants and placeholders. */
#include <stdio.h>
#include <string.h>

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
  const int type = ln_tf_stored_type(ln_tf_dtype(call->def, "dtype", LN_DT_FLOAT));
  const int rank = ln_tf_shape(call->job, stated_shape(call->def), call->name, &dims);
  if (type < 0) {
    ln_tf_fail(call, "its type cannot be a tensor's");
    return;
  }
  ln_tf_set_batch(call->scope->importer, rank, dims);
  if (rank < 0)
    ln_warn(call->job, call->b.place,
            "the rank of this input is not known: it is a scalar unless it is resized or --inputs \"%s:1,224,224,3\" "
            "gives a shape",
            call->def->name);
  ln_tensor* input = ln_graph_tensor(call->b.subgraph, call->name, type, rank >= 0 ? rank : 0, dims);
  ln_tf_return(call, 0, ln_tf_computed(call->scope, input, call->def));
}

const ln_tf_lowering ln_tf_state[] = {
    {"Const", constant, 0},
    {"HostConst", constant, 0},
    {"Placeholder", placeholder, 0},
    {"PlaceholderV2", placeholder, 0},
    {NULL, NULL, 0},
};
