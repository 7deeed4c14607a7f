/* What depthwise and transposed convolutions do with the sums of a window: numbers per output channel, and what all
 * share. Sums are modulo 2^32. */
#ifndef LN_KERNELS_CONV_NUMBERS_H_
#define LN_KERNELS_CONV_NUMBERS_H_

#include <stddef.h>
#include <stdint.h>

#include "kernels/generic/fixed_point.h"

typedef struct ln_conv_quantized {
  const int32_t* bias; /* NULL: none */
  const int32_t* multiplier;
  const int32_t* shift;
  int32_t in_zero_point, weights_zero_point, out_zero_point, low, high;
} ln_conv_quantized;

/* int8 activations of one image (with their scale and zero point) and int8 filters (one scale per output channel). */
typedef struct ln_conv_hybrid {
  float in_scale;
  int32_t in_zero_point;
  const float* scales;
  const float* bias; /* NULL: none */
  float low, high;
} ln_conv_hybrid;

static inline float ln_conv_clamp(float x, float low, float high) { return x < low ? low : x > high ? high : x; }

/* Channel o's result. */
static inline int32_t ln_conv_finish_int(const ln_conv_quantized* p, uint32_t sum, size_t o) {
  const uint32_t biased = p->bias != NULL ? sum + (uint32_t)p->bias[o] : sum;
  const int32_t scaled = ln_requantize((int32_t)biased, p->multiplier[o], p->shift[o]);
  return ln_clamp_i32((int32_t)((uint32_t)scaled + (uint32_t)p->out_zero_point), p->low, p->high);
}

/* Of a 64-bit sum and bias (NULL: none). */
static inline int32_t ln_conv_finish_wide(const ln_conv_quantized* p, int64_t sum, const int64_t* bias, size_t o) {
  const int64_t biased = (int64_t)((uint64_t)sum + (bias != NULL ? (uint64_t)bias[o] : 0));
  return ln_clamp_i32(ln_requantize_i64(biased, p->multiplier[o], p->shift[o]) + p->out_zero_point, p->low, p->high);
}

static inline float ln_conv_finish_hybrid(const ln_conv_hybrid* p, uint32_t sum, size_t o) {
  const float scaled = (float)(int32_t)sum * (p->scales[o] * p->in_scale);
  return ln_conv_clamp(p->bias != NULL ? scaled + p->bias[o] : scaled, p->low, p->high);
}

#endif
