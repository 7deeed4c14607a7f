/* Depthwise convolution of bytes, what dwconv_q8_lanes.h leaves to the width of a block: a template, included by
 * dwconv_q8_vnni.h. Columns are interleaved before, and bytes put in order behind. No include guard on purpose. */

LN_INLINE void LN_NAME(put_column)(const LN_V x[4], pieces* p, size_t at) {
  LN_UNROLL for (size_t v = 0; v < 4; ++v) {
    char* to = (char*)&p->columns[v * LN_BYTES / 64][at];
    LN_STORE((uint8_t*)to + v * LN_BYTES % 64, x[v]);
  }
}

LN_INLINE void LN_NAME(interleave_column)(size_t rows, LN_V r[4], pieces* p, size_t at) {
  LN_V twos[4], columns[4];
  LN_UNROLL for (size_t s = rows; s < 4; ++s) r[s] = r[s % rows];
  LN_NAME(twos_of)(r, twos);
  LN_UNROLL for (size_t v = 0; v < 4; ++v) columns[v] = LN_NAME(fours)(twos, v);
  LN_NAME(put_column)(columns, p, at);
}

/* The columns of a stretch. */
typedef struct LN_NAME(columns) {
  int64_t first, step;
  size_t count, groups, channels, base; /* the first one's place */
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
  for (; x < count && column < 0; ++x, column += step) LN_NAME(put_column)(outside, p, what->base + groups * x + group);
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
    LN_NAME(interleave_column)(rows, r, p, what->base + groups * x + group);
  }
  if (LN_HALF > 0 && x < count && column < c->width) {
    LN_UNROLL for (size_t s = 0; s < rows; ++s) r[s] =
        LN_XOR(LN_LOAD_MORE(what->channels, at[s] + places[alike ? 0 : s]), flip);
    LN_NAME(interleave_column)(rows, r, p, what->base + groups * x + group);
    ++x;
  }
  for (; x < count; ++x) LN_NAME(put_column)(outside, p, what->base + groups * x + group);
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

/* Four channels of four results each become sixteen of one, within 128 bits. */
LN_INLINE void LN_NAME(sixteens)(const LN_V x[4], LN_V results[4]) {
  const LN_V a = LN_OP(unpacklo_epi32)(x[0], x[1]), b = LN_OP(unpacklo_epi32)(x[2], x[3]);
  const LN_V d = LN_OP(unpackhi_epi32)(x[0], x[1]), e = LN_OP(unpackhi_epi32)(x[2], x[3]);
  results[0] = LN_OP(unpacklo_epi64)(a, b);
  results[1] = LN_OP(unpackhi_epi64)(a, b);
  results[2] = LN_OP(unpacklo_epi64)(d, e);
  results[3] = LN_OP(unpackhi_epi64)(d, e);
}

/* Where a block is wider than its pixels, it writes some of the next pixel, which then comes; but not pixel `last`. */
LN_INLINE void LN_NAME(store_fours)(size_t lines, const pieces* p, size_t count, size_t last, size_t channels,
                                    size_t first, uint8_t* out, size_t stride, size_t line) {
  for (size_t j = 0; j < count * lines; j += 4) {
    const uint8_t* from = (const uint8_t*)p->bytes[first + j / 4];
    LN_V x[4], results[4];
    LN_UNROLL for (size_t v = 0; v < 4; ++v) x[v] = LN_LOAD(from + v * LN_BYTES);
    LN_NAME(sixteens)(x, results);
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

/* What a block's lines have in common. */
typedef struct LN_NAME(lines_run) {
  const struct lane_case* is;
  const block_head* head;
  const ln_dwconv_q8_stretch* s;
  size_t first, channels; /* of the block */
  size_t at_once;         /* lines in a set */
} LN_NAME(lines_run);

/* A set's lines, the last one's may be fewer. */
LN_INLINE size_t LN_NAME(lines_from)(const LN_NAME(lines_run) * r, size_t line) {
  const size_t left = r->s->lines - line;
  return left < r->at_once ? left : r->at_once;
}

/* Pixels begin to begin + count of some sets of lines. */
LN_INLINE void LN_NAME(interleave_sets)(const LN_NAME(lines_run) * r, size_t first_line, size_t sets, size_t begin,
                                        size_t count, pieces* p) {
  const ln_dwconv_q8_stretch* s = r->s;
  const size_t slide = (size_t)s->slide, groups = r->is->groups;
  LN_NAME(columns)
  columns = {s->first + (int64_t)(begin * slide) * s->step,
             s->step,
             (count - 1) * slide + r->is->width,
             groups,
             r->channels,
             0,
             s->in_flip};
  for (size_t set = 0; set < sets; ++set, columns.base += groups * columns.count) {
    const size_t line = first_line + set * r->at_once;
    const size_t lines = LN_NAME(lines_from)(r, line);
    cursor c;
    start(&c, s, line * s->line_step, slots_of_line(r->head) + (lines - 1) * s->line_step, r->head, r->first);
    for (size_t g = 0; g < groups; ++g) LN_NAME(interleave_group)(&columns, &c, g, p);
  }
}

/* Of each set some lines, which are made side by side. */
static void LN_NAME(make_lines)(const LN_NAME(lines_run) * r, lane_task* t, size_t first_line, size_t begin,
                                size_t count) {
  const ln_dwconv_q8_stretch* s = r->s;
  const size_t last = s->count - begin - 1;
  uint8_t* out = s->out + begin * s->out_stride + r->first;
  (t->lines == 1 ? r->is->one : r->is->run)(t, count);
  for (size_t set = t->first_set; set < t->end_set; ++set) {
    uint8_t* to = out + (first_line + set * r->at_once) * s->out_line;
    const size_t fours = set * t->set_fours;
    if (t->lines == 1)
      LN_NAME(store_fours)(1, t->pieces, count, last, r->channels, fours, to, s->out_stride, s->out_line);
    else
      LN_NAME(store_fours)(2, t->pieces, count, last, r->channels, fours, to, s->out_stride, s->out_line);
  }
}

/* Sets of lines, from line `first_line` on. */
LN_INLINE void LN_NAME(make_sets)(const LN_NAME(lines_run) * r, lane_task* t, size_t first_line, size_t sets,
                                  size_t begin, size_t count) {
  const size_t of_last = LN_NAME(lines_from)(r, first_line + (sets - 1) * r->at_once);
  size_t together;
  LN_NAME(interleave_sets)(r, first_line, sets, begin, count, t->pieces);
  t->set_columns = r->is->groups * ((count - 1) * r->is->slide + r->is->width);
  for (size_t line = 0; line < r->at_once; line += together) {
    together = r->at_once - line < r->is->together ? 1 : r->is->together;
    t->slot = line * r->s->line_step;
    t->lines = together;
    t->set_fours = (count * together + 3) / 4;
    t->first_set = 0;
    t->end_set = line + together <= of_last ? sets : sets - 1;
    if (t->end_set > 0) LN_NAME(make_lines)(r, t, first_line + line, begin, count);
    if (t->end_set == sets || line >= of_last) continue;
    t->lines = 1;
    t->first_set = sets - 1;
    t->end_set = sets;
    LN_NAME(make_lines)(r, t, first_line + line, begin, count);
  }
}

static void LN_NAME(all_lines)(const LN_NAME(lines_run) * r) {
  const ln_dwconv_q8_stretch* s = r->s;
  const size_t width = r->is->width, slide = (size_t)s->slide, most = (kMostColumns - width) / slide + 1,
               parts = (s->count + most - 1) / most, columns = (s->count - 1) * slide + width,
               fit = parts > 1 ? 1 : kMostColumns / columns;
  pieces p;
  lane_task task = {.block = (const char*)(r->head + 1),
                    .apart = 4 * LN_BYTES,
                    .vectors = LN_BYTES / 16,
                    .width = width,
                    .groups = r->is->groups,
                    .parts = r->is->parts,
                    .slide = slide,
                    .line_step = s->line_step,
                    .finish = (finish_kind)r->head->finish,
                    .is_narrow = s->range.low > 0 || s->range.high < UINT8_MAX,
                    .out = &s->range,
                    .pieces = &p};
  for (size_t line = 0; line < s->lines; line += fit * r->at_once) {
    const size_t left = (s->lines - line + r->at_once - 1) / r->at_once, sets = left < fit ? left : fit;
    size_t begin = 0;
    for (size_t part = 1; part <= parts; ++part) {
      const size_t end = s->count * part / parts;
      LN_NAME(make_sets)(r, &task, line, sets, begin, end - begin);
      begin = end;
    }
  }
}

static bool LN_NAME(lines)(size_t width, const block_head* head, size_t first, size_t count,
                           const ln_dwconv_q8_stretch* s) {
  /* With stride 2 each column serves few results. */
  if (LN_BYTES == 64 && width == 7 && s->slide == 2) return false;
  const bool takes = count == LN_BYTES || (LN_HALF > 0 && count > LN_HALF && s->out_stride == count);
  const struct lane_case* is = takes ? lane_case_of(width, head->groups / head->parts, head->parts, s->slide) : NULL;
  if (is == NULL) return false;
  const LN_NAME(lines_run) run = {is, head, s, first, count, lines_at_once(head, s->line_step)};
  LN_NAME(all_lines)(&run);
  return true;
}
