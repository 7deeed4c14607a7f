#include "kernels/generic/hard_swish.h"

#include "kernels/generic/fixed_point.h"

int16_t ln_multiplier_to_s16(int32_t multiplier) {
  const int32_t half = 1 << 15;
  return (int16_t)(multiplier >= INT32_MAX - half ? INT16_MAX : (multiplier + half) >> 16);
}

static int16_t saturate(int32_t x) { return (int16_t)ln_clamp_i32(x, INT16_MIN, INT16_MAX); }

/* a * b / 2^15, rounded half away from zero (below it: towards zero), or cut. */
static int16_t high_mul(int16_t a, int16_t b, int round) {
  if (a == b && a == INT16_MIN) return INT16_MAX;
  const int32_t product = (int32_t)a * b;
  const int32_t nudge = !round ? 0 : product >= 0 ? 1 << 14 : 1 - (1 << 14);
  return (int16_t)((product + nudge) / (1 << 15));
}

static int32_t hard_swish(const ln_hard_swish* p, int32_t x) {
  const int16_t fine = (int16_t)((x - p->in_zero_point) * 128);
  const int16_t value = high_mul(fine, p->out_multiplier, 1);
  int16_t gate = fine; /* of 3 / 32768 */
  if (p->gate_shift > 0) gate = saturate((int32_t)((int64_t)gate * (INT64_C(1) << (p->gate_shift - 1))));
  gate = high_mul(gate, p->gate_multiplier, 1);
  if (p->gate_shift > 0) gate = saturate(gate * 2);
  if (p->gate_shift < 0) gate = (int16_t)ln_rounding_shift_right(gate, -p->gate_shift);
  gate = (int16_t)((gate + (1 << 15)) >> 1);
  const int32_t product = ln_rounding_shift_right(high_mul(gate, value, 0), -p->out_shift);
  return ln_clamp_i32((int16_t)(product + p->out_zero_point), p->low, p->high);
}

void ln_hard_swish_s8(const void* params, const void* in, void* out, size_t n) {
  const int8_t* from = in;
  int8_t* to = out;
  for (size_t i = 0; i < n; ++i) to[i] = (int8_t)hard_swish(params, from[i]);
}

void ln_hard_swish_u8(const void* params, const void* in, void* out, size_t n) {
  const uint8_t* from = in;
  uint8_t* to = out;
  for (size_t i = 0; i < n; ++i) to[i] = (uint8_t)hard_swish(params, from[i]);
}
