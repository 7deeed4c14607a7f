/* LSTM and UNIDIRECTIONAL_SEQUENCE_LSTM: one cell for a step, or for the steps of a sequence. The state is in variable
 * tensors. Every row of a batch is stepped by itself. */
#include <string.h>

#include "ops/builtin_ops.h"
#include "ops/lstm_basic.h"
#include "ops/lstm_util.h"

/* [steps, rows, values] or [rows, steps, values]. */
typedef struct lstm_layout {
  int steps, rows;
  bool time_major;
} lstm_layout;

typedef struct lstm_data {
  int first_temporary;
  ln_lstm_sizes sizes;
  ln_lstm_s16 integer; /* factors; the pointers are set in invoke */
} lstm_data;

LN_DEFINE_INIT(init, lstm_data, .first_temporary = -1)

static TfLiteStatus prepare(TfLiteContext* context, TfLiteNode* node, const lstm_options* options, int batch) {
  lstm_data* data = node->user_data;
  const TfLiteTensor* input;
  TfLiteTensor* output;
  LN_CHECK(context, node->inputs->size == 20 || node->inputs->size == 24, "%d inputs; the operator takes 20 or 24",
           node->inputs->size);
  LN_TRY(ln_check_io(context, node, 20, 24, 1));
  LN_TRY(ln_lstm_check(context, node, options, batch, &data->sizes));
  LN_TRY(ln_get_input(context, node, kLstmInput, &input));
  const bool integer = input->type == kTfLiteInt8;
  if (integer) LN_TRY(ln_lstm_quantize(context, node, options, &data->integer));
  LN_TRY(ln_lstm_set_scratch(context, node, &data->first_temporary, &data->sizes, integer,
                             ln_lstm_is_hybrid(context, node)));
  LN_TRY(ln_get_input(context, node, kLstmInput, &input));
  LN_TRY(ln_get_output(context, node, 0, &output));
  LN_TRY(ln_check_type(context, output, "output", input->type));
  int32_t dims[LN_MAX_RANK];
  const int rank = ln_rank(input);
  for (int i = 0; i < rank; ++i) dims[i] = ln_dim(input, i);
  dims[rank - 1] = (int32_t)data->sizes.outputs;
  return ln_resize(context, output, rank, dims);
}

/* ---- Invoke ---- */

static const void* data_of(const TfLiteTensor* t) { return t != NULL ? t->data.raw_const : NULL; }

static const void* input_data(TfLiteContext* context, const TfLiteNode* node, int index) {
  return data_of(ln_optional_input(context, node, index));
}

static ln_lstm_s16 make_s16(TfLiteContext* context, TfLiteNode* node) {
  const lstm_data* data = node->user_data;
  ln_lstm_s16 lstm = data->integer;
  lstm.sizes = data->sizes;
  lstm.coupled = ln_optional_input(context, node, kLstmInputWeights) == NULL;
  lstm.projection = input_data(context, node, kLstmProjection);
  lstm.projection_bias = input_data(context, node, kLstmProjectionBias);
  for (int gate = 0; gate < LN_LSTM_GATES; ++gate) {
    ln_lstm_gate_s16* g = &lstm.gates[gate];
    g->input = input_data(context, node, kLstmInputWeights + gate);
    g->recurrent = input_data(context, node, kLstmRecurrentWeights + gate);
    g->peephole = data_of(ln_lstm_peephole(context, node, gate));
    g->norm = input_data(context, node, kLstmNorms + gate);
    g->bias = input_data(context, node, kLstmBiases + gate);
  }
  return lstm;
}

static TfLiteStatus invoke(TfLiteContext* context, TfLiteNode* node, const lstm_options* options,
                           const lstm_layout* layout) {
  const lstm_data* data = node->user_data;
  const ln_lstm_sizes* s = &data->sizes;
  const TfLiteTensor* input;
  TfLiteTensor *output, *state, *cell;
  LN_TRY(ln_get_input(context, node, kLstmInput, &input));
  LN_TRY(ln_get_output(context, node, 0, &output));
  LN_TRY(ln_get_variable(context, node, kLstmState, &state));
  LN_TRY(ln_get_variable(context, node, kLstmCell, &cell));
  const ln_lstm_scratch scratch = ln_lstm_get_scratch(context, node);
  const bool integer = input->type == kTfLiteInt8;
  ln_lstm_f32 f32 = {0};
  ln_lstm_s16 s16 = {0};
  if (integer)
    s16 = make_s16(context, node);
  else
    f32 = ln_lstm_make_f32(context, node, options, &data->sizes);
  const size_t rows = (size_t)layout->rows, steps = (size_t)layout->steps, size = ln_type_size(input->type);
  for (size_t row = 0; row < rows; ++row) {
    for (size_t step = 0; step < steps; ++step) {
      const size_t at = layout->time_major ? step * rows + row : row * steps + step;
      char* h = state->data.raw + row * s->outputs * size;
      if (integer)
        ln_lstm_step_s16(&s16, &scratch, layout->time_major ? row : 0, layout->time_major ? rows : 1,
                         input->data.int8 + at * s->inputs, (int8_t*)h, cell->data.i16 + row * s->cells);
      else
        ln_lstm_step_f32(&f32, &scratch, input->data.f + at * s->inputs, NULL, state->data.f + row * s->outputs,
                         cell->data.f + row * s->cells);
      memcpy(output->data.raw + at * s->outputs * size, h, s->outputs * size);
    }
  }
  return kTfLiteOk;
}

/* ---- UNIDIRECTIONAL_SEQUENCE_LSTM ---- */

static lstm_options sequence_options(const TfLiteUnidirectionalSequenceLSTMParams* p) {
  return (lstm_options){p->activation, p->cell_clip, p->proj_clip, p->asymmetric_quantize_inputs};
}

static lstm_layout sequence_layout(const TfLiteUnidirectionalSequenceLSTMParams* p, const TfLiteTensor* input) {
  return (lstm_layout){ln_dim(input, p->time_major ? 0 : 1), ln_dim(input, p->time_major ? 1 : 0), p->time_major};
}

static TfLiteStatus sequence_prepare(TfLiteContext* context, TfLiteNode* node) {
  const TfLiteUnidirectionalSequenceLSTMParams* params = node->builtin_data;
  const TfLiteTensor* input;
  LN_CHECK(context, params != NULL, "the options are missing");
  LN_TRY(ln_get_input(context, node, kLstmInput, &input));
  LN_CHECK(context, ln_rank(input) == 3, "input has rank %d; it must be 3", ln_rank(input));
  const lstm_options options = sequence_options(params);
  return prepare(context, node, &options, sequence_layout(params, input).rows);
}

static TfLiteStatus sequence_invoke(TfLiteContext* context, TfLiteNode* node) {
  const TfLiteUnidirectionalSequenceLSTMParams* params = node->builtin_data;
  const lstm_options options = sequence_options(params);
  const lstm_layout layout = sequence_layout(params, ln_optional_input(context, node, kLstmInput));
  return invoke(context, node, &options, &layout);
}

/* ---- LSTM ---- */

static lstm_options step_options(const TfLiteLSTMParams* p) {
  return (lstm_options){p->activation, p->cell_clip, p->proj_clip, p->asymmetric_quantize_inputs};
}

static TfLiteStatus step_prepare(TfLiteContext* context, TfLiteNode* node) {
  const TfLiteLSTMParams* params = node->builtin_data;
  const TfLiteTensor* input;
  LN_CHECK(context, params != NULL, "the options are missing");
  if (params->kernel_type == kTfLiteLSTMBasicKernel) return ln_lstm_basic_prepare(context, node);
  LN_TRY(ln_get_input(context, node, kLstmInput, &input));
  LN_CHECK(context, ln_rank(input) == 2, "input has rank %d; it must be 2", ln_rank(input));
  const lstm_options options = step_options(params);
  return prepare(context, node, &options, ln_dim(input, 0));
}

static TfLiteStatus step_invoke(TfLiteContext* context, TfLiteNode* node) {
  const TfLiteLSTMParams* params = node->builtin_data;
  if (params->kernel_type == kTfLiteLSTMBasicKernel) return ln_lstm_basic_invoke(context, node);
  const lstm_options options = step_options(params);
  const lstm_layout layout = {1, ln_dim(ln_optional_input(context, node, kLstmInput), 0), true};
  return invoke(context, node, &options, &layout);
}

const TfLiteRegistration ln_op_lstm = {
    .init = init, .free = ln_free_node_data, .prepare = step_prepare, .invoke = step_invoke};
const TfLiteRegistration ln_op_unidirectional_sequence_lstm = {
    .init = init, .free = ln_free_node_data, .prepare = sequence_prepare, .invoke = sequence_invoke};
