/* The gemm of bytes with AVX-512 VNNI: vpdpbusd multiplies four bytes of a row by four weights of sixteen columns and
 * adds them up. Panels have up to four vectors of columns; the fewer they are, the more rows a tile takes, so that the
 * tile fills the registers. Most products with bytes for results go by the smaller tiles of gemm_q8_short.h, deep ones
 * by the narrower ones of gemm_q8_deep.h. */
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

/* In place of a product of 32 bits, two instructions of one unit: z (-s) = z (-s mod 128) + 128 z floor(-s / 128),
 * where all factors have 16 bits. */
LN_INLINE vec zero_point_twice(vec zero) { return _mm512_or_epi32(zero, _mm512_slli_epi32(zero, 16 + 7)); }
LN_INLINE vec column_sum_in_two(vec sum) {
  const vec less = vec_sub(vec_set(0), sum), lower = _mm512_and_epi32(less, vec_set(127));
  return _mm512_or_epi32(lower, _mm512_slli_epi32(_mm512_srai_epi32(less, 7), 16));
}
#define LN_ZERO_POINT(zero) zero_point_twice(zero)
#define LN_COLUMN_SUM(sum) column_sum_in_two(sum)
#define LN_LESS(sum, zero, column_sum) _mm512_dpwssd_epi32(sum, zero, column_sum)

#include "kernels/x86/gemm_q8_tile_body.h"

LN_RUN(12, 1)
LN_RUN_OTHERS(12, 2)
LN_RUN(8, 3)
LN_RUN_OTHERS(6, 4)

#include "kernels/x86/gemm_q8_deep.h"

LN_RUN_ALL(LN_FOUR)
LN_RUN_ROW(4)

#include "kernels/x86/gemm_q8_short.h"

static void run_either(const ln_gemm_q8_rows* r, const ln_gemm_q8_numbers* n, uint8_t* out, size_t out_stride) {
  if (!runs_short(r, n, out, out_stride)) run(r, n, out, out_stride);
}

/* Sums of eight bytes each, in 64 bits, of a row. */
LN_INLINE vec sums_of_eights(const uint8_t* row, size_t depth) {
  vec sums = vec_set(0);
  size_t k = 0;
  for (; k + 64 <= depth; k += 64) sums = _mm512_add_epi64(sums, _mm512_sad_epu8(vec_load(row + k), vec_set(0)));
  if (k == depth) return sums;
  const __mmask64 rest = (UINT64_C(1) << (depth - k)) - 1;
  return _mm512_add_epi64(sums, _mm512_sad_epu8(_mm512_maskz_loadu_epi8(rest, row + k), vec_set(0)));
}

/* Eight rows' sums, of which `rows` rows exist; the upper halves of all numbers are 0, until two rows share them. */
LN_INLINE __m256i sums_of_rows(size_t rows, size_t depth, const uint8_t* a, size_t a_stride) {
  vec one[8], two[4], four[2];
  LN_UNROLL for (size_t i = 0; i < 8; ++i) one[i] = sums_of_eights(a + (i < rows ? i : 0) * a_stride, depth);
  LN_UNROLL for (size_t i = 0; i < 4; ++i) two[i] = _mm512_mask_shuffle_epi32(one[2 * i], 0xaaaa, one[2 * i + 1], 0xa0);
  LN_UNROLL for (size_t i = 0; i < 2; ++i) four[i] =
      vec_add(_mm512_unpacklo_epi64(two[2 * i], two[2 * i + 1]), _mm512_unpackhi_epi64(two[2 * i], two[2 * i + 1]));
  const vec half = vec_add(_mm512_shuffle_i32x4(four[0], four[1], 0x44), _mm512_shuffle_i32x4(four[0], four[1], 0xee));
  const vec all = vec_add(half, _mm512_shuffle_i32x4(half, half, 0xb1));
  return _mm512_castsi512_si256(_mm512_shuffle_i32x4(all, all, 0x08));
}

static void sum_rows(size_t rows, size_t depth, const void* a, size_t a_stride, int32_t factor, int32_t* terms) {
  const uint8_t* row = a;
  const __m256i factors = _mm256_set1_epi32(factor);
  for (; rows >= 8; rows -= 8, row += 8 * a_stride, terms += 8) {
    const __m256i sums = sums_of_rows(8, depth, row, a_stride);
    __m256i* to = (__m256i*)(void*)terms;
    _mm256_storeu_si256(to, _mm256_add_epi32(_mm256_loadu_si256(to), _mm256_mullo_epi32(sums, factors)));
  }
  if (rows == 0) return;
  const __mmask8 some = (__mmask8)((1u << rows) - 1);
  const __m256i sums = sums_of_rows(rows, depth, row, a_stride), old = _mm256_maskz_loadu_epi32(some, terms);
  _mm256_mask_storeu_epi32(terms, some, _mm256_add_epi32(old, _mm256_mullo_epi32(sums, factors)));
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
