/* TensorList and TensorArray, as loops use them: one tensor with the elements along its first dimension. A list whose
 * elements' shape nobody says is nothing until the first element is put into it: that happens in a trial of the loop's
 * body, after which the loop is made with a list of that shape (tf_subgraphs.c). */
#include <string.h>

#include "convert/import/tf_import.h"

ln_tensor* ln_tf_zeros(ln_tf_call* call, int type, int rank, const int32_t* dims) {
  ln_tensor* zeros = ln_graph_constant(call->b.subgraph, call->name, type, rank, dims, "");
  zeros->data = zeros->value[0] = zeros->value[1] = ln_job_alloc(call->job, zeros->data_bytes, 1);
  return zeros;
}

/* A list's size is known where the list was made. */
static ln_tensor* size_here(ln_tf_call* call, ln_tensor* size) {
  if (size->subgraph == call->b.subgraph || ln_tensor_is_constant(size)) return size;
  ln_tf_fail(call, "its list's size is known outside of the loop only");
  return ln_tf_scalar(call, LN_TYPE_INT32, 0, "size");
}

static ln_tensor* as_vector(ln_tf_call* call, ln_tensor* scalar) {
  static const int32_t kOne[] = {1};
  return ln_build_reshape(&call->b, scalar, 1, kOne, ln_tf_name(call, "extent"));
}

/* `dims` are an element's; where one is -1, `extents` has the tensor that says it, an int32 of one element. */
ln_tensor* ln_tf_zero_list(ln_tf_call* call, const ln_tf_value* list, int rank, const int32_t* dims,
                           ln_tensor* const* extents) {
  int32_t all[LN_MAX_DIMS];
  ln_tensor* parts[LN_MAX_DIMS];
  bool known = list->count >= 0;
  if (rank >= LN_MAX_DIMS) ln_stop(call->job, "\"%s\" makes a list of too many dimensions", call->name);
  all[0] = list->count;
  for (int i = 0; i < rank; ++i) {
    all[i + 1] = dims[i];
    known = known && dims[i] >= 0;
  }
  if (known) return ln_tf_zeros(call, list->type, rank + 1, all);
  for (int i = 0; i <= rank; ++i) {
    if (all[i] >= 0)
      parts[i] = ln_graph_ints(call->b.subgraph, ln_tf_name(call, "extent"), 1, &all[i]);
    else
      parts[i] = i == 0 ? as_vector(call, list->size) : extents[i - 1];
  }
  ln_tensor* shape = ln_build_concat(&call->b, rank + 1, parts, 0, ln_tf_name(call, "extents"));
  return ln_tf_binary(call, LN_OP_FILL, shape, ln_tf_scalar(call, list->type, 0, "zero"), "list");
}

static void return_list(ln_tf_call* call, ln_tensor* tensor) {
  ln_tf_return_value(call, 0, (ln_tf_value){.kind = LN_TF_LIST, .tensor = tensor});
}

/* A new list of as many elements as input `index` says; with zeros where the elements' shape is known. */
static void new_list(ln_tf_call* call, int index, int type, int rank, const int32_t* dims, int output) {
  int64_t count;
  ln_tf_value list = {.kind = LN_TF_LIST, .type = type};
  ln_tensor* size = ln_tf_in_i32(call, index);
  if (type < 0) {
    ln_tf_fail(call, "its elements' type cannot be a tensor's");
    return;
  }
  if (ln_tensor_ints(size, 1, &count)) {
    if (count < 0 || count > INT32_MAX) {
      ln_tf_fail(call, "it has %lld elements", (long long)count);
      return;
    }
    list.count = (int32_t)count;
  } else {
    list.count = -1;
    list.size = size;
  }
  bool known = rank >= 0;
  for (int i = 0; i < rank; ++i) known = known && dims[i] >= 0;
  if (known) list.tensor = ln_tf_zero_list(call, &list, rank, dims, NULL);
  ln_tf_return_value(call, output, list);
}

static void reserve(ln_tf_call* call) {
  int32_t dims[LN_MAX_DIMS];
  const ln_tensor* shape = ln_tf_in(call, 0);
  const int type = ln_tf_type(ln_tf_dtype(call->def, "element_dtype", LN_DT_FLOAT));
  const int rank =
      shape->rank == 1 && ln_tensor_is_constant(shape) ? ln_tf_const_ints(call, 0, LN_MAX_DIMS - 1, dims) : -1;
  new_list(call, 1, type, rank, dims, 0);
}

/* TensorFlow 1: the handle says nothing, the flow is the list. */
static void array(ln_tf_call* call) {
  int32_t* dims = NULL;
  const LnPb__AttrValue* shape = ln_tf_attr(call->def, "element_shape");
  const int type = ln_tf_type(ln_tf_dtype(call->def, "dtype", LN_DT_FLOAT));
  const int rank = ln_tf_shape(call->job, shape != NULL ? shape->shape : NULL, call->name, &dims);
  new_list(call, 0, type, rank, dims, 1);
  ln_tf_return_value(call, 0, (ln_tf_value){.kind = LN_TF_NOTHING});
}

static void from_tensor(ln_tf_call* call) { return_list(call, ln_tf_in(call, 0)); }

static void get_item(ln_tf_call* call) {
  ln_tensor* list = ln_tf_in(call, ln_tf_code(call, ln_tf_lists));
  ln_tf_return(call, 0, ln_tf_binary(call, LN_OP_GATHER, list, ln_tf_in_i32(call, 1), NULL));
}

/* A list whose shape an element says. Where it is not for a trial only, it must be constant or its size known. */
static ln_tensor* first_shape(ln_tf_call* call, const ln_tf_value* list, const ln_tensor* item) {
  int32_t dims[LN_MAX_DIMS];
  if (item->rank < 0 || item->rank >= LN_MAX_DIMS) return NULL;
  dims[0] = list->count;
  for (int i = 0; i < item->rank; ++i) dims[i + 1] = ln_dim(item, i);
  if (ln_tensor_is_static(item) && list->count >= 0) return ln_tf_zeros(call, item->type, item->rank + 1, dims);
  ln_tensor* made = ln_graph_tensor(call->b.subgraph, call->name, item->type, item->rank + 1, dims);
  for (int w = 0; w < 2; ++w) {
    memcpy(made->shape[w] + 1, item->shape[w], (size_t)item->rank * sizeof(int32_t));
    if (list->size != NULL && list->size->value[w] != NULL && list->size->value_bytes[w] == sizeof(int32_t))
      memcpy(made->shape[w], list->size->value[w], sizeof(int32_t));
  }
  return made;
}

/* DYNAMIC_UPDATE_SLICE of one element. */
static void put(ln_tf_call* call, const ln_tf_value* value, ln_tensor* index, ln_tensor* item) {
  const ln_builder* b = &call->b;
  const int32_t zeros[LN_MAX_DIMS] = {0};
  ln_tensor* list = value->kind == LN_TF_LIST && value->tensor == NULL ? first_shape(call, value, item) : value->tensor;
  if (list == NULL || list->rank < 1) {
    ln_tf_fail(call, "the rank of its list is not known");
    return;
  }
  list = ln_tensor_is_constant(list) ? ln_graph_adopt(b->subgraph, list) : list;
  ln_tensor* start = as_vector(call, index);
  if (list->rank > 1) {
    ln_tensor* const parts[] = {start, ln_graph_ints(b->subgraph, ln_tf_name(call, "zeros"), list->rank - 1, zeros)};
    start = ln_build_concat(b, 2, parts, 0, ln_tf_name(call, "start"));
  }
  ln_tensor* row =
      ln_tf_binary(call, LN_OP_EXPAND_DIMS, item, ln_graph_int(b->subgraph, ln_tf_name(call, "axis"), 0), "row");
  ln_tensor* const inputs[] = {list, row, start};
  ln_tensor* out = ln_build_done(ln_build_node(b, LN_OP_DYNAMIC_UPDATE_SLICE, 3, inputs), call->name, 1);
  /* An update never changes a shape. */
  out->rank = list->rank;
  memcpy(out->shape, list->shape, sizeof out->shape);
  return_list(call, out);
}

static void set_item(ln_tf_call* call) {
  if (call->in_count >= 3) put(call, &call->in[0], ln_tf_in_i32(call, 1), ln_tf_in(call, 2));
}

static void write_array(ln_tf_call* call) {
  if (call->in_count >= 4) put(call, &call->in[3], ln_tf_in_i32(call, 1), ln_tf_in(call, 2));
}

static void stack(ln_tf_call* call) { ln_tf_return(call, 0, ln_tf_in(call, 0)); }

/* Whether numbers are 0, 1, ... up to the first extent of x, as far as both are known. */
static bool is_all(const ln_tensor* numbers, const ln_tensor* x) {
  if (numbers->rank != 1 || numbers->type != LN_TYPE_INT32 || x->rank < 1) return false;
  for (int w = 0; w < 2; ++w) {
    const int32_t count = numbers->shape[w][0];
    if (numbers->value[w] == NULL || count != x->shape[w][0]) return false;
    if (numbers->value_bytes[w] != (size_t)count * sizeof(int32_t)) return false;
    for (int32_t i = 0; i < count; ++i) {
      int32_t number;
      memcpy(&number, (const char*)numbers->value[w] + (size_t)i * sizeof number, sizeof number);
      if (number != i) return false;
    }
  }
  return true;
}

/* TensorListGather, TensorArrayGather: mostly all elements. */
static void gather(ln_tf_call* call) {
  ln_tensor *list = ln_tf_in(call, ln_tf_code(call, ln_tf_lists)), *indices = ln_tf_in_i32(call, 1);
  ln_tf_return(call, 0, is_all(indices, list) ? list : ln_tf_binary(call, LN_OP_GATHER, list, indices, NULL));
}

/* A tensor's rows into a list: mostly all of them in order. */
static void scatter(ln_tf_call* call) {
  const bool flow = call->def->op[6] == 'A';
  ln_tensor *x = ln_tf_in(call, flow ? 2 : 0), *indices = ln_tf_in_i32(call, 1);
  if (is_all(indices, x)) {
    return_list(call, x);
    return;
  }
  int32_t size = -1;
  const ln_tf_value* list = flow && call->in_count > 3 ? &call->in[3] : NULL;
  if (list != NULL) size = list->count;
  if (!flow && call->in_count > 3 && ln_tf_const_ints(call, 3, 1, &size) != 1) return;
  if (size < 0 && (list == NULL || list->size == NULL)) {
    ln_tf_fail(call, "its indices must be all of the list's elements in order, or the list's length known");
    return;
  }
  static const int32_t kOne[] = {1};
  ln_tensor* shape = ln_tf_extents(call, x, LN_TYPE_INT32, "shape");
  const int32_t rest[] = {x->rank - 1};
  ln_tensor* parts[] = {size >= 0 ? ln_graph_ints(call->b.subgraph, ln_tf_name(call, "size"), 1, &size)
                                  : as_vector(call, size_here(call, list->size)),
                        x->rank > 1 ? ln_build_slice(&call->b, shape, kOne, rest, ln_tf_name(call, "rest")) : NULL};
  shape = ln_build_concat(&call->b, x->rank > 1 ? 2 : 1, parts, 0, ln_tf_name(call, "extents"));
  ln_tensor* places =
      ln_tf_binary(call, LN_OP_EXPAND_DIMS, indices, ln_tf_scalar(call, LN_TYPE_INT32, 1, "axis"), "places");
  ln_tensor* const inputs[] = {places, x, shape};
  return_list(call, ln_build_done(ln_build_node(&call->b, LN_OP_SCATTER_ND, 3, inputs), call->name, 1));
}

static void length(ln_tf_call* call) {
  static const int32_t kZero[] = {0}, kOne[] = {1};
  const int index = ln_tf_code(call, ln_tf_lists);
  if (index < call->in_count && call->in[index].kind == LN_TF_LIST && call->in[index].tensor == NULL) {
    const ln_tf_value* list = &call->in[index];
    ln_tf_return(
        call, 0,
        list->count >= 0 ? ln_graph_int(call->b.subgraph, call->name, list->count) : size_here(call, list->size));
    return;
  }
  ln_tensor* list = ln_tf_in(call, index);
  if (list->rank > 0 && ln_dim_is_known(list, 0)) {
    ln_tf_return(call, 0, ln_graph_int(call->b.subgraph, call->name, list->shape[0][0]));
    return;
  }
  ln_tensor* first = ln_build_slice(&call->b, ln_tf_extents(call, list, LN_TYPE_INT32, "shape"), kZero, kOne,
                                    ln_tf_name(call, "first"));
  ln_tf_return(call, 0, ln_build_reshape(&call->b, first, 0, kZero, call->name));
}

static void empty(ln_tf_call* call) {
  ln_tf_return_value(
      call, 0,
      (ln_tf_value){.kind = LN_TF_LIST, .type = ln_tf_type(ln_tf_dtype(call->def, "element_dtype", LN_DT_FLOAT))});
}

static void push_back(ln_tf_call* call) {
  ln_tensor* item = ln_tf_in(call, 1);
  ln_tensor* row = ln_tf_binary(call, LN_OP_EXPAND_DIMS, item, ln_tf_scalar(call, LN_TYPE_INT32, 0, "axis"), "row");
  if (call->in_count > 0 && call->in[0].kind == LN_TF_LIST && call->in[0].tensor == NULL) {
    return_list(call, row);
    return;
  }
  ln_tensor* parts[] = {ln_tf_in(call, 0), row};
  return_list(call, ln_build_concat(&call->b, 2, parts, 0, call->name));
}

/* Zeros behind it, then the first `size`. */
static void resize(ln_tf_call* call) {
  int32_t size, begin[LN_MAX_DIMS] = {0}, pads[2 * LN_MAX_DIMS] = {0}, extents[LN_MAX_DIMS];
  if (ln_tf_const_ints(call, 1, 1, &size) != 1) return;
  if (call->in_count > 0 && call->in[0].kind == LN_TF_LIST && call->in[0].tensor == NULL) {
    ln_tf_value list = call->in[0];
    list.count = size;
    list.size = NULL;
    ln_tf_return_value(call, 0, list);
    return;
  }
  ln_tensor* list = ln_tf_in(call, 0);
  if (list->rank < 1 || size < 0) {
    ln_tf_fail(call, "the rank of its list is not known");
    return;
  }
  pads[1] = size;
  for (int i = 0; i < list->rank; ++i) extents[i] = i == 0 ? size : -1;
  list = ln_build_pad(&call->b, list, pads, NULL, ln_tf_name(call, "pad"));
  return_list(call, ln_build_slice(&call->b, list, begin, extents, call->name));
}

/* The elements' own first dimensions become one with the list's. */
static void concat(ln_tf_call* call) {
  int32_t dims[LN_MAX_DIMS] = {-1};
  ln_tensor* list = ln_tf_in(call, ln_tf_code(call, ln_tf_lists));
  if (list->rank < 2) {
    ln_tf_fail(call, "its elements have no first dimension");
    return;
  }
  for (int i = 2; i < list->rank; ++i) dims[i - 1] = ln_dim(list, i);
  ln_tf_return(call, 0, ln_build_reshape(&call->b, list, list->rank - 1, dims, call->name));
  const int32_t count = ln_dim(list, 0), length_each = ln_dim(list, 1);
  if (count < 0 || length_each < 0) return;
  int64_t* lengths = ln_job_alloc(call->job, (size_t)count, sizeof *lengths);
  for (int32_t i = 0; i < count; ++i) lengths[i] = length_each;
  ln_tf_return(call, 1,
               ln_graph_constant(call->b.subgraph, ln_tf_name(call, "lengths"), LN_TYPE_INT64, 1, &count, lengths));
}

static void element_shape(ln_tf_call* call) {
  static const int32_t kOne[] = {1};
  ln_tensor* list = ln_tf_in(call, 0);
  const int type = ln_tf_type(ln_tf_dtype(call->def, "shape_type", LN_DT_INT32));
  if (list->rank < 1) {
    ln_tf_fail(call, "the rank of its list is not known");
    return;
  }
  const int32_t rest[] = {list->rank - 1};
  ln_tf_return(call, 0, ln_build_slice(&call->b, ln_tf_extents(call, list, type, "shape"), kOne, rest, call->name));
}

static void nothing(ln_tf_call* call) { (void)call; }

/* The number: which input the list is. */
const ln_tf_lowering ln_tf_lists[] = {
    {"TensorListReserve", reserve, 0},
    {"EmptyTensorList", empty, 0},
    {"TensorListFromTensor", from_tensor, 0},
    {"TensorListGetItem", get_item, 0},
    {"TensorListSetItem", set_item, 0},
    {"TensorListStack", stack, 0},
    {"TensorListLength", length, 0},
    {"TensorListGather", gather, 0},
    {"TensorListScatter", scatter, 0},
    {"TensorListScatterV2", scatter, 0},
    {"TensorListPushBack", push_back, 0},
    {"TensorListResize", resize, 0},
    {"TensorListConcat", concat, 0},
    {"TensorListConcatV2", concat, 0},
    {"TensorListElementShape", element_shape, 0},
    {"TensorArrayV3", array, 0},
    {"TensorArrayReadV3", get_item, 2},
    {"TensorArrayWriteV3", write_array, 0},
    {"TensorArrayGatherV3", gather, 2},
    {"TensorArrayScatterV3", scatter, 0},
    {"TensorArraySizeV3", length, 1},
    {"TensorArrayConcatV3", concat, 1},
    {"TensorArrayCloseV3", nothing, 0},
    {NULL, NULL, 0},
};
