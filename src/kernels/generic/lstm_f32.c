/* The float step of a cell, also with int8 weights: input, state and hidden vector are then quantized with a scale of
 * their own before they are multiplied. */
#include <math.h>
#include <string.h>

#include "kernels/generic/lstm.h"
#include "kernels/generic/rows_f32.h"

static ln_mixed_vector make_vector(const ln_lstm_f32* lstm, const ln_lstm_scratch* scratch, const float* values,
                                   size_t count, int16_t* quantized) {
  if (lstm->hybrid) return ln_mixed_quantize(values, count, lstm->asymmetric, scratch->quantized, quantized);
  return (ln_mixed_vector){values, NULL, 1.0f, count};
}

static void add_peephole(const ln_mixed_matrix* peephole, const float* cell, size_t count, float* gate) {
  if (peephole->is_s8) {
    const int8_t* weights = peephole->data;
    for (size_t i = 0; i < count; ++i) gate[i] += peephole->scale * (float)weights[i] * cell[i];
  } else {
    const float* weights = peephole->data;
    for (size_t i = 0; i < count; ++i) gate[i] += weights[i] * cell[i];
  }
}

static void normalize(const float* factors, const float* bias, size_t count, float* gate) {
  float sum = 0.0f, squares = 0.0f;
  for (size_t i = 0; i < count; ++i) sum += gate[i];
  const float mean = sum / (float)count;
  for (size_t i = 0; i < count; ++i) squares += (gate[i] - mean) * (gate[i] - mean);
  const float inverse = 1.0f / sqrtf(squares / (float)count + 1e-8f);
  for (size_t i = 0; i < count; ++i) gate[i] = (gate[i] - mean) * inverse * factors[i] + bias[i];
}

/* The vectors that every gate of a step reads. */
typedef struct gate_inputs {
  ln_mixed_vector input, aux, state;
  const float* ahead; /* or NULL */
} gate_inputs;

static void set_bias(const ln_lstm_gate_f32* g, size_t cells, float* gate) {
  if (g->norm != NULL)
    memset(gate, 0, cells * sizeof *gate);
  else
    memcpy(gate, g->bias, cells * sizeof *gate);
}

bool ln_lstm_can_multiply_ahead(const ln_lstm_f32* lstm) {
  bool can = !lstm->hybrid && lstm->sizes.cells > 0;
  for (int i = lstm->coupled ? LN_LSTM_FORGET : LN_LSTM_INPUT; i < LN_LSTM_GATES; ++i)
    can = can && !lstm->gates[i].input.is_s8 && !lstm->gates[i].input.diagonal;
  return can;
}

void ln_lstm_multiply_ahead(const ln_lstm_f32* lstm, const float* inputs, size_t stride, size_t count, float* ahead) {
  const size_t cells = lstm->sizes.cells, width = LN_LSTM_GATES * cells;
  for (int i = lstm->coupled ? LN_LSTM_FORGET : LN_LSTM_INPUT; i < LN_LSTM_GATES; ++i) {
    const ln_lstm_gate_f32* g = &lstm->gates[i];
    float* gate = ahead + (size_t)i * cells;
    for (size_t k = 0; k < count; ++k) set_bias(g, cells, gate + k * width);
    ln_rows_f32_best()->matvecs(g->input.data, cells, lstm->sizes.inputs, inputs, stride, count, gate, width);
  }
}

static void run_gate(const ln_lstm_f32* lstm, const ln_lstm_scratch* scratch, int index, const gate_inputs* x,
                     const float* cell, float* gate) {
  const ln_lstm_gate_f32* g = &lstm->gates[index];
  const size_t cells = lstm->sizes.cells;
  if (x->ahead != NULL) {
    memcpy(gate, x->ahead + (size_t)index * cells, cells * sizeof *gate);
  } else {
    set_bias(g, cells, gate);
    ln_mixed_matvec(&g->input, cells, &x->input, scratch->sums, gate);
  }
  if (lstm->sizes.aux_inputs > 0) ln_mixed_matvec(&g->aux, cells, &x->aux, scratch->sums, gate);
  ln_mixed_matvec(&g->recurrent, cells, &x->state, scratch->sums, gate);
  if (g->peephole.data != NULL) add_peephole(&g->peephole, cell, cells, gate);
  if (g->norm != NULL) normalize(g->norm, g->bias, cells, gate);
  ln_activate_f32(index == LN_LSTM_CELL ? lstm->activation : LN_ACTIVATION_LOGISTIC, gate, cells);
}

static void clip(float* values, size_t count, float limit) {
  if (!(limit > 0.0f)) return;
  for (size_t i = 0; i < count; ++i) {
    const float below = values[i] < limit ? values[i] : limit;
    values[i] = below > -limit ? below : -limit;
  }
}

void ln_lstm_step_f32(const ln_lstm_f32* lstm, const ln_lstm_scratch* scratch, const float* input, const float* aux,
                      const float* ahead, float* state, float* cell) {
  const size_t cells = lstm->sizes.cells, outputs = lstm->sizes.outputs;
  float *in = scratch->gates, *forget = in + cells, *update = forget + cells, *out = update + cells,
        *hidden = out + cells;
  gate_inputs x = {.ahead = ahead,
                   .input = make_vector(lstm, scratch, input, lstm->sizes.inputs, scratch->input),
                   .state = make_vector(lstm, scratch, state, outputs, scratch->state)};
  if (aux != NULL) x.aux = make_vector(lstm, scratch, aux, lstm->sizes.aux_inputs, scratch->aux);
  if (!lstm->coupled) run_gate(lstm, scratch, LN_LSTM_INPUT, &x, cell, in);
  run_gate(lstm, scratch, LN_LSTM_FORGET, &x, cell, forget);
  run_gate(lstm, scratch, LN_LSTM_CELL, &x, cell, update);
  for (size_t i = 0; i < cells; ++i)
    cell[i] = forget[i] * cell[i] + update[i] * (lstm->coupled ? 1.0f - forget[i] : in[i]);
  clip(cell, cells, lstm->cell_clip);
  run_gate(lstm, scratch, LN_LSTM_OUTPUT, &x, cell, out);
  memcpy(hidden, cell, cells * sizeof *hidden);
  ln_activate_f32(lstm->activation, hidden, cells);
  for (size_t i = 0; i < cells; ++i) hidden[i] *= out[i];
  if (lstm->projection.data == NULL) {
    memcpy(state, hidden, outputs * sizeof *state);
    return;
  }
  const ln_mixed_vector y = make_vector(lstm, scratch, hidden, cells, scratch->hidden);
  if (lstm->projection_bias != NULL)
    memcpy(state, lstm->projection_bias, outputs * sizeof *state);
  else
    memset(state, 0, outputs * sizeof *state);
  ln_mixed_matvec(&lstm->projection, outputs, &y, scratch->sums, state);
  clip(state, outputs, lstm->projection_clip);
}
