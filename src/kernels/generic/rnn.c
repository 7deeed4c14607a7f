#include "kernels/generic/rnn.h"

#include <string.h>

static void add_product(const ln_rnn_f32* rnn, const ln_rnn_scratch* scratch, const ln_mixed_matrix* matrix,
                        const float* values, size_t count, float* result) {
  ln_mixed_vector x = {values, NULL, 1.0f, count};
  if (matrix->is_s8) x = ln_mixed_quantize(values, count, rnn->asymmetric, scratch->s8, scratch->s16);
  ln_mixed_matvec(matrix, rnn->units, &x, scratch->sums, result);
}

void ln_rnn_step_f32(const ln_rnn_f32* rnn, const ln_rnn_scratch* scratch, const float* input, const float* aux,
                     float* state, float* output) {
  const size_t size = rnn->units * sizeof *output;
  memcpy(output, rnn->bias, size);
  add_product(rnn, scratch, &rnn->input, input, rnn->inputs, output);
  if (rnn->aux_inputs > 0) add_product(rnn, scratch, &rnn->aux, aux, rnn->aux_inputs, output);
  add_product(rnn, scratch, &rnn->recurrent, state, rnn->units, output);
  ln_activate_f32(rnn->activation, output, rnn->units);
  memcpy(state, output, size);
}
