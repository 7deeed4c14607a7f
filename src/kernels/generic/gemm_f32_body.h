/* The body of float matrix products over vec_*.h: tiles of kRows x two vectors, or, by one vector, of up to kMostRows.
 * A last panel takes no more vectors than it has columns for; one row alone takes four panels at once, as two
 * accumulators would wait for each other.
 */
#include "kernels/generic/gemm_f32_row_body.h"

/* Weights are asked for so many floats early: those of a layer come from the third cache or memory. */
enum { kAhead = 512 };

/* What a tile is made for: its own weights a little early, which is shortest; a panel to come; that, and rows anywhere.
 */
typedef enum tile_kind { kPlain, kAheadOf, kAnywhere } tile_kind;

/* `vectors` of each row of the panel are looked at. */
LN_INLINE void tile(size_t rows, size_t vectors, tile_kind kind, size_t columns, const ln_gemm_walk* walk,
                    const float* a, const float* b, const float* bias, float low, float high, float* c,
                    size_t c_stride) {
  const size_t depth = walk->depth, a_stride = walk->a_stride;
  vec sums[kMostRows][2];
  LN_UNROLL for (size_t m = 0; m < rows; ++m) {
    LN_UNROLL for (size_t v = 0; v < vectors; ++v) sums[m][v] = vec_load(bias + v * VEC_LANES);
  }
  const float* ahead = walk->ahead != NULL ? walk->ahead : b + kAhead;
  const size_t ahead_step = walk->ahead != NULL ? walk->ahead_step : kColumns;
  for (size_t s = 0; s < walk->segments; ++s) {
    const float *bases[kMostRows], *from = a + s * walk->a_segment, *weights = b + s * walk->b_segment;
    /* Rows that lie evenly are reached by three from one address. */
    LN_UNROLL for (size_t m = 0; m < rows; ++m) bases[m] =
        from + (kind == kAnywhere ? walk->row_at[m] : m / 3 * 3 * a_stride);
    for (size_t k = 0; k < depth; ++k, weights += kColumns) {
      vec w[2];
      LN_UNROLL for (size_t v = 0; v < 2; ++v) {
        if (vectors < 2 || v * VEC_LANES * sizeof(float) % 64 != 0) continue;
        if (kind == kPlain)
          LN_PREFETCH(weights + kAhead + v * VEC_LANES);
        else
          LN_PREFETCH_FAR(ahead + v * VEC_LANES);
      }
      if (kind != kPlain) ahead += ahead_step;
      LN_UNROLL for (size_t v = 0; v < vectors; ++v) w[v] = vec_load(weights + v * VEC_LANES);
      LN_UNROLL for (size_t m = 0; m < rows; ++m) {
        const vec x = vec_set(bases[m][(kind == kAnywhere ? 0 : m % 3 * a_stride) + k]);
        LN_UNROLL for (size_t v = 0; v < vectors; ++v) sums[m][v] = vec_fma(x, w[v], sums[m][v]);
      }
    }
  }
  LN_UNROLL for (size_t m = 0; m < rows; ++m) {
    LN_UNROLL for (size_t v = 0; v < vectors; ++v) if (kind != kAnywhere || v * VEC_LANES < columns)
        finish(c + m * c_stride + v * VEC_LANES, sums[m][v], low, high, columns - v * VEC_LANES);
  }
}

/* Each tile is a function of its own: what one needs before it begins would be paid by all. */
#define LN_TILE(name, n, vectors, kind)                                                                     \
  LN_NOINLINE static void name##_##n(size_t rows, size_t columns, const ln_gemm_walk* walk, const float* a, \
                                     const float* b, const float* bias, float low, float high, float* c,    \
                                     size_t c_stride) {                                                     \
    (void)rows;                                                                                             \
    tile(n, vectors, kind, columns, walk, a, b, bias, low, high, c, c_stride);                              \
  }
#define LN_FULL(n)               \
  LN_TILE(full, n, 2, kPlain)    \
  LN_TILE(ahead, n, 2, kAheadOf) \
  LN_TILE(anywhere, n, 2, kAnywhere)
#define LN_ONE(n) LN_TILE(one, n, 1, kPlain)
LN_ALL_ROWS(LN_FULL)
LN_MOST_ROWS(LN_ONE)

/* By rows. */
#define LN_FULL_ENTRY(n) full_##n,
#define LN_AHEAD_ENTRY(n) ahead_##n,
#define LN_ANYWHERE_ENTRY(n) anywhere_##n,
#define LN_ONE_ENTRY(n) one_##n,
static const ln_gemm_f32_fn kFull[] = {LN_ALL_ROWS(LN_FULL_ENTRY)}, kAheadTiles[] = {LN_ALL_ROWS(LN_AHEAD_ENTRY)},
                            kAnywhereTiles[] = {LN_ALL_ROWS(LN_ANYWHERE_ENTRY)}, kOne[] = {LN_MOST_ROWS(LN_ONE_ENTRY)};

static void run(size_t rows, size_t columns, const ln_gemm_walk* walk, const float* a, const float* b,
                const float* bias, float low, float high, float* c, size_t c_stride) {
  const ln_gemm_f32_fn* tiles = walk->ahead != NULL ? kAheadTiles : kFull;
  if (walk->row_at != NULL)
    tiles = kAnywhereTiles;
  else if (columns <= VEC_LANES)
    tiles = kOne;
  tiles[rows - 1](rows, columns, walk, a, b, bias, low, high, c, c_stride);
}
