/* The gemm of bytes with AVX2 for weights that leave room: tiles of 6 x 16, or 12 x 8 where a panel has no more
 * columns. vpmaddubsw multiplies bytes as they are and adds pairs in 16 bits, which is exact as long as no two weights
 * of a pair are more than 128 together, on either side of 0. Those of a group where some are, are cut into a part
 * within 64 and the rest, which lies behind the panel (gemm_q8.h). Trained weights have few of these.
 *
 * For four products of a lane that makes three instructions of four: two multiplications and one addition, where
 * gemm_q8_avx2.c has two of each, or one and three. So it is for processors that begin two multiplications a cycle. */
#include <string.h>

#include "base/compiler.h"
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
  kWeightBytes = 32,
  kMostPair = 128
};

LN_INLINE vec load_weights(const int8_t* p) { return vec_load(p); }
LN_INLINE vec add_products(vec sum, vec x, vec w) {
  return vec_add(sum, _mm256_madd_epi16(_mm256_maddubs_epi16(x, w), _mm256_set1_epi16(1)));
}

LN_INLINE size_t panel_bytes(size_t groups, size_t vectors) {
  return vectors * (groups * kWeightBytes + LN_GEMM_Q8_SURPLUS_BYTES * ln_gemm_q8_surplus_room(groups));
}

/* Adds the surplus at `b`, behind a panel, for rows from `a` on. Counts and numbers of groups may be any. */
LN_INLINE void add_surplus(size_t rows, size_t vectors, const ln_gemm_q8_rows* r, const uint8_t* a, const int8_t* b,
                           vec tile[][kVectors]) {
  uint32_t counts = 0;
  memcpy(&counts, b, sizeof(uint16_t) * vectors);
  const size_t groups = r->groups, all = r->segments * groups, room = ln_gemm_q8_surplus_room(all);
  if (counts == 0 || groups == 0) return;
  LN_UNROLL for (size_t v = 0; v < vectors; ++v, b += room * LN_GEMM_Q8_SURPLUS_BYTES, counts >>= 16) {
    const uint8_t* numbers = (const uint8_t*)b + room * kWeightBytes;
    const size_t known = counts & UINT16_MAX, count = known < room ? known : room - 1;
    for (size_t i = 1; i <= count; ++i) {
      uint16_t number;
      memcpy(&number, numbers + sizeof number * i, sizeof number);
      const size_t g = number < all ? number : 0;
      const uint8_t* from = a + 4 * g;
      if (r->segments > 1) from += g / groups * (r->a_segment - 4 * groups);
      const vec w = load_weights(b + i * kWeightBytes);
      LN_UNROLL for (size_t m = 0; m < rows; ++m) {
        uint32_t group;
        memcpy(&group, from + m * r->a_stride, sizeof group);
        tile[m][v] = add_products(tile[m][v], vec_set(group), w);
      }
    }
  }
}

#define LN_PANEL_BYTES(groups, vectors) panel_bytes(groups, vectors)
#define LN_ADD_SURPLUS(rows, vectors, r, a, b, tile) add_surplus(rows, vectors, r, a, b, tile)
#include "kernels/x86/gemm_q8_tile_body.h"

LN_RUN(12, 1)
LN_RUN(6, 2)
LN_RUN_ALL(LN_TWO)
LN_RUN_ROW(2)

#include "kernels/x86/gemm_q8_short_256.h"

LN_RUN_SHORT(12, 1)
LN_RUN_SHORT(6, 2)

static void run_either(const ln_gemm_q8_rows* r, const ln_gemm_q8_numbers* n, uint8_t* out, size_t out_stride) {
  static const short_run kRuns[2][2] = {LN_SHORT_BOTH(1), LN_SHORT_BOTH(2)};
  if (goes_short(r, n))
    kRuns[r->columns > kLanes][ln_requant_q8_starts_at_zero(&n->range)](r, n, out, out_stride);
  else
    run(r, n, out, out_stride);
}

/* ---- Packing. ---- */

/* Lanes whose pairs are too large are not 0. */
LN_INLINE vec too_large(vec w) {
  const vec pairs = _mm256_maddubs_epi16(_mm256_set1_epi8(1), w);
  return _mm256_cmpgt_epi16(_mm256_abs_epi16(pairs), _mm256_set1_epi16(kMostPair));
}

static size_t surplus(const uint8_t* from, size_t stride, size_t columns, size_t depth, uint8_t flip) {
  vec counts = vec_set(0);
  uint32_t lanes[kLanes];
  size_t all = 0;
  for (size_t k = 0; k < depth; k += 32) {
    vec any = vec_set(0);
    for (size_t c = 0; c < columns; ++c) {
      const uint8_t* p = from + c * stride + k;
      uint8_t last[32];
      if (depth - k < 32) {
        memset(last, flip, sizeof last);
        p = memcpy(last, p, depth - k);
      }
      any = _mm256_or_si256(any, too_large(vec_xor(vec_load(p), _mm256_set1_epi8((char)flip))));
    }
    const vec none = _mm256_cmpeq_epi32(any, vec_set(0));
    counts = vec_add(counts, vec_add(none, vec_set(1)));
  }
  vec_store(lanes, counts);
  for (size_t i = 0; i < kLanes; ++i) all += lanes[i];
  return all;
}

static void split(size_t vectors, size_t groups, int8_t* panel) {
  const size_t room = ln_gemm_q8_surplus_room(groups);
  int8_t *const counts = panel + groups * vectors * kWeightBytes, *b = counts;
  memset(b, 0, vectors * room * LN_GEMM_Q8_SURPLUS_BYTES);
  for (size_t v = 0; v < vectors; ++v, b += room * LN_GEMM_Q8_SURPLUS_BYTES) {
    uint16_t count = 0;
    for (size_t g = 0; g < groups; ++g) {
      int8_t* at = panel + (g * vectors + v) * kWeightBytes;
      const vec w = vec_load(at), bad = too_large(w), most = _mm256_set1_epi8(kMostPair / 2);
      if (_mm256_testz_si256(bad, bad) || count + 1u >= room) continue;
      const vec kept = _mm256_min_epi8(_mm256_max_epi8(w, _mm256_sub_epi8(vec_set(0), most)), most);
      const uint16_t number = (uint16_t)g;
      ++count;
      vec_store(at, kept);
      vec_store(b + count * kWeightBytes, _mm256_sub_epi8(w, kept));
      memcpy(b + room * kWeightBytes + sizeof number * count, &number, sizeof number);
    }
    memcpy(counts + sizeof count * v, &count, sizeof count);
  }
}

LN_TURN(4)

const ln_gemm_q8 ln_gemm_q8_pairs_6x16_avx2 = {.name = "gemm_q8_pairs_6x16_avx2",
                                               .isa = LN_ISA_AVX2,
                                               .id = 2017,
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
                                               .turn = turn,
                                               .surplus = surplus,
                                               .split = split};
