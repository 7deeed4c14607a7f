/* Looking bytes up with AVX-512 VBMI: the table lies in four registers, and vpermi2b takes a byte from two of them. */
#include <immintrin.h>

#include "base/compiler.h"
#include "kernels/x86/lookup_q8_x86.h"

LN_INLINE __m512i look_up(const __m512i table[4], __m512i x) {
  const __m512i lower = _mm512_permutex2var_epi8(table[0], x, table[1]);
  const __m512i upper = _mm512_permutex2var_epi8(table[2], x, table[3]);
  return _mm512_mask_blend_epi8(_mm512_movepi8_mask(x), lower, upper);
}

static void run(const uint8_t bytes[256], const uint8_t* in, uint8_t* out, size_t count) {
  __m512i table[4];
  size_t i = 0;
  LN_UNROLL for (size_t k = 0; k < 4; ++k) table[k] = _mm512_loadu_si512(bytes + 64 * k);
  for (; i + 64 <= count; i += 64) _mm512_storeu_si512(out + i, look_up(table, _mm512_loadu_si512(in + i)));
  if (i == count) return;
  const __mmask64 mask = (UINT64_C(1) << (count - i)) - 1;
  _mm512_mask_storeu_epi8(out + i, mask, look_up(table, _mm512_maskz_loadu_epi8(mask, in + i)));
}

const ln_lookup_q8 ln_lookup_q8_avx512vbmi = {
    .name = "lookup_q8_avx512vbmi", .isa = LN_ISA_AVX512VBMI, .run = run, .run_16 = ln_lookup_16_avx2};
