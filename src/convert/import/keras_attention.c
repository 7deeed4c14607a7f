/* Attention: projections are fully connected operators, products of queries, keys and values batch matrix products. */
#include <math.h>
#include <string.h>

#include "convert/band.h"
#include "convert/import/keras_einsum.h"

/* An argument by name, else the tensor at its place among all. NULL: none. */
static ln_tensor* role(ln_keras_call* call, int position, const char* name) {
  const cJSON* json = ln_keras_arg(call, position, name);
  ln_tensor* tensor = ln_keras_reference(call, json);
  if (tensor != NULL) return tensor;
  return call->kwargs == NULL && position < call->in_count ? call->in[position] : NULL;
}

static bool is_true(const ln_keras_call* call, const char* name) { return cJSON_IsTrue(ln_keras_arg(call, -1, name)); }

/* ---- Masks of scores [..., T, S] ---- */

/* A lower triangle, and a band where there is a window. */
static ln_tensor* causal_mask(ln_keras_call* call, ln_tensor* scores, bool causal, int32_t window) {
  const ln_form form = {call->b, ln_keras_name(call, "causal_mask")};
  const int32_t width = window < 0 ? -1 : window - 1, dims[] = {1, LN_DIM_OF(0), LN_DIM_OF(1)};
  return ln_form_reshape(&form, ln_band(&form, scores, width, causal ? 0 : width), 3, dims, NULL);
}

static ln_tensor* both(ln_keras_call* call, ln_tensor* a, ln_tensor* b) {
  if (a == NULL || b == NULL) return a != NULL ? a : b;
  return ln_keras_binary(call, LN_OP_LOGICAL_AND, a, b, "masks");
}

/* [B,n] as [B,1,n] or [B,n,1]. */
static ln_tensor* padding_mask(ln_keras_call* call, ln_tensor* mask, bool is_query) {
  if (mask == NULL) return NULL;
  const int32_t key[] = {LN_KERAS_DIM(0), 1, LN_KERAS_DIM(1)}, query[] = {LN_KERAS_DIM(0), LN_KERAS_DIM(1), 1};
  mask = ln_build_cast(&call->b, mask, LN_TYPE_BOOL, ln_keras_name(call, "mask"));
  return mask->rank == 2 ? ln_keras_reshape(call, mask, 3, is_query ? query : key, ln_keras_name(call, "mask")) : mask;
}

/* Scores with what the mask leaves out made very small. */
static ln_tensor* masked(ln_keras_call* call, ln_tensor* scores, ln_tensor* mask) {
  if (mask == NULL) return scores;
  if (mask->rank == 3 && scores->rank == 4) { /* the same for all heads */
    const int32_t dims[] = {LN_KERAS_DIM(0), 1, LN_KERAS_DIM(1), LN_KERAS_DIM(2)};
    mask = ln_keras_reshape(call, mask, 4, dims, ln_keras_name(call, "mask_of_heads"));
  }
  ln_tensor* const inputs[] = {mask, scores, ln_graph_float(call->b.subgraph, ln_keras_name(call, "least"), -1e9f)};
  return ln_build_done(ln_build_node(&call->b, LN_OP_SELECT_V2, 3, inputs), ln_keras_name(call, "masked"), 1);
}

/* ---- Multi-head ---- */

/* A dense layer within: `equation` of its kernel, bias along the kernel's last `bias_rank` dimensions. NULL: noted. */
static ln_tensor* inner_dense(ln_keras_call* call, const char* attribute, const char* scope, const char* equation,
                              int kernel_rank, int bias_rank, ln_tensor* x) {
  ln_keras_array kernel, bias, probe;
  ln_keras_weights weights = ln_keras_part(&call->weights, attribute, scope);
  if (!ln_keras_read(&weights, 0, "kernel", &probe))
    weights = ln_keras_part(&call->weights, ln_job_text(call->job, "_%s", attribute), scope);
  if (!ln_keras_weight_of(call, &weights, 0, "kernel", kernel_rank, NULL, &kernel)) return NULL;
  const bool has_bias = ln_keras_flag(call, "use_bias", true);
  if (has_bias &&
      !ln_keras_weight_of(call, &weights, 1, "bias", bias_rank, kernel.dims + kernel_rank - bias_rank, &bias))
    return NULL;
  const bool last = strcmp(scope, "attention_output") == 0;
  ln_tensor* y =
      ln_keras_einsum_weights(call, equation, x, &kernel, last && !has_bias ? call->name : ln_keras_name(call, scope));
  if (y == NULL || !has_bias) return y;
  return ln_keras_binary(call, LN_OP_ADD, y, ln_keras_constant(call, &bias, "bias"), last ? NULL : "biased");
}

/* Heads of keys and values that several heads of queries share. */
static ln_tensor* share_heads(ln_keras_call* call, ln_tensor* x, int32_t times) {
  if (times <= 1) return x;
  const int32_t spread[] = {LN_KERAS_DIM(0), LN_KERAS_DIM(1), LN_KERAS_DIM(2), 1, LN_KERAS_DIM(3)};
  const int32_t repeats[] = {1, 1, 1, times, 1};
  const int32_t dims[] = {LN_KERAS_DIM(0), LN_KERAS_DIM(1), ln_dim(x, 2) * times, LN_KERAS_DIM(4)};
  x = ln_keras_reshape(call, x, 5, spread, ln_keras_name(call, "shared"));
  x = ln_keras_binary(call, LN_OP_TILE, x, ln_graph_ints(call->b.subgraph, ln_keras_name(call, "times"), 5, repeats),
                      "repeated");
  return ln_keras_reshape(call, x, 4, dims, ln_keras_name(call, "heads"));
}

static ln_tensor* masks_of(ln_keras_call* call, ln_tensor* scores, ln_tensor* q, ln_tensor* v, ln_tensor* k) {
  ln_tensor* given = ln_keras_reference(call, ln_keras_arg(call, -1, "attention_mask"));
  ln_tensor* query = ln_keras_reference(call, ln_keras_arg(call, -1, "query_mask"));
  ln_tensor* value = ln_keras_reference(call, ln_keras_arg(call, -1, "value_mask"));
  ln_tensor* key = ln_keras_reference(call, ln_keras_arg(call, -1, "key_mask"));
  if (query == NULL) query = ln_keras_mask_of(call, q);
  if (value == NULL) value = ln_keras_mask_of(call, v);
  if (key == NULL && k != v) key = ln_keras_mask_of(call, k);
  ln_tensor* mask = both(call, padding_mask(call, query, true), padding_mask(call, value, false));
  mask = both(call, mask, padding_mask(call, key, false));
  const int32_t window = ln_keras_int(call, "sliding_window", -1);
  const bool causal = is_true(call, "use_causal_mask");
  if (causal || window >= 0) mask = both(call, mask, causal_mask(call, scores, causal, window));
  if (given == NULL) return mask;
  return both(call, ln_build_cast(&call->b, given, LN_TYPE_BOOL, ln_keras_name(call, "mask")), mask);
}

/* Attention over some dimensions of more than one: those become one, the others join the batch. */
typedef struct folding {
  int rank;
  int order[LN_MAX_DIMS], batch_count; /* batch dimensions, those attended over, the last */
  int32_t extents[LN_MAX_DIMS];        /* of the query, in that order; -1: the batch's, unknown */
} folding;

/* False: noted. */
static bool read_folding(ln_keras_call* call, const ln_tensor* q, const ln_tensor* v, const ln_tensor* k, folding* f) {
  int32_t axes[LN_MAX_DIMS];
  const cJSON* given = ln_keras_get(call, "attention_axes");
  int count = given != NULL ? ln_keras_list(given, LN_MAX_DIMS, axes) : 0;
  f->rank = q->rank;
  if (given == NULL)
    for (count = 0; count < q->rank - 2; ++count) axes[count] = count + 1;
  uint32_t attended = 0;
  bool fits = count > 0 && q->rank >= 3 && q->rank <= LN_MAX_DIMS && v->rank == q->rank && k->rank == q->rank;
  for (int i = 0; i < count && fits; ++i) {
    const int axis = axes[i] < 0 ? axes[i] + q->rank : axes[i];
    fits = axis >= 1 && axis < q->rank - 1 && (attended & 1u << axis) == 0 && (i == 0 || axis > f->order[i - 1]);
    if (fits) attended |= 1u << axis;
    f->order[i] = axis;
  }
  if (!fits) {
    ln_keras_fail(call,
                  "its query has rank %d, and its attention_axes are no rising ones between the first and the last",
                  q->rank);
    return false;
  }
  int n = 0;
  for (int i = 0; i < q->rank; ++i)
    if ((attended & 1u << i) == 0 && i < q->rank - 1) f->order[n++] = i;
  f->batch_count = n;
  for (int i = 0; i < q->rank; ++i)
    if ((attended & 1u << i) != 0 || i == q->rank - 1) f->order[n++] = i;
  if (f->rank == 3) return true;
  bool known = ln_keras_arg(call, -1, "attention_mask") == NULL && !is_true(call, "use_causal_mask") &&
               !is_true(call, "return_attention_scores") && ln_keras_mask_of(call, q) == NULL;
  for (int i = 0; i < f->rank; ++i) {
    f->extents[i] = ln_dim(q, f->order[i]);
    if (f->order[i] > 0) known = known && f->extents[i] > 0 && ln_dim(v, f->order[i]) > 0 && ln_dim(k, f->order[i]) > 0;
  }
  if (!known)
    ln_keras_fail(call,
                  "attention of rank %d with masks, scores to return or extents that are not known cannot be "
                  "converted; of rank 3 it can",
                  f->rank);
  return known;
}

static ln_tensor* fold_steps(ln_keras_call* call, ln_tensor* x, const folding* f) {
  int32_t order[LN_MAX_DIMS];
  if (f->rank == 3) return x;
  for (int i = 0; i < f->rank; ++i) order[i] = f->order[i];
  x = ln_build_transpose(&call->b, x, order, ln_keras_name(call, "steps"));
  int64_t steps = 1;
  for (int i = f->batch_count; i < f->rank - 1; ++i) steps = steps <= INT32_MAX ? steps * ln_dim(x, i) : steps;
  const int32_t dims[] = {f->batch_count == 1 ? LN_KERAS_DIM(0) : -1, steps <= INT32_MAX ? (int32_t)steps : -1,
                          ln_dim(x, f->rank - 1)};
  return ln_keras_reshape(call, x, 3, dims, ln_keras_name(call, "folded"));
}

static ln_tensor* unfold_steps(ln_keras_call* call, ln_tensor* y, const folding* f) {
  int32_t dims[LN_MAX_DIMS], order[LN_MAX_DIMS];
  if (f->rank == 3 || y->rank != 3) return y;
  for (int i = 0; i < f->rank; ++i) {
    dims[i] = i == f->rank - 1 ? ln_dim(y, 2) : f->extents[i];
    order[f->order[i]] = i;
  }
  y = ln_keras_reshape(call, y, f->rank, dims, ln_keras_name(call, "unfolded"));
  return ln_build_transpose(&call->b, y, order, call->name);
}

static void multi_head(ln_keras_call* call) {
  ln_tensor *q = call->in[0], *v = role(call, 1, "value"), *k = role(call, 2, "key");
  if (v == NULL) v = q;
  if (k == NULL) k = v;
  folding fold;
  if (!read_folding(call, q, v, k, &fold)) return;
  q = fold_steps(call, q, &fold);
  k = k == v ? NULL : fold_steps(call, k, &fold);
  v = fold_steps(call, v, &fold);
  if (k == NULL) k = v;
  ln_tensor* query = inner_dense(call, "query_dense", "query", "abc,cde->abde", 3, 2, q);
  ln_tensor* key = query != NULL ? inner_dense(call, "key_dense", "key", "abc,cde->abde", 3, 2, k) : NULL;
  ln_tensor* value = key != NULL ? inner_dense(call, "value_dense", "value", "abc,cde->abde", 3, 2, v) : NULL;
  if (value == NULL || query->rank != 4 || key->rank != 4 || value->rank != 4) return;
  const int32_t heads = ln_dim(query, 2), groups = ln_dim(key, 2);
  if (groups < 1 || heads % groups != 0 || ln_dim(value, 2) != groups) {
    ln_keras_fail(call, "%d heads of queries over %d of keys make no sense", heads, groups);
    return;
  }
  key = share_heads(call, key, heads / groups);
  value = share_heads(call, value, heads / groups);
  query = ln_build_with_number(&call->b, LN_OP_MUL, query, 1 / sqrt((double)ln_dim(query, 3)),
                               ln_keras_name(call, "scaled"));
  ln_tensor* scores = ln_keras_einsum(call, "bqhd,bkhd->bhqk", query, key, ln_keras_name(call, "scores"));
  if (scores == NULL || scores->broken) return;
  ln_tensor* mask = masks_of(call, scores, q, v, k);
  scores = ln_keras_softmax(call, masked(call, scores, mask), 3, ln_keras_name(call, "softmax"));
  ln_tensor* y = ln_keras_einsum(call, "bhqk,bkhd->bqhd", scores, value, ln_keras_name(call, "combined"));
  if (y == NULL) return;
  if (ln_keras_flag(call, "use_gate", false)) {
    ln_tensor* gate = inner_dense(call, "gate_dense", "gate", "abc,cde->abde", 3, 2, q);
    if (gate == NULL) return;
    y = ln_keras_binary(call, LN_OP_MUL, y,
                        ln_build_unary(&call->b, LN_OP_LOGISTIC, gate, ln_keras_name(call, "gate_sigmoid")), "gated");
  }
  y = inner_dense(call, "output_dense", "attention_output", "abcd,cde->abe", 3, 1, y);
  if (y == NULL) return;
  ln_keras_return(call, unfold_steps(call, y, &fold));
  if (is_true(call, "return_attention_scores")) ln_keras_return(call, scores);
}

/* ---- Attention and AdditiveAttention ---- */

/* A scalar or vector weight; NULL: noted. */
static ln_tensor* weight(ln_keras_call* call, int index, const char* name, int rank) {
  ln_keras_array array;
  return ln_keras_weight(call, index, name, rank, NULL, &array) ? ln_keras_constant(call, &array, name) : NULL;
}

/* Sums over the last dimension of tanh of each query with each key. */
static ln_tensor* additive_scores(ln_keras_call* call, ln_tensor* q, ln_tensor* k, ln_tensor* inside,
                                  ln_tensor* outside) {
  const int32_t rows[] = {LN_KERAS_DIM(0), LN_KERAS_DIM(1), 1, LN_KERAS_DIM(2)};
  const int32_t columns[] = {LN_KERAS_DIM(0), 1, LN_KERAS_DIM(1), LN_KERAS_DIM(2)}, axes[] = {3};
  ln_tensor* sum = ln_keras_binary(call, LN_OP_ADD, ln_keras_reshape(call, q, 4, rows, ln_keras_name(call, "rows")),
                                   ln_keras_reshape(call, k, 4, columns, ln_keras_name(call, "columns")), "pairs");
  if (inside != NULL) sum = ln_keras_binary(call, LN_OP_MUL, sum, inside, "scaled");
  sum = ln_build_unary(&call->b, LN_OP_TANH, sum, ln_keras_name(call, "tanh"));
  if (outside != NULL) sum = ln_keras_binary(call, LN_OP_MUL, sum, outside, "weighted");
  return ln_build_reduce(&call->b, LN_OP_SUM, sum, 1, axes, false, ln_keras_name(call, "scores"));
}

static void attention(ln_keras_call* call) {
  ln_tensor *q = call->in[0], *v = call->in_count > 1 ? call->in[1] : NULL, *k = call->in_count > 2 ? call->in[2] : v;
  const bool additive = strcmp(call->class_name, "AdditiveAttention") == 0;
  const bool concat = strcmp(ln_keras_string(call, "score_mode", "dot"), "concat") == 0;
  if (v == NULL || call->in_count > 3 || q->rank != 3 || v->rank != 3 || k->rank != 3) {
    ln_keras_fail(call, "it has %d inputs; query, value and, if any, key of rank 3 are right", call->in_count);
    return;
  }
  const bool use_scale = ln_keras_flag(call, "use_scale", additive);
  ln_tensor* scale = use_scale ? weight(call, 0, "scale", additive ? 1 : 0) : NULL;
  if (use_scale && scale == NULL) return;
  ln_tensor* scores;
  if (additive) {
    scores = additive_scores(call, q, k, NULL, scale);
  } else if (concat) {
    ln_tensor* factor = weight(call, use_scale ? 1 : 0, "concat_score_weight", 0);
    if (factor == NULL) return;
    scores = ln_keras_binary(call, LN_OP_MUL, additive_scores(call, q, k, scale, NULL), factor, "weighted_scores");
  } else {
    scores = ln_keras_einsum(call, "bqd,bkd->bqk", q, k, ln_keras_name(call, "scores"));
    if (scores != NULL && scale != NULL) scores = ln_keras_binary(call, LN_OP_MUL, scores, scale, "scaled");
  }
  if (scores == NULL || scores->broken) return;
  ln_tensor* mask = padding_mask(call, ln_keras_mask_of(call, v), false);
  if (is_true(call, "use_causal_mask")) mask = both(call, mask, causal_mask(call, scores, true, -1));
  scores = ln_keras_softmax(call, masked(call, scores, mask), 2, ln_keras_name(call, "softmax"));
  ln_tensor* y = ln_build_binary(&call->b, LN_OP_BATCH_MATMUL, scores, v, call->name);
  ln_tensor* query_mask = ln_keras_mask_of(call, q);
  if (query_mask != NULL)
    y = ln_keras_binary(
        call, LN_OP_MUL, y,
        ln_build_cast(&call->b, padding_mask(call, query_mask, true), y->type, ln_keras_name(call, "counts")),
        "counted");
  ln_keras_return(call, y);
  if (is_true(call, "return_attention_scores")) ln_keras_return(call, scores);
}

const ln_keras_lowering ln_keras_attention[] = {
    {"MultiHeadAttention", multi_head, 0, LN_KERAS_KEEPS_MASK},
    {"GroupQueryAttention", multi_head, 0, LN_KERAS_KEEPS_MASK},
    {"GroupedQueryAttention", multi_head, 0, LN_KERAS_KEEPS_MASK},
    {"Attention", attention, 0, LN_KERAS_KEEPS_MASK},
    {"AdditiveAttention", attention, 0, LN_KERAS_KEEPS_MASK},
    {NULL, NULL, 0, 0},
};
