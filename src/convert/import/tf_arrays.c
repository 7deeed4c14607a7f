/* Operators that move elements: reshapes, transposes, concatenations, splits, slices, gathers, pads. */
#include <string.h>

#include "convert/import/tf_import.h"

void ln_tf_einsum(ln_tf_call* call); /* tf_einsum.c */

static void reshape(ln_tf_call* call) {
  ln_tf_return(call, 0, ln_build_reshape_to(&call->b, ln_tf_in(call, 0), ln_tf_in(call, 1), call->name));
}

static void squeeze(ln_tf_call* call) {
  const int64_t* list = NULL;
  int32_t axes[LN_MAX_DIMS];
  size_t count = ln_tf_ints(call->def, "squeeze_dims", &list);
  if (count == 0) count = ln_tf_ints(call->def, "axis", &list);
  ln_tensor* x = ln_tf_in(call, 0);
  if (count > LN_MAX_DIMS) {
    ln_tf_fail(call, "it squeezes %zu dimensions", count);
    return;
  }
  for (size_t i = 0; i < count; ++i) axes[i] = (int32_t)list[i];
  ln_node* node = ln_build_node(&call->b, LN_OP_SQUEEZE, 1, &x);
  ln_node_set_vector(node, LN_SLOT(SqueezeOptions, squeeze_dims), (uint32_t)count, axes);
  ln_tf_return(call, 0, ln_build_done(node, call->name, 1));
}

static void expand_dims(ln_tf_call* call) {
  ln_tensor* x = ln_tf_in(call, 0);
  ln_tf_return(call, 0, ln_build_binary(&call->b, LN_OP_EXPAND_DIMS, x, ln_tf_in_i32(call, 1), call->name));
}

static void transpose(ln_tf_call* call) {
  ln_tensor* x = ln_tf_in(call, 0);
  ln_tf_return(call, 0, ln_build_binary(&call->b, LN_OP_TRANSPOSE, x, ln_tf_in_i32(call, 1), call->name));
}

static void pack(ln_tf_call* call) {
  ln_tensor** inputs = ln_job_alloc(call->job, (size_t)call->in_count, sizeof(ln_tensor*));
  for (int i = 0; i < call->in_count; ++i) inputs[i] = ln_tf_in(call, i);
  int32_t axis = (int32_t)ln_tf_int(call->def, "axis", 0);
  if (call->in_count == 0) {
    ln_tf_fail(call, "it has no inputs");
    return;
  }
  if (inputs[0]->rank >= 0 && !ln_tf_axis(call, axis, inputs[0]->rank + 1, &axis)) return;
  ln_tf_return(call, 0, ln_build_pack(&call->b, call->in_count, inputs, axis, call->name));
}

static void return_all(ln_tf_call* call, ln_node* node, int64_t count) {
  ln_build_done(node, call->name, (int)count);
  for (int i = 0; i < count; ++i) ln_tf_return(call, i, node->outputs[i]);
}

/* A number of outputs as an attribute says it; -1: not one that a node can have. */
static int64_t output_count(ln_tf_call* call, const char* attribute) {
  const int64_t count = ln_tf_int(call->def, attribute, 0);
  if (count > 0 && count <= 64) return count;
  ln_tf_fail(call, "it has %lld outputs; 1 to 64 can be converted", (long long)count);
  return -1;
}

static void unpack(ln_tf_call* call) {
  ln_tensor *x = ln_tf_in(call, 0), *parts[64];
  const int64_t count = output_count(call, "num");
  int32_t axis;
  if (count < 0 || !ln_tf_axis(call, (int32_t)ln_tf_int(call->def, "axis", 0), x->rank, &axis)) return;
  ln_build_unpack(&call->b, x, axis, (int)count, call->name, parts);
  for (int i = 0; i < count; ++i) ln_tf_return(call, i, parts[i]);
}

/* ConcatV2 has the axis last, Concat first. */
static void concat(ln_tf_call* call) {
  const bool last = strcmp(call->def->op, "ConcatV2") == 0;
  const int count = call->in_count - 1;
  int32_t axis;
  if (count < 1 || ln_tf_const_ints(call, last ? count : 0, 1, &axis) != 1) {
    ln_tf_fail(call, "its axis must be constant");
    return;
  }
  ln_tensor** inputs = ln_job_alloc(call->job, (size_t)count, sizeof(ln_tensor*));
  for (int i = 0; i < count; ++i) inputs[i] = ln_tf_in(call, last ? i : i + 1);
  if (!ln_tf_axis(call, axis, inputs[0]->rank, &axis)) return;
  ln_tf_return(call, 0, ln_build_concat(&call->b, count, inputs, axis, call->name));
}

static void split(ln_tf_call* call) {
  const int64_t count = output_count(call, "num_split");
  if (count < 0) return;
  ln_tensor* const inputs[] = {ln_tf_in_i32(call, 0), ln_tf_in(call, 1)};
  ln_node* node = ln_build_node(&call->b, LN_OP_SPLIT, 2, inputs);
  LN_SET(node, SplitOptions, num_splits, count);
  return_all(call, node, count);
}

static void split_v(ln_tf_call* call) {
  const int64_t count = output_count(call, "num_split");
  if (count < 0) return;
  ln_tensor* const inputs[] = {ln_tf_in(call, 0), ln_tf_in_i32(call, 1), ln_tf_in_i32(call, 2)};
  ln_node* node = ln_build_node(&call->b, LN_OP_SPLIT_V, 3, inputs);
  LN_SET(node, SplitVOptions, num_splits, count);
  return_all(call, node, count);
}

static void slice(ln_tf_call* call) {
  ln_tensor* const inputs[] = {ln_tf_in(call, 0), ln_tf_in_i32(call, 1), ln_tf_in_i32(call, 2)};
  ln_tf_return(call, 0, ln_build_done(ln_build_node(&call->b, LN_OP_SLICE, 3, inputs), call->name, 1));
}

static void strided_slice(ln_tf_call* call) {
  ln_tensor* const inputs[] = {ln_tf_in(call, 0), ln_tf_in_i32(call, 1), ln_tf_in_i32(call, 2), ln_tf_in_i32(call, 3)};
  ln_node* node = ln_build_node(&call->b, LN_OP_STRIDED_SLICE, 4, inputs);
  LN_SET(node, StridedSliceOptions, begin_mask, ln_tf_int(call->def, "begin_mask", 0));
  LN_SET(node, StridedSliceOptions, end_mask, ln_tf_int(call->def, "end_mask", 0));
  LN_SET(node, StridedSliceOptions, ellipsis_mask, ln_tf_int(call->def, "ellipsis_mask", 0));
  LN_SET(node, StridedSliceOptions, new_axis_mask, ln_tf_int(call->def, "new_axis_mask", 0));
  LN_SET(node, StridedSliceOptions, shrink_axis_mask, ln_tf_int(call->def, "shrink_axis_mask", 0));
  ln_tf_return(call, 0, ln_build_done(node, call->name, 1));
}

static void gather(ln_tf_call* call) {
  int32_t axis = 0, batch_dims = (int32_t)ln_tf_int(call->def, "batch_dims", 0);
  ln_tensor *x = ln_tf_in(call, 0), *indices = ln_tf_in(call, 1);
  if (call->in_count > 2 && ln_tf_const_ints(call, 2, 1, &axis) != 1) {
    ln_tf_fail(call, "its axis must be constant");
    return;
  }
  if (axis != 0 && !ln_tf_axis(call, axis, x->rank, &axis)) return;
  if (batch_dims < 0 && indices->rank >= 0) batch_dims += indices->rank;
  ln_tensor* const inputs[] = {x, indices};
  ln_node* node = ln_build_node(&call->b, LN_OP_GATHER, 2, inputs);
  LN_SET(node, GatherOptions, axis, axis);
  LN_SET(node, GatherOptions, batch_dims, batch_dims);
  ln_tf_return(call, 0, ln_build_done(node, call->name, 1));
}

static void two_with_indices(ln_tf_call* call, int code) {
  ln_tensor* x = ln_tf_in(call, 0);
  ln_tf_return(call, 0, ln_build_binary(&call->b, code, x, ln_tf_in_i32(call, 1), call->name));
}

static void gather_nd(ln_tf_call* call) { two_with_indices(call, LN_OP_GATHER_ND); }
static void tile(ln_tf_call* call) { two_with_indices(call, LN_OP_TILE); }
static void broadcast_to(ln_tf_call* call) { two_with_indices(call, LN_OP_BROADCAST_TO); }
static void reverse(ln_tf_call* call) { two_with_indices(call, LN_OP_REVERSE_V2); }
static void pad(ln_tf_call* call) { two_with_indices(call, LN_OP_PAD); }

static void pad_v2(ln_tf_call* call) {
  ln_tensor* const inputs[] = {ln_tf_in(call, 0), ln_tf_in_i32(call, 1), ln_tf_in(call, 2)};
  ln_tf_return(call, 0, ln_build_done(ln_build_node(&call->b, LN_OP_PADV2, 3, inputs), call->name, 1));
}

static void mirror_pad(ln_tf_call* call) {
  ln_tensor* const inputs[] = {ln_tf_in(call, 0), ln_tf_in_i32(call, 1)};
  ln_node* node = ln_build_node(&call->b, LN_OP_MIRROR_PAD, 2, inputs);
  LN_SET(node, MirrorPadOptions, mode, ln_tf_is(call->def, "mode", "SYMMETRIC", false));
  ln_tf_return(call, 0, ln_build_done(node, call->name, 1));
}

static void reverse_sequence(ln_tf_call* call) {
  ln_tensor* const inputs[] = {ln_tf_in(call, 0), ln_tf_in(call, 1)};
  ln_node* node = ln_build_node(&call->b, LN_OP_REVERSE_SEQUENCE, 2, inputs);
  LN_SET(node, ReverseSequenceOptions, seq_dim, ln_tf_int(call->def, "seq_dim", 0));
  LN_SET(node, ReverseSequenceOptions, batch_dim, ln_tf_int(call->def, "batch_dim", 0));
  ln_tf_return(call, 0, ln_build_done(node, call->name, 1));
}

static void space_depth(ln_tf_call* call) {
  const bool to_depth = call->def->op[0] == 'S';
  ln_tensor* x = ln_tf_to_nhwc(call, ln_tf_in(call, 0));
  ln_node* node = ln_build_node(&call->b, to_depth ? LN_OP_SPACE_TO_DEPTH : LN_OP_DEPTH_TO_SPACE, 1, &x);
  LN_SET(node, SpaceToDepthOptions, block_size, ln_tf_int(call->def, "block_size", 0));
  ln_tf_return(call, 0,
               ln_tf_to_nchw(call, ln_build_done(node, ln_tf_is_nchw(call) ? ln_tf_name(call, "nhwc") : call->name, 1),
                             call->name));
}

/* TFLite's blocks are of all dimensions between the first and the last; TensorFlow's of as many as it says, behind
 * which may be any number of others. */
static void space_batch(ln_tf_call* call) {
  ln_tensor *x = ln_tf_in(call, 0), *block = ln_tf_in_i32(call, 1);
  const int code = call->def->op[0] == 'S' ? LN_OP_SPACE_TO_BATCH_ND : LN_OP_BATCH_TO_SPACE_ND;
  const int count = block->rank == 1 && ln_dim_is_known(block, 0) ? ln_dim(block, 0) : x->rank - 2;
  const bool plain = x->rank == count + 2 || x->rank < count + 1 || count < 1;
  int32_t dims[LN_MAX_DIMS];
  int unknown = 0;
  for (int i = 0; i < x->rank; ++i) {
    dims[i] = i <= count ? LN_DIM_OF(i) : ln_dim(x, i);
    unknown += i > count && dims[i] < 0;
  }
  if (!plain && (unknown > 1 || count + 2 > LN_MAX_DIMS)) {
    ln_tf_fail(call, "%d dimensions of unknown extents behind those of its blocks cannot be converted; one can",
               unknown);
    return;
  }
  const ln_form f = {call->b, call->name};
  int32_t flat[LN_MAX_DIMS];
  for (int i = 0; i <= count && !plain; ++i) flat[i] = LN_DIM_OF(i);
  if (!plain) flat[count + 1] = -1;
  ln_tensor* const inputs[] = {plain ? x : ln_form_reshape(&f, x, count + 2, flat, "flat"), block,
                               ln_tf_in_i32(call, 2)};
  ln_tensor* y =
      ln_build_done(ln_build_node(&call->b, code, 3, inputs), plain ? call->name : ln_tf_name(call, "blocks"), 1);
  ln_tf_return(call, 0, plain ? y : ln_form_reshape(&f, y, x->rank, dims, NULL));
}

static void scatter_nd(ln_tf_call* call) {
  ln_tensor* const inputs[] = {ln_tf_in_i32(call, 0), ln_tf_in(call, 1), ln_tf_in_i32(call, 2)};
  ln_tf_return(call, 0, ln_build_done(ln_build_node(&call->b, LN_OP_SCATTER_ND, 3, inputs), call->name, 1));
}

/* SCATTER_ND makes sums: in place of what is there goes by a mask, and places that are named twice are sums of all that
 * names them, where TensorFlow takes any one. */
ln_tensor* ln_tf_scatter(ln_tf_call* call, ln_tensor* x, ln_tensor* indices, ln_tensor* updates, int code) {
  const ln_builder* b = &call->b;
  ln_tensor* extents = ln_tf_extents(call, x, LN_TYPE_INT32, "shape");
  ln_tensor* const inputs[] = {indices, updates, extents};
  ln_tensor* spread = ln_build_done(ln_build_node(b, LN_OP_SCATTER_ND, 3, inputs), ln_tf_name(call, "spread"), 1);
  if (code != LN_OP_CUSTOM) return ln_build_binary(b, code, x, spread, call->name);
  ln_tensor* const fill[] = {ln_tf_extents(call, updates, LN_TYPE_INT32, "count"),
                             ln_graph_int(b->subgraph, ln_tf_name(call, "one"), 1)};
  ln_tensor* ones = ln_build_done(ln_build_node(b, LN_OP_FILL, 2, fill), ln_tf_name(call, "ones"), 1);
  ln_tensor* const places[] = {indices, ones, extents};
  ln_tensor* mask = ln_build_done(ln_build_node(b, LN_OP_SCATTER_ND, 3, places), ln_tf_name(call, "named"), 1);
  return ln_tf_choose(call, ln_tf_number(call, LN_OP_GREATER, mask, 0, "mask"), spread, x, NULL);
}

static void tensor_scatter(ln_tf_call* call) {
  const char* what = call->def->op + strlen("TensorScatter");
  const int code = strcmp(what, "Add") == 0 ? LN_OP_ADD : strcmp(what, "Sub") == 0 ? LN_OP_SUB : LN_OP_CUSTOM;
  ln_tensor *x = ln_tf_in(call, 0), *updates = ln_tf_in(call, 2);
  ln_tf_return(call, 0, ln_tf_scatter(call, x, ln_tf_in_i32(call, 1), updates, code));
}

static void where(ln_tf_call* call) {
  ln_tf_return(call, 0, ln_build_unary(&call->b, LN_OP_WHERE, ln_tf_in(call, 0), call->name));
}

static void sparse_to_dense(ln_tf_call* call) {
  ln_tensor* const inputs[] = {ln_tf_in(call, 0), ln_tf_in(call, 1), ln_tf_in(call, 2), ln_tf_in(call, 3)};
  ln_node* node = ln_build_node(&call->b, LN_OP_SPARSE_TO_DENSE, 4, inputs);
  LN_SET(node, SparseToDenseOptions, validate_indices, ln_tf_bool(call->def, "validate_indices", true));
  ln_tf_return(call, 0, ln_build_done(node, call->name, 1));
}

const ln_tf_lowering ln_tf_arrays[] = {
    {"Reshape", reshape, 0},
    {"Squeeze", squeeze, 0},
    {"ExpandDims", expand_dims, 0},
    {"Transpose", transpose, 0},
    {"ConjugateTranspose", transpose, 0},
    {"Pack", pack, 0},
    {"Unpack", unpack, 0},
    {"Concat", concat, 0},
    {"ConcatV2", concat, 0},
    {"Split", split, 0},
    {"SplitV", split_v, 0},
    {"Slice", slice, 0},
    {"StridedSlice", strided_slice, 0},
    {"Gather", gather, 0},
    {"GatherV2", gather, 0},
    {"GatherNd", gather_nd, 0},
    {"Tile", tile, 0},
    {"BroadcastTo", broadcast_to, 0},
    {"ReverseV2", reverse, 0},
    {"Pad", pad, 0},
    {"PadV2", pad_v2, 0},
    {"MirrorPad", mirror_pad, 0},
    {"ReverseSequence", reverse_sequence, 0},
    {"SpaceToDepth", space_depth, 0},
    {"DepthToSpace", space_depth, 0},
    {"SpaceToBatchND", space_batch, 0},
    {"BatchToSpaceND", space_batch, 0},
    {"ScatterNd", scatter_nd, 0},
    {"TensorScatterUpdate", tensor_scatter, 0},
    {"TensorScatterAdd", tensor_scatter, 0},
    {"TensorScatterSub", tensor_scatter, 0},
    {"Where", where, 0},
    {"SparseToDense", sparse_to_dense, 0},
    {"Einsum", ln_tf_einsum, 0},
    {NULL, NULL, 0},
};
