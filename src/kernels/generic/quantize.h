/* Between real numbers and integers, and between integers of different scales. */
#ifndef LN_KERNELS_QUANTIZE_H_
#define LN_KERNELS_QUANTIZE_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* round(x / scale) half away from zero, plus the zero point, clamped to the type. NaN gives the lowest value. */
void ln_quantize_f32_s8_ref(float scale, int32_t zero_point, const float* in, int8_t* out, size_t n);
void ln_quantize_f32_u8_ref(float scale, int32_t zero_point, const float* in, uint8_t* out, size_t n);
void ln_quantize_f32_s16_ref(float scale, int32_t zero_point, const float* in, int16_t* out, size_t n);
void ln_quantize_f32_s4_ref(float scale, int32_t zero_point, const float* in, uint8_t* packed, size_t n);

/* (q - zero point) * scale. */
void ln_dequantize_s8_ref(float scale, int32_t zero_point, const int8_t* in, float* out, size_t n);
void ln_dequantize_u8_ref(float scale, int32_t zero_point, const uint8_t* in, float* out, size_t n);
void ln_dequantize_s16_ref(float scale, int32_t zero_point, const int16_t* in, float* out, size_t n);
/* Integers of 4 or 2 bits, the first of a byte in its low bits; the n from element `first` on. */
void ln_dequantize_packed_ref(int bits, bool is_signed, float scale, int32_t zero_point, const uint8_t* in,
                              size_t first, float* out, size_t n);
void ln_dequantize_f16_ref(const uint16_t* in, float* out, size_t n);

typedef enum ln_integer { LN_S8, LN_U8, LN_S16, LN_S32 } ln_integer;

typedef struct ln_requantization {
  int32_t multiplier, in_zero_point, out_zero_point;
  int shift;
} ln_requantization;

/* Any integer type to any other; both are of the kinds above. */
void ln_requantize_ref(const ln_requantization* params, ln_integer in_type, const void* in, ln_integer out_type,
                       void* out, size_t n);

#endif
