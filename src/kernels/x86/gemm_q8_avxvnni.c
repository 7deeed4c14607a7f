/* The gemm of bytes with AVX-VNNI, 256 bits wide: tiles of 6 x 16, or 12 x 8 where a panel has no more columns. Most
 * products with bytes for results are finished by gemm_q8_short_256.h. */
#include <string.h>

#include "base/compiler.h"
#include "kernels/x86/dpbusd.h"
#include "kernels/x86/gemm_q8_turn.h"
#include "kernels/x86/gemm_q8_x86.h"
#include "kernels/x86/vec_q8_avx2.h"

enum {
  kMaxRows = 12,
  kRowPanels = 4,
  kInRegisters = 1,
  kVectors = 2,
  kAhead = 1024,
  kElementBytes = 1,
  kWeightBytes = 32
};

LN_INLINE vec load_weights(const int8_t* p) { return vec_load(p); }
LN_INLINE vec add_products(vec sum, vec x, vec w) { return dpbusd_256(sum, x, w); }

#include "kernels/x86/gemm_q8_tile_body.h"

LN_RUN(12, 1)
LN_RUN(6, 2)
LN_RUN_ALL(LN_TWO)
LN_RUN_ROW(2)

#include "kernels/x86/gemm_q8_short_256.h"

static void run_either(const ln_gemm_q8_rows* r, const ln_gemm_q8_numbers* n, uint8_t* out, size_t out_stride) {
  if (!runs_short(r, n, out, out_stride)) run(r, n, out, out_stride);
}

static uint32_t sum_of(const uint8_t* row, size_t depth) {
  vec sums = vec_set(0);
  uint64_t lanes[4];
  size_t k = 0;
  for (; k + 32 <= depth; k += 32) sums = _mm256_add_epi64(sums, _mm256_sad_epu8(vec_load(row + k), vec_set(0)));
  vec_store(lanes, sums);
  uint32_t sum = (uint32_t)(lanes[0] + lanes[1] + lanes[2] + lanes[3]);
  for (; k < depth; ++k) sum += row[k];
  return sum;
}

static void sum_rows(size_t rows, size_t depth, const void* a, size_t a_stride, int32_t factor, int32_t* terms) {
  for (size_t m = 0; m < rows; ++m) {
    const uint32_t sum = sum_of((const uint8_t*)a + m * a_stride, depth);
    terms[m] = (int32_t)((uint32_t)terms[m] + sum * (uint32_t)factor);
  }
}

LN_TURN(4)

const ln_gemm_q8 ln_gemm_q8_6x16_avxvnni = {.name = "gemm_q8_6x16_avxvnni",
                                            .isa = LN_ISA_AVXVNNI,
                                            .id = 2116,
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
