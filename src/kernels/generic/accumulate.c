#include "kernels/generic/accumulate.h"

#include <stdint.h>

#define LN_ROW(name, type, expression)                                   \
  void ln_accumulate_##name##_ref(const void* in, void* out, size_t n) { \
    const type* from = in;                                               \
    type* to = out;                                                      \
    for (size_t i = 0; i < n; ++i) {                                     \
      const type x = from[i], y = to[i];                                 \
      to[i] = expression;                                                \
    }                                                                    \
  }

LN_ROW(sum_f32, float, y + x)
LN_ROW(sum_i32, int32_t, (int32_t)((uint32_t)y + (uint32_t)x))
LN_ROW(product_f32, float, y* x)
LN_ROW(product_i32, int32_t, (int32_t)((uint32_t)y*(uint32_t)x))
LN_ROW(maximum_f32, float, y < x ? x : y)
LN_ROW(maximum_i32, int32_t, y < x ? x : y)
LN_ROW(minimum_f32, float, x < y ? x : y)
LN_ROW(minimum_i32, int32_t, x < y ? x : y)
