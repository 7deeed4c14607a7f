/* Depthwise convolution of bytes with AVX-512 VNNI. The rows of a filter column are taken four at a time and
 * interleaved by channel, so that vpdpbusd multiplies and adds four taps. Channels come in blocks of 64, and at the end
 * one of 32 or 16 where that is enough.
 *
 * Weights must be int8. Those of uint8 filters less their zero point reach from -255 to 255: what does not fit is split
 * in two, and the second part takes a slot of its own, which reads the same row again. In a filter with three rows the
 * fourth slot is free anyway; only where several rows of a block have such weights more slots are needed. */
#include <immintrin.h>
#include <string.h>

#include "base/compiler.h"
#include "kernels/x86/dwconv_q8_x86.h"

enum { kMaxHeight = 16, kMaxSlots = 2 * kMaxHeight };

/* Which filter row a slot reads; from `second` on slots hold second parts, and from `used` on nothing. */
typedef struct slot_map {
  uint8_t rows[kMaxSlots];
  uint32_t second, used;
} slot_map;

/* Before the weights of every block. */
typedef struct block_head {
  slot_map slots;
  uint32_t groups;
  uint32_t any_left; /* whether one of the channels is shifted to the left */
  char unused[64 - (sizeof(slot_map) + 8) % 64];
} block_head;

static int32_t first_part(int32_t weight) {
  return weight > INT8_MAX ? INT8_MAX : weight < INT8_MIN ? INT8_MIN : weight;
}

static int8_t slot_weight(const ln_dwconv_q8_filter* f, const slot_map* slots, size_t slot, int32_t x, size_t channel) {
  if (slot >= slots->used) return 0;
  const int32_t weight = ln_dwconv_q8_weight(f, slots->rows[slot], x, channel), part = first_part(weight);
  return (int8_t)(slot < slots->second ? part : weight - part);
}

typedef struct cursor {
  const uint8_t* at[kMaxSlots];
  size_t strides[kMaxSlots];
  const uint8_t* outside;
  int64_t column, width;
  bool any_left;
} cursor;

static void start(cursor* c, const ln_dwconv_q8_stretch* s, const block_head* head, size_t channel) {
  for (size_t slot = 0; slot < 4 * head->groups; ++slot) {
    const size_t row = head->slots.rows[slot];
    c->at[slot] = s->rows[row] + channel;
    c->strides[slot] = s->pixel_strides[row];
  }
  c->outside = s->outside + channel;
  c->width = s->in_width;
  c->any_left = head->any_left != 0;
}

/* How many of a block's channels exist: all, half of them (of the narrowest block), or as the mask says, which costs
 * more.
 */
typedef enum lane_count { kAll, kHalf, kSome } lane_count;

#define LN_GLUE_(a, b) a##b
#define LN_GLUE(a, b) LN_GLUE_(a, b)

#define LN_V __m512i
#define LN_BYTES 64
#define LN_LANES 0xffff
#define LN_MASK __mmask64
#define LN_OP(name) LN_GLUE(_mm512_, name)
#define LN_NAME(name) LN_GLUE(wide_, name)
#define LN_LOAD(p) _mm512_loadu_si512(p)
#define LN_STORE(p, x) _mm512_storeu_si512(p, x)
#define LN_HALF 0 /* there is none */
#define LN_LOAD_HALF(p) LN_LOAD(p)
#define LN_STORE_HALF(p, x) LN_STORE(p, x)
#include "kernels/x86/dwconv_q8_vnni.h"
#undef LN_V
#undef LN_BYTES
#undef LN_LANES
#undef LN_MASK
#undef LN_OP
#undef LN_NAME
#undef LN_LOAD
#undef LN_STORE
#undef LN_HALF
#undef LN_LOAD_HALF
#undef LN_STORE_HALF

#define LN_V __m256i
#define LN_BYTES 32
#define LN_LANES 0xff
#define LN_MASK __mmask32
#define LN_OP(name) LN_GLUE(_mm256_, name)
#define LN_NAME(name) LN_GLUE(middle_, name)
#define LN_LOAD(p) _mm256_loadu_si256((const __m256i*)(const void*)(p))
#define LN_STORE(p, x) _mm256_storeu_si256((__m256i*)(void*)(p), x)
#define LN_HALF 0 /* there is none */
#define LN_LOAD_HALF(p) LN_LOAD(p)
#define LN_STORE_HALF(p, x) LN_STORE(p, x)
#define _mm256_set1_epi64 _mm256_set1_epi64x
#include "kernels/x86/dwconv_q8_vnni.h"
#undef LN_V
#undef LN_BYTES
#undef LN_LANES
#undef LN_MASK
#undef LN_OP
#undef LN_NAME
#undef LN_LOAD
#undef LN_STORE
#undef LN_HALF
#undef LN_LOAD_HALF
#undef LN_STORE_HALF

#define LN_V __m128i
#define LN_BYTES 16
#define LN_LANES 0xf
#define LN_MASK __mmask16
#define LN_OP(name) LN_GLUE(_mm_, name)
#define LN_NAME(name) LN_GLUE(narrow_, name)
#define LN_LOAD(p) _mm_loadu_si128((const __m128i*)(const void*)(p))
#define LN_STORE(p, x) _mm_storeu_si128((__m128i*)(void*)(p), x)
#define LN_HALF 8
#define LN_LOAD_HALF(p) _mm_loadl_epi64((const __m128i*)(const void*)(p))
#define LN_STORE_HALF(p, x) _mm_storel_epi64((__m128i*)(void*)(p), x)
#define _mm_set1_epi64 _mm_set1_epi64x
#include "kernels/x86/dwconv_q8_vnni.h"

/* The block that begins where so many channels are left. */
static size_t lanes_of(size_t left) { return left >= 64 ? 64 : left >= 32 ? 32 : 16; }
static size_t count_of(size_t left) { return left >= 16 ? lanes_of(left) : left >= 8 ? 8 : left; }

static size_t most_groups(int32_t height) { return (2 * (size_t)height + 3) / 4; }

/* Blocks lie where they would if all needed the most groups. */
static size_t block_size(size_t lanes, int32_t height, int32_t width) {
  return sizeof(block_head) + 24 * lanes + (size_t)width * most_groups(height) * 4 * lanes;
}

static size_t packed_size(size_t channels, int32_t height, int32_t width) {
  size_t size = 0;
  if (height > kMaxHeight || width > LN_DWCONV_Q8_MAX_FILTER) return 0;
  for (size_t c = 0; c < channels; c += count_of(channels - c))
    size += block_size(lanes_of(channels - c), height, width);
  return size;
}

static bool row_has_second(const ln_dwconv_q8_filter* f, int32_t y, size_t first, size_t end) {
  for (int32_t x = 0; x < f->width; ++x)
    for (size_t c = first; c < end; ++c) {
      const int32_t weight = ln_dwconv_q8_weight(f, y, x, c);
      if (first_part(weight) != weight) return true;
    }
  return false;
}

static bool parts_suffice(const ln_dwconv_q8_filter* f) {
  const int32_t lowest = f->is_signed ? INT8_MIN : -f->weights_zero_point;
  return lowest >= 2 * INT8_MIN + 1 && lowest + 255 <= 2 * INT8_MAX;
}

static void map_slots(const ln_dwconv_q8_filter* f, size_t first, size_t end, block_head* head) {
  size_t used = 0;
  memset(head, 0, sizeof *head);
  for (int32_t y = 0; y < f->height; ++y) head->slots.rows[used++] = (uint8_t)y;
  head->slots.second = (uint32_t)used;
  for (int32_t y = 0; y < f->height; ++y)
    if (row_has_second(f, y, first, end)) head->slots.rows[used++] = (uint8_t)y;
  head->slots.used = (uint32_t)used;
  head->groups = (uint32_t)(used + 3) / 4;
}

static bool pack(const ln_dwconv_q8_filter* f, void* packed) {
  char* at = packed;
  if (!parts_suffice(f)) return false;
  memset(packed, 0, packed_size(f->channels, f->height, f->width));
  for (size_t c = 0, count; c < f->channels; c += count) {
    const size_t lanes = lanes_of(f->channels - c);
    block_head* head = (block_head*)(void*)at;
    void* body = at + sizeof *head;
    count = count_of(f->channels - c);
    map_slots(f, c, c + count, head);
    const bool packs = lanes == 64   ? wide_pack(f, c, count, head, body)
                       : lanes == 32 ? middle_pack(f, c, count, head, body)
                                     : narrow_pack(f, c, count, head, body);
    if (!packs) return false;
    at += block_size(lanes, f->height, f->width);
  }
  return true;
}

static void run(size_t channels, int32_t height, int32_t width, const void* packed, const ln_dwconv_q8_stretch* s) {
  const char* at = packed;
  for (size_t c = 0, count; c < channels; c += count) {
    const size_t lanes = lanes_of(channels - c);
    const block_head* head = (const block_head*)(const void*)at;
    const void* body = at + sizeof *head;
    cursor cursor;
    count = count_of(channels - c);
    start(&cursor, s, head, c);
    (lanes == 64   ? wide_run
     : lanes == 32 ? middle_run
                   : narrow_run)((size_t)width, head->groups, count, body, &cursor, s, s->out + c);
    at += block_size(lanes, height, width);
  }
}

const ln_dwconv_q8 ln_dwconv_q8_avx512vnni = {.name = "dwconv_q8_avx512vnni",
                                              .isa = LN_ISA_AVX512VNNI,
                                              .id = 3,
                                              .packed_size = packed_size,
                                              .pack = pack,
                                              .run = run};
