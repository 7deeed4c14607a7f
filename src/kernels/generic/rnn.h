/* One step of a plain recurrent cell for one sequence of a batch: state = activate(W input + A aux + R state + bias).
 * Weights are floats, or int8 with activations quantized on the way. Pointers and numbers only. */
#ifndef LN_KERNELS_RNN_H_
#define LN_KERNELS_RNN_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernels/generic/activate.h"
#include "kernels/generic/mixed_matvec.h"

typedef struct ln_rnn_f32 {
  size_t inputs, aux_inputs, units;      /* aux_inputs 0: there is no auxiliary input */
  ln_mixed_matrix input, aux, recurrent; /* [units, …] */
  const float* bias;                     /* [units] */
  bool asymmetric;
  ln_activation activation;
} ln_rnn_f32;

/* Used where the weights are int8. */
typedef struct ln_rnn_scratch {
  int8_t* s8;    /* [the largest of inputs, aux_inputs, units] */
  int16_t* s16;  /* as many */
  int32_t* sums; /* [units] */
} ln_rnn_scratch;

/* Reads and writes state [units]; the new state is also the `output`, which must not overlap it. */
void ln_rnn_step_f32(const ln_rnn_f32* rnn, const ln_rnn_scratch* scratch, const float* input, const float* aux,
                     float* state, float* output);

#endif
