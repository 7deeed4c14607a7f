#include "kernels/generic/lstm_basic.h"

#include <math.h>
#include <string.h>

#include "kernels/generic/fixed_exp16.h"
#include "kernels/generic/matvec.h"

static float logistic(float x) { return 1.0f / (1.0f + expf(-x)); }

void ln_lstm_basic_f32_ref(size_t cells, size_t depth, const float* joined, const float* weights, const float* bias,
                           const float* state, float* gates, float* new_state, float* output) {
  memcpy(gates, bias, 4 * cells * sizeof *gates);
  ln_matvec_f32(weights, 4 * cells, depth, joined, gates);
  for (size_t c = 0; c < cells; ++c) {
    const float input = logistic(gates[c]), candidate = tanhf(gates[cells + c]);
    const float forget = logistic(gates[2 * cells + c]), out = logistic(gates[3 * cells + c]);
    new_state[c] = input * candidate + forget * state[c];
    output[c] = out * tanhf(new_state[c]);
  }
}

/* ln_requantize but for ties of the second rounding, which go up: the original has this operator in its optimized form
 * only. */
static int32_t requantize_up(int32_t x, int32_t multiplier, int shift) {
  if (shift >= 0) return ln_requantize(x, multiplier, shift);
  const int64_t product = ln_doubling_high_mul(x, multiplier);
  return (int32_t)((product + (INT64_C(1) << (-shift - 1))) >> -shift);
}

enum { GATE_BITS = 3, STATE_BITS = 4 };

void ln_lstm_basic_qu8_ref(const ln_lstm_basic_quantized* p, size_t cells, size_t depth, const uint8_t* joined,
                           const uint8_t* weights, const int32_t* bias, const int16_t* state, int16_t* gates,
                           int16_t* new_state, uint8_t* output) {
  for (size_t r = 0; r < 4 * cells; ++r, weights += depth) {
    uint32_t sum = (uint32_t)bias[r];
    for (size_t i = 0; i < depth; ++i) sum += (uint32_t)((joined[i] - 128) * (weights[i] - p->weights_zero_point));
    gates[r] = ln_saturate_s16(requantize_up((int32_t)sum, p->multiplier, p->shift));
  }
  for (size_t c = 0; c < cells; ++c) {
    const int16_t input = ln_logistic_s16(gates[c], GATE_BITS), candidate = ln_tanh_s16(gates[cells + c], GATE_BITS);
    const int16_t forget = ln_logistic_s16(gates[2 * cells + c], GATE_BITS);
    const int16_t out = ln_logistic_s16(gates[3 * cells + c], GATE_BITS);
    const int32_t added = ln_rounding_shift_right(ln_doubling_high_mul_s16(input, candidate), STATE_BITS);
    new_state[c] = ln_saturate_s16(added + ln_doubling_high_mul_s16(forget, state[c]));
    const int16_t in_gate_bits = ln_saturate_s16(new_state[c] * (1 << (STATE_BITS - GATE_BITS)));
    const int16_t activation = ln_doubling_high_mul_s16(out, ln_tanh_s16(in_gate_bits, GATE_BITS));
    output[c] = (uint8_t)(128 + ln_clamp_i32(ln_rounding_shift_right(activation, 8), -128, 127));
  }
}
