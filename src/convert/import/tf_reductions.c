/* Reductions, and what looks along an axis: arguments of extremes, running sums, the largest k. */
#include <string.h>

#include "convert/import/tf_import.h"

static void reduce(ln_tf_call* call) {
  int32_t axes[64];
  ln_tensor* x = ln_tf_in(call, 0);
  const bool keep = ln_tf_bool(call->def, "keep_dims", false);
  if (ln_tensor_is_constant(ln_tf_in(call, 1))) {
    const int count = ln_tf_const_ints(call, 1, 64, axes);
    for (int i = 0; i < count; ++i)
      if (!ln_tf_axis(call, axes[i], x->rank, &axes[i])) return;
    if (count == 0)
      ln_tf_return(call, 0, x);
    else
      ln_tf_return(call, 0,
                   ln_build_reduce(&call->b, ln_tf_code(call, ln_tf_reductions), x, count, axes, keep, call->name));
    return;
  }
  ln_tensor* const inputs[] = {x, ln_tf_in_i32(call, 1)};
  ln_node* node = ln_build_node(&call->b, ln_tf_code(call, ln_tf_reductions), 2, inputs);
  LN_SET(node, ReducerOptions, keep_dims, keep);
  ln_tf_return(call, 0, ln_build_done(node, call->name, 1));
}

static void arg_extreme(ln_tf_call* call) {
  ln_tensor* x = ln_tf_in(call, 0);
  ln_tensor* axis =
      call->in_count > 1 ? ln_tf_in_i32(call, 1) : ln_graph_int(call->b.subgraph, ln_tf_name(call, "axis"), 0);
  ln_tensor* const inputs[] = {x, axis};
  ln_node* node = ln_build_node(&call->b, ln_tf_code(call, ln_tf_reductions), 2, inputs);
  LN_SET(node, ArgMaxOptions, output_type, ln_tf_type(ln_tf_dtype(call->def, "output_type", LN_DT_INT64)));
  ln_tf_return(call, 0, ln_build_done(node, call->name, 1));
}

static void cumsum(ln_tf_call* call) {
  ln_tensor* const inputs[] = {ln_tf_in(call, 0), ln_tf_in_i32(call, 1)};
  ln_node* node = ln_build_node(&call->b, LN_OP_CUMSUM, 2, inputs);
  LN_SET(node, CumsumOptions, exclusive, ln_tf_bool(call->def, "exclusive", false));
  LN_SET(node, CumsumOptions, reverse, ln_tf_bool(call->def, "reverse", false));
  ln_tf_return(call, 0, ln_build_done(node, call->name, 1));
}

static void top_k(ln_tf_call* call) {
  ln_tensor* x = ln_tf_in(call, 0);
  ln_tensor* k = call->in_count > 1
                     ? ln_tf_in_i32(call, 1)
                     : ln_graph_int(call->b.subgraph, ln_tf_name(call, "k"), (int32_t)ln_tf_int(call->def, "k", 1));
  ln_tensor* const inputs[] = {x, k};
  ln_node* node = ln_build_node(&call->b, LN_OP_TOPK_V2, 2, inputs);
  ln_build_done(node, call->name, 2);
  ln_tf_return(call, 0, node->outputs[0]);
  ln_tf_return(call, 1, node->outputs[1]);
}

/* L2Loss: sum x^2 / 2 */
static void l2_loss(ln_tf_call* call) {
  int32_t axes[LN_MAX_DIMS];
  ln_tensor* x = ln_build_unary(&call->b, LN_OP_SQUARE, ln_tf_in(call, 0), ln_tf_name(call, "square"));
  for (int i = 0; i < x->rank; ++i) axes[i] = i;
  if (x->rank > 0) x = ln_build_reduce(&call->b, LN_OP_SUM, x, x->rank, axes, false, ln_tf_name(call, "sum"));
  ln_tf_return(call, 0, ln_build_with_number(&call->b, LN_OP_MUL, x, 0.5, call->name));
}

static void segment_sum(ln_tf_call* call) {
  ln_tensor* const inputs[] = {ln_tf_in(call, 0), ln_tf_in_i32(call, 1)};
  ln_tf_return(call, 0, ln_build_done(ln_build_node(&call->b, LN_OP_SEGMENT_SUM, 2, inputs), call->name, 1));
}

static void unsorted_segment(ln_tf_call* call) {
  ln_tensor* const inputs[] = {ln_tf_in(call, 0), ln_tf_in_i32(call, 1), ln_tf_in_i32(call, 2)};
  ln_tf_return(call, 0,
               ln_build_done(ln_build_node(&call->b, ln_tf_code(call, ln_tf_reductions), 3, inputs), call->name, 1));
}

const ln_tf_lowering ln_tf_reductions[] = {
    {"Mean", reduce, LN_OP_MEAN},
    {"Sum", reduce, LN_OP_SUM},
    {"Max", reduce, LN_OP_REDUCE_MAX},
    {"Min", reduce, LN_OP_REDUCE_MIN},
    {"Prod", reduce, LN_OP_REDUCE_PROD},
    {"Any", reduce, LN_OP_REDUCE_ANY},
    {"All", reduce, LN_OP_REDUCE_ALL},
    {"ArgMax", arg_extreme, LN_OP_ARG_MAX},
    {"ArgMin", arg_extreme, LN_OP_ARG_MIN},
    {"Cumsum", cumsum, 0},
    {"TopK", top_k, 0},
    {"TopKV2", top_k, 0},
    {"L2Loss", l2_loss, 0},
    {"SegmentSum", segment_sum, 0},
    {"UnsortedSegmentSum", unsorted_segment, LN_OP_UNSORTED_SEGMENT_SUM},
    {"UnsortedSegmentMax", unsorted_segment, LN_OP_UNSORTED_SEGMENT_MAX},
    {"UnsortedSegmentMin", unsorted_segment, LN_OP_UNSORTED_SEGMENT_MIN},
    {"UnsortedSegmentProd", unsorted_segment, LN_OP_UNSORTED_SEGMENT_PROD},
    {NULL, NULL, 0},
};
