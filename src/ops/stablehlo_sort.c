/* STABLEHLO_SORT: the elements along one dimension of several tensors, ordered together by a region that says whether
 * the first of two comes before the second. Always stable: a merge sort, which ends whatever the region says. */
#include "linnet/stablehlo.h"
#include "ops/builtin_ops.h"
#include "ops/element_util.h"
#include "ops/move_util.h"
#include "ops/region.h"

enum { MAX_OPERANDS = LN_REGION_MAX_ARGUMENTS / 2 };

typedef struct sort_data {
  ln_region region;
  int axis;
  int first_temporary;
} sort_data;

LN_DEFINE_INIT(init, sort_data, .first_temporary = -1)

static TfLiteStatus prepare(TfLiteContext* context, TfLiteNode* node) {
  const LinnetStablehloSortParams* params = node->builtin_data;
  sort_data* data = node->user_data;
  const int count = node->outputs->size;
  const TfLiteTensor *first, *input;
  TfLiteType types[LN_REGION_MAX_ARGUMENTS];
  const TfLiteType truth = kTfLiteBool;
  LN_CHECK(context, params != NULL, "the options are missing");
  LN_CHECK(context, count >= 1 && count <= MAX_OPERANDS, "there are %d results; 1 to %d are allowed", count,
           MAX_OPERANDS);
  LN_TRY(ln_check_io(context, node, count, count, count));
  LN_TRY(ln_set_temporaries(context, node, 1, &data->first_temporary));
  LN_TRY(ln_get_input(context, node, 0, &first));
  const int rank = ln_rank(first);
  LN_CHECK(context, params->dimension >= -rank && params->dimension < rank,
           "the dimension is %lld; it must be in [%d, %d)", (long long)params->dimension, -rank, rank);
  data->axis = (int)(params->dimension < 0 ? params->dimension + rank : params->dimension);
  for (int k = 0; k < count; ++k) {
    TfLiteTensor* output;
    ln_number number;
    LN_TRY(ln_get_input(context, node, k, &input));
    LN_TRY(ln_get_output(context, node, k, &output));
    LN_TRY(ln_check_number(context, input, "an operand", &number));
    LN_TRY(ln_check_same_shape(context, first, "operand 0", input, "another operand"));
    LN_TRY(ln_check_same_meaning(context, input, "an operand", output, "its result"));
    types[2 * k] = types[2 * k + 1] = input->type;
    LN_TRY(ln_resize_like(context, output, input));
  }
  size_t bytes;
  LN_CHECK(context, ln_mul_size((size_t)ln_dim(first, data->axis), 2 * sizeof(int32_t), &bytes),
           "the extent %d overflows", ln_dim(first, data->axis));
  LN_TRY(ln_set_scratch(context, node, 0, bytes));
  return ln_region_prepare(context, params->comparator_subgraph_index, types, 2 * count, &truth, 1, &data->region);
}

typedef struct line {
  TfLiteContext* context;
  const ln_region* region;
  int count;
  const char* in[MAX_OPERANDS]; /* the line's first elements */
  size_t widths[MAX_OPERANDS];
  size_t step; /* between its elements */
} line;

static TfLiteStatus comes_before(const line* l, int32_t a, int32_t b, bool* result) {
  const void* arguments[LN_REGION_MAX_ARGUMENTS];
  uint8_t value = 0;
  void* out = &value;
  for (int k = 0; k < l->count; ++k) {
    arguments[2 * k] = l->in[k] + (size_t)a * l->step * l->widths[k];
    arguments[2 * k + 1] = l->in[k] + (size_t)b * l->step * l->widths[k];
  }
  if (l->region->kind == LN_REGION_ROW)
    l->region->row(NULL, arguments[l->region->a], 0, arguments[l->region->b], 0, out, 1);
  else if (l->region->kind == LN_REGION_ARGUMENT)
    memcpy(&value, arguments[l->region->a], 1);
  else
    LN_TRY(ln_region_call(l->context, l->region, arguments, &out));
  *result = value != 0;
  return kTfLiteOk;
}

/* Merges [begin, middle) and [middle, end) of `from` into `to`; of equals the left one comes first. */
static TfLiteStatus merge(const line* l, const int32_t* from, int32_t begin, int32_t middle, int32_t end, int32_t* to) {
  int32_t left = begin, right = middle;
  for (int32_t i = begin; i < end; ++i) {
    bool take_right = left == middle;
    if (left < middle && right < end) LN_TRY(comes_before(l, from[right], from[left], &take_right));
    to[i] = take_right ? from[right++] : from[left++];
  }
  return kTfLiteOk;
}

/* The order of the line's elements, in one of the two halves of `order`. */
static TfLiteStatus sort_line(const line* l, int32_t n, int32_t* order, const int32_t** sorted) {
  int32_t *from = order, *to = order + n;
  for (int32_t i = 0; i < n; ++i) from[i] = i;
  for (int64_t width = 1; width < n; width *= 2) {
    for (int64_t begin = 0; begin < n; begin += 2 * width) {
      const int64_t middle = begin + width < n ? begin + width : n, end = middle + width < n ? middle + width : n;
      LN_TRY(merge(l, from, (int32_t)begin, (int32_t)middle, (int32_t)end, to));
    }
    int32_t* swap = from;
    from = to;
    to = swap;
  }
  *sorted = from;
  return kTfLiteOk;
}

static TfLiteStatus invoke(TfLiteContext* context, TfLiteNode* node) {
  const sort_data* data = node->user_data;
  line l = {.context = context, .region = &data->region, .count = node->outputs->size};
  const TfLiteTensor *first_input, *inputs[MAX_OPERANDS];
  TfLiteTensor* outputs[MAX_OPERANDS];
  LN_TRY(ln_get_input(context, node, 0, &first_input));
  for (int k = 0; k < l.count; ++k) {
    LN_TRY(ln_get_input(context, node, k, &inputs[k]));
    LN_TRY(ln_get_output(context, node, k, &outputs[k]));
    l.widths[k] = ln_type_size(inputs[k]->type);
  }
  if (first_input->bytes == 0) return kTfLiteOk;
  if (data->region.kind == LN_REGION_GRAPH) LN_TRY(ln_region_enter(context, &data->region));
  const int32_t n = ln_dim(first_input, data->axis);
  const size_t outer = ln_extent(first_input, 0, data->axis);
  l.step = ln_extent(first_input, data->axis + 1, ln_rank(first_input));
  int32_t* order = ln_get_temporary(context, node, 0)->data.i32;
  for (size_t i = 0; i < outer * l.step; ++i) {
    const size_t first = i / l.step * (size_t)n * l.step + i % l.step;
    const int32_t* sorted;
    for (int k = 0; k < l.count; ++k) l.in[k] = inputs[k]->data.raw + first * l.widths[k];
    LN_TRY(sort_line(&l, n, order, &sorted));
    for (int k = 0; k < l.count; ++k) {
      char* out = outputs[k]->data.raw + first * l.widths[k];
      for (int32_t j = 0; j < n; ++j)
        memcpy(out + (size_t)j * l.step * l.widths[k], l.in[k] + (size_t)sorted[j] * l.step * l.widths[k], l.widths[k]);
    }
  }
  return kTfLiteOk;
}

const TfLiteRegistration ln_op_stablehlo_sort = {
    .init = init, .free = ln_free_node_data, .prepare = prepare, .invoke = invoke};
