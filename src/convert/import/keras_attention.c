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

/* A lower triangle, and a band where there is a window (negative: none): [T,S]. */
static ln_tensor* causal_mask(ln_keras_call* call, ln_tensor* scores, bool causal, int32_t window) {
  const ln_form f = {call->b, ln_keras_name(call, "causal_mask")};
  const int32_t width = window > 0 ? window - 1 : window;
  return ln_band(&f, scores, width, causal ? 0 : width);
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

/* Scores where the mask leaves them, `other` elsewhere. */
static ln_tensor* chosen(ln_keras_call* call, ln_tensor* scores, ln_tensor* mask, float other, const char* what) {
  if (mask->rank == 3 && scores->rank == 4) { /* the same for all heads */
    const int32_t dims[] = {LN_KERAS_DIM(0), 1, LN_KERAS_DIM(1), LN_KERAS_DIM(2)};
    mask = ln_keras_reshape(call, mask, 4, dims, ln_keras_name(call, "mask_of_heads"));
  }
  ln_tensor* const inputs[] = {mask, scores, ln_graph_float(call->b.subgraph, ln_keras_name(call, "other"), other)};
  return ln_build_done(ln_build_node(&call->b, LN_OP_SELECT_V2, 3, inputs), ln_keras_name(call, what), 1);
}

/* The softmax of scores of which a mask leaves some. `zeros`: those that it does not leave are 0 even where it leaves
 * none of a row. */
static ln_tensor* masked_softmax(ln_keras_call* call, ln_tensor* scores, ln_tensor* mask, bool zeros) {
  if (mask != NULL) scores = chosen(call, scores, mask, -1e9f, "masked");
  scores = ln_keras_softmax(call, scores, scores->rank - 1, ln_keras_name(call, "softmax"));
  return mask != NULL && zeros ? chosen(call, scores, mask, 0, "left") : scores;
}

/* ---- Multi-head ---- */

static ln_keras_weights inner_weights(ln_keras_call* call, const char* attribute, const char* scope) {
  ln_keras_array probe;
  const ln_keras_weights weights = ln_keras_part(&call->weights, attribute, scope);
  if (ln_keras_read(&weights, 0, "kernel", &probe)) return weights;
  return ln_keras_part(&call->weights, ln_job_text(call->job, "_%s", attribute), scope);
}

/* A dense layer within: `equation` of its kernel, bias along the kernel's last `bias_rank` dimensions. NULL: noted. */
static ln_tensor* inner_dense(ln_keras_call* call, const char* attribute, const char* scope, const char* equation,
                              int kernel_rank, int bias_rank, ln_tensor* x) {
  ln_keras_array kernel, bias;
  const ln_keras_weights weights = inner_weights(call, attribute, scope);
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

/* The heads' results as one: to the last dimension of the input, or those of output_shape. NULL: noted. */
static ln_tensor* joined_heads(ln_keras_call* call, ln_tensor* y) {
  static const char* const kEquations[] = {"abcd,cde->abe", "abcd,cdef->abef", "abcd,cdefg->abefg"};
  const cJSON* shape = ln_keras_get(call, "output_shape");
  const int count = cJSON_IsArray(shape) ? cJSON_GetArraySize(shape) : 1;
  if (count < 1 || count > 3) {
    ln_keras_fail(call, "its output_shape has %d dimensions; 1 to 3 can be converted", count);
    return NULL;
  }
  return inner_dense(call, "output_dense", "attention_output", kEquations[count - 1], 2 + count, count, y);
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
  ln_tensor *query, *key;              /* in that order */
} folding;

static int attended(const folding* f) { return f->rank - 1 - f->batch_count; }

/* False: noted. */
static bool read_folding(ln_keras_call* call, const ln_tensor* q, const ln_tensor* v, const ln_tensor* k, folding* f) {
  int32_t axes[LN_MAX_DIMS];
  const cJSON* given = ln_keras_get(call, "attention_axes");
  int count = given != NULL ? ln_keras_list(given, LN_MAX_DIMS, axes) : 0;
  f->rank = q->rank;
  if (given == NULL)
    for (count = 0; count < q->rank - 2; ++count) axes[count] = count + 1;
  uint32_t chosen = 0;
  bool fits = count > 0 && q->rank >= 3 && q->rank <= LN_MAX_DIMS && v->rank == q->rank && k->rank == q->rank;
  for (int i = 0; i < count && fits; ++i) {
    const int axis = axes[i] < 0 ? axes[i] + q->rank : axes[i];
    fits = axis >= 1 && axis < q->rank - 1 && (chosen & 1u << axis) == 0 && (i == 0 || axis > f->order[i - 1]);
    if (fits) chosen |= 1u << axis;
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
    if ((chosen & 1u << i) == 0 && i < q->rank - 1) f->order[n++] = i;
  f->batch_count = n;
  for (int i = 0; i < q->rank; ++i)
    if ((chosen & 1u << i) != 0 || i == q->rank - 1) f->order[n++] = i;
  return true;
}

/* The product of extents `from` to before `to`; -1: not known. */
static int32_t product(const ln_tensor* x, int from, int to) {
  int64_t n = 1;
  for (int i = from; i < to; ++i) {
    if (!ln_dim_is_known(x, i) || n * ln_dim(x, i) > INT32_MAX) return -1;
    n *= ln_dim(x, i);
  }
  return (int32_t)n;
}

/* [batch,steps,C]; `*ordered` is x in the folding's order. NULL, noted: its extents are not known. */
static ln_tensor* fold_steps(ln_keras_call* call, ln_tensor* x, const folding* f, ln_tensor** ordered) {
  int32_t order[LN_MAX_DIMS];
  for (int i = 0; i < f->rank; ++i) order[i] = f->order[i];
  *ordered = x;
  if (f->rank == 3) return x;
  *ordered = x = ln_build_transpose(&call->b, x, order, ln_keras_name(call, "steps"));
  const int32_t steps = attended(f) == 1 ? LN_KERAS_DIM(f->batch_count) : product(x, f->batch_count, f->rank - 1);
  if (steps == -1 && f->batch_count > 1) {
    ln_keras_fail(call, "it attends over %d of %d dimensions of unknown extents; over one, or all, it can be converted",
                  attended(f), f->rank - 2);
    return NULL;
  }
  const int32_t dims[] = {f->batch_count == 1 ? LN_KERAS_DIM(0) : -1, steps, LN_KERAS_DIM(f->rank - 1)};
  return ln_keras_reshape(call, x, 3, dims, ln_keras_name(call, "folded"));
}

/* Extents `from` to before `to` of x, as a tensor. */
static ln_tensor* extents(ln_keras_call* call, ln_tensor* x, int from, int to) {
  int32_t dims[LN_MAX_DIMS];
  for (int i = from; i < to; ++i) dims[i - from] = LN_KERAS_DIM(i);
  return ln_keras_shape(call, x, to - from, dims, ln_keras_name(call, "extents"));
}

static ln_tensor* unfold_steps(ln_keras_call* call, ln_tensor* y, const folding* f) {
  int32_t order[LN_MAX_DIMS];
  if (f->rank == 3 || y->rank < 3 || f->rank + y->rank - 3 > LN_MAX_DIMS) return y;
  ln_tensor* const parts[] = {extents(call, f->query, 0, f->rank - 1), extents(call, y, 2, y->rank)};
  ln_tensor* shape = ln_build_concat(&call->b, 2, parts, 0, ln_keras_name(call, "new_shape"));
  const int rank = f->rank - 1 + y->rank - 2;
  for (int i = 0; i < rank; ++i) order[i < f->rank - 1 ? f->order[i] : i] = i;
  y = ln_build_reshape_to(&call->b, y, shape, ln_keras_name(call, "unfolded"));
  return ln_build_transpose(&call->b, y, order, call->name);
}

/* Scores [batch,heads,T,S] with all dimensions: batch dimensions, heads, those of queries, those of keys. */
static ln_tensor* unfold_scores(ln_keras_call* call, ln_tensor* scores, const folding* f, const char* what) {
  if (f->rank == 3 || f->rank + attended(f) > LN_MAX_DIMS) return scores;
  ln_tensor* const parts[] = {extents(call, f->query, 0, f->batch_count), extents(call, scores, 1, 2),
                              extents(call, f->query, f->batch_count, f->rank - 1),
                              extents(call, f->key, f->batch_count, f->rank - 1)};
  ln_tensor* shape = ln_build_concat(&call->b, 4, parts, 0, ln_keras_name(call, "scores_shape"));
  return ln_build_reshape_to(&call->b, scores, shape, ln_keras_name(call, what));
}

/* The softmax under a mask [batch dimensions,(heads,)queries,keys]. NULL, noted: it cannot be converted. */
static ln_tensor* softmax_of(ln_keras_call* call, ln_tensor* scores, ln_tensor* mask, const folding* f, bool zeros) {
  const int pairs = 2 * attended(f);
  if (mask == NULL || f->rank == 3) return masked_softmax(call, scores, mask, zeros);
  if (attended(f) > 1 && f->batch_count == 1 && mask->rank > pairs && mask->rank <= pairs + 2) {
    /* The queries' dimensions are one, and so are the keys'. */
    const int first = mask->rank - pairs, half = first + attended(f);
    const int32_t rows = product(mask, first, half), columns = product(mask, half, mask->rank);
    if (rows == ln_dim(scores, 2) && columns == ln_dim(scores, 3) && rows > 0 && columns > 0) {
      const int32_t dims[] = {LN_KERAS_DIM(0), first == 2 ? LN_KERAS_DIM(1) : 1, rows, columns};
      return masked_softmax(call, scores, ln_keras_reshape(call, mask, 4, dims, ln_keras_name(call, "mask_of_pairs")),
                            zeros);
    }
  }
  if (attended(f) != 1 || f->rank != 4 || mask->rank > 5) {
    ln_keras_fail(call,
                  "its mask has rank %d, its scores %d and attention_axes %d numbers; masks over several axes "
                  "can be converted where all others but the batch are attended over and no extent is 1 or unknown",
                  mask->rank, f->rank + attended(f), attended(f));
    return NULL;
  }
  /* All dimensions that are no query's nor key's come before them. */
  int32_t dims[5];
  for (int i = 0; i < 5; ++i)
    dims[i] = i < mask->rank - 2 ? LN_KERAS_DIM(i) : i < 3 ? 1 : LN_KERAS_DIM(i - 5 + mask->rank);
  if (mask->rank > 2) mask = ln_keras_reshape(call, mask, 5, dims, ln_keras_name(call, "mask_of_heads"));
  const int32_t folded[] = {-1, LN_KERAS_DIM(2), LN_KERAS_DIM(3), LN_KERAS_DIM(4)};
  scores = masked_softmax(call, unfold_scores(call, scores, f, "all_scores"), mask, zeros);
  return ln_keras_reshape(call, scores, 4, folded, ln_keras_name(call, "masked_scores"));
}

static void multi_head(ln_keras_call* call) {
  ln_tensor *q = call->in[0], *v = role(call, 1, "value"), *k = role(call, 2, "key");
  if (v == NULL) v = q;
  if (k == NULL) k = v;
  folding fold;
  if (!read_folding(call, q, v, k, &fold)) return;
  ln_tensor *own_q = q, *own_v = v, *own_k = k; /* those that may have masks */
  ln_tensor* ordered = NULL;
  q = fold_steps(call, q, &fold, &fold.query);
  v = q != NULL ? fold_steps(call, v, &fold, &ordered) : NULL;
  fold.key = ordered;
  k = v == NULL ? NULL : own_k == own_v ? v : fold_steps(call, k, &fold, &fold.key);
  if (k == NULL) return;
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
  const bool by_layer =
      is_true(call, "return_attention_scores") || fold.rank > 3 || ln_keras_number(call, "dropout", 0) > 0;
  scores = softmax_of(call, scores, masks_of(call, scores, own_q, own_v, own_k), &fold, by_layer);
  if (scores == NULL) return;
  ln_tensor* y = ln_keras_einsum(call, "bhqk,bkhd->bqhd", scores, value, ln_keras_name(call, "combined"));
  if (y == NULL) return;
  if (ln_keras_flag(call, "use_gate", false)) {
    ln_tensor* gate = inner_dense(call, "gate_dense", "gate", "abc,cde->abde", 3, 2, q);
    if (gate == NULL) return;
    y = ln_keras_binary(call, LN_OP_MUL, y,
                        ln_build_unary(&call->b, LN_OP_LOGISTIC, gate, ln_keras_name(call, "gate_sigmoid")), "gated");
  }
  y = joined_heads(call, y);
  if (y == NULL) return;
  ln_keras_return(call, unfold_steps(call, y, &fold));
  if (is_true(call, "return_attention_scores")) ln_keras_return(call, unfold_scores(call, scores, &fold, "scores_out"));
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
  const ln_form f = ln_keras_form(call);
  const int32_t axes[] = {q->rank};
  ln_tensor* sum = ln_keras_binary(call, LN_OP_ADD, ln_form_expand(&f, q, q->rank - 1, "rows"),
                                   ln_form_expand(&f, k, k->rank - 2, "columns"), "pairs");
  if (inside != NULL) sum = ln_keras_binary(call, LN_OP_MUL, sum, inside, "scaled");
  sum = ln_build_unary(&call->b, LN_OP_TANH, sum, ln_keras_name(call, "tanh"));
  if (outside != NULL) sum = ln_keras_binary(call, LN_OP_MUL, sum, outside, "weighted");
  return ln_build_reduce(&call->b, LN_OP_SUM, sum, 1, axes, false, ln_keras_name(call, "scores"));
}

static void attention(ln_keras_call* call) {
  ln_tensor *q = call->in[0], *v = call->in_count > 1 ? call->in[1] : NULL, *k = call->in_count > 2 ? call->in[2] : v;
  const bool additive = strcmp(call->class_name, "AdditiveAttention") == 0;
  const bool concat = strcmp(ln_keras_string(call, "score_mode", "dot"), "concat") == 0;
  if (v == NULL || call->in_count > 3 || q->rank < 3 || q->rank > 4 || v->rank != q->rank || k->rank != q->rank) {
    ln_keras_fail(call, "it has %d inputs; query, value and, if any, key of rank 3 or 4 are right", call->in_count);
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
    scores =
        ln_keras_einsum(call, q->rank == 3 ? "bqd,bkd->bqk" : "bcqd,bckd->bcqk", q, k, ln_keras_name(call, "scores"));
    if (scores != NULL && scale != NULL) scores = ln_keras_binary(call, LN_OP_MUL, scores, scale, "scaled");
  }
  if (scores == NULL || scores->broken) return;
  ln_tensor* mask = padding_mask(call, ln_keras_mask_of(call, v), false);
  if (is_true(call, "use_causal_mask")) mask = both(call, mask, causal_mask(call, scores, true, -1));
  scores = masked_softmax(call, scores, mask, false);
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
