/* Depthwise convolution of bytes with AVX-512 VNNI where pixels have few channels and windows go on by one pixel: lines
 * are taken as bytes in a row, 64 of them a step, which repeat the same filters again and again. A part of
 * dwconv_q8_avx512vnni.c behind its blocks of 64 channels, which it takes its vectors from.
 *
 * Interleaving splits each sixteen bytes, in units of four, over four streams. A tap's bytes lie some units before or
 * behind those of the result: a stream and a place in it for each of the four vectors. */
#ifndef LN_KERNELS_X86_DWCONV_Q8_FLAT_H_
#define LN_KERNELS_X86_DWCONV_Q8_FLAT_H_

#include <string.h>

#include "kernels/x86/dwconv_q8_lanes.h"

enum { kFlatWidth = 3, kMostSteps = 34 }; /* steps that are made at once */

/* Steps `first` - 1 to `end` of `rows` rows, of which `size` bytes are in the picture. `rows` is a constant where it is
 * called. */
LN_INLINE void flat_interleave(size_t rows, const cursor* c, size_t size, size_t first, size_t end, uint8_t in_flip,
                               pieces* p) {
  const __m512i flip = _mm512_set1_epi8((char)in_flip), raw = _mm512_set1_epi8((char)c->outside[0]);
  const __m512i outside = _mm512_xor_si512(raw, flip);
  for (size_t step = first; step < end + 2; ++step) {
    const size_t at = 64 * step - 64, x = step - first; /* the first step lies 64 bytes before */
    __m512i r[4], twos[4];
    if (step == 0 || at >= size) {
      LN_UNROLL for (size_t v = 0; v < 4; ++v) p->columns[v][x] = outside;
      continue;
    }
    const __mmask64 known = size - at < 64 ? (UINT64_C(1) << (size - at)) - 1 : ~UINT64_C(0);
    LN_UNROLL for (size_t s = 0; s < rows; ++s) {
      const uint8_t* from = c->at[s] + (c->strides[s] > 0 ? at : 0);
      r[s] =
          _mm512_xor_si512(size - at < 64 ? _mm512_mask_loadu_epi8(raw, known, from) : _mm512_loadu_si512(from), flip);
    }
    LN_UNROLL for (size_t s = rows; s < 4; ++s) r[s] = r[s % rows];
    wide_twos_of(r, twos);
    LN_UNROLL for (size_t v = 0; v < 4; ++v) p->columns[v][x] = wide_fours(twos, v);
  }
}

/* `steps` steps of `lines` lines, at most eight results. Numbers are constants where it is called. */
LN_INLINE void flat_results(size_t lines, size_t steps, const lane_task* t, size_t vector, const lane_columns* from,
                            size_t at, const lane_numbers* n, const __m512i* w, __m512i* to) {
  const size_t count = steps * lines;
  __m512i sums[8], r[8], copy[8];
  LN_UNROLL for (size_t i = 0; i < count; ++i) sums[i] = n->bias;
  LN_UNROLL for (size_t x = 0; x < kFlatWidth; ++x) {
    const char* tap = from->taps[x] + 64 * at;
    LN_UNROLL for (size_t i = 0; i < steps; ++i) {
      const __m512i column = _mm512_loadu_si512(tap + 64 * i);
      LN_UNROLL for (size_t l = 0; l < lines; ++l) sums[lines * i + l] =
          _mm512_dpbusd_epi32(sums[lines * i + l], column, w[kFlatWidth * l + x]);
    }
  }
  if (LN_UNLIKELY(t->finish >= kLong)) {
    LN_UNROLL for (size_t i = 0; i < count; ++i) copy[i] = sums[i];
    lane_long_bytes(t, vector, copy, count, to);
    return;
  }
  if (LN_UNLIKELY(lane_short(count, t, n, sums, r))) {
    lane_columns columns = *from;
    for (size_t x = 0; x < kFlatWidth; ++x) columns.taps[x] += 64 * at;
    LN_UNROLL for (size_t i = 0; i < count; ++i) copy[i] = r[i];
    lane_again(t, vector, &columns, count, copy);
    LN_UNROLL for (size_t i = 0; i < count; ++i) r[i] = copy[i];
  }
  lane_store(count, t, n, r, to);
}

/* `steps` steps of one vector; `first` is the first tap's place, in units of four bytes, and `channels` their number in
 * a pixel. */
LN_INLINE void flat_vector(size_t lines, const lane_task* t, size_t vector, int64_t first, size_t channels,
                           size_t steps) {
  const lane_numbers n = lane_numbers_of(t, vector);
  const size_t most = 8 / lines;
  __m512i* to = &t->pieces->bytes[0][vector];
  __m512i w[2 * kFlatWidth];
  lane_columns from = {.apart = 64};
  size_t at = 0;
  LN_UNROLL for (size_t x = 0; x < kFlatWidth; ++x) {
    /* What is 16 units behind is at least 0: nothing lies more than 64 bytes before. */
    const size_t unit = (size_t)(16 + first + (int64_t)(x * channels / 4)) + vector;
    from.taps[x] = (const char*)t->pieces->columns[unit % 4] + 16 * (unit / 4);
    LN_UNROLL for (size_t l = 0; l < lines; ++l) w[kFlatWidth * l + x] =
        lane_weights(t, vector, 1, x, 0, t->slot + l * t->line_step);
  }
  for (; at + most <= steps; at += most, to += 8) flat_results(lines, most, t, vector, &from, at, &n, w, to);
  switch (steps - at) {
#define LN_REST(rest)                                                              \
  case rest:                                                                       \
    if ((rest) < most) flat_results(lines, rest, t, vector, &from, at, &n, w, to); \
    break;
    LN_RESTS(LN_REST)
    default:
      break;
#undef LN_REST
  }
}

static void flat_1(const lane_task* t, int64_t first, size_t channels, size_t steps) {
  for (size_t vector = 0; vector < 4; ++vector) flat_vector(1, t, vector, first, channels, steps);
}
static void flat_2(const lane_task* t, int64_t first, size_t channels, size_t steps) {
  for (size_t vector = 0; vector < 4; ++vector) flat_vector(2, t, vector, first, channels, steps);
}

/* The last of `size` bytes may be fewer than 64. */
LN_INLINE void flat_store(size_t lines, const pieces* p, size_t size, uint8_t* out, size_t line) {
  const size_t steps = (size + 63) / 64;
  for (size_t j = 0; j < steps * lines; j += 4) {
    __m512i results[4];
    wide_sixteens(p->bytes[j / 4], results);
    LN_UNROLL for (size_t i = 0; i < 4; ++i) {
      const size_t at = (j + i) / lines * 64;
      uint8_t* to = out + at + i % lines * line;
      if (at + 64 <= size)
        _mm512_storeu_si512(to, results[i]);
      else if (at < size)
        memcpy(to, &results[i], size - at);
    }
  }
}

/* The cursor is that of 64 channels, those of some pixels; `channels` is the number in one. */
static void flat_lines(const wide_block* b, const cursor* c, size_t channels, size_t lines,
                       const ln_dwconv_q8_stretch* s, uint8_t* out) {
  const size_t in = (size_t)s->in_width * channels, size = s->count * channels, steps = (size + 63) / 64;
  pieces p;
  lane_task task = {.block = (const char*)b,
                    .apart = 256,
                    .vectors = 4,
                    .width = kFlatWidth,
                    .groups = 1,
                    .parts = 1,
                    .slide = 1,
                    .line_step = s->line_step,
                    .finish = c->finish,
                    .is_narrow = s->range.low > 0 || s->range.high < UINT8_MAX,
                    .out = &s->range,
                    .pieces = &p};
  for (size_t begin = 0, end; begin < steps; begin = end) {
    end = steps - begin < kMostSteps ? steps : begin + kMostSteps;
    if (c->slots == 4)
      flat_interleave(4, c, in, begin, end, s->in_flip, &p);
    else
      flat_interleave(3, c, in, begin, end, s->in_flip, &p);
    uint8_t* to = out + 64 * begin;
    const size_t left = size - 64 * begin, some = left < 64 * (end - begin) ? left : 64 * (end - begin);
    task.lines = lines;
    if (lines == 1) {
      flat_1(&task, s->first * (int64_t)(channels / 4), channels, end - begin);
      flat_store(1, &p, some, to, s->out_line);
    } else {
      flat_2(&task, s->first * (int64_t)(channels / 4), channels, end - begin);
      flat_store(2, &p, some, to, s->out_line);
    }
  }
}

#endif
