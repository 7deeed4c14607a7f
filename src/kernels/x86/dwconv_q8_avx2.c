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

/* Interleaving works within halves of a register: vector v has the channels v * 4 + {0..3, 8..11}. */
typedef struct block {
  uint32_t bias[2][8], multiplier[2][8], offset[2][8], sign_shift[2][8], shift[2][8], left[2][8];
  uint64_t any_left[4];     /* the first: whether one of `left` is not 0 */
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
  const size_t v = at / 4 % 2, lane = at / 8 * 4 + at % 4, pairs = pairs_of(f->height);
  ln_requant_q8 n;
  if (!ln_dwconv_q8_channel(f, channel, &n)) return false;
  b->bias[v][lane] = n.bias;
  b->multiplier[v][lane] = n.multiplier;
  b->offset[v][lane] = n.offset;
  b->sign_shift[v][lane] = n.sign_shift;
  b->shift[v][lane] = n.shift;
  b->left[v][lane] = n.left;
  if (n.left > 0) b->any_left[0] = 1;
  for (int32_t x = 0; x < f->width; ++x)
    for (int32_t y = 0; y < f->height; ++y)
      b->weights[(size_t)x * pairs + (size_t)y / 2][v][2 * lane + (size_t)y % 2] =
          (int16_t)ln_dwconv_q8_weight(f, y, x, channel);
  return true;
}

static bool pack(const ln_dwconv_q8_filter* f, void* packed) {
  const size_t size = block_size(f->height, f->width);
  char* b = packed;
  memset(packed, 0, packed_size(f->channels, f->height, f->width));
  for (size_t c = 0; c < f->channels; c += kLanes, b += size) {
    const size_t first = first_of(f->channels, c);
    for (size_t at = 0; at < kLanes && first + at < f->channels; ++at)
      if (!pack_channel(f, first + at, at, (block*)(void*)b)) return false;
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

LN_INLINE void finish(const block* b, const __m256i sums[2], const q8_range* range, uint8_t* out, lane_part lanes) {
  __m256i r[2];
  const bool any_left = b->any_left[0] != 0;
  LN_UNROLL for (int v = 0; v < 2; ++v) {
    const __m256i sum = any_left ? q8_requant_left(sums[v], load(b->left[v])) : sums[v];
    r[v] = q8_requant(sum, load(b->multiplier[v]), load(b->offset[v]), load(b->sign_shift[v]), load(b->shift[v]));
  }
  const __m256i words = _mm256_packs_epi32(r[0], r[1]);
  const __m256i bytes = q8_bytes(words, words, range);
  store_bytes(out, _mm_unpacklo_epi64(_mm256_castsi256_si128(bytes), _mm256_extracti128_si256(bytes, 1)), lanes);
}

/* A block's way through the picture: where its channels of the current column lie in every row. */
typedef struct cursor {
  const uint8_t* at[2 * kMaxPairs];
  size_t strides[2 * kMaxPairs];
  const uint8_t* outside;
  int64_t column, width;
} cursor;

static void start(cursor* c, const ln_dwconv_q8_stretch* s, int32_t height, size_t channel) {
  for (size_t y = 0; y < 2 * pairs_of(height); ++y) {
    const size_t row = y < (size_t)height ? y : 0; /* a row too many has weights of 0 */
    c->at[y] = s->rows[row] + channel;
    c->strides[y] = s->pixel_strides[row];
  }
  c->outside = s->outside + channel;
  c->width = s->in_width;
}

/* Two rows of a column, interleaved. */
LN_INLINE void column_pair(const cursor* c, size_t pair, __m128i flip, lane_part lanes, __m256i x[2]) {
  const bool inside = c->column >= 0 && c->column < c->width;
  const uint8_t *top = c->outside, *bottom = c->outside;
  if (inside) { /* `start` has set these for every pair */
    // NOLINTNEXTLINE(clang-analyzer-core.UndefinedBinaryOperatorResult)
    top = c->at[2 * pair] + (size_t)c->column * c->strides[2 * pair];
    // NOLINTNEXTLINE(clang-analyzer-core.UndefinedBinaryOperatorResult)
    bottom = c->at[2 * pair + 1] + (size_t)c->column * c->strides[2 * pair + 1];
  }
  const __m256i a = _mm256_cvtepu8_epi16(_mm_xor_si128(load_bytes(top, lanes), flip));
  const __m256i b = _mm256_cvtepu8_epi16(_mm_xor_si128(load_bytes(bottom, lanes), flip));
  x[0] = _mm256_unpacklo_epi16(a, b);
  x[1] = _mm256_unpackhi_epi16(a, b);
}

/* The window slides: every column is taken up once and added to all outputs that it belongs to; sums[i] is that which
 * has seen i * slide columns before. Width, pairs, slide and lanes are constants where it is called. */
LN_INLINE void slide_block(size_t width, size_t pairs, size_t slide, lane_part lanes, const block* b, cursor* c,
                           const ln_dwconv_q8_stretch* s, uint8_t* out) {
  const size_t depth = (width - 1) / slide + 1;
  const q8_range range = q8_range_of(&s->range);
  const __m128i flip = _mm_set1_epi8((char)s->in_flip);
  __m256i sums[7][2], x[2];
  LN_UNROLL for (size_t i = 0; i < depth; ++i) sums[i][0] = sums[i][1] = _mm256_setzero_si256();
  c->column = s->first;
  for (size_t j = 0; j < s->count + depth - 1; ++j) {
    LN_UNROLL for (size_t v = 0; v < 2; ++v) sums[0][v] = load(b->bias[v]);
    LN_UNROLL for (size_t phase = 0; phase < slide; ++phase, c->column += s->step) {
      LN_UNROLL for (size_t p = 0; p < pairs; ++p) {
        column_pair(c, p, flip, lanes, x);
        LN_UNROLL for (size_t i = 0; i < depth; ++i) {
          if (phase + slide * i >= width) continue;
          LN_UNROLL for (size_t v = 0; v < 2; ++v) sums[i][v] = _mm256_add_epi32(
              sums[i][v], _mm256_madd_epi16(x[v], load(b->weights[(phase + slide * i) * pairs + p][v])));
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
LN_INLINE void plain_block(size_t width, size_t pairs, lane_part lanes, const block* b, cursor* c,
                           const ln_dwconv_q8_stretch* s, uint8_t* out) {
  const q8_range range = q8_range_of(&s->range);
  const __m128i flip = _mm_set1_epi8((char)s->in_flip);
  for (size_t j = 0; j < s->count; ++j, out += s->out_stride) {
    __m256i sums[2], x[2];
    LN_UNROLL for (size_t v = 0; v < 2; ++v) sums[v] = load(b->bias[v]);
    c->column = s->first + (int64_t)j * s->slide * s->step;
    for (size_t i = 0; i < width; ++i, c->column += s->step) {
      for (size_t p = 0; p < pairs; ++p) {
        column_pair(c, p, flip, lanes, x);
        LN_UNROLL for (size_t v = 0; v < 2; ++v) sums[v] =
            _mm256_add_epi32(sums[v], _mm256_madd_epi16(x[v], load(b->weights[i * pairs + p][v])));
      }
    }
    finish(b, sums, &range, out, lanes);
  }
}

static void run_block(size_t width, size_t pairs, size_t channels, const block* b, cursor* c,
                      const ln_dwconv_q8_stretch* s, uint8_t* out) {
  const lane_part all = {kAll, 16}, half = {kHalf, 8}, more = {kMore, channels}, fewer = {kFewer, channels};
#define LN_CASE(w, p, t)                                 \
  if (width == (w) && pairs == (p) && s->slide == (t)) { \
    if (channels >= 16)                                  \
      slide_block(w, p, t, all, b, c, s, out);           \
    else if (channels > 8)                               \
      slide_block(w, p, t, more, b, c, s, out);          \
    else if (channels == 8)                              \
      slide_block(w, p, t, half, b, c, s, out);          \
    else                                                 \
      slide_block(w, p, t, fewer, b, c, s, out);         \
    return;                                              \
  }
  LN_CASE(3, 2, 1)
  LN_CASE(3, 2, 2)
  LN_CASE(5, 3, 1)
  LN_CASE(5, 3, 2)
  LN_CASE(7, 4, 1)
  LN_CASE(7, 4, 2)
#undef LN_CASE
  if (channels >= 16 && width == 3 && pairs == 2)
    plain_block(3, 2, all, b, c, s, out);
  else if (channels >= 16)
    plain_block(width, pairs, all, b, c, s, out);
  else if (channels > 8)
    plain_block(width, pairs, more, b, c, s, out);
  else if (channels == 8)
    plain_block(width, pairs, half, b, c, s, out);
  else
    plain_block(width, pairs, fewer, b, c, s, out);
}

static void run(size_t channels, int32_t height, int32_t width, const void* packed, const ln_dwconv_q8_stretch* s) {
  const size_t size = block_size(height, width);
  const char* b = packed;
  for (size_t c = 0; c < channels; c += kLanes, b += size) {
    const size_t first = first_of(channels, c);
    cursor cursor;
    start(&cursor, s, height, first);
    run_block((size_t)width, pairs_of(height), channels, (const block*)(const void*)b, &cursor, s, s->out + first);
  }
}

const ln_dwconv_q8 ln_dwconv_q8_avx2 = {.name = "dwconv_q8_avx2",
                                        .isa = LN_ISA_AVX2,
                                        .id = 2,
                                        .lanes = 16,
                                        .packed_size = packed_size,
                                        .pack = pack,
                                        .run = run};
