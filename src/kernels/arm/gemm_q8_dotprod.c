/* The gemm of bytes with the dot product: sdot multiplies four bytes of a row by four weights of four columns and adds
 * them up. Both must be signed: rows are moved down by 128 as they are loaded, and 128 times the sum of a column's
 * weights, which is taken once for all rows, makes up for it. */
#include <arm_neon.h>
#include <stddef.h>
#include <string.h>

#include "base/compiler.h"
#include "kernels/generic/gemm_q8.h"

enum { kColumns = 16, kRowsWide = 4, kRowsNarrow = 6, kMaxRows = 6 };

LN_INLINE void sum_columns(size_t vectors, const ln_gemm_q8_rows* r, uint32_t start[kColumns]) {
  const int8x16_t ones = vdupq_n_s8(1);
  const int8_t* b = r->b;
  int32x4_t sums[4];
  LN_UNROLL for (size_t v = 0; v < vectors; ++v) sums[v] = vdupq_n_s32(0);
  for (size_t g = 0; g < r->segments * r->groups; ++g, b += 16 * vectors) {
    LN_UNROLL for (size_t v = 0; v < vectors; ++v) sums[v] = vdotq_s32(sums[v], vld1q_s8(b + 16 * v), ones);
  }
  LN_UNROLL for (size_t v = 0; v < vectors; ++v) {
    const uint32x4_t more = vreinterpretq_u32_s32(vshlq_n_s32(sums[v], 7));
    vst1q_u32(start + 4 * v, vaddq_u32(vld1q_u32(start + 4 * v), more));
  }
}

static void correct(const ln_gemm_q8_rows* r, uint32_t start[kColumns]) {
  if (r->columns > 8)
    sum_columns(4, r, start);
  else
    sum_columns(2, r, start);
}

/* Four steps of depth: lane `lane`, four bytes, of every row. */
#define LN_STEP(lane)                                                                                      \
  do {                                                                                                     \
    LN_UNROLL for (size_t v = 0; v < vectors; ++v) {                                                       \
      const int8x16_t w = vld1q_s8(b + ((lane)*vectors + v) * 16);                                         \
      LN_UNROLL for (size_t m = 0; m < rows; ++m) tile[m][v] = vdotq_laneq_s32(tile[m][v], w, x[m], lane); \
    }                                                                                                      \
  } while (0)

LN_INLINE int8x16_t moved_down(uint8x16_t x) { return vreinterpretq_s8_u8(veorq_u8(x, vdupq_n_u8(0x80))); }

LN_INLINE void multiply(size_t rows, size_t vectors, const ln_gemm_q8_rows* r, size_t first,
                        int32x4_t tile[kMaxRows][4]) {
  const size_t groups = r->groups, a_stride = r->a_stride;
  const uint8_t* a = (const uint8_t*)r->a + first * a_stride;
  const int8_t* b = r->b;
  for (size_t s = 0; s < r->segments; ++s, a += r->a_segment) {
    size_t g = 0;
    for (; g + 4 <= groups; g += 4, b += 4 * 16 * vectors) {
      int8x16_t x[kMaxRows];
      LN_UNROLL for (size_t m = 0; m < rows; ++m) x[m] = moved_down(vld1q_u8(a + m * a_stride + 4 * g));
      LN_STEP(0);
      LN_STEP(1);
      LN_STEP(2);
      LN_STEP(3);
    }
    for (; g < groups; ++g, b += 16 * vectors) {
      int8x16_t x[kMaxRows];
      LN_UNROLL for (size_t m = 0; m < rows; ++m) {
        uint32_t four;
        memcpy(&four, a + m * a_stride + 4 * g, sizeof four);
        x[m] = moved_down(vreinterpretq_u8_u32(vdupq_n_u32(four)));
      }
      LN_STEP(0);
    }
  }
}

#include "kernels/arm/gemm_q8_body.h"
#include "kernels/arm/gemm_q8_bytes_body.h"

const ln_gemm_q8 ln_gemm_q8_4x16_dotprod = {.name = "gemm_q8_4x16_dotprod",
                                            .isa = LN_ISA_DOTPROD,
                                            .id = 3116,
                                            .mr = kRowsWide,
                                            .nr = kColumns,
                                            .kr = 4,
                                            .step = 8,
                                            .a_size = 1,
                                            .run = run,
                                            .run_sums = run_sums,
                                            .sum_rows = sum_rows};
