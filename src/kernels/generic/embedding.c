#include "kernels/generic/embedding.h"

#include "kernels/generic/half.h"

static float integer_at(const uint8_t* in, int bits, size_t i) {
  const size_t per_byte = 8 / (size_t)bits;
  const int shift = bits * (int)(i % per_byte), sign = 1 << (bits - 1);
  const int value = in[i / per_byte] >> shift & ((1 << bits) - 1);
  return (float)((value ^ sign) - sign);
}

void ln_widen_bits_f32(const uint8_t* in, int bits, float scale, float* out, size_t n) {
  if (bits == 8) {
    const int8_t* values = (const int8_t*)in;
    for (size_t i = 0; i < n; ++i) out[i] = scale * (float)values[i];
    return;
  }
  for (size_t i = 0; i < n; ++i) out[i] = scale * integer_at(in, bits, i);
}

void ln_widen_bits_f16(const uint8_t* in, int bits, float scale, uint16_t* out, size_t n) {
  for (size_t i = 0; i < n; ++i) out[i] = ln_float_to_half(scale * integer_at(in, bits, i));
}
