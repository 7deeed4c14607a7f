/* Turning a block of sixteen by sixteen bytes, with the instructions that every x86-64 has. */
#ifndef LN_KERNELS_X86_TURN_16X16_H_
#define LN_KERNELS_X86_TURN_16X16_H_

#include <immintrin.h>
#include <stddef.h>

#include "base/compiler.h"

/* Line i of the second half falls between lines i and i + 1 of the first, four times. */
LN_INLINE void turn_16x16(const char* in, size_t in_stride, char* out, size_t out_stride) {
  __m128i r[16], t[16];
  LN_UNROLL for (size_t i = 0; i < 16; ++i) r[i] = _mm_loadu_si128((const __m128i*)(const void*)(in + i * in_stride));
  LN_UNROLL for (size_t round = 0; round < 4; ++round) {
    LN_UNROLL for (size_t i = 0; i < 8; ++i) {
      t[2 * i] = _mm_unpacklo_epi8(r[i], r[i + 8]);
      t[2 * i + 1] = _mm_unpackhi_epi8(r[i], r[i + 8]);
    }
    LN_UNROLL for (size_t i = 0; i < 16; ++i) r[i] = t[i];
  }
  LN_UNROLL for (size_t i = 0; i < 16; ++i) _mm_storeu_si128((__m128i*)(void*)(out + i * out_stride), r[i]);
}

#endif
