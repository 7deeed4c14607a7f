/* Sparse products of bytes with AVX2: sixteen values at a time, whose activations are one block's, or those of two
 * blocks of eight or of four of four, put together. A row is added up across the vector once, at its end. */
#include <immintrin.h>
#include <string.h>

#include "base/compiler.h"
#include "kernels/x86/sparse_q8_x86.h"

static inline __m128i load(const void* p) { return _mm_loadu_si128((const __m128i*)p); }

LN_INLINE __m256i multiply(__m256i sums, __m128i w, __m128i x) {
  return _mm256_add_epi32(sums, _mm256_madd_epi16(_mm256_cvtepi8_epi16(w), _mm256_cvtepi8_epi16(x)));
}

LN_INLINE uint32_t sum_of(__m256i x) {
  const __m128i four = _mm_add_epi32(_mm256_castsi256_si128(x), _mm256_extracti128_si256(x, 1));
  const __m128i two = _mm_add_epi32(four, _mm_shuffle_epi32(four, 0x4e));
  return (uint32_t)_mm_cvtsi128_si32(_mm_add_epi32(two, _mm_shuffle_epi32(two, 0xb1)));
}

LN_INLINE int32_t four_of(const int8_t* a) {
  int32_t four;
  memcpy(&four, a, sizeof four);
  return four;
}

LN_INLINE int64_t eight_of(const int8_t* a) {
  int64_t eight;
  memcpy(&eight, a, sizeof eight);
  return eight;
}

LN_INLINE uint32_t plain(const int8_t* values, const int8_t* a, size_t count) {
  uint32_t sum = 0;
  for (size_t i = 0; i < count; ++i) sum += (uint32_t)(values[i] * a[i]);
  return sum;
}

static uint32_t dot_of_four(const int8_t* values, const uint32_t* c, size_t blocks, const int8_t* a) {
  __m256i sums = _mm256_setzero_si256();
  uint32_t rest = 0;
  size_t i = 0;
  for (; i + 4 <= blocks; i += 4) {
    const __m128i x =
        _mm_setr_epi32(four_of(a + c[i]), four_of(a + c[i + 1]), four_of(a + c[i + 2]), four_of(a + c[i + 3]));
    sums = multiply(sums, load(values + 4 * i), x);
  }
  for (; i < blocks; ++i) rest += plain(values + 4 * i, a + c[i], 4);
  return sum_of(sums) + rest;
}

static uint32_t dot_of_eight(const int8_t* values, const uint32_t* c, size_t blocks, const int8_t* a) {
  __m256i sums = _mm256_setzero_si256();
  uint32_t rest = 0;
  size_t i = 0;
  for (; i + 2 <= blocks; i += 2)
    sums = multiply(sums, load(values + 8 * i), _mm_set_epi64x(eight_of(a + c[i + 1]), eight_of(a + c[i])));
  for (; i < blocks; ++i) rest += plain(values + 8 * i, a + c[i], 8);
  return sum_of(sums) + rest;
}

static uint32_t dot_of_many(const int8_t* values, const uint32_t* c, size_t blocks, size_t block, const int8_t* a) {
  __m256i sums = _mm256_setzero_si256();
  uint32_t rest = 0;
  for (size_t i = 0; i < blocks; ++i, values += block) {
    const int8_t* at = a + c[i];
    size_t k = 0;
    for (; k + 16 <= block; k += 16) sums = multiply(sums, load(values + k), load(at + k));
    rest += plain(values + k, at + k, block - k);
  }
  return sum_of(sums) + rest;
}

static void product(const ln_sparse_rows* w, size_t begin, size_t end, const int8_t* a, int32_t* sums) {
  const size_t block = w->block;
  if (block != 4 && block != 8 && block < 16) {
    ln_sparse_product_s8_ref(w, begin, end, a, sums);
    return;
  }
  for (size_t n = begin; n < end; ++n) {
    const size_t first = w->starts[n], blocks = w->starts[n + 1] - first;
    const int8_t* values = (const int8_t*)w->values + first * block;
    const uint32_t* columns = w->columns + first;
    sums[n - begin] = (int32_t)(block == 4   ? dot_of_four(values, columns, blocks, a)
                                : block == 8 ? dot_of_eight(values, columns, blocks, a)
                                             : dot_of_many(values, columns, blocks, block, a));
  }
}

const ln_sparse_q8 ln_sparse_q8_avx2 = {.name = "sparse_q8_avx2", .isa = LN_ISA_AVX2, .product = product};
