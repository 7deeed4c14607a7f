/* The gemm of bytes with AVX-512 VNNI: vpdpbusd multiplies four bytes of a row by four weights of sixteen columns and
 * adds them up. Panels have up to four vectors of columns; the fewer they are, the more rows a tile takes, so that the
 * tile fills the registers. */
#include <immintrin.h>
#include <string.h>

#include "base/compiler.h"
#include "kernels/x86/gemm_q8_x86.h"

enum { kMaxRows = 12, kLanes = 16, kVectors = 4, kAhead = 2048 };

#define LN_V __m512i
#define LN_LANES 0xffff
#define LN_OP(name) _mm512_##name
#define LN_NAME(name) q8_##name
#include "kernels/x86/requant_q8_avx512.h"

static inline __m512i load(const void* p) { return _mm512_loadu_si512(p); }

/* sums[m][v] = start[v] + the products. */
LN_INLINE void tile(size_t rows, size_t vectors, const ln_gemm_q8_rows* r, size_t first, const uint32_t* start,
                    uint32_t* sums) {
  const uint8_t* a = (const uint8_t*)r->a + first * r->a_stride;
  const size_t groups = r->groups, a_stride = r->a_stride;
  const int8_t* b = r->b;
  __m512i tile[kMaxRows][kVectors];
  LN_UNROLL for (size_t m = 0; m < rows; ++m) {
    LN_UNROLL for (size_t v = 0; v < vectors; ++v) tile[m][v] = load(start + kLanes * v);
  }
  for (size_t s = 0; s < r->segments; ++s, a += r->a_segment) {
    for (size_t g = 0; g < groups; ++g, b += vectors * 64) {
      __m512i w[kVectors];
      LN_UNROLL for (size_t v = 0; v < vectors; ++v) w[v] = load(b + 64 * v);
      /* One row does nothing but read weights. */
      if (rows == 1) {
        LN_UNROLL for (size_t v = 0; v < vectors; ++v) LN_PREFETCH(b + kAhead + 64 * v);
      }
      LN_UNROLL for (size_t m = 0; m < rows; ++m) {
        int32_t four;
        memcpy(&four, a + m * a_stride + 4 * g, sizeof four);
        const __m512i x = _mm512_set1_epi32(four);
        LN_UNROLL for (size_t v = 0; v < vectors; ++v) tile[m][v] = _mm512_dpbusd_epi32(tile[m][v], x, w[v]);
      }
    }
  }
  LN_UNROLL for (size_t m = 0; m < rows; ++m) {
    LN_UNROLL for (size_t v = 0; v < vectors; ++v) _mm512_storeu_si512(sums + (m * vectors + v) * kLanes, tile[m][v]);
  }
}

static void store_some(uint8_t* out, __m128i x, size_t columns) {
  if (columns >= 16) {
    _mm_storeu_si128((__m128i*)(void*)out, x);
  } else if (columns >= 8) {
    _mm_storel_epi64((__m128i*)(void*)out, x);
    const uint64_t rest = (uint64_t)_mm_extract_epi64(x, 1);
    memcpy(out + 8, &rest, columns - 8);
  } else {
    const uint64_t rest = (uint64_t)_mm_cvtsi128_si64(x);
    memcpy(out, &rest, columns);
  }
}

/* A row of up to four quarters. */
LN_INLINE void store_row(uint8_t* out, __m512i x, size_t columns) {
  store_some(out, _mm512_castsi512_si128(x), columns);
  if (columns > 16) store_some(out + 16, _mm512_extracti32x4_epi32(x, 1), columns - 16);
  if (columns > 32) store_some(out + 32, _mm512_extracti32x4_epi32(x, 2), columns - 32);
  if (columns > 48) store_some(out + 48, _mm512_extracti32x4_epi32(x, 3), columns - 48);
}

/* The bytes of kVectors / vectors rows, of which `rows` exist. */
LN_INLINE void store(size_t vectors, size_t rows, uint8_t* out, size_t out_stride, __m512i x, size_t columns) {
  if (vectors == 1) {
    store_some(out, _mm512_castsi512_si128(x), columns);
    if (rows > 1) store_some(out + out_stride, _mm512_extracti32x4_epi32(x, 1), columns);
    if (rows > 2) store_some(out + 2 * out_stride, _mm512_extracti32x4_epi32(x, 2), columns);
    if (rows > 3) store_some(out + 3 * out_stride, _mm512_extracti32x4_epi32(x, 3), columns);
  } else if (vectors == 2) {
    store_row(out, x, columns);
    if (rows > 1) store_row(out + out_stride, _mm512_shuffle_i32x4(x, x, 0xee), columns);
  } else if (columns == 64) {
    _mm512_storeu_si512(out, x);
  } else {
    store_row(out, x, columns);
  }
}

/* By a double. Adding the largest double below a half and cutting rounds half away from zero; the second operand is
 * what max gives for NaN. */
LN_INLINE __m256i scale_eight(__m256i sum, __m512d scale, __m512d low, __m512d high) {
  const __m512i sign = _mm512_set1_epi64(INT64_MIN), half = _mm512_castpd_si512(_mm512_set1_pd(0x1.fffffffffffffp-2));
  const __m512d x = _mm512_mul_pd(_mm512_cvtepi32_pd(sum), scale);
  /* half, or the sign of x: (x and sign) or half. */
  const __m512d moved =
      _mm512_add_pd(x, _mm512_castsi512_pd(_mm512_ternarylogic_epi64(_mm512_castpd_si512(x), sign, half, 0xea)));
  return _mm512_cvttpd_epi32(_mm512_min_pd(_mm512_max_pd(moved, low), high));
}

LN_INLINE __m512i scale_sixteen(__m512i sum, const double* scale, const ln_requant_q8_out* range) {
  const __m512d low = _mm512_set1_pd(range->low - range->zero_point);
  const __m512d high = _mm512_set1_pd(range->high - range->zero_point);
  const __m256i first = scale_eight(_mm512_castsi512_si256(sum), _mm512_loadu_pd(scale), low, high);
  const __m256i second = scale_eight(_mm512_extracti64x4_epi64(sum, 1), _mm512_loadu_pd(scale + 8), low, high);
  return _mm512_inserti64x4(_mm512_castsi256_si512(first), second, 1);
}

/* Four vectors at a time: one row of four or three, two of two, four of one. Not inlined below: in one function with
 * the loop over the depth the compiler runs out of registers there. */
LN_INLINE void finish(size_t vectors, size_t rows, size_t columns, const ln_gemm_q8_numbers* n, const int32_t* terms,
                      const uint32_t* sums, uint8_t* out, size_t out_stride) {
  /* Packing works within 128 bits: the fours of columns come out transposed. */
  const __m512i order = _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
  const q8_range range = q8_range_of(&n->range);
  const size_t step = kVectors / vectors;
  for (size_t m = 0; m < rows; m += step, out += step * out_stride, sums += step * vectors * kLanes) {
    __m512i x[kVectors];
    LN_UNROLL for (size_t i = 0; i < step * vectors; ++i) {
      const size_t at = i % vectors * kLanes, row = m + i / vectors;
      __m512i sum = load(sums + i * kLanes);
      if (terms != NULL) sum = _mm512_add_epi32(sum, _mm512_set1_epi32(terms[row < rows ? row : m]));
      if (n->scale != NULL) {
        x[i] = scale_sixteen(sum, n->scale + at, &n->range);
        continue;
      }
      if (n->left != NULL) sum = q8_requant_left(sum, load(n->left + at));
      x[i] = q8_requant(sum, load(n->multiplier + at), load(n->offset + at), load(n->sign_shift + at),
                        load(n->shift + at));
    }
    if (vectors == 3) x[3] = x[2];
    const __m512i bytes = q8_bytes(_mm512_packs_epi32(x[0], x[1]), _mm512_packs_epi32(x[2], x[3]), &range);
    store(vectors, rows - m, out, out_stride, _mm512_permutexvar_epi32(order, bytes), columns);
  }
}

#define LN_FINISH(vectors)                                                                           \
  LN_NOINLINE static void finish_##vectors(size_t rows, size_t columns, const ln_gemm_q8_numbers* n, \
                                           const int32_t* terms, const uint32_t* sums, uint8_t* out, \
                                           size_t out_stride) {                                      \
    finish(vectors, rows, columns, n, terms, sums, out, out_stride);                                 \
  }
LN_FINISH(1)
LN_FINISH(2)
LN_FINISH(3)
LN_FINISH(4)

/* Takes `most` rows at a time, then fewer. each(count, vectors) does what is to be done for rows m to m + count. */
#define LN_ROWS(each, count, vectors)            \
  for (; m + (count) <= r->rows; m += (count)) { \
    each(count, vectors);                        \
  }
#define LN_ALL_ROWS(each, most, vectors) \
  size_t m = 0;                          \
  LN_ROWS(each, most, vectors)           \
  LN_ROWS(each, 4, vectors)              \
  LN_ROWS(each, 2, vectors)              \
  LN_ROWS(each, 1, vectors)

#define LN_TO_BYTES(count, vectors)                                                                                  \
  tile(count, vectors, r, m, n->bias, sums);                                                                         \
  finish_##vectors(count, r->columns, n, n->row_terms != NULL ? n->row_terms + m : NULL, sums, out + m * out_stride, \
                   out_stride)
#define LN_RUN(most, vectors)                                                                                         \
  static void run_##vectors(const ln_gemm_q8_rows* r, const ln_gemm_q8_numbers* n, uint8_t* out, size_t out_stride) { \
    uint32_t sums[(most) * (vectors)*kLanes] = {0};                                                                   \
    LN_ALL_ROWS(LN_TO_BYTES, most, vectors)                                                                           \
  }
LN_RUN(12, 1)
LN_RUN(12, 2)
LN_RUN(8, 3)
LN_RUN(6, 4)

static void run(const ln_gemm_q8_rows* r, const ln_gemm_q8_numbers* n, uint8_t* out, size_t out_stride) {
  static void (*const by_vectors[])(const ln_gemm_q8_rows* r, const ln_gemm_q8_numbers* n, uint8_t* out,
                                    size_t out_stride) = {run_1, run_2, run_3, run_4};
  by_vectors[(r->columns - 1) / kLanes](r, n, out, out_stride);
}

#define LN_TO_SUMS(count, vectors) tile(count, vectors, r, m, none, (uint32_t*)(void*)sums + m * (vectors)*kLanes)
#define LN_RUN_SUMS(vectors)                                            \
  static void sums_##vectors(const ln_gemm_q8_rows* r, int32_t* sums) { \
    static const uint32_t none[kVectors * kLanes] = {0};                \
    LN_ALL_ROWS(LN_TO_SUMS, 6, vectors)                                 \
  }
LN_RUN_SUMS(1)
LN_RUN_SUMS(2)
LN_RUN_SUMS(3)
LN_RUN_SUMS(4)

static void run_sums(const ln_gemm_q8_rows* r, int32_t* sums) {
  static void (*const by_vectors[])(const ln_gemm_q8_rows* r, int32_t* sums) = {sums_1, sums_2, sums_3, sums_4};
  by_vectors[(r->columns - 1) / kLanes](r, sums);
}

/* The second operand of max and min is what they give for NaN. */
LN_INLINE void finish_floats(size_t vectors, size_t rows, size_t columns, const ln_gemm_q8_floats* n, size_t first,
                             const uint32_t* sums, float* out, size_t out_stride) {
  const __m512 low = _mm512_set1_ps(n->columns.low), high = _mm512_set1_ps(n->columns.high);
  LN_UNROLL for (size_t v = 0; v < vectors; ++v) {
    const size_t at = v * kLanes, left = columns - at;
    const __mmask16 mask = left >= kLanes ? 0xffff : (__mmask16)((1u << left) - 1);
    const __m512i column_sums = load(n->columns.column_sums + at);
    const __m512 scales = _mm512_loadu_ps(n->columns.scales + at), bias = _mm512_loadu_ps(n->columns.bias + at);
    for (size_t m = 0; m < rows; ++m) {
      const size_t row = (first + m) * n->row_step;
      const __m512i zero = _mm512_mullo_epi32(_mm512_set1_epi32(n->row_zero_points[row]), column_sums);
      const __m512 sum = _mm512_cvtepi32_ps(_mm512_sub_epi32(load(sums + (m * vectors + v) * kLanes), zero));
      const __m512 product = _mm512_mul_ps(sum, _mm512_mul_ps(_mm512_set1_ps(n->row_scales[row]), scales));
      const __m512 x = _mm512_min_ps(high, _mm512_max_ps(low, _mm512_add_ps(product, bias)));
      _mm512_mask_storeu_ps(out + m * out_stride + at, mask, x);
    }
  }
}

#define LN_FINISH_FLOATS(vectors)                                                                                      \
  LN_NOINLINE static void finish_floats_##vectors(size_t rows, size_t columns, const ln_gemm_q8_floats* n,             \
                                                  size_t first, const uint32_t* sums, float* out, size_t out_stride) { \
    finish_floats(vectors, rows, columns, n, first, sums, out, out_stride);                                            \
  }
LN_FINISH_FLOATS(1)
LN_FINISH_FLOATS(2)
LN_FINISH_FLOATS(3)
LN_FINISH_FLOATS(4)

#define LN_TO_FLOATS(count, vectors)      \
  tile(count, vectors, r, m, none, sums); \
  finish_floats_##vectors(count, r->columns, n, m, sums, out + m * out_stride, out_stride)
#define LN_RUN_FLOATS(most, vectors)                                                                                  \
  static void floats_##vectors(const ln_gemm_q8_rows* r, const ln_gemm_q8_floats* n, float* out, size_t out_stride) { \
    static const uint32_t none[kVectors * kLanes] = {0};                                                              \
    uint32_t sums[(most) * (vectors)*kLanes];                                                                         \
    LN_ALL_ROWS(LN_TO_FLOATS, most, vectors)                                                                          \
  }
LN_RUN_FLOATS(12, 1)
LN_RUN_FLOATS(12, 2)
LN_RUN_FLOATS(8, 3)
LN_RUN_FLOATS(6, 4)

static void run_floats(const ln_gemm_q8_rows* r, const ln_gemm_q8_floats* n, float* out, size_t out_stride) {
  static void (*const by_vectors[])(const ln_gemm_q8_rows* r, const ln_gemm_q8_floats* n, float* out,
                                    size_t out_stride) = {floats_1, floats_2, floats_3, floats_4};
  by_vectors[(r->columns - 1) / kLanes](r, n, out, out_stride);
}

static uint32_t sum_of(const uint8_t* row, size_t depth) {
  const __m512i zero = _mm512_setzero_si512();
  __m512i sums = zero;
  for (size_t k = 0; k < depth; k += 64) {
    const __mmask64 mask = depth - k < 64 ? (UINT64_C(1) << (depth - k)) - 1 : UINT64_MAX;
    sums = _mm512_add_epi64(sums, _mm512_sad_epu8(_mm512_maskz_loadu_epi8(mask, row + k), zero));
  }
  return (uint32_t)_mm512_reduce_add_epi64(sums);
}

static void sum_rows(size_t rows, size_t depth, const void* a, size_t a_stride, int32_t factor, int32_t* terms) {
  for (size_t m = 0; m < rows; ++m) {
    const uint32_t sum = (uint32_t)sum_of((const uint8_t*)a + m * a_stride, depth);
    terms[m] = (int32_t)((uint32_t)terms[m] + sum * (uint32_t)factor);
  }
}

const ln_gemm_q8 ln_gemm_q8_6x64_avx512vnni = {.name = "gemm_q8_6x64_avx512vnni",
                                               .isa = LN_ISA_AVX512VNNI,
                                               .id = 2064,
                                               .mr = 6,
                                               .nr = kLanes * kVectors,
                                               .kr = 4,
                                               .step = kLanes,
                                               .a_size = 1,
                                               .run = run,
                                               .run_sums = run_sums,
                                               .run_floats = run_floats,
                                               .sum_rows = sum_rows};
