/* Turning blocks of eight by eight floats for both vector widths: vec_avx2.h and vec_avx512.h. */
#ifndef LN_KERNELS_X86_TURN_8X8_H_
#define LN_KERNELS_X86_TURN_8X8_H_

#include <immintrin.h>
#include <stddef.h>

#include "base/compiler.h"

enum { VEC_TURN = 8 };
/* VEC_TURN columns by so many of their neighbours, which lie `stride` apart, to eight rows `step` apart. */
LN_INLINE void vec_turn(const float* from, size_t stride, float* to, size_t step) {
  __m256 r[8], a[8], p[8];
  LN_UNROLL for (size_t i = 0; i < 8; ++i) r[i] = _mm256_loadu_ps(from + i * stride);
  LN_UNROLL for (size_t i = 0; i < 4; ++i) {
    a[2 * i] = _mm256_unpacklo_ps(r[2 * i], r[2 * i + 1]);
    a[2 * i + 1] = _mm256_unpackhi_ps(r[2 * i], r[2 * i + 1]);
  }
  LN_UNROLL for (size_t i = 0; i < 2; ++i) {
    p[4 * i] = _mm256_shuffle_ps(a[4 * i], a[4 * i + 2], 0x44);
    p[4 * i + 1] = _mm256_shuffle_ps(a[4 * i], a[4 * i + 2], 0xee);
    p[4 * i + 2] = _mm256_shuffle_ps(a[4 * i + 1], a[4 * i + 3], 0x44);
    p[4 * i + 3] = _mm256_shuffle_ps(a[4 * i + 1], a[4 * i + 3], 0xee);
  }
  LN_UNROLL for (size_t i = 0; i < 4; ++i) {
    _mm256_storeu_ps(to + i * step, _mm256_permute2f128_ps(p[i], p[i + 4], 0x20));
    _mm256_storeu_ps(to + (i + 4) * step, _mm256_permute2f128_ps(p[i], p[i + 4], 0x31));
  }
}

#endif
