#include "ops/lstm_util.h"

#include <math.h>

#include "kernels/generic/fixed_point.h"

const TfLiteTensor* ln_lstm_peephole(TfLiteContext* context, const TfLiteNode* node, int gate) {
  static const int kSlot[LN_LSTM_GATES] = {0, 1, -1, 2};
  return kSlot[gate] < 0 ? NULL : ln_optional_input(context, node, kLstmPeepholes + kSlot[gate]);
}

/* ---- Shapes and types ---- */

static TfLiteStatus check_tensor(TfLiteContext* context, const TfLiteNode* node, int index, TfLiteType type, int rows,
                                 int columns) {
  const TfLiteTensor* t;
  LN_TRY(ln_get_input(context, node, index, &t));
  LN_CHECK(context, t->type == type, "input %d is %s; it must be %s", index, TfLiteTypeGetName(t->type),
           TfLiteTypeGetName(type));
  LN_CHECK(context, t->sparsity == NULL, "input %d is sparse; dense weights are right", index);
  const int rank = columns < 0 ? 1 : 2;
  LN_CHECK(context, ln_rank(t) == rank, "input %d has rank %d; it must be %d", index, ln_rank(t), rank);
  LN_CHECK(context, ln_dim(t, 0) == rows, "input %d has %d rows; it must have %d", index, ln_dim(t, 0), rows);
  LN_CHECK(context, rank == 1 || ln_dim(t, 1) == columns, "input %d has %d columns; it must have %d", index,
           ln_dim(t, 1), columns);
  return kTfLiteOk;
}

typedef struct element_types {
  TfLiteType weights, bias, peephole, norm;
} element_types;

/* Weights beside float activations. UINT8 is an old name of theirs: the bytes are int8 all the same. */
static bool is_8_bit(const TfLiteTensor* t) { return t->type == kTfLiteInt8 || t->type == kTfLiteUInt8; }

static TfLiteStatus find_types(TfLiteContext* context, const TfLiteTensor* input, const TfLiteTensor* weights,
                               element_types* types) {
  const bool is_float = input->type == kTfLiteFloat32 && (weights->type == kTfLiteFloat32 || is_8_bit(weights));
  const bool is_integer = input->type == kTfLiteInt8 && weights->type == kTfLiteInt8;
  LN_CHECK(context, is_float || is_integer,
           "input is %s with %s weights; FLOAT32 with FLOAT32, INT8 or UINT8, or INT8 with INT8 is right",
           TfLiteTypeGetName(input->type), TfLiteTypeGetName(weights->type));
  types->weights = weights->type;
  types->bias = is_integer ? kTfLiteInt32 : kTfLiteFloat32;
  types->peephole = is_integer ? kTfLiteInt16 : weights->type;
  types->norm = is_integer ? kTfLiteInt16 : kTfLiteFloat32;
  return kTfLiteOk;
}

static TfLiteStatus check_gate(TfLiteContext* context, const TfLiteNode* node, int gate, const element_types* types,
                               const int32_t sizes[3], bool peepholes, bool norms) {
  const int inputs = sizes[0], cells = sizes[1], outputs = sizes[2];
  const TfLiteTensor* recurrent;
  LN_TRY(check_tensor(context, node, kLstmInputWeights + gate, types->weights, cells, inputs));
  LN_TRY(ln_get_input(context, node, kLstmRecurrentWeights + gate, &recurrent));
  if (ln_rank(recurrent) == 1 && types->bias == kTfLiteFloat32) {
    LN_CHECK(context, outputs == cells, "diagonal weights with %d outputs for %d cells", outputs, cells);
    LN_TRY(check_tensor(context, node, kLstmRecurrentWeights + gate, kTfLiteFloat32, cells, -1));
  } else {
    LN_TRY(check_tensor(context, node, kLstmRecurrentWeights + gate, types->weights, cells, outputs));
  }
  LN_TRY(check_tensor(context, node, kLstmBiases + gate, types->bias, cells, -1));
  if (norms) LN_TRY(check_tensor(context, node, kLstmNorms + gate, types->norm, cells, -1));
  if (peepholes && gate != LN_LSTM_CELL)
    LN_TRY(
        check_tensor(context, node, kLstmPeepholes + (gate == LN_LSTM_OUTPUT ? 2 : gate), types->peephole, cells, -1));
  return kTfLiteOk;
}

/* Without an input gate nothing of it may be there. */
static TfLiteStatus check_coupled(TfLiteContext* context, const TfLiteNode* node) {
  static const int kOfInputGate[] = {kLstmInputWeights, kLstmRecurrentWeights, kLstmBiases};
  for (size_t i = 0; i < sizeof kOfInputGate / sizeof kOfInputGate[0]; ++i)
    LN_CHECK(context, ln_optional_input(context, node, kOfInputGate[i]) == NULL,
             "input %d belongs to an input gate, whose weights are left out", kOfInputGate[i]);
  return kTfLiteOk;
}

static TfLiteStatus check_state(TfLiteContext* context, const TfLiteNode* node, int index, TfLiteType type, int batch,
                                int width) {
  TfLiteTensor* t;
  LN_TRY(ln_get_variable(context, node, index, &t));
  LN_TRY(ln_check_type(context, t, "the state", type));
  LN_CHECK(context, ln_num_elements(t) == (int64_t)batch * width,
           "the state of input %d has %lld elements, not %d x %d", index, (long long)ln_num_elements(t), batch, width);
  return kTfLiteOk;
}

static TfLiteStatus check_projection(TfLiteContext* context, const TfLiteNode* node, const element_types* types,
                                     int cells, int outputs) {
  const bool projects = ln_optional_input(context, node, kLstmProjection) != NULL,
             has_bias = ln_optional_input(context, node, kLstmProjectionBias) != NULL;
  if (!projects) {
    LN_CHECK(context, !has_bias, "a projection's bias without its weights");
    LN_CHECK(context, outputs == cells, "%d outputs for %d cells without a projection", outputs, cells);
    return kTfLiteOk;
  }
  LN_TRY(check_tensor(context, node, kLstmProjection, types->weights, outputs, cells));
  return has_bias ? check_tensor(context, node, kLstmProjectionBias, types->bias, outputs, -1) : kTfLiteOk;
}

TfLiteStatus ln_lstm_check(TfLiteContext* context, TfLiteNode* node, const lstm_options* options, int batch,
                           ln_lstm_sizes* sizes) {
  const TfLiteTensor *input, *weights, *recurrent;
  element_types types;
  LN_CHECK(context, options->cell_clip >= 0 && options->projection_clip >= 0, "a clip is below 0");
  LN_CHECK(context, options->activation >= kTfLiteActNone && options->activation <= kTfLiteActSigmoid,
           "unknown fused activation %d", (int)options->activation);
  LN_TRY(ln_get_input(context, node, kLstmInput, &input));
  LN_TRY(ln_get_input(context, node, kLstmInputWeights + LN_LSTM_OUTPUT, &weights));
  LN_TRY(ln_get_input(context, node, kLstmRecurrentWeights + LN_LSTM_OUTPUT, &recurrent));
  LN_TRY(find_types(context, input, weights, &types));
  LN_CHECK(context, ln_rank(weights) == 2, "the weights have rank %d; it must be 2", ln_rank(weights));
  LN_CHECK(context, ln_rank(recurrent) == 1 || ln_rank(recurrent) == 2,
           "the recurrent weights have rank %d; 2 is right", ln_rank(recurrent));
  const int32_t extents[3] = {ln_dim(input, ln_rank(input) - 1), ln_dim(weights, 0),
                              ln_dim(recurrent, ln_rank(recurrent) - 1)};
  LN_CHECK(context, extents[0] >= 1 && extents[1] >= 1 && extents[2] >= 1, "%d inputs, %d cells, %d outputs",
           extents[0], extents[1], extents[2]);
  const bool coupled = ln_optional_input(context, node, kLstmInputWeights) == NULL;
  const bool peepholes = ln_optional_input(context, node, kLstmPeepholes + 2) != NULL;
  const bool norms = ln_optional_input(context, node, kLstmNorms + LN_LSTM_FORGET) != NULL;
  for (int i = 0; i < 3 && !peepholes; ++i)
    LN_CHECK(context, ln_optional_input(context, node, kLstmPeepholes + i) == NULL, "some peepholes are left out");
  if (coupled) LN_TRY(check_coupled(context, node));
  for (int gate = coupled ? 1 : 0; gate < LN_LSTM_GATES; ++gate)
    LN_TRY(check_gate(context, node, gate, &types, extents, peepholes, norms));
  LN_TRY(check_projection(context, node, &types, extents[1], extents[2]));
  LN_TRY(check_state(context, node, kLstmState, input->type, batch, extents[2]));
  LN_TRY(check_state(context, node, kLstmCell, input->type == kTfLiteInt8 ? kTfLiteInt16 : kTfLiteFloat32, batch,
                     extents[1]));
  *sizes = (ln_lstm_sizes){(size_t)extents[0], 0, (size_t)extents[1], (size_t)extents[2]};
  return kTfLiteOk;
}

/* ---- The float step ---- */

bool ln_lstm_is_hybrid(TfLiteContext* context, const TfLiteNode* node) {
  return ln_optional_input(context, node, kLstmInput)->type == kTfLiteFloat32 &&
         is_8_bit(ln_optional_input(context, node, kLstmInputWeights + LN_LSTM_OUTPUT));
}

enum { kGates, kInputVector, kAuxVector, kStateVector, kHiddenVector, kQuantized, kSums, kAhead, kTemporaries };

static TfLiteStatus set_temporary(TfLiteContext* context, TfLiteNode* node, int slot, TfLiteType type, bool needed,
                                  int factor, size_t extent) {
  const int32_t dims[2] = {needed ? factor : 0, (int32_t)extent};
  return ln_set_temporary(context, node, slot, type, kTfLiteArenaRw, 2, dims);
}

static size_t larger(size_t a, size_t b) { return a > b ? a : b; }

TfLiteStatus ln_lstm_set_scratch(TfLiteContext* context, TfLiteNode* node, int* first, const ln_lstm_sizes* sizes,
                                 bool integer, bool hybrid) {
  const ln_lstm_sizes* s = sizes;
  LN_TRY(ln_set_temporaries(context, node, kTemporaries, first));
  const bool quantized = integer || hybrid;
  const size_t wide = larger(s->cells, s->outputs), widest = larger(wide, larger(s->inputs, s->aux_inputs));
  LN_TRY(set_temporary(context, node, kGates, integer ? kTfLiteInt16 : kTfLiteFloat32, true, 5, s->cells));
  LN_TRY(set_temporary(context, node, kAhead, kTfLiteFloat32, !quantized, LN_LSTM_AHEAD * LN_LSTM_GATES, s->cells));
  LN_TRY(set_temporary(context, node, kInputVector, kTfLiteInt16, quantized, 1, s->inputs));
  LN_TRY(set_temporary(context, node, kAuxVector, kTfLiteInt16, hybrid, 1, s->aux_inputs));
  LN_TRY(set_temporary(context, node, kStateVector, kTfLiteInt16, quantized, 1, s->outputs));
  LN_TRY(set_temporary(context, node, kHiddenVector, kTfLiteInt16, quantized, 1, s->cells));
  LN_TRY(set_temporary(context, node, kQuantized, kTfLiteInt8, hybrid, 1, widest));
  return set_temporary(context, node, kSums, kTfLiteInt32, quantized, 1, wide);
}

ln_lstm_scratch ln_lstm_get_scratch(TfLiteContext* context, const TfLiteNode* node) {
  return (ln_lstm_scratch){.gates = ln_get_temporary(context, node, kGates)->data.raw,
                           .ahead = ln_get_temporary(context, node, kAhead)->data.f,
                           .input = ln_get_temporary(context, node, kInputVector)->data.i16,
                           .aux = ln_get_temporary(context, node, kAuxVector)->data.i16,
                           .state = ln_get_temporary(context, node, kStateVector)->data.i16,
                           .hidden = ln_get_temporary(context, node, kHiddenVector)->data.i16,
                           .quantized = ln_get_temporary(context, node, kQuantized)->data.int8,
                           .sums = ln_get_temporary(context, node, kSums)->data.i32};
}

ln_mixed_matrix ln_lstm_make_matrix(const TfLiteTensor* t) {
  ln_mixed_matrix m = {0};
  if (t == NULL) return m;
  m.data = t->data.raw_const;
  m.is_s8 = is_8_bit(t);
  m.diagonal = ln_rank(t) == 1;
  m.scale = t->params.scale;
  return m;
}

static ln_mixed_matrix matrix_at(TfLiteContext* context, const TfLiteNode* node, int index) {
  return ln_lstm_make_matrix(ln_optional_input(context, node, index));
}

static const float* floats_at(TfLiteContext* context, const TfLiteNode* node, int index) {
  const TfLiteTensor* t = ln_optional_input(context, node, index);
  return t != NULL ? t->data.f : NULL;
}

ln_lstm_f32 ln_lstm_make_f32(TfLiteContext* context, const TfLiteNode* node, const lstm_options* options,
                             const ln_lstm_sizes* sizes) {
  ln_lstm_f32 lstm = {.sizes = *sizes,
                      .coupled = ln_optional_input(context, node, kLstmInputWeights) == NULL,
                      .hybrid = ln_lstm_is_hybrid(context, node),
                      .asymmetric = options->asymmetric,
                      .activation = (ln_activation)options->activation,
                      .cell_clip = options->cell_clip,
                      .projection_clip = options->projection_clip,
                      .projection = matrix_at(context, node, kLstmProjection),
                      .projection_bias = floats_at(context, node, kLstmProjectionBias)};
  for (int gate = 0; gate < LN_LSTM_GATES; ++gate)
    lstm.gates[gate] = (ln_lstm_gate_f32){.input = matrix_at(context, node, kLstmInputWeights + gate),
                                          .recurrent = matrix_at(context, node, kLstmRecurrentWeights + gate),
                                          .peephole = ln_lstm_make_matrix(ln_lstm_peephole(context, node, gate)),
                                          .norm = floats_at(context, node, kLstmNorms + gate),
                                          .bias = floats_at(context, node, kLstmBiases + gate)};
  return lstm;
}

/* ---- Quantization ---- */

static TfLiteStatus get_scale(TfLiteContext* context, const TfLiteTensor* t, float* scale) {
  *scale = t->params.scale;
  LN_CHECK(context, isfinite(*scale) && *scale > 0, "tensor \"%s\" has the scale %g; one above 0 is right",
           t->name != NULL ? t->name : "", (double)*scale);
  return kTfLiteOk;
}

static TfLiteStatus get_zero_point(TfLiteContext* context, const TfLiteTensor* t, int32_t* zero_point) {
  *zero_point = t->params.zero_point;
  LN_CHECK(context, *zero_point >= INT8_MIN && *zero_point <= INT8_MAX,
           "tensor \"%s\" has the zero point %d; one in [-128, 127] is right", t->name != NULL ? t->name : "",
           *zero_point);
  return kTfLiteOk;
}

static ln_lstm_factor make_factor(float value) {
  ln_lstm_factor factor;
  ln_quantize_multiplier((double)value, &factor.multiplier, &factor.shift);
  return factor;
}

static TfLiteStatus get_intermediate(TfLiteContext* context, const TfLiteNode* node, int index,
                                     const TfLiteTensor** tensor) {
  const int number = node->intermediates->data[index];
  LN_CHECK(context, number >= 0 && (size_t)number < context->tensors_size, "intermediate %d is left out", index);
  *tensor = context->tensors != NULL ? &context->tensors[number] : context->GetTensor(context, number);
  LN_CHECK(context, *tensor != NULL, "intermediate %d does not exist", index);
  return kTfLiteOk;
}

/* Factors are computed in float where the reference does. */
static TfLiteStatus quantize_gate(TfLiteContext* context, TfLiteNode* node, int gate, float input_scale,
                                  float state_scale, float cell_scale, ln_lstm_gate_s16* g) {
  const TfLiteTensor *weights, *recurrent;
  const TfLiteTensor* norm = ln_optional_input(context, node, kLstmNorms + gate);
  const TfLiteTensor* peephole = ln_lstm_peephole(context, node, gate);
  float result = 1.0f / 4096.0f, scale;
  if (norm != NULL) {
    const TfLiteTensor* intermediate;
    LN_TRY(get_intermediate(context, node, gate, &intermediate));
    LN_TRY(get_scale(context, intermediate, &result));
    LN_TRY(get_scale(context, norm, &scale));
    g->norm_factor = make_factor(scale);
    LN_CHECK(context, g->norm_factor.shift <= 18, "the normalization's scale %g is too large", (double)scale);
    g->variance_guard = scale < 1.0f / 10000.0f ? 1 : (int32_t)(10000 * scale);
  }
  LN_TRY(ln_get_input(context, node, kLstmInputWeights + gate, &weights));
  LN_TRY(ln_get_input(context, node, kLstmRecurrentWeights + gate, &recurrent));
  LN_TRY(get_scale(context, weights, &scale));
  g->input_factor = make_factor(scale * input_scale / result);
  LN_TRY(get_scale(context, recurrent, &scale));
  g->recurrent_factor = make_factor(scale * state_scale / result);
  if (peephole == NULL) return kTfLiteOk;
  LN_TRY(get_scale(context, peephole, &scale));
  g->peephole_factor = make_factor(cell_scale * scale / result);
  return kTfLiteOk;
}

static int32_t quantize_clip(float clip, float scale, float limit) {
  const float steps = clip / scale;
  return clip > 0 ? (int32_t)(steps < limit ? steps : limit) : 0;
}

TfLiteStatus ln_lstm_quantize(TfLiteContext* context, TfLiteNode* node, const lstm_options* options,
                              ln_lstm_s16* lstm) {
  const TfLiteTensor *input, *state, *cell, *hidden, *projection = ln_optional_input(context, node, kLstmProjection);
  TfLiteTensor* output;
  float input_scale, state_scale, cell_scale, hidden_scale, output_scale, projection_scale = 1.0f;
  LN_CHECK(context, node->intermediates != NULL && node->intermediates->size == kLstmIntermediates,
           "%d intermediate tensors; an integer operator has %d",
           node->intermediates != NULL ? node->intermediates->size : 0, kLstmIntermediates);
  LN_TRY(ln_get_input(context, node, kLstmInput, &input));
  LN_TRY(ln_get_input(context, node, kLstmState, &state));
  LN_TRY(ln_get_input(context, node, kLstmCell, &cell));
  LN_TRY(ln_get_output(context, node, 0, &output));
  LN_TRY(get_intermediate(context, node, kLstmHiddenIntermediate, &hidden));
  LN_TRY(get_scale(context, input, &input_scale));
  LN_TRY(get_scale(context, state, &state_scale));
  LN_TRY(get_scale(context, cell, &cell_scale));
  LN_TRY(get_scale(context, hidden, &hidden_scale));
  LN_TRY(get_scale(context, output, &output_scale));
  if (projection != NULL) LN_TRY(get_scale(context, projection, &projection_scale));
  LN_TRY(get_zero_point(context, input, &lstm->input_zero_point));
  LN_TRY(get_zero_point(context, state, &lstm->state_zero_point));
  LN_TRY(get_zero_point(context, hidden, &lstm->hidden_zero_point));
  const double power = round(log2((double)cell_scale));
  LN_CHECK(context, fabs(log2((double)cell_scale) - power) < 1e-3 && power >= -15 && power <= -9,
           "the cell state's scale is %g; a power of two from 2^-15 to 2^-9 is right", (double)cell_scale);
  lstm->cell_bits = 15 + (int)power;
  for (int gate = ln_optional_input(context, node, kLstmInputWeights) == NULL ? 1 : 0; gate < LN_LSTM_GATES; ++gate)
    LN_TRY(quantize_gate(context, node, gate, input_scale, state_scale, (float)ldexp(1.0, (int)power),
                         &lstm->gates[gate]));
  lstm->hidden_factor = make_factor((float)(ldexp(1.0, -15) / (double)hidden_scale * ldexp(1.0, -15)));
  lstm->projection_factor = make_factor(projection_scale * hidden_scale / state_scale);
  lstm->cell_clip = quantize_clip(options->cell_clip, cell_scale, 32767.0f);
  lstm->projection_clip = quantize_clip(options->projection_clip, output_scale, 127.0f);
  return kTfLiteOk;
}
