#include "kernels/generic/cumsum.h"

#include <stdint.h>

#include "base/compiler.h"

/* Neighbours are summed side by side, some at a time. */
enum { SOME = 64 };

#define LN_CUMSUM(suffix, type, sum)                                                 \
  void ln_cumsum_##suffix##_ref(const ln_cumsum* p, const void* in, void* out) {     \
    for (size_t o = 0; o < p->outer; ++o)                                            \
      for (size_t i = 0; i < p->inner; i += SOME) {                                  \
        const size_t first = o * p->extent * p->inner + i;                           \
        const size_t width = p->inner - i < SOME ? p->inner - i : SOME;              \
        type totals[SOME] = {0};                                                     \
        type total = 0;                                                              \
        for (size_t k = 0; k < p->extent && p->inner == 1; ++k) {                    \
          const size_t at = first + (p->reverse ? p->extent - 1 - k : k);            \
          const type y = total, x = ((const type*)in)[at];                           \
          total = sum;                                                               \
          ((type*)out)[at] = p->exclusive ? y : total;                               \
        }                                                                            \
        for (size_t k = 0; k < p->extent && p->inner > 1; ++k) {                     \
          const size_t at = first + (p->reverse ? p->extent - 1 - k : k) * p->inner; \
          const type* from = (const type*)in + at;                                   \
          type* to = (type*)out + at;                                                \
          LN_INDEPENDENT for (size_t c = 0; c < width; ++c) {                        \
            const type y = totals[c], x = from[c];                                   \
            totals[c] = sum;                                                         \
            to[c] = p->exclusive ? y : totals[c];                                    \
          }                                                                          \
        }                                                                            \
      }                                                                              \
  }

LN_CUMSUM(f32, float, y + x)
LN_CUMSUM(i32, int32_t, (int32_t)((uint32_t)y + (uint32_t)x))
LN_CUMSUM(i64, int64_t, (int64_t)((uint64_t)y + (uint64_t)x))
