/* The integer step of a cell, with the reference's bits: int8 vectors and weights, gates in int16 as Q3 before their
 * activation and Q0 after it. */
#include <string.h>

#include "kernels/generic/fixed_exp.h"
#include "kernels/generic/fixed_exp16.h"
#include "kernels/generic/gates_s16.h"
#include "kernels/generic/lstm.h"
#include "kernels/generic/matvec.h"

static int32_t scaled(int32_t x, ln_lstm_factor factor) { return ln_requantize(x, factor.multiplier, factor.shift); }

static void accumulate(const int8_t* weights, size_t rows, const int16_t* vector, size_t columns, const int32_t* bias,
                       ln_lstm_factor factor, int32_t* sums, int16_t* gate) {
  const ln_gates_s16* gates = ln_gates_s16_best();
  gates->matvec(weights, rows, columns, vector, sums);
  gates->accumulate(sums, bias, factor.multiplier, factor.shift, gate, rows);
}

static void add_peephole(const ln_lstm_s16* lstm, const ln_lstm_gate_s16* g, size_t row, size_t rows,
                         const int16_t* cell, int16_t* gate) {
  const size_t cells = lstm->sizes.cells, stride = lstm->sizes.outputs < cells ? lstm->sizes.outputs : cells;
  for (size_t i = 0; i < cells; ++i) {
    const size_t flat = row * cells + i;
    if (flat >= rows * stride) break;
    gate[i] =
        ln_saturate_s16(ln_saturating_add(scaled(g->peephole[flat % stride] * cell[i], g->peephole_factor), gate[i]));
  }
}

/* The mean has ten more fractional bits than the values, so that the normalized ones keep their resolution; the
 * variance is in whole units. */
static void normalize(const ln_lstm_gate_s16* g, size_t count, int16_t* gate) {
  int64_t sum = 0, squares = 0;
  for (size_t i = 0; i < count; ++i) {
    sum += gate[i];
    squares += gate[i] * gate[i];
  }
  if (count == 0) return;
  const int32_t mean = (int32_t)(sum * 1024 / (int64_t)count);
  const int64_t wide = squares * ((1 << 20) / (int64_t)count) - (int64_t)mean * mean;
  int32_t variance = (int32_t)(wide / (1 << 20));
  if (variance < 1) variance = g->variance_guard;
  int32_t inverse;
  int shift;
  ln_inverse_sqrt(variance, &inverse, &shift);
  for (size_t i = 0; i < count; ++i) {
    const int32_t normal = ln_requantize(1024 * gate[i] - mean, inverse, -shift);
    const int32_t product = (int32_t)((uint32_t)normal * (uint32_t)(int32_t)g->norm[i]);
    const int64_t biased = ln_wrapping_add(product, g->bias[i]);
    const int32_t rounded = (int32_t)((biased > 0 ? biased + 512 : biased - 512) / 1024);
    const ln_lstm_factor factor = {g->norm_factor.multiplier, g->norm_factor.shift + 12};
    gate[i] = ln_saturate_s16(scaled(rounded, factor));
  }
}

static void run_gate(const ln_lstm_s16* lstm, const ln_lstm_scratch* scratch, int index, size_t row, size_t rows,
                     const int16_t* cell, int16_t* gate) {
  const ln_lstm_gate_s16* g = &lstm->gates[index];
  const size_t cells = lstm->sizes.cells;
  memset(gate, 0, cells * sizeof *gate);
  accumulate(g->input, cells, scratch->input, lstm->sizes.inputs, g->norm != NULL ? NULL : g->bias, g->input_factor,
             scratch->sums, gate);
  accumulate(g->recurrent, cells, scratch->state, lstm->sizes.outputs, NULL, g->recurrent_factor, scratch->sums, gate);
  if (g->peephole != NULL) add_peephole(lstm, g, row, rows, cell, gate);
  if (g->norm != NULL) normalize(g, cells, gate);
  (index == LN_LSTM_CELL ? ln_gates_s16_best()->tanh : ln_gates_s16_best()->logistic)(3, gate, gate, cells);
}

static int32_t clip(int32_t x, int32_t limit) { return limit > 0 ? ln_clamp_i32(x, -limit, limit) : x; }

static void update_cell(const ln_lstm_s16* lstm, const int16_t* in, const int16_t* forget, const int16_t* update,
                        int16_t* cell) {
  for (size_t i = 0; i < lstm->sizes.cells; ++i) {
    const int16_t admit = lstm->coupled ? ln_wrap_s16(INT16_MAX - forget[i]) : in[i];
    const int16_t kept = ln_wrap_s16(ln_rounding_shift_right(forget[i] * cell[i], 15));
    const int16_t added = ln_wrap_s16(ln_rounding_shift_right(admit * update[i], 15 + lstm->cell_bits));
    cell[i] = (int16_t)clip(ln_saturate_s16(kept + added), lstm->cell_clip);
  }
}

static void project(const ln_lstm_s16* lstm, const ln_lstm_scratch* scratch, int8_t* state) {
  ln_matvec_s8_s16(lstm->projection, lstm->sizes.outputs, lstm->sizes.cells, scratch->hidden, scratch->sums);
  for (size_t r = 0; r < lstm->sizes.outputs; ++r) {
    const int32_t bias = lstm->projection_bias != NULL ? lstm->projection_bias[r] : 0;
    const int32_t value = scaled(ln_wrapping_add(scratch->sums[r], bias), lstm->projection_factor);
    const int32_t moved = ln_clamp_i32(ln_saturating_add(value, lstm->state_zero_point), INT8_MIN, INT8_MAX);
    state[r] = (int8_t)clip(moved, lstm->projection_clip);
  }
}

void ln_lstm_step_s16(const ln_lstm_s16* lstm, const ln_lstm_scratch* scratch, size_t row, size_t rows,
                      const int8_t* input, int8_t* state, int16_t* cell) {
  const size_t cells = lstm->sizes.cells;
  int16_t *in = scratch->gates, *forget = in + cells, *update = forget + cells, *out = update + cells;
  for (size_t i = 0; i < lstm->sizes.inputs; ++i) scratch->input[i] = (int16_t)(input[i] - lstm->input_zero_point);
  for (size_t i = 0; i < lstm->sizes.outputs; ++i) scratch->state[i] = (int16_t)(state[i] - lstm->state_zero_point);
  if (!lstm->coupled) run_gate(lstm, scratch, LN_LSTM_INPUT, row, rows, cell, in);
  run_gate(lstm, scratch, LN_LSTM_FORGET, row, rows, cell, forget);
  run_gate(lstm, scratch, LN_LSTM_CELL, row, rows, cell, update);
  update_cell(lstm, in, forget, update, cell);
  run_gate(lstm, scratch, LN_LSTM_OUTPUT, row, rows, cell, out);
  /* A projection takes hidden values with the opposite zero point, as the reference does. */
  const bool projects = lstm->projection != NULL;
  const int32_t zero_point = projects ? -lstm->hidden_zero_point : lstm->hidden_zero_point;
  ln_gates_s16_best()->tanh(lstm->cell_bits, cell, in, cells); /* the input gate has been used */
  for (size_t i = 0; i < cells; ++i) {
    const int32_t value = scaled(out[i] * in[i], lstm->hidden_factor);
    const int32_t moved = ln_clamp_i32(ln_saturating_add(value, zero_point), INT8_MIN, INT8_MAX);
    if (projects)
      scratch->hidden[i] = (int16_t)(moved - zero_point);
    else
      state[i] = (int8_t)moved;
  }
  if (projects) project(lstm, scratch, state);
}
