/* The gemm of bytes with AMX: tiles of sixteen rows of 64 bytes. tdpbusd multiplies a tile of rows of a by one of
 * weights, sixteen groups of four of sixteen columns, in the layout that panels have for vpdpbusd as well; both kernels
 * share it, and work that tiles are too large for is left to that one.
 *
 * 32 rows by 32 columns are summed at once: four tiles of sums, two of rows, two of weights. */
#include <stdatomic.h>
#include <string.h>

#include "base/compiler.h"
#include "kernels/x86/gemm_q8_turn.h"
#include "kernels/x86/gemm_q8_x86.h"
#include "kernels/x86/vec_q8_avx512.h"

enum { kTileRows = 16, kTileGroups = 16, kBlockRows = 2 * kTileRows, kVectors = 4, kLeastRows = 8, kLeastGroups = 4 };

#include "kernels/x86/gemm_q8_finish_body.h"

LN_FINISH(1)
LN_FINISH(2)
LN_FINISH(3)
LN_FINISH(4)

/* What ldtilecfg reads. */
typedef struct tile_sizes {
  uint8_t palette, start_row, reserved[14];
  uint16_t row_bytes[16];
  uint8_t rows[16];
} tile_sizes;

/* Sums: 0 and 1 (two vectors of columns, the upper rows), 2 and 3 (the lower ones, if any). Rows of a: 4 and 5.
 * Weights: 6 and 7. */
static void configure(size_t upper, size_t lower, size_t groups) {
  const size_t rows[8] = {upper, upper, lower, lower, upper, lower, groups, groups};
  tile_sizes sizes = {.palette = 1};
  for (size_t i = 0; i < 8; ++i) {
    sizes.rows[i] = (uint8_t)rows[i];
    sizes.row_bytes[i] = (uint16_t)(rows[i] == 0 ? 0 : i == 4 || i == 5 ? 4 * groups : 64);
  }
  /* Compilers do not know that the instruction reads all of it. */
  atomic_signal_fence(memory_order_seq_cst);
  _tile_loadconfig(&sizes);
}

/* How the depth of a segment is cut: `steps` of `groups`, of which the last one may begin `overlap` groups too early.
 */
typedef struct depth_cut {
  size_t steps, groups, overlap;
} depth_cut;

static depth_cut cut_depth(size_t groups) {
  depth_cut cut = {.steps = (groups + kTileGroups - 1) / kTileGroups};
  cut.groups = (groups + cut.steps - 1) / cut.steps;
  cut.overlap = cut.steps * cut.groups - groups;
  return cut;
}

/* Some rows by one or two vectors of a panel. */
typedef struct block {
  const ln_gemm_q8_rows* r;
  depth_cut cut;
  size_t first, upper;
  const int8_t* b;
  size_t b_stride;
} block;

LN_INLINE void step(bool tall, bool two, const uint8_t* a, size_t a_stride, size_t upper, const int8_t* b,
                    size_t b_stride) {
  _tile_loadd(6, b, b_stride);
  _tile_loadd(4, a, a_stride);
  _tile_dpbusd(0, 4, 6);
  if (two) {
    _tile_loadd(7, b + 64, b_stride);
    _tile_dpbusd(1, 4, 7);
  }
  if (tall) {
    _tile_loadd(5, a + upper * a_stride, a_stride);
    _tile_dpbusd(2, 5, 6);
    if (two) _tile_dpbusd(3, 5, 7);
  }
}

/* The last step of a segment where steps overlap: weights that have been seen count as 0. */
LN_INLINE void step_again(bool tall, bool two, const block* k, const uint8_t* a, size_t a_stride, const int8_t* b) {
  int8_t fresh[kTileGroups][128];
  const vec none = vec_set(0);
  for (size_t g = 0; g < k->cut.groups; ++g) {
    const bool seen = g < k->cut.overlap;
    vec_store(fresh[g], seen ? none : vec_load(b + g * k->b_stride));
    if (two) vec_store(fresh[g] + 64, seen ? none : vec_load(b + g * k->b_stride + 64));
  }
  atomic_signal_fence(memory_order_seq_cst);
  step(tall, two, a, a_stride, k->upper, fresh[0], sizeof fresh[0]);
}

/* sums (rows width numbers apart) = start + the products. */
LN_INLINE void sum_block(bool tall, bool two, const block* k, const uint32_t* start, uint32_t* sums, size_t width) {
  const ln_gemm_q8_rows* r = k->r;
  const size_t stride = width * sizeof *sums, plain = k->cut.steps - (k->cut.overlap > 0);
  const uint8_t* a = (const uint8_t*)r->a + k->first * r->a_stride;
  const int8_t* b = k->b;
  _tile_loadd(0, start, 0);
  if (two) _tile_loadd(1, start + kLanes, 0);
  if (tall) _tile_loadd(2, start, 0);
  if (tall && two) _tile_loadd(3, start + kLanes, 0);
  for (size_t s = 0; s < r->segments; ++s, a += r->a_segment, b += r->groups * k->b_stride) {
    for (size_t i = 0; i < plain; ++i)
      step(tall, two, a + 4 * i * k->cut.groups, r->a_stride, k->upper, b + i * k->cut.groups * k->b_stride,
           k->b_stride);
    if (k->cut.overlap > 0) {
      const size_t at = r->groups - k->cut.groups;
      step_again(tall, two, k, a + 4 * at, r->a_stride, b + at * k->b_stride);
    }
  }
  _tile_stored(0, sums, stride);
  if (two) _tile_stored(1, sums + kLanes, stride);
  if (tall) _tile_stored(2, sums + k->upper * width, stride);
  if (tall && two) _tile_stored(3, sums + k->upper * width + kLanes, stride);
}

/* How the rows are cut: blocks of one height, so that tiles are configured once; the last one may begin some rows too
 * early. */
typedef struct row_cut {
  size_t blocks, height, upper;
  depth_cut depth;
} row_cut;

static bool takes(const ln_gemm_q8_rows* r) { return r->rows >= kLeastRows && r->groups >= kLeastGroups; }

static size_t vectors_of(const ln_gemm_q8_rows* r) { return (r->columns + kLanes - 1) / kLanes; }

static row_cut begin(const ln_gemm_q8_rows* r) {
  row_cut cut = {.blocks = (r->rows + kBlockRows - 1) / kBlockRows, .depth = cut_depth(r->groups)};
  cut.height = (r->rows + cut.blocks - 1) / cut.blocks;
  cut.upper = cut.height > kTileRows ? (cut.height + 1) / 2 : cut.height;
  configure(cut.upper, cut.height - cut.upper, cut.depth.groups);
  return cut;
}

static size_t first_row(const ln_gemm_q8_rows* r, const row_cut* cut, size_t i) {
  return i + 1 < cut->blocks ? i * cut->height : r->rows - cut->height;
}

/* A block by all columns of the panel. */
static void sum_panel(const ln_gemm_q8_rows* r, const row_cut* cut, size_t first, const uint32_t* start,
                      uint32_t* sums) {
  const size_t vectors = vectors_of(r), width = vectors * kLanes;
  const bool tall = cut->height > cut->upper;
  for (size_t v = 0; v < vectors; v += 2, start += 2 * kLanes, sums += 2 * kLanes) {
    const block k = {r, cut->depth, first, cut->upper, r->b + 64 * v, 64 * vectors};
    const bool two = v + 1 < vectors;
    if (tall && two)
      sum_block(true, true, &k, start, sums, width);
    else if (tall)
      sum_block(true, false, &k, start, sums, width);
    else if (two)
      sum_block(false, true, &k, start, sums, width);
    else
      sum_block(false, false, &k, start, sums, width);
  }
}

static const uint32_t kNone[kVectors * kLanes];

static void run(const ln_gemm_q8_rows* r, const ln_gemm_q8_numbers* n, uint8_t* out, size_t out_stride) {
  static void (*const finish_by[])(size_t, size_t, const ln_gemm_q8_numbers*, const int32_t*, const uint32_t*, uint8_t*,
                                   size_t) = {finish_1, finish_2, finish_3, finish_4};
  if (!takes(r)) {
    ln_gemm_q8_6x64_avx512vnni.run(r, n, out, out_stride);
    return;
  }
  uint32_t sums[(kBlockRows + 3) * kVectors * kLanes];
  const size_t vectors = vectors_of(r);
  const row_cut cut = begin(r);
  memset(sums + cut.height * vectors * kLanes, 0, 3 * vectors * kLanes * sizeof *sums);
  for (size_t i = 0; i < cut.blocks; ++i) {
    const size_t first = first_row(r, &cut, i);
    sum_panel(r, &cut, first, first_sums(n), sums);
    finish_by[vectors - 1](cut.height, r->columns, n, n->row_terms != NULL ? n->row_terms + first : NULL, sums,
                           out + first * out_stride, out_stride);
  }
  _tile_release();
}

static void run_floats(const ln_gemm_q8_rows* r, const ln_gemm_q8_floats* n, float* out, size_t out_stride) {
  static void (*const finish_by[])(size_t, size_t, const ln_gemm_q8_floats*, size_t, const uint32_t*, float*,
                                   size_t) = {finish_floats_1, finish_floats_2, finish_floats_3, finish_floats_4};
  if (!takes(r)) {
    ln_gemm_q8_6x64_avx512vnni.run_floats(r, n, out, out_stride);
    return;
  }
  uint32_t sums[kBlockRows * kVectors * kLanes];
  const row_cut cut = begin(r);
  for (size_t i = 0; i < cut.blocks; ++i) {
    const size_t first = first_row(r, &cut, i);
    sum_panel(r, &cut, first, kNone, sums);
    finish_by[vectors_of(r) - 1](cut.height, r->columns, n, first, sums, out + first * out_stride, out_stride);
  }
  _tile_release();
}

static void run_row(const ln_gemm_q8_rows* r, const ln_gemm_q8_numbers* n, uint8_t* out) {
  ln_gemm_q8_6x64_avx512vnni.run_row(r, n, out);
}

static void run_sums(const ln_gemm_q8_rows* r, int32_t* sums) {
  if (!takes(r)) {
    ln_gemm_q8_6x64_avx512vnni.run_sums(r, sums);
    return;
  }
  const row_cut cut = begin(r);
  sum_panel(r, &cut, 0, kNone, (uint32_t*)(void*)sums);
  _tile_release();
}

static void sum_rows(size_t rows, size_t depth, const void* a, size_t a_stride, int32_t factor, int32_t* terms) {
  ln_gemm_q8_6x64_avx512vnni.sum_rows(rows, depth, a, a_stride, factor, terms);
}

LN_TURN(4)

const ln_gemm_q8 ln_gemm_q8_16x64_amx = {.name = "gemm_q8_16x64_amx",
                                         .isa = LN_ISA_AMX,
                                         .id = 2064, /* as ln_gemm_q8_6x64_avx512vnni */
                                         .mr = kTileRows,
                                         .nr = kLanes * kVectors,
                                         .kr = 4,
                                         .step = kLanes,
                                         .a_size = 1,
                                         .run = run,
                                         .run_row = run_row,
                                         .run_sums = run_sums,
                                         .run_floats = run_floats,
                                         .sum_rows = sum_rows,
                                         .turn = turn};
