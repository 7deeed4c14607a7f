/* RNN, UNIDIRECTIONAL_SEQUENCE_RNN and BIDIRECTIONAL_SEQUENCE_RNN: plain recurrent cells, one step or a sequence, in
 * one or both directions. The states are in variable tensors. Every row of a batch is stepped by itself. */
#include "kernels/generic/rnn.h"

#include "ops/builtin_ops.h"
#include "ops/op_util.h"

/* A cell's inputs, from its first one on. */
enum { kWeights, kRecurrent, kBias, kState };
enum { kInput = 0, kForward = 1, kBackward = 5, kAux = 9, kForwardAux = 10, kBackwardAux = 11, kBothInputs = 12 };
enum { kQuantized, kVector, kSums, kTemporaries };

typedef struct rnn_options {
  TfLiteFusedActivation activation;
  bool asymmetric, time_major, both, merge;
  int rank; /* of the input: 2 for a step, 3 for a sequence */
} rnn_options;

typedef struct rnn_cell {
  const TfLiteTensor *input, *aux, *weights, *recurrent, *bias, *aux_weights;
  TfLiteTensor* state;
} rnn_cell;

/* [steps, rows, values] or [rows, steps, values]. */
typedef struct rnn_layout {
  int32_t steps, rows;
  bool time_major;
} rnn_layout;

typedef struct rnn_data {
  int first_temporary;
} rnn_data;

LN_DEFINE_INIT(init, rnn_data, .first_temporary = -1)

static TfLiteStatus get_options(TfLiteContext* context, const TfLiteNode* node, rnn_options (*read)(const void*),
                                rnn_options* options) {
  LN_CHECK(context, node->builtin_data != NULL, "the options are missing");
  *options = read(node->builtin_data);
  LN_CHECK(context, options->activation >= kTfLiteActNone && options->activation <= kTfLiteActSigmoid,
           "unknown fused activation %d", (int)options->activation);
  return kTfLiteOk;
}

/* An auxiliary input without weights of its own is what the backward cell reads in place of the input. */
static TfLiteStatus get_cell(TfLiteContext* context, const TfLiteNode* node, int first, rnn_cell* cell) {
  const bool backward = first == kBackward;
  *cell = (rnn_cell){0};
  LN_TRY(ln_get_input(context, node, kInput, &cell->input));
  LN_TRY(ln_get_input(context, node, first + kWeights, &cell->weights));
  LN_TRY(ln_get_input(context, node, first + kRecurrent, &cell->recurrent));
  LN_TRY(ln_get_input(context, node, first + kBias, &cell->bias));
  LN_TRY(ln_get_variable(context, node, first + kState, &cell->state));
  const TfLiteTensor* aux = ln_optional_input(context, node, kAux);
  cell->aux_weights = ln_optional_input(context, node, backward ? kBackwardAux : kForwardAux);
  if (cell->aux_weights != NULL)
    cell->aux = aux;
  else if (backward && aux != NULL)
    cell->input = aux;
  return kTfLiteOk;
}

static TfLiteStatus check_matrix(TfLiteContext* context, const TfLiteTensor* t, const char* what, TfLiteType type,
                                 int rows, int columns) {
  LN_TRY(ln_check_type(context, t, what, type));
  LN_CHECK(context, t->sparsity == NULL, "%s are sparse; dense weights are right", what);
  LN_CHECK(context, ln_rank(t) == 2 && ln_dim(t, 0) == rows && ln_dim(t, 1) == columns,
           "%s are not a matrix of %d x %d", what, rows, columns);
  return kTfLiteOk;
}

static TfLiteStatus check_aux(TfLiteContext* context, const rnn_cell* cell, int units) {
  if (cell->aux_weights == NULL) return kTfLiteOk;
  const TfLiteTensor *aux = cell->aux, *input = cell->input;
  LN_CHECK(context, aux != NULL, "auxiliary weights without an auxiliary input");
  LN_TRY(ln_check_type(context, aux, "the auxiliary input", kTfLiteFloat32));
  LN_CHECK(context, ln_rank(aux) == 3 && ln_dim(aux, 0) == ln_dim(input, 0) && ln_dim(aux, 1) == ln_dim(input, 1),
           "the auxiliary input has another shape than the input's [%d, %d, any]", ln_dim(input, 0), ln_dim(input, 1));
  LN_CHECK(context, ln_dim(aux, 2) >= 1, "the auxiliary input has no values");
  return check_matrix(context, cell->aux_weights, "the auxiliary weights", cell->weights->type, units, ln_dim(aux, 2));
}

static TfLiteStatus check_cell(TfLiteContext* context, const rnn_cell* cell, const rnn_options* options, int rows) {
  const TfLiteTensor *input = cell->input, *weights = cell->weights;
  LN_TRY(ln_check_type(context, input, "input", kTfLiteFloat32));
  LN_CHECK(context, weights->type == kTfLiteFloat32 || weights->type == kTfLiteInt8,
           "the weights are %s; FLOAT32 or INT8 is right", TfLiteTypeGetName(weights->type));
  LN_CHECK(context, ln_rank(weights) == 2, "the weights have rank %d; 2 is right", ln_rank(weights));
  const int units = ln_dim(weights, 0);
  LN_CHECK(context, units >= 1, "the weights have no rows");
  LN_TRY(check_matrix(context, weights, "the weights", weights->type, units, ln_dim(input, options->rank - 1)));
  LN_TRY(check_matrix(context, cell->recurrent, "the recurrent weights", weights->type, units, units));
  LN_TRY(ln_check_type(context, cell->bias, "the bias", kTfLiteFloat32));
  LN_CHECK(context, ln_num_elements(cell->bias) == units, "the bias has %lld elements; %d are right",
           (long long)ln_num_elements(cell->bias), units);
  LN_TRY(ln_check_type(context, cell->state, "the state", kTfLiteFloat32));
  LN_CHECK(context, ln_num_elements(cell->state) == (int64_t)rows * units,
           "the state has %lld elements; %d x %d are right", (long long)ln_num_elements(cell->state), rows, units);
  return check_aux(context, cell, units);
}

static rnn_layout make_layout(const rnn_options* options, const TfLiteTensor* input) {
  if (options->rank == 2) return (rnn_layout){1, ln_dim(input, 0), true};
  const int time = options->time_major ? 0 : 1;
  return (rnn_layout){ln_dim(input, time), ln_dim(input, 1 - time), options->time_major};
}

static TfLiteStatus set_output(TfLiteContext* context, const TfLiteNode* node, int index, const rnn_options* options,
                               int units) {
  const TfLiteTensor* input;
  TfLiteTensor* output;
  LN_TRY(ln_get_input(context, node, kInput, &input));
  LN_TRY(ln_get_output(context, node, index, &output));
  LN_TRY(ln_check_type(context, output, "output", kTfLiteFloat32));
  const int32_t sequence[3] = {ln_dim(input, 0), ln_dim(input, 1), units}, step[2] = {ln_dim(input, 0), units};
  return ln_resize(context, output, options->rank, options->rank == 3 ? sequence : step);
}

static int32_t larger(int32_t a, int32_t b) { return a > b ? a : b; }

static void widen(const rnn_cell* cell, int32_t* vector, int32_t* units) {
  if (cell->weights->type != kTfLiteInt8) return;
  *units = larger(*units, ln_dim(cell->weights, 0));
  *vector = larger(*vector, larger(ln_dim(cell->weights, 0), ln_dim(cell->weights, 1)));
  if (cell->aux_weights != NULL) *vector = larger(*vector, ln_dim(cell->aux_weights, 1));
}

static TfLiteStatus prepare(TfLiteContext* context, TfLiteNode* node, rnn_options (*read)(const void*)) {
  rnn_data* data = node->user_data;
  rnn_options options;
  rnn_cell forward, backward = {0};
  int32_t vector = 0, units = 0;
  LN_TRY(get_options(context, node, read, &options));
  const int inputs = options.both ? kBothInputs : kForward + kState + 1;
  LN_TRY(ln_check_io(context, node, inputs, inputs, options.both && !options.merge ? 2 : 1));
  LN_TRY(ln_set_temporaries(context, node, kTemporaries, &data->first_temporary));
  LN_TRY(get_cell(context, node, kForward, &forward));
  LN_CHECK(context, ln_rank(forward.input) == options.rank, "input has rank %d; %d is right", ln_rank(forward.input),
           options.rank);
  const rnn_layout layout = make_layout(&options, forward.input);
  LN_TRY(check_cell(context, &forward, &options, layout.rows));
  widen(&forward, &vector, &units);
  int32_t outputs = ln_dim(forward.weights, 0);
  if (options.both) {
    LN_TRY(get_cell(context, node, kBackward, &backward));
    LN_CHECK(context, (forward.aux_weights == NULL) == (backward.aux_weights == NULL),
             "one cell has auxiliary weights, the other has none; both or neither is right");
    LN_CHECK(context,
             ln_rank(backward.input) == 3 && ln_dim(backward.input, 0) == ln_dim(forward.input, 0) &&
                 ln_dim(backward.input, 1) == ln_dim(forward.input, 1),
             "the auxiliary input has other steps or rows than the input");
    LN_TRY(check_cell(context, &backward, &options, layout.rows));
    widen(&backward, &vector, &units);
    if (!options.merge) LN_TRY(set_output(context, node, 1, &options, ln_dim(backward.weights, 0)));
    const int64_t merged = (int64_t)outputs + ln_dim(backward.weights, 0);
    LN_CHECK(context, ln_fits_i32(merged), "%lld merged outputs are too many", (long long)merged);
    if (options.merge) outputs = (int32_t)merged;
  }
  LN_TRY(set_output(context, node, 0, &options, outputs));
  LN_TRY(ln_set_temporary(context, node, kQuantized, kTfLiteInt8, kTfLiteArenaRw, 1, &vector));
  LN_TRY(ln_set_temporary(context, node, kVector, kTfLiteInt16, kTfLiteArenaRw, 1, &vector));
  return ln_set_temporary(context, node, kSums, kTfLiteInt32, kTfLiteArenaRw, 1, &units);
}

static ln_mixed_matrix make_matrix(const TfLiteTensor* t) {
  if (t == NULL) return (ln_mixed_matrix){0};
  return (ln_mixed_matrix){
      .data = t->data.raw_const, .is_s8 = t->type == kTfLiteInt8, .diagonal = false, .scale = t->params.scale};
}

/* The reference's hybrid kernel for both directions goes over a time-major sequence once for every step of it, each
 * time from the state that the time before left; results follow it. */
static size_t count_passes(const rnn_options* options, const rnn_cell* cell, size_t steps) {
  return options->both && options->time_major && cell->weights->type == kTfLiteInt8 ? steps : 1;
}

/* Outputs lie `out_stride` apart, from `out` on. */
static void run_cell(TfLiteContext* context, const TfLiteNode* node, const rnn_cell* cell, const rnn_options* options,
                     bool backward, float* out, size_t out_stride) {
  const rnn_layout layout = make_layout(options, cell->input);
  const ln_rnn_f32 rnn = {.inputs = (size_t)ln_dim(cell->weights, 1),
                          .aux_inputs = cell->aux_weights != NULL ? (size_t)ln_dim(cell->aux_weights, 1) : 0,
                          .units = (size_t)ln_dim(cell->weights, 0),
                          .input = make_matrix(cell->weights),
                          .aux = make_matrix(cell->aux_weights),
                          .recurrent = make_matrix(cell->recurrent),
                          .bias = cell->bias->data.f,
                          .asymmetric = options->asymmetric,
                          .activation = (ln_activation)options->activation};
  const ln_rnn_scratch scratch = {ln_get_temporary(context, node, kQuantized)->data.int8,
                                  ln_get_temporary(context, node, kVector)->data.i16,
                                  ln_get_temporary(context, node, kSums)->data.i32};
  const size_t rows = (size_t)layout.rows, steps = (size_t)layout.steps;
  const size_t passes = count_passes(options, cell, steps);
  for (size_t row = 0; row < rows; ++row) {
    for (size_t i = 0; i < passes * steps; ++i) {
      const size_t step = backward ? steps - 1 - i % steps : i % steps;
      const size_t at = layout.time_major ? step * rows + row : row * steps + step;
      ln_rnn_step_f32(&rnn, &scratch, cell->input->data.f + at * rnn.inputs,
                      rnn.aux_inputs > 0 ? cell->aux->data.f + at * rnn.aux_inputs : NULL,
                      cell->state->data.f + row * rnn.units, out + at * out_stride);
    }
  }
}

static TfLiteStatus invoke(TfLiteContext* context, TfLiteNode* node, rnn_options (*read)(const void*)) {
  const rnn_options options = read(node->builtin_data);
  rnn_cell forward, backward;
  TfLiteTensor *output, *second;
  LN_TRY(get_cell(context, node, kForward, &forward));
  LN_TRY(ln_get_output(context, node, 0, &output));
  const size_t units = (size_t)ln_dim(forward.weights, 0);
  if (!options.both) {
    run_cell(context, node, &forward, &options, false, output->data.f, units);
    return kTfLiteOk;
  }
  LN_TRY(get_cell(context, node, kBackward, &backward));
  const size_t backward_units = (size_t)ln_dim(backward.weights, 0);
  if (options.merge) {
    run_cell(context, node, &forward, &options, false, output->data.f, units + backward_units);
    run_cell(context, node, &backward, &options, true, output->data.f + units, units + backward_units);
    return kTfLiteOk;
  }
  LN_TRY(ln_get_output(context, node, 1, &second));
  run_cell(context, node, &forward, &options, false, output->data.f, units);
  run_cell(context, node, &backward, &options, true, second->data.f, backward_units);
  return kTfLiteOk;
}

static rnn_options read_step(const void* data) {
  const TfLiteRNNParams* p = data;
  return (rnn_options){.activation = p->activation, .asymmetric = p->asymmetric_quantize_inputs, .rank = 2};
}

static rnn_options read_sequence(const void* data) {
  const TfLiteSequenceRNNParams* p = data;
  return (rnn_options){
      .activation = p->activation, .asymmetric = p->asymmetric_quantize_inputs, .time_major = p->time_major, .rank = 3};
}

static rnn_options read_both(const void* data) {
  const TfLiteBidirectionalSequenceRNNParams* p = data;
  return (rnn_options){.activation = p->activation,
                       .asymmetric = p->asymmetric_quantize_inputs,
                       .time_major = p->time_major,
                       .both = true,
                       .merge = p->merge_outputs,
                       .rank = 3};
}

#define LN_RNN_OP(name, read)                                                                                         \
  static TfLiteStatus name##_prepare(TfLiteContext* context, TfLiteNode* node) {                                      \
    return prepare(context, node, read);                                                                              \
  }                                                                                                                   \
  static TfLiteStatus name##_invoke(TfLiteContext* context, TfLiteNode* node) { return invoke(context, node, read); } \
  const TfLiteRegistration ln_op_##name = {                                                                           \
      .init = init, .free = ln_free_node_data, .prepare = name##_prepare, .invoke = name##_invoke};

LN_RNN_OP(rnn, read_step)
LN_RNN_OP(unidirectional_sequence_rnn, read_sequence)
LN_RNN_OP(bidirectional_sequence_rnn, read_both)
