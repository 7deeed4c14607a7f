/* Tables for functions of quantized values: 256 entries for 8 bits, 513 with linear interpolation for 16. */
#ifndef LN_KERNELS_LOOKUP_H_
#define LN_KERNELS_LOOKUP_H_

#include <stddef.h>
#include <stdint.h>

typedef struct ln_quantization {
  float scale;
  int32_t zero_point;
} ln_quantization;

typedef float (*ln_unary_f32)(float x, const void* params);

/* table[i] for the byte i of the quantized value (int8: as its bits): dequantize, apply, quantize half away from zero.
 */
void ln_lookup_fill_8(ln_quantization in, ln_quantization out, int is_signed, ln_unary_f32 f, const void* params,
                      uint8_t table[256]);
void ln_lookup_8(const uint8_t table[256], const uint8_t* in, uint8_t* out, size_t count);

/* table[256 + (x >> 7)] holds the value where the upper nine bits are x's; between entries the values are interpolated.
 * Each entry is moved by half the error that interpolation makes in the middle of its stretch. `f` must be finite. */
enum { LN_LOOKUP_16_SIZE = 513 };
void ln_lookup_fill_16(ln_quantization in, ln_quantization out, ln_unary_f32 f, const void* params,
                       int16_t table[LN_LOOKUP_16_SIZE]);
static inline int16_t ln_lookup_one_16(const int16_t table[LN_LOOKUP_16_SIZE], int16_t x) {
  const int index = 256 + (x >> 7);
  return (int16_t)(table[index] + (((table[index + 1] - table[index]) * (x & 127) + 64) >> 7));
}
void ln_lookup_16(const int16_t table[LN_LOOKUP_16_SIZE], const int16_t* in, int16_t* out, size_t count);

#endif
