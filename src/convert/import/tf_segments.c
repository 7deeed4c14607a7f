/* Segments, counts, running products and what else sums over groups. */
#include <string.h>

#include "convert/import/tf_import.h"
#include "convert/special.h"

/* Of as many segments as the ids have, or `count` says. */
static ln_tensor* segment_sums(ln_tf_call* call, ln_tensor* x, ln_tensor* ids, ln_tensor* count, const char* what) {
  if (count == NULL) return ln_tf_binary(call, LN_OP_SEGMENT_SUM, x, ids, what);
  ln_tensor* const inputs[] = {x, ids, count};
  return ln_build_done(ln_build_node(&call->b, LN_OP_UNSORTED_SEGMENT_SUM, 3, inputs),
                       what != NULL ? ln_tf_name(call, what) : call->name, 1);
}

/* A vector of as many ones as `ids` has elements, then one column for each dimension that x has more. */
static ln_tensor* counts_like(ln_tf_call* call, ln_tensor* ids, const ln_tensor* x, ln_tensor* count) {
  int32_t dims[LN_MAX_DIMS] = {-1};
  ln_tensor* ones = ln_tf_binary(call, LN_OP_FILL, ln_tf_extents(call, ids, LN_TYPE_INT32, "shape"),
                                 ln_tf_scalar(call, LN_TYPE_FLOAT32, 1, "one"), "ones");
  ln_tensor* sums = segment_sums(call, ones, ids, count, "counts");
  sums = ln_tf_number(call, LN_OP_MAXIMUM, sums, 1, "at_least_1");
  for (int i = 1; i < x->rank; ++i) dims[i] = 1;
  return x->rank > 1 ? ln_build_reshape(&call->b, sums, x->rank, dims, ln_tf_name(call, "column")) : sums;
}

/* SegmentMean, and SparseSegmentSum, -Mean, -SqrtN: of rows that are looked up first. */
static void segment_mean(ln_tf_call* call) {
  const bool sparse = strncmp(call->def->op, "Sparse", 6) == 0, mean = strstr(call->def->op, "Mean") != NULL,
             root = strstr(call->def->op, "SqrtN") != NULL;
  ln_tensor* x = ln_tf_in(call, 0);
  if (sparse) x = ln_tf_binary(call, LN_OP_GATHER, x, ln_tf_in_i32(call, 1), "rows");
  ln_tensor* ids = ln_tf_in_i32(call, sparse ? 2 : 1);
  ln_tensor* count = strstr(call->def->op, "NumSegments") != NULL ? ln_tf_in_i32(call, 3) : NULL;
  ln_tensor* sum = segment_sums(call, x, ids, count, mean || root ? "sum" : NULL);
  if (mean || root) {
    ln_tensor* counts = counts_like(call, ids, x, count);
    if (root) counts = ln_tf_unary(call, LN_OP_SQRT, counts, "roots");
    sum = ln_tf_binary(call, LN_OP_DIV, sum, counts, NULL);
  }
  ln_tf_return(call, 0, sum);
}

/* SegmentMax and its like by those without an order: how many there are is one more than the last. */
static void segment_extreme(ln_tf_call* call) {
  ln_tensor *x = ln_tf_in(call, 0), *ids = ln_tf_in_i32(call, 1);
  static const int32_t kFirst[] = {0};
  ln_tensor* last = ln_build_reduce(&call->b, LN_OP_REDUCE_MAX, ids, 1, kFirst, false, ln_tf_name(call, "last"));
  ln_tensor* count = ln_tf_number(call, LN_OP_ADD, last, 1, "count");
  ln_tensor* const inputs[] = {x, ids, count};
  const int code = ln_tf_code(call, ln_tf_segments);
  ln_tf_return(call, 0, ln_build_done(ln_build_node(&call->b, code, 3, inputs), call->name, 1));
}

/* How often each number is there: the sum of one-hot rows, so that what is too large counts nowhere. */
static void bin_count(ln_tf_call* call) {
  const bool dense = strcmp(call->def->op, "DenseBincount") == 0,
             binary = ln_tf_bool(call->def, "binary_output", false);
  ln_tensor *x = ln_tf_in_i32(call, 0), *size = ln_tf_in_i32(call, 1), *weights = ln_tf_in(call, 2);
  static const int32_t kFlat[] = {-1};
  const int type = ln_tf_type(ln_tf_dtype(call->def, "T", LN_DT_INT32));
  if (ln_tensor_elements(weights) != 0 || x->rank < 0 || (dense && x->rank > 2)) {
    ln_tf_fail(call, "it has weights, or rank %d; without weights and rank 1 or 2 it can be converted", x->rank);
    return;
  }
  if (!dense && x->rank != 1) x = ln_build_reshape(&call->b, x, 1, kFlat, ln_tf_name(call, "flat"));
  ln_tensor* const inputs[] = {x, size, ln_tf_scalar(call, LN_TYPE_INT32, 1, "on"),
                               ln_tf_scalar(call, LN_TYPE_INT32, 0, "off")};
  ln_node* node = ln_build_node(&call->b, LN_OP_ONE_HOT, 4, inputs);
  LN_SET(node, OneHotOptions, axis, -1);
  const int32_t axis[] = {x->rank - 1};
  ln_tensor* ones = ln_build_done(node, ln_tf_name(call, "ones"), 1);
  ln_tensor* sum = x->rank > 0 ? ln_build_reduce(&call->b, binary ? LN_OP_REDUCE_MAX : LN_OP_SUM, ones, 1, axis, false,
                                                 ln_tf_name(call, "sum"))
                               : ones;
  ln_tf_return(call, 0, ln_build_cast(&call->b, sum, type, call->name));
}

/* Whether fewer than k predictions are above that of the target. */
static void in_top_k(ln_tf_call* call) {
  int32_t k;
  static const int32_t kLast[] = {1};
  ln_tensor *x = ln_tf_in(call, 0), *targets = ln_tf_in_i32(call, 1);
  if (call->in_count > 2) {
    if (ln_tf_const_ints(call, 2, 1, &k) != 1) return;
  } else {
    k = (int32_t)ln_tf_int(call->def, "k", 1);
  }
  ln_tensor* column =
      ln_tf_binary(call, LN_OP_EXPAND_DIMS, targets, ln_tf_scalar(call, LN_TYPE_INT32, 1, "axis"), "column");
  ln_node* node = ln_build_node(&call->b, LN_OP_GATHER, 2, (ln_tensor*[]){x, column});
  LN_SET(node, GatherOptions, axis, 1);
  LN_SET(node, GatherOptions, batch_dims, 1);
  ln_tensor* above = ln_tf_binary(call, LN_OP_GREATER, x, ln_build_done(node, ln_tf_name(call, "own"), 1), "above");
  above = ln_build_cast(&call->b, above, LN_TYPE_INT32, ln_tf_name(call, "ones"));
  ln_tensor* sum = ln_build_reduce(&call->b, LN_OP_SUM, above, 1, kLast, false, ln_tf_name(call, "sum"));
  ln_tf_return(call, 0, ln_tf_number(call, LN_OP_LESS, sum, k, NULL));
}

/* One product after the other. */
static void cumprod(ln_tf_call* call) {
  int32_t axis;
  ln_tensor* x = ln_tf_in(call, 0);
  const bool reverse = ln_tf_bool(call->def, "reverse", false), exclusive = ln_tf_bool(call->def, "exclusive", false);
  if (ln_tf_const_ints(call, 1, 1, &axis) != 1) return;
  if (!ln_tf_axis(call, axis, x->rank, &axis)) return;
  const int32_t count = ln_dim(x, axis);
  if (count < 1 || count > LN_MAX_PRODUCTS) {
    ln_tf_fail(call, "its axis has %d elements; 1 to %d can be converted", count, LN_MAX_PRODUCTS);
    return;
  }
  const ln_form form = {call->b, call->name};
  ln_tf_return(call, 0, ln_build_cumprod(&form, x, axis, count, exclusive, reverse, NULL));
}

static void euclidean_norm(ln_tf_call* call) {
  int32_t axes[LN_MAX_DIMS];
  ln_tensor* x = ln_tf_in(call, 0);
  const int count = ln_tf_const_ints(call, 1, LN_MAX_DIMS, axes);
  if (count < 0) return;
  for (int i = 0; i < count; ++i)
    if (!ln_tf_axis(call, axes[i], x->rank, &axes[i])) return;
  ln_tensor* sum = ln_build_reduce(&call->b, LN_OP_SUM, ln_tf_unary(call, LN_OP_SQUARE, x, "square"), count, axes,
                                   ln_tf_bool(call->def, "keep_dims", false), ln_tf_name(call, "sum"));
  ln_tf_return(call, 0, ln_tf_unary(call, LN_OP_SQRT, sum, NULL));
}

/* The n-th smallest is the last of the n + 1 largest of what is negated. */
static void nth_element(ln_tf_call* call) {
  int32_t n, begin[LN_MAX_DIMS] = {0}, size[LN_MAX_DIMS], dims[LN_MAX_DIMS];
  ln_tensor* x = ln_tf_in(call, 0);
  const bool reverse = ln_tf_bool(call->def, "reverse", false);
  if (ln_tf_const_ints(call, 1, 1, &n) != 1) return;
  if (x->rank < 1 || n < 0 || n == INT32_MAX) {
    ln_tf_fail(call, "it looks for element %d of rank %d", n, x->rank);
    return;
  }
  if (!reverse) x = ln_tf_unary(call, LN_OP_NEG, x, "neg");
  ln_node* node =
      ln_build_node(&call->b, LN_OP_TOPK_V2, 2, (ln_tensor*[]){x, ln_tf_scalar(call, LN_TYPE_INT32, n + 1, "k")});
  ln_tensor* top = ln_build_done(node, ln_tf_name(call, "top"), 2);
  for (int i = 0; i < x->rank; ++i) {
    size[i] = i + 1 == x->rank ? 1 : -1;
    dims[i] = ln_dim(x, i);
  }
  begin[x->rank - 1] = n;
  ln_tensor* one = ln_build_slice(&call->b, top, begin, size, ln_tf_name(call, "one"));
  one = ln_build_reshape(&call->b, one, x->rank - 1, dims, reverse ? call->name : ln_tf_name(call, "nth"));
  ln_tf_return(call, 0, reverse ? one : ln_tf_unary(call, LN_OP_NEG, one, NULL));
}

const ln_tf_lowering ln_tf_segments[] = {
    {"SegmentMean", segment_mean, 0},
    {"SparseSegmentSum", segment_mean, 0},
    {"SparseSegmentMean", segment_mean, 0},
    {"SparseSegmentSqrtN", segment_mean, 0},
    {"SparseSegmentSumWithNumSegments", segment_mean, 0},
    {"SparseSegmentMeanWithNumSegments", segment_mean, 0},
    {"SparseSegmentSqrtNWithNumSegments", segment_mean, 0},
    {"SegmentMax", segment_extreme, LN_OP_UNSORTED_SEGMENT_MAX},
    {"SegmentMin", segment_extreme, LN_OP_UNSORTED_SEGMENT_MIN},
    {"SegmentProd", segment_extreme, LN_OP_UNSORTED_SEGMENT_PROD},
    {"Bincount", bin_count, 0},
    {"DenseBincount", bin_count, 0},
    {"InTopK", in_top_k, 0},
    {"InTopKV2", in_top_k, 0},
    {"Cumprod", cumprod, 0},
    {"EuclideanNorm", euclidean_norm, 0},
    {"NthElement", nth_element, 0},
    {NULL, NULL, 0},
};
