/* Depthwise convolution of bytes, what dwconv_q8_lanes.h leaves to the width of a block: a template, included by
 * dwconv_q8_vnni.h. Columns are interleaved before, and bytes put in order behind. No include guard on purpose. */

LN_INLINE void LN_NAME(put_column)(const LN_V x[4], pieces* p, size_t at) {
  LN_UNROLL for (size_t v = 0; v < 4; ++v) {
    char* to = (char*)&p->columns[v * LN_BYTES / 64][at];
    LN_STORE((uint8_t*)to + v * LN_BYTES % 64, x[v]);
  }
}

LN_INLINE void LN_NAME(interleave_column)(size_t rows, LN_V r[4], pieces* p, size_t at) {
  LN_V columns[4];
  LN_UNROLL for (size_t s = rows; s < 4; ++s) r[s] = r[s % rows];
  const LN_V a = LN_OP(unpacklo_epi8)(r[0], r[1]), b = LN_OP(unpacklo_epi8)(r[2], r[3]);
  const LN_V d = LN_OP(unpackhi_epi8)(r[0], r[1]), e = LN_OP(unpackhi_epi8)(r[2], r[3]);
  columns[0] = LN_OP(unpacklo_epi16)(a, b);
  columns[1] = LN_OP(unpackhi_epi16)(a, b);
  columns[2] = LN_OP(unpacklo_epi16)(d, e);
  columns[3] = LN_OP(unpackhi_epi16)(d, e);
  LN_NAME(put_column)(columns, p, at);
}

/* The columns of a stretch. */
typedef struct LN_NAME(columns) {
  int64_t first, step;
  size_t count, groups, channels;
  uint8_t in_flip;
} LN_NAME(columns);

/* A group's columns, of which `rows` slots are in use; what the others hold is multiplied by 0. `rows` and `alike`,
 * whether all rows go on by the same number of bytes, are constants where it is called. Where a block is wider than its
 * pixels, it reads some of the next pixel, but in the last one. */
LN_INLINE void LN_NAME(interleave)(size_t rows, bool alike, const LN_NAME(columns) * what, const cursor* c,
                                   size_t group, pieces* p) {
  const LN_V flip = LN_OP(set1_epi8)((char)what->in_flip);
  const LN_V none = LN_OP(set1_epi8)((char)(c->outside[0] ^ what->in_flip)), outside[4] = {none, none, none, none};
  const size_t groups = what->groups, count = what->count;
  const int64_t step = what->step, end = what->channels < LN_BYTES ? c->width - 1 : c->width;
  const uint8_t* at[4];
  size_t places[4], steps[4], x = 0;
  int64_t column = what->first;
  LN_V r[4];
  for (; x < count && column < 0; ++x, column += step) LN_NAME(put_column)(outside, p, groups * x + group);
  LN_UNROLL for (size_t s = 0; s < rows; ++s) {
    at[s] = c->at[4 * group + s];
    places[s] = (size_t)column * c->strides[4 * group + s];
    steps[s] = (size_t)step * c->strides[4 * group + s];
  }
  for (; x < count && column < end; ++x, column += step) {
    LN_UNROLL for (size_t s = 0; s < rows; ++s) {
      r[s] = LN_XOR(LN_LOAD(at[s] + places[alike ? 0 : s]), flip);
      if (!alike || s + 1 == rows) places[alike ? 0 : s] += steps[alike ? 0 : s];
    }
    LN_NAME(interleave_column)(rows, r, p, groups * x + group);
  }
  if (LN_HALF > 0 && x < count && column < c->width) {
    LN_UNROLL for (size_t s = 0; s < rows; ++s) r[s] =
        LN_XOR(LN_LOAD_MORE(what->channels, at[s] + places[alike ? 0 : s]), flip);
    LN_NAME(interleave_column)(rows, r, p, groups * x + group);
    ++x;
  }
  for (; x < count; ++x) LN_NAME(put_column)(outside, p, groups * x + group);
}

static void LN_NAME(interleave_group)(const LN_NAME(columns) * what, const cursor* c, size_t group, pieces* p) {
  const size_t left = c->slots - 4 * group, rows = left < 4 ? left : 4;
  bool alike = true;
  for (size_t s = 1; s < rows; ++s) alike = alike && c->strides[4 * group + s] == c->strides[4 * group];
#define LN_ROWS(n)                                   \
  if (rows == (n) && alike)                          \
    LN_NAME(interleave)(n, true, what, c, group, p); \
  else if (rows == (n))                              \
    LN_NAME(interleave)(n, false, what, c, group, p);
  LN_ROWS(4)
  LN_ROWS(3)
  LN_ROWS(2)
  LN_ROWS(1)
#undef LN_ROWS
}

/* Four channels of four results each become sixteen of one, within 128 bits. Where a block is wider than its pixels, it
 * writes some of the next pixel, which then comes; but not pixel `last`. */
LN_INLINE void LN_NAME(store_fours)(size_t lines, const pieces* p, size_t count, size_t last, size_t channels,
                                    uint8_t* out, size_t stride, size_t line) {
  for (size_t j = 0; j < count * lines; j += 4) {
    const uint8_t* from = (const uint8_t*)p->bytes[j / 4];
    LN_V x[4];
    LN_UNROLL for (size_t v = 0; v < 4; ++v) x[v] = LN_LOAD(from + v * LN_BYTES);
    const LN_V a = LN_OP(unpacklo_epi32)(x[0], x[1]), b = LN_OP(unpacklo_epi32)(x[2], x[3]);
    const LN_V d = LN_OP(unpackhi_epi32)(x[0], x[1]), e = LN_OP(unpackhi_epi32)(x[2], x[3]);
    const LN_V results[4] = {LN_OP(unpacklo_epi64)(a, b), LN_OP(unpackhi_epi64)(a, b), LN_OP(unpacklo_epi64)(d, e),
                             LN_OP(unpackhi_epi64)(d, e)};
    LN_UNROLL for (size_t i = 0; i < 4; ++i) {
      uint8_t* to = out + (j + i) / lines * stride + i % lines * line;
      if (j + i >= count * lines) break;
      if (LN_HALF > 0 && channels < LN_BYTES && (j + i) / lines == last)
        LN_STORE_MORE(to, channels, results[i]);
      else
        LN_STORE(to, results[i]);
    }
  }
}

static void LN_NAME(all_lines)(const struct lane_case* is, size_t channels, const void* packed, const cursor* c,
                               const ln_dwconv_q8_stretch* s, uint8_t* out) {
  const size_t width = is->width, groups = is->groups;
  const size_t slide = (size_t)s->slide, most = (kMostColumns - width) / slide + 1,
               parts = (s->count + most - 1) / most;
  size_t begin = 0;
  pieces p;
  lane_task task = {.block = packed,
                    .apart = 4 * LN_BYTES,
                    .vectors = LN_BYTES / 16,
                    .width = width,
                    .groups = groups,
                    .parts = is->parts,
                    .slide = slide,
                    .line_step = c->line_step,
                    .finish = c->finish,
                    .out = &s->range,
                    .pieces = &p};
  for (size_t part = 1; part <= parts; ++part) {
    const size_t end = s->count * part / parts, pixels = end - begin;
    const LN_NAME(columns) columns = {s->first + (int64_t)(begin * slide) * s->step,
                                      s->step,
                                      (pixels - 1) * slide + width,
                                      groups,
                                      channels,
                                      s->in_flip};
    for (size_t g = 0; g < groups; ++g) LN_NAME(interleave_group)(&columns, c, g, &p);
    for (size_t line = 0; line < c->lines; line += task.lines) {
      uint8_t* to = out + begin * s->out_stride + line * s->out_line;
      task.lines = c->lines - line < is->together ? 1 : is->together;
      task.slot = line * c->line_step;
      (task.lines == 1 ? is->one : is->run)(&task, pixels);
      if (task.lines == 1)
        LN_NAME(store_fours)(1, &p, pixels, s->count - begin - 1, channels, to, s->out_stride, s->out_line);
      else
        LN_NAME(store_fours)(2, &p, pixels, s->count - begin - 1, channels, to, s->out_stride, s->out_line);
    }
    begin = end;
  }
}

static bool LN_NAME(lines)(size_t width, size_t groups, size_t count, const void* packed, const cursor* c,
                           const ln_dwconv_q8_stretch* s, uint8_t* out) {
  /* With stride 2 each column serves few results, and 64 channels, and sixteen in their own way, are as fast without
   * this. */
  const bool slow = s->slide == 2 && (LN_BYTES == 64 ? width != 5 : count == 16 && width == 3);
  if (slow) return false;
  const bool takes = count == LN_BYTES || (LN_HALF > 0 && count > LN_HALF && s->out_stride == count);
  const struct lane_case* is = takes ? lane_case_of(width, groups / c->parts, c->parts, s->slide) : NULL;
  if (is != NULL) LN_NAME(all_lines)(is, count, packed, c, s, out);
  return is != NULL;
}
