/* One step of a long short-term memory cell for one sequence of a batch: floats (weights float, or int8 with
 * activations quantized on the way), and integers (int8 activations and weights, int16 cell state). Pointers and
 * numbers only.
 *
 *   gate = activate(W input [+ A aux] + R state [+ peephole * cell] + bias), normalized before the bias where `norm` is
 * given cell = forget * cell + input_gate * cell_gate;  state = [projection of] output_gate * activate(cell) */
#ifndef LN_KERNELS_LSTM_H_
#define LN_KERNELS_LSTM_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernels/generic/activate.h"
#include "kernels/generic/mixed_matvec.h"

enum { LN_LSTM_INPUT, LN_LSTM_FORGET, LN_LSTM_CELL, LN_LSTM_OUTPUT, LN_LSTM_GATES };

typedef struct ln_lstm_sizes {
  size_t inputs, aux_inputs, cells, outputs; /* aux_inputs: of a second input, 0: none; floats only */
} ln_lstm_sizes;

/* Of so many steps the products with their inputs are made at once. */
enum { LN_LSTM_AHEAD = 8 };

/* Memory for one step; elements in brackets. `gates` holds floats or int16; the others are used by int8 weights only.
 */
typedef struct ln_lstm_scratch {
  void* gates;                           /* [5 * cells] */
  float* ahead;                          /* [LN_LSTM_AHEAD][4 * cells], NULL where nothing is made ahead */
  int16_t *input, *aux, *state, *hidden; /* [inputs], [aux_inputs], [outputs], [cells] */
  int8_t* quantized;                     /* [the largest of the four] */
  int32_t* sums;                         /* [the larger of cells, outputs] */
} ln_lstm_scratch;

typedef struct ln_lstm_gate_f32 {
  ln_mixed_matrix input, aux, recurrent, peephole; /* peephole: one row of `cells` */
  const float *norm, *bias;
} ln_lstm_gate_f32;

typedef struct ln_lstm_f32 {
  ln_lstm_sizes sizes;
  ln_lstm_gate_f32 gates[LN_LSTM_GATES];
  bool coupled; /* no input gate: it is 1 - forget gate */
  bool hybrid, asymmetric;
  ln_activation activation;
  float cell_clip, projection_clip; /* 0: none */
  ln_mixed_matrix projection;
  const float* projection_bias; /* may be NULL */
} ln_lstm_f32;

/* Reads and writes state [outputs] and cell [cells]; `aux` is NULL where there is no second input. `ahead`: the step's
 * part of what ln_lstm_multiply_ahead has made, or NULL. */
void ln_lstm_step_f32(const ln_lstm_f32* lstm, const ln_lstm_scratch* scratch, const float* input, const float* aux,
                      const float* ahead, float* state, float* cell);

/* Whether all matrices of the input are plain ones of floats. */
bool ln_lstm_can_multiply_ahead(const ln_lstm_f32* lstm);
/* For `count` steps whose inputs lie `stride` apart: each gate's bias (but for normalized ones) and product, to
 * [count][4 * cells]. */
void ln_lstm_multiply_ahead(const ln_lstm_f32* lstm, const float* inputs, size_t stride, size_t count, float* ahead);

typedef struct ln_lstm_factor {
  int32_t multiplier;
  int shift;
} ln_lstm_factor;

typedef struct ln_lstm_gate_s16 {
  const int8_t *input, *recurrent;
  const int16_t *peephole, *norm; /* may be NULL */
  const int32_t* bias;
  ln_lstm_factor input_factor, recurrent_factor, peephole_factor, norm_factor;
  int32_t variance_guard;
} ln_lstm_gate_s16;

typedef struct ln_lstm_s16 {
  ln_lstm_sizes sizes;
  ln_lstm_gate_s16 gates[LN_LSTM_GATES];
  bool coupled;
  int cell_bits; /* integer bits of the cell state, 0 to 6 */
  int32_t input_zero_point, state_zero_point, hidden_zero_point;
  int32_t cell_clip, projection_clip; /* 0: none */
  const int8_t* projection;           /* may be NULL */
  const int32_t* projection_bias;     /* may be NULL */
  ln_lstm_factor hidden_factor, projection_factor;
} ln_lstm_s16;

/* `row` of `rows` that the reference steps together: its peephole product goes over rows * outputs elements of the
 * rows * cells, so with fewer outputs than cells the weights of a row depend on its number. */
void ln_lstm_step_s16(const ln_lstm_s16* lstm, const ln_lstm_scratch* scratch, size_t row, size_t rows,
                      const int8_t* input, int8_t* state, int16_t* cell);

#endif
