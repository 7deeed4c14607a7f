/* The body of matrix products of bytes on ARM: tiles of rows by sixteen columns (four vectors of sums a row), or by
 * eight where a last panel has no more, with twice or so the rows. The including file defines
 *   kRowsWide, kRowsNarrow: the rows of a tile with sixteen and with eight columns;
 *   correct(r, start): adds to `start`, with which the columns' sums begin, what its products lack;
 *   multiply(rows, vectors, r, first, tile): adds the products of rows first … to the tile. */
#include <string.h>

#include "base/compiler.h"
#include "kernels/arm/requant_q8_neon.h"
#include "kernels/arm/rungs_arm.h"

LN_INLINE void start_with(const ln_gemm_q8_rows* r, const uint32_t* bias, uint32_t start[kColumns]) {
  const size_t width = r->columns > 8 ? 16 : 8;
  memset(start, 0, kColumns * sizeof *start);
  if (bias != NULL) memcpy(start, bias, width * sizeof *start);
  correct(r, start);
}

LN_INLINE void start_tile(size_t rows, size_t vectors, const uint32_t* start, const int32_t* terms,
                          int32x4_t tile[kMaxRows][4]) {
  LN_UNROLL for (size_t m = 0; m < rows; ++m) {
    const int32x4_t term = vdupq_n_s32(terms != NULL ? terms[m] : 0);
    LN_UNROLL for (size_t v = 0; v < vectors; ++v) tile[m][v] =
        vaddq_s32(vreinterpretq_s32_u32(vld1q_u32(start + 4 * v)), term);
  }
}

LN_INLINE void scale_tile(size_t rows, size_t vectors, const ln_gemm_q8_numbers* n, int32x4_t tile[kMaxRows][4]) {
  const double low = n->range.low - n->range.zero_point, high = n->range.high - n->range.zero_point;
  LN_UNROLL for (size_t m = 0; m < rows; ++m) {
    LN_UNROLL for (size_t v = 0; v < vectors; ++v) tile[m][v] = neon_scale_s32(tile[m][v], n->scale + 4 * v, low, high);
  }
}

LN_INLINE void requant_tile(size_t rows, size_t vectors, const ln_gemm_q8_numbers* n, int32x4_t tile[kMaxRows][4]) {
  LN_UNROLL for (size_t v = 0; v < vectors; ++v) {
    const requant_numbers_neon numbers =
        requant_numbers_of(vld1q_u32(n->multiplier + 4 * v), vld1q_u32(n->shift + 4 * v));
    const int32x4_t left = n->left != NULL ? vreinterpretq_s32_u32(vld1q_u32(n->left + 4 * v)) : vdupq_n_s32(0);
    LN_UNROLL for (size_t m = 0; m < rows; ++m) {
      const int32x4_t x = requant_signed(vreinterpretq_u32_s32(tile[m][v]));
      tile[m][v] = requant_four(vshlq_s32(x, left), numbers);
    }
  }
}

LN_INLINE void store_some(uint8_t* out, uint8x8_t x, size_t columns) {
  if (columns >= 8) {
    vst1_u8(out, x);
  } else {
    uint8_t bytes[8];
    vst1_u8(bytes, x);
    memcpy(out, bytes, columns);
  }
}

LN_INLINE void tile_bytes(size_t rows, size_t vectors, const ln_gemm_q8_rows* r, const ln_gemm_q8_numbers* n,
                          const uint32_t* start, size_t first, uint8_t* out, size_t out_stride) {
  int32x4_t tile[kMaxRows][4];
  start_tile(rows, vectors, start, n->row_terms != NULL ? n->row_terms + first : NULL, tile);
  multiply(rows, vectors, r, first, tile);
  if (n->scale != NULL)
    scale_tile(rows, vectors, n, tile);
  else
    requant_tile(rows, vectors, n, tile);
  const requant_range_neon range = requant_range_of(&n->range);
  out += first * out_stride;
  LN_UNROLL for (size_t m = 0; m < rows; ++m, out += out_stride) {
    const uint8x8_t low = requant_eight_bytes(tile[m][0], tile[m][1], &range);
    if (vectors == 2) {
      store_some(out, requant_clamp_half(low, &range), r->columns);
    } else {
      const uint8x16_t bytes =
          requant_clamp(vcombine_u8(low, requant_eight_bytes(tile[m][2], tile[m][3], &range)), &range);
      vst1_u8(out, vget_low_u8(bytes));
      store_some(out + 8, vget_high_u8(bytes), r->columns - 8);
    }
  }
}

#define LN_TO_BYTES(count, vectors) \
  for (; m + (count) <= r->rows; m += (count)) tile_bytes(count, vectors, r, n, start, m, out, out_stride);

static void run(const ln_gemm_q8_rows* r, const ln_gemm_q8_numbers* n, uint8_t* out, size_t out_stride) {
  uint32_t start[kColumns];
  size_t m = 0;
  start_with(r, n->bias, start);
  if (r->columns > 8) {
    LN_TO_BYTES(kRowsWide, 4)
    LN_TO_BYTES(2, 4)
    LN_TO_BYTES(1, 4)
  } else {
    LN_TO_BYTES(kRowsNarrow, 2)
    LN_TO_BYTES(2, 2)
    LN_TO_BYTES(1, 2)
  }
}

LN_INLINE void tile_sums(size_t rows, size_t vectors, const ln_gemm_q8_rows* r, const uint32_t* start, size_t first,
                         int32_t* sums) {
  int32x4_t tile[kMaxRows][4];
  start_tile(rows, vectors, start, NULL, tile);
  multiply(rows, vectors, r, first, tile);
  LN_UNROLL for (size_t m = 0; m < rows; ++m) {
    LN_UNROLL for (size_t v = 0; v < vectors; ++v) vst1q_s32(sums + ((first + m) * vectors + v) * 4, tile[m][v]);
  }
}

#define LN_TO_SUMS(count, vectors) \
  for (; m + (count) <= r->rows; m += (count)) tile_sums(count, vectors, r, start, m, sums);

static void run_sums(const ln_gemm_q8_rows* r, int32_t* sums) {
  uint32_t start[kColumns];
  size_t m = 0;
  start_with(r, NULL, start);
  if (r->columns > 8) {
    LN_TO_SUMS(kRowsWide, 4)
    LN_TO_SUMS(1, 4)
  } else {
    LN_TO_SUMS(kRowsWide, 2)
    LN_TO_SUMS(1, 2)
  }
}

static void add_term(int32_t* term, uint32_t sum, int32_t factor) {
  *term = (int32_t)((uint32_t)*term + sum * (uint32_t)factor);
}
