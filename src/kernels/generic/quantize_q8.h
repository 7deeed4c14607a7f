/* Floats to bytes and back: the rungs of ln_quantize_f32_?8_ref and ln_dequantize_?8_ref, with their results bit for
 * bit. */
#ifndef LN_KERNELS_QUANTIZE_Q8_H_
#define LN_KERNELS_QUANTIZE_Q8_H_

#include "base/cpu.h"
#include "kernels/generic/quantize.h"

typedef struct ln_quantize_q8 {
  const char* name;
  ln_isa isa;
  void (*quantize_s8)(float scale, int32_t zero_point, const float* in, int8_t* out, size_t n);
  void (*quantize_u8)(float scale, int32_t zero_point, const float* in, uint8_t* out, size_t n);
  void (*dequantize_s8)(float scale, int32_t zero_point, const int8_t* in, float* out, size_t n);
  void (*dequantize_u8)(float scale, int32_t zero_point, const uint8_t* in, float* out, size_t n);
} ln_quantize_q8;

const ln_quantize_q8* const* ln_quantize_q8_rungs(size_t* count);
const ln_quantize_q8* ln_quantize_q8_best(void);

#endif
