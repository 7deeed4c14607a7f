/* Depthwise convolution of bytes with AVX-512 VNNI, windows that slide along several lines at once. The columns of a
 * stretch are interleaved first, to memory, for all lines together (dwconv_q8_lines.h); then this file takes one vector
 * of sixteen channels after the other, keeps its weights and numbers in registers, and makes eight results at once.
 *
 * How a block's channels are spread over its vectors does not matter here: columns, weights and numbers have them
 * alike. */
#ifndef LN_KERNELS_X86_DWCONV_Q8_LANES_H_
#define LN_KERNELS_X86_DWCONV_Q8_LANES_H_

#include "kernels/x86/dwconv_q8_slots.h"
#include "kernels/x86/requant_q8_avx512.h"

/* Columns that are interleaved at once, and the fours of results made of them. */
enum { kMostColumns = 36, kMostFours = kMostColumns / 2 + 1, kWidest = 7 };

typedef struct pieces {
  __m512i columns[4][2 * kMostColumns]; /* by vector, column and group */
  __m512i bytes[kMostFours][4];         /* by four results, and vector: those of four channels side by side */
} pieces;

typedef struct lane_task {
  const char* block; /* an LN_NAME(block) */
  size_t apart;      /* bytes from one of its arrays of numbers, or weights, to the next */
  size_t vectors;    /* of sixteen channels */
  size_t width, groups, parts, slide, lines;
  size_t slot, line_step; /* of the first line, and from line to line */
  size_t first_set, end_set, set_columns,
      set_fours; /* sets of lines whose columns and bytes lie one behind the other */
  finish_kind finish;
  bool is_narrow; /* the range of the output is narrower than a byte's */
  const ln_requant_q8_out* out;
  pieces* pieces;
} lane_task;

/* As they lie in LN_NAME(block). */
typedef enum lane_number {
  kBias,
  kMultiplier,
  kOffset,
  kSignShift,
  kShift,
  kLeft,
  kScale,
  kStart,
  kWeights
} lane_number;

LN_INLINE __m512i lane_number_of(const lane_task* t, size_t vector, size_t number) {
  return _mm512_loadu_si512(t->block + number * t->apart + 64 * vector);
}

/* The weights of a column and a group, for a line whose first slot is `slot`. */
LN_INLINE __m512i lane_weights(const lane_task* t, size_t vector, size_t groups, size_t x, size_t g, size_t slot) {
  const size_t at = kWeights + x * groups + g;
  const __m512i own = _mm512_sll_epi32(lane_number_of(t, vector, at), _mm_cvtsi32_si128(8 * (int)slot));
  if (g == 0) return own;
  const __m512i up = _mm512_srl_epi32(lane_number_of(t, vector, at - 1), _mm_cvtsi32_si128(32 - 8 * (int)slot));
  return _mm512_or_si512(own, up);
}

LN_INLINE __m512i lane_long(const lane_task* t, size_t vector, __m512i sum) {
  if (t->finish == kLongLeft) sum = wide_requant_left(sum, lane_number_of(t, vector, kLeft));
  if (t->finish < kLong) sum = _mm512_xor_si512(sum, _mm512_set1_epi32(INT32_MIN));
  return wide_requant(sum, lane_number_of(t, vector, kMultiplier), lane_number_of(t, vector, kOffset),
                      lane_number_of(t, vector, kSignShift), lane_number_of(t, vector, kShift));
}

/* `count` results by the long way. */
LN_NOINLINE static void lane_long_bytes(const lane_task* t, size_t vector, const __m512i* sums, size_t count,
                                        __m512i* bytes) {
  const wide_range range = wide_range_of(t->out);
  for (size_t i = 0; i < count; i += 4, bytes += 4) {
    __m512i r[4];
    for (size_t k = 0; k < 4; ++k) r[k] = lane_long(t, vector, sums[i + k < count ? i + k : i]);
    *bytes = wide_bytes(_mm512_packs_epi32(r[0], r[1]), _mm512_packs_epi32(r[2], r[3]), &range);
  }
}

/* Where a vector's columns lie: those of a result's tap x, group by group, at taps[x] + pixel * apart. */
typedef struct lane_columns {
  const char* taps[kWidest];
  size_t apart;
} lane_columns;

/* Where the short way leaves doubt: those of `count` results that have some are made once more, by the long way, and
 * written in the short way's form. */
LN_NOINLINE static void lane_again(const lane_task* t, size_t vector, const lane_columns* from, size_t count,
                                   __m512i* r) {
  const __m512i most = _mm512_set1_epi32(INT16_MAX - UINT8_MAX), zero_point = _mm512_set1_epi32(t->out->zero_point);
  for (size_t i = 0; i < count; ++i) {
    const __m512i same[4] = {r[i], r[i], r[i], r[i]};
    if (!wide_doubtful(same)) continue;
    const size_t slot = t->slot + i % t->lines * t->line_step;
    __m512i sum = lane_number_of(t, vector, kBias);
    for (size_t x = 0; x < t->width; ++x)
      for (size_t g = 0; g < t->groups * t->parts; ++g)
        sum = _mm512_dpbusd_epi32(sum,
                                  _mm512_loadu_si512(from->taps[x] + i / t->lines * from->apart + 64 * (g % t->groups)),
                                  lane_weights(t, vector, t->groups * t->parts, x, g, slot));
    const __m512i value = _mm512_max_epi32(_mm512_min_epi32(lane_long(t, vector, sum), most),
                                           _mm512_sub_epi32(_mm512_setzero_si512(), most));
    r[i] = _mm512_slli_epi32(_mm512_add_epi32(value, zero_point), 16);
  }
}

typedef struct lane_numbers {
  __m512i bias, scale, start;
  wide_range range;
} lane_numbers;

LN_INLINE lane_numbers lane_numbers_of(const lane_task* t, size_t vector) {
  return (lane_numbers){lane_number_of(t, vector, kBias), lane_number_of(t, vector, kScale),
                        lane_number_of(t, vector, kStart), wide_range_of(t->out)};
}

/* The short way's form of `count` <= 8 results, as many as make fours; whether there is doubt about one. */
LN_INLINE bool lane_short(size_t count, const lane_task* t, const lane_numbers* n, const __m512i sums[8],
                          __m512i r[8]) {
  const size_t even = (count + 3) / 4 * 4;
  if (t->finish == kShortAtZero)
    LN_UNROLL for (size_t i = 0; i < count; ++i) r[i] = wide_short(true, sums[i], n->scale, n->start, &n->range);
  else
    LN_UNROLL for (size_t i = 0; i < count; ++i) r[i] = wide_short(false, sums[i], n->scale, n->start, &n->range);
  LN_UNROLL for (size_t i = count; i < even; ++i) r[i] = r[count - 1];
  __m512i least[4] = {r[0], r[1], r[2], r[3]};
  if (even == 8) LN_UNROLL for (size_t i = 0; i < 4; ++i) least[i] = _mm512_min_epu16(r[i], r[4 + i]);
  return wide_doubtful(least);
}

LN_INLINE __m512i lane_bytes(const lane_task* t, const lane_numbers* n, const __m512i r[4]) {
  __m512i bytes = turns_undone(_mm512_packus_epi16(words_in_turns(r[0], r[1]), words_in_turns(r[2], r[3])));
  if (t->is_narrow) bytes = _mm512_min_epu8(_mm512_max_epu8(bytes, n->range.low), n->range.high);
  return _mm512_xor_si512(bytes, n->range.flip);
}

LN_INLINE void lane_store(size_t count, const lane_task* t, const lane_numbers* n, const __m512i r[8], __m512i* to) {
  to[0] = lane_bytes(t, n, r);
  if (count > 4) to[4] = lane_bytes(t, n, r + 4);
}

/* `pixels` neighbours of `lines` lines, at most eight results, the first of their columns at `from`. Numbers are
 * constants where it is called. */
LN_INLINE void lane_results(size_t width, size_t groups, size_t parts, size_t slide, size_t lines, size_t pixels,
                            const lane_task* t, size_t vector, const __m512i* from, const lane_numbers* n,
                            const __m512i* w, __m512i* to) {
  const size_t count = pixels * lines;
  __m512i sums[8], r[8], copy[8];
  LN_UNROLL for (size_t i = 0; i < count; ++i) sums[i] = n->bias;
  LN_UNROLL for (size_t x = 0; x < (pixels - 1) * slide + width; ++x) {
    LN_UNROLL for (size_t g = 0; g < groups; ++g) {
      __m512i column = from[groups * x + g];
      LN_KEEP(column);
      LN_UNROLL for (size_t i = 0; i < count; ++i) {
        const size_t behind = i / lines * slide;
        const size_t at = groups * parts * (i % lines * width + x - behind) + g;
        if (x < behind || x - behind >= width) continue;
        sums[i] = _mm512_dpbusd_epi32(sums[i], column, w[at]);
        if (parts == 2) sums[i] = _mm512_dpbusd_epi32(sums[i], column, w[at + groups]);
      }
    }
  }
  if (LN_UNLIKELY(t->finish >= kLong)) {
    LN_UNROLL for (size_t i = 0; i < count; ++i) copy[i] = sums[i];
    lane_long_bytes(t, vector, copy, count, to);
    return;
  }
  if (LN_UNLIKELY(lane_short(count, t, n, sums, r))) {
    lane_columns columns = {.apart = groups * slide * 64};
    for (size_t x = 0; x < width; ++x) columns.taps[x] = (const char*)(from + groups * x);
    LN_UNROLL for (size_t i = 0; i < count; ++i) copy[i] = r[i];
    lane_again(t, vector, &columns, count, copy);
    LN_UNROLL for (size_t i = 0; i < count; ++i) r[i] = copy[i];
  }
  lane_store(count, t, n, r, to);
}

/* What may be left of eight results. */
#define LN_RESTS(each) each(1) each(2) each(3) each(4) each(5) each(6) each(7)

/* `count` pixels of a set, whose columns begin at `from` and bytes at `to`. */
LN_INLINE void lane_set(size_t width, size_t groups, size_t parts, size_t slide, size_t lines, const lane_task* t,
                        size_t vector, const __m512i* from, size_t count, const lane_numbers* n, const __m512i* w,
                        __m512i* to) {
  const size_t most = 8 / lines;
  for (; count >= most; count -= most, from += groups * slide * most, to += 8)
    lane_results(width, groups, parts, slide, lines, most, t, vector, from, n, w, to);
  switch (count) {
#define LN_REST(pixels)                                                                                       \
  case pixels:                                                                                                \
    if ((pixels) < most) lane_results(width, groups, parts, slide, lines, pixels, t, vector, from, n, w, to); \
    break;
    LN_RESTS(LN_REST)
    default:
      break;
#undef LN_REST
  }
}

/* `count` pixels of one vector's channels. */
LN_INLINE void lane_vector(size_t width, size_t groups, size_t parts, size_t slide, size_t lines, const lane_task* t,
                           size_t vector, size_t count) {
  const lane_numbers n = lane_numbers_of(t, vector);
  __m512i w[2 * kWidest];
  LN_UNROLL for (size_t l = 0; l < lines; ++l) LN_UNROLL for (size_t x = 0; x < width; ++x)
      LN_UNROLL for (size_t g = 0; g < groups * parts; ++g) w[groups * parts * (l * width + x) + g] =
          lane_weights(t, vector, groups * parts, x, g, t->slot + l * t->line_step);
  for (size_t set = t->first_set; set < t->end_set; ++set)
    lane_set(width, groups, parts, slide, lines, t, vector, t->pieces->columns[vector] + set * t->set_columns, count,
             &n, w, &t->pieces->bytes[set * t->set_fours][vector]);
}

typedef void lane_function(const lane_task* t, size_t count);

#define LN_LANE_CASE(w, g, p, t, l)                                                                            \
  static void lanes_##w##_##g##_##p##_##t##_##l(const lane_task* task, size_t count) {                         \
    for (size_t vector = 0; vector < task->vectors; ++vector) lane_vector(w, g, p, t, l, task, vector, count); \
  }
LN_LANE_CASE(3, 1, 1, 1, 1)
LN_LANE_CASE(3, 1, 1, 1, 2)
LN_LANE_CASE(3, 1, 2, 1, 1)
LN_LANE_CASE(3, 1, 2, 1, 2)
LN_LANE_CASE(5, 2, 1, 1, 1)
LN_LANE_CASE(5, 2, 1, 2, 1)
LN_LANE_CASE(7, 2, 1, 1, 1)
LN_LANE_CASE(7, 2, 1, 2, 1)
#undef LN_LANE_CASE

/* Filters of so many columns, groups and parts, and the lines of them whose weights fit into registers side by side. */
static const struct lane_case {
  uint8_t width, groups, parts, slide, together;
  lane_function *run, *one;
} kLaneCases[] = {{3, 1, 1, 1, 2, lanes_3_1_1_1_2, lanes_3_1_1_1_1}, {3, 1, 2, 1, 2, lanes_3_1_2_1_2, lanes_3_1_2_1_1},
                  {5, 2, 1, 1, 1, lanes_5_2_1_1_1, lanes_5_2_1_1_1}, {5, 2, 1, 2, 1, lanes_5_2_1_2_1, lanes_5_2_1_2_1},
                  {7, 2, 1, 1, 1, lanes_7_2_1_1_1, lanes_7_2_1_1_1}, {7, 2, 1, 2, 1, lanes_7_2_1_2_1, lanes_7_2_1_2_1}};

static const struct lane_case* lane_case_of(size_t width, size_t groups, size_t parts, int32_t slide) {
  for (size_t i = 0; i < sizeof kLaneCases / sizeof kLaneCases[0]; ++i) {
    const struct lane_case* c = &kLaneCases[i];
    if (c->width == width && c->groups == groups && c->parts == parts && c->slide == slide) return c;
  }
  return NULL;
}

#endif
