/* Depthwise convolution of bytes with AVX2: sixteen channels a block, the last of which has some of the one before
 * again where channels are not a multiple. The taps of a filter column are taken in pairs of rows, widened to 16 bits
 * and interleaved by channel, so that vpmaddwd multiplies and adds a pair: exact, as no sum of two products of 8 bits
 * leaves 32. */
#include <immintrin.h>
#include <string.h>

#include "base/compiler.h"
#include "kernels/x86/dwconv_q8_x86.h"
#include "kernels/x86/requant_q8_avx2.h"

enum { kLanes = 16, kMaxPairs = 8 };

/* Vector v has the channels 8 v to 8 v + 7. */
typedef struct block {
  uint32_t bias[2][8], multiplier[2][8], offset[2][8], sign_shift[2][8], shift[2][8], left[2][8];
  uint64_t any_other[4];    /* the first: whether one of `left` is not 0, or a shift is 0 */
  requant_q8_sixteen usual; /* otherwise */
  int16_t weights[][2][16]; /* [width][pairs] */
} block;

static size_t pairs_of(int32_t height) { return ((size_t)height + 1) / 2; }

static size_t block_size(int32_t height, int32_t width) {
  return sizeof(block) + (size_t)width * pairs_of(height) * sizeof(int16_t[2][16]);
}

static size_t packed_size(size_t channels, int32_t height, int32_t width) {
  if (height > 2 * kMaxPairs || width > 64) return 0;
  return (channels + kLanes - 1) / kLanes * block_size(height, width);
}

/* The block that begins at most at channel `at`. */
static size_t first_of(size_t channels, size_t at) {
  return channels < kLanes ? 0 : at < channels - kLanes ? at : channels - kLanes;
}

static bool pack_channel(const ln_dwconv_q8_filter* f, size_t channel, size_t at, block* b) {
  const size_t v = at / 8, lane = at % 8, pairs = pairs_of(f->height);
  ln_requant_q8 n;
  if (!ln_dwconv_q8_channel(f, channel, &n)) return false;
  b->bias[v][lane] = n.bias;
  b->multiplier[v][lane] = n.multiplier;
  b->offset[v][lane] = n.offset;
  b->sign_shift[v][lane] = n.sign_shift;
  b->shift[v][lane] = n.shift;
  b->left[v][lane] = n.left;
  if (n.left > 0) b->any_other[0] = 1;
  for (int32_t x = 0; x < f->width; ++x)
    for (int32_t y = 0; y < f->height; ++y)
      b->weights[(size_t)x * pairs + (size_t)y / 2][v][2 * lane + (size_t)y % 2] =
          (int16_t)ln_dwconv_q8_weight(f, y, x, channel);
  return true;
}

static void finish_block(block* b) {
  if (!requant_q8_make_sixteen(b->multiplier[0], b->shift[0], 0, 8, &b->usual)) b->any_other[0] = 1;
}

static bool pack(const ln_dwconv_q8_filter* f, void* packed) {
  const size_t size = block_size(f->height, f->width);
  char* b = packed;
  memset(packed, 0, packed_size(f->channels, f->height, f->width));
  for (size_t c = 0; c < f->channels; c += kLanes, b += size) {
    const size_t first = first_of(f->channels, c);
    for (size_t at = 0; at < kLanes && first + at < f->channels; ++at)
      if (!pack_channel(f, first + at, at, (block*)(void*)b)) return false;
    finish_block((block*)(void*)b);
  }
  return true;
}

static inline __m256i load(const void* p) { return _mm256_loadu_si256((const __m256i*)p); }

/* How many channels of a pixel exist: all, half of them, more, or fewer. */
typedef enum lane_count { kAll, kHalf, kMore, kFewer } lane_count;

typedef struct lane_part {
  lane_count kind;
  size_t lanes;
} lane_part;

/* More than half are two halves that overlap. */
LN_INLINE __m128i load_bytes(const uint8_t* p, lane_part part) {
  if (part.kind == kAll) return _mm_loadu_si128((const __m128i*)(const void*)p);
  if (part.kind == kHalf) return _mm_loadl_epi64((const __m128i*)(const void*)p);
  if (part.kind == kMore) {
    const __m128i last = _mm_loadl_epi64((const __m128i*)(const void*)(p + part.lanes - 8));
    const __m128i known = _mm_cvtsi32_si128(8 * (16 - (int)part.lanes));
    return _mm_unpacklo_epi64(_mm_loadl_epi64((const __m128i*)(const void*)p), _mm_srl_epi64(last, known));
  }
  uint64_t bytes = 0;
  memcpy(&bytes, p, part.lanes);
  return _mm_cvtsi64_si128((int64_t)bytes);
}

LN_INLINE void store_bytes(uint8_t* p, __m128i x, lane_part part) {
  if (part.kind == kAll) {
    _mm_storeu_si128((__m128i*)(void*)p, x);
  } else if (part.kind == kHalf) {
    _mm_storel_epi64((__m128i*)(void*)p, x);
  } else {
    uint8_t bytes[16];
    _mm_storeu_si128((__m128i*)(void*)bytes, x);
    if (part.kind == kMore) {
      memcpy(p, bytes, 8);
      memcpy(p + part.lanes - 8, bytes + part.lanes - 8, 8);
    } else {
      memcpy(p, bytes, part.lanes);
    }
  }
}

LN_NOINLINE static __m256i finish_other(const block* b, __m256i first, __m256i second) {
  const __m256i sums[2] = {first, second};
  __m256i r[2];
  LN_UNROLL for (int v = 0; v < 2; ++v) r[v] =
      q8_requant(q8_requant_left(sums[v], load(b->left[v])), load(b->multiplier[v]), load(b->offset[v]),
                 load(b->sign_shift[v]), load(b->shift[v]));
  const __m256i words = _mm256_packs_epi32(r[0], r[1]);
  return _mm256_shufflelo_epi16(_mm256_shufflehi_epi16(words, 0xd8), 0xd8); /* as the usual ones come */
}

LN_INLINE void finish(const block* b, const __m256i sums[2], const q8_range* range, uint8_t* out, lane_part lanes) {
  const __m256i words =
      b->any_other[0] != 0 ? finish_other(b, sums[0], sums[1]) : requant_q8_words(&b->usual, sums[0], sums[1]);
  /* Packing works within halves. */
  const __m256i bytes =
      _mm256_permutevar8x32_epi32(q8_bytes(words, words, range), _mm256_setr_epi32(0, 4, 1, 5, 0, 0, 0, 0));
  const __m128i order = _mm_setr_epi8(0, 2, 1, 3, 4, 6, 5, 7, 8, 10, 9, 11, 12, 14, 13, 15);
  store_bytes(out, _mm_shuffle_epi8(_mm256_castsi256_si128(bytes), order), lanes);
}

/* A block's way through the picture: where its channels of the current column lie in every row, as far as it is inside.
 */
typedef struct cursor {
  const uint8_t* rows[2 * kMaxPairs];
  size_t at[2 * kMaxPairs], steps[2 * kMaxPairs];
  int64_t column;
} cursor;

LN_INLINE void go_to(cursor* c, const ln_dwconv_q8_stretch* s, size_t height, int64_t column) {
  c->column = column;
  for (size_t y = 0; y < height; ++y) c->at[y] = (size_t)column * s->pixel_strides[y];
}

LN_INLINE void start(cursor* c, const ln_dwconv_q8_stretch* s, size_t height, size_t channel) {
  for (size_t y = 0; y < height; ++y) {
    c->rows[y] = s->rows[y] + channel;
    c->steps[y] = (size_t)s->step * s->pixel_strides[y];
  }
  go_to(c, s, height, s->first);
}

LN_INLINE void go_on(cursor* c, const ln_dwconv_q8_stretch* s, size_t height) {
  c->column += s->step;
  LN_UNROLL for (size_t y = 0; y < height; ++y) c->at[y] += c->steps[y];
}

/* Two rows of a column, interleaved; the last of an odd number alone, with a weight of 0 beside it. */
LN_INLINE void column_pair(const cursor* c, const ln_dwconv_q8_stretch* s, const uint8_t* outside, size_t height,
                           size_t pair, __m128i flip, lane_part lanes, __m256i x[2]) {
  const bool inside = c->column >= 0 && c->column < s->in_width, alone = 2 * pair + 1 == height;
  const size_t upper = 2 * pair, lower = alone ? upper : upper + 1;
  /* `start` has set these for every row. */
  // NOLINTBEGIN(clang-analyzer-core.UndefinedBinaryOperatorResult)
  const uint8_t* top = inside ? c->rows[upper] + c->at[upper] : outside;
  const uint8_t* bottom = inside ? c->rows[lower] + c->at[lower] : outside;
  // NOLINTEND(clang-analyzer-core.UndefinedBinaryOperatorResult)
  const __m128i a = _mm_xor_si128(load_bytes(top, lanes), flip);
  if (alone) {
    x[0] = _mm256_cvtepu8_epi32(a);
    x[1] = _mm256_cvtepu8_epi32(_mm_unpackhi_epi64(a, a));
  } else {
    const __m128i b = _mm_xor_si128(load_bytes(bottom, lanes), flip);
    x[0] = _mm256_cvtepu8_epi16(_mm_unpacklo_epi8(a, b));
    x[1] = _mm256_cvtepu8_epi16(_mm_unpackhi_epi8(a, b));
  }
}

/* The window slides: every column is taken up once and added to all outputs that it belongs to; sums[i] is that which
 * has seen i * slide columns before. Size, slide and lanes are constants where it is called. */
LN_INLINE void slide_block(size_t size, size_t slide, lane_part lanes, const block* b, const ln_dwconv_q8_stretch* s,
                           size_t channel) {
  const size_t depth = (size - 1) / slide + 1, pairs = (size + 1) / 2;
  const q8_range range = q8_range_of(&s->range);
  const __m128i flip = _mm_set1_epi8((char)s->in_flip);
  const uint8_t* outside = s->outside + channel;
  uint8_t* out = s->out + channel;
  cursor c;
  __m256i sums[7][2], x[2];
  start(&c, s, size, channel);
  LN_UNROLL for (size_t i = 0; i < depth; ++i) sums[i][0] = sums[i][1] = _mm256_setzero_si256();
  for (size_t j = 0; j < s->count + depth - 1; ++j) {
    LN_UNROLL for (size_t v = 0; v < 2; ++v) sums[0][v] = load(b->bias[v]);
    LN_UNROLL for (size_t phase = 0; phase < slide; ++phase, go_on(&c, s, size)) {
      LN_UNROLL for (size_t p = 0; p < pairs; ++p) {
        column_pair(&c, s, outside, size, p, flip, lanes, x);
        LN_UNROLL for (size_t i = 0; i < depth; ++i) {
          if (phase + slide * i >= size) continue;
          LN_UNROLL for (size_t v = 0; v < 2; ++v) {
            sums[i][v] = _mm256_add_epi32(
                sums[i][v], _mm256_madd_epi16(x[v], load(b->weights[(phase + slide * i) * pairs + p][v])));
            LN_KEEP(sums[i][v]); /* or GCC adds products first, and has no registers for them */
          }
        }
      }
      if (phase == 0 && j >= depth - 1) {
        finish(b, sums[depth - 1], &range, out, lanes);
        out += s->out_stride;
      }
    }
    LN_UNROLL for (size_t i = depth - 1; i > 0; --i) LN_UNROLL for (size_t v = 0; v < 2; ++v) sums[i][v] =
        sums[i - 1][v];
  }
}

/* Any filter, pixel by pixel. */
LN_INLINE void plain_block(size_t height, size_t width, lane_part lanes, const block* b, const ln_dwconv_q8_stretch* s,
                           size_t channel) {
  const q8_range range = q8_range_of(&s->range);
  const __m128i flip = _mm_set1_epi8((char)s->in_flip);
  const size_t pairs = (height + 1) / 2;
  const uint8_t* outside = s->outside + channel;
  uint8_t* out = s->out + channel;
  cursor c;
  start(&c, s, height, channel);
  for (size_t j = 0; j < s->count; ++j, out += s->out_stride) {
    __m256i sums[2], x[2];
    LN_UNROLL for (size_t v = 0; v < 2; ++v) sums[v] = load(b->bias[v]);
    go_to(&c, s, height, s->first + (int64_t)j * s->slide * s->step);
    for (size_t i = 0; i < width; ++i, go_on(&c, s, height)) {
      for (size_t p = 0; p < pairs; ++p) {
        column_pair(&c, s, outside, height, p, flip, lanes, x);
        LN_UNROLL for (size_t v = 0; v < 2; ++v) sums[v] =
            _mm256_add_epi32(sums[v], _mm256_madd_epi16(x[v], load(b->weights[i * pairs + p][v])));
      }
    }
    finish(b, sums, &range, out, lanes);
  }
}

static void run_block(size_t height, size_t width, size_t channels, const block* b, const ln_dwconv_q8_stretch* s,
                      size_t channel) {
  const lane_part all = {kAll, 16}, half = {kHalf, 8}, more = {kMore, channels}, fewer = {kFewer, channels};
  const size_t size = height == width ? height : 0;
#define LN_CASE(n, t)                          \
  if (size == (n) && s->slide == (t)) {        \
    if (channels >= 16)                        \
      slide_block(n, t, all, b, s, channel);   \
    else if (channels > 8)                     \
      slide_block(n, t, more, b, s, channel);  \
    else if (channels == 8)                    \
      slide_block(n, t, half, b, s, channel);  \
    else                                       \
      slide_block(n, t, fewer, b, s, channel); \
    return;                                    \
  }
  LN_CASE(3, 1)
  LN_CASE(3, 2)
  LN_CASE(5, 1)
  LN_CASE(5, 2)
  LN_CASE(7, 1)
  LN_CASE(7, 2)
#undef LN_CASE
  if (channels >= 16 && size == 3)
    plain_block(3, 3, all, b, s, channel);
  else if (channels >= 16)
    plain_block(height, width, all, b, s, channel);
  else if (channels > 8)
    plain_block(height, width, more, b, s, channel);
  else if (channels == 8)
    plain_block(height, width, half, b, s, channel);
  else
    plain_block(height, width, fewer, b, s, channel);
}

static void run(size_t channels, int32_t height, int32_t width, const void* packed, const ln_dwconv_q8_stretch* s) {
  const size_t size = block_size(height, width);
  const char* b = packed;
  for (size_t c = 0; c < channels; c += kLanes, b += size)
    run_block((size_t)height, (size_t)width, channels, (const block*)(const void*)b, s, first_of(channels, c));
}

const ln_dwconv_q8 ln_dwconv_q8_avx2 = {.name = "dwconv_q8_avx2",
                                        .isa = LN_ISA_AVX2,
                                        .id = 2,
                                        .lanes = 16,
                                        .packed_size = packed_size,
                                        .pack = pack,
                                        .run = run};
