/* Bilinear resizing, the portable body as compiled for AVX2. */
#include <immintrin.h>

#include "base/compiler.h"
#include "kernels/x86/bilinear_x86.h"

LN_INLINE void widen(const uint8_t* in, int32_t* wide) {
  const __m128i bytes = _mm_loadu_si128((const __m128i*)(const void*)in);
  _mm256_storeu_si256((__m256i*)(void*)wide, _mm256_cvtepu8_epi32(bytes));
  _mm256_storeu_si256((__m256i*)(void*)(wide + 8), _mm256_cvtepu8_epi32(_mm_srli_si128(bytes, 8)));
}

/* Numbers of 0 to 255. */
LN_INLINE void narrow(const int32_t* wide, uint8_t* bytes) {
  const __m256i words = _mm256_packus_epi32(_mm256_loadu_si256((const __m256i*)(const void*)wide),
                                            _mm256_loadu_si256((const __m256i*)(const void*)(wide + 8)));
  const __m256i ordered = _mm256_permute4x64_epi64(words, 0xd8);
  _mm_storeu_si128((__m128i*)(void*)bytes,
                   _mm_packus_epi16(_mm256_castsi256_si128(ordered), _mm256_extracti128_si256(ordered, 1)));
}

LN_INLINE void upper_bytes(const uint16_t* words, uint8_t* bytes) {
  const __m256i first = _mm256_srli_epi16(_mm256_loadu_si256((const __m256i*)(const void*)words), 8);
  const __m256i second = _mm256_srli_epi16(_mm256_loadu_si256((const __m256i*)(const void*)(words + 16)), 8);
  _mm256_storeu_si256((__m256i*)(void*)bytes, _mm256_permute4x64_epi64(_mm256_packus_epi16(first, second), 0xd8));
}

#define LN_WIDEN(in, wide) widen(in, wide);
#define LN_NARROW(wide, bytes) narrow(wide, bytes);
#define LN_UPPER_BYTES(words, bytes) upper_bytes(words, bytes);
#include "kernels/generic/bilinear_body.h"

const ln_bilinear ln_bilinear_avx2 = {.name = "bilinear_avx2",
                                      .isa = LN_ISA_AVX2,
                                      .run_u8 = run_u8,
                                      .run_s8 = run_s8,
                                      .run_s16 = run_s16,
                                      .run_f32 = run_f32};
