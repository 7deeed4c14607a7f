/* Depthwise convolution of bytes with vpdpbusd where the window has more taps than registers have room for beside the
 * sums: a template, included by dwconv_q8_vnni.h. The columns of a stretch are interleaved first, to memory; then one
 * of the four vectors after the other keeps its weights and numbers in registers, and makes four pixels at once. No
 * include guard on purpose. */

/* Columns that are interleaved at once, and the pixels made of them. */
enum { LN_NAME(most_columns) = 36, LN_NAME(most_fours) = (LN_NAME(most_columns) + 3) / 4 };

typedef struct LN_NAME(pieces) {
  LN_V columns[4][2 * LN_NAME(most_columns)]; /* by vector, column and group */
  LN_V bytes[LN_NAME(most_fours)][4];         /* by four pixels, and vector: the pixels of four channels side by side */
} LN_NAME(pieces);

/* Four pixels of one vector, `first` the first of their columns. */
LN_INLINE void LN_NAME(four_pixels)(size_t width, size_t slide, finish_kind kind, const LN_V* first, LN_V bias,
                                    const LN_V* w, LN_V scale, LN_V start, const LN_NAME(range) * range, LN_V sums[4],
                                    LN_V r[4]) {
  LN_UNROLL for (size_t i = 0; i < 4; ++i) sums[i] = bias;
  LN_UNROLL for (size_t x = 0; x < 3 * slide + width; ++x) {
    LN_UNROLL for (size_t g = 0; g < 2; ++g) {
      const LN_V column = first[2 * x + g];
      LN_UNROLL for (size_t i = 0; i < 4; ++i) {
        if (x >= slide * i && x - slide * i < width) sums[i] = LN_DPBUSD(sums[i], column, w[2 * (x - slide * i) + g]);
      }
    }
  }
  LN_UNROLL for (size_t i = 0; i < 4; ++i) r[i] =
      kind < kLong ? LN_NAME(short)(kind == kShortAtZero, sums[i], scale, start, range) : sums[i];
}

LN_INLINE LN_V LN_NAME(one_vector)(const LN_NAME(block) * b, finish_kind kind, size_t v, const LN_V sums[4],
                                   const LN_NAME(range) * range) {
  LN_V r[4];
  LN_UNROLL for (size_t i = 0; i < 4; ++i) {
    LN_V sum = sums[i];
    if (kind == kLongLeft) sum = LN_NAME(requant_left)(sum, LN_LOAD(b->left[v]));
    if (kind < kLong) sum = LN_XOR(sum, LN_OP(set1_epi32)(INT32_MIN));
    r[i] = LN_NAME(requant)(sum, LN_LOAD(b->multiplier[v]), LN_LOAD(b->offset[v]), LN_LOAD(b->sign_shift[v]),
                            LN_LOAD(b->shift[v]));
  }
  return LN_NAME(bytes)(LN_OP(packs_epi32)(r[0], r[1]), LN_OP(packs_epi32)(r[2], r[3]), range);
}

LN_NOINLINE static LN_V LN_NAME(one_vector_again)(const LN_NAME(block) * b, size_t v, const LN_V sums[4],
                                                  const ln_requant_q8_out* out) {
  const LN_NAME(range) range = LN_NAME(range_of)(out);
  return LN_NAME(one_vector)(b, kShort, v, sums, &range);
}

/* A column's second group of slots with one row: what the other slots hold is multiplied by 0. */
LN_INLINE void LN_NAME(column_of_one)(const cursor* c, LN_V flip, LN_V x[4]) {
  const bool inside = c->column >= 0 && c->column < c->width;
  const LN_V row = LN_XOR(LN_LOAD(inside ? c->at[4] + (size_t)c->column * c->strides[4] : c->outside), flip);
  const LN_V low = LN_OP(unpacklo_epi8)(row, row), high = LN_OP(unpackhi_epi8)(row, row);
  x[0] = LN_OP(unpacklo_epi16)(low, low);
  x[1] = LN_OP(unpackhi_epi16)(low, low);
  x[2] = LN_OP(unpacklo_epi16)(high, high);
  x[3] = LN_OP(unpackhi_epi16)(high, high);
}

/* The last four of `count` >= 4 pixels may be some that have been made. */
LN_INLINE void LN_NAME(vector_pixels)(size_t width, size_t slide, finish_kind kind, const LN_NAME(block) * b, size_t v,
                                      size_t count, const ln_requant_q8_out* out, LN_NAME(pieces) * p) {
  const LN_NAME(range) range = LN_NAME(range_of)(out);
  const LN_V bias = LN_LOAD(b->bias[v]), scale = LN_LOAD(b->scale[v]), start = LN_LOAD(b->start[v]);
  LN_V w[2 * 7];
  LN_UNROLL for (size_t x = 0; x < width; ++x) LN_UNROLL for (size_t g = 0; g < 2; ++g) w[2 * x + g] =
      LN_LOAD(b->weights[x * 2 + g][v]);
  for (size_t j = 0; j < count; j += 4) {
    const size_t at = j + 4 <= count ? j : count - 4;
    LN_V sums[4], r[4];
    LN_NAME(four_pixels)(width, slide, kind, p->columns[v] + 2 * at * slide, bias, w, scale, start, &range, sums, r);
    if (kind >= kLong) {
      p->bytes[j / 4][v] = LN_NAME(one_vector)(b, kind, v, sums, &range);
    } else if (LN_UNLIKELY(LN_NAME(doubtful)(r))) {
      const LN_V again[4] = {sums[0], sums[1], sums[2], sums[3]};
      p->bytes[j / 4][v] = LN_NAME(one_vector_again)(b, v, again, out);
    } else {
      p->bytes[j / 4][v] = LN_NAME(short_bytes)(r, &range);
    }
  }
}

/* Four channels of four pixels each become sixteen of one, within 128 bits. */
LN_INLINE void LN_NAME(store_fours)(const LN_NAME(pieces) * p, size_t count, uint8_t* out, size_t stride) {
  for (size_t j = 0; j < count; j += 4) {
    const LN_V* x = p->bytes[j / 4];
    uint8_t* to = out + (j + 4 <= count ? j : count - 4) * stride;
    const LN_V a = LN_OP(unpacklo_epi32)(x[0], x[1]), b = LN_OP(unpacklo_epi32)(x[2], x[3]);
    const LN_V d = LN_OP(unpackhi_epi32)(x[0], x[1]), e = LN_OP(unpackhi_epi32)(x[2], x[3]);
    LN_STORE(to, LN_OP(unpacklo_epi64)(a, b));
    LN_STORE(to + stride, LN_OP(unpackhi_epi64)(a, b));
    LN_STORE(to + 2 * stride, LN_OP(unpacklo_epi64)(d, e));
    LN_STORE(to + 3 * stride, LN_OP(unpackhi_epi64)(d, e));
  }
}

LN_INLINE void LN_NAME(lanes_as)(size_t width, size_t slide, finish_kind kind, const LN_NAME(block) * b, cursor* c,
                                 const ln_dwconv_q8_stretch* s, uint8_t* out) {
  const size_t most = (LN_NAME(most_columns) - width) / slide + 1;
  const LN_V flip = LN_OP(set1_epi8)((char)s->in_flip);
  LN_NAME(pieces) p;
  for (size_t j = 0; j < s->count; j += most) {
    /* A rest of fewer than four begins too early. */
    const size_t first = s->count - j < 4 ? s->count - 4 : j, rest = s->count - first,
                 count = rest < most ? rest : most;
    c->column = s->first + (int64_t)(first * slide) * s->step;
    for (size_t x = 0; x < (count - 1) * slide + width; ++x, c->column += s->step) {
      LN_V groups[2][4];
      LN_NAME(column)(c, 0, flip, kAll, LN_BYTES, groups[0]);
      if (c->slots == 5)
        LN_NAME(column_of_one)(c, flip, groups[1]);
      else
        LN_NAME(column)(c, 1, flip, kAll, LN_BYTES, groups[1]);
      LN_UNROLL for (size_t v = 0; v < 4; ++v) {
        p.columns[v][2 * x] = groups[0][v];
        p.columns[v][2 * x + 1] = groups[1][v];
      }
    }
    for (size_t v = 0; v < 4; ++v) LN_NAME(vector_pixels)(width, slide, kind, b, v, count, &s->range, &p);
    LN_NAME(store_fours)(&p, count, out + first * s->out_stride, s->out_stride);
  }
}

/* At least four pixels. */
LN_INLINE void LN_NAME(lanes)(size_t width, size_t slide, const LN_NAME(block) * b, cursor* c,
                              const ln_dwconv_q8_stretch* s, uint8_t* out) {
  if (c->finish == kShortAtZero)
    LN_NAME(lanes_as)(width, slide, kShortAtZero, b, c, s, out);
  else if (c->finish == kShort)
    LN_NAME(lanes_as)(width, slide, kShort, b, c, s, out);
  else if (c->finish == kLong)
    LN_NAME(lanes_as)(width, slide, kLong, b, c, s, out);
  else
    LN_NAME(lanes_as)(width, slide, kLongLeft, b, c, s, out);
}
