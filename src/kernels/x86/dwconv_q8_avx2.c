/* Depthwise convolution of bytes with AVX2: eight channels a vector, the last of which has some of the one before again
 * where channels are not a multiple. The columns of a stretch are interleaved first, to memory: pairs of rows, widened
 * to 16 bits, so that vpmaddwd multiplies and adds a pair, exact, as no sum of two products of 8 bits leaves 32. The
 * last row of an odd number is interleaved with itself, a column later: its taps are taken in pairs as well, the first
 * alone. Then four results at a time are made of the columns, for one vector after the other. */
#include <immintrin.h>
#include <string.h>

#include "base/compiler.h"
#include "kernels/x86/dwconv_q8_x86.h"
#include "kernels/x86/requant_q8_avx2.h"

enum { kLanes = 8, kMaxRows = 16, kMostWidth = 64, kMostPieces = 512, kMostResults = 112, kTogether = 4 };

/* How sums become bytes: the short way of requant_q8.h, with a range that begins at the zero point or with another; or
 * the long one. The bias has 2^31 in it for the last only. */
typedef enum finish_kind { kShortAtZero, kShort, kLong } finish_kind;

typedef struct block {
  uint32_t bias[kLanes], multiplier[kLanes], offset[kLanes], sign_shift[kLanes], shift[kLanes], left[kLanes];
  float scale[kLanes], start[kLanes];
  uint64_t finish[4];            /* the first: a finish_kind */
  int16_t weights[][2 * kLanes]; /* [width][pieces] */
} block;

static size_t pieces_of(size_t height) { return (height + 1) / 2; }

static size_t block_size(int32_t height, int32_t width) {
  return sizeof(block) + (size_t)width * pieces_of((size_t)height) * sizeof(int16_t[2 * kLanes]);
}

static size_t packed_size(size_t channels, int32_t height, int32_t width) {
  if (height > kMaxRows || width > kMostWidth) return 0;
  return (channels + kLanes - 1) / kLanes * block_size(height, width);
}

/* The channel that the vector with channel `at` begins with. */
static size_t first_of(size_t channels, size_t at) {
  return channels < kLanes ? 0 : at < channels - kLanes ? at : channels - kLanes;
}

/* Of an odd number of rows the last one's tap is multiplied together with the one before, at even places. */
static void pack_weights(const ln_dwconv_q8_filter* f, size_t channel, size_t lane, block* b) {
  const size_t pieces = pieces_of((size_t)f->height);
  for (int32_t x = 0; x < f->width; ++x)
    for (int32_t y = 0; y < f->height; ++y) {
      const bool alone = f->height % 2 == 1 && y == f->height - 1, is_first = alone && x % 2 == 1 && x < f->width - 1;
      const size_t place = (size_t)(is_first ? x + 1 : x), second = alone ? !is_first : (size_t)y % 2;
      b->weights[place * pieces + (size_t)y / 2][2 * lane + second] = (int16_t)ln_dwconv_q8_weight(f, y, x, channel);
    }
}

/* Activations of int8 are taken as they are, not moved up by 128. */
static bool pack_channel(const ln_dwconv_q8_filter* f, size_t channel, size_t lane, block* b) {
  ln_requant_q8 n;
  ln_requant_q8_short brief = {0};
  if (!ln_dwconv_q8_channel(f, channel, &n)) return false;
  if (!ln_dwconv_q8_channel_short(f, channel, &n, &brief)) b->finish[0] = kLong;
  for (int32_t y = 0; y < f->height && f->is_signed; ++y)
    for (int32_t x = 0; x < f->width; ++x) n.bias += 128 * (uint32_t)ln_dwconv_q8_weight(f, y, x, channel);
  b->bias[lane] = n.bias;
  b->multiplier[lane] = n.multiplier;
  b->offset[lane] = n.offset;
  b->sign_shift[lane] = n.sign_shift;
  b->shift[lane] = n.shift;
  b->left[lane] = n.left;
  b->scale[lane] = brief.scale;
  b->start[lane] = brief.start;
  pack_weights(f, channel, lane, b);
  return true;
}

static bool pack(const ln_dwconv_q8_filter* f, void* packed) {
  const size_t size = block_size(f->height, f->width), exist = f->channels < kLanes ? f->channels : kLanes;
  memset(packed, 0, packed_size(f->channels, f->height, f->width));
  for (size_t c = 0; c < f->channels; c += kLanes) {
    block* b = (block*)(void*)((char*)packed + c / kLanes * size);
    b->finish[0] = ln_requant_q8_starts_at_zero(&f->range) ? kShortAtZero : kShort;
    for (size_t i = 0; i < exist; ++i)
      if (!pack_channel(f, first_of(f->channels, c) + i, i, b)) return false;
    for (size_t i = exist; i < kLanes; ++i) b->start[i] = ln_requant_q8_no_start(&f->range);
    for (size_t i = 0; i < kLanes && b->finish[0] != kLong; ++i) b->bias[i] -= UINT32_C(1) << 31;
  }
  return true;
}

static inline __m256i load(const void* p) { return _mm256_loadu_si256((const __m256i*)p); }
static inline void store(void* p, __m256i x) { _mm256_storeu_si256((__m256i*)p, x); }

/* ---- Columns ---- */

/* From the first on, for one vector, or for two that lie side by side. */
typedef struct columns {
  _Alignas(64) int16_t pieces[kMostPieces][2][2 * kLanes];
} columns;

/* Where the columns of a stretch come from: so many lie left of the picture, in it, and right of it. */
typedef struct source {
  const ln_dwconv_q8_stretch* s;
  size_t counts[3];
  size_t begin; /* the first that lies in it, a column of the picture */
} source;

static size_t columns_before(int64_t first, int64_t step, int64_t end, size_t count) {
  const uint64_t before = first < end ? (uint64_t)((end - first - 1) / step) + 1 : 0;
  return before < count ? (size_t)before : count;
}

static source source_of(const ln_dwconv_q8_stretch* s, int64_t first, size_t count) {
  const size_t left = columns_before(first, s->step, 0, count),
               until = columns_before(first, s->step, s->in_width, count);
  return (source){s, {left, until - left, count - until}, until > left ? (size_t)(first + (int64_t)left * s->step) : 0};
}

/* Addresses are numbers, as they go on beyond the last column. */
LN_INLINE __m128i load_bytes(uintptr_t at, size_t lanes) {
  const uint8_t* p = (const uint8_t*)at;  // NOLINT(performance-no-int-to-ptr)
  if (lanes == 2 * kLanes) return _mm_loadu_si128((const __m128i*)(const void*)p);
  uint64_t bytes = 0;
  memcpy(&bytes, p, lanes < kLanes ? lanes : kLanes);
  return _mm_cvtsi64_si128((int64_t)bytes);
}

LN_INLINE __m256i widen(bool is_signed, __m128i x) {
  return is_signed ? _mm256_cvtepi8_epi16(x) : _mm256_cvtepu8_epi16(x);
}

LN_INLINE void interleave(bool is_signed, size_t lanes, __m128i a, __m128i b, int16_t to[2][2 * kLanes]) {
  store(to[0], widen(is_signed, _mm_unpacklo_epi8(a, b)));
  if (lanes > kLanes) store(to[1], widen(is_signed, _mm_unpackhi_epi8(a, b)));
}

LN_INLINE void take_columns(bool is_signed, size_t lanes, size_t height, const source* from, size_t line,
                            size_t channel, columns* to) {
  const ln_dwconv_q8_stretch* s = from->s;
  const uint8_t* const* from_rows = s->rows + line * s->line_step;
  const size_t* strides = s->pixel_strides + line * s->line_step;
  __m128i last = _mm_setzero_si128(); /* of an odd number of rows, in the column before */
  int16_t(*piece)[2][2 * kLanes] = to->pieces;
  for (size_t part = 0; part < 3; ++part) {
    const bool inside = part == 1;
    const size_t step = inside ? (size_t)s->step : 0;
    uintptr_t rows[kMaxRows] = {0};
    size_t steps[kMaxRows] = {0};
    LN_UNROLL for (size_t y = 0; y < height; ++y) {
      rows[y] = (uintptr_t)((inside ? from_rows[y] + from->begin * strides[y] : s->outside) + channel);
      steps[y] = step * strides[y];
    }
    for (size_t j = 0; j < from->counts[part]; ++j) {
      LN_UNROLL for (size_t y = 0; y + 1 < height; y += 2, ++piece) {
        interleave(is_signed, lanes, load_bytes(rows[y], lanes), load_bytes(rows[y + 1], lanes), *piece);
      }
      if (height % 2 == 1) {
        const __m128i x = load_bytes(rows[height - 1], lanes);
        interleave(is_signed, lanes, last, x, *piece++);
        last = x;
      }
      LN_UNROLL for (size_t y = 0; y < height; ++y) {
        rows[y] += steps[y];
        LN_ALONE(rows[y]); /* or GCC adds them as vectors, through memory */
      }
    }
  }
}

/* `height` is a constant in most of these. */
#define LN_TAKE(name, height)                                                                              \
  LN_NOINLINE static void name(const source* from, size_t rows, size_t line, size_t channel, size_t lanes, \
                               columns* to) {                                                              \
    const bool is_signed = from->s->in_flip != 0;                                                          \
    (void)rows;                                                                                            \
    if (lanes == 2 * kLanes && is_signed)                                                                  \
      take_columns(true, 2 * kLanes, height, from, line, channel, to);                                     \
    else if (lanes == 2 * kLanes)                                                                          \
      take_columns(false, 2 * kLanes, height, from, line, channel, to);                                    \
    else if (lanes == kLanes)                                                                              \
      take_columns(is_signed, kLanes, height, from, line, channel, to);                                    \
    else                                                                                                   \
      take_columns(is_signed, lanes, height, from, line, channel, to);                                     \
  }
LN_TAKE(take_3, 3)
LN_TAKE(take_5, 5)
LN_TAKE(take_7, 7)
LN_TAKE(take_any, rows)

typedef void (*take_fn)(const source* from, size_t rows, size_t line, size_t channel, size_t lanes, columns* to);

static take_fn take_of(size_t height) {
  return height == 3 ? take_3 : height == 5 ? take_5 : height == 7 ? take_7 : take_any;
}

/* ---- Sums ---- */

typedef uint32_t pixel_sums[kLanes];

LN_INLINE void add_piece(size_t count, const int16_t* w, const int16_t* x, size_t apart, size_t n,
                         __m256i sums[kTogether]) {
  const __m256i weights = load(w + n * 2 * kLanes);
  LN_UNROLL for (size_t i = 0; i < count; ++i) {
    sums[i] = _mm256_add_epi32(sums[i], _mm256_madd_epi16(weights, load(x + i * apart + n * 4 * kLanes)));
    LN_KEEP(sums[i]); /* or GCC adds products first, and has no registers for them */
  }
}

/* A vector's sums of `count` results whose first columns are at x, `apart` from one another. `size` is a square
 * filter's, odd; 0: another, of so many pieces. Odd columns have no weights for the last row. */
LN_INLINE void some_sums(size_t size, size_t count, const block* b, size_t pieces, const int16_t* x, size_t apart,
                         pixel_sums* to) {
  const size_t column = (size + 1) / 2;
  __m256i sums[kTogether];
  LN_UNROLL for (size_t i = 0; i < count; ++i) sums[i] = load(b->bias);
  if (size != 0) {
    LN_UNROLL for (size_t n = 0; n < size * column; ++n) if ((n + 1) % column != 0 || n / column % 2 == 0)
        add_piece(count, b->weights[0], x, apart, n, sums);
  } else {
    for (size_t n = 0; n < pieces; ++n) add_piece(count, b->weights[0], x, apart, n, sums);
  }
  LN_UNROLL for (size_t i = 0; i < count; ++i) store(to[i], sums[i]);
}

LN_INLINE void all_sums(size_t size, const block* b, size_t pieces, const int16_t* x, size_t apart, size_t count,
                        pixel_sums* to) {
  size_t at = 0;
  for (; at + kTogether <= count; at += kTogether, x += kTogether * apart)
    some_sums(size, kTogether, b, pieces, x, apart, to + at);
  if (count - at >= 2) {
    some_sums(size, 2, b, pieces, x, apart, to + at);
    at += 2;
    x += 2 * apart;
  }
  if (at < count) some_sums(size, 1, b, pieces, x, apart, to + at);
}

#define LN_SUMS(size)                                                                                              \
  LN_NOINLINE static void sums_##size(const block* b, size_t pieces, const int16_t* x, size_t apart, size_t count, \
                                      pixel_sums* to) {                                                            \
    all_sums(size, b, pieces, x, apart, count, to);                                                                \
  }
LN_SUMS(3)
LN_SUMS(5)
LN_SUMS(7)
LN_SUMS(0)

typedef void (*sums_fn)(const block* b, size_t pieces, const int16_t* x, size_t apart, size_t count, pixel_sums* to);

static sums_fn sums_of(size_t height, size_t width) {
  if (height != width) return sums_0;
  return height == 3 ? sums_3 : height == 5 ? sums_5 : height == 7 ? sums_7 : sums_0;
}

/* ---- Bytes ---- */

typedef struct target {
  const block* b;
  const ln_requant_q8_out* range;
  size_t lanes;
  uint8_t* out;
  size_t out_stride;
} target;

/* Of kTogether pixels the first `count`. */
LN_INLINE void store_pixels(size_t count, size_t lanes, __m256i bytes, uint8_t* out, size_t stride) {
  LN_UNROLL for (size_t i = 0; i < kTogether; ++i) {
    const __m128i half = i < 2 ? _mm256_castsi256_si128(bytes) : _mm256_extracti128_si256(bytes, 1);
    if (i >= count) continue;
    if (lanes >= kLanes && i % 2 == 0) {
      _mm_storel_epi64((__m128i*)(void*)(out + i * stride), half);
    } else if (lanes >= kLanes) {
      _mm_storeh_pi((__m64*)(void*)(out + i * stride), _mm_castsi128_ps(half)); /* needs no alignment */
    } else {
      const int64_t eight = i % 2 == 0 ? _mm_cvtsi128_si64(half) : _mm_extract_epi64(half, 1);
      memcpy(out + i * stride, &eight, lanes < kLanes ? lanes : kLanes);
    }
  }
}

/* Packing works within halves. */
LN_INLINE __m256i in_order(__m256i bytes) {
  return _mm256_permutevar8x32_epi32(bytes, _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7));
}

LN_NOINLINE static void finish_long(const target* t, const pixel_sums* sums, size_t count, uint8_t* out) {
  const block* b = t->b;
  const q8_range range = q8_range_of(t->range);
  const __m256i top = _mm256_set1_epi32(b->finish[0] == kLong ? 0 : INT32_MIN);
  for (size_t i = 0; i < count; ++i, out += t->out_stride) {
    const __m256i u = q8_requant_left(_mm256_xor_si256(load(sums[i]), top), load(b->left));
    const __m256i r = q8_requant(u, load(b->multiplier), load(b->offset), load(b->sign_shift), load(b->shift));
    const __m256i words = _mm256_packs_epi32(r, r);
    store_pixels(1, t->lanes, in_order(q8_bytes(words, words, &range)), out, 0);
  }
}

/* Upper words by a shift and a blend, in turns. */
LN_INLINE __m256i short_bytes(const __m256i v[kTogether], const q8_range* range) {
  const __m256i turns =
      _mm256_broadcastsi128_si256(_mm_setr_epi8(0, 2, 4, 6, 1, 3, 5, 7, 8, 10, 12, 14, 9, 11, 13, 15));
  const __m256i a = _mm256_blend_epi16(_mm256_srli_epi32(v[0], 16), v[1], 0xaa);
  const __m256i b = _mm256_blend_epi16(_mm256_srli_epi32(v[2], 16), v[3], 0xaa);
  const __m256i bytes = _mm256_max_epu8(_mm256_packus_epi16(a, b), range->low);
  const __m256i clamped = _mm256_xor_si256(_mm256_min_epu8(bytes, range->high), range->flip);
  return in_order(_mm256_shuffle_epi8(clamped, turns));
}

LN_INLINE void finish_short(bool at_zero, size_t lanes, const target* t, const pixel_sums* sums, size_t count) {
  const q8_range range = q8_range_of(t->range);
  const __m256i scale = load(t->b->scale), start = load(t->b->start);
  uint8_t* out = t->out;
  for (size_t at = 0; at < count; at += kTogether, out += kTogether * t->out_stride) {
    __m256i v[kTogether];
    LN_UNROLL for (size_t i = 0; i < kTogether; ++i) v[i] = q8_short(at_zero, load(sums[at + i]), scale, start, &range);
    const size_t some = count - at < kTogether ? count - at : kTogether;
    if (some == kTogether)
      store_pixels(kTogether, lanes, short_bytes(v, &range), out, t->out_stride);
    else
      store_pixels(some, lanes, short_bytes(v, &range), out, t->out_stride);
    if (LN_UNLIKELY(q8_doubtful(v))) finish_long(t, sums + at, some, out);
  }
}

/* In a loop of its own: behind the products of each result it is longer than what the processor looks ahead. There are
 * sums for whole fours. */
LN_NOINLINE static void finish(const target* t, const pixel_sums* sums, size_t count) {
  const uint64_t kind = t->b->finish[0];
  if (kind == kLong)
    finish_long(t, sums, count, t->out);
  else if (t->lanes < kLanes && kind == kShortAtZero)
    finish_short(true, t->lanes, t, sums, count);
  else if (t->lanes < kLanes)
    finish_short(false, t->lanes, t, sums, count);
  else if (kind == kShortAtZero)
    finish_short(true, kLanes, t, sums, count);
  else
    finish_short(false, kLanes, t, sums, count);
}

/* ---- Stretches ---- */

/* The filter, and what takes its columns and makes sums of them. */
typedef struct filter {
  size_t height, width, pieces, block_size;
  take_fn take;
  sums_fn sums;
} filter;

/* Results `first` to first + count of `lines` lines, which lie one behind the other unless it is one. */
static void run_some(size_t channels, const filter* f, const char* b, const ln_dwconv_q8_stretch* s, size_t line,
                     size_t lines, size_t first, size_t count) {
  const size_t slide = (size_t)s->slide, results = lines * count;
  const source from = source_of(s, s->first + (int64_t)(first * slide) * s->step, (count - 1) * slide + f->width);
  target t = {.range = &s->range, .out_stride = s->out_stride};
  columns c;
  _Alignas(32) pixel_sums sums[2][kMostResults];
  for (size_t i = results; i % kTogether != 0; ++i)
    for (size_t v = 0; v < 2; ++v) store(sums[v][i], _mm256_setzero_si256());
  for (size_t at = 0; at < channels;) {
    const size_t lanes = channels - at >= 2 * kLanes ? 2 * kLanes : channels < kLanes ? channels : kLanes;
    const size_t channel = first_of(channels, at), vectors = (lanes + kLanes - 1) / kLanes;
    for (size_t l = 0; l < lines; ++l) {
      f->take(&from, f->height, line + l, channel, lanes, &c);
      for (size_t v = 0; v < vectors; ++v)
        f->sums((const block*)(const void*)(b + v * f->block_size), f->width * f->pieces, c.pieces[0][v],
                slide * f->pieces * 4 * kLanes, count, sums[v] + l * count);
    }
    for (size_t v = 0; v < vectors; ++v, b += f->block_size) {
      t.b = (const block*)(const void*)b;
      t.lanes = lanes < kLanes ? lanes : kLanes;
      t.out = s->out + line * s->out_line + first * s->out_stride + channel + v * kLanes;
      finish(&t, (const pixel_sums*)sums[v], results);
    }
    at += lanes;
  }
}

static void run(size_t channels, int32_t height, int32_t width, const void* packed, const ln_dwconv_q8_stretch* s) {
  const size_t rows = (size_t)height, across = (size_t)width, pieces = pieces_of(rows), fit = kMostPieces / pieces;
  const size_t all = across >= fit ? 1 : (fit - across) / (size_t)s->slide + 1;
  const size_t most = all < kMostResults ? all : kMostResults;
  const filter f = {rows, across, pieces, block_size(height, width), take_of(rows), sums_of(rows, across)};
  if (s->count <= most && s->lines * s->count <= kMostResults && s->out_line == s->count * s->out_stride) {
    run_some(channels, &f, packed, s, 0, s->lines, 0, s->count);
    return;
  }
  for (size_t line = 0; line < s->lines; ++line)
    for (size_t first = 0; first < s->count; first += most)
      run_some(channels, &f, packed, s, line, 1, first, s->count - first < most ? s->count - first : most);
}

/* So many that narrow pictures have enough results of one vector. */
static size_t lines_of(const ln_dwconv_shape* s) {
  enum { kEnough = kMostResults / 2, kMostLines = 8, kMostStride = 4 };
  const size_t width = s->out_width > 0 ? (size_t)s->out_width : 1, lines = kEnough / width;
  if (s->stride_y > kMostStride || lines < 1) return 1;
  return lines < kMostLines ? lines : kMostLines;
}

const ln_dwconv_q8 ln_dwconv_q8_avx2 = {.name = "dwconv_q8_avx2",
                                        .isa = LN_ISA_AVX2,
                                        .id = 2,
                                        .lanes = kLanes,
                                        .packed_size = packed_size,
                                        .pack = pack,
                                        .run = run,
                                        .lines = lines_of};
