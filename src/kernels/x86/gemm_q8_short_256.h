/* Products of bytes whose sums go requant_q8.h's short way, on 256 bits: a part of the file that includes it behind
 * gemm_q8_tile_body.h, whose tiles, vectors and products it takes.
 *
 * With sixteen registers the sums of a tile leave none for their requantization: they are written down as well, for
 * those in doubt, and the whole tile asks once. */
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

/* `again`: finish_1 or finish_2. */
typedef void (*short_again)(size_t rows, size_t columns, const ln_gemm_q8_numbers* n, const int32_t* terms,
                            const uint32_t* sums, uint8_t* out, size_t out_stride);

/* Bytes of a tile's sums, from row `first` on. */
LN_INLINE void short_finish(bool at_zero, size_t rows, size_t vectors, const ln_gemm_q8_rows* r,
                            const ln_gemm_q8_numbers* n, const short_end* end, size_t first, short_again again,
                            vec tile[kMaxRows][kVectors], uint8_t* out, size_t out_stride) {
  const size_t step = kVectorsAtOnce / vectors;
  uint32_t sums[(kMaxRows + kVectorsAtOnce) * kVectors * kLanes];
  vec least = vec_set(UINT32_MAX);
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

static inline bool goes_short(const ln_gemm_q8_rows* r, const ln_gemm_q8_numbers* n) {
  return n->scale == NULL && n->start_f != NULL && r->rows > 1;
}

/* Functions of the tiles that LN_RUN takes, for ranges that begin anywhere or at the zero point. */
typedef void (*short_run)(const ln_gemm_q8_rows* r, const ln_gemm_q8_numbers* n, uint8_t* out, size_t out_stride);

#define LN_TO_SHORT_BYTES(count, vectors)              \
  vec tile[kMaxRows][kVectors];                        \
  multiply(count, vectors, r, m, n->plain_bias, tile); \
  short_finish(at_zero, count, vectors, r, n, &end, m, finish_##vectors, tile, out + m * out_stride, out_stride)
#define LN_RUN_SHORT_AS(name, at_zero_, most, vectors)                                                       \
  static void name(const ln_gemm_q8_rows* r, const ln_gemm_q8_numbers* n, uint8_t* out, size_t out_stride) { \
    const bool at_zero = at_zero_;                                                                           \
    const short_end end = short_end_of(at_zero, vectors, n);                                                 \
    LN_ALL_ROWS(LN_TO_SHORT_BYTES, most, vectors)                                                            \
  }
#define LN_RUN_SHORT(most, vectors)                      \
  LN_RUN_SHORT_AS(short_##vectors, false, most, vectors) \
  LN_RUN_SHORT_AS(short_at_zero_##vectors, true, most, vectors)
#define LN_SHORT_BOTH(vectors) \
  { short_##vectors, short_at_zero_##vectors }

#endif
