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

static void run_either(const ln_gemm_q8_rows* r, const ln_gemm_q8_numbers* n, uint8_t* out, size_t out_stride) {
  if (!runs_short(r, n, out, out_stride)) run(r, n, out, out_stride);
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
