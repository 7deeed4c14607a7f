/* One step of a plain LSTM cell whose weights are one matrix: gates = W [input, previous output] + bias, in the order
 * input, candidate, forget, output. Knows pointers and sizes only. */
#ifndef LN_KERNELS_LSTM_BASIC_H_
#define LN_KERNELS_LSTM_BASIC_H_

#include <stddef.h>
#include <stdint.h>

/* `joined` is [depth], input and previous output one after the other; weights [4 * cells, depth]; gates [4 * cells].
 * `state` is read and `new_state` written; they may be the same. */
void ln_lstm_basic_f32_ref(size_t cells, size_t depth, const float* joined, const float* weights, const float* bias,
                           const float* state, float* gates, float* new_state, float* output);

/* Activations are uint8 with scale 1 / 128 and zero point 128, gates int16 with 3 integer bits, the state with 4. */
typedef struct ln_lstm_basic_quantized {
  int32_t weights_zero_point, multiplier; /* multiplier and shift: from sums to gates */
  int shift;
} ln_lstm_basic_quantized;

void ln_lstm_basic_qu8_ref(const ln_lstm_basic_quantized* params, size_t cells, size_t depth, const uint8_t* joined,
                           const uint8_t* weights, const int32_t* bias, const int16_t* state, int16_t* gates,
                           int16_t* new_state, uint8_t* output);

#endif
