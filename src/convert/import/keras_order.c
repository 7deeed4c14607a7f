/* keras.ops that order and count: quantiles, reductions without NaN, searches, histograms, running products. */
#include <math.h>
#include <string.h>

#include "convert/import/keras_import.h"
#include "convert/order.h"
#include "convert/special.h"

enum { MAX_FRACTIONS = 64, MAX_BINS = 1 << 16 };

static bool is_class(const ln_keras_call* call, const char* name) { return strcmp(call->class_name, name) == 0; }

static bool keeps(const ln_keras_call* call) { return cJSON_IsTrue(ln_keras_either(call, -1, "keepdims")); }

static ln_tensor* flat(const ln_form* f, ln_tensor* x) {
  static const int32_t kAll[] = {-1};
  return ln_form_reshape(f, x, 1, kAll, "flat");
}

/* ---- Quantiles ---- */

/* The axes of the configuration, all where there are none; -1: they do not fit. */
static int named_axes(const ln_keras_call* call, const ln_tensor* x, int32_t* axes) {
  const cJSON* given = ln_keras_either(call, -1, "axis");
  int count = given != NULL ? ln_keras_list(given, LN_MAX_DIMS, axes) : x->rank;
  for (int i = 0; i < count; ++i) {
    if (given == NULL) axes[i] = i;
    if (axes[i] < 0) axes[i] += x->rank;
    if (axes[i] < 0 || axes[i] >= x->rank) count = -1;
  }
  return count;
}

/* The axes that count as the last dimension, the others as they were; all of them where none are named. NULL, noted:
 * they do not fit. `kept`: the result's shape with dimensions of 1 for them, LN_DIM_OF of x. */
static ln_tensor* axes_last(ln_keras_call* call, ln_tensor* x, int32_t* kept) {
  const ln_form f = ln_keras_form(call);
  int32_t axes[LN_MAX_DIMS], order[LN_MAX_DIMS], dims[LN_MAX_DIMS];
  bool moved[LN_MAX_DIMS] = {false}, in_order = true;
  const int count = named_axes(call, x, axes);
  int rank = 0;
  int64_t elements = 1;
  if (count < 1) {
    ln_keras_fail(call, "its axes do not fit an input of rank %d", x->rank);
    return NULL;
  }
  for (int i = 0; i < count; ++i) {
    moved[axes[i]] = true;
    elements *= ln_dim_is_known(x, axes[i]) && elements <= INT32_MAX ? ln_dim(x, axes[i]) : 0;
  }
  if (elements < 1 || elements > INT32_MAX) {
    ln_keras_fail(call, "the extents that it looks at must be known, and not 0");
    return NULL;
  }
  for (int i = 0; i < x->rank; ++i) {
    kept[i] = moved[i] ? 1 : LN_DIM_OF(i);
    if (!moved[i]) order[rank++] = i;
  }
  for (int i = 0, at = rank; i < x->rank; ++i)
    if (moved[i]) order[at++] = i;
  for (int i = 0; i < x->rank; ++i) in_order = in_order && order[i] == i;
  for (int i = 0; i < rank; ++i) dims[i] = LN_DIM_OF(i);
  dims[rank] = (int32_t)elements;
  if (!in_order) x = ln_build_transpose(&call->b, x, order, ln_keras_name(call, "to_last"));
  return x->rank == rank + 1 ? x : ln_form_reshape(&f, x, rank + 1, dims, "together");
}

/* The fractions of an argument, a number or a list; the count, -1 for a number; -2: noted. */
static int read_fractions(ln_keras_call* call, double* fractions) {
  const bool percent = strstr(call->class_name, "ercentile") != NULL;
  if (is_class(call, "Median") || is_class(call, "Nanmedian")) return fractions[0] = 0.5, -1;
  const cJSON* json = ln_keras_either(call, 1, "q");
  const bool list = cJSON_IsArray(json);
  int count = 0;
  for (const cJSON* item = list ? json->child : json; item != NULL; item = list ? item->next : NULL) {
    const double number = cJSON_IsNumber(item) ? item->valuedouble / (percent ? 100 : 1) : -1;
    if (count == MAX_FRACTIONS || !(number >= 0 && number <= 1)) {
      count = 0;
      break;
    }
    fractions[count++] = number;
  }
  if (count > 0) return list ? count : -1;
  ln_keras_fail(call, "its q is no number, or list of at most %d, of the range", MAX_FRACTIONS);
  return -2;
}

static void quantile(ln_keras_call* call) {
  const ln_form f = ln_keras_form(call);
  double fractions[MAX_FRACTIONS];
  int32_t kept[LN_MAX_DIMS + 1] = {0}, order[LN_MAX_DIMS];
  ln_tensor* x = ln_form_cast(&f, call->in[0], LN_TYPE_FLOAT32, "float");
  const cJSON* json = ln_keras_either(call, -1, "method");
  const char* method = cJSON_IsString(json) ? json->valuestring : "linear";
  const int count = read_fractions(call, fractions), rank = x->rank;
  if (count == -2) return;
  if (strcmp(method, "linear") != 0 || rank == LN_MAX_DIMS) {
    ln_keras_fail(call, "its method is \"%s\", for which Keras's models compute \"linear\", or its rank is %d", method,
                  rank);
    return;
  }
  ln_tensor* last = axes_last(call, x, kept);
  if (last == NULL) return;
  const bool keep = keeps(call);
  const char* what = count < 0 && !keep ? NULL : "quantile";
  ln_tensor* y = strncmp(call->class_name, "Nan", 3) == 0 ? ln_build_nan_quantile(&f, last, count, fractions, what)
                                                          : ln_build_quantile(&f, last, count, fractions, what);
  if (count >= 0) { /* of several the first dimension tells them apart */
    for (int i = 0; i < y->rank; ++i) order[i] = i == 0 ? y->rank - 1 : i - 1;
    if (y->rank > 1) y = ln_build_transpose(&call->b, y, order, ln_keras_name(call, "first"));
  }
  if (keep) {
    const int extra = count >= 0;
    for (int i = rank - 1; i >= 0; --i) kept[i + extra] = kept[i];
    if (extra) kept[0] = count;
    for (int i = extra, at = extra; i < rank + extra; ++i)
      if (kept[i] != 1) kept[i] = LN_DIM_OF(at), ++at;
    y = ln_form_reshape(&f, y, rank + extra, kept, NULL);
  }
  ln_keras_return(call, y);
}

/* ---- Reductions that leave out NaN ---- */

/* By class: what stands for NaN, and how it is reduced. */
static const struct {
  const char* name;
  int code;
  double instead;
  bool nan_of_none; /* NaN where there is nothing else */
} kWithout[] = {{"Nanmax", LN_OP_REDUCE_MAX, -(double)INFINITY, true},
                {"Nanmin", LN_OP_REDUCE_MIN, (double)INFINITY, true},
                {"Nansum", LN_OP_SUM, 0, false},
                {"Nanprod", LN_OP_REDUCE_PROD, 1, false}};

static ln_tensor* is_nan(const ln_form* f, ln_tensor* x) { return ln_form_binary(f, LN_OP_NOT_EQUAL, x, x, "is_nan"); }

static ln_tensor* without_nan(const ln_form* f, ln_tensor* x, ln_tensor* nan, double instead) {
  return ln_form_choose(f, nan, ln_form_scalar(f, x->type, instead, "instead"), x, "without_nan");
}

static void nan_reduce(ln_keras_call* call) {
  const ln_form f = ln_keras_form(call);
  int32_t axes[LN_MAX_DIMS];
  size_t which = 0;
  ln_tensor* x = ln_form_cast(&f, call->in[0], LN_TYPE_FLOAT32, "float");
  while (!is_class(call, kWithout[which].name)) ++which;
  const int count = ln_keras_axes(call, x, "axis", axes);
  if (count < 0) return;
  const bool none = kWithout[which].nan_of_none;
  ln_tensor* nan = is_nan(&f, x);
  ln_tensor* y = ln_build_reduce(&call->b, kWithout[which].code, without_nan(&f, x, nan, kWithout[which].instead),
                                 count, axes, keeps(call), none ? ln_keras_name(call, "reduced") : call->name);
  if (none) {
    ln_tensor* all =
        ln_build_reduce(&call->b, LN_OP_REDUCE_ALL, nan, count, axes, keeps(call), ln_keras_name(call, "only_nan"));
    y = ln_form_choose(&f, all, ln_form_scalar(&f, x->type, (double)NAN, "nan"), y, NULL);
  }
  ln_keras_return(call, y);
}

/* Nanargmax, Nanargmin: the first place of what is no NaN, -1 where nothing is. */
static void nan_arg(ln_keras_call* call) {
  const ln_form f = ln_keras_form(call);
  const bool least = is_class(call, "Nanargmin");
  const cJSON* json = ln_keras_either(call, 1, "axis");
  ln_tensor* x = ln_form_cast(&f, call->in[0], LN_TYPE_FLOAT32, "float");
  const int rank = x->rank;
  int32_t axis = ln_keras_to_int(json, 0), ones[LN_MAX_DIMS];
  if (json != NULL && axis < 0) axis += rank;
  if (rank < 1 || axis < 0 || axis >= rank) {
    ln_keras_fail(call, "its axis does not fit an input of rank %d", rank);
    return;
  }
  if (json == NULL) x = flat(&f, x);
  ln_tensor* nan = is_nan(&f, x);
  ln_tensor* const inputs[] = {without_nan(&f, x, nan, least ? (double)INFINITY : -(double)INFINITY),
                               ln_form_scalar(&f, LN_TYPE_INT32, axis, "axis")};
  ln_node* node = ln_build_node(&call->b, least ? LN_OP_ARG_MIN : LN_OP_ARG_MAX, 2, inputs);
  if (least)
    LN_SET(node, ArgMinOptions, output_type, LN_TYPE_INT32);
  else
    LN_SET(node, ArgMaxOptions, output_type, LN_TYPE_INT32);
  ln_tensor* place = ln_build_done(node, ln_keras_name(call, "place"), 1);
  ln_tensor* all = ln_form_reduce(&f, LN_OP_REDUCE_ALL, nan, axis, false, "only_nan");
  place =
      ln_form_choose(&f, all, ln_form_scalar(&f, LN_TYPE_INT32, -1, "nowhere"), place, keeps(call) ? "found" : NULL);
  for (int i = 0; i < rank; ++i) ones[i] = 1;
  if (keeps(call))
    place = json == NULL ? ln_form_reshape(&f, place, rank, ones, NULL) : ln_form_expand(&f, place, axis, NULL);
  ln_keras_return(call, place);
}

/* Nanmean, Nanvar, Nanstd: sums divided by the number of what counts. */
static void nan_mean(ln_keras_call* call) {
  const ln_form f = ln_keras_form(call);
  int32_t axes[LN_MAX_DIMS];
  ln_tensor* x = ln_form_cast(&f, call->in[0], LN_TYPE_FLOAT32, "float");
  const int count = ln_keras_axes(call, x, "axis", axes);
  if (count < 0) return;
  const bool mean_only = is_class(call, "Nanmean"), root = is_class(call, "Nanstd"), keep = keeps(call);
  ln_tensor *nan = is_nan(&f, x), *values = without_nan(&f, x, nan, 0);
  ln_tensor* counts = ln_form_cast(&f, ln_form_unary(&f, LN_OP_LOGICAL_NOT, nan, "counts"), LN_TYPE_FLOAT32, "ones");
  ln_tensor* number =
      ln_build_reduce(&call->b, LN_OP_SUM, counts, count, axes, mean_only ? keep : true, ln_keras_name(call, "number"));
  ln_tensor* sum =
      ln_build_reduce(&call->b, LN_OP_SUM, values, count, axes, mean_only ? keep : true, ln_keras_name(call, "sum"));
  ln_tensor* mean = ln_form_binary(&f, LN_OP_DIV, sum, number, mean_only ? NULL : "mean");
  if (mean_only) {
    ln_keras_return(call, mean);
    return;
  }
  ln_tensor* squares = ln_form_binary(&f, LN_OP_SQUARED_DIFFERENCE, values, mean, "squares");
  squares = ln_form_binary(&f, LN_OP_MUL, squares, counts, "counted");
  sum = ln_build_reduce(&call->b, LN_OP_SUM, squares, count, axes, keep, ln_keras_name(call, "sum_of_squares"));
  if (!keep)
    number = ln_build_reduce(&call->b, LN_OP_SUM, counts, count, axes, false, ln_keras_name(call, "number_of_all"));
  ln_tensor* y = ln_form_binary(&f, LN_OP_DIV, sum, number, root ? "variance" : NULL);
  ln_keras_return(call, root ? ln_form_unary(&f, LN_OP_SQRT, y, NULL) : y);
}

/* ---- Running products, differences of extremes, weighted means ---- */

/* The axis, 0 to rank - 1; the only one of `x` flattened where none is named. False, noted: it does not fit. */
static bool one_axis(ln_keras_call* call, ln_tensor** x, int32_t* axis) {
  const ln_form f = ln_keras_form(call);
  if (ln_keras_is_none(call, "axis") && (*x)->rank != 1) *x = flat(&f, *x);
  *axis = ln_keras_to_int(ln_keras_either(call, 1, "axis"), 0);
  if (*axis < 0) *axis += (*x)->rank;
  if (*axis >= 0 && *axis < (*x)->rank) return true;
  ln_keras_fail(call, "its axis does not fit an input of rank %d", (*x)->rank);
  return false;
}

static void cumsum(ln_keras_call* call) {
  const ln_form f = ln_keras_form(call);
  int32_t axis;
  ln_tensor* x = call->in[0];
  if (x->type == LN_TYPE_BOOL) x = ln_form_cast(&f, x, LN_TYPE_INT32, "ints");
  if (!one_axis(call, &x, &axis)) return;
  if (is_class(call, "Nancumsum")) x = without_nan(&f, x, is_nan(&f, x), 0);
  ln_keras_return(call, ln_form_binary(&f, LN_OP_CUMSUM, x, ln_form_scalar(&f, LN_TYPE_INT32, axis, "axis"), NULL));
}

static void cumprod(ln_keras_call* call) {
  const ln_form f = ln_keras_form(call);
  int32_t axis;
  ln_tensor* x = call->in[0];
  if (!one_axis(call, &x, &axis)) return;
  const int32_t count = ln_dim(x, axis);
  if (count < 1 || count > LN_MAX_PRODUCTS) {
    ln_keras_fail(call, "its axis has %d elements; 1 to %d, known ones, can be converted", count, LN_MAX_PRODUCTS);
    return;
  }
  if (is_class(call, "Nancumprod")) x = without_nan(&f, x, is_nan(&f, x), 1);
  ln_keras_return(call, ln_build_cumprod(&f, x, axis, count, false, false, NULL));
}

static void peak_to_peak(ln_keras_call* call) {
  int32_t axes[LN_MAX_DIMS];
  ln_tensor* ends[2];
  const int count = ln_keras_axes(call, call->in[0], "axis", axes);
  if (count < 0) return;
  for (int i = 0; i < 2; ++i)
    ends[i] = ln_build_reduce(&call->b, i == 0 ? LN_OP_REDUCE_MAX : LN_OP_REDUCE_MIN, call->in[0], count, axes,
                              keeps(call), ln_keras_name(call, i == 0 ? "most" : "least"));
  ln_keras_return(call, ln_keras_binary(call, LN_OP_SUB, ends[0], ends[1], NULL));
}

static void average(ln_keras_call* call) {
  const ln_form f = ln_keras_form(call);
  int32_t axes[LN_MAX_DIMS], dims[LN_MAX_DIMS];
  ln_tensor* x = ln_form_cast(&f, call->in[0], LN_TYPE_FLOAT32, "float");
  const cJSON* json = ln_keras_arg(call, 1, "weights");
  ln_tensor* weights = json != NULL ? ln_keras_operand(call, json, LN_TYPE_FLOAT32) : NULL;
  const int count = named_axes(call, x, axes);
  if (count < 0 || (json != NULL && weights == NULL)) {
    ln_keras_fail(call, "its axis or weights do not fit an input of rank %d", x->rank);
    return;
  }
  if (weights == NULL) {
    ln_keras_return(call, ln_build_reduce(&call->b, LN_OP_MEAN, x, count, axes, false, call->name));
    return;
  }
  weights = ln_form_cast(&f, weights, LN_TYPE_FLOAT32, "weights");
  if (weights->rank == 1 && x->rank > 1 && count == 1) { /* along the axis alone */
    for (int i = 0; i < x->rank; ++i) dims[i] = i == axes[0] ? LN_DIM_OF(0) : 1;
    weights = ln_form_reshape(&f, weights, x->rank, dims, "column");
  }
  ln_tensor* sum = ln_build_reduce(&call->b, LN_OP_SUM, ln_form_binary(&f, LN_OP_MUL, x, weights, "weighted"), count,
                                   axes, false, ln_keras_name(call, "sum"));
  ln_tensor* whole = ln_build_reduce(&call->b, LN_OP_SUM, weights, count, axes, false, ln_keras_name(call, "whole"));
  ln_keras_return(call, ln_form_binary(&f, LN_OP_DIV, sum, whole, NULL));
}

/* The mean of neighbours, by the distance between them. */
static void trapezoid(ln_keras_call* call) {
  const ln_form f = ln_keras_form(call);
  ln_tensor* y = ln_form_cast(&f, call->in[0], LN_TYPE_FLOAT32, "float");
  const cJSON *dx = ln_keras_either(call, -1, "dx"), *x = ln_keras_either(call, -1, "x");
  const int32_t axis = ln_keras_to_int(ln_keras_either(call, -1, "axis"), -1), at = axis < 0 ? axis + y->rank : axis;
  const int32_t n = at >= 0 && at < y->rank ? ln_dim(y, at) : -1;
  ln_tensor* places = x != NULL ? ln_keras_operand(call, x, LN_TYPE_FLOAT32) : NULL;
  if (n < 2 || (x != NULL && (places == NULL || (places->rank != y->rank && places->rank != 1)))) {
    ln_keras_fail(call, "its axis must have a known extent of 2 or more, and x the rank of y or 1");
    return;
  }
  y = ln_form_binary(&f, LN_OP_ADD, ln_form_part(&f, y, at, 1, n - 1, "after"),
                     ln_form_part(&f, y, at, 0, n - 1, "before"), "pairs");
  if (places == NULL) {
    y = ln_form_reduce(&f, LN_OP_SUM, y, at, false, "sum");
    ln_keras_return(call, ln_form_number(&f, LN_OP_MUL, y, 0.5 * (cJSON_IsNumber(dx) ? dx->valuedouble : 1), NULL));
    return;
  }
  const int along = places->rank == 1 ? 0 : at;
  ln_tensor* steps = ln_form_binary(&f, LN_OP_SUB, ln_form_part(&f, places, along, 1, n - 1, "next"),
                                    ln_form_part(&f, places, along, 0, n - 1, "previous"), "steps");
  if (places->rank == 1 && at != y->rank - 1) {
    int32_t dims[LN_MAX_DIMS];
    for (int i = 0; i < y->rank; ++i) dims[i] = i == at ? n - 1 : 1;
    steps = ln_form_reshape(&f, steps, y->rank, dims, "column");
  }
  y = ln_form_reduce(&f, LN_OP_SUM, ln_form_binary(&f, LN_OP_MUL, y, steps, "areas"), at, false, "sum");
  ln_keras_return(call, ln_form_number(&f, LN_OP_MUL, y, 0.5, NULL));
}

/* ---- Searches and counts ---- */

/* How many of a sorted row are below, or not above, each value. */
static void search_sorted(ln_keras_call* call) {
  const ln_form f = ln_keras_form(call);
  const cJSON* side = ln_keras_either(call, 2, "side");
  const bool right = cJSON_IsString(side) && strcmp(side->valuestring, "right") == 0;
  ln_tensor* values = ln_keras_reference(call, ln_keras_arg(call, 1, "values"));
  ln_tensor* row =
      ln_keras_operand(call, ln_keras_arg(call, 0, "sorted_sequence"), values != NULL ? values->type : LN_TYPE_FLOAT32);
  if (values == NULL) values = ln_keras_operand(call, ln_keras_arg(call, 1, "values"), LN_TYPE_FLOAT32);
  if (row == NULL || values == NULL || row->rank != 1 || values->rank == LN_MAX_DIMS) {
    ln_keras_fail(call, "its sorted_sequence is no row of numbers");
    return;
  }
  ln_tensor* below =
      ln_form_binary(&f, right ? LN_OP_LESS_EQUAL : LN_OP_LESS, row,
                     ln_form_expand(&f, ln_form_cast(&f, values, row->type, "values"), -1, "column"), "below");
  ln_keras_return(call, ln_form_reduce(&f, LN_OP_SUM, ln_form_cast(&f, below, LN_TYPE_INT32, "ones"), -1, false, NULL));
}

static void digitize(ln_keras_call* call) {
  float bounds[1024];
  int count = 0;
  const ln_form f = ln_keras_form(call);
  const ln_tensor* bins = ln_keras_operand(call, ln_keras_either(call, 1, "bins"), LN_TYPE_FLOAT32);
  if (bins != NULL && ln_tensor_is_constant(bins) && bins->type == LN_TYPE_FLOAT32 && bins->rank == 1 &&
      ln_dim(bins, 0) <= 1024)
    memcpy(bounds, bins->data, sizeof(float) * (size_t)(count = ln_dim(bins, 0)));
  if (count == 0) {
    ln_keras_fail(call, "its bins are no list of 1 to 1024 numbers");
    return;
  }
  ln_tensor* x = ln_form_cast(&f, call->in[0], LN_TYPE_FLOAT32, "float");
  ln_node* node = ln_build_node(&call->b, LN_OP_BUCKETIZE, 1, &x);
  ln_node_set_vector(node, LN_SLOT(BucketizeOptions, boundaries), (uint32_t)count, bounds);
  ln_keras_return(call, ln_build_done(node, call->name, 1));
}

/* Bins of one width, the last one with its end; and their ends. */
static void histogram(ln_keras_call* call) {
  const ln_form f = ln_keras_form(call);
  const int32_t bins = ln_keras_to_int(ln_keras_either(call, 1, "bins"), 10);
  const cJSON* range = ln_keras_either(call, 2, "range");
  const cJSON* low = cJSON_IsArray(range) ? range->child : NULL;
  if (low == NULL || low->next == NULL || !cJSON_IsNumber(low) || !cJSON_IsNumber(low->next) || bins < 1 ||
      bins > MAX_BINS) {
    ln_keras_fail(call, "it has no range; with a range, and 1 to %d bins, it can be converted", MAX_BINS);
    return;
  }
  ln_tensor* x = flat(&f, ln_form_cast(&f, call->in[0], LN_TYPE_FLOAT32, "float"));
  const int32_t count = bins + 1;
  float* ends = ln_job_alloc(call->job, (size_t)count, sizeof *ends);
  const float from = (float)low->valuedouble, to = (float)low->next->valuedouble;
  for (int32_t i = 0; i < count; ++i) ends[i] = i == bins ? to : from + (to - from) / (float)bins * (float)i;
  ln_node* node = ln_build_node(&call->b, LN_OP_BUCKETIZE, 1, &x);
  ln_node_set_vector(node, LN_SLOT(BucketizeOptions, boundaries), (uint32_t)(bins - 1), ends + 1);
  ln_tensor* place = ln_build_done(node, ln_keras_name(call, "place"), 1);
  ln_tensor* inside =
      ln_form_binary(&f, LN_OP_LOGICAL_AND, ln_form_number(&f, LN_OP_GREATER_EQUAL, x, (double)from, "above"),
                     ln_form_number(&f, LN_OP_LESS_EQUAL, x, (double)to, "below"), "inside");
  place = ln_form_choose(&f, inside, place, ln_form_scalar(&f, LN_TYPE_INT32, -1, "nowhere"), "counted");
  ln_keras_return(
      call, ln_form_reduce(&f, LN_OP_SUM, ln_form_one_hot(&f, place, bins, LN_TYPE_FLOAT32, "ones"), 0, false, NULL));
  ln_keras_return(call, ln_form_floats(&f, 1, &count, ends, "ends"));
}

/* As many counts as the largest number and one, or `minlength`. */
static void bin_count(ln_keras_call* call) {
  const ln_form f = ln_keras_form(call);
  int32_t axes[LN_MAX_DIMS];
  ln_tensor* x = ln_form_cast(&f, call->in[0], LN_TYPE_INT32, "ints");
  if (cJSON_IsTrue(ln_keras_either(call, -1, "sparse")) || ln_keras_either(call, 1, "weights") != NULL || x->rank < 1 ||
      x->rank > 2) {
    ln_keras_fail(call,
                  "weights and sparse results cannot be converted, nor an input of rank %d; without them and of "
                  "rank 1 or 2 it can",
                  x->rank);
    return;
  }
  for (int i = 0; i < x->rank; ++i) axes[i] = i;
  ln_tensor* size =
      ln_build_reduce(&call->b, LN_OP_REDUCE_MAX, x, x->rank, axes, false, ln_keras_name(call, "largest"));
  size = ln_form_number(&f, LN_OP_ADD, size, 1, "size");
  size = ln_form_number(&f, LN_OP_MAXIMUM, size, ln_keras_to_int(ln_keras_either(call, 2, "minlength"), 0), "at_least");
  ln_tensor* const inputs[] = {x, size, ln_form_scalar(&f, LN_TYPE_INT32, 1, "on"),
                               ln_form_scalar(&f, LN_TYPE_INT32, 0, "off")};
  ln_node* node = ln_build_node(&call->b, LN_OP_ONE_HOT, 4, inputs);
  LN_SET(node, OneHotOptions, axis, -1);
  ln_keras_return(call, ln_form_reduce(&f, LN_OP_SUM, ln_build_done(node, ln_keras_name(call, "ones"), 1), x->rank - 1,
                                       false, NULL));
}

/* Whether fewer than k predictions are above the target's. */
static void in_top_k(ln_keras_call* call) {
  const ln_form f = ln_keras_form(call);
  const int32_t k = ln_keras_to_int(ln_keras_either(call, 2, "k"), 1);
  if (call->in_count != 2 || call->in[0]->rank != 1 || call->in[1]->rank != 2) {
    ln_keras_fail(call, "its targets and predictions have other ranks than 1 and 2");
    return;
  }
  ln_tensor* column = ln_form_expand(&f, ln_form_cast(&f, call->in[0], LN_TYPE_INT32, "targets"), 1, "column");
  ln_tensor* own = ln_form_gather(&f, call->in[1], column, 1, 1, "own");
  ln_tensor* above = ln_form_binary(&f, LN_OP_GREATER, call->in[1], own, "above");
  above = ln_form_reduce(&f, LN_OP_SUM, ln_form_cast(&f, above, LN_TYPE_INT32, "ones"), 1, false, "sum");
  ln_keras_return(call, ln_form_number(&f, LN_OP_LESS, above, k, NULL));
}

/* The places of what is not 0, a row of numbers for each dimension. */
static void nonzero(ln_keras_call* call) {
  const ln_form f = ln_keras_form(call);
  ln_tensor *x = call->in[0], *parts[LN_MAX_DIMS];
  if (x->rank < 1) {
    ln_keras_fail(call, "its input has rank %d; 1 or more is right", x->rank);
    return;
  }
  ln_tensor* where = ln_form_unary(&f, LN_OP_WHERE, ln_form_cast(&f, x, LN_TYPE_BOOL, "bool"), "where");
  where = ln_form_cast(&f, where, LN_TYPE_INT32, "places");
  ln_build_unpack(&call->b, where, 1, x->rank, call->name, parts);
  for (int i = 0; i < x->rank; ++i) ln_keras_return(call, parts[i]);
}

const ln_keras_lowering ln_keras_order[] = {
    {"Median", quantile, 0, 0},
    {"Quantile", quantile, 0, 0},
    {"Percentile", quantile, 0, 0},
    {"Nanmedian", quantile, 0, 0},
    {"Nanquantile", quantile, 0, 0},
    {"Nanpercentile", quantile, 0, 0},
    {"Nanargmax", nan_arg, 0, 0},
    {"Nanargmin", nan_arg, 0, 0},
    {"Nanmax", nan_reduce, 0, 0},
    {"Nanmin", nan_reduce, 0, 0},
    {"Nansum", nan_reduce, 0, 0},
    {"Nanprod", nan_reduce, 0, 0},
    {"Nanmean", nan_mean, 0, 0},
    {"Nanvar", nan_mean, 0, 0},
    {"Nanstd", nan_mean, 0, 0},
    {"Cumsum", cumsum, 0, 0},
    {"Nancumsum", cumsum, 0, 0},
    {"Cumprod", cumprod, 0, 0},
    {"Nancumprod", cumprod, 0, 0},
    {"Ptp", peak_to_peak, 0, 0},
    {"Average", average, 0, 0},
    {"Trapezoid", trapezoid, 0, 0},
    {"SearchSorted", search_sorted, 0, 0},
    {"Digitize", digitize, 0, 0},
    {"Histogram", histogram, 0, 0},
    {"Bincount", bin_count, 0, 0},
    {"InTopK", in_top_k, 0, 0},
    {"Nonzero", nonzero, 0, 0},
    {NULL, NULL, 0, 0},
};
