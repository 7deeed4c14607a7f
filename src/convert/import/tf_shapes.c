/* Shapes as values, and tensors made from numbers: FILL, RANGE, ONE_HOT. */
#include <string.h>

#include "convert/import/tf_import.h"

static int out_type(const ln_tf_call* call) { return ln_tf_type(ln_tf_dtype(call->def, "out_type", LN_DT_INT32)); }

static void shape(ln_tf_call* call) {
  ln_tf_return(call, 0, ln_tf_extents(call, ln_tf_in(call, 0), out_type(call), NULL));
}

static void shape_n(ln_tf_call* call) {
  for (int i = 0; i < call->in_count; ++i)
    ln_tf_return(call, i, ln_tf_extents(call, ln_tf_in(call, i), out_type(call), NULL));
}

static void rank(ln_tf_call* call) {
  ln_tensor* x = ln_tf_in(call, 0);
  if (x->rank >= 0)
    ln_tf_return(call, 0, ln_graph_int(call->b.subgraph, call->name, x->rank));
  else
    ln_tf_return(call, 0, ln_build_unary(&call->b, LN_OP_RANK, x, call->name));
}

static void size(ln_tf_call* call) {
  static const int32_t kFirst[] = {0};
  ln_tensor* s = ln_tf_extents(call, ln_tf_in(call, 0), out_type(call), "shape");
  ln_tf_return(call, 0, ln_build_reduce(&call->b, LN_OP_REDUCE_PROD, s, 1, kFirst, false, call->name));
}

static void fill(ln_tf_call* call) {
  ln_tensor* const inputs[] = {ln_tf_in_i32(call, 0), ln_tf_in(call, 1)};
  ln_tf_return(call, 0, ln_build_done(ln_build_node(&call->b, LN_OP_FILL, 2, inputs), call->name, 1));
}

static void range(ln_tf_call* call) {
  ln_tensor* const inputs[] = {ln_tf_in(call, 0), ln_tf_in(call, 1), ln_tf_in(call, 2)};
  ln_tf_return(call, 0, ln_build_done(ln_build_node(&call->b, LN_OP_RANGE, 3, inputs), call->name, 1));
}

static void one_hot(ln_tf_call* call) {
  ln_tensor* const inputs[] = {ln_tf_in(call, 0), ln_tf_in_i32(call, 1), ln_tf_in(call, 2), ln_tf_in(call, 3)};
  ln_node* node = ln_build_node(&call->b, LN_OP_ONE_HOT, 4, inputs);
  LN_SET(node, OneHotOptions, axis, ln_tf_int(call->def, "axis", -1));
  ln_tf_return(call, 0, ln_build_done(node, call->name, 1));
}

static void broadcast_args(ln_tf_call* call) {
  ln_tensor* x = ln_tf_in(call, 0);
  ln_tf_return(call, 0, ln_build_binary(&call->b, LN_OP_BROADCAST_ARGS, x, ln_tf_in(call, 1), call->name));
}

/* start + i * (stop - start) / (count - 1) */
static void lin_space(ln_tf_call* call) {
  double start, stop;
  int32_t count;
  if (!ln_tensor_number(ln_tf_in(call, 0), &start) || !ln_tensor_number(ln_tf_in(call, 1), &stop) ||
      ln_tf_const_ints(call, 2, 1, &count) != 1 || count < 1 || count > 1 << 24) {
    ln_tf_fail(call, "its start, stop and count must be constant");
    return;
  }
  float* numbers = ln_job_alloc(call->job, (size_t)count, sizeof *numbers);
  const float step = count > 1 ? (float)((stop - start) / (count - 1)) : 0;
  for (int32_t i = 0; i < count; ++i) numbers[i] = (float)start + step * (float)i;
  if (count > 1) numbers[count - 1] = (float)stop;
  ln_tf_return(call, 0, ln_graph_constant(call->b.subgraph, call->name, LN_TYPE_FLOAT32, 1, &count, numbers));
}

const ln_tf_lowering ln_tf_shapes[] = {
    {"Shape", shape, 0},        {"ShapeN", shape_n, 0}, {"Rank", rank, 0},      {"Size", size, 0},
    {"Fill", fill, 0},          {"Range", range, 0},    {"OneHot", one_hot, 0}, {"BroadcastArgs", broadcast_args, 0},
    {"LinSpace", lin_space, 0}, {NULL, NULL, 0},
};
