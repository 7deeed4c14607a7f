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

/* What a sequence is run with. */
typedef struct lstm_run {
  const lstm_layout* layout;
  const ln_lstm_sizes* sizes;
  const TfLiteTensor* input;
  TfLiteTensor *output, *state, *cell;
  ln_lstm_scratch scratch;
} lstm_run;

static size_t place_of(const lstm_layout* l, size_t row, size_t step) {
  return l->time_major ? step * (size_t)l->rows + row : row * (size_t)l->steps + step;
}

static void run_row_s16(const lstm_run* r, const ln_lstm_s16* lstm, size_t row) {
  const ln_lstm_sizes* s = r->sizes;
  const bool together = r->layout->time_major;
  int8_t* h = r->state->data.int8 + row * s->outputs;
  for (size_t step = 0; step < (size_t)r->layout->steps; ++step) {
    const size_t at = place_of(r->layout, row, step);
    ln_lstm_step_s16(lstm, &r->scratch, together ? row : 0, together ? (size_t)r->layout->rows : 1,
                     r->input->data.int8 + at * s->inputs, h, r->cell->data.i16 + row * s->cells);
    memcpy(r->output->data.int8 + at * s->outputs, h, s->outputs);
  }
}

static void run_row_f32(const lstm_run* r, const ln_lstm_f32* lstm, size_t row) {
  const ln_lstm_sizes* s = r->sizes;
  const size_t steps = (size_t)r->layout->steps, width = LN_LSTM_GATES * s->cells;
  const size_t stride = (r->layout->time_major ? (size_t)r->layout->rows : 1) * s->inputs;
  const bool ahead = steps > 1 && ln_lstm_can_multiply_ahead(lstm);
  float* h = r->state->data.f + row * s->outputs;
  for (size_t step = 0; step < steps; ++step) {
    const size_t at = place_of(r->layout, row, step), within = step % LN_LSTM_AHEAD, left = steps - step;
    const float* input = r->input->data.f + at * s->inputs;
    if (ahead && within == 0)
      ln_lstm_multiply_ahead(lstm, input, stride, left < LN_LSTM_AHEAD ? left : LN_LSTM_AHEAD, r->scratch.ahead);
    ln_lstm_step_f32(lstm, &r->scratch, input, NULL, ahead ? r->scratch.ahead + within * width : NULL, h,
                     r->cell->data.f + row * s->cells);
    memcpy(r->output->data.f + at * s->outputs, h, s->outputs * sizeof *h);
  }
}

static TfLiteStatus invoke(TfLiteContext* context, TfLiteNode* node, const lstm_options* options,
                           const lstm_layout* layout) {
  const lstm_data* data = node->user_data;
  lstm_run run = {.layout = layout, .sizes = &data->sizes};
  LN_TRY(ln_get_input(context, node, kLstmInput, &run.input));
  LN_TRY(ln_get_output(context, node, 0, &run.output));
  LN_TRY(ln_get_variable(context, node, kLstmState, &run.state));
  LN_TRY(ln_get_variable(context, node, kLstmCell, &run.cell));
  run.scratch = ln_lstm_get_scratch(context, node);
  if (run.input->type == kTfLiteInt8) {
    const ln_lstm_s16 lstm = make_s16(context, node);
    for (size_t row = 0; row < (size_t)layout->rows; ++row) run_row_s16(&run, &lstm, row);
  } else {
    const ln_lstm_f32 lstm = ln_lstm_make_f32(context, node, options, &data->sizes);
    for (size_t row = 0; row < (size_t)layout->rows; ++row) run_row_f32(&run, &lstm, row);
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
