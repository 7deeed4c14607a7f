/* Floats to bytes and back: the rungs of ln_quantize_f32_?8_ref, ln_quantize_f32_s16_ref, ln_dequantize_?8_ref and
 * ln_dequantize_f16_ref, and of what hybrid operators need, with their results bit for bit. */
#ifndef LN_KERNELS_QUANTIZE_Q8_H_
#define LN_KERNELS_QUANTIZE_Q8_H_

#include "base/cpu.h"
#include "kernels/generic/quantize.h"
#include "kernels/generic/requant.h"

typedef struct ln_quantize_q8 {
  const char* name;
  ln_isa isa;
  void (*quantize_s8)(float scale, int32_t zero_point, const float* in, int8_t* out, size_t n);
  void (*quantize_u8)(float scale, int32_t zero_point, const float* in, uint8_t* out, size_t n);
  void (*quantize_s16)(float scale, int32_t zero_point, const float* in, int16_t* out, size_t n);
  void (*dequantize_s8)(float scale, int32_t zero_point, const int8_t* in, float* out, size_t n);
  void (*dequantize_u8)(float scale, int32_t zero_point, const uint8_t* in, float* out, size_t n);
  void (*dequantize_f16)(const uint16_t* in, float* out, size_t n);
  /* q = round(offset + in[i] * inverse), half away from zero, in [low, 127]; NaN gives `low`, which is -127 or -128.
   * To int8 (flip 0) or moved up by 128 (flip 0x80); as the float q - offset, which is exact for whole offsets. */
  void (*scale_q8)(float offset, float inverse, int32_t low, uint8_t flip, const float* in, uint8_t* out, size_t n);
  void (*scale_f32)(float offset, float inverse, int32_t low, const float* in, float* out, size_t n);
  /* The least and the greatest of n >= 1 floats. The first may be NaN and is both then; other NaN do not count. */
  void (*range_f32)(const float* in, size_t n, float* low, float* high);
  /* ln_hybrid_store */
  void (*hybrid_store)(const ln_hybrid_params* params, size_t first, size_t count, int32_t zero_point, float row_scale,
                       const int32_t* values, float* out);
  /* `pixels` times `channels` sums, whole floats, in place: clamp(x * (scales[c] * scale) + bias[c]). */
  void (*hybrid_finish)(size_t pixels, size_t channels, float scale, const float* scales, const float* bias, float low,
                        float high, float* x);
} ln_quantize_q8;

const ln_quantize_q8* const* ln_quantize_q8_rungs(size_t* count);
const ln_quantize_q8* ln_quantize_q8_best(void);

#endif
