/* The body of rows that are one or two comparisons an element: plain C in loops of a fixed length, so that a compiler
 * makes vectors of the instruction set that the including file is compiled for. A result may lie in its input's place.
 * No include guard on purpose. */
#include "base/compiler.h"
#include "kernels/generic/binary.h"
#include "kernels/generic/fixed_point.h"

enum { kPlain = 64 };

/* `expression` is of x and y. An input that does not move is one number. */
#define LN_PLAIN_STEPS(name, in_type, out_type, setup, expression)                                                  \
  LN_INLINE void name##_steps(const void* params, const in_type* a, size_t a_step, const in_type* b, size_t b_step, \
                              out_type* out, size_t n) {                                                            \
    const in_type one_x = *a, one_y = *b;                                                                           \
    (void)params;                                                                                                   \
    setup;                                                                                                          \
    size_t i = 0;                                                                                                   \
    for (; i + kPlain <= n; i += kPlain) {                                                                          \
      LN_INDEPENDENT for (size_t k = 0; k < kPlain; ++k) {                                                          \
        const in_type x = a_step == 0 ? one_x : a[i + k], y = b_step == 0 ? one_y : b[i + k];                       \
        out[i + k] = (out_type)(expression);                                                                        \
      }                                                                                                             \
    }                                                                                                               \
    for (; i < n; ++i) {                                                                                            \
      const in_type x = a_step == 0 ? one_x : a[i], y = b_step == 0 ? one_y : b[i];                                 \
      out[i] = (out_type)(expression);                                                                              \
    }                                                                                                               \
  }                                                                                                                 \
  static void name(const void* params, const void* a, size_t a_step, const void* b, size_t b_step, void* out,       \
                   size_t n) {                                                                                      \
    (void)params;                                                                                                   \
    if (n == 0) return;                                                                                             \
    if (a_step == 1 && b_step == 1)                                                                                 \
      name##_steps(params, a, 1, b, 1, out, n);                                                                     \
    else if (b_step == 0)                                                                                           \
      name##_steps(params, a, a_step, b, 0, out, n);                                                                \
    else                                                                                                            \
      name##_steps(params, a, 0, b, 1, out, n);                                                                     \
  }

#define LN_PLAIN_ROW(name, in_type, out_type, expression) LN_PLAIN_STEPS(name, in_type, out_type, , expression)

/* Sums wrap, and the range has 32 bits. */
#define LN_CLAMPED_ROW(name, expression)                                                                  \
  LN_PLAIN_STEPS(name, int32_t, int32_t, const int32_t low = (int32_t)((const ln_clamp_i64*)params)->low; \
                 const int32_t high = (int32_t)((const ln_clamp_i64*)params)->high,                       \
                 ln_clamp_i32((int32_t)(expression), low, high))

LN_PLAIN_ROW(maximum_s8, int8_t, int8_t, x > y ? x : y)
LN_PLAIN_ROW(minimum_s8, int8_t, int8_t, x < y ? x : y)
LN_PLAIN_ROW(maximum_u8, uint8_t, uint8_t, x > y ? x : y)
LN_PLAIN_ROW(minimum_u8, uint8_t, uint8_t, x < y ? x : y)
LN_PLAIN_ROW(maximum_s16, int16_t, int16_t, x > y ? x : y)
LN_PLAIN_ROW(minimum_s16, int16_t, int16_t, x < y ? x : y)
LN_PLAIN_ROW(equal_f32, float, uint8_t, x == y)
LN_PLAIN_ROW(not_equal_f32, float, uint8_t, x != y)
LN_PLAIN_ROW(less_f32, float, uint8_t, x < y)
LN_PLAIN_ROW(less_equal_f32, float, uint8_t, x <= y)
LN_CLAMPED_ROW(add_i32, (uint32_t)x + (uint32_t)y)
LN_CLAMPED_ROW(sub_i32, (uint32_t)x - (uint32_t)y)
LN_CLAMPED_ROW(mul_i32, (uint32_t)x*(uint32_t)y)
