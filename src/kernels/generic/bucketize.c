#include "kernels/generic/bucketize.h"

/* Halving [first, first + left): what is at or before a boundary above the value is not counted. */
#define LN_BUCKETIZE(suffix, type, wide)                                                                            \
  void ln_bucketize_##suffix##_ref(const float* boundaries, size_t count, const void* in, int32_t* out, size_t n) { \
    for (size_t i = 0; i < n; ++i) {                                                                                \
      const wide value = (wide)((const type*)in)[i];                                                                \
      size_t first = 0, left = count;                                                                               \
      while (left > 0) {                                                                                            \
        const size_t half = left / 2;                                                                               \
        if (value < (wide)boundaries[first + half]) {                                                               \
          left = half;                                                                                              \
        } else {                                                                                                    \
          first += half + 1;                                                                                        \
          left -= half + 1;                                                                                         \
        }                                                                                                           \
      }                                                                                                             \
      out[i] = (int32_t)first;                                                                                      \
    }                                                                                                               \
  }

LN_BUCKETIZE(f32, float, float)
LN_BUCKETIZE(f64, double, double)
LN_BUCKETIZE(i32, int32_t, float)
LN_BUCKETIZE(i64, int64_t, float)
