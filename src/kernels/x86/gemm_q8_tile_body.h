/* The gemm of bytes over the vectors of vec_q8_….h: tiles of some rows by the vectors of a panel. A template: the
 * including file defines kMaxRows and kVectors (the largest tile), kRowPanels (so many panels at once for one row),
 * kAhead, and
 *
 *   kElementBytes                 of a row; four bytes of it are multiplied at once
 *   kWeightBytes                  of weights for one vector of columns and one group
 *   load_weights(p)               those, as add_products takes them
 *   add_products(sum, x, w)       x: a group of a row in every lane
 *
 * perhaps, where something lies behind a panel,
 *
 *   LN_PANEL_BYTES(groups, vectors)                       a panel's bytes
 *   LN_ADD_SURPLUS(rows, vectors, r, a, b, tile)          adds its products, of rows from `a` on, with what is at b
 *
 * and calls LN_RUN(most, vectors), most being how many rows a tile has, for every number of vectors, LN_RUN_ALL and
 * LN_RUN_ROW. No include guard on purpose. */

#include "kernels/x86/gemm_q8_finish_body.h"

#ifndef LN_PANEL_BYTES
#define LN_PANEL_BYTES(groups, vectors) ((groups) * (vectors)*kWeightBytes)
#define LN_ADD_SURPLUS(rows, vectors, r, a, b, tile) (void)(a), (void)(b)
#endif

/* What comes after `at`, which is fetched. */
LN_INLINE const int8_t* fetched(bool fetches, const int8_t* at, size_t step) {
  if (fetches) LN_PREFETCH_FAR(at);
  return at + step;
}

/* tile[m][v] = start[v] + the products. */
LN_INLINE void multiply(size_t rows, size_t vectors, const ln_gemm_q8_rows* r, size_t first, const uint32_t* start,
                        vec tile[kMaxRows][kVectors]) {
  const size_t groups = r->groups, a_stride = r->a_stride * kElementBytes;
  const uint8_t *const rows_at = (const uint8_t*)r->a + first * a_stride, *a = rows_at;
  const int8_t *b = r->b, *ahead = ln_gemm_q8_ahead(r, 0, 1, first);
  const size_t ahead_step = ln_gemm_q8_ahead_step(r, 1, rows);
  const bool fetches = kInRegisters && vectors == kVectors && rows > 1;
  LN_UNROLL for (size_t m = 0; m < rows; ++m) {
    LN_UNROLL for (size_t v = 0; v < vectors; ++v) tile[m][v] = vec_load(start + kLanes * v);
  }
  for (size_t s = 0; s < r->segments; ++s, a += r->a_segment * kElementBytes) {
    for (size_t g = 0; g < groups; ++g, b += vectors * kWeightBytes) {
      vec w[kVectors];
      ahead = fetched(fetches, ahead, ahead_step);
      LN_UNROLL for (size_t v = 0; v < vectors; ++v) w[v] = load_weights(b + kWeightBytes * v);
      /* One row does nothing but read weights. */
      if (rows == 1) {
        LN_UNROLL for (size_t v = 0; v < vectors * kWeightBytes; v += 64) LN_PREFETCH(b + kAhead + v);
      }
      LN_UNROLL for (size_t m = 0; m < rows; ++m) {
        uint32_t group;
        memcpy(&group, a + m * a_stride + sizeof group * g, sizeof group);
        const vec x = vec_set(group);
        LN_UNROLL for (size_t v = 0; v < vectors; ++v) tile[m][v] = add_products(tile[m][v], x, w[v]);
      }
    }
  }
  LN_ADD_SURPLUS(rows, vectors, r, rows_at, b, tile);
}

LN_INLINE void tile_sums(size_t rows, size_t vectors, const ln_gemm_q8_rows* r, size_t first, const uint32_t* start,
                         uint32_t* sums) {
  vec tile[kMaxRows][kVectors];
  multiply(rows, vectors, r, first, start, tile);
  LN_UNROLL for (size_t m = 0; m < rows; ++m) {
    LN_UNROLL for (size_t v = 0; v < vectors; ++v) vec_store(sums + (m * vectors + v) * kLanes, tile[m][v]);
  }
}

/* finish_as reads whole fours of vectors. */
LN_INLINE void fill_up(size_t rows, size_t vectors, uint32_t* sums) {
  const size_t step = kVectorsAtOnce / vectors, missing = (step - rows % step) % step * vectors;
  for (size_t i = 0; i < missing; ++i) vec_store(sums + (rows * vectors + i) * kLanes, vec_set(0));
}

LN_INLINE void finish_tile(size_t rows, size_t vectors, const ln_gemm_q8_rows* r, const ln_gemm_q8_numbers* n,
                           size_t first, vec tile[kMaxRows][kVectors], uint8_t* out, size_t out_stride) {
  const finish_kind kind = kind_of(n);
  LN_UNROLL for (size_t m = 0; m < rows; ++m) {
    if (n->row_terms == NULL) break;
    const vec term = vec_set((uint32_t)n->row_terms[first + m]);
    LN_UNROLL for (size_t v = 0; v < vectors; ++v) tile[m][v] = vec_add(tile[m][v], term);
  }
  fixed_numbers fixed[kVectors];
  if (kind == kReal) {
    finish_sums(kReal, rows, vectors, n, fixed, tile);
  } else if (kind == kFixedLeft) {
    load_numbers(kFixedLeft, vectors, n, fixed);
    finish_sums(kFixedLeft, rows, vectors, n, fixed, tile);
  } else {
    load_numbers(kFixed, vectors, n, fixed);
    finish_sums(kFixed, rows, vectors, n, fixed, tile);
  }
  const range to = range_of(&n->range);
  store_tile(rows, vectors, rows, r->columns, &to, tile, out, out_stride);
}

/* In registers from the first product to the bytes. */
LN_INLINE void tile_bytes(size_t rows, size_t vectors, const ln_gemm_q8_rows* r, const ln_gemm_q8_numbers* n,
                          size_t first, uint8_t* out, size_t out_stride) {
  vec tile[kMaxRows][kVectors];
  multiply(rows, vectors, r, first, n->bias, tile);
  finish_tile(rows, vectors, r, n, first, tile, out, out_stride);
}

/* Takes `most` rows at a time, then fewer. each(count, vectors) does what is to be done for rows m to m + count. */
#define LN_ROWS(each, count, vectors)            \
  for (; m + (count) <= r->rows; m += (count)) { \
    each(count, vectors);                        \
  }
#define LN_ALL_ROWS(each, most, vectors) \
  size_t m = 0;                          \
  LN_ROWS(each, most, vectors)           \
  LN_ROWS(each, 4, vectors)              \
  LN_ROWS(each, 2, vectors)              \
  LN_ROWS(each, 1, vectors)

/* Where the compiler keeps a tile in registers over all of it, kInRegisters is 1; otherwise sums go through memory. */
#define LN_TO_BYTES(count, vectors)                                                                                  \
  if (kInRegisters) {                                                                                                \
    tile_bytes(count, vectors, r, n, m, out + m * out_stride, out_stride);                                           \
    continue;                                                                                                        \
  }                                                                                                                  \
  tile_sums(count, vectors, r, m, first_sums(n), sums);                                                              \
  fill_up(count, vectors, sums);                                                                                     \
  finish_##vectors(count, r->columns, n, n->row_terms != NULL ? n->row_terms + m : NULL, sums, out + m * out_stride, \
                   out_stride)
#define LN_TO_SUMS(count, vectors) tile_sums(count, vectors, r, m, none, (uint32_t*)(void*)sums + m * (vectors)*kLanes)
#define LN_TO_FLOATS(count, vectors)           \
  tile_sums(count, vectors, r, m, none, sums); \
  finish_floats_##vectors(count, r->columns, n, m, sums, out + m * out_stride, out_stride)
#define LN_RUN(most, vectors)                                                                                         \
  LN_RUN_OTHERS(most, vectors)                                                                                        \
  static void run_##vectors(const ln_gemm_q8_rows* r, const ln_gemm_q8_numbers* n, uint8_t* out, size_t out_stride) { \
    uint32_t sums[((most) + 3) * (vectors)*kLanes];                                                                   \
    LN_ALL_ROWS(LN_TO_BYTES, most, vectors)                                                                           \
  }
#define LN_RUN_OTHERS(most, vectors)                                                                                  \
  LN_FINISH(vectors)                                                                                                  \
  static void sums_##vectors(const ln_gemm_q8_rows* r, int32_t* sums) {                                               \
    static const uint32_t none[kVectors * kLanes] = {0};                                                              \
    LN_ALL_ROWS(LN_TO_SUMS, 6, vectors)                                                                               \
  }                                                                                                                   \
  static void floats_##vectors(const ln_gemm_q8_rows* r, const ln_gemm_q8_floats* n, float* out, size_t out_stride) { \
    static const uint32_t none[kVectors * kLanes] = {0};                                                              \
    uint32_t sums[(most) * (vectors)*kLanes];                                                                         \
    LN_ALL_ROWS(LN_TO_FLOATS, most, vectors)                                                                          \
  }

/* One row reads every weight once: several panels at a time, so that the loop over the depth ends less often and a
 * group of the row is spread over the lanes for more products. */
enum { kRowVectors = kRowPanels * kVectors, kPanelColumns = kVectors * kLanes };

LN_NOINLINE static void row_sums(const ln_gemm_q8_rows* r, const int8_t* b, const uint32_t* start, uint32_t* sums) {
  const size_t groups = r->groups, panel = LN_PANEL_BYTES(groups, kVectors);
  vec sum[kRowPanels][kVectors];
  LN_UNROLL for (size_t i = 0; i < kRowVectors; ++i) sum[i / kVectors][i % kVectors] = vec_load(start + kLanes * i);
  for (size_t g = 0; g < groups; ++g, b += kVectors * kWeightBytes) {
    uint32_t group;
    memcpy(&group, (const uint8_t*)r->a + sizeof group * g, sizeof group);
    const vec x = vec_set(group);
    LN_UNROLL for (size_t i = 0; i < kRowVectors; ++i) {
      const int8_t* w = b + i / kVectors * panel + i % kVectors * kWeightBytes;
      sum[i / kVectors][i % kVectors] = add_products(sum[i / kVectors][i % kVectors], x, load_weights(w));
    }
    LN_UNROLL for (size_t i = 0; i < kRowVectors * kWeightBytes; i += 64) {
      LN_PREFETCH(b + i / (kVectors * kWeightBytes) * panel + i % (kVectors * kWeightBytes) + kAhead);
    }
  }
  LN_UNROLL for (size_t p = 0; p < kRowPanels; ++p) LN_ADD_SURPLUS(1, kVectors, r, r->a, b + p * panel, &sum[p]);
  LN_UNROLL for (size_t i = 0; i < kRowVectors; ++i) vec_store(sums + kLanes * i, sum[i / kVectors][i % kVectors]);
}

/* `vectors` is kVectors. */
#define LN_RUN_ROW(vectors)                                                                                       \
  static void run_row(const ln_gemm_q8_rows* r, const ln_gemm_q8_numbers* n, uint8_t* out) {                      \
    const size_t panel = LN_PANEL_BYTES(r->groups, kVectors);                                                     \
    uint32_t sums[(kRowVectors + kVectorsAtOnce) * kLanes];                                                       \
    ln_gemm_q8_rows rest = *r;                                                                                    \
    size_t c = 0;                                                                                                 \
    for (size_t i = kRowVectors; i < kRowVectors + kVectorsAtOnce; ++i) vec_store(sums + i * kLanes, vec_set(0)); \
    for (; r->columns - c >= kRowPanels * kPanelColumns; c += kRowPanels * kPanelColumns) {                       \
      row_sums(r, rest.b, first_sums(n) + c, sums);                                                               \
      for (size_t at = 0; at < kRowPanels * kPanelColumns; at += kPanelColumns) {                                 \
        const ln_gemm_q8_numbers some = ln_gemm_q8_numbers_from(n, c + at);                                       \
        finish_##vectors(1, kPanelColumns, &some, n->row_terms, sums + at, out + c + at, 0);                      \
      }                                                                                                           \
      rest.b += kRowPanels * panel;                                                                               \
    }                                                                                                             \
    for (; c < r->columns; c += kPanelColumns, rest.b += panel) {                                                 \
      const ln_gemm_q8_numbers some = ln_gemm_q8_numbers_from(n, c);                                              \
      rest.columns = r->columns - c < kPanelColumns ? r->columns - c : kPanelColumns;                             \
      run(&rest, &some, out + c, 0);                                                                              \
    }                                                                                                             \
  }

/* The family's functions; each(name) lists the functions name_1, name_2 and so on. */
#define LN_TWO(name) \
  { name##_1, name##_2 }
#define LN_FOUR(name) \
  { name##_1, name##_2, name##_3, name##_4 }
#define LN_RUN_ALL(each)                                                                                        \
  static void run(const ln_gemm_q8_rows* r, const ln_gemm_q8_numbers* n, uint8_t* out, size_t out_stride) {     \
    static void (*const by_vectors[])(const ln_gemm_q8_rows*, const ln_gemm_q8_numbers*, uint8_t*, size_t) =    \
        each(run);                                                                                              \
    by_vectors[(r->columns - 1) / kLanes](r, n, out, out_stride);                                               \
  }                                                                                                             \
  static void run_sums(const ln_gemm_q8_rows* r, int32_t* sums) {                                               \
    static void (*const by_vectors[])(const ln_gemm_q8_rows*, int32_t*) = each(sums);                           \
    by_vectors[(r->columns - 1) / kLanes](r, sums);                                                             \
  }                                                                                                             \
  static void run_floats(const ln_gemm_q8_rows* r, const ln_gemm_q8_floats* n, float* out, size_t out_stride) { \
    static void (*const by_vectors[])(const ln_gemm_q8_rows*, const ln_gemm_q8_floats*, float*, size_t) =       \
        each(floats);                                                                                           \
    by_vectors[(r->columns - 1) / kLanes](r, n, out, out_stride);                                               \
  }
