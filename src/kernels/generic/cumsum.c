#include "kernels/generic/cumsum.h"

#include <stdint.h>

#define LN_CUMSUM(suffix, type, sum)                                                 \
  void ln_cumsum_##suffix##_ref(const ln_cumsum* p, const void* in, void* out) {     \
    for (size_t o = 0; o < p->outer; ++o)                                            \
      for (size_t i = 0; i < p->inner; ++i) {                                        \
        const size_t first = o * p->extent * p->inner + i;                           \
        type total = 0;                                                              \
        for (size_t k = 0; k < p->extent; ++k) {                                     \
          const size_t at = first + (p->reverse ? p->extent - 1 - k : k) * p->inner; \
          const type y = total, x = ((const type*)in)[at];                           \
          total = sum;                                                               \
          ((type*)out)[at] = p->exclusive ? y : total;                               \
        }                                                                            \
      }                                                                              \
  }

LN_CUMSUM(f32, float, y + x)
LN_CUMSUM(i32, int32_t, (int32_t)((uint32_t)y + (uint32_t)x))
LN_CUMSUM(i64, int64_t, (int64_t)((uint64_t)y + (uint64_t)x))
