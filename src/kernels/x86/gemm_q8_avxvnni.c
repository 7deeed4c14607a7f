/* The gemm of bytes with AVX-VNNI, 256 bits wide: tiles of 6 x 16, or 12 x 8 where a panel has no more columns, or as
 * many rows less as are left. Most products with bytes for results are finished by gemm_q8_short_256.h. Of these deep
 * ones have some tiles of seven rows, as lines of pictures are 7, 14, 28 and 56 points long, and ask for weights early,
 * their own and the next panel's. */
#include <string.h>

#include "base/compiler.h"
#include "kernels/x86/dpbusd.h"
#include "kernels/x86/gemm_q8_sad_256.h"
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

enum { kMostRows = 7, kLeastGroups = 16, kNearBytes = 2048 };

/* As multiply, for two vectors and deep products. Fourteen sums leave two registers: of seven rows the weights of the
 * second vector are read from memory by each product. */
LN_INLINE void multiply_deep(size_t rows, const ln_gemm_q8_rows* r, size_t first, const uint32_t* start,
                             vec tile[kMaxRows][kVectors]) {
  const size_t groups = r->groups, a_stride = r->a_stride, step = ln_gemm_q8_ahead_step(r, 1, rows);
  const uint8_t* a = (const uint8_t*)r->a + first * a_stride;
  const int8_t *b = r->b, *ahead = ln_gemm_q8_ahead(r, 0, 1, first);
  LN_UNROLL for (size_t m = 0; m < rows; ++m) {
    LN_UNROLL for (size_t v = 0; v < kVectors; ++v) tile[m][v] = vec_load(start + kLanes * v);
  }
  for (size_t s = 0; s < r->segments; ++s, a += r->a_segment) {
    for (size_t g = 0; g < groups; ++g, b += kVectors * kWeightBytes, ahead += step) {
      LN_PREFETCH(b + kNearBytes);
      LN_PREFETCH_FAR(ahead);
      vec w = load_weights(b);
      LN_KEEP(w);
      LN_UNROLL for (size_t m = 0; m < rows; ++m) {
        uint32_t group;
        memcpy(&group, a + m * a_stride + sizeof group * g, sizeof group);
        const vec x = vec_set(group);
        tile[m][0] = add_products(tile[m][0], x, w);
        if (rows == kMostRows) LN_ANEW(b);
        tile[m][1] = add_products(tile[m][1], x, load_weights(b + kWeightBytes));
      }
    }
  }
}

LN_INLINE void short_tile(bool at_zero, size_t rows, size_t vectors, bool deep, const ln_gemm_q8_rows* r,
                          const ln_gemm_q8_numbers* n, const short_end* end, size_t first, short_again again,
                          uint8_t* out, size_t out_stride) {
  vec tile[kMaxRows][kVectors];
  if (deep)
    multiply_deep(rows, r, first, n->plain_bias, tile);
  else
    multiply(rows, vectors, r, first, n->plain_bias, tile);
  short_finish(at_zero, rows, vectors, r, n, end, first, again, tile, out, out_stride);
}

/* `count` tiles; the last ones of a tile are the last rows, some of which are made twice. Returns how many rows are
 * done. */
LN_INLINE size_t run_short(bool at_zero, size_t rows, size_t vectors, bool deep, const ln_gemm_q8_rows* r,
                           const ln_gemm_q8_numbers* n, size_t first, size_t count, short_again again, uint8_t* out,
                           size_t out_stride) {
  const short_end end = short_end_of(at_zero, vectors, n);
  for (size_t i = 0; i < count; ++i, first += rows) {
    if (first > r->rows - rows) first = r->rows - rows;
    short_tile(at_zero, rows, vectors, deep, r, n, &end, first, again, out + first * out_stride, out_stride);
  }
  return first;
}

typedef size_t (*short_tiles)(const ln_gemm_q8_rows* r, const ln_gemm_q8_numbers* n, size_t first, size_t count,
                              uint8_t* out, size_t out_stride);

#define LN_SHORT_RUN(name, at_zero, rows, vectors, deep)                                                            \
  LN_NOINLINE static size_t name(const ln_gemm_q8_rows* r, const ln_gemm_q8_numbers* n, size_t first, size_t count, \
                                 uint8_t* out, size_t out_stride) {                                                 \
    return run_short(at_zero, rows, vectors, deep, r, n, first, count, finish_##vectors, out, out_stride);          \
  }
#define LN_SHORT(rows, vectors, deep)                                         \
  LN_SHORT_RUN(short_##rows##_##vectors##_##deep, false, rows, vectors, deep) \
  LN_SHORT_RUN(short_at_zero_##rows##_##vectors##_##deep, true, rows, vectors, deep)
#define LN_SHORT_ENTRY(rows, vectors, deep) \
  { short_##rows##_##vectors##_##deep, short_at_zero_##rows##_##vectors##_##deep }

LN_SHORT(4, 1, 0)
LN_SHORT(8, 1, 0)
LN_SHORT(12, 1, 0)
LN_SHORT(2, 2, 0)
LN_SHORT(4, 2, 0)
LN_SHORT(6, 2, 0)
LN_SHORT(2, 2, 1)
LN_SHORT(4, 2, 1)
LN_SHORT(6, 2, 1)
LN_SHORT(7, 2, 1)

/* False: there are too few rows, or the sums do not go that way. */
static bool runs_short(const ln_gemm_q8_rows* r, const ln_gemm_q8_numbers* n, uint8_t* out, size_t out_stride) {
  enum { kHeights = 4 };
  static const short_tiles kNarrow[kHeights][2] = {LN_SHORT_ENTRY(4, 1, 0), LN_SHORT_ENTRY(8, 1, 0),
                                                   LN_SHORT_ENTRY(12, 1, 0)};
  static const short_tiles kShallow[kHeights][2] = {LN_SHORT_ENTRY(2, 2, 0), LN_SHORT_ENTRY(4, 2, 0),
                                                    LN_SHORT_ENTRY(6, 2, 0)};
  static const short_tiles kDeep[kHeights][2] = {LN_SHORT_ENTRY(2, 2, 1), LN_SHORT_ENTRY(4, 2, 1),
                                                 LN_SHORT_ENTRY(6, 2, 1), LN_SHORT_ENTRY(7, 2, 1)};
  const bool wide = r->columns > kLanes, deep = wide && r->segments * r->groups >= kLeastGroups;
  const short_tiles(*runs)[2] = deep ? kDeep : wide ? kShallow : kNarrow;
  const size_t lowest = wide ? 2 : 4, parts = (r->rows + lowest - 1) / lowest;
  const size_t sevens = r->rows % 6;
  if (!goes_short(r, n) || r->rows < lowest) return false;
  /* Of each height so many tiles as evenly fill the rows; none is higher than these. */
  size_t counts[kHeights] = {0}, first = 0;
  if (deep && sevens > 0 && r->rows >= kMostRows * sevens) {
    counts[3] = sevens;
    counts[2] = (r->rows - kMostRows * sevens) / 6;
  } else if (r->rows < 2 * lowest) {
    counts[0] = parts;
  } else if (r->rows < 3 * lowest) {
    counts[1] = (parts + 1) / 2;
  } else {
    counts[1] = parts % 3 == 0 ? 0 : 3 - parts % 3;
    counts[2] = (parts - 2 * counts[1]) / 3;
  }
  const bool at_zero = ln_requant_q8_starts_at_zero(&n->range);
  for (size_t height = kHeights; height-- > 0;)
    if (counts[height] > 0) first = runs[height][at_zero](r, n, first, counts[height], out, out_stride);
  return true;
}

static void run_either(const ln_gemm_q8_rows* r, const ln_gemm_q8_numbers* n, uint8_t* out, size_t out_stride) {
  if (!runs_short(r, n, out, out_stride)) run(r, n, out, out_stride);
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
