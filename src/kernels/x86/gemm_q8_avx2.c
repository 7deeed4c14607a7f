/* The gemm of bytes with AVX2: tiles of 6 x 16, or 12 x 8 where a panel has no more columns. Activations come widened
 * to 16 bits, weights are widened when they are loaded (once for six rows), and vpmaddwd multiplies and adds pairs
 * exactly. vpmaddubsw would take half as many multiplications, but needs a widening addition for each, and its pair
 * sums saturate: docs/performance_integers.md. */
#include <string.h>

#include "base/compiler.h"
#include "kernels/x86/gemm_q8_turn.h"
#include "kernels/x86/gemm_q8_x86.h"
#include "kernels/x86/vec_q8_avx2.h"

enum {
  kMaxRows = 12,
  kRowPanels = 4,
  kInRegisters = 1,
  kVectors = 2,
  kAhead = 1024,
  kElementBytes = 2,
  kWeightBytes = 16
};

LN_INLINE vec load_weights(const int8_t* p) {
  return _mm256_cvtepi8_epi16(_mm_loadu_si128((const __m128i*)(const void*)p));
}
LN_INLINE vec add_products(vec sum, vec x, vec w) { return vec_add(sum, _mm256_madd_epi16(x, w)); }

#include "kernels/x86/gemm_q8_tile_body.h"

LN_RUN(12, 1)
LN_RUN(6, 2)
LN_RUN_ALL(LN_TWO)
LN_RUN_ROW(2)

#include "kernels/x86/gemm_q8_short_256.h"

LN_RUN_SHORT(12, 1)
LN_RUN_SHORT(6, 2)

/* ---- Shifts of at least 1: sums are requantized by sixteen. ---- */

typedef struct usual_numbers {
  requant_q8_sixteen sums;
  q8_range range;
} usual_numbers;

/* False: the other way must be taken. */
LN_INLINE bool make_usual(const ln_gemm_q8_rows* r, const ln_gemm_q8_numbers* n, usual_numbers* usual) {
  if (n->scale != NULL || n->left != NULL || r->rows < kVectorsAtOnce) return false;
  usual->range = range_of(&n->range);
  return requant_q8_make_sixteen(n->multiplier, n->shift, 0, r->columns > kLanes ? kLanes : 0, &usual->sums);
}

/* As store_tile, two vectors of sums at a time. */
LN_INLINE void finish_usual(size_t rows, size_t vectors, const ln_gemm_q8_rows* r, const ln_gemm_q8_numbers* n,
                            const usual_numbers* usual, size_t first, vec tile[kMaxRows][kVectors], uint8_t* out,
                            size_t out_stride) {
  const vec places = _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7);
  const vec order = _mm256_broadcastsi128_si256(_mm_setr_epi8(0, 2, 1, 3, 4, 6, 5, 7, 8, 10, 9, 11, 12, 14, 13, 15));
  const size_t step = kVectorsAtOnce / vectors;
  LN_UNROLL for (size_t m = 0; m < rows; ++m) {
    if (n->row_terms == NULL) break;
    const vec term = vec_set((uint32_t)n->row_terms[first + m]);
    LN_UNROLL for (size_t v = 0; v < vectors; ++v) tile[m][v] = vec_add(tile[m][v], term);
  }
  /* Column by column, so that the columns' numbers are loaded once for all rows. */
  LN_UNROLL for (size_t v = 0; v < vectors; ++v) {
    LN_UNROLL for (size_t m = 0; m < rows; ++m) tile[m][v] = requant_q8_eight(&usual->sums, v, tile[m][v]);
  }
  LN_UNROLL for (size_t m = 0; m < rows; m += step) {
    vec words[2];
    LN_UNROLL for (size_t i = 0; i < 2; ++i) {
      const size_t upper = m + 2 * i / vectors, lower = m + (2 * i + 1) / vectors;
      if (i > 0) words[i] = words[0];
      if (upper >= rows) continue;
      const vec both = _mm256_packs_epi32(tile[upper][0], tile[lower < rows ? lower : upper][vectors - 1]);
      words[i] = _mm256_mulhrs_epi16(both, usual->sums.factor);
    }
    const vec bytes = _mm256_permutevar8x32_epi32(q8_bytes(words[0], words[1], &usual->range), places);
    store_rows(vectors, rows - m, out + m * out_stride, out_stride, _mm256_shuffle_epi8(bytes, order), r->columns);
  }
}

#define LN_TO_USUAL_BYTES(count, vectors)        \
  vec tile[kMaxRows][kVectors];                  \
  multiply(count, vectors, r, m, n->bias, tile); \
  finish_usual(count, vectors, r, n, usual, m, tile, out + m * out_stride, out_stride)

static void run_usual_1(const ln_gemm_q8_rows* r, const ln_gemm_q8_numbers* n, const usual_numbers* usual, uint8_t* out,
                        size_t out_stride) {
  LN_ALL_ROWS(LN_TO_USUAL_BYTES, 12, 1)
}

static void run_usual_2(const ln_gemm_q8_rows* r, const ln_gemm_q8_numbers* n, const usual_numbers* usual, uint8_t* out,
                        size_t out_stride) {
  LN_ALL_ROWS(LN_TO_USUAL_BYTES, 6, 2)
}

/* ---- Many rows: half the multiplications. ----
 *
 * a1 b1 + a3 b3 = (a1 + b3) (a3 + b1) - a1 a3 - b1 b3  (S. Winograd, A new algorithm for inner product, 1968): sums of
 * two bytes are 9 bits, so that vpmaddwd multiplies two such pairs of sums in each lane, four products of the matrix
 * for two. What is to be taken off is one number for each row (own_terms) and one for each column. Two additions of 16
 * bits stand for a multiplication and an addition of 32, which is as many instructions, but only two of the four units
 * multiply. */

enum {
  kCrossedRows = 4,
  kLeastCrossedRows = 24,
  kLeastCrossedColumns = 64,
  kLeastCrossedGroups = 32,
  kMostCrossedGroups = 1024
};

/* Of four rows of the panel: the second two, which are added to the first two of a, then the first two, by vector. */
typedef int16_t crossed_weights[kVectors][2][2 * kLanes];

typedef struct crossed_panel {
  uint32_t start[kVectors * kLanes]; /* what a tile begins with */
  crossed_weights weights[kMostCrossedGroups / 2 + 1];
} crossed_panel;

/* An odd group at a segment's end is multiplied in the plain way: its weights are the first two. */
static void cross_panel(const ln_gemm_q8_rows* r, const uint32_t* start, crossed_panel* panel) {
  const int8_t* b = r->b;
  crossed_weights* to = panel->weights;
  vec sums[kVectors];
  LN_UNROLL for (size_t v = 0; v < kVectors; ++v) sums[v] = vec_load(start + v * kLanes);
  for (size_t s = 0; s < r->segments; ++s) {
    for (size_t g = 0; g + 2 <= r->groups; g += 2, b += 2 * kVectors * kWeightBytes, ++to) {
      LN_UNROLL for (size_t v = 0; v < kVectors; ++v) {
        const vec first = load_weights(b + v * kWeightBytes), second = load_weights(b + (kVectors + v) * kWeightBytes);
        sums[v] = vec_sub(sums[v], _mm256_madd_epi16(first, second));
        vec_store((*to)[v][0], second);
        vec_store((*to)[v][1], first);
      }
    }
    if (r->groups % 2 == 0) continue;
    LN_UNROLL for (size_t v = 0; v < kVectors; ++v) vec_store((*to)[v][1], load_weights(b + v * kWeightBytes));
    b += kVectors * kWeightBytes;
    ++to;
  }
  LN_UNROLL for (size_t v = 0; v < kVectors; ++v) vec_store(panel->start + v * kLanes, sums[v]);
}

LN_INLINE vec load_pair(const int16_t* p) {
  uint32_t pair;
  memcpy(&pair, p, sizeof pair);
  return vec_set(pair);
}

LN_INLINE void multiply_crossed(size_t rows, const ln_gemm_q8_rows* r, const crossed_panel* panel, size_t first,
                                vec tile[kMaxRows][kVectors]) {
  const size_t twos = r->groups / 2, a_stride = r->a_stride;
  const int16_t* a = (const int16_t*)r->a + first * a_stride;
  const crossed_weights* w = panel->weights;
  const int8_t* ahead = ln_gemm_q8_ahead(r, 0, 1, first);
  const size_t ahead_step = 2 * ln_gemm_q8_ahead_step(r, 1, rows);
  LN_UNROLL for (size_t m = 0; m < rows; ++m) {
    const vec own = vec_set((uint32_t)r->own_terms[first + m]);
    LN_UNROLL for (size_t v = 0; v < kVectors; ++v) tile[m][v] = vec_add(vec_load(panel->start + v * kLanes), own);
  }
  for (size_t s = 0; s < r->segments; ++s, a += r->a_segment) {
    for (size_t g = 0; g < twos; ++g, ++w, ahead += ahead_step) {
      LN_PREFETCH_FAR(ahead);
      LN_UNROLL for (size_t m = 0; m < rows; ++m) {
        const vec x = load_pair(a + m * a_stride + 4 * g), y = load_pair(a + m * a_stride + 4 * g + 2);
        LN_UNROLL for (size_t v = 0; v < kVectors; ++v) {
          const vec p = _mm256_add_epi16(x, vec_load((*w)[v][0])), q = _mm256_add_epi16(y, vec_load((*w)[v][1]));
          tile[m][v] = vec_add(tile[m][v], _mm256_madd_epi16(p, q));
        }
      }
    }
    if (r->groups % 2 == 0) continue;
    LN_UNROLL for (size_t m = 0; m < rows; ++m) {
      const vec x = load_pair(a + m * a_stride + 4 * twos);
      LN_UNROLL for (size_t v = 0; v < kVectors; ++v) tile[m][v] = add_products(tile[m][v], x, vec_load((*w)[v][1]));
    }
    ++w;
  }
}

static bool crossing_pays(const ln_gemm_q8_rows* r, size_t columns) {
  const size_t groups = r->segments * ((r->groups + 1) / 2 * 2);
  return r->rows >= kLeastCrossedRows && columns >= kLeastCrossedColumns && groups >= kLeastCrossedGroups &&
         groups <= kMostCrossedGroups;
}

static bool is_crossed(const ln_gemm_q8_rows* r) {
  return r->own_terms != NULL && r->columns > kLanes && crossing_pays(r, kLeastCrossedColumns);
}

#define LN_TO_CROSSED_USUAL_BYTES(count, vectors) \
  vec tile[kMaxRows][kVectors];                   \
  multiply_crossed(count, r, &panel, m, tile);    \
  finish_usual(count, vectors, r, n, usual, m, tile, out + m * out_stride, out_stride)
#define LN_TO_CROSSED_SHORT_BYTES(count, vectors) \
  vec tile[kMaxRows][kVectors];                   \
  multiply_crossed(count, r, &panel, m, tile);    \
  short_finish(at_zero, count, vectors, r, n, &end, m, finish_##vectors, tile, out + m * out_stride, out_stride)
#define LN_TO_CROSSED_BYTES(count, vectors)    \
  vec tile[kMaxRows][kVectors];                \
  multiply_crossed(count, r, &panel, m, tile); \
  finish_tile(count, vectors, r, n, m, tile, out + m * out_stride, out_stride)

/* `usual`: NULL where the numbers are others. */
static void run_crossed(const ln_gemm_q8_rows* r, const ln_gemm_q8_numbers* n, const usual_numbers* usual, uint8_t* out,
                        size_t out_stride) {
  crossed_panel panel;
  cross_panel(r, n->bias, &panel);
  if (usual != NULL) {
    LN_ALL_ROWS(LN_TO_CROSSED_USUAL_BYTES, kCrossedRows, 2)
  } else {
    LN_ALL_ROWS(LN_TO_CROSSED_BYTES, kCrossedRows, 2)
  }
}

LN_INLINE void run_crossed_short(bool at_zero, const ln_gemm_q8_rows* r, const ln_gemm_q8_numbers* n, uint8_t* out,
                                 size_t out_stride) {
  const short_end end = short_end_of(at_zero, kVectors, n);
  crossed_panel panel;
  cross_panel(r, n->plain_bias, &panel);
  LN_ALL_ROWS(LN_TO_CROSSED_SHORT_BYTES, kCrossedRows, 2)
}

static void run_crossed_short_from(const ln_gemm_q8_rows* r, const ln_gemm_q8_numbers* n, uint8_t* out,
                                   size_t out_stride) {
  run_crossed_short(false, r, n, out, out_stride);
}
static void run_crossed_short_at_zero(const ln_gemm_q8_rows* r, const ln_gemm_q8_numbers* n, uint8_t* out,
                                      size_t out_stride) {
  run_crossed_short(true, r, n, out, out_stride);
}

/* [one vector, two, two crossed][whether at zero] */
static const short_run kShortRuns[3][2] = {
    LN_SHORT_BOTH(1), LN_SHORT_BOTH(2), {run_crossed_short_from, run_crossed_short_at_zero}};

static void run_either(const ln_gemm_q8_rows* r, const ln_gemm_q8_numbers* n, uint8_t* out, size_t out_stride) {
  const bool crossed = is_crossed(r), wide = r->columns > kLanes;
  usual_numbers usual;
  if (goes_short(r, n)) {
    kShortRuns[crossed ? 2 : wide ? 1 : 0][ln_requant_q8_starts_at_zero(&n->range)](r, n, out, out_stride);
    return;
  }
  const bool is_usual = make_usual(r, n, &usual);
  if (crossed)
    run_crossed(r, n, is_usual ? &usual : NULL, out, out_stride);
  else if (is_usual)
    (wide ? run_usual_2 : run_usual_1)(r, n, &usual, out, out_stride);
  else
    run(r, n, out, out_stride);
}

#define LN_TO_CROSSED_FLOATS(count, vectors)                            \
  vec tile[kMaxRows][kVectors];                                         \
  multiply_crossed(count, r, &panel, m, tile);                          \
  LN_UNROLL for (size_t i = 0; i < (count) * (vectors); ++i)            \
      vec_store(sums + i * kLanes, tile[i / (vectors)][i % (vectors)]); \
  finish_floats_##vectors(count, r->columns, n, m, sums, out + m * out_stride, out_stride)

static void floats_crossed(const ln_gemm_q8_rows* r, const ln_gemm_q8_floats* n, float* out, size_t out_stride) {
  static const uint32_t none[kVectors * kLanes] = {0};
  uint32_t sums[kCrossedRows * kVectors * kLanes];
  crossed_panel panel;
  cross_panel(r, none, &panel);
  LN_ALL_ROWS(LN_TO_CROSSED_FLOATS, kCrossedRows, 2)
}

static void floats_either(const ln_gemm_q8_rows* r, const ln_gemm_q8_floats* n, float* out, size_t out_stride) {
  (is_crossed(r) ? floats_crossed : run_floats)(r, n, out, out_stride);
}

/* Less the sum of a1 a3 over all fours. Products of a vector with itself, its pairs exchanged, have each of them twice.
 */
static int32_t own_term(const ln_gemm_q8_rows* r, const int16_t* a) {
  const size_t depth = r->groups / 2 * 4;
  vec twice = vec_set(0);
  uint32_t lanes[kLanes], sum = 0;
  for (size_t s = 0; s < r->segments; ++s, a += r->a_segment) {
    size_t k = 0;
    for (; k + 16 <= depth; k += 16) {
      const vec x = vec_load(a + k);
      twice = vec_add(twice, _mm256_madd_epi16(x, _mm256_shuffle_epi32(x, 0xb1)));
    }
    for (; k < depth; k += 4) sum -= (uint32_t)(a[k] * a[k + 2] + a[k + 1] * a[k + 3]);
  }
  vec_store(lanes, twice);
  for (size_t i = 0; i < kLanes; i += 2) sum -= lanes[i];
  return (int32_t)sum;
}

static bool own_terms(const ln_gemm_q8_rows* r, size_t columns, int32_t* terms) {
  if (!crossing_pays(r, columns)) return false;
  for (size_t m = 0; m < r->rows; ++m) terms[m] = own_term(r, (const int16_t*)r->a + m * r->a_stride);
  return true;
}

LN_INLINE __m128i load_eight(const int16_t* p) { return _mm_loadu_si128((const __m128i*)(const void*)p); }

/* Four sums whose sum is that of a row. What is left of whole eights is the end of the last eight elements, or taken
 * one by one. */
LN_INLINE __m128i sum_of(const int16_t* row, size_t depth) {
  static const int16_t kLast[16] = {0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1};
  const __m256i ones = _mm256_set1_epi16(1);
  __m256i sums = _mm256_setzero_si256();
  size_t k = 0;
  for (; k + 16 <= depth; k += 16) sums = _mm256_add_epi32(sums, _mm256_madd_epi16(vec_load(row + k), ones));
  __m128i sum = _mm_add_epi32(_mm256_castsi256_si128(sums), _mm256_extracti128_si256(sums, 1));
  if (k + 8 <= depth) {
    sum = _mm_add_epi32(sum, _mm_madd_epi16(load_eight(row + k), _mm256_castsi256_si128(ones)));
    k += 8;
  }
  if (k == depth) return sum;
  if (depth >= 8)
    return _mm_add_epi32(sum, _mm_madd_epi16(load_eight(row + depth - 8), load_eight(kLast + (depth - k))));
  uint32_t rest = 0;
  for (; k < depth; ++k) rest += (uint32_t)row[k];
  return _mm_add_epi32(sum, _mm_cvtsi32_si128((int)rest));
}

static void sum_rows(size_t rows, size_t depth, const void* a, size_t a_stride, int32_t factor, int32_t* terms) {
  const int16_t* row = a;
  const __m128i factors = _mm_set1_epi32(factor);
  for (size_t m = 0; m < rows; m += 4, row += 4 * a_stride) {
    const size_t count = rows - m < 4 ? rows - m : 4;
    __m128i each[4];
    int32_t more[4];
    LN_UNROLL for (size_t i = 0; i < 4; ++i) each[i] = sum_of(row + (i < count ? i : 0) * a_stride, depth);
    const __m128i sums = _mm_hadd_epi32(_mm_hadd_epi32(each[0], each[1]), _mm_hadd_epi32(each[2], each[3]));
    _mm_storeu_si128((__m128i*)(void*)more, _mm_mullo_epi32(sums, factors));
    for (size_t i = 0; i < count; ++i) terms[m + i] = (int32_t)((uint32_t)terms[m + i] + (uint32_t)more[i]);
  }
}

LN_INLINE void widen_sixteen(const uint8_t* in, __m128i flip, int16_t* out) {
  vec_store(out, _mm256_cvtepu8_epi16(_mm_xor_si128(_mm_loadu_si128((const __m128i*)(const void*)in), flip)));
}

/* What is left is taken together with its neighbours once more. */
static void copy(const uint8_t* in, size_t count, uint8_t flip, int16_t* out) {
  const __m128i flips = _mm_set1_epi8((char)flip);
  size_t i = 0;
  if (count < 16) {
    for (; i < count; ++i) out[i] = (int16_t)(in[i] ^ flip);
    return;
  }
  for (; i + 32 <= count; i += 32) {
    widen_sixteen(in + i, flips, out + i);
    widen_sixteen(in + i + 16, flips, out + i + 16);
  }
  if (i + 16 <= count) widen_sixteen(in + i, flips, out + i);
  if (count % 16 != 0) widen_sixteen(in + count - 16, flips, out + count - 16);
}

LN_TURN(2)

const ln_gemm_q8 ln_gemm_q8_6x16_avx2 = {.name = "gemm_q8_6x16_avx2",
                                         .isa = LN_ISA_AVX2,
                                         .id = 2016,
                                         .mr = 6,
                                         .nr = kLanes * kVectors,
                                         .kr = 2,
                                         .step = kLanes,
                                         .a_size = 2,
                                         .run = run_either,
                                         .run_row = run_row,
                                         .run_sums = run_sums,
                                         .run_floats = floats_either,
                                         .sum_rows = sum_rows,
                                         .copy = copy,
                                         .own_terms = own_terms,
                                         .turn = turn};
