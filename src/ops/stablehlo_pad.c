/* STABLEHLO_PAD, and DILATE, which only puts elements between those there are. */
#include "ops/builtin_ops.h"
#include "ops/move_util.h"
#include "ops/pad_util.h"

static TfLiteStatus check_value(TfLiteContext* context, const TfLiteTensor* input, const TfLiteTensor* value,
                                const TfLiteTensor* output) {
  size_t bytes;
  LN_TRY(ln_element_bytes(context, input, &bytes));
  LN_CHECK(context, ln_rank(input) <= LN_MAX_RANK, "the operand has rank %d; at most %d is allowed", ln_rank(input),
           LN_MAX_RANK);
  LN_CHECK(context, value->type == input->type && ln_num_elements(value) == 1,
           "the padding value is %s with %lld elements; one %s is right", TfLiteTypeGetName(value->type),
           (long long)ln_num_elements(value), TfLiteTypeGetName(input->type));
  return ln_check_type(context, output, "the result", input->type);
}

static void run(const TfLiteTensor* input, const ln_edge_padding* padding, const TfLiteTensor* value,
                TfLiteTensor* output) {
  if (output->bytes == 0) return;
  const int32_t none = 0;
  const int rank = ln_rank(input);
  ln_pad_edges(rank, rank > 0 ? input->dims->data : &none, input->data.raw, padding, value->data.raw,
               rank > 0 ? output->dims->data : &none, output->data.raw, ln_type_size(input->type));
}

/* ---- STABLEHLO_PAD ---- */

static TfLiteStatus get_pad(TfLiteContext* context, const TfLiteNode* node, const TfLiteTensor** input,
                            const TfLiteTensor** value, TfLiteTensor** output, ln_edge_padding* padding) {
  const TfLiteStablehloPadParams* params = node->builtin_data;
  LN_CHECK(context, params != NULL, "the options are missing");
  LN_TRY(ln_check_io(context, node, 2, 2, 1));
  LN_TRY(ln_get_input(context, node, 0, input));
  LN_TRY(ln_get_input(context, node, 1, value));
  LN_TRY(ln_get_output(context, node, 0, output));
  memcpy(padding->low, params->edge_padding_low, sizeof padding->low);
  memcpy(padding->high, params->edge_padding_high, sizeof padding->high);
  memcpy(padding->interior, params->interior_padding, sizeof padding->interior);
  return kTfLiteOk;
}

static TfLiteStatus pad_prepare(TfLiteContext* context, TfLiteNode* node) {
  const TfLiteTensor *input, *value;
  TfLiteTensor* output;
  ln_edge_padding padding;
  int32_t dims[LN_MAX_RANK];
  LN_TRY(get_pad(context, node, &input, &value, &output, &padding));
  LN_TRY(check_value(context, input, value, output));
  const int rank = ln_rank(input);
  LN_TRY(ln_padded_dims(context, rank, rank > 0 ? input->dims->data : NULL, &padding, dims));
  /* Where nothing is left of one dimension the original leaves nothing of the others either. */
  bool empty = false;
  for (int i = 0; i < rank; ++i) empty = empty || dims[i] <= 0;
  for (int i = 0; i < rank && empty; ++i) dims[i] = 0;
  return ln_resize(context, output, rank, dims);
}

static TfLiteStatus pad_invoke(TfLiteContext* context, TfLiteNode* node) {
  const TfLiteTensor *input, *value;
  TfLiteTensor* output;
  ln_edge_padding padding;
  LN_TRY(get_pad(context, node, &input, &value, &output, &padding));
  run(input, &padding, value, output);
  return kTfLiteOk;
}

const TfLiteRegistration ln_op_stablehlo_pad = {.prepare = pad_prepare, .invoke = pad_invoke};

/* ---- DILATE ---- */

static TfLiteStatus get_dilate(TfLiteContext* context, const TfLiteNode* node, const TfLiteTensor** input,
                               const TfLiteTensor** dilations, const TfLiteTensor** value, TfLiteTensor** output) {
  LN_TRY(ln_check_io(context, node, 3, 3, 1));
  LN_TRY(ln_get_input(context, node, 0, input));
  LN_TRY(ln_get_input(context, node, 1, dilations));
  LN_TRY(ln_get_input(context, node, 2, value));
  return ln_get_output(context, node, 0, output);
}

static TfLiteStatus read_dilations(TfLiteContext* context, const TfLiteTensor* input, const TfLiteTensor* t,
                                   ln_edge_padding* padding) {
  int32_t dilations[LN_MAX_RANK];
  int count;
  *padding = (ln_edge_padding){.low = {0}};
  LN_TRY(ln_read_ints(context, t, "dilations", LN_MAX_RANK, dilations, &count));
  LN_CHECK(context, count == ln_rank(input), "there are %d dilations; the operand's rank is %d", count, ln_rank(input));
  for (int i = 0; i < count; ++i) {
    LN_CHECK(context, dilations[i] >= 1, "dilation %d is %d; it must be at least 1", i, dilations[i]);
    padding->interior[i] = dilations[i] - 1;
  }
  return kTfLiteOk;
}

static TfLiteStatus resize_dilated(TfLiteContext* context, const TfLiteTensor* input, const TfLiteTensor* dilations,
                                   TfLiteTensor* output) {
  ln_edge_padding padding;
  int32_t dims[LN_MAX_RANK];
  LN_TRY(read_dilations(context, input, dilations, &padding));
  LN_TRY(ln_padded_dims(context, ln_rank(input), input->dims->data, &padding, dims));
  return ln_resize(context, output, ln_rank(input), dims);
}

static TfLiteStatus dilate_prepare(TfLiteContext* context, TfLiteNode* node) {
  const TfLiteTensor *input, *dilations, *value;
  TfLiteTensor* output;
  LN_TRY(get_dilate(context, node, &input, &dilations, &value, &output));
  LN_TRY(check_value(context, input, value, output));
  LN_TRY(ln_check_type(context, dilations, "dilations", kTfLiteInt32));
  LN_CHECK(context, ln_rank(input) >= 1, "the operand is a scalar; it must have a dimension");
  if (ln_is_constant(dilations)) return resize_dilated(context, input, dilations, output);
  ln_set_dynamic(output);
  return kTfLiteOk;
}

static TfLiteStatus dilate_invoke(TfLiteContext* context, TfLiteNode* node) {
  const TfLiteTensor *input, *dilations, *value;
  TfLiteTensor* output;
  ln_edge_padding padding;
  LN_TRY(get_dilate(context, node, &input, &dilations, &value, &output));
  if (ln_is_dynamic(output)) LN_TRY(resize_dilated(context, input, dilations, output));
  LN_TRY(read_dilations(context, input, dilations, &padding));
  run(input, &padding, value, output);
  return kTfLiteOk;
}

const TfLiteRegistration ln_op_dilate = {.prepare = dilate_prepare, .invoke = dilate_invoke};
