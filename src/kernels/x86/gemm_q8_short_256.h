/* Products of bytes whose sums go requant_q8.h's short way, on 256 bits: a part of the file that includes it behind
 * gemm_q8_tile_body.h, whose tiles, vectors and products it takes.
 *
 * With sixteen registers the sums of a tile leave none for their requantization: they are written down as well, for
 * those in doubt, and the whole tile asks once. Tiles are of 6 x 16 or 12 x 8, or have as many rows less as are left.
 * Deep products have some of seven rows, as lines of pictures are 7, 14, 28 and 56 points long, and ask for weights
 * early, their own and the next panel's. */
#ifndef LN_KERNELS_X86_GEMM_Q8_SHORT_256_H_
#define LN_KERNELS_X86_GEMM_Q8_SHORT_256_H_

#include "kernels/x86/gemm_q8_short_end.h"

LN_INLINE short_end short_end_of(bool at_zero, size_t vectors, const ln_gemm_q8_numbers* n) {
  short_end e = short_end_begin(n);
  LN_UNROLL for (size_t v = 0; v < vectors; ++v)
      short_end_set(at_zero, v, vec_load(n->scale_f + v * kLanes), vec_load(n->start_f + v * kLanes), &e);
  return e;
}

/* The upper words of both, in turns. */
LN_INLINE vec upper_words(vec a, vec b) { return _mm256_blend_epi16(_mm256_srli_epi32(a, 16), b, 0xaa); }

LN_INLINE vec pack_short(const vec v[kVectorsAtOnce], const short_end* e) {
  const vec turns = _mm256_broadcastsi128_si256(_mm_setr_epi8(0, 2, 4, 6, 1, 3, 5, 7, 8, 10, 12, 14, 9, 11, 13, 15));
  const vec a = upper_words(v[0], v[1]), b = upper_words(v[2], v[3]);
  vec bytes = e->kind == kWholeSigned ? _mm256_packs_epi16(a, b) : _mm256_packus_epi16(a, b);
  if (e->kind == kClamped)
    bytes = vec_xor(_mm256_min_epu8(_mm256_max_epu8(bytes, e->range.low), e->range.high), e->range.flip);
  return short_order(_mm256_shuffle_epi8(bytes, turns));
}

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

/* `again`: finish_1 or finish_2. */
typedef void (*short_again)(size_t rows, size_t columns, const ln_gemm_q8_numbers* n, const int32_t* terms,
                            const uint32_t* sums, uint8_t* out, size_t out_stride);

LN_INLINE void short_tile(bool at_zero, size_t rows, size_t vectors, bool deep, const ln_gemm_q8_rows* r,
                          const ln_gemm_q8_numbers* n, const short_end* end, size_t first, short_again again,
                          uint8_t* out, size_t out_stride) {
  const size_t step = kVectorsAtOnce / vectors;
  uint32_t sums[(kMaxRows + kVectorsAtOnce) * kVectors * kLanes];
  vec tile[kMaxRows][kVectors], least = vec_set(UINT32_MAX);
  if (deep)
    multiply_deep(rows, r, first, n->plain_bias, tile);
  else
    multiply(rows, vectors, r, first, n->plain_bias, tile);
  LN_UNROLL for (size_t m = 0; m < rows; ++m) {
    if (n->row_terms == NULL) break;
    const vec term = vec_set((uint32_t)n->row_terms[first + m]);
    LN_UNROLL for (size_t v = 0; v < vectors; ++v) tile[m][v] = vec_add(tile[m][v], term);
  }
  LN_UNROLL for (size_t i = 0; i < rows * vectors; ++i) vec_store(sums + i * kLanes, tile[i / vectors][i % vectors]);
  fill_up(rows, vectors, sums);
  LN_UNROLL for (size_t m = 0; m < rows; m += step) {
    vec x[kVectorsAtOnce];
    LN_UNROLL for (size_t i = 0; i < kVectorsAtOnce; ++i) {
      const size_t v = i % vectors, row = m + i / vectors < rows ? m + i / vectors : m;
      x[i] = requant_short(at_zero, tile[row][v], end->scale[v], end->start[v], &end->range);
      least = _mm256_min_epu16(least, x[i]);
    }
    store_rows(vectors, rows - m, out + m * out_stride, out_stride, pack_short(x, end), r->columns);
  }
  const vec same[kVectorsAtOnce] = {least, least, least, least};
  if (LN_UNLIKELY(vec_doubtful(same))) again(rows, r->columns, n, NULL, sums, out, out_stride);
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

typedef size_t (*short_run)(const ln_gemm_q8_rows* r, const ln_gemm_q8_numbers* n, size_t first, size_t count,
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
  static const short_run kNarrow[kHeights][2] = {LN_SHORT_ENTRY(4, 1, 0), LN_SHORT_ENTRY(8, 1, 0),
                                                 LN_SHORT_ENTRY(12, 1, 0)};
  static const short_run kShallow[kHeights][2] = {LN_SHORT_ENTRY(2, 2, 0), LN_SHORT_ENTRY(4, 2, 0),
                                                  LN_SHORT_ENTRY(6, 2, 0)};
  static const short_run kDeep[kHeights][2] = {LN_SHORT_ENTRY(2, 2, 1), LN_SHORT_ENTRY(4, 2, 1),
                                               LN_SHORT_ENTRY(6, 2, 1), LN_SHORT_ENTRY(7, 2, 1)};
  const bool wide = r->columns > kLanes, deep = wide && r->segments * r->groups >= kLeastGroups;
  const short_run(*runs)[2] = deep ? kDeep : wide ? kShallow : kNarrow;
  const size_t lowest = wide ? 2 : 4, parts = (r->rows + lowest - 1) / lowest;
  const size_t sevens = r->rows % 6;
  if (n->scale != NULL || n->start_f == NULL || r->rows < lowest) return false;
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

#endif
