/* Float matrix products with NEON: sixteen accumulators, eight vectors of four elements of the rows and two of b of the
 * thirty-two registers. Multiply-adds take one lane of a row's vector, so that four steps of depth need one load. */
#include "kernels/arm/rungs_arm.h"
#include "kernels/arm/vec_neon.h"
#include "kernels/generic/gemm_f32_row_body.h"

enum { kRows = 8 };

/* One step of depth: the vectors of b behind one another, lane `lane` of every row. */
#define LN_STEP(lane)                                                                                      \
  do {                                                                                                     \
    LN_UNROLL for (size_t v = 0; v < vectors; ++v) {                                                       \
      const vec w = vec_load(weights + (lane)*kColumns + v * VEC_LANES);                                   \
      LN_UNROLL for (size_t m = 0; m < rows; ++m) sums[m][v] = vfmaq_laneq_f32(sums[m][v], w, x[m], lane); \
    }                                                                                                      \
  } while (0)

LN_INLINE void tile(size_t rows, size_t vectors, size_t columns, const ln_gemm_walk* walk, const float* a,
                    const float* b, const float* bias, float low, float high, float* c, size_t c_stride) {
  const size_t depth = walk->depth, a_stride = walk->a_stride;
  vec sums[kRows][2];
  LN_UNROLL for (size_t m = 0; m < rows; ++m) {
    LN_UNROLL for (size_t v = 0; v < vectors; ++v) sums[m][v] = vec_load(bias + v * VEC_LANES);
  }
  for (size_t s = 0; s < walk->segments; ++s) {
    const float *from = a + s * walk->a_segment, *weights = b + s * walk->b_segment, *bases[kRows];
    LN_UNROLL for (size_t m = 0; m < rows; ++m) bases[m] =
        from + (walk->row_at != NULL ? walk->row_at[m] : m * a_stride);
    size_t k = 0;
    for (; k + 4 <= depth; k += 4, weights += 4 * kColumns) {
      vec x[kRows];
      LN_UNROLL for (size_t m = 0; m < rows; ++m) x[m] = vec_load(bases[m] + k);
      LN_STEP(0);
      LN_STEP(1);
      LN_STEP(2);
      LN_STEP(3);
    }
    for (; k < depth; ++k, weights += kColumns) {
      vec x[kRows];
      LN_UNROLL for (size_t m = 0; m < rows; ++m) x[m] = vec_set(bases[m][k]);
      LN_STEP(0);
    }
  }
  LN_UNROLL for (size_t m = 0; m < rows; ++m) {
    LN_UNROLL for (size_t v = 0; v < vectors; ++v)
        finish(c + m * c_stride + v * VEC_LANES, sums[m][v], low, high, columns - v * VEC_LANES);
  }
}

#define LN_ROWS(n)                                                   \
  case n:                                                            \
    if (columns <= VEC_LANES)                                        \
      tile(n, 1, columns, walk, a, b, bias, low, high, c, c_stride); \
    else                                                             \
      tile(n, 2, columns, walk, a, b, bias, low, high, c, c_stride); \
    return;

static void run(size_t rows, size_t columns, const ln_gemm_walk* walk, const float* a, const float* b,
                const float* bias, float low, float high, float* c, size_t c_stride) {
  switch (rows) {
    LN_ROWS(8)
    LN_ROWS(7)
    LN_ROWS(6)
    LN_ROWS(5)
    LN_ROWS(4)
    LN_ROWS(3)
    LN_ROWS(2)
    LN_ROWS(1)
    default:
      return;
  }
}

const ln_gemm_f32 ln_gemm_f32_8x8_neon = {.name = "gemm_f32_8x8_neon",
                                          .isa = LN_ISA_NEON,
                                          .id = 8,
                                          .mr = kRows,
                                          .nr = kColumns,
                                          .run = run,
                                          .run_row = run_row,
                                          .pack = pack};
