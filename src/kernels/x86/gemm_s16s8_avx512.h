/* The tile that the two AVX-512 rungs of the integer gemm share; the including file says with LN_TILE_ADD how a pair is
 * multiplied and added. No include guard on purpose: it is a template. */

LN_INLINE void tile_s16s8(size_t rows, size_t pairs, const int16_t* a, size_t a_stride, const int8_t* b,
                          int32_t* sums) {
  __m512i tile[kRows][2];
  LN_UNROLL for (size_t m = 0; m < rows; ++m) tile[m][0] = tile[m][1] = _mm512_setzero_si512();
  for (size_t p = 0; p < pairs; ++p, b += 2 * kColumns) {
    const __m512i b0 = _mm512_cvtepi8_epi16(_mm256_loadu_si256((const __m256i*)(const void*)b));
    const __m512i b1 = _mm512_cvtepi8_epi16(_mm256_loadu_si256((const __m256i*)(const void*)(b + 32)));
    LN_UNROLL for (size_t m = 0; m < rows; ++m) {
      int32_t pair;
      memcpy(&pair, a + m * a_stride + 2 * p, sizeof pair);
      const __m512i x = _mm512_set1_epi32(pair);
      tile[m][0] = LN_TILE_ADD(tile[m][0], x, b0);
      tile[m][1] = LN_TILE_ADD(tile[m][1], x, b1);
    }
  }
  LN_UNROLL for (size_t m = 0; m < rows; ++m) {
    _mm512_storeu_si512(sums + m * kColumns, tile[m][0]);
    _mm512_storeu_si512(sums + m * kColumns + 16, tile[m][1]);
  }
}

static void run_s16s8(size_t rows, size_t pairs, const int16_t* a, size_t a_stride, const int8_t* b, int32_t* sums) {
#define LN_CASE(n)                              \
  case n:                                       \
    tile_s16s8(n, pairs, a, a_stride, b, sums); \
    return;
  switch (rows) {
    LN_CASE(12)
    LN_CASE(11)
    LN_CASE(10)
    LN_CASE(9)
    LN_CASE(8)
    LN_CASE(7)
    LN_CASE(6)
    LN_CASE(5)
    LN_CASE(4)
    LN_CASE(3)
    LN_CASE(2)
    LN_CASE(1)
    default:
      return;
  }
#undef LN_CASE
}
