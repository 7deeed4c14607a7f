/* BIDIRECTIONAL_SEQUENCE_LSTM: two cells over a sequence, one of them from its end, floats or floats with int8 weights.
 * Each cell is seen as a node of its own, whose inputs are numbered as those of LSTM. */
#include "ops/builtin_ops.h"
#include "ops/lstm_util.h"

enum { kForward, kBackward, kDirections };
enum { kWeights = 1, kCellWeights = 17, kStates = 35, kAux = 39, kAuxWeights = 40, kInputs = 48, kCellInputs = 24 };

typedef struct bilstm_data {
  int first_temporary;
  TfLiteIntArray* inputs[kDirections]; /* the cells' inputs: tensor numbers as LSTM has them */
  ln_lstm_sizes sizes[kDirections];
} bilstm_data;

LN_DEFINE_INIT(init, bilstm_data, .first_temporary = -1)

static void free_data(TfLiteContext* context, void* user_data) {
  (void)context;
  bilstm_data* data = user_data;
  if (data == NULL) return;
  for (int i = 0; i < kDirections; ++i) TfLiteIntArrayFree(data->inputs[i]);
  ln_free(data);
}

static lstm_options get_options(const TfLiteNode* node) {
  const TfLiteBidirectionalSequenceLSTMParams* p = node->builtin_data;
  return (lstm_options){p->activation, p->cell_clip, p->proj_clip, p->asymmetric_quantize_inputs};
}

static bool has_aux_weights(TfLiteContext* context, const TfLiteNode* node) {
  return ln_optional_input(context, node, kAuxWeights + LN_LSTM_FORGET) != NULL;
}

/* An auxiliary input without weights of its own is what the backward cell reads in place of the input. */
static TfLiteStatus list_inputs(TfLiteContext* context, const TfLiteNode* node, int direction) {
  bilstm_data* data = node->user_data;
  if (data->inputs[direction] == NULL) data->inputs[direction] = TfLiteIntArrayCreate(kCellInputs);
  TfLiteIntArray* list = data->inputs[direction];
  LN_CHECK(context, list != NULL, "no memory for the inputs of a cell");
  const int* inputs = node->inputs->data;
  const bool reads_aux =
      direction == kBackward && ln_optional_input(context, node, kAux) != NULL && !has_aux_weights(context, node);
  list->data[kLstmInput] = inputs[reads_aux ? kAux : 0];
  for (int i = 0; i < kCellWeights; ++i)
    list->data[kLstmInputWeights + i] = inputs[kWeights + kCellWeights * direction + i];
  list->data[kLstmState] = inputs[kStates + 2 * direction];
  list->data[kLstmCell] = inputs[kStates + 2 * direction + 1];
  for (int gate = 0; gate < LN_LSTM_GATES; ++gate) list->data[kLstmNorms + gate] = kTfLiteOptionalTensor;
  return kTfLiteOk;
}

static TfLiteNode cell_of(const TfLiteNode* node, int direction) {
  const bilstm_data* data = node->user_data;
  TfLiteNode cell = *node;
  cell.inputs = data->inputs[direction];
  return cell;
}

/* [steps, rows, values] or [rows, steps, values]. */
static int time_axis(const TfLiteNode* node) {
  const TfLiteBidirectionalSequenceLSTMParams* params = node->builtin_data;
  return params->time_major ? 0 : 1;
}

static TfLiteStatus check_sequence(TfLiteContext* context, const TfLiteTensor* t, const char* what,
                                   const TfLiteTensor* like) {
  LN_TRY(ln_check_type(context, t, what, kTfLiteFloat32));
  LN_CHECK(context, ln_rank(t) == 3, "%s has rank %d; 3 is right", what, ln_rank(t));
  LN_CHECK(context, ln_dim(t, 0) == ln_dim(like, 0) && ln_dim(t, 1) == ln_dim(like, 1),
           "%s has the shape [%d, %d, any]; [%d, %d, any] is right", what, ln_dim(t, 0), ln_dim(t, 1), ln_dim(like, 0),
           ln_dim(like, 1));
  return kTfLiteOk;
}

static TfLiteStatus check_aux_weights(TfLiteContext* context, const TfLiteNode* node, int direction) {
  bilstm_data* data = node->user_data;
  const TfLiteNode cell = cell_of(node, direction);
  const TfLiteTensor* aux;
  LN_TRY(ln_get_input(context, node, kAux, &aux));
  LN_CHECK(context, ln_dim(aux, 2) >= 1, "the auxiliary input has no values");
  for (int gate = 0; gate < LN_LSTM_GATES; ++gate) {
    const TfLiteTensor* weights = ln_optional_input(context, &cell, kLstmInputWeights + gate);
    const TfLiteTensor* t;
    if (weights == NULL) continue;
    LN_TRY(ln_get_input(context, node, kAuxWeights + LN_LSTM_GATES * direction + gate, &t));
    LN_TRY(ln_check_type(context, t, "an auxiliary weight", weights->type));
    LN_CHECK(
        context,
        t->sparsity == NULL && ln_rank(t) == 2 && ln_dim(t, 0) == ln_dim(weights, 0) && ln_dim(t, 1) == ln_dim(aux, 2),
        "the auxiliary weights of gate %d are no dense matrix of %d x %d", gate, ln_dim(weights, 0), ln_dim(aux, 2));
  }
  data->sizes[direction].aux_inputs = (size_t)ln_dim(aux, 2);
  return kTfLiteOk;
}

static TfLiteStatus check_cell(TfLiteContext* context, TfLiteNode* node, int direction) {
  bilstm_data* data = node->user_data;
  const lstm_options options = get_options(node);
  const TfLiteTensor *input, *cell_input;
  LN_TRY(list_inputs(context, node, direction));
  TfLiteNode cell = cell_of(node, direction);
  LN_TRY(ln_get_input(context, node, 0, &input));
  LN_TRY(ln_get_input(context, &cell, kLstmInput, &cell_input));
  LN_TRY(check_sequence(context, cell_input, direction == kForward ? "input" : "the backward cell's input", input));
  LN_TRY(ln_lstm_check(context, &cell, &options, ln_dim(input, 1 - time_axis(node)), &data->sizes[direction]));
  return has_aux_weights(context, node) ? check_aux_weights(context, node, direction) : kTfLiteOk;
}

/* The auxiliary input and its weights: both cells have them or none. */
static TfLiteStatus check_aux(TfLiteContext* context, const TfLiteNode* node) {
  const TfLiteTensor *input, *aux = ln_optional_input(context, node, kAux);
  int found = 0;
  for (int i = 0; i < kDirections * LN_LSTM_GATES; ++i)
    if (i % LN_LSTM_GATES != LN_LSTM_INPUT) found += ln_optional_input(context, node, kAuxWeights + i) != NULL;
  LN_CHECK(context, found == 0 || found == kDirections * (LN_LSTM_GATES - 1), "some auxiliary weights are left out");
  LN_CHECK(context, found == 0 || aux != NULL, "auxiliary weights without an auxiliary input");
  if (aux == NULL) return kTfLiteOk;
  LN_TRY(ln_get_input(context, node, 0, &input));
  return check_sequence(context, aux, "the auxiliary input", input);
}

static TfLiteStatus resize_output(TfLiteContext* context, const TfLiteNode* node, int index, size_t outputs) {
  const TfLiteTensor* input;
  TfLiteTensor* output;
  LN_TRY(ln_get_input(context, node, 0, &input));
  LN_TRY(ln_get_output(context, node, index, &output));
  LN_TRY(ln_check_type(context, output, "output", kTfLiteFloat32));
  LN_CHECK(context, outputs <= INT32_MAX, "%zu outputs are too many", outputs);
  const int32_t dims[3] = {ln_dim(input, 0), ln_dim(input, 1), (int32_t)outputs};
  return ln_resize(context, output, 3, dims);
}

static size_t larger(size_t a, size_t b) { return a > b ? a : b; }

static TfLiteStatus prepare(TfLiteContext* context, TfLiteNode* node) {
  const TfLiteBidirectionalSequenceLSTMParams* params = node->builtin_data;
  bilstm_data* data = node->user_data;
  const TfLiteTensor* input;
  LN_CHECK(context, params != NULL, "the options are missing");
  LN_TRY(ln_check_io(context, node, kInputs, kInputs, params->merge_outputs ? 1 : 2));
  LN_TRY(ln_get_input(context, node, 0, &input));
  LN_TRY(check_sequence(context, input, "input", input));
  LN_TRY(check_aux(context, node));
  for (int i = 0; i < kDirections; ++i) LN_TRY(check_cell(context, node, i));
  const TfLiteNode forward = cell_of(node, kForward), backward = cell_of(node, kBackward);
  const bool hybrid = ln_lstm_is_hybrid(context, &forward);
  LN_CHECK(context, hybrid == ln_lstm_is_hybrid(context, &backward), "the weights of the cells have different types");
  const ln_lstm_sizes *f = &data->sizes[kForward], *b = &data->sizes[kBackward];
  const ln_lstm_sizes most = {larger(f->inputs, b->inputs), larger(f->aux_inputs, b->aux_inputs),
                              larger(f->cells, b->cells), larger(f->outputs, b->outputs)};
  LN_TRY(ln_lstm_set_scratch(context, node, &data->first_temporary, &most, false, hybrid));
  LN_TRY(resize_output(context, node, 0, params->merge_outputs ? f->outputs + b->outputs : f->outputs));
  return params->merge_outputs ? kTfLiteOk : resize_output(context, node, 1, b->outputs);
}

/* Results lie `out_stride` apart, from `out` on. */
static TfLiteStatus run_cell(TfLiteContext* context, const TfLiteNode* node, int direction, float* out,
                             size_t out_stride) {
  const bilstm_data* data = node->user_data;
  const ln_lstm_sizes* s = &data->sizes[direction];
  const TfLiteNode cell = cell_of(node, direction);
  const lstm_options options = get_options(node);
  const ln_lstm_scratch scratch = ln_lstm_get_scratch(context, node);
  ln_lstm_f32 lstm = ln_lstm_make_f32(context, &cell, &options, s);
  for (int gate = 0; gate < LN_LSTM_GATES && s->aux_inputs > 0; ++gate)
    lstm.gates[gate].aux =
        ln_lstm_make_matrix(ln_optional_input(context, node, kAuxWeights + LN_LSTM_GATES * direction + gate));
  const TfLiteTensor *input, *aux = ln_optional_input(context, node, kAux);
  TfLiteTensor *state, *memory;
  LN_TRY(ln_get_input(context, &cell, kLstmInput, &input));
  LN_TRY(ln_get_variable(context, &cell, kLstmState, &state));
  LN_TRY(ln_get_variable(context, &cell, kLstmCell, &memory));
  const int axis = time_axis(node);
  const size_t steps = (size_t)ln_dim(input, axis), rows = (size_t)ln_dim(input, 1 - axis);
  const size_t width = LN_LSTM_GATES * s->cells, stride = (axis == 0 ? rows : 1) * s->inputs;
  const bool ahead = steps > 1 && ln_lstm_can_multiply_ahead(&lstm);
  for (size_t row = 0; row < rows; ++row) {
    float* h = state->data.f + row * s->outputs;
    for (size_t i = 0; i < steps; ++i) {
      if (i % 64 == 63 && ln_is_cancelled(context)) return kTfLiteCancelled;
      const size_t step = direction == kForward ? i : steps - 1 - i;
      const size_t at = axis == 0 ? step * rows + row : row * steps + step;
      const size_t within = i % LN_LSTM_AHEAD, left = steps - (i - within);
      const size_t count = left < LN_LSTM_AHEAD ? left : LN_LSTM_AHEAD;
      const float* x = input->data.f + at * s->inputs;
      /* Of steps that are gone through backwards the last comes first in memory. */
      if (ahead && within == 0)
        ln_lstm_multiply_ahead(&lstm, direction == kForward ? x : x - (count - 1) * stride, stride, count,
                               scratch.ahead);
      const size_t part = direction == kForward ? within : count - 1 - within;
      ln_lstm_step_f32(&lstm, &scratch, x, s->aux_inputs > 0 ? aux->data.f + at * s->aux_inputs : NULL,
                       ahead ? scratch.ahead + part * width : NULL, h, memory->data.f + row * s->cells);
      for (size_t k = 0; k < s->outputs; ++k) out[at * out_stride + k] = h[k];
    }
  }
  return kTfLiteOk;
}

static TfLiteStatus invoke(TfLiteContext* context, TfLiteNode* node) {
  const TfLiteBidirectionalSequenceLSTMParams* params = node->builtin_data;
  const bilstm_data* data = node->user_data;
  const size_t forward = data->sizes[kForward].outputs, backward = data->sizes[kBackward].outputs;
  TfLiteTensor *output, *second;
  LN_TRY(ln_get_output(context, node, 0, &output));
  if (params->merge_outputs) {
    LN_TRY(run_cell(context, node, kForward, output->data.f, forward + backward));
    return run_cell(context, node, kBackward, output->data.f + forward, forward + backward);
  }
  LN_TRY(ln_get_output(context, node, 1, &second));
  LN_TRY(run_cell(context, node, kForward, output->data.f, forward));
  return run_cell(context, node, kBackward, second->data.f, backward);
}

const TfLiteRegistration ln_op_bidirectional_sequence_lstm = {
    .init = init, .free = free_data, .prepare = prepare, .invoke = invoke};
