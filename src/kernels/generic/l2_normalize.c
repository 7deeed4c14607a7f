#include "kernels/generic/l2_normalize.h"

#include <math.h>

#include "kernels/generic/fixed_exp.h"
#include "kernels/generic/requant.h"

void ln_l2_normalize_f32_ref(const float* in, float* out, size_t rows, size_t depth) {
  for (size_t r = 0; r < rows; ++r, in += depth, out += depth) {
    float squares = 0;
    for (size_t i = 0; i < depth; ++i) squares += in[i] * in[i];
    float length = sqrtf(squares);
    if (length < 1e-6f) length = 1e-6f;
    for (size_t i = 0; i < depth; ++i) out[i] = in[i] / length;
  }
}

enum { kChunk = 64 };

/* x times 128 / length, rounded, for a chunk. */
static void scale_chunk(int32_t multiplier, int shift, int32_t middle, int32_t low, int32_t high,
                        int32_t values[kChunk]) {
  static const int32_t none[kChunk] = {0};
  int32_t multipliers[kChunk], shifts[kChunk];
  for (size_t i = 0; i < kChunk; ++i) {
    multipliers[i] = multiplier;
    shifts[i] = shift;
  }
  ln_requant_best()->fixed(
      &(ln_requant){
          .bias = none, .multiplier = multipliers, .shift = shifts, .zero_point = middle, .low = low, .high = high},
      0, kChunk, values);
}

/* The reference rounds int8 after the 128 is folded into the shift, uint8 before: there elements come times 128. */
#define LN_L2_NORMALIZE(name, type, low, middle, high, times, shift_up)                                         \
  void ln_l2_normalize_##name##_ref(int32_t zero_point, const type* in, type* out, size_t rows, size_t depth) { \
    for (size_t r = 0; r < rows; ++r, in += depth, out += depth) {                                              \
      int32_t multiplier, values[kChunk];                                                                       \
      int shift;                                                                                                \
      uint64_t squares = 0;                                                                                     \
      for (size_t i = 0; i < depth; i += kChunk) {                                                              \
        uint32_t some = 0;                                                                                      \
        for (size_t k = i; k < depth && k < i + kChunk; ++k)                                                    \
          some += (uint32_t)((in[k] - zero_point) * (in[k] - zero_point));                                      \
        squares += some;                                                                                        \
      }                                                                                                         \
      ln_inverse_sqrt(squares < INT32_MAX ? (int32_t)squares : INT32_MAX, &multiplier, &shift);                 \
      for (size_t i = 0; i < depth; i += kChunk) {                                                              \
        const size_t n = depth - i < kChunk ? depth - i : kChunk;                                               \
        for (size_t k = 0; k < kChunk; ++k) values[k] = k < n ? (in[i + k] - zero_point) * (times) : 0;         \
        scale_chunk(multiplier, (shift_up)-shift, middle, low, high, values);                                   \
        for (size_t k = 0; k < n; ++k) out[i + k] = (type)values[k];                                            \
      }                                                                                                         \
    }                                                                                                           \
  }

LN_L2_NORMALIZE(qs8, int8_t, INT8_MIN, 0, INT8_MAX, 1, 7)
LN_L2_NORMALIZE(qu8, uint8_t, 0, 128, UINT8_MAX, 128, 0)
