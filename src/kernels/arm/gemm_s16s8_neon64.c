/* The gemm of 16-bit activations by 8-bit weights with NEON: the panel's pairs are taken apart as they are loaded, and
 * a multiply-add takes four weights times one lane of a row's vector. */
#include <arm_neon.h>
#include <stddef.h>

#include "base/compiler.h"
#include "kernels/arm/rungs_arm.h"

enum { kRows = 4, kColumns = 16 };

LN_INLINE void add_step(size_t rows, const int16x8_t w[2], const int16_t* a, size_t a_stride,
                        int32x4_t tile[kRows][4]) {
  LN_UNROLL for (size_t m = 0; m < rows; ++m) {
    const int16x4_t x = vdup_n_s16(a[m * a_stride]);
    LN_UNROLL for (size_t h = 0; h < 2; ++h) {
      tile[m][2 * h] = vmlal_s16(tile[m][2 * h], vget_low_s16(w[h]), x);
      tile[m][2 * h + 1] = vmlal_s16(tile[m][2 * h + 1], vget_high_s16(w[h]), x);
    }
  }
}

LN_INLINE void tile_of(size_t rows, size_t pairs, const int16_t* a, size_t a_stride, const int8_t* b, int32_t* sums) {
  int32x4_t tile[kRows][4];
  LN_UNROLL for (size_t m = 0; m < rows; ++m) { LN_UNROLL for (size_t v = 0; v < 4; ++v) tile[m][v] = vdupq_n_s32(0); }
  for (size_t p = 0; p < pairs; ++p, b += 2 * kColumns) {
    const int8x16x2_t both = vld2q_s8(b);
    LN_UNROLL for (size_t i = 0; i < 2; ++i) {
      const int16x8_t w[2] = {vmovl_s8(vget_low_s8(both.val[i])), vmovl_s8(vget_high_s8(both.val[i]))};
      add_step(rows, w, a + 2 * p + i, a_stride, tile);
    }
  }
  LN_UNROLL for (size_t m = 0; m < rows; ++m) {
    LN_UNROLL for (size_t v = 0; v < 4; ++v) vst1q_s32(sums + m * kColumns + 4 * v, tile[m][v]);
  }
}

static void run(size_t rows, size_t pairs, const int16_t* a, size_t a_stride, const int8_t* b, int32_t* sums) {
  switch (rows) {
    case 4:
      tile_of(4, pairs, a, a_stride, b, sums);
      return;
    case 3:
      tile_of(3, pairs, a, a_stride, b, sums);
      return;
    case 2:
      tile_of(2, pairs, a, a_stride, b, sums);
      return;
    default:
      tile_of(1, pairs, a, a_stride, b, sums);
  }
}

const ln_gemm_s16s8 ln_gemm_s16s8_4x16_neon = {
    .name = "gemm_s16s8_4x16_neon", .isa = LN_ISA_NEON, .id = 16, .mr = kRows, .nr = kColumns, .run = run};
