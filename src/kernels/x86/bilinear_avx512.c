/* Bilinear resizing, the portable body as compiled for AVX-512. */
#include <immintrin.h>

#include "base/compiler.h"
#include "kernels/x86/bilinear_x86.h"

LN_INLINE void upper_bytes(const uint16_t* words, uint8_t* bytes) {
  const __m512i upper = _mm512_srli_epi16(_mm512_loadu_si512(words), 8);
  __m256i narrow = _mm512_cvtepi16_epi8(upper);
  LN_KEEP(narrow); /* a store that narrows is slow */
  _mm256_storeu_si256((__m256i*)(void*)bytes, narrow);
}
#define LN_UPPER_BYTES(words, bytes) upper_bytes(words, bytes);
#include "kernels/generic/bilinear_body.h"

const ln_bilinear ln_bilinear_avx512 = {.name = "bilinear_avx512",
                                        .isa = LN_ISA_AVX512,
                                        .run_u8 = run_u8,
                                        .run_s8 = run_s8,
                                        .run_s16 = run_s16,
                                        .run_f32 = run_f32};
