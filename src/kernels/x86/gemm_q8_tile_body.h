/* The gemm of bytes over the vectors of vec_q8_….h: tiles of some rows by the vectors of a panel. A template: the
 * including file defines kMaxRows and kVectors (the largest tile), kAhead, and
 *
 *   kElementBytes                 of a row; four bytes of it are multiplied at once
 *   kWeightBytes                  of weights for one vector of columns and one group
 *   load_weights(p)               those, as add_products takes them
 *   add_products(sum, x, w)       x: a group of a row in every lane
 *
 * and calls LN_RUN(most, vectors) and LN_RUN_SUMS(vectors) for every number of vectors. No include guard on purpose. */

#include "kernels/x86/gemm_q8_finish_body.h"

/* sums[m][v] = start[v] + the products. */
LN_INLINE void tile(size_t rows, size_t vectors, const ln_gemm_q8_rows* r, size_t first, const uint32_t* start,
                    uint32_t* sums) {
  const size_t groups = r->groups, a_stride = r->a_stride * kElementBytes;
  const uint8_t* a = (const uint8_t*)r->a + first * a_stride;
  const int8_t* b = r->b;
  vec tile[kMaxRows][kVectors];
  LN_UNROLL for (size_t m = 0; m < rows; ++m) {
    LN_UNROLL for (size_t v = 0; v < vectors; ++v) tile[m][v] = vec_load(start + kLanes * v);
  }
  for (size_t s = 0; s < r->segments; ++s, a += r->a_segment * kElementBytes) {
    for (size_t g = 0; g < groups; ++g, b += vectors * kWeightBytes) {
      vec w[kVectors];
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
  LN_UNROLL for (size_t m = 0; m < rows; ++m) {
    LN_UNROLL for (size_t v = 0; v < vectors; ++v) vec_store(sums + (m * vectors + v) * kLanes, tile[m][v]);
  }
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

#define LN_TO_BYTES(count, vectors)                                                                                  \
  tile(count, vectors, r, m, n->bias, sums);                                                                         \
  finish_##vectors(count, r->columns, n, n->row_terms != NULL ? n->row_terms + m : NULL, sums, out + m * out_stride, \
                   out_stride)
#define LN_RUN(most, vectors)                                                                                         \
  LN_FINISH(vectors)                                                                                                  \
  static void run_##vectors(const ln_gemm_q8_rows* r, const ln_gemm_q8_numbers* n, uint8_t* out, size_t out_stride) { \
    uint32_t sums[(most) * (vectors)*kLanes] = {0};                                                                   \
    LN_ALL_ROWS(LN_TO_BYTES, most, vectors)                                                                           \
  }

#define LN_TO_SUMS(count, vectors) tile(count, vectors, r, m, none, (uint32_t*)(void*)sums + m * (vectors)*kLanes)
#define LN_RUN_SUMS(vectors)                                            \
  static void sums_##vectors(const ln_gemm_q8_rows* r, int32_t* sums) { \
    static const uint32_t none[kVectors * kLanes] = {0};                \
    LN_ALL_ROWS(LN_TO_SUMS, 6, vectors)                                 \
  }
