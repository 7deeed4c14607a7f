/* Sums of rows of bytes on 256 bits, for kernels of gemm_q8 that take bytes as they are: ln_gemm_q8's sum_rows. */
#ifndef LN_KERNELS_X86_GEMM_Q8_SAD_256_H_
#define LN_KERNELS_X86_GEMM_Q8_SAD_256_H_

#include <stddef.h>
#include <stdint.h>

#include "kernels/x86/vec_q8_avx2.h"

LN_INLINE __m128i sad_eight(const uint8_t* p, int unknown) {
  const __m128i eight = _mm_loadl_epi64((const __m128i*)(const void*)p);
  return _mm_sad_epu8(_mm_srl_epi64(eight, _mm_cvtsi32_si128(8 * unknown)), _mm_setzero_si128());
}

/* What is left of whole eights is the end of the last eight bytes, or taken one by one. */
static uint32_t sum_of(const uint8_t* row, size_t depth) {
  vec sums = vec_set(0);
  size_t k = 0;
  for (; k + 32 <= depth; k += 32) sums = _mm256_add_epi64(sums, _mm256_sad_epu8(vec_load(row + k), vec_set(0)));
  __m128i sum = _mm_add_epi64(_mm256_castsi256_si128(sums), _mm256_extracti128_si256(sums, 1));
  for (; k + 8 <= depth; k += 8) sum = _mm_add_epi64(sum, sad_eight(row + k, 0));
  if (k < depth && depth >= 8) {
    sum = _mm_add_epi64(sum, sad_eight(row + depth - 8, 8 - (int)(depth - k)));
    k = depth;
  }
  uint32_t all = (uint32_t)_mm_cvtsi128_si32(_mm_add_epi64(sum, _mm_unpackhi_epi64(sum, sum)));
  for (; k < depth; ++k) all += row[k];
  return all;
}

static void sum_rows(size_t rows, size_t depth, const void* a, size_t a_stride, int32_t factor, int32_t* terms) {
  for (size_t m = 0; m < rows; ++m) {
    const uint32_t sum = sum_of((const uint8_t*)a + m * a_stride, depth);
    terms[m] = (int32_t)((uint32_t)terms[m] + sum * (uint32_t)factor);
  }
}

#endif
