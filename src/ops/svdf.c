/* SVDF: a layer of filters over a sequence, one step per invoke, its memory in a variable tensor. Floats, floats with
 * int8 weights, and integers (int8 with an int16 memory). */
#include "kernels/generic/svdf.h"

#include <math.h>

#include "kernels/generic/fixed_point.h"
#include "ops/builtin_ops.h"
#include "ops/op_util.h"

enum { kInput, kFeatures, kTime, kBias, kState, kInputs };
enum { kProducts, kSums, kVector, kQuantized, kTemporaries };

typedef struct svdf_data {
  int first_temporary;
  ln_svdf_sizes sizes;
  ln_svdf_s16 integer; /* factors; the pointers are set in invoke */
} svdf_data;

LN_DEFINE_INIT(init, svdf_data, .first_temporary = -1)

typedef struct svdf_tensors {
  const TfLiteTensor *input, *features, *time, *bias;
  TfLiteTensor *state, *output;
} svdf_tensors;

static TfLiteStatus get_tensors(TfLiteContext* context, const TfLiteNode* node, svdf_tensors* t) {
  LN_TRY(ln_get_input(context, node, kInput, &t->input));
  LN_TRY(ln_get_input(context, node, kFeatures, &t->features));
  LN_TRY(ln_get_input(context, node, kTime, &t->time));
  t->bias = ln_optional_input(context, node, kBias);
  LN_TRY(ln_get_variable(context, node, kState, &t->state));
  return ln_get_output(context, node, 0, &t->output);
}

static TfLiteStatus check_types(TfLiteContext* context, const svdf_tensors* t) {
  const bool integer = t->input->type == kTfLiteInt8;
  if (!integer) {
    LN_TRY(ln_check_type(context, t->input, "input", kTfLiteFloat32));
    LN_CHECK(context, t->features->type == kTfLiteFloat32 || t->features->type == kTfLiteInt8,
             "the feature weights are %s; FLOAT32 or INT8 is right", TfLiteTypeGetName(t->features->type));
  } else {
    LN_TRY(ln_check_type(context, t->features, "the feature weights", kTfLiteInt8));
  }
  LN_CHECK(context, t->features->sparsity == NULL && t->time->sparsity == NULL,
           "the weights are sparse; dense ones are right");
  LN_TRY(ln_check_type(context, t->time, "the time weights", integer ? kTfLiteInt16 : t->features->type));
  if (t->bias != NULL) LN_TRY(ln_check_type(context, t->bias, "bias", integer ? kTfLiteInt32 : kTfLiteFloat32));
  LN_TRY(ln_check_type(context, t->state, "the state", integer ? kTfLiteInt16 : kTfLiteFloat32));
  return ln_check_type(context, t->output, "output", t->input->type);
}

static TfLiteStatus check_shapes(TfLiteContext* context, const svdf_tensors* t, int rank, ln_svdf_sizes* sizes) {
  LN_CHECK(context, ln_rank(t->input) == 2 && ln_rank(t->features) == 2 && ln_rank(t->time) == 2,
           "input, feature weights and time weights have ranks %d, %d and %d; 2 is right", ln_rank(t->input),
           ln_rank(t->features), ln_rank(t->time));
  const int batch = ln_dim(t->input, 0), inputs = ln_dim(t->input, 1), filters = ln_dim(t->features, 0),
            memory = ln_dim(t->time, 1);
  LN_CHECK(context, rank >= 1 && filters >= 1 && filters % rank == 0,
           "%d filters of rank %d; a multiple of a rank above 0 is right", filters, rank);
  LN_CHECK(context, ln_dim(t->features, 1) == inputs, "the feature weights have %d columns; the input has %d",
           ln_dim(t->features, 1), inputs);
  LN_CHECK(context, ln_dim(t->time, 0) == filters && memory >= 1,
           "the time weights are [%d, %d]; %d rows of at least 1 are right", ln_dim(t->time, 0), memory, filters);
  LN_CHECK(context, t->bias == NULL || (ln_rank(t->bias) == 1 && ln_dim(t->bias, 0) == filters / rank),
           "bias does not have one dimension of %d", filters / rank);
  LN_CHECK(context,
           ln_rank(t->state) == 2 && ln_dim(t->state, 0) == batch &&
               (int64_t)ln_dim(t->state, 1) == (int64_t)memory * filters,
           "the state is not [%d, %d * %d]", batch, memory, filters);
  *sizes = (ln_svdf_sizes){(size_t)inputs, (size_t)filters, (size_t)memory, (size_t)rank};
  return kTfLiteOk;
}

static TfLiteStatus quantize(TfLiteContext* context, const svdf_tensors* t, ln_svdf_s16* svdf) {
  const TfLiteTensor* const all[] = {t->input, t->features, t->state, t->time, t->output};
  double scales[5];
  for (int i = 0; i < 5; ++i) {
    scales[i] = (double)all[i]->params.scale;
    LN_CHECK(context, isfinite(scales[i]) && scales[i] > 0, "tensor \"%s\" has the scale %g; one above 0 is right",
             all[i]->name != NULL ? all[i]->name : "", scales[i]);
  }
  svdf->input_zero_point = t->input->params.zero_point;
  svdf->output_zero_point = t->output->params.zero_point;
  LN_CHECK(context, svdf->input_zero_point >= INT8_MIN && svdf->input_zero_point <= INT8_MAX,
           "the input's zero point is %d; one in [-128, 127] is right", (int)svdf->input_zero_point);
  ln_quantize_multiplier(scales[0] * scales[1] / scales[2], &svdf->state_multiplier, &svdf->state_shift);
  ln_quantize_multiplier(scales[2] * scales[3] / scales[4], &svdf->output_multiplier, &svdf->output_shift);
  return kTfLiteOk;
}

static TfLiteStatus set_scratch(TfLiteContext* context, TfLiteNode* node, const ln_svdf_sizes* s, bool integer,
                                bool hybrid) {
  const int32_t filters = (int32_t)s->filters, inputs = (int32_t)s->inputs, none = 0;
  const bool quantized = integer || hybrid;
  LN_TRY(ln_set_temporary(context, node, kProducts, kTfLiteFloat32, kTfLiteArenaRw, 1, integer ? &none : &filters));
  LN_TRY(ln_set_temporary(context, node, kSums, kTfLiteInt32, kTfLiteArenaRw, 1, quantized ? &filters : &none));
  LN_TRY(ln_set_temporary(context, node, kVector, kTfLiteInt16, kTfLiteArenaRw, 1, quantized ? &inputs : &none));
  return ln_set_temporary(context, node, kQuantized, kTfLiteInt8, kTfLiteArenaRw, 1, hybrid ? &inputs : &none);
}

static TfLiteStatus prepare(TfLiteContext* context, TfLiteNode* node) {
  const TfLiteSVDFParams* params = node->builtin_data;
  svdf_data* data = node->user_data;
  svdf_tensors t;
  LN_CHECK(context, params != NULL, "the options are missing");
  LN_TRY(ln_check_io(context, node, kInputs, kInputs, 1));
  LN_TRY(ln_set_temporaries(context, node, kTemporaries, &data->first_temporary));
  LN_TRY(get_tensors(context, node, &t));
  LN_TRY(check_types(context, &t));
  LN_TRY(check_shapes(context, &t, params->rank, &data->sizes));
  const bool integer = t.input->type == kTfLiteInt8, hybrid = !integer && t.features->type == kTfLiteInt8;
  if (integer) {
    LN_CHECK(context, params->activation == kTfLiteActRelu, "fused activation %d; an integer SVDF takes RELU",
             (int)params->activation);
    LN_TRY(quantize(context, &t, &data->integer));
  }
  LN_CHECK(context, params->activation >= kTfLiteActNone && params->activation <= kTfLiteActSigmoid,
           "unknown fused activation %d", (int)params->activation);
  LN_TRY(set_scratch(context, node, &data->sizes, integer, hybrid));
  const int32_t dims[2] = {ln_dim(t.input, 0), (int32_t)(data->sizes.filters / data->sizes.rank)};
  return ln_resize(context, t.output, 2, dims);
}

static ln_mixed_matrix make_matrix(const TfLiteTensor* t) {
  return (ln_mixed_matrix){
      .data = t->data.raw_const, .is_s8 = t->type == kTfLiteInt8, .diagonal = false, .scale = t->params.scale};
}

static void run_float(const svdf_data* data, const svdf_tensors* t, const TfLiteSVDFParams* params,
                      const ln_svdf_scratch* scratch) {
  const ln_svdf_sizes* s = &data->sizes;
  const ln_svdf_f32 svdf = {.sizes = *s,
                            .features = make_matrix(t->features),
                            .time = make_matrix(t->time),
                            .bias = t->bias != NULL ? t->bias->data.f : NULL,
                            .asymmetric = params->asymmetric_quantize_inputs,
                            .activation = (ln_activation)params->activation};
  for (size_t row = 0; row < (size_t)ln_dim(t->input, 0); ++row)
    ln_svdf_step_f32(&svdf, scratch, t->input->data.f + row * s->inputs,
                     t->state->data.f + row * s->filters * s->memory, t->output->data.f + row * (s->filters / s->rank));
}

static void run_integer(const svdf_data* data, const svdf_tensors* t, const ln_svdf_scratch* scratch) {
  const ln_svdf_sizes* s = &data->sizes;
  ln_svdf_s16 svdf = data->integer;
  svdf.sizes = *s;
  svdf.features = t->features->data.int8;
  svdf.time = t->time->data.i16;
  svdf.bias = t->bias != NULL ? t->bias->data.i32 : NULL;
  for (size_t row = 0; row < (size_t)ln_dim(t->input, 0); ++row)
    ln_svdf_step_s16(&svdf, scratch, t->input->data.int8 + row * s->inputs,
                     t->state->data.i16 + row * s->filters * s->memory,
                     t->output->data.int8 + row * (s->filters / s->rank));
}

static TfLiteStatus invoke(TfLiteContext* context, TfLiteNode* node) {
  svdf_tensors t;
  LN_TRY(get_tensors(context, node, &t));
  const ln_svdf_scratch scratch = {.products = ln_get_temporary(context, node, kProducts)->data.f,
                                   .sums = ln_get_temporary(context, node, kSums)->data.i32,
                                   .s16 = ln_get_temporary(context, node, kVector)->data.i16,
                                   .s8 = ln_get_temporary(context, node, kQuantized)->data.int8};
  if (t.input->type == kTfLiteInt8)
    run_integer(node->user_data, &t, &scratch);
  else
    run_float(node->user_data, &t, node->builtin_data, &scratch);
  return kTfLiteOk;
}

const TfLiteRegistration ln_op_svdf = {.init = init, .free = ln_free_node_data, .prepare = prepare, .invoke = invoke};
