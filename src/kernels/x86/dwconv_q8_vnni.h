/* Depthwise convolution of bytes with vpdpbusd, for one width of vectors: a template, included once a width by
 * dwconv_q8_avx512vnni.c and dwconv_q8_avxvnni.c; dwconv_q8_slots.h describes it. No include guard on purpose. */

typedef struct LN_NAME(block) {
  uint32_t bias[4][LN_BYTES / 4], multiplier[4][LN_BYTES / 4], offset[4][LN_BYTES / 4], sign_shift[4][LN_BYTES / 4],
      shift[4][LN_BYTES / 4], left[4][LN_BYTES / 4];
  float scale[4][LN_BYTES / 4], start[4][LN_BYTES / 4];
  int8_t weights[][4][LN_BYTES]; /* [width][groups] */
} LN_NAME(block);

#ifndef LN_SHORT_ORDER /* bytes of LN_UPPER_WORDS in the order that packing leaves */
#define LN_SHORT_ORDER(packed) (packed)
#endif
#include "kernels/x86/requant_q8_body.h"
#if LN_WITH_LANES && LN_BYTES == 64
#include "kernels/x86/dwconv_q8_lanes.h"
#endif

static bool LN_NAME(pack)(const ln_dwconv_q8_filter* f, size_t first, size_t count, block_head* head, void* packed) {
  LN_NAME(block)* b = packed;
  const bool two_halves = !LN_WITH_LANES && LN_HALF > 0 && count > LN_HALF;
  bool any_left = false, all_short = true;
  for (size_t lane = 0; lane < LN_BYTES / 4; ++lane)
    for (size_t v = 0; v < 4; ++v) b->start[v][lane] = ln_requant_q8_no_start(&f->range);
  for (size_t at = 0; at < (two_halves ? LN_BYTES : count); ++at) {
    const size_t channel = first + (two_halves && 2 * at >= LN_BYTES ? at + count - LN_BYTES : at);
    /* Interleaving works within 128 bits: vector v has the channels v * 4 to v * 4 + 3 of every sixteen. */
    const size_t v = at / 4 % 4, lane = at / 16 * 4 + at % 4;
    ln_requant_q8 n;
    ln_requant_q8_short s = {0, 0};
    if (!ln_dwconv_q8_channel(f, channel, &n)) return false;
    b->bias[v][lane] = n.bias;
    b->multiplier[v][lane] = n.multiplier;
    b->offset[v][lane] = n.offset;
    b->sign_shift[v][lane] = n.sign_shift;
    b->shift[v][lane] = n.shift;
    b->left[v][lane] = n.left;
    any_left = any_left || n.left > 0;
    all_short = all_short && ln_dwconv_q8_channel_short(f, channel, &n, &s);
    b->scale[v][lane] = s.scale;
    b->start[v][lane] = s.start;
    for (int32_t x = 0; x < f->width; ++x)
      for (size_t s = 0; s < 4 * head->groups; ++s)
        b->weights[(size_t)x * head->groups + s / 4][v][4 * lane + s % 4] = slot_weight(f, &head->slots, s, x, channel);
  }
  const finish_kind is_short = ln_requant_q8_starts_at_zero(&f->range) ? kShortAtZero : kShort;
  head->finish = all_short ? is_short : any_left ? kLongLeft : kLong;
  for (size_t lane = 0; all_short && lane < LN_BYTES / 4; ++lane)
    for (size_t v = 0; v < 4; ++v) b->bias[v][lane] ^= UINT32_C(1) << 31;
  return true;
}

LN_INLINE LN_V LN_NAME(long_bytes)(const LN_NAME(block) * b, finish_kind kind, const LN_V sums[4],
                                   const LN_NAME(range) * range) {
  LN_V r[4];
  LN_UNROLL for (int v = 0; v < 4; ++v) {
    LN_V sum = sums[v];
    if (kind == kLongLeft) sum = LN_NAME(requant_left)(sum, LN_LOAD(b->left[v]));
    if (kind < kLong) sum = LN_XOR(sum, LN_OP(set1_epi32)(INT32_MIN));
    r[v] = LN_NAME(requant)(sum, LN_LOAD(b->multiplier[v]), LN_LOAD(b->offset[v]), LN_LOAD(b->sign_shift[v]),
                            LN_LOAD(b->shift[v]));
  }
  return LN_NAME(bytes)(LN_OP(packs_epi32)(r[0], r[1]), LN_OP(packs_epi32)(r[2], r[3]), range);
}

/* Not inlined, as it is rare: where the short way leaves doubt. */
LN_NOINLINE static LN_V LN_NAME(bytes_again)(const LN_NAME(block) * b, const LN_V sums[4],
                                             const ln_requant_q8_out* out) {
  const LN_NAME(range) range = LN_NAME(range_of)(out);
  return LN_NAME(long_bytes)(b, kShort, sums, &range);
}

/* `kind` is a constant where it is called. */
LN_INLINE LN_V LN_NAME(bytes_of)(const LN_NAME(block) * b, finish_kind kind, const LN_V sums[4],
                                 const LN_NAME(range) * range, const ln_requant_q8_out* out) {
  LN_V r[4];
  if (kind >= kLong) return LN_NAME(long_bytes)(b, kind, sums, range);
  LN_UNROLL for (int v = 0; v < 4; ++v) r[v] =
      LN_NAME(short)(kind == kShortAtZero, sums[v], LN_LOAD(b->scale[v]), LN_LOAD(b->start[v]), range);
  if (LN_UNLIKELY(LN_NAME(doubtful)(r))) {
    const LN_V again[4] = {sums[0], sums[1], sums[2], sums[3]};
    return LN_NAME(bytes_again)(b, again, out);
  }
  return LN_SHORT_ORDER(LN_NAME(short_bytes)(r, range));
}

LN_INLINE void LN_NAME(finish)(const LN_NAME(block) * b, finish_kind kind, const LN_V sums[4],
                               const LN_NAME(range) * range, const ln_requant_q8_out* to, uint8_t* out,
                               lane_count lanes, size_t count) {
  (void)count;
  const LN_V bytes = kind == kShortAtZero ? LN_NAME(bytes_of)(b, kShortAtZero, sums, range, to)
                     : kind == kShort     ? LN_NAME(bytes_of)(b, kShort, sums, range, to)
                     : kind == kLong      ? LN_NAME(bytes_of)(b, kLong, sums, range, to)
                                          : LN_NAME(bytes_of)(b, kLongLeft, sums, range, to);
  if (lanes == kAll)
    LN_STORE(out, bytes);
  else if (lanes == kHalf)
    LN_STORE_HALF(out, bytes);
  else if (lanes == kMore)
    LN_STORE_MORE(out, count, bytes);
  else
    LN_STORE_SOME(out, count, bytes);
}

/* The first two and the last two of four slots interleaved: of the lower and of the upper channels. */
LN_INLINE void LN_NAME(twos_of)(const LN_V rows[4], LN_V twos[4]) {
  twos[0] = LN_OP(unpacklo_epi8)(rows[0], rows[1]);
  twos[1] = LN_OP(unpacklo_epi8)(rows[2], rows[3]);
  twos[2] = LN_OP(unpackhi_epi8)(rows[0], rows[1]);
  twos[3] = LN_OP(unpackhi_epi8)(rows[2], rows[3]);
}

/* A quarter of the channels of all four. */
LN_INLINE LN_V LN_NAME(fours)(const LN_V twos[4], size_t v) {
  const LN_V a = twos[v / 2 * 2], b = twos[v / 2 * 2 + 1];
  return v % 2 == 0 ? LN_OP(unpacklo_epi16)(a, b) : LN_OP(unpackhi_epi16)(a, b);
}

/* Four slots of a column, as twos. */
LN_INLINE void LN_NAME(column)(size_t slots, const cursor* c, size_t group, LN_V flip, lane_count lanes, size_t count,
                               LN_V twos[4]) {
  const bool inside = c->column >= 0 && c->column < c->width;
  LN_V rows[4];
  (void)count;
  LN_UNROLL for (size_t s = 0; s < 4; ++s) {
    if (s >= slots) {
      rows[s] = flip; /* of no weight */
      continue;
    }
    const uint8_t* from = inside ? c->at[4 * group + s] + (c->masks[4 * group + s] & c->place) : c->outside;
    rows[s] = LN_XOR(lanes == kAll    ? LN_LOAD(from)
                     : lanes == kHalf ? LN_LOAD_HALF(from)
                     : lanes == kMore ? LN_LOAD_MORE(count, from)
                                      : LN_LOAD_SOME(count, from),
                     flip);
  }
  LN_NAME(twos_of)(rows, twos);
}

/* The window slides: every column is taken up once and added to all outputs that it belongs to; sums[i] is that which
 * has seen i * slide columns before. Width, groups, slide and lanes are constants where it is called. A quarter of the
 * channels after the other, so that with sixteen registers no sum of windows 3 wide leaves its own. */
LN_INLINE void LN_NAME(slide)(size_t slots, size_t width, size_t groups, size_t slide, lane_count lanes, size_t count,
                              const LN_NAME(block) * b, cursor* c, const ln_dwconv_q8_stretch* s, uint8_t* out) {
  const size_t depth = (width - 1) / slide + 1;
  const LN_NAME(range) range = LN_NAME(range_of)(&s->range);
  const LN_V flip = LN_OP(set1_epi8)((char)s->in_flip);
  LN_V sums[7][4], twos[4];
  LN_UNROLL for (size_t i = 1; i < depth; ++i) LN_UNROLL for (size_t v = 0; v < 4; ++v) sums[i][v] = flip;
  const size_t end = s->count + depth - 1;
  cursor own;
  start_own(&own, c, groups, s->first);
  const size_t step = (size_t)s->step * c->stride;
  /* These leave registers for their weights. */
  const bool keeps = LN_WITH_LANES && width == 3 && groups == 1 && slide == 2;
  LN_V w[3][4];
  LN_UNROLL for (size_t i = 0; keeps && i < width; ++i) LN_UNROLL for (size_t v = 0; v < 4; ++v) {
    w[i][v] = LN_LOAD(b->weights[i][v]);
    LN_KEEP(w[i][v]);
  }
  for (size_t j = 0; j < end; ++j) {
    LN_UNROLL for (size_t phase = 0; phase < slide; ++phase, own.column += s->step, own.place += step) {
      LN_UNROLL for (size_t g = 0; g < groups; ++g) {
        LN_NAME(column)(slots, &own, g, flip, lanes, count, twos);
        LN_UNROLL for (size_t v = 0; v < 4; ++v) {
          const LN_V x = LN_NAME(fours)(twos, v);
          if (phase == 0 && g == 0) sums[0][v] = LN_LOAD(b->bias[v]);
          LN_UNROLL for (size_t i = depth; i-- > 0;) {
            const size_t at = phase + slide * i;
            if (at >= width) continue;
            sums[i][v] = LN_DPBUSD(sums[i][v], x, keeps ? w[at][v] : LN_LOAD(b->weights[at * groups + g][v]));
          }
        }
      }
      if (phase == 0 && j >= depth - 1) {
        LN_NAME(finish)(b, c->finish, sums[depth - 1], &range, &s->range, out, lanes, count);
        out += s->out_stride;
      }
    }
    LN_UNROLL for (size_t i = depth - 1; i > 0; --i) LN_UNROLL for (size_t v = 0; v < 4; ++v) sums[i][v] =
        sums[i - 1][v];
  }
}

#if LN_WITH_LANES
#include "kernels/x86/dwconv_q8_lines.h"
#endif

/* Any filter, pixel by pixel. */
LN_INLINE void LN_NAME(plain)(size_t width, size_t groups, lane_count lanes, size_t count, const LN_NAME(block) * b,
                              cursor* c, const ln_dwconv_q8_stretch* s, uint8_t* out) {
  const LN_NAME(range) range = LN_NAME(range_of)(&s->range);
  const LN_V flip = LN_OP(set1_epi8)((char)s->in_flip);
  const size_t step = (size_t)s->step * c->stride;
  for (size_t j = 0; j < s->count; ++j, out += s->out_stride) {
    LN_V sums[4], twos[4];
    LN_UNROLL for (size_t v = 0; v < 4; ++v) sums[v] = LN_LOAD(b->bias[v]);
    cursor own;
    start_own(&own, c, groups, s->first + (int64_t)j * s->slide * s->step);
    for (size_t i = 0; i < width; ++i, own.column += s->step, own.place += step) {
      for (size_t g = 0; g < groups; ++g) {
        LN_NAME(column)(4, &own, g, flip, lanes, count, twos);
        LN_UNROLL for (size_t v = 0; v < 4; ++v) sums[v] =
            LN_DPBUSD(sums[v], LN_NAME(fours)(twos, v), LN_LOAD(b->weights[i * groups + g][v]));
      }
    }
    LN_NAME(finish)(b, c->finish, sums, &range, &s->range, out, lanes, count);
  }
}

static void LN_NAME(run)(size_t width, size_t groups, size_t count, const void* packed, cursor* c,
                         const ln_dwconv_q8_stretch* s, uint8_t* out) {
  const LN_NAME(block)* b = packed;
#define LN_CASE(n, w, g, t)                                                                \
  if (width == (w) && groups == (g) && s->slide == (t) && c->slots <= 4 * ((g)-1) + (n)) { \
    if (LN_HALF == 0 || count == LN_BYTES)                                                 \
      LN_NAME(slide)(n, w, g, t, kAll, count, b, c, s, out);                               \
    else if (count == LN_HALF)                                                             \
      LN_NAME(slide)(4, w, g, t, kHalf, count, b, c, s, out);                              \
    else if (count > LN_HALF)                                                              \
      LN_NAME(slide)(4, w, g, t, kMore, count, b, c, s, out);                              \
    else                                                                                   \
      LN_NAME(slide)(4, w, g, t, kSome, count, b, c, s, out);                              \
    return;                                                                                \
  }
  LN_CASE(3, 3, 1, 1)
  LN_CASE(4, 3, 1, 1)
  LN_CASE(3, 3, 1, 2)
  LN_CASE(4, 3, 1, 2)
  LN_CASE(4, 3, 2, 1)
  LN_CASE(4, 3, 2, 2)
  LN_CASE(4, 5, 2, 1)
  LN_CASE(4, 5, 2, 2)
  LN_CASE(4, 7, 2, 1)
  LN_CASE(4, 7, 2, 2)
#undef LN_CASE
  const bool all = LN_HALF == 0 || count == LN_BYTES;
  if (all && width == 3 && groups == 1)
    LN_NAME(plain)(3, 1, kAll, count, b, c, s, out);
  else if (all)
    LN_NAME(plain)(width, groups, kAll, count, b, c, s, out);
  else if (count > LN_HALF)
    LN_NAME(plain)(width, groups, kMore, count, b, c, s, out);
  else
    LN_NAME(plain)(width, groups, kSome, count, b, c, s, out);
}
