/* REDUCE_WINDOW by one of a few functions; STABLEHLO_REDUCE_WINDOW and STABLEHLO_REDUCE by a region. The region's AND
 * and OR within a window are those of truth values for every type, as the original has them. */
#include "linnet/stablehlo.h"
#include "ops/builtin_ops.h"
#include "ops/element_util.h"
#include "ops/fold.h"
#include "ops/move_util.h"
#include "ops/pad_util.h"

enum { MAX_OPERANDS = LN_REGION_MAX_ARGUMENTS / 2 };

typedef struct reduce_data {
  ln_fold_shape shape;
  ln_region region;
  ln_edge_padding padding;
  bool padded;
  int first_temporary, temporaries;
} reduce_data;

LN_DEFINE_INIT(init, reduce_data, .first_temporary = -1)

/* Sets the input's extents and checks those of the window. */
static TfLiteStatus set_window(TfLiteContext* context, ln_fold_shape* s, int axis, int64_t window, int64_t stride,
                               int64_t dilation) {
  LN_CHECK(context,
           window >= 1 && stride >= 1 && dilation >= 1 && ln_fits_i32(window) && ln_fits_i32(stride) &&
               ln_fits_i32(dilation),
           "dimension %d has a window of %lld, a stride of %lld, a dilation of %lld; each must be in [1, %d]", axis,
           (long long)window, (long long)stride, (long long)dilation, INT32_MAX);
  s->window[axis] = (int32_t)window;
  s->stride[axis] = (int32_t)stride;
  s->dilation[axis] = (int32_t)dilation;
  return kTfLiteOk;
}

/* ---- REDUCE_WINDOW ---- */

static TfLiteStatus get_function(TfLiteContext* context, const TfLiteNode* node, const TfLiteTensor* input,
                                 ln_region* region) {
  static const ln_element_op kOps[] = {
      [TfLiteReduceWindowFunctionAdd] = LN_ELEMENT_ADD,     [TfLiteReduceWindowFunctionMul] = LN_ELEMENT_MUL,
      [TfLiteReduceWindowFunctionMin] = LN_ELEMENT_SMALLER, [TfLiteReduceWindowFunctionMax] = LN_ELEMENT_LARGER,
      [TfLiteReduceWindowFunctionAll] = LN_ELEMENT_ALL,     [TfLiteReduceWindowFunctionAny] = LN_ELEMENT_ANY};
  const TfLiteReduceWindowParams* params = node->builtin_data;
  ln_number number;
  LN_CHECK(context, params != NULL && params->reduce_function != TfLiteReduceWindowFunctionUnsupported,
           "the options name no function to reduce by");
  LN_TRY(ln_check_number(context, input, "the input", &number));
  *region = (ln_region){.kind = LN_REGION_ROW, .b = 1, .row = ln_element_binary(kOps[params->reduce_function], number)};
  LN_CHECK(context, region->row != NULL, "the input is %s, which the function does not take",
           TfLiteTypeGetName(input->type));
  return kTfLiteOk;
}

/* int64 values, one for each dimension. */
static TfLiteStatus get_window_values(TfLiteContext* context, const TfLiteNode* node, int index, const char* what,
                                      int rank, const int64_t** values) {
  const TfLiteTensor* t;
  LN_TRY(ln_get_input(context, node, index, &t));
  LN_TRY(ln_check_type(context, t, what, kTfLiteInt64));
  LN_CHECK(context, ln_is_constant(t), "%s is computed; it must be a constant", what);
  LN_CHECK(context, ln_num_elements(t) == rank && t->data.i64 != NULL, "%s has %lld elements; the input's rank is %d",
           what, (long long)ln_num_elements(t), rank);
  *values = t->data.i64;
  return kTfLiteOk;
}

static TfLiteStatus window_prepare(TfLiteContext* context, TfLiteNode* node) {
  reduce_data* data = node->user_data;
  ln_fold_shape* s = &data->shape;
  const TfLiteTensor *input, *initial;
  TfLiteTensor* output;
  const int64_t *windows, *strides, *dilations;
  LN_TRY(ln_check_io(context, node, 5, 5, 1));
  LN_TRY(ln_get_input(context, node, 0, &input));
  LN_TRY(ln_get_input(context, node, 1, &initial));
  LN_TRY(ln_get_output(context, node, 0, &output));
  LN_TRY(get_function(context, node, input, &data->region));
  LN_TRY(ln_check_type(context, output, "output", input->type));
  LN_CHECK(context, initial->type == input->type && ln_num_elements(initial) == 1,
           "the initial value must be one element of the input's type");
  s->rank = ln_rank(input);
  LN_CHECK(context, s->rank >= 1 && s->rank <= LN_MAX_RANK, "rank %d; 1 to %d are allowed", s->rank, LN_MAX_RANK);
  LN_TRY(get_window_values(context, node, 2, "the window", s->rank, &windows));
  LN_TRY(get_window_values(context, node, 3, "the strides", s->rank, &strides));
  LN_TRY(get_window_values(context, node, 4, "the dilations", s->rank, &dilations));
  for (int i = 0; i < s->rank; ++i) {
    s->in[i] = ln_dim(input, i);
    LN_TRY(set_window(context, s, i, windows[i], strides[i], dilations[i]));
  }
  ln_fold_output(s);
  return ln_resize(context, output, s->rank, s->out);
}

static TfLiteStatus window_invoke(TfLiteContext* context, TfLiteNode* node) {
  const reduce_data* data = node->user_data;
  const TfLiteTensor *input, *initial;
  TfLiteTensor* output;
  LN_TRY(ln_get_input(context, node, 0, &input));
  LN_TRY(ln_get_input(context, node, 1, &initial));
  LN_TRY(ln_get_output(context, node, 0, &output));
  const void *in = input->data.raw, *first = initial->data.raw;
  void* out = output->data.raw;
  const size_t width = ln_type_size(input->type);
  return ln_fold(context, &data->shape, &data->region, 1, &in, &first, &out, &width);
}

const TfLiteRegistration ln_op_reduce_window = {
    .init = init, .free = ln_free_node_data, .prepare = window_prepare, .invoke = window_invoke};

/* ---- What STABLEHLO_REDUCE_WINDOW and STABLEHLO_REDUCE share: operands, then their initial values ---- */

/* Operands of one shape and what belongs to each; the region. */
static TfLiteStatus check_operands(TfLiteContext* context, const TfLiteNode* node, int32_t subgraph,
                                   reduce_data* data) {
  const int count = node->outputs->size;
  TfLiteType types[LN_REGION_MAX_ARGUMENTS];
  const TfLiteTensor* first;
  LN_CHECK(context, count >= 1 && count <= MAX_OPERANDS, "there are %d results; 1 to %d are allowed", count,
           MAX_OPERANDS);
  LN_TRY(ln_check_io(context, node, 2 * count, 2 * count, count));
  LN_TRY(ln_get_input(context, node, 0, &first));
  LN_CHECK(context, ln_rank(first) <= LN_MAX_RANK, "the operand has rank %d; at most %d is allowed", ln_rank(first),
           LN_MAX_RANK);
  for (int k = 0; k < count; ++k) {
    const TfLiteTensor *input, *initial;
    TfLiteTensor* output;
    ln_number number;
    LN_TRY(ln_get_input(context, node, k, &input));
    LN_TRY(ln_get_input(context, node, count + k, &initial));
    LN_TRY(ln_get_output(context, node, k, &output));
    LN_TRY(ln_check_number(context, input, "an operand", &number));
    LN_TRY(ln_check_same_shape(context, first, "operand 0", input, "another operand"));
    LN_TRY(ln_check_type(context, output, "the result", input->type));
    LN_CHECK(context, initial->type == input->type && ln_num_elements(initial) == 1,
             "initial value %d must be one element of its operand's type", k);
    types[k] = types[count + k] = input->type;
  }
  data->shape.rank = ln_rank(first);
  return ln_region_prepare(context, subgraph, types, 2 * count, types, count, &data->region);
}

static TfLiteStatus invoke(TfLiteContext* context, TfLiteNode* node) {
  const reduce_data* data = node->user_data;
  const int count = node->outputs->size;
  const void *in[MAX_OPERANDS], *initial[MAX_OPERANDS];
  void* out[MAX_OPERANDS];
  size_t widths[MAX_OPERANDS];
  for (int k = 0; k < count; ++k) {
    const TfLiteTensor *input, *value;
    TfLiteTensor* output;
    LN_TRY(ln_get_input(context, node, k, &input));
    LN_TRY(ln_get_input(context, node, count + k, &value));
    LN_TRY(ln_get_output(context, node, k, &output));
    in[k] = input->data.raw;
    initial[k] = value->data.raw;
    out[k] = output->data.raw;
    widths[k] = ln_type_size(input->type);
    if (!data->padded || output->bytes == 0) continue;
    TfLiteTensor* padded = ln_get_temporary(context, node, k);
    ln_pad_edges(data->shape.rank, input->dims->data, in[k], &data->padding, initial[k], data->shape.in,
                 padded->data.raw, widths[k]);
    in[k] = padded->data.raw;
  }
  return ln_fold(context, &data->shape, &data->region, count, in, initial, out, widths);
}

/* ---- STABLEHLO_REDUCE_WINDOW ---- */

/* The padded extents become the folded input's. */
static TfLiteStatus set_padding(TfLiteContext* context, const TfLiteStablehloReduceWindowParams* params,
                                const TfLiteTensor* input, reduce_data* data) {
  data->padded = false;
  for (int i = 0; i < data->shape.rank; ++i) {
    LN_CHECK(context, params->base_dilations[i] >= 1,
             "the base dilation of dimension %d is %lld; it must be at least 1", i,
             (long long)params->base_dilations[i]);
    data->padding.low[i] = params->padding[2 * i];
    data->padding.high[i] = params->padding[2 * i + 1];
    data->padding.interior[i] = params->base_dilations[i] - 1;
    data->padded =
        data->padded || data->padding.low[i] != 0 || data->padding.high[i] != 0 || data->padding.interior[i] != 0;
  }
  LN_TRY(ln_padded_dims(context, data->shape.rank, input->dims->data, &data->padding, data->shape.in));
  for (int i = 0; i < data->shape.rank; ++i)
    LN_CHECK(context, data->shape.in[i] >= 0, "the padding leaves %d of dimension %d; at least 0 is right",
             data->shape.in[i], i);
  return kTfLiteOk;
}

static void use_truth(const TfLiteTensor* input, ln_region* region) {
  ln_number number;
  if (region->kind != LN_REGION_ROW || !ln_number_of(input->type, &number)) return;
  if (region->op == LN_ELEMENT_AND) region->row = ln_element_binary(LN_ELEMENT_ALL, number);
  if (region->op == LN_ELEMENT_OR) region->row = ln_element_binary(LN_ELEMENT_ANY, number);
}

static TfLiteStatus stablehlo_window_prepare(TfLiteContext* context, TfLiteNode* node) {
  const TfLiteStablehloReduceWindowParams* params = node->builtin_data;
  reduce_data* data = node->user_data;
  ln_fold_shape* s = &data->shape;
  const int32_t none[LN_MAX_RANK] = {0};
  const TfLiteTensor* input;
  LN_CHECK(context, params != NULL, "the options are missing");
  LN_CHECK(context, node->outputs->size <= MAX_OPERANDS, "there are %d results; at most %d are allowed",
           node->outputs->size, MAX_OPERANDS);
  /* The count of temporaries stays that of the first call. */
  if (data->first_temporary < 0) data->temporaries = node->outputs->size;
  LN_TRY(ln_set_temporaries(context, node, data->temporaries, &data->first_temporary));
  LN_TRY(check_operands(context, node, params->body_subgraph_index, data));
  LN_TRY(ln_get_input(context, node, 0, &input));
  LN_CHECK(context, s->rank >= 1, "the operand is a scalar; it must have a dimension");
  use_truth(input, &data->region);
  LN_TRY(set_padding(context, params, input, data));
  for (int i = 0; i < s->rank; ++i)
    LN_TRY(set_window(context, s, i, params->window_dimensions[i], params->window_strides[i],
                      params->window_dilations[i]));
  ln_fold_output(s);
  for (int k = 0; k < node->outputs->size; ++k) {
    TfLiteTensor* output;
    LN_TRY(ln_get_output(context, node, k, &output));
    LN_TRY(ln_resize(context, output, s->rank, s->out));
    LN_TRY(ln_set_temporary(context, node, k, output->type, kTfLiteArenaRw, s->rank, data->padded ? s->in : none));
  }
  return kTfLiteOk;
}

const TfLiteRegistration ln_op_stablehlo_reduce_window = {
    .init = init, .free = ln_free_node_data, .prepare = stablehlo_window_prepare, .invoke = invoke};

/* ---- STABLEHLO_REDUCE: a window over all of the dimensions that go ---- */

static TfLiteStatus reduce_prepare(TfLiteContext* context, TfLiteNode* node) {
  const LinnetStablehloReduceParams* params = node->builtin_data;
  reduce_data* data = node->user_data;
  ln_fold_shape* s = &data->shape;
  const TfLiteTensor* input;
  int32_t dims[LN_MAX_RANK];
  int rank = 0;
  LN_CHECK(context, params != NULL, "the options are missing");
  LN_TRY(check_operands(context, node, params->body_subgraph_index, data));
  LN_TRY(ln_get_input(context, node, 0, &input));
  bool gone[LN_MAX_RANK] = {false};
  for (int i = 0; i < params->num_dimensions; ++i) {
    const int64_t axis = params->dimensions[i];
    LN_CHECK(context, axis >= 0 && axis < s->rank && !gone[axis],
             "dimensions[%d] is %lld, which is no axis of the operand or one named before", i, (long long)axis);
    gone[axis] = true;
  }
  for (int i = 0; i < s->rank; ++i) {
    s->in[i] = ln_dim(input, i);
    s->window[i] = gone[i] ? s->in[i] : 1;
    s->stride[i] = s->dilation[i] = 1;
    s->out[i] = gone[i] ? 1 : s->in[i];
    if (!gone[i]) dims[rank++] = s->in[i];
  }
  for (int k = 0; k < node->outputs->size; ++k) {
    TfLiteTensor* output;
    LN_TRY(ln_get_output(context, node, k, &output));
    LN_TRY(ln_resize(context, output, rank, dims));
  }
  return kTfLiteOk;
}

const TfLiteRegistration ln_op_stablehlo_reduce = {
    .init = init, .free = ln_free_node_data, .prepare = reduce_prepare, .invoke = invoke};
