/* The gemm of bytes with the matrix product: usmmla multiplies eight bytes of each of two rows, unsigned, by eight
 * signed weights of each of two columns, and adds up four sums. */
#include <arm_neon.h>
#include <stddef.h>
#include <string.h>

#include "base/compiler.h"
#include "kernels/generic/gemm_q8.h"

enum { kColumns = 16, kRowsWide = 6, kRowsNarrow = 8, kMaxRows = 8 };

static void correct(const ln_gemm_q8_rows* r, uint32_t start[kColumns]) {
  (void)r;
  (void)start;
}

/* products[p][c]: rows 2p and 2p + 1 by columns 2c and 2c + 1. A last row alone is taken twice. */
LN_INLINE void multiply(size_t rows, size_t vectors, const ln_gemm_q8_rows* r, size_t first,
                        int32x4_t tile[kMaxRows][4]) {
  const size_t pairs = (rows + 1) / 2, groups = r->groups, a_stride = r->a_stride;
  const uint8_t* a = (const uint8_t*)r->a + first * a_stride;
  const int8_t* b = r->b;
  int32x4_t products[kMaxRows / 2][8];
  LN_UNROLL for (size_t p = 0; p < pairs; ++p) {
    LN_UNROLL for (size_t c = 0; c < 2 * vectors; ++c) products[p][c] = vdupq_n_s32(0);
  }
  for (size_t s = 0; s < r->segments; ++s, a += r->a_segment) {
    for (size_t g = 0; g < groups; ++g, b += 32 * vectors) {
      uint8x16_t x[kMaxRows / 2];
      LN_UNROLL for (size_t p = 0; p < pairs; ++p) {
        const uint8_t* row = a + 2 * p * a_stride + 8 * g;
        x[p] = vcombine_u8(vld1_u8(row), vld1_u8(2 * p + 1 < rows ? row + a_stride : row));
      }
      LN_UNROLL for (size_t c = 0; c < 2 * vectors; ++c) {
        const int8x16_t w = vld1q_s8(b + 16 * c);
        LN_UNROLL for (size_t p = 0; p < pairs; ++p) products[p][c] = vusmmlaq_s32(products[p][c], x[p], w);
      }
    }
  }
  LN_UNROLL for (size_t m = 0; m < rows; ++m) {
    LN_UNROLL for (size_t v = 0; v < vectors; ++v) {
      const int32x4_t left = products[m / 2][2 * v], right = products[m / 2][2 * v + 1];
      const int32x4_t row = m % 2 == 0 ? vcombine_s32(vget_low_s32(left), vget_low_s32(right))
                                       : vcombine_s32(vget_high_s32(left), vget_high_s32(right));
      tile[m][v] = vaddq_s32(tile[m][v], row);
    }
  }
}

#include "kernels/arm/gemm_q8_body.h"
#include "kernels/arm/gemm_q8_bytes_body.h"

const ln_gemm_q8 ln_gemm_q8_6x16_i8mm = {.name = "gemm_q8_6x16_i8mm",
                                         .isa = LN_ISA_I8MM,
                                         .id = 3216,
                                         .mr = kRowsWide,
                                         .nr = kColumns,
                                         .kr = 8,
                                         .step = 8,
                                         .a_size = 1,
                                         .run = run,
                                         .run_sums = run_sums,
                                         .sum_rows = sum_rows};
