/* Winograd's convolutions of bytes for one width of vectors: a template. The including file defines LN_V (the vector),
 * LN_OP (an intrinsic's name by its operation), kWords (its 16-bit lanes), kLanes (its 32-bit lanes), and
 *   load, store                  of a vector
 *   load_bytes(p, n, flip)       n <= kWords bytes as 16-bit numbers, after an exclusive or
 *   store_words(p, x, n)         n <= kWords 16-bit numbers
 *   multiply(sum, x, w)          sum + the products of 16-bit pairs
 *   broadcast_pair(p)            two 16-bit numbers, again and again
 *   requant_vector(numbers, at, sum), store_pixels(out, stride, x[4], count, n, range)
 * No include guard on purpose. */

enum { IN = LN_WINOGRAD_Q8_IN, OUT = LN_WINOGRAD_Q8_OUT, COLUMNS = LN_WINOGRAD_Q8_COLUMNS };

/* ---- The picture ---- */

LN_INLINE void transform_in(const LN_V d[IN], LN_V t[IN]) {
  const LN_V even = LN_OP(sub_epi16)(d[4], LN_OP(slli_epi16)(d[2], 2));
  const LN_V odd = LN_OP(sub_epi16)(d[3], LN_OP(slli_epi16)(d[1], 2));
  const LN_V far = LN_OP(sub_epi16)(d[4], d[2]), near = LN_OP(slli_epi16)(LN_OP(sub_epi16)(d[3], d[1]), 1);
  t[0] = LN_OP(add_epi16)(LN_OP(slli_epi16)(LN_OP(sub_epi16)(d[0], d[2]), 2), far);
  t[1] = LN_OP(add_epi16)(even, odd);
  t[2] = LN_OP(sub_epi16)(even, odd);
  t[3] = LN_OP(add_epi16)(far, near);
  t[4] = LN_OP(sub_epi16)(far, near);
  t[5] = LN_OP(add_epi16)(LN_OP(slli_epi16)(LN_OP(sub_epi16)(d[1], d[3]), 2), LN_OP(sub_epi16)(d[5], d[3]));
}

/* A tile that lies inside the picture needs no looks at its edges. */
LN_INLINE void in_channels(const ln_winograd_q8_in* t, bool inside, size_t c, size_t n, int16_t* v, size_t step) {
  LN_V half[IN][IN];
  for (size_t x = 0; x < IN; ++x) {
    LN_V d[IN], column[IN];
    LN_UNROLL for (size_t y = 0; y < IN; ++y) {
      const bool exists = inside || (y >= t->y0 && y < t->y1 && x >= t->x0 && x < t->x1);
      d[y] = exists ? load_bytes(t->in + (y - t->y0) * t->row_stride + (x - t->x0) * t->channels + c, n, t->flip)
                    : LN_OP(set1_epi16)(t->outside);
    }
    transform_in(d, column);
    LN_UNROLL for (size_t i = 0; i < IN; ++i) half[i][x] = column[i];
  }
  for (size_t i = 0; i < IN; ++i) {
    LN_V row[IN];
    transform_in(half[i], row);
    LN_UNROLL for (size_t j = 0; j < IN; ++j) store_words(v + (i * IN + j) * step + c, row[j], n);
  }
}

static void in(const ln_winograd_q8_in* t, int16_t* v, size_t step) {
  const bool inside = t->y0 == 0 && t->x0 == 0 && t->y1 == IN && t->x1 == IN;
  for (size_t c = 0; c < t->channels; c += kWords) {
    const size_t n = t->channels - c < kWords ? t->channels - c : kWords;
    if (inside && n == kWords)
      in_channels(t, true, c, kWords, v, step);
    else
      in_channels(t, false, c, n, v, step);
  }
}

/* ---- The products ---- */

/* Tiles fetch the next point's filters, which lie behind this one's: so much of them for each row and pair of channels,
 * in elements times 256. Few lie in the first caches anyway. */
LN_INLINE size_t fetch_of(size_t vectors, const ln_winograd_q8_product* p) {
  enum { kLeastFetched = 64 };
  return p->channels < kLeastFetched ? 0 : (2 * kLanes * vectors << 8) / p->rows;
}

LN_INLINE void tile(size_t rows, size_t vectors, const ln_winograd_q8_product* p, size_t first, size_t at,
                    size_t fetch) {
  const int16_t *a = p->a + first * p->a_stride, *b = p->b + at * p->channels;
  const size_t width = (p->columns + kLanes - 1) / kLanes * kLanes, pair = 2 * kLanes * vectors;
  const int16_t* ahead = b + width * p->channels + (fetch * first * (p->channels / 2) >> 8);
  const size_t ahead_step = (fetch * rows >> 8) + 1;
  LN_V sums[kMaxRows][kMaxVectors];
  LN_UNROLL for (size_t m = 0; m < rows; ++m) {
    LN_UNROLL for (size_t v = 0; v < vectors; ++v) sums[m][v] = LN_OP(set1_epi32)(0);
  }
  for (size_t k = 0; k < p->channels; k += 2, b += pair, ahead += ahead_step) {
    LN_V w[kMaxVectors];
    LN_PREFETCH_FAR(ahead);
    LN_UNROLL for (size_t v = 0; v < vectors; ++v) w[v] = load(b + 2 * kLanes * v);
    LN_UNROLL for (size_t m = 0; m < rows; ++m) {
      const LN_V x = broadcast_pair(a + m * p->a_stride + k);
      LN_UNROLL for (size_t v = 0; v < vectors; ++v) sums[m][v] = multiply(sums[m][v], x, w[v]);
    }
  }
  LN_UNROLL for (size_t m = 0; m < rows; ++m) {
    LN_UNROLL for (size_t v = 0; v < vectors; ++v)
        store(p->c + (first + m) * p->c_stride + at + v * kLanes, sums[m][v]);
  }
}

#define LN_ROWS(count, vectors) \
  for (; m + (count) <= p->rows; m += (count)) tile(count, vectors, p, m, at, fetch);
#define LN_PRODUCT(most, vectors)                                                      \
  static void product_##vectors(const ln_winograd_q8_product* p, size_t at) {          \
    const size_t fetch = fetch_of(vectors, p);                                         \
    size_t m = 0;                                                                      \
    LN_ROWS(most, vectors) LN_ROWS(4, vectors) LN_ROWS(2, vectors) LN_ROWS(1, vectors) \
  }

/* Of whole panels: tiles of at most six rows, of even heights, as a last one of a row or two would wait for its own
 * sums. */
typedef void (*tile_of_rows)(const ln_winograd_q8_product* p, size_t first, size_t at, size_t fetch);

LN_INLINE void even_tiles(const ln_winograd_q8_product* p, size_t at, size_t fetch, const tile_of_rows tiles[]) {
  const size_t count = (p->rows + 5) / 6, rows = p->rows / count, higher = p->rows % count;
  for (size_t t = 0, first = 0; t < count; ++t) {
    const size_t height = rows + (t < higher);
    tiles[height - 1](p, first, at, fetch);
    first += height;
  }
}

#define LN_TILE(rows, vectors)                                                                                  \
  LN_NOINLINE static void tile_##rows(const ln_winograd_q8_product* p, size_t first, size_t at, size_t fetch) { \
    tile(rows, vectors, p, first, at, fetch);                                                                   \
  }
#define LN_EVEN_PRODUCT(vectors)                                                           \
  LN_TILE(1, vectors)                                                                      \
  LN_TILE(2, vectors)                                                                      \
  LN_TILE(3, vectors)                                                                      \
  LN_TILE(4, vectors)                                                                      \
  LN_TILE(5, vectors)                                                                      \
  LN_TILE(6, vectors)                                                                      \
  static void product_##vectors(const ln_winograd_q8_product* p, size_t at) {              \
    static const tile_of_rows kTiles[] = {tile_1, tile_2, tile_3, tile_4, tile_5, tile_6}; \
    even_tiles(p, at, fetch_of(vectors, p), kTiles);                                       \
  }

/* ---- The results ---- */

/* By 1/2^e of winograd_q8.c's kOut, which is exact; `e` comes back in the shift at the end. */
LN_INLINE void transform_out(const LN_V m[IN], LN_V t[OUT]) {
  const LN_V sum1 = LN_OP(add_epi32)(m[1], m[2]), difference1 = LN_OP(sub_epi32)(m[1], m[2]);
  const LN_V sum2 = LN_OP(add_epi32)(m[3], m[4]), difference2 = LN_OP(sub_epi32)(m[3], m[4]);
  const LN_V start = LN_OP(sub_epi32)(m[0], LN_OP(add_epi32)(sum1, sum1));
  const LN_V end = LN_OP(add_epi32)(difference2, m[5]);
  t[0] = LN_OP(add_epi32)(LN_OP(add_epi32)(start, start), sum2);
  t[1] = LN_OP(sub_epi32)(difference2, LN_OP(add_epi32)(difference1, difference1));
  t[2] = LN_OP(sub_epi32)(sum2, sum1);
  t[3] = LN_OP(sub_epi32)(LN_OP(add_epi32)(end, end), difference1);
}

LN_INLINE void out_vector(const ln_winograd_q8_out* t, size_t rows, size_t columns, size_t n, const int32_t* m,
                          size_t step) {
  static const int kShift[OUT] = {3, 2, 1, 1};
  const LN_V ninth = LN_OP(set1_epi32)(0x38e38e39);
  LN_V half[OUT][IN];
  for (size_t j = 0; j < IN; ++j) {
    LN_V d[IN], column[OUT];
    LN_UNROLL for (size_t i = 0; i < IN; ++i) d[i] = load(m + (i * IN + j) * step + n);
    transform_out(d, column);
    LN_UNROLL for (size_t y = 0; y < OUT; ++y) half[y][j] = column[y];
  }
  const size_t count = t->channels - n < kLanes ? t->channels - n : kLanes;
  const byte_range range = byte_range_of(t->numbers);
  for (size_t y = 0; y < rows; ++y) {
    const __m128i shift_y = _mm_cvtsi32_si128(kShift[y]);
    LN_V row[OUT];
    transform_out(half[y], row);
    LN_UNROLL for (size_t x = 0; x < OUT; ++x) row[x] =
        LN_OP(sra_epi32)(LN_OP(srai_epi32)(LN_OP(mullo_epi32)(row[x], ninth), kShift[x]), shift_y);
    if (t->sums != NULL) {
      for (size_t x = 0; x < columns; ++x) store(t->sums + (OUT * y + x) * COLUMNS + n, row[x]);
      continue;
    }
    LN_UNROLL for (size_t x = 0; x < OUT; ++x) row[x] = requant_vector(t->numbers, n, row[x]);
    store_pixels(t->out + y * t->row_stride + n, t->pixel_stride, row, columns, count, &range);
  }
}

static void out(const ln_winograd_q8_out* t, const int32_t* m, size_t step) {
  for (size_t n = 0; n < t->channels; n += kLanes) {
    if (t->rows == OUT && t->columns == OUT)
      out_vector(t, OUT, OUT, n, m, step);
    else
      out_vector(t, t->rows, t->columns, n, m, step);
  }
}
