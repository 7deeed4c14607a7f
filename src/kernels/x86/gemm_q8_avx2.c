/* The gemm of bytes with AVX2: tiles of 6 x 16, or 12 x 8 where a panel has no more
 * columns. Activations come widened to 16 bits, weights are widened when they are
 * loaded (once for six rows), and vpmaddwd multiplies and adds pairs exactly. vpmaddubsw would take half as many
 * multiplications, but needs a widening addition for each, and its pair sums saturate: docs/performance.md. */
#include <immintrin.h>
#include <string.h>

#include "base/compiler.h"
#include "kernels/x86/gemm_q8_x86.h"
#include "kernels/x86/requant_q8_avx2.h"

enum { kMaxRows = 12, kLanes = 8, kVectors = 2, kAhead = 1024 };

static inline __m256i load(const void* p) { return _mm256_loadu_si256((const __m256i*)p); }

static inline __m256i broadcast_pair(const int16_t* a) {
  int32_t pair;
  memcpy(&pair, a, sizeof pair);
  return _mm256_set1_epi32(pair);
}

LN_INLINE void multiply(size_t rows, size_t vectors, const ln_gemm_q8_rows* r, size_t first,
                        __m256i tile[kMaxRows][kVectors]) {
  const size_t groups = r->groups, a_stride = r->a_stride;
  const int16_t* a = (const int16_t*)r->a + first * a_stride;
  const int8_t* b = r->b;
  for (size_t s = 0; s < r->segments; ++s, a += r->a_segment) {
    for (size_t g = 0; g < groups; ++g, b += 2 * kLanes * vectors) {
      __m256i w[kVectors];
      LN_UNROLL for (size_t v = 0; v < vectors; ++v) w[v] =
          _mm256_cvtepi8_epi16(_mm_loadu_si128((const __m128i*)(const void*)(b + 16 * v)));
      if (rows == 1) LN_PREFETCH(b + kAhead); /* one row does little but read weights */
      LN_UNROLL for (size_t m = 0; m < rows; ++m) {
        const __m256i x = broadcast_pair(a + m * a_stride + 2 * g);
        LN_UNROLL for (size_t v = 0; v < vectors; ++v) tile[m][v] =
            _mm256_add_epi32(tile[m][v], _mm256_madd_epi16(x, w[v]));
      }
    }
  }
}

static inline void store(uint8_t* out, __m128i x, size_t columns) {
  if (columns == 16) {
    _mm_storeu_si128((__m128i*)(void*)out, x);
  } else if (columns == 8) {
    _mm_storel_epi64((__m128i*)(void*)out, x);
  } else {
    uint8_t bytes[16];
    _mm_storeu_si128((__m128i*)(void*)bytes, x);
    memcpy(out, bytes, columns);
  }
}

LN_INLINE void scale_tile(size_t rows, size_t vectors, const ln_gemm_q8_numbers* n, __m256i tile[kMaxRows][kVectors]) {
  const requant_real_avx2 real = requant_real_of(&n->range);
  LN_UNROLL for (size_t m = 0; m < rows; ++m) {
    LN_UNROLL for (size_t v = 0; v < vectors; ++v) tile[m][v] = requant_real_eight(tile[m][v], n->scale + 8 * v, &real);
  }
}

LN_INLINE void requant_tile(size_t rows, size_t vectors, const ln_gemm_q8_numbers* n,
                            __m256i tile[kMaxRows][kVectors]) {
  if (n->left != NULL) {
    LN_UNROLL for (size_t v = 0; v < vectors; ++v) {
      LN_UNROLL for (size_t m = 0; m < rows; ++m) tile[m][v] = requant_left_eight(tile[m][v], load(n->left + 8 * v));
    }
  }
  LN_UNROLL for (size_t v = 0; v < vectors; ++v) {
    const __m256i multiplier = load(n->multiplier + 8 * v), offset = load(n->offset + 8 * v);
    const __m256i sign_shift = load(n->sign_shift + 8 * v), shift = load(n->shift + 8 * v);
    LN_UNROLL for (size_t m = 0; m < rows; ++m) tile[m][v] =
        requant_eight(tile[m][v], multiplier, offset, sign_shift, shift);
  }
}

LN_INLINE void tile_bytes(size_t rows, size_t vectors, const ln_gemm_q8_rows* r, const ln_gemm_q8_numbers* n,
                          size_t first, uint8_t* out, size_t out_stride) {
  __m256i tile[kMaxRows][kVectors];
  LN_UNROLL for (size_t m = 0; m < rows; ++m) {
    const __m256i term = _mm256_set1_epi32(n->row_terms != NULL ? n->row_terms[first + m] : 0);
    LN_UNROLL for (size_t v = 0; v < vectors; ++v) tile[m][v] = _mm256_add_epi32(load(n->bias + 8 * v), term);
  }
  multiply(rows, vectors, r, first, tile);
  /* Loaded behind the loop: in it the tile needs the registers. */
  const requant_range_avx2 range = requant_range_of(&n->range);
  if (n->scale != NULL)
    scale_tile(rows, vectors, n, tile);
  else
    requant_tile(rows, vectors, n, tile);
  LN_UNROLL for (size_t m = 0; m < rows; ++m) {
    /* Packing works within halves: after it the order of fours is 0 2 1 3. */
    const __m256i words = _mm256_permute4x64_epi64(_mm256_packs_epi32(tile[m][0], tile[m][vectors > 1 ? 1 : 0]), 0xd8);
    const __m256i bytes = requant_bytes(words, words, &range);
    store(out + (first + m) * out_stride,
          _mm_unpacklo_epi64(_mm256_castsi256_si128(bytes), _mm256_extracti128_si256(bytes, 1)), r->columns);
  }
}

LN_INLINE void tile_sums(size_t rows, size_t vectors, const ln_gemm_q8_rows* r, size_t first, int32_t* sums) {
  __m256i tile[kMaxRows][kVectors];
  LN_UNROLL for (size_t m = 0; m < rows; ++m) {
    LN_UNROLL for (size_t v = 0; v < vectors; ++v) tile[m][v] = _mm256_setzero_si256();
  }
  multiply(rows, vectors, r, first, tile);
  LN_UNROLL for (size_t m = 0; m < rows; ++m) {
    LN_UNROLL for (size_t v = 0; v < vectors; ++v)
        _mm256_storeu_si256((__m256i*)(void*)(sums + ((first + m) * vectors + v) * kLanes), tile[m][v]);
  }
}

static void run_one(const ln_gemm_q8_rows* r, const ln_gemm_q8_numbers* n, uint8_t* out, size_t out_stride) {
  size_t m = 0;
  for (; m + 12 <= r->rows; m += 12) tile_bytes(12, 1, r, n, m, out, out_stride);
  for (; m + 4 <= r->rows; m += 4) tile_bytes(4, 1, r, n, m, out, out_stride);
  for (; m < r->rows; ++m) tile_bytes(1, 1, r, n, m, out, out_stride);
}

static void run_two(const ln_gemm_q8_rows* r, const ln_gemm_q8_numbers* n, uint8_t* out, size_t out_stride) {
  size_t m = 0;
  for (; m + 6 <= r->rows; m += 6) tile_bytes(6, 2, r, n, m, out, out_stride);
  for (; m + 4 <= r->rows; m += 4) tile_bytes(4, 2, r, n, m, out, out_stride);
  for (; m + 2 <= r->rows; m += 2) tile_bytes(2, 2, r, n, m, out, out_stride);
  for (; m < r->rows; ++m) tile_bytes(1, 2, r, n, m, out, out_stride);
}

static void run(const ln_gemm_q8_rows* r, const ln_gemm_q8_numbers* n, uint8_t* out, size_t out_stride) {
  (r->columns > kLanes ? run_two : run_one)(r, n, out, out_stride);
}

static void run_sums(const ln_gemm_q8_rows* r, int32_t* sums) {
  size_t m = 0;
  if (r->columns > kLanes) {
    for (; m + 6 <= r->rows; m += 6) tile_sums(6, 2, r, m, sums);
    for (; m + 2 <= r->rows; m += 2) tile_sums(2, 2, r, m, sums);
    for (; m < r->rows; ++m) tile_sums(1, 2, r, m, sums);
  } else {
    for (; m + 6 <= r->rows; m += 6) tile_sums(6, 1, r, m, sums);
    for (; m < r->rows; ++m) tile_sums(1, 1, r, m, sums);
  }
}

static inline void store_floats(float* out, __m256 x, size_t columns) {
  if (columns >= kLanes) {
    _mm256_storeu_ps(out, x);
  } else {
    float floats[kLanes];
    _mm256_storeu_ps(floats, x);
    memcpy(out, floats, columns * sizeof *out);
  }
}

/* The second operand of max and min is what they give for NaN. */
LN_INLINE void tile_floats(size_t rows, size_t vectors, const ln_gemm_q8_rows* r, const ln_gemm_q8_floats* n,
                           size_t first, float* out, size_t out_stride) {
  __m256i tile[kMaxRows][kVectors];
  LN_UNROLL for (size_t m = 0; m < rows; ++m) {
    LN_UNROLL for (size_t v = 0; v < vectors; ++v) tile[m][v] = _mm256_setzero_si256();
  }
  multiply(rows, vectors, r, first, tile);
  const __m256 low = _mm256_set1_ps(n->columns.low), high = _mm256_set1_ps(n->columns.high);
  LN_UNROLL for (size_t v = 0; v < vectors; ++v) {
    const __m256i column_sums = load(n->columns.column_sums + kLanes * v);
    const __m256 scales = _mm256_loadu_ps(n->columns.scales + kLanes * v);
    const __m256 bias = _mm256_loadu_ps(n->columns.bias + kLanes * v);
    LN_UNROLL for (size_t m = 0; m < rows; ++m) {
      const size_t row = (first + m) * n->row_step;
      const __m256i zero = _mm256_mullo_epi32(_mm256_set1_epi32(n->row_zero_points[row]), column_sums);
      const __m256 scale = _mm256_mul_ps(_mm256_set1_ps(n->row_scales[row]), scales);
      const __m256 product = _mm256_mul_ps(_mm256_cvtepi32_ps(_mm256_sub_epi32(tile[m][v], zero)), scale);
      const __m256 x = _mm256_min_ps(high, _mm256_max_ps(low, _mm256_add_ps(product, bias)));
      store_floats(out + (first + m) * out_stride + kLanes * v, x, r->columns - kLanes * v);
    }
  }
}

static void run_floats(const ln_gemm_q8_rows* r, const ln_gemm_q8_floats* n, float* out, size_t out_stride) {
  size_t m = 0;
  if (r->columns > kLanes) {
    for (; m + 6 <= r->rows; m += 6) tile_floats(6, 2, r, n, m, out, out_stride);
    for (; m + 2 <= r->rows; m += 2) tile_floats(2, 2, r, n, m, out, out_stride);
    for (; m < r->rows; ++m) tile_floats(1, 2, r, n, m, out, out_stride);
  } else {
    for (; m + 12 <= r->rows; m += 12) tile_floats(12, 1, r, n, m, out, out_stride);
    for (; m + 4 <= r->rows; m += 4) tile_floats(4, 1, r, n, m, out, out_stride);
    for (; m < r->rows; ++m) tile_floats(1, 1, r, n, m, out, out_stride);
  }
}

static int32_t sum_of(const int16_t* row, size_t depth) {
  const __m256i ones = _mm256_set1_epi16(1);
  __m256i sums = _mm256_setzero_si256();
  uint32_t lanes[8], sum = 0;
  size_t k = 0;
  for (; k + 16 <= depth; k += 16) sums = _mm256_add_epi32(sums, _mm256_madd_epi16(load(row + k), ones));
  _mm256_storeu_si256((__m256i*)(void*)lanes, sums);
  for (size_t i = 0; i < 8; ++i) sum += lanes[i];
  for (; k < depth; ++k) sum += (uint32_t)row[k];
  return (int32_t)sum;
}

static void sum_rows(size_t rows, size_t depth, const void* a, size_t a_stride, int32_t factor, int32_t* terms) {
  for (size_t m = 0; m < rows; ++m) {
    const uint32_t sum = (uint32_t)sum_of((const int16_t*)a + m * a_stride, depth);
    terms[m] = (int32_t)((uint32_t)terms[m] + sum * (uint32_t)factor);
  }
}

const ln_gemm_q8 ln_gemm_q8_6x16_avx2 = {.name = "gemm_q8_6x16_avx2",
                                         .isa = LN_ISA_AVX2,
                                         .id = 2016,
                                         .mr = 6,
                                         .nr = kLanes * kVectors,
                                         .kr = 2,
                                         .step = kLanes,
                                         .a_size = 2,
                                         .run = run,
                                         .run_sums = run_sums,
                                         .run_floats = run_floats,
                                         .sum_rows = sum_rows};
