/* The product of 16-bit activations by 8-bit weights over the vectors of vec_q8_….h: tiles of some rows by two vectors
 * of columns. A template: the including file defines kRows and
 *
 *   load_weights(p)               pairs of weights for a vector of columns, widened to 16 bits
 *   add_products(sum, x, w)       x: a pair of a row in every lane
 *   LN_CASES                      LN_CASE(rows) for 1 to kRows
 *
 * No include guard on purpose. */

enum { kColumns = 2 * kLanes };

LN_INLINE void tile_s16s8(size_t rows, size_t pairs, const int16_t* a, size_t a_stride, const int8_t* b,
                          int32_t* sums) {
  vec tile[kRows][2];
  LN_UNROLL for (size_t m = 0; m < rows; ++m) tile[m][0] = tile[m][1] = vec_set(0);
  for (size_t p = 0; p < pairs; ++p, b += 2 * kColumns) {
    const vec b0 = load_weights(b), b1 = load_weights(b + kColumns);
    LN_UNROLL for (size_t m = 0; m < rows; ++m) {
      uint32_t pair;
      memcpy(&pair, a + m * a_stride + 2 * p, sizeof pair);
      const vec x = vec_set(pair);
      tile[m][0] = add_products(tile[m][0], x, b0);
      tile[m][1] = add_products(tile[m][1], x, b1);
    }
  }
  LN_UNROLL for (size_t m = 0; m < rows; ++m) {
    vec_store(sums + m * kColumns, tile[m][0]);
    vec_store(sums + m * kColumns + kLanes, tile[m][1]);
  }
}

#define LN_CASE(n)                              \
  case n:                                       \
    tile_s16s8(n, pairs, a, a_stride, b, sums); \
    return;

static void run_s16s8(size_t rows, size_t pairs, const int16_t* a, size_t a_stride, const int8_t* b, int32_t* sums) {
  switch (rows) {
    LN_CASES
    default:
      return;
  }
}
