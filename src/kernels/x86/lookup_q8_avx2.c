/* Looking bytes up with AVX2, sixty-four at a time in sixteen tables of sixteen. vpshufb gives 0 where an index is
 * negative and looks at its lower half otherwise. From an index 16 is taken off again and again: one below 128, of the
 * upper half k, is not negative in steps 0 to k, one above in steps k - 7 to k, as the subtraction wraps up to step 8
 * and is saturated from then on. What the steps find is exclusive-ored, so that with tables
 *
 *   e[i] = t[i] ^ t[i - 1] ^ e[i - 8]   (what has a negative number counts as 0)
 *
 * each index ends at t[k]. */
#include <immintrin.h>
#include <string.h>

#include "base/compiler.h"
#include "kernels/x86/lookup_q8_x86.h"

enum { kVectors = 2, kBlock = 32 * kVectors, kTables = 16, kWraps = 8 };

static void make_steps(const uint8_t table[256], __m256i e[kTables]) {
  __m256i before = _mm256_setzero_si256();
  for (int i = 0; i < kTables; ++i) {
    const __m256i t =
        _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i*)(const void*)(table + (size_t)i * 16)));
    e[i] = _mm256_xor_si256(t, before);
    if (i >= kWraps) e[i] = _mm256_xor_si256(e[i], e[i - kWraps]);
    before = t;
  }
}

LN_INLINE void look_up(const __m256i e[kTables], const uint8_t* in, uint8_t* out) {
  const __m256i sixteen = _mm256_set1_epi8(16);
  __m256i x[kVectors], found[kVectors];
  LN_UNROLL for (int v = 0; v < kVectors; ++v) {
    x[v] = _mm256_loadu_si256((const __m256i*)(const void*)(in + (size_t)v * 32));
    found[v] = _mm256_shuffle_epi8(e[0], x[v]);
  }
  LN_UNROLL for (int i = 1; i < kTables; ++i) {
    LN_UNROLL for (int v = 0; v < kVectors; ++v) {
      x[v] = i <= kWraps ? _mm256_sub_epi8(x[v], sixteen) : _mm256_subs_epi8(x[v], sixteen);
      found[v] = _mm256_xor_si256(found[v], _mm256_shuffle_epi8(e[i], x[v]));
    }
  }
  LN_UNROLL for (int v = 0; v < kVectors; ++v) _mm256_storeu_si256((__m256i*)(void*)(out + (size_t)v * 32), found[v]);
}

static void run(const uint8_t table[256], const uint8_t* in, uint8_t* out, size_t count) {
  __m256i e[kTables];
  uint8_t block[kBlock];
  size_t i = 0;
  make_steps(table, e);
  for (; i + kBlock <= count; i += kBlock) look_up(e, in + i, out + i);
  if (i == count) return;
  memset(block, 0, sizeof block);
  memcpy(block, in + i, count - i);
  look_up(e, block, block);
  memcpy(out + i, block, count - i);
}

const ln_lookup_q8 ln_lookup_q8_avx2 = {.name = "lookup_q8_avx2", .isa = LN_ISA_AVX2, .run = run};
