/* TensorList, as the loops of TensorFlow 2 use it: one tensor with the elements along its first dimension. */
#include <string.h>

#include "convert/import/tf_import.h"

ln_tensor* ln_tf_zeros(ln_tf_call* call, int type, int rank, const int32_t* dims) {
  ln_tensor* zeros = ln_graph_constant(call->b.subgraph, call->name, type, rank, dims, "");
  zeros->data = zeros->value[0] = zeros->value[1] = ln_job_alloc(call->job, zeros->data_bytes, 1);
  return zeros;
}

static void return_list(ln_tf_call* call, ln_tensor* tensor) {
  ln_tf_return_value(call, 0, (ln_tf_value){LN_TF_LIST, tensor, NULL, NULL, 0, 0});
}

static void reserve(ln_tf_call* call) {
  int32_t dims[LN_MAX_DIMS + 1];
  int64_t count;
  const ln_tensor* shape = ln_tf_in(call, 0);
  const int type = ln_tf_type(ln_tf_dtype(call->def, "element_dtype", LN_DT_FLOAT));
  if (!ln_tensor_ints(ln_tf_in(call, 1), 1, &count) || count < 0 || count > INT32_MAX) {
    ln_tf_fail(call, "the number of its elements must be constant");
    return;
  }
  const int rank = shape->rank == 1 ? ln_tf_const_ints(call, 0, LN_MAX_DIMS - 1, dims + 1) : -1;
  bool known = rank >= 0;
  for (int i = 1; i <= rank; ++i) known = known && dims[i] >= 0;
  dims[0] = (int32_t)count;
  ln_tf_value list = {LN_TF_LIST, NULL, NULL, NULL, (int32_t)count, type};
  if (known) list.tensor = ln_tf_zeros(call, type, rank + 1, dims);
  ln_tf_return_value(call, 0, list);
}

static void from_tensor(ln_tf_call* call) { return_list(call, ln_tf_in(call, 0)); }

static void get_item(ln_tf_call* call) {
  ln_tensor* const inputs[] = {ln_tf_in(call, 0), ln_tf_in_i32(call, 1)};
  ln_node* node = ln_build_node(&call->b, LN_OP_GATHER, 2, inputs);
  ln_tf_return(call, 0, ln_build_done(node, call->name, 1));
}

/* A list whose shape an element says: in the trial of a loop, after which the loop is made with a list of that shape.
 */
static ln_tensor* first_shape(ln_tf_call* call, const ln_tensor* item) {
  int32_t dims[LN_MAX_DIMS];
  if (item->rank < 0 || item->rank >= LN_MAX_DIMS) return ln_tf_in(call, 0);
  dims[0] = call->in[0].count;
  for (int i = 0; i < item->rank; ++i) dims[i + 1] = ln_dim(item, i);
  if (ln_tensor_is_static(item)) return ln_tf_zeros(call, item->type, item->rank + 1, dims);
  ln_tensor* list = ln_graph_tensor(call->b.subgraph, call->name, item->type, item->rank + 1, dims);
  for (int w = 0; w < 2; ++w) memcpy(list->shape[w] + 1, item->shape[w], (size_t)item->rank * sizeof(int32_t));
  return list;
}

/* DYNAMIC_UPDATE_SLICE of one element. */
static void set_item(ln_tf_call* call) {
  const ln_builder* b = &call->b;
  ln_tensor *index = ln_tf_in_i32(call, 1), *item = ln_tf_in(call, 2);
  ln_tensor* list =
      call->in[0].kind == LN_TF_LIST && call->in[0].tensor == NULL ? first_shape(call, item) : ln_tf_in(call, 0);
  int32_t zeros[LN_MAX_DIMS] = {0};
  static const int32_t kOne[] = {1};
  if (list->rank < 1) {
    ln_tf_fail(call, "the rank of its list is not known");
    return;
  }
  ln_tensor* start = ln_build_reshape(b, index, 1, kOne, ln_tf_name(call, "index"));
  if (list->rank > 1) {
    ln_tensor* const parts[] = {start, ln_graph_ints(b->subgraph, ln_tf_name(call, "zeros"), list->rank - 1, zeros)};
    start = ln_build_concat(b, 2, parts, 0, ln_tf_name(call, "start"));
  }
  ln_tensor* row = ln_build_binary(b, LN_OP_EXPAND_DIMS, item, ln_graph_int(b->subgraph, ln_tf_name(call, "axis"), 0),
                                   ln_tf_name(call, "row"));
  ln_tensor* const inputs[] = {list, row, start};
  return_list(call, ln_build_done(ln_build_node(b, LN_OP_DYNAMIC_UPDATE_SLICE, 3, inputs), call->name, 1));
}

static void stack(ln_tf_call* call) { ln_tf_return(call, 0, ln_tf_in(call, 0)); }

static void length(ln_tf_call* call) {
  static const int32_t kZero[] = {0}, kOne[] = {1};
  const ln_tensor* list = ln_tf_in(call, 0);
  if (list->rank > 0 && ln_dim_is_known(list, 0)) {
    ln_tf_return(call, 0, ln_graph_int(call->b.subgraph, call->name, list->shape[0][0]));
    return;
  }
  ln_tensor* x = ln_tf_in(call, 0);
  ln_tensor* first =
      ln_build_slice(&call->b, ln_tf_extents(call, x, LN_TYPE_INT32, "shape"), kZero, kOne, ln_tf_name(call, "first"));
  ln_tf_return(call, 0, ln_build_reshape(&call->b, first, 0, kZero, call->name));
}

const ln_tf_lowering ln_tf_lists[] = {
    {"TensorListReserve", reserve, 0},
    {"TensorListFromTensor", from_tensor, 0},
    {"TensorListGetItem", get_item, 0},
    {"TensorListSetItem", set_item, 0},
    {"TensorListStack", stack, 0},
    {"TensorListLength", length, 0},
    {NULL, NULL, 0},
};
