#include "convert/order.h"

#include <math.h>

ln_sorted ln_build_descending(const ln_form* f, ln_tensor* x, const char* what) {
  const int last = x->rank - 1;
  ln_tensor* k = ln_dim_is_known(x, last) ? ln_form_scalar(f, LN_TYPE_INT32, ln_dim(x, last), "k")
                                          : ln_form_gather(f, ln_form_extents(f, x, LN_TYPE_INT32, "shape"),
                                                           ln_form_scalar(f, LN_TYPE_INT32, last, "last"), 0, 0, "k");
  ln_tensor* const inputs[] = {x, k};
  ln_node* node = ln_build_node(&f->b, LN_OP_TOPK_V2, 2, inputs);
  ln_build_done(node, ln_form_name(f, what), 2);
  return (ln_sorted){node->outputs[0], node->outputs[1]};
}

/* Where to look among `n` elements in ascending order: between two neighbours, and how much the one before counts. */
static void find_place(double fraction, int32_t n, int32_t places[2], float* before) {
  const double exact = fraction * (n - 1), high = ceil(exact);
  places[0] = high > 0 ? (int32_t)high - 1 : 0;
  places[1] = places[0] + 1 < n ? places[0] + 1 : n - 1;
  *before = (float)(places[1] - exact);
}

ln_tensor* ln_build_quantile(const ln_form* f, ln_tensor* x, int count, const double* fractions, const char* what) {
  ln_job* job = f->b.subgraph->graph->job;
  const int32_t n = ln_dim(x, x->rank - 1), number = count < 0 ? 1 : count;
  int32_t* at[2];
  float* weights[2];
  bool same = true;
  for (int k = 0; k < 2; ++k) {
    at[k] = ln_job_alloc(job, (size_t)number, sizeof(int32_t));
    weights[k] = ln_job_alloc(job, (size_t)number, sizeof(float));
  }
  for (int i = 0; i < number; ++i) {
    int32_t places[2];
    find_place(fractions[i], n, places, &weights[0][i]);
    weights[1][i] = 1 - weights[0][i];
    for (int k = 0; k < 2; ++k) at[k][i] = n - 1 - places[k]; /* among descending ones */
    same = same && (places[0] == places[1] || weights[0][i] == 0);
  }
  ln_tensor* sorted = ln_build_descending(f, x, "sorted").values;
  ln_tensor* parts[2] = {NULL, NULL};
  for (int k = same ? 1 : 0; k < 2; ++k) {
    ln_tensor* places =
        ln_graph_constant(f->b.subgraph, ln_form_name(f, "places"), LN_TYPE_INT32, count < 0 ? 0 : 1, &number, at[k]);
    parts[k] = ln_form_gather(f, sorted, places, -1, 0, "found");
    if (!same)
      parts[k] = ln_form_binary(f, LN_OP_MUL, parts[k],
                                ln_form_floats(f, count < 0 ? 0 : 1, &number, weights[k], "weight"), "weighted");
  }
  ln_tensor* y = same ? parts[1] : ln_form_binary(f, LN_OP_ADD, parts[0], parts[1], "sum");
  ln_tensor* nan =
      ln_form_reduce(f, LN_OP_REDUCE_ANY, ln_form_binary(f, LN_OP_NOT_EQUAL, x, x, "nans"), -1, count >= 0, "has_nan");
  return ln_form_choose(f, nan, ln_form_scalar(f, LN_TYPE_FLOAT32, (double)NAN, "nan"), y, what);
}

/* How many elements there are is known only when it runs; in descending order NaN as the lowest ones come last. A place
 * is fraction * (number - 1), in float. */
ln_tensor* ln_build_nan_quantile(const ln_form* f, ln_tensor* x, int count, const double* fractions, const char* what) {
  const int32_t number = count < 0 ? 1 : count;
  float* data = ln_job_alloc(f->b.subgraph->graph->job, (size_t)number, sizeof *data);
  for (int32_t i = 0; i < number; ++i) data[i] = (float)fractions[i];
  ln_tensor* nan = ln_form_binary(f, LN_OP_NOT_EQUAL, x, x, "is_nan");
  ln_tensor* least = ln_form_scalar(f, LN_TYPE_FLOAT32, -(double)INFINITY, "lowest");
  ln_tensor* sorted = ln_build_descending(f, ln_form_choose(f, nan, least, x, "without_nan"), "sorted").values;
  ln_tensor* ones = ln_form_cast(f, ln_form_unary(f, LN_OP_LOGICAL_NOT, nan, "counts"), LN_TYPE_FLOAT32, "ones");
  ln_tensor* last = ln_form_number(f, LN_OP_SUB, ln_form_reduce(f, LN_OP_SUM, ones, -1, true, "number"), 1, "last");
  ln_tensor* exact =
      ln_form_binary(f, LN_OP_MUL, last, ln_form_floats(f, 1, &number, data, "fractions"), "exact"); /* ascending */
  ln_tensor* high = ln_form_unary(f, LN_OP_CEIL, exact, "high");
  ln_tensor* low = ln_form_number(f, LN_OP_MAXIMUM, ln_form_number(f, LN_OP_SUB, high, 1, "before"), 0, "low");
  high = ln_form_binary(f, LN_OP_MINIMUM, ln_form_number(f, LN_OP_ADD, low, 1, "next"), last, "upper");
  ln_tensor *weight = ln_form_binary(f, LN_OP_SUB, high, exact, "weight"), *parts[2];
  for (int k = 0; k < 2; ++k) {
    ln_tensor* place = ln_form_binary(f, LN_OP_SUB, last, k == 0 ? low : high, "from_top");
    place = ln_form_cast(f, ln_form_number(f, LN_OP_MAXIMUM, place, 0, "place"), LN_TYPE_INT32, "places");
    parts[k] = ln_form_gather(f, sorted, place, x->rank - 1, x->rank - 1, "found");
  }
  ln_tensor* rest = ln_form_unary(f, LN_OP_NEG, ln_form_number(f, LN_OP_SUB, weight, 1, "less"), "rest");
  ln_tensor* y = ln_form_binary(f, LN_OP_ADD, ln_form_binary(f, LN_OP_MUL, parts[1], rest, "above"),
                                ln_form_binary(f, LN_OP_MUL, parts[0], weight, "below"), "sum");
  y = ln_form_choose(f, ln_form_reduce(f, LN_OP_REDUCE_ALL, nan, -1, true, "only_nan"),
                     ln_form_scalar(f, LN_TYPE_FLOAT32, (double)NAN, "nan"), y, count < 0 ? "quantiles" : what);
  return count < 0 ? ln_form_reduce(f, LN_OP_SUM, y, -1, false, what) : y;
}
