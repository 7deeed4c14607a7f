/* Depthwise convolution of bytes with AVX-512 VNNI, in blocks of 64 channels, and at the end one of 32 or 16 where that
 * is enough: dwconv_q8_widths.h. */
#include <immintrin.h>

#include "kernels/x86/dwconv_q8_slots.h"
#include "kernels/x86/requant_q8_avx512.h"

#define LN_WITH_LANES 1 /* 32 registers */
#define LN_DPBUSD(sum, x, w) LN_OP(dpbusd_epi32)(sum, x, w)
#define LN_OR(x, y) LN_OP(or_epi32)(x, y)

#define LN_V __m512i
#define LN_BYTES 64
#define LN_LANES 0xffff
#define LN_FLOATS(x) _mm512_castsi512_ps(x)
#define LN_UPPER_WORDS(a, b) words_in_turns(a, b)
#define LN_SHORT_ORDER(packed) turns_undone(packed)
#define LN_OP(name) LN_GLUE(_mm512_, name)
#define LN_NAME(name) LN_GLUE(wide_, name)
#define LN_LOAD(p) _mm512_loadu_si512(p)
#define LN_STORE(p, x) _mm512_storeu_si512(p, x)
#define LN_HALF 0 /* there is none, nor any other part */
#define LN_LOAD_HALF(p) LN_LOAD(p)
#define LN_STORE_HALF(p, x) LN_STORE(p, x)
#define LN_LOAD_SOME(count, p) LN_LOAD(p)
#define LN_STORE_SOME(p, count, x) LN_STORE(p, x)
#define LN_LOAD_MORE(count, p) LN_LOAD_SOME(count, p)
#define LN_STORE_MORE(p, count, x) LN_STORE_SOME(p, count, x)
#include "kernels/x86/dwconv_q8_vnni.h"
#undef LN_V
#undef LN_BYTES
#undef LN_LANES
#undef LN_FLOATS
#undef LN_UPPER_WORDS
#undef LN_SHORT_ORDER
#undef LN_OP
#undef LN_NAME
#undef LN_LOAD
#undef LN_STORE
#undef LN_HALF
#undef LN_LOAD_HALF
#undef LN_STORE_HALF
#undef LN_LOAD_SOME
#undef LN_STORE_SOME
#undef LN_LOAD_MORE
#undef LN_STORE_MORE

#define LN_V __m256i
#define LN_BYTES 32
#define LN_LANES 0xff
#define LN_FLOATS(x) _mm256_castsi256_ps(x)
#define LN_UPPER_WORDS(a, b) LN_UPPER_WORDS_BY_PACKING(a, b)
#define LN_OP(name) LN_GLUE(_mm256_, name)
#define LN_NAME(name) LN_GLUE(middle_, name)
#define LN_LOAD(p) _mm256_loadu_si256((const __m256i*)(const void*)(p))
#define LN_STORE(p, x) _mm256_storeu_si256((__m256i*)(void*)(p), x)
#define LN_HALF 0 /* there is none, nor any other part */
#define LN_LOAD_HALF(p) LN_LOAD(p)
#define LN_STORE_HALF(p, x) LN_STORE(p, x)
#define LN_LOAD_SOME(count, p) LN_LOAD(p)
#define LN_STORE_SOME(p, count, x) LN_STORE(p, x)
#define LN_LOAD_MORE(count, p) LN_LOAD_SOME(count, p)
#define LN_STORE_MORE(p, count, x) LN_STORE_SOME(p, count, x)
#include "kernels/x86/dwconv_q8_vnni.h"
#undef LN_V
#undef LN_BYTES
#undef LN_LANES
#undef LN_FLOATS
#undef LN_UPPER_WORDS
#undef LN_SHORT_ORDER
#undef LN_OP
#undef LN_NAME
#undef LN_LOAD
#undef LN_STORE
#undef LN_HALF
#undef LN_LOAD_HALF
#undef LN_STORE_HALF
#undef LN_LOAD_SOME
#undef LN_STORE_SOME
#undef LN_LOAD_MORE
#undef LN_STORE_MORE

#define LN_V __m128i
#define LN_BYTES 16
#define LN_LANES 0xf
#define LN_FLOATS(x) _mm_castsi128_ps(x)
#define LN_UPPER_WORDS(a, b) LN_UPPER_WORDS_BY_PACKING(a, b)
#define LN_OP(name) LN_GLUE(_mm_, name)
#define LN_NAME(name) LN_GLUE(narrow_, name)
#define LN_LOAD(p) _mm_loadu_si128((const __m128i*)(const void*)(p))
#define LN_STORE(p, x) _mm_storeu_si128((__m128i*)(void*)(p), x)
#define LN_HALF 8
#define LN_LOAD_HALF(p) _mm_loadl_epi64((const __m128i*)(const void*)(p))
#define LN_STORE_HALF(p, x) _mm_storel_epi64((__m128i*)(void*)(p), x)
#define LN_SOME(count) ((__mmask16)(0xffffu >> (16 - (count))))
#define LN_LOAD_SOME(count, p) _mm_maskz_loadu_epi8(LN_SOME(count), p)
#define LN_STORE_SOME(p, count, x) _mm_mask_storeu_epi8(p, LN_SOME(count), x)
#define LN_LOAD_MORE(count, p) LN_LOAD_SOME(count, p)
#define LN_STORE_MORE(p, count, x) store_more(p, count, x)
#include "kernels/x86/dwconv_q8_vnni.h"

/* ---- Sixteen channels by windows three wide, stride 2: a vector of sums. The numbers of a block of sixteen lie in the
 * channels' order. ---- */

/* Four slots of a column, those of a channel in one lane; `slots` of them, 3 or 4, are in use. */
LN_INLINE __m512i slots_of(size_t slots, const cursor* c, int64_t column, __m512i flip) {
  const bool inside = column >= 0 && column < c->width;
  __m512i rows[4];
  LN_UNROLL for (size_t s = 0; s < slots; ++s) {
    const uint8_t* from = inside ? c->at[s] + (size_t)column * c->strides[s] : c->outside;
    rows[s] = _mm512_slli_epi32(_mm512_cvtepu8_epi32(_mm_loadu_si128((const __m128i*)(const void*)from)), 8 * (int)s);
  }
  const __m512i three = _mm512_ternarylogic_epi32(rows[0], rows[1], rows[2], 0xfe);
  return _mm512_xor_si512(slots == 4 ? _mm512_or_si512(three, rows[3]) : three, flip);
}

/* Pixels lie 16 bytes apart, or further; `count` <= 4 of them. */
LN_INLINE void store_pixels(uint8_t* out, size_t stride, size_t count, __m512i bytes) {
  const __m128i pixels[4] = {_mm512_castsi512_si128(bytes), _mm512_extracti32x4_epi32(bytes, 1),
                             _mm512_extracti32x4_epi32(bytes, 2), _mm512_extracti32x4_epi32(bytes, 3)};
  LN_UNROLL for (size_t i = 0; i < 4; ++i) {
    if (i < count) _mm_storeu_si128((__m128i*)(void*)(out + i * stride), pixels[i]);
  }
}

/* As narrow_bytes_of, for four pixels; the four vectors of numbers are one here. */
LN_INLINE __m512i sixteen_bytes(finish_kind kind, const narrow_block* b, const __m512i sums[4],
                                const wide_range* range) {
  __m512i r[4];
  const __m512i scale = _mm512_loadu_si512(b->scale), start = _mm512_loadu_si512(b->start);
  if (kind < kLong) {
    LN_UNROLL for (size_t i = 0; i < 4; ++i) r[i] = wide_short(kind == kShortAtZero, sums[i], scale, start, range);
    if (LN_LIKELY(!wide_doubtful(r))) return turns_undone(wide_short_bytes(r, range));
  }
  LN_UNROLL for (size_t i = 0; i < 4; ++i) {
    __m512i sum = sums[i];
    if (kind == kLongLeft) sum = wide_requant_left(sum, _mm512_loadu_si512(b->left));
    if (kind < kLong) sum = _mm512_xor_si512(sum, _mm512_set1_epi32(INT32_MIN));
    r[i] = wide_requant(sum, _mm512_loadu_si512(b->multiplier), _mm512_loadu_si512(b->offset),
                        _mm512_loadu_si512(b->sign_shift), _mm512_loadu_si512(b->shift));
  }
  return wide_bytes(_mm512_packs_epi32(r[0], r[1]), _mm512_packs_epi32(r[2], r[3]), range);
}

LN_INLINE void slide_sixteen(size_t slots, finish_kind kind, const narrow_block* b, const cursor* c,
                             const ln_dwconv_q8_stretch* s, uint8_t* out) {
  const __m512i order = _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
  const __m512i flip = _mm512_set1_epi8((char)s->in_flip), bias = _mm512_loadu_si512(b->bias);
  const wide_range range = wide_range_of(&s->range);
  __m512i w[3], x[3];
  LN_UNROLL for (size_t i = 0; i < 3; ++i) w[i] = _mm512_loadu_si512(b->weights[i]);
  int64_t column = s->first;
  x[2] = slots_of(slots, c, column, flip);
  column += s->step;
  for (size_t j = 0; j < s->count; j += 4, out += 4 * s->out_stride) {
    const size_t count = s->count - j < 4 ? s->count - j : 4;
    __m512i sums[4];
    LN_UNROLL for (size_t i = 0; i < 4; ++i) {
      sums[i] = bias;
      if (i >= count) continue;
      x[0] = x[2];
      LN_UNROLL for (size_t k = 1; k < 3; ++k, column += s->step) x[k] = slots_of(slots, c, column, flip);
      LN_UNROLL for (size_t k = 0; k < 3; ++k) sums[i] = _mm512_dpbusd_epi32(sums[i], x[k], w[k]);
    }
    const __m512i bytes = sixteen_bytes(kind, b, sums, &range);
    store_pixels(out, s->out_stride, count, _mm512_permutexvar_epi32(order, bytes));
  }
}

LN_INLINE void slide_sixteen_as(size_t slots, const narrow_block* b, const cursor* c, const ln_dwconv_q8_stretch* s,
                                uint8_t* out) {
  if (c->finish == kShortAtZero)
    slide_sixteen(slots, kShortAtZero, b, c, s, out);
  else if (c->finish == kShort)
    slide_sixteen(slots, kShort, b, c, s, out);
  else if (c->finish == kLong)
    slide_sixteen(slots, kLong, b, c, s, out);
  else
    slide_sixteen(slots, kLongLeft, b, c, s, out);
}

static void narrow_either(size_t width, size_t groups, size_t count, const void* packed, cursor* c,
                          const ln_dwconv_q8_stretch* s, uint8_t* out) {
  const bool takes = count == 16 && width == 3 && groups == 1 && s->slide == 2;
  if (takes && c->slots <= 3)
    slide_sixteen_as(3, packed, c, s, out);
  else if (takes)
    slide_sixteen_as(4, packed, c, s, out);
  else
    narrow_run(width, groups, count, packed, c, s, out);
}

/* Some times the lines whose filter rows fit into the groups that one takes. */
static size_t lines_of(const ln_dwconv_shape* s) {
  enum { kSets = 8 };
  const bool takes = (s->filter_width == 3 && s->filter_height <= 4) ||
                     ((s->filter_width == 5 || s->filter_width == 7) && s->filter_height > 4 && s->filter_height <= 8);
  const int32_t slots = (s->filter_height + 3) / 4 * 4;
  return takes ? kSets * ((size_t)((slots - s->filter_height) / s->stride_y) + 1) : 1;
}

enum { kNarrowest = 16 };
static const block_width kWidths[] = {{64, wide_pack, wide_run, wide_lines},
                                      {32, middle_pack, middle_run, middle_lines},
                                      {16, narrow_pack, narrow_either, narrow_lines}};

#include "kernels/x86/dwconv_q8_flat.h"
#include "kernels/x86/dwconv_q8_widths.h"

/* `packed` has one block of 64 channels. */
static bool run_flat(size_t channels, int32_t width, const void* packed, const ln_dwconv_q8_stretch* s) {
  const block_head* head = packed;
  const void* body = head + 1;
  const size_t lines = lines_at_once(head, s->line_step);
  if (width != kFlatWidth || channels % 4 != 0 || s->first > 0 || s->first <= -kFlatWidth) return false;
  if (head->groups != 1 || head->slots.used != 3) return false;
  for (size_t line = 0; line < s->lines; line += lines) {
    const size_t left = s->lines - line, some = left < lines ? left : lines;
    cursor c;
    start(&c, s, line * s->line_step, 3 + (some - 1) * s->line_step, head, 0);
    flat_lines(body, &c, channels, some, s, s->out + line * s->out_line);
  }
  return true;
}

const ln_dwconv_q8 ln_dwconv_q8_avx512vnni = {.name = "dwconv_q8_avx512vnni",
                                              .isa = LN_ISA_AVX512VNNI,
                                              .id = 3,
                                              .lanes = 64,
                                              .packed_size = packed_size,
                                              .pack = pack,
                                              .run = run,
                                              .lines = lines_of,
                                              .run_flat = run_flat};
