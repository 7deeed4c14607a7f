/* Packing of bytes for the x86 rungs of gemm_q8: eight columns of the weights, 32 bytes of each, turned by fours (or
 * pairs) of bytes, and their sums. */
#ifndef LN_KERNELS_X86_GEMM_Q8_TURN_H_
#define LN_KERNELS_X86_GEMM_Q8_TURN_H_

#include <immintrin.h>
#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"

/* p[i], 32-bit element n: from 4 * i on four bytes of column n. */
LN_INLINE void turn_fours(const uint8_t* from, size_t stride, __m256i flip, __m256i p[8]) {
  __m256i r[8], a[8], b[8];
  LN_UNROLL for (size_t i = 0; i < 8; ++i) {
    LN_PREFETCH(from + i * stride + 256);
    r[i] = _mm256_xor_si256(_mm256_loadu_si256((const __m256i*)(const void*)(from + i * stride)), flip);
  }
  LN_UNROLL for (size_t i = 0; i < 8; i += 2) {
    a[i] = _mm256_unpacklo_epi32(r[i], r[i + 1]);
    a[i + 1] = _mm256_unpackhi_epi32(r[i], r[i + 1]);
  }
  LN_UNROLL for (size_t i = 0; i < 8; i += 4) {
    b[i] = _mm256_unpacklo_epi64(a[i], a[i + 2]);
    b[i + 1] = _mm256_unpackhi_epi64(a[i], a[i + 2]);
    b[i + 2] = _mm256_unpacklo_epi64(a[i + 1], a[i + 3]);
    b[i + 3] = _mm256_unpackhi_epi64(a[i + 1], a[i + 3]);
  }
  LN_UNROLL for (size_t i = 0; i < 4; ++i) {
    p[i] = _mm256_permute2x128_si256(b[i], b[i + 4], 0x20);
    p[i + 4] = _mm256_permute2x128_si256(b[i], b[i + 4], 0x31);
  }
}

/* ln_gemm_q8's `turn` for kr of 4 or 2. */
LN_INLINE void turn_columns(size_t kr, const uint8_t* from, size_t stride, uint8_t flip, int8_t* to, size_t step,
                            int32_t* sums) {
  const __m256i ones_8 = _mm256_set1_epi8(1), ones_16 = _mm256_set1_epi16(1), low = _mm256_set1_epi32(0xffff);
  __m256i p[8], sum = _mm256_loadu_si256((const __m256i*)(const void*)sums);
  turn_fours(from, stride, _mm256_set1_epi8((char)flip), p);
  LN_UNROLL for (size_t i = 0; i < 8; ++i) {
    sum = _mm256_add_epi32(sum, _mm256_madd_epi16(_mm256_maddubs_epi16(ones_8, p[i]), ones_16));
    if (kr == 4) {
      _mm256_storeu_si256((__m256i*)(void*)(to + i * step), p[i]);
      continue;
    }
    const __m256i first = _mm256_and_si256(p[i], low), second = _mm256_srli_epi32(p[i], 16);
    const __m256i both = _mm256_permute4x64_epi64(_mm256_packus_epi32(first, second), 0xd8);
    _mm_storeu_si128((__m128i*)(void*)(to + 2 * i * step), _mm256_castsi256_si128(both));
    _mm_storeu_si128((__m128i*)(void*)(to + (2 * i + 1) * step), _mm256_extracti128_si256(both, 1));
  }
  _mm256_storeu_si256((__m256i*)(void*)sums, sum);
}

#define LN_TURN(kr)                                                                                            \
  static void turn(const uint8_t* from, size_t stride, uint8_t flip, int8_t* to, size_t step, int32_t* sums) { \
    turn_columns(kr, from, stride, flip, to, step, sums);                                                      \
  }

#endif
