/* Products of bytes whose sums go requant_q8.h's short way, with AVX-512 VNNI: tiles so small that the processor makes
 * the products of the next one beside the bytes of the last, and nothing goes through memory between. A part of
 * gemm_q8_avx512vnni.c and gemm_q8_avx512vbmi.c, which it takes its vectors from.
 *
 * A tile has some rows by some whole vectors of columns, behind which half a vector may follow: its sums are 256 bits
 * wide, and those of two rows become bytes as one vector. */
#ifndef LN_KERNELS_X86_GEMM_Q8_SHORT_H_
#define LN_KERNELS_X86_GEMM_Q8_SHORT_H_

#include "kernels/x86/gemm_q8_short_end.h"

/* Panels beyond the first cache are for taller tiles: the first ones wait for the weights, and do more meanwhile. */
enum { kHalf = kLanes / 2, kMostShortRows = 12, kMostShortBytes = 32 * 1024, kShortAhead = 4096 };

LN_INLINE __m256i load_half(const void* p) { return _mm256_loadu_si256((const __m256i*)p); }
LN_INLINE vec load_twice(const void* p) { return _mm512_broadcast_i64x4(load_half(p)); }

/* A half's numbers lie behind the whole vectors', twice. */
LN_INLINE short_end short_end_of(bool at_zero, size_t whole, bool half, const ln_gemm_q8_numbers* n) {
  short_end e = short_end_begin(n);
  LN_UNROLL for (size_t v = 0; v < whole; ++v)
      short_end_set(at_zero, v, vec_load(n->scale_f + v * kLanes), vec_load(n->start_f + v * kLanes), &e);
  if (half)
    short_end_set(at_zero, whole, load_twice(n->scale_f + whole * kLanes), load_twice(n->start_f + whole * kLanes), &e);
  return e;
}

/* What is fetched of the next panel: goes on from tile to tile. */
typedef struct short_ahead {
  const int8_t* at;
  size_t step;
} short_ahead;

LN_INLINE vec pack_short(const vec v[kVectorsAtOnce], const short_end* e) {
  if (e->kind == kWholeSigned)
    return short_order(_mm512_packs_epi16(LN_UPPER_WORDS(v[0], v[1]), LN_UPPER_WORDS(v[2], v[3])));
  return e->kind == kWholeUnsigned ? vec_short_whole(v) : vec_short_bytes(v, &e->range);
}

/* The bytes of `count` vectors of sums, of `vectors` vectors of columns one after the other from number `at` on. */
LN_INLINE vec short_bytes(bool at_zero, size_t count, size_t vectors, size_t at, bool twice,
                          const ln_gemm_q8_numbers* n, const short_end* e, const vec sums[]) {
  const vec first = requant_short(at_zero, sums[0], e->scale[at], e->start[at], &e->range);
  vec v[kVectorsAtOnce];
  LN_UNROLL for (size_t i = 0; i < kVectorsAtOnce; ++i) {
    const size_t k = at + i % vectors;
    v[i] = i < count ? requant_short(at_zero, sums[i], e->scale[k], e->start[k], &e->range) : first;
  }
  vec bytes = pack_short(v, e);
  if (LN_UNLIKELY(vec_doubtful(v))) {
    const range to = range_of(&n->range);
    LN_UNROLL for (size_t i = 0; i < count; ++i) {
      const size_t c = (at + i % vectors) * kLanes;
      const vec u = vec_xor(sums[i], vec_set(UINT32_C(1) << 31));
      v[i] = twice ? requant(u, load_twice(n->multiplier + c), load_twice(n->offset + c), load_twice(n->sign_shift + c),
                             load_twice(n->shift + c))
                   : requant(u, vec_load(n->multiplier + c), vec_load(n->offset + c), vec_load(n->sign_shift + c),
                             vec_load(n->shift + c));
    }
    bytes = vec_bytes(v, &to);
  }
  return bytes;
}

/* The first `columns` bytes of 4 / whole rows. No call of memcpy, around which every vector would be saved. */
LN_INLINE void store_whole(size_t whole, size_t columns, vec bytes, uint8_t* out, size_t out_stride) {
  const bool full = columns == whole * kLanes;
  const __mmask64 mask = columns == 64 ? UINT64_MAX : (UINT64_C(1) << columns) - 1;
  if (full && whole != 3 && (whole == 4 || out_stride == columns)) {
    vec_store(out, bytes);
  } else if (whole == 3 && full) {
    vec_store_half(out, bytes, 0);
    vec_store_quarter(out + 2 * kLanes, bytes, 2, kLanes);
  } else if (whole >= 3) {
    _mm512_mask_storeu_epi8(out, mask, bytes);
  } else if (whole == 2 && full) {
    vec_store_half(out, bytes, 0);
    vec_store_half(out + out_stride, bytes, 1);
  } else if (whole == 2) {
    _mm256_mask_storeu_epi8(out, (__mmask32)mask, _mm512_castsi512_si256(bytes));
    _mm256_mask_storeu_epi8(out + out_stride, (__mmask32)mask, _mm512_extracti64x4_epi64(bytes, 1));
  } else if (full) {
    LN_UNROLL for (size_t i = 0; i < 4; ++i) vec_store_quarter(out + i * out_stride, bytes, (int)i, kLanes);
  } else {
    _mm_mask_storeu_epi8(out, (__mmask16)mask, _mm512_castsi512_si128(bytes));
    _mm_mask_storeu_epi8(out + out_stride, (__mmask16)mask, _mm512_extracti32x4_epi32(bytes, 1));
    _mm_mask_storeu_epi8(out + 2 * out_stride, (__mmask16)mask, _mm512_extracti32x4_epi32(bytes, 2));
    _mm_mask_storeu_epi8(out + 3 * out_stride, (__mmask16)mask, _mm512_extracti32x4_epi32(bytes, 3));
  }
}

LN_INLINE void store_two_halves(__m128i bytes, size_t columns, uint8_t* out, size_t out_stride) {
  if (columns == kHalf) {
    _mm_storel_epi64((__m128i*)(void*)out, bytes);
    const int64_t upper = _mm_extract_epi64(bytes, 1);
    memcpy(out + out_stride, &upper, sizeof upper);
    return;
  }
  const __mmask16 mask = (__mmask16)((1u << columns) - 1);
  _mm_mask_storeu_epi8(out, mask, bytes);
  _mm_mask_storeu_epi8(out + out_stride, mask, _mm_bsrli_si128(bytes, kHalf));
}

/* The first `columns` bytes of each of `rows` halves of 128 bits. */
LN_INLINE void store_halves(size_t rows, size_t columns, vec bytes, uint8_t* out, size_t out_stride) {
  if (rows == 8 && columns == kHalf && out_stride == kHalf) {
    vec_store(out, bytes);
    return;
  }
  store_two_halves(_mm512_castsi512_si128(bytes), columns, out, out_stride);
  if (rows > 2) store_two_halves(_mm512_extracti32x4_epi32(bytes, 1), columns, out + 2 * out_stride, out_stride);
  if (rows > 4) store_two_halves(_mm512_extracti32x4_epi32(bytes, 2), columns, out + 4 * out_stride, out_stride);
  if (rows > 6) store_two_halves(_mm512_extracti32x4_epi32(bytes, 3), columns, out + 6 * out_stride, out_stride);
}

/* sums[m * whole + v] and halves[m] = the bias + the products. */
LN_INLINE void short_products(size_t rows, size_t whole, bool half, short_ahead* ahead, const ln_gemm_q8_rows* r,
                              size_t first, const ln_gemm_q8_numbers* n, vec sums[], __m256i halves[]) {
  const size_t groups = r->groups, a_stride = r->a_stride, vectors = whole + half;
  const uint8_t* a = (const uint8_t*)r->a + first * a_stride;
  const int8_t* b = r->b;
  LN_UNROLL for (size_t i = 0; i < rows * whole; ++i) sums[i] = vec_load(n->plain_bias + i % whole * kLanes);
  if (half) {
    LN_UNROLL for (size_t m = 0; m < rows; ++m) halves[m] = load_half(n->plain_bias + whole * kLanes);
  }
  for (size_t s = 0; s < r->segments; ++s, a += r->a_segment) {
    for (size_t g = 0; g < groups; ++g, b += vectors * kWeightBytes) {
      vec w[kVectors];
      __m256i half_w = _mm256_setzero_si256();
      if (ahead != NULL) {
        LN_PREFETCH_FAR(ahead->at);
        ahead->at += ahead->step;
      }
      /* Loaded once: 512-bit loads are one a cycle. */
      LN_UNROLL for (size_t v = 0; v < whole; ++v) {
        if (ahead == NULL) LN_PREFETCH(b + kWeightBytes * v + kShortAhead);
        w[v] = load_weights(b + kWeightBytes * v);
        LN_KEEP(w[v]);
      }
      if (half) {
        half_w = load_half(b + kWeightBytes * whole);
        LN_KEEP(half_w);
      }
      LN_UNROLL for (size_t m = 0; m < rows; ++m) {
        int32_t group;
        memcpy(&group, a + m * a_stride + sizeof group * g, sizeof group);
        if (whole > 0) {
          const vec x = _mm512_set1_epi32(group);
          LN_UNROLL for (size_t v = 0; v < whole; ++v) sums[m * whole + v] = add_products(sums[m * whole + v], x, w[v]);
          if (half) halves[m] = _mm256_dpbusd_epi32(halves[m], _mm512_castsi512_si256(x), half_w);
        } else {
          halves[m] = _mm256_dpbusd_epi32(halves[m], _mm256_set1_epi32(group), half_w);
        }
      }
    }
  }
}

LN_INLINE void add_terms(size_t rows, size_t whole, bool half, const int32_t* terms, vec sums[], __m256i halves[]) {
  LN_UNROLL for (size_t m = 0; m < rows; ++m) {
    const vec term = _mm512_set1_epi32(terms[m]);
    LN_UNROLL for (size_t v = 0; v < whole; ++v) sums[m * whole + v] = vec_add(sums[m * whole + v], term);
    if (half) halves[m] = _mm256_add_epi32(halves[m], _mm512_castsi512_si256(term));
  }
}

LN_INLINE void short_tile(bool at_zero, size_t rows, size_t whole, bool half, short_ahead* ahead,
                          const ln_gemm_q8_rows* r, const ln_gemm_q8_numbers* n, const short_end* end, size_t first,
                          uint8_t* out, size_t out_stride) {
  const size_t step = whole > 0 ? kVectorsAtOnce / whole : rows;
  const size_t whole_columns = half ? whole * kLanes : r->columns;
  vec sums[kMostShortRows * kVectors];
  __m256i halves[kMostShortRows];
  short_products(rows, whole, half, ahead, r, first, n, sums, halves);
  if (n->row_terms != NULL) add_terms(rows, whole, half, n->row_terms + first, sums, halves);
  out += first * out_stride;
  LN_UNROLL for (size_t m = 0; whole > 0 && m < rows; m += step) {
    const size_t count = step * whole;
    store_whole(whole, whole_columns, short_bytes(at_zero, count, whole, 0, false, n, end, sums + m * whole),
                out + m * out_stride, out_stride);
  }
  if (half) {
    vec pairs[kMostShortRows / 2];
    LN_UNROLL for (size_t m = 0; m < rows; m += 2) pairs[m / 2] =
        _mm512_inserti64x4(_mm512_castsi256_si512(halves[m]), halves[m + 1], 1);
    store_halves(rows, r->columns - whole * kLanes, short_bytes(at_zero, rows / 2, 1, whole, true, n, end, pairs),
                 out + whole * kLanes, out_stride);
  }
}

/* Tiles of `rows` rows while `enough` are left: then the last ones of a tile are the last rows, some of which are made
 * twice. Returns how many rows are done. */
LN_INLINE size_t run_short(bool at_zero, size_t rows, size_t whole, bool half, bool fetch, size_t enough,
                           const ln_gemm_q8_rows* r, const ln_gemm_q8_numbers* n, uint8_t* out, size_t out_stride,
                           size_t first) {
  const short_end end = short_end_of(at_zero, whole, half, n);
  short_ahead ahead = {ln_gemm_q8_ahead(r, 0, 1, first), ln_gemm_q8_ahead_step(r, 1, rows)};
  for (; r->rows - first >= enough; first += rows) {
    if (first > r->rows - rows) first = r->rows - rows;
    short_tile(at_zero, rows, whole, half, fetch ? &ahead : NULL, r, n, &end, first, out, out_stride);
  }
  return first;
}

/* each(rows, enough, whole, half): the tiles of a panel and how many rows are enough for one, the tallest first, the
 * last one for what is left, so low that it takes most of one row alone. Twelve sums are what a processor needs that
 * makes two products a cycle, as each waits five for its last one. Heights are multiples of 4 / whole, with a half
 * of 2. */
#define LN_SHORT_ALL(each)                                                                                  \
  each(8, 5, 0, 1) each(4, 1, 0, 1) each(12, 9, 1, 0) each(8, 5, 1, 0) each(4, 1, 1, 0) each(8, 5, 1, 1)    \
      each(4, 1, 1, 1) each(6, 5, 2, 0) each(4, 3, 2, 0) each(2, 1, 2, 0) each(4, 3, 2, 1) each(2, 1, 2, 1) \
          each(4, 3, 3, 0) each(2, 1, 3, 0) each(4, 3, 3, 1) each(2, 1, 3, 1) each(3, 3, 4, 0) each(1, 1, 4, 0)

typedef size_t (*short_run)(const ln_gemm_q8_rows* r, const ln_gemm_q8_numbers* n, uint8_t* out, size_t out_stride,
                            size_t first);

/* Functions of their own: of several tiles in one GCC leaves the rows' addresses in vectors. */
#define LN_SHORT_RUN(name, at_zero, rows, enough, whole, half, fetch)                                 \
  LN_NOINLINE static size_t name(const ln_gemm_q8_rows* r, const ln_gemm_q8_numbers* n, uint8_t* out, \
                                 size_t out_stride, size_t first) {                                   \
    return run_short(at_zero, rows, whole, half, fetch, enough, r, n, out, out_stride, first);        \
  }
#define LN_SHORT(rows, enough, whole, half)                                              \
  LN_SHORT_RUN(short_##whole##_##half##_##rows, false, rows, enough, whole, half, false) \
  LN_SHORT_RUN(short_at_zero_##whole##_##half##_##rows, true, rows, enough, whole, half, false)
LN_SHORT_ALL(LN_SHORT)

/* Whole panels fetch the next one. */
LN_SHORT_RUN(short_fetching, false, 3, 3, 4, 0, true)
LN_SHORT_RUN(short_fetching_at_zero, true, 3, 3, 4, 0, true)

#define LN_SHORT_ENTRY(rows, enough, whole, half) \
  {rows, enough, {short_##whole##_##half##_##rows, short_at_zero_##whole##_##half##_##rows}},

/* False: there are too few rows, the panel is too large, or the sums do not go that way. */
static bool runs_short(const ln_gemm_q8_rows* r, const ln_gemm_q8_numbers* n, uint8_t* out, size_t out_stride) {
  static const struct {
    size_t rows, enough;
    short_run run[2];
  } kTiles[] = {LN_SHORT_ALL(LN_SHORT_ENTRY)};
  /* The lowest of a panel, by halves. */
  static const uint8_t kLast[] = {1, 4, 6, 9, 11, 13, 15, 17};
  const size_t index = (r->columns - 1) / kHalf, vectors = (r->columns + kLanes - 1) / kLanes, last = kLast[index];
  if (n->scale != NULL || n->start_f == NULL || r->rows == 1 || r->rows < kTiles[last].rows ||
      r->segments * r->groups * vectors * kWeightBytes > kMostShortBytes)
    return false;
  const bool at_zero = ln_requant_q8_starts_at_zero(&n->range);
  size_t done = 0;
  if (r->ahead_step != 0 && vectors == kVectors && r->rows >= kTiles[last - 1].rows)
    done = (at_zero ? short_fetching_at_zero : short_fetching)(r, n, out, out_stride, 0);
  for (size_t i = index == 0 ? 0 : kLast[index - 1] + 1; done < r->rows; ++i)
    if (r->rows - done >= kTiles[i].enough && r->rows >= kTiles[i].rows)
      done = kTiles[i].run[at_zero](r, n, out, out_stride, done);
  return true;
}

#endif
