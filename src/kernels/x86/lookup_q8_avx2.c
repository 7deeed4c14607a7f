/* Looking bytes up with AVX2, thirty-two at a time in sixteen tables of sixteen. For table i the upper half of an index
 * is exclusive-ored with i: it is 0 for those that mean this table, and adding 0x70 with saturation leaves only them
 * below 0x80, where vpshufb takes the lower half; all others give 0. */
#include <immintrin.h>
#include <string.h>

#include "base/compiler.h"
#include "kernels/x86/lookup_q8_x86.h"

enum { kBlock = 32 };

LN_INLINE __m256i look_up(const uint8_t table[256], __m256i x) {
  const __m256i bias = _mm256_set1_epi8(0x70);
  __m256i found[4];
  LN_UNROLL for (int i = 0; i < 4; ++i) found[i] = _mm256_setzero_si256();
  LN_UNROLL for (int i = 0; i < 16; ++i) {
    const __m256i part =
        _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i*)(const void*)(table + (size_t)i * 16)));
    const __m256i index = _mm256_adds_epu8(_mm256_xor_si256(x, _mm256_set1_epi8((char)(i * 16))), bias);
    found[i % 4] = _mm256_or_si256(found[i % 4], _mm256_shuffle_epi8(part, index));
  }
  return _mm256_or_si256(_mm256_or_si256(found[0], found[1]), _mm256_or_si256(found[2], found[3]));
}

static void run(const uint8_t table[256], const uint8_t* in, uint8_t* out, size_t count) {
  uint8_t block[kBlock];
  size_t i = 0;
  for (; i + kBlock <= count; i += kBlock)
    _mm256_storeu_si256((__m256i*)(void*)(out + i),
                        look_up(table, _mm256_loadu_si256((const __m256i*)(const void*)(in + i))));
  if (i == count) return;
  memset(block, 0, sizeof block);
  memcpy(block, in + i, count - i);
  _mm256_storeu_si256((__m256i*)(void*)block, look_up(table, _mm256_loadu_si256((const __m256i*)(const void*)block)));
  memcpy(out + i, block, count - i);
}

const ln_lookup_q8 ln_lookup_q8_avx2 = {.name = "lookup_q8_avx2", .isa = LN_ISA_AVX2, .run = run};
