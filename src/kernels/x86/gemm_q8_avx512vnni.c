/* The gemm of bytes with AVX-512 VNNI: vpdpbusd multiplies four bytes of a row by four weights of sixteen columns and
 * adds them up. Panels have up to four vectors of columns; the fewer they are, the more rows a tile takes, so that the
 * tile fills the registers. */
#include <string.h>

#include "base/compiler.h"
#include "kernels/x86/gemm_q8_turn.h"
#include "kernels/x86/gemm_q8_x86.h"
#include "kernels/x86/vec_q8_avx512.h"

enum {
  kMaxRows = 12,
  kRowPanels = 1,
  kInRegisters = 0,
  kVectors = 4,
  kAhead = 2048,
  kElementBytes = 1,
  kWeightBytes = 64
};

LN_INLINE vec load_weights(const int8_t* p) { return vec_load(p); }
LN_INLINE vec add_products(vec sum, vec x, vec w) { return _mm512_dpbusd_epi32(sum, x, w); }

#include "kernels/x86/gemm_q8_tile_body.h"

LN_RUN(12, 1)
LN_RUN(12, 2)
LN_RUN(8, 3)
LN_RUN(6, 4)
LN_RUN_ALL(LN_FOUR)
LN_RUN_ROW(4)

#include "kernels/x86/gemm_q8_short.h"

/* ---- Panels of at most eight columns: products by half vectors, which take half the time, and two rows of them in a
 * vector of sums. ---- */

enum { kHalfRows = 48 };

LN_INLINE void half_sums(size_t rows, const ln_gemm_q8_rows* r, size_t first, const uint32_t* start, uint32_t* sums) {
  const uint8_t* a = (const uint8_t*)r->a + first * r->a_stride;
  const int8_t* b = r->b;
  __m256i sum[kMaxRows];
  LN_UNROLL for (size_t m = 0; m < rows; ++m) sum[m] = load_half(start);
  for (size_t s = 0; s < r->segments; ++s, a += r->a_segment) {
    for (size_t g = 0; g < r->groups; ++g, b += kWeightBytes) {
      const __m256i w = load_half(b);
      LN_UNROLL for (size_t m = 0; m < rows; ++m) {
        int32_t group;
        memcpy(&group, a + m * r->a_stride + sizeof group * g, sizeof group);
        sum[m] = _mm256_dpbusd_epi32(sum[m], _mm256_set1_epi32(group), w);
      }
    }
  }
  LN_UNROLL for (size_t m = 0; m < rows; ++m) _mm256_storeu_si256((__m256i*)(void*)(sums + m * kHalf), sum[m]);
}

LN_INLINE vec two_terms(const int32_t* terms, bool both) {
  return _mm512_mask_set1_epi32(vec_set((uint32_t)terms[0]), 0xff00, terms[both]);
}

LN_INLINE void store_long_halves(uint8_t* out, size_t out_stride, vec bytes, size_t rows, size_t columns) {
  uint8_t some[2 * kVectorsAtOnce][kHalf];
  const size_t most = 2 * kVectorsAtOnce;
  if (columns == kHalf && out_stride == kHalf) {
    _mm512_mask_storeu_epi8(out, rows >= most ? UINT64_MAX : (UINT64_C(1) << (rows * kHalf)) - 1, bytes);
    return;
  }
  vec_store(some, bytes);
  for (size_t m = 0; m < rows && m < most; ++m) memcpy(out + m * out_stride, some[m], columns);
}

/* sums is [rows][kHalf], and has something up to whole fours of vectors. */
LN_INLINE void finish_half_as(finish_kind kind, size_t rows, size_t columns, const ln_gemm_q8_numbers* n,
                              const int32_t* terms, const uint32_t* sums, uint8_t* out, size_t out_stride) {
  const range to = range_of(&n->range);
  const vec multiplier = load_twice(n->multiplier), offset = load_twice(n->offset);
  const vec sign_shift = load_twice(n->sign_shift), shift = load_twice(n->shift);
  const vec left = kind == kFixedLeft ? load_twice(n->left) : multiplier;
  for (size_t m = 0; m < rows; m += 2 * kVectorsAtOnce, sums += kVectorsAtOnce * kLanes) {
    vec x[kVectorsAtOnce];
    LN_UNROLL for (size_t i = 0; i < kVectorsAtOnce; ++i) {
      const size_t row = m + 2 * i;
      x[i] = vec_load(sums + i * kLanes);
      if (terms != NULL && row < rows) x[i] = vec_add(x[i], two_terms(terms + row, row + 1 < rows));
      if (kind == kFixedLeft) x[i] = requant_left(x[i], left);
      x[i] = requant(x[i], multiplier, offset, sign_shift, shift);
    }
    store_long_halves(out + m * out_stride, out_stride, vec_bytes(x, &to), rows - m, columns);
  }
}

LN_NOINLINE static void finish_half(size_t rows, size_t columns, const ln_gemm_q8_numbers* n, const int32_t* terms,
                                    const uint32_t* sums, uint8_t* out, size_t out_stride) {
  if (n->left != NULL)
    finish_half_as(kFixedLeft, rows, columns, n, terms, sums, out, out_stride);
  else
    finish_half_as(kFixed, rows, columns, n, terms, sums, out, out_stride);
}

/* Sums of some rows, then their bytes. */
static void run_half(const ln_gemm_q8_rows* r, const ln_gemm_q8_numbers* n, uint8_t* out, size_t out_stride) {
  uint32_t sums[(kHalfRows / 2 + kVectorsAtOnce) * kLanes];
  for (size_t first = 0; first < r->rows; first += kHalfRows) {
    const size_t rows = r->rows - first < kHalfRows ? r->rows - first : kHalfRows;
    size_t m = 0;
    for (; rows - m >= kMaxRows; m += kMaxRows) half_sums(kMaxRows, r, first + m, n->bias, sums + m * kHalf);
    for (; rows - m >= 4; m += 4) half_sums(4, r, first + m, n->bias, sums + m * kHalf);
    for (; m < rows; ++m) half_sums(1, r, first + m, n->bias, sums + m * kHalf);
    for (size_t i = 0; i < kVectorsAtOnce; ++i) vec_store(sums + m * kHalf + i * kLanes, vec_set(0));
    finish_half(rows, r->columns, n, n->row_terms != NULL ? n->row_terms + first : NULL, sums, out + first * out_stride,
                out_stride);
  }
}

static void run_either(const ln_gemm_q8_rows* r, const ln_gemm_q8_numbers* n, uint8_t* out, size_t out_stride) {
  if (runs_short(r, n, out, out_stride)) return;
  (r->columns <= kHalf && r->rows > 1 && n->scale == NULL ? run_half : run)(r, n, out, out_stride);
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

LN_TURN(4)

const ln_gemm_q8 ln_gemm_q8_6x64_avx512vnni = {.name = "gemm_q8_6x64_avx512vnni",
                                               .isa = LN_ISA_AVX512VNNI,
                                               .id = 2064,
                                               .mr = 6,
                                               .nr = kLanes * kVectors,
                                               .kr = 4,
                                               .step = kLanes,
                                               .a_size = 1,
                                               .run = run_either,
                                               .run_row = run_row,
                                               .run_sums = run_sums,
                                               .run_floats = run_floats,
                                               .sum_rows = sum_rows,
                                               .turn = turn};
