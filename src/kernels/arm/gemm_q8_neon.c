/* The gemm of bytes with plain NEON: activations come widened to 16 bits, weights are widened when they are loaded
 * (once for all rows of a tile), and a multiply-add takes four weights times one lane of a row's vector: exact. */
#include <stddef.h>
#include <string.h>

#include "base/compiler.h"
#include "kernels/arm/neon.h"
#include "kernels/generic/gemm_q8.h"

enum { kColumns = 16, kRowsWide = NEON_REGISTERS / 8, kRowsNarrow = NEON_REGISTERS / 8 + 2, kMaxRows = kRowsNarrow };

static void correct(const ln_gemm_q8_rows* r, uint32_t start[kColumns]) {
  (void)r;
  (void)start;
}

/* One step of depth: lane `lane` of every row. */
#define LN_STEP(lane)                                                                                            \
  do {                                                                                                           \
    LN_UNROLL for (size_t v = 0; v < vectors; v += 2) {                                                          \
      const int16x8_t w = vmovl_s8(vld1_s8(b + ((lane)*vectors + v) * 4));                                       \
      LN_UNROLL for (size_t m = 0; m < rows; ++m) { NEON_MLAL_LANE(tile[m][v], tile[m][v + 1], w, x[m], lane); } \
    }                                                                                                            \
  } while (0)

LN_INLINE void multiply(size_t rows, size_t vectors, const ln_gemm_q8_rows* r, size_t first,
                        int32x4_t tile[kMaxRows][4]) {
  const size_t depth = r->groups, a_stride = r->a_stride;
  const int16_t* a = (const int16_t*)r->a + first * a_stride;
  const int8_t* b = r->b;
  for (size_t s = 0; s < r->segments; ++s, a += r->a_segment) {
    size_t k = 0;
    for (; k + 8 <= depth; k += 8, b += 8 * 4 * vectors) {
      int16x8_t x[kMaxRows];
      LN_UNROLL for (size_t m = 0; m < rows; ++m) x[m] = vld1q_s16(a + m * a_stride + k);
      LN_STEP(0);
      LN_STEP(1);
      LN_STEP(2);
      LN_STEP(3);
      LN_STEP(4);
      LN_STEP(5);
      LN_STEP(6);
      LN_STEP(7);
    }
    for (; k < depth; ++k, b += 4 * vectors) {
      int16x8_t x[kMaxRows];
      LN_UNROLL for (size_t m = 0; m < rows; ++m) x[m] = vdupq_n_s16(a[m * a_stride + k]);
      LN_STEP(0);
    }
  }
}

#include "kernels/arm/gemm_q8_body.h"

static uint32_t sum_of(const int16_t* row, size_t depth) {
  int32x4_t sums = vdupq_n_s32(0);
  size_t k = 0;
  for (; k + 8 <= depth; k += 8) sums = vpadalq_s16(sums, vld1q_s16(row + k));
  uint32_t sum = neon_sum_u32(vreinterpretq_u32_s32(sums));
  for (; k < depth; ++k) sum += (uint32_t)row[k];
  return sum;
}

static void sum_rows(size_t rows, size_t depth, const void* a, size_t a_stride, int32_t factor, int32_t* terms) {
  for (size_t m = 0; m < rows; ++m) add_term(terms + m, sum_of((const int16_t*)a + m * a_stride, depth), factor);
}

const ln_gemm_q8 ln_gemm_q8_neon = {.name = "gemm_q8_neon",
                                    .isa = LN_ISA_NEON,
                                    .id = 3016,
                                    .mr = kRowsWide,
                                    .nr = kColumns,
                                    .kr = 1,
                                    .step = 8,
                                    .a_size = 2,
                                    .run = run,
                                    .run_sums = run_sums,
                                    .sum_rows = sum_rows};
