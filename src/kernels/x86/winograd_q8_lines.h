/* Lines of Winograd's convolutions of bytes on 256 bits, over what winograd_q8_256.h defines. No include guard on
 * purpose. */

enum { LINE_IN = LN_WINOGRAD_Q8_LINE_IN, LINE_OUT = LN_WINOGRAD_Q8_LINE_OUT };

/* high + middle * p + low * q */
LN_INLINE __m256i square_of(__m256i high, __m256i middle, int p, __m256i low, int q) {
  return _mm256_add_epi16(_mm256_add_epi16(high, _mm256_mullo_epi16(middle, _mm256_set1_epi16((int16_t)p))),
                          _mm256_mullo_epi16(low, _mm256_set1_epi16((int16_t)q)));
}

LN_INLINE void transform_line_in(const __m256i d[LINE_IN], __m256i t[LINE_IN]) {
  static const int middles[3] = {-13, -10, -5}, lows[3] = {36, 9, 4};
  LN_UNROLL for (size_t i = 0; i < 2; ++i) {
    const __m256i start = _mm256_mullo_epi16(d[i], _mm256_set1_epi16(-36));
    t[7 * i] = _mm256_add_epi16(square_of(d[i + 6], d[i + 4], -14, d[i + 2], 49), start);
  }
  LN_UNROLL for (size_t i = 0; i < 3; ++i) {
    const __m256i even = square_of(d[6], d[4], middles[i], d[2], lows[i]);
    const __m256i once = square_of(d[5], d[3], middles[i], d[1], lows[i]);
    const __m256i odd = _mm256_mullo_epi16(once, _mm256_set1_epi16((int16_t)(i + 1)));
    t[2 * i + 1] = _mm256_add_epi16(even, odd);
    t[2 * i + 2] = _mm256_sub_epi16(even, odd);
  }
}

static void line_in(const ln_winograd_q8_in* t, int16_t* v, size_t step) {
  for (size_t c = 0; c < t->channels; c += kWords) {
    const size_t n = t->channels - c < kWords ? t->channels - c : kWords;
    __m256i d[LINE_IN], to[LINE_IN];
    LN_UNROLL for (size_t y = 0; y < LINE_IN; ++y) d[y] =
        y >= t->y0 && y < t->y1 ? load_bytes(t->in + (y - t->y0) * t->row_stride + c, n, t->flip)
                                : _mm256_set1_epi16(t->outside);
    transform_line_in(d, to);
    LN_UNROLL for (size_t i = 0; i < LINE_IN; ++i) store_words(v + i * step + c, to[i], n);
  }
}

LN_INLINE __m256i times(__m256i x, int factor) { return _mm256_mullo_epi32(x, _mm256_set1_epi32(factor)); }

/* 5 p + q * x + r * y, by the inverse of 15 and without the 16 that is left. */
LN_INLINE __m256i line_result(__m256i five, __m256i x, int q, __m256i y) {
  const __m256i sum = _mm256_add_epi32(_mm256_sub_epi32(five, _mm256_slli_epi32(x, q)), y);
  return _mm256_srai_epi32(times(sum, (int)0xeeeeeeef), 4);
}

LN_INLINE void transform_line_out(const __m256i m[LINE_IN], __m256i t[LINE_OUT]) {
  __m256i sum[3], difference[3];
  LN_UNROLL for (size_t i = 0; i < 3; ++i) {
    sum[i] = _mm256_add_epi32(m[2 * i + 1], m[2 * i + 2]);
    difference[i] = _mm256_sub_epi32(m[2 * i + 1], m[2 * i + 2]);
  }
  const __m256i sums = _mm256_add_epi32(sum[0], _mm256_slli_epi32(sum[0], 2));
  const __m256i differences = _mm256_add_epi32(difference[0], _mm256_slli_epi32(difference[0], 2));
  const __m256i first =
      _mm256_add_epi32(_mm256_sub_epi32(times(sums, 3), times(m[0], 20)), _mm256_sub_epi32(sum[2], times(sum[1], 6)));
  t[0] = _mm256_srai_epi32(times(first, (int)0xa4fa4fa5), 4);
  t[1] = line_result(differences, difference[1], 2, difference[2]);
  t[2] = line_result(sums, sum[1], 3, times(sum[2], 3));
  t[3] = line_result(differences, difference[1], 4, times(difference[2], 9));
  t[4] = line_result(sums, sum[1], 5, times(sum[2], 27));
  t[5] = line_result(differences, difference[1], 6, _mm256_add_epi32(times(difference[2], 81), times(m[7], 240)));
}

static void line_out(const ln_winograd_q8_out* t, const int32_t* m, size_t step) {
  const byte_range range = byte_range_of(t->numbers);
  for (size_t n = 0; n < t->channels; n += kLanes) {
    const size_t count = t->channels - n < kLanes ? t->channels - n : kLanes;
    __m256i d[LINE_IN], row[LINE_OUT + 2];
    LN_UNROLL for (size_t i = 0; i < LINE_IN; ++i) d[i] = load(m + i * step + n);
    transform_line_out(d, row);
    if (t->sums != NULL) {
      for (size_t y = 0; y < t->rows && y < LINE_OUT; ++y) store(t->sums + y * COLUMNS + n, row[y]);
      continue;
    }
    LN_UNROLL for (size_t y = 0; y < LINE_OUT; ++y) row[y] = requant_vector(t->numbers, n, row[y]);
    row[6] = row[7] = row[5];
    store_pixels(t->out + n, t->row_stride, row, t->rows, count, &range);
    if (t->rows > 4) store_pixels(t->out + 4 * t->row_stride + n, t->row_stride, row + 4, t->rows - 4, count, &range);
  }
}
