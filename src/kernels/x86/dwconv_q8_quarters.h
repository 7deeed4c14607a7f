/* Depthwise convolution of bytes with AVX-VNNI, windows 5 and 7 wide, which have more sums than there are registers:
 * the columns of some pixels are interleaved to memory first, then four pixels are made at once of a quarter of the
 * channels, whose weights stay in registers. A part of dwconv_q8_avxvnni.c. */
#ifndef LN_KERNELS_X86_DWCONV_Q8_QUARTERS_H_
#define LN_KERNELS_X86_DWCONV_Q8_QUARTERS_H_

enum { kMostColumns = 36, kGroups = 2, kPixels = 4 };

typedef struct quarter_pieces {
  __m256i columns[kMostColumns][kGroups][4];
  __m256i sums[kMostColumns][4];
} quarter_pieces;

LN_INLINE __m256i quarter_load(const void* p) { return _mm256_loadu_si256((const __m256i*)p); }

/* `more`: so many slots of the second group are in use. */
LN_INLINE void quarter_columns(size_t more, size_t count, const cursor* c, const ln_dwconv_q8_stretch* s, int64_t first,
                               quarter_pieces* p) {
  const __m256i flip = _mm256_set1_epi8((char)s->in_flip);
  cursor own;
  start_own(&own, c, kGroups, first);
  for (size_t x = 0; x < count; ++x, own.column += s->step, own.place += (size_t)s->step * c->stride) {
    LN_UNROLL for (size_t g = 0; g < kGroups; ++g) {
      __m256i twos[4];
      wide_column(g == 0 ? 4 : more, &own, g, flip, kAll, 32, twos);
      LN_UNROLL for (size_t v = 0; v < 4; ++v) p->columns[x][g][v] = wide_fours(twos, v);
    }
  }
}

/* The sums of vector v, of four pixels at a time. There are at least four; the last ones may be made twice. */
LN_INLINE void quarter_sums(size_t width, size_t slide, size_t count, const wide_block* b, size_t v,
                            quarter_pieces* p) {
  __m256i w[7][kGroups];
  LN_UNROLL for (size_t x = 0; x < width; ++x) LN_UNROLL for (size_t g = 0; g < kGroups; ++g) w[x][g] =
      quarter_load(b->weights[x * kGroups + g][v]);
  for (size_t j = 0; j < count; j += kPixels) {
    if (j > count - kPixels) j = count - kPixels;
    const __m256i* from = &p->columns[j * slide][0][v];
    __m256i sums[kPixels];
    LN_UNROLL for (size_t i = 0; i < kPixels; ++i) sums[i] = quarter_load(b->bias[v]);
    LN_UNROLL for (size_t x = 0; x < (kPixels - 1) * slide + width; ++x)
        LN_UNROLL for (size_t g = 0; g < kGroups; ++g) {
      __m256i column = from[4 * (x * kGroups + g)];
      LN_KEEP(column);
      LN_UNROLL for (size_t i = 0; i < kPixels; ++i) {
        if (x < i * slide || x - i * slide >= width) continue;
        sums[i] = dpbusd_256(sums[i], column, w[x - i * slide][g]);
      }
    }
    LN_UNROLL for (size_t i = 0; i < kPixels; ++i) p->sums[j + i][v] = sums[i];
  }
}

LN_INLINE void quarter_run(size_t width, size_t slide, const wide_block* b, const cursor* c,
                           const ln_dwconv_q8_stretch* s, uint8_t* out) {
  const size_t most = (kMostColumns - width) / slide + 1, parts = (s->count + most - 1) / most;
  const wide_range range = wide_range_of(&s->range);
  quarter_pieces p;
  size_t begin = 0;
  for (size_t part = 1; part <= parts; ++part) {
    const size_t end = s->count * part / parts, count = end - begin, columns = (count - 1) * slide + width;
    const int64_t first = s->first + (int64_t)(begin * slide) * s->step;
    if (c->slots == 5)
      quarter_columns(1, columns, c, s, first, &p);
    else if (c->slots <= 7)
      quarter_columns(3, columns, c, s, first, &p);
    else
      quarter_columns(4, columns, c, s, first, &p);
    for (size_t v = 0; v < 4; ++v) quarter_sums(width, slide, count, b, v, &p);
    for (size_t j = 0; j < count; ++j, out += s->out_stride)
      wide_finish(b, c->finish, p.sums[j], &range, &s->range, out, kAll, 32);
    begin = end;
  }
}

#define LN_QUARTERS(width, slide)                                                                      \
  LN_NOINLINE static void quarter_run_##width##_##slide(const wide_block* b, const cursor* c,          \
                                                        const ln_dwconv_q8_stretch* s, uint8_t* out) { \
    quarter_run(width, slide, b, c, s, out);                                                           \
  }
LN_QUARTERS(5, 1)
LN_QUARTERS(5, 2)
LN_QUARTERS(7, 1)
LN_QUARTERS(7, 2)

static void wide_either(size_t width, size_t groups, size_t count, const void* packed, cursor* c,
                        const ln_dwconv_q8_stretch* s, uint8_t* out) {
  const bool takes = groups == kGroups && c->slots > 4 && s->count >= kPixels;
  if (takes && width == 5 && s->slide == 1)
    quarter_run_5_1(packed, c, s, out);
  else if (takes && width == 5 && s->slide == 2)
    quarter_run_5_2(packed, c, s, out);
  else if (takes && width == 7 && s->slide == 1)
    quarter_run_7_1(packed, c, s, out);
  else if (takes && width == 7 && s->slide == 2)
    quarter_run_7_2(packed, c, s, out);
  else
    wide_run(width, groups, count, packed, c, s, out);
}

#endif
