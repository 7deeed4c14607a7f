/* Elements by places that are computed: searches in sorted rows, places of parts, writes into a tensor. */
#include <string.h>

#include "convert/import/tf_import.h"

static ln_tensor* with_dim(ln_tf_call* call, ln_tensor* x, int32_t axis) {
  return ln_tf_binary(call, LN_OP_EXPAND_DIMS, x, ln_tf_scalar(call, LN_TYPE_INT32, axis, "axis"), "dim");
}

/* How many of each sorted row are below (or not above) each value: [N,M] of rows [N,K] and values [N,M]. */
static void bound(ln_tf_call* call) {
  static const int32_t kLast[] = {2};
  ln_tensor *rows = ln_tf_in(call, 0), *values = ln_tf_in(call, 1);
  const int type = ln_tf_type(ln_tf_dtype(call->def, "out_type", LN_DT_INT32));
  if (rows->rank != 2 || values->rank != 2) {
    ln_tf_fail(call, "its rows have rank %d and its values %d; 2 and 2 are right", rows->rank, values->rank);
    return;
  }
  const int code = strcmp(call->def->op, "LowerBound") == 0 ? LN_OP_LESS : LN_OP_LESS_EQUAL;
  ln_tensor* below = ln_tf_binary(call, code, with_dim(call, rows, 1), with_dim(call, values, 2), "below");
  below = ln_build_cast(&call->b, below, LN_TYPE_INT32, ln_tf_name(call, "ones"));
  below = ln_build_reduce(&call->b, LN_OP_SUM, below, 1, kLast, false, ln_tf_name(call, "sum"));
  ln_tf_return(call, 0, ln_build_cast(&call->b, below, type, call->name));
}

/* Where each of several tensors that are put together begins: their shapes' sums along one dimension. */
static void concat_offset(ln_tf_call* call) {
  int32_t axis, flags[LN_MAX_DIMS] = {0};
  if (ln_tf_const_ints(call, 0, 1, &axis) != 1 || call->in_count < 2) return;
  const ln_tensor* first = ln_tf_in(call, 1);
  const int32_t rank = first->rank == 1 ? ln_dim(first, 0) : -1;
  if (rank < 1 || rank > LN_MAX_DIMS || axis < -rank || axis >= rank) {
    ln_tf_fail(call, "its dimension %d is outside of shapes of rank %d", axis, rank);
    return;
  }
  flags[axis < 0 ? axis + rank : axis] = 1;
  ln_tensor* chosen = ln_graph_ints(call->b.subgraph, ln_tf_name(call, "dimension"), rank, flags);
  ln_tensor* sum = ln_tf_unary(call, LN_OP_ZEROS_LIKE, ln_tf_in_i32(call, 1), "zeros");
  for (int i = 0; i + 1 < call->in_count; ++i) {
    ln_tf_return(call, i, sum);
    ln_tensor* own = ln_tf_binary(call, LN_OP_MUL, ln_tf_in_i32(call, i + 1), chosen, "extent");
    sum = ln_tf_binary(call, LN_OP_ADD, sum, own, "offset");
  }
}

/* A place among all elements as one number for each dimension: divided by what a step in it spans. */
static void unravel_index(ln_tf_call* call) {
  ln_tensor *places = ln_tf_in_i32(call, 0), *dims = ln_tf_in_i32(call, 1);
  const int type = ln_tf_type(ln_tf_dtype(call->def, "Tidx", LN_DT_INT32));
  int32_t extents[LN_MAX_DIMS];
  const int rank = ln_tf_const_ints(call, 1, LN_MAX_DIMS, extents);
  if (rank < 1 || places->rank < 0 || places->rank > 1) {
    if (!dims->broken) ln_tf_fail(call, "it needs constant extents, and places of rank 0 or 1");
    return;
  }
  int64_t span = 1;
  ln_tensor* parts[LN_MAX_DIMS];
  for (int i = rank - 1; i >= 0; --i) {
    if (extents[i] < 1 || span > INT32_MAX / extents[i]) {
      ln_tf_fail(call, "its extents are no shape of fewer than 2^31 elements");
      return;
    }
    parts[i] = ln_tf_number(call, LN_OP_FLOOR_DIV, places, (double)span, "divided");
    if (i > 0) parts[i] = ln_tf_number(call, LN_OP_FLOOR_MOD, parts[i], extents[i], "part");
    span *= extents[i];
  }
  ln_node* node = ln_build_node(&call->b, LN_OP_PACK, rank, parts);
  LN_SET(node, PackOptions, values_count, rank);
  LN_SET(node, PackOptions, axis, 0);
  ln_tf_return(call, 0, ln_build_cast(&call->b, ln_build_done(node, ln_tf_name(call, "parts"), 1), type, call->name));
}

/* InplaceUpdate, -Add, -Sub: rows of x, which nobody else sees change. */
static void write_rows(ln_tf_call* call) {
  ln_tensor *x = ln_tf_in(call, 0), *rows = with_dim(call, ln_tf_in_i32(call, 1), -1), *values = ln_tf_in(call, 2);
  ln_tf_return(call, 0, ln_tf_scatter(call, x, rows, values, ln_tf_code(call, ln_tf_places)));
}

/* Into a tensor, from a place on: constant, or a vector. */
static void dynamic_update_slice(ln_tf_call* call) {
  ln_tensor* const inputs[] = {ln_tf_in(call, 0), ln_tf_in(call, 1), ln_tf_in_i32(call, 2)};
  ln_tf_return(call, 0, ln_build_done(ln_build_node(&call->b, LN_OP_DYNAMIC_UPDATE_SLICE, 3, inputs), call->name, 1));
}

/* Out of it: the place is moved so that all of the part lies inside. */
static void dynamic_slice(ln_tf_call* call) {
  ln_tensor *x = ln_tf_in(call, 0), *begin = ln_tf_in_i32(call, 1), *size = ln_tf_in_i32(call, 2);
  ln_tensor* last = ln_tf_binary(call, LN_OP_SUB, ln_tf_extents(call, x, LN_TYPE_INT32, "shape"), size, "last");
  begin = ln_tf_binary(call, LN_OP_MINIMUM, begin, last, "not_behind");
  begin = ln_tf_number(call, LN_OP_MAXIMUM, begin, 0, "begin");
  ln_tensor* const inputs[] = {x, begin, size};
  ln_tf_return(call, 0, ln_build_done(ln_build_node(&call->b, LN_OP_SLICE, 3, inputs), call->name, 1));
}

/* x with the largest (or smallest) of what is there and of updates at places that differ from each other. */
static void scatter_extreme(ln_tf_call* call) {
  ln_tensor *x = ln_tf_in(call, 0), *indices = ln_tf_in_i32(call, 1), *updates = ln_tf_in(call, 2);
  ln_node* node = ln_build_node(&call->b, LN_OP_GATHER_ND, 2, (ln_tensor*[]){x, indices});
  ln_tensor* there = ln_build_done(node, ln_tf_name(call, "there"), 1);
  int64_t places[64];
  const int64_t count = ln_tensor_elements(indices),
                width = indices->rank > 0 ? ln_dim(indices, indices->rank - 1) : -1;
  bool apart = width > 0 && count <= 64 && ln_tensor_ints(indices, (int)count, places);
  for (int64_t i = 0; i < count && apart; i += width)
    for (int64_t k = 0; k < i && apart; k += width)
      apart = memcmp(places + i, places + k, (size_t)width * sizeof *places) != 0;
  if (!apart) {
    ln_tf_fail(call, "its indices must be constant, at most 64 numbers, and differ from each other");
    return;
  }
  updates = ln_tf_binary(call, ln_tf_code(call, ln_tf_places), updates, there, "extreme");
  ln_tf_return(call, 0, ln_tf_scatter(call, x, indices, updates, LN_OP_CUSTOM));
}

const ln_tf_lowering ln_tf_places[] = {
    {"LowerBound", bound, 0},
    {"UpperBound", bound, 0},
    {"ConcatOffset", concat_offset, 0},
    {"UnravelIndex", unravel_index, 0},
    {"InplaceUpdate", write_rows, LN_OP_CUSTOM},
    {"InplaceAdd", write_rows, LN_OP_ADD},
    {"InplaceSub", write_rows, LN_OP_SUB},
    {"XlaDynamicUpdateSlice", dynamic_update_slice, 0},
    {"XlaDynamicSlice", dynamic_slice, 0},
    {"TensorScatterMax", scatter_extreme, LN_OP_MAXIMUM},
    {"TensorScatterMin", scatter_extreme, LN_OP_MINIMUM},
    {NULL, NULL, 0},
};
