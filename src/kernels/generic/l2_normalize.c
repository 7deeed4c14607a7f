#include "kernels/generic/l2_normalize.h"

#include <math.h>

#include "kernels/generic/fixed_exp.h"

void ln_l2_normalize_f32_ref(const float* in, float* out, size_t rows, size_t depth) {
  for (size_t r = 0; r < rows; ++r, in += depth, out += depth) {
    float squares = 0;
    for (size_t i = 0; i < depth; ++i) squares += in[i] * in[i];
    float length = sqrtf(squares);
    if (length < 1e-6f) length = 1e-6f;
    for (size_t i = 0; i < depth; ++i) out[i] = in[i] / length;
  }
}

/* `scaled`: x times 128 / length. The reference rounds int8 after the 128 is folded into the shift, uint8 before. */
#define LN_L2_NORMALIZE(name, type, low, middle, high, scaled)                                                  \
  void ln_l2_normalize_##name##_ref(int32_t zero_point, const type* in, type* out, size_t rows, size_t depth) { \
    for (size_t r = 0; r < rows; ++r, in += depth, out += depth) {                                              \
      int32_t multiplier;                                                                                       \
      int shift;                                                                                                \
      uint64_t squares = 0;                                                                                     \
      for (size_t i = 0; i < depth; ++i) squares += (uint32_t)((in[i] - zero_point) * (in[i] - zero_point));    \
      ln_inverse_sqrt(squares < INT32_MAX ? (int32_t)squares : INT32_MAX, &multiplier, &shift);                 \
      for (size_t i = 0; i < depth; ++i) {                                                                      \
        const int32_t x = in[i] - zero_point, q = scaled;                                                       \
        out[i] = (type)ln_clamp_i32(q + (middle), low, high);                                                   \
      }                                                                                                         \
    }                                                                                                           \
  }

LN_L2_NORMALIZE(qs8, int8_t, INT8_MIN, 0, INT8_MAX, ln_requantize(x, multiplier, 7 - shift))
LN_L2_NORMALIZE(qu8, uint8_t, 0, 128, UINT8_MAX, ln_requantize(128 * x, multiplier, -shift))
