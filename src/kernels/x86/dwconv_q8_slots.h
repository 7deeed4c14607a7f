/* Depthwise convolution of bytes with vpdpbusd: what its blocks of channels have in common, whatever the width. The
 * rows of a filter column are taken four at a time and interleaved by channel, so that vpdpbusd multiplies and adds
 * four taps.
 *
 * Weights must be int8. Those of uint8 filters less their zero point reach from -255 to 255: what does not fit is split
 * in two, and the second part takes a slot of its own, which reads the same row again. In a filter with three rows the
 * fourth slot is free anyway; only where several rows of a block have such weights more slots are needed. */
#ifndef LN_KERNELS_X86_DWCONV_Q8_SLOTS_H_
#define LN_KERNELS_X86_DWCONV_Q8_SLOTS_H_

#include <immintrin.h>
#include <string.h>

#include "base/compiler.h"
#include "kernels/x86/dwconv_q8_x86.h"

enum { kMaxHeight = 16, kMaxSlots = 2 * kMaxHeight };

/* Which filter row a slot reads; the first `first` hold first parts, from `second` on slots hold second parts, and from
 * `used` on nothing. What is between reads what further lines do. */
typedef struct slot_map {
  uint8_t rows[kMaxSlots];
  uint32_t first, second, used;
} slot_map;

/* How the sums of a block become bytes: by requant_q8.h's short way, with a range that begins at the zero point or with
 * another; or by the long one, some channels shifted to the left before. Without the latter 2^31 is not in the bias. */
typedef enum finish_kind { kShortAtZero, kShort, kLong, kLongLeft } finish_kind;

/* Before the weights of every block. */
typedef struct block_head {
  slot_map slots;
  uint32_t groups, parts; /* 2: the second half of the groups multiplies what the first does */
  uint32_t finish;        /* a finish_kind */
  char unused[64 - (sizeof(slot_map) + 12) % 64];
} block_head;

static int32_t first_part(int32_t weight) {
  return weight > INT8_MAX ? INT8_MAX : weight < INT8_MIN ? INT8_MIN : weight;
}

static int8_t slot_weight(const ln_dwconv_q8_filter* f, const slot_map* slots, size_t slot, int32_t x, size_t channel) {
  if (slot >= slots->used || (slot >= slots->first && slot < slots->second)) return 0;
  if (slots->rows[slot] >= f->height) return 0;
  const int32_t weight = ln_dwconv_q8_weight(f, slots->rows[slot], x, channel), part = first_part(weight);
  return (int8_t)(slot < slots->first ? part : weight - part);
}

typedef struct cursor {
  const uint8_t* at[kMaxSlots];
  size_t strides[kMaxSlots]; /* `stride`, or 0 where `masks` is 0, in rows outside of the picture */
  size_t masks[kMaxSlots];   /* or all bits */
  const uint8_t* outside;
  int64_t column, width;
  size_t stride, place; /* of the column in the rows of the picture */
  finish_kind finish;
  size_t slots; /* in use, in the first groups */
} cursor;

/* At lines whose first filter row is row `first` of the stretch; `slots` are in use. */
LN_INLINE void start(cursor* c, const ln_dwconv_q8_stretch* s, size_t first, size_t slots, const block_head* head,
                     size_t channel) {
  c->stride = 0;
  for (size_t slot = 0; slot < 4 * head->groups; ++slot) {
    const size_t row = first + head->slots.rows[slot], stride = s->pixel_strides[row];
    c->at[slot] = s->rows[row] + channel;
    c->strides[slot] = stride;
    c->masks[slot] = stride > 0 ? SIZE_MAX : 0;
    c->stride |= stride;
  }
  c->outside = s->outside + channel;
  c->width = s->in_width;
  c->finish = (finish_kind)head->finish;
  c->slots = slots;
}

/* The same for a function's own use, at column `column`: what is read of the first `groups` groups, so that it can stay
 * in registers. */
LN_INLINE void start_own(cursor* own, const cursor* c, size_t groups, int64_t column) {
  LN_UNROLL for (size_t slot = 0; slot < 4 * groups; ++slot) {
    own->at[slot] = c->at[slot];
    own->masks[slot] = c->masks[slot];
  }
  own->outside = c->outside;
  own->width = c->width;
  own->column = column;
  own->place = (size_t)column * c->stride;
}

static inline size_t slots_of_line(const block_head* head) {
  return head->parts == 2 ? head->slots.first : head->slots.used;
}

/* A line's filter rows are slots from line * step on, so that the same filter moved down makes it: how many lines the
 * groups of a block hold. Second parts beside first ones leave no room for that. */
static inline size_t lines_at_once(const block_head* head, size_t step) {
  const size_t used = slots_of_line(head);
  return used > head->slots.first ? 1 : (4 * head->groups / head->parts - used) / step + 1;
}

/* How many of a block's channels exist: all, or, in the narrowest block, half of them, more, or fewer. */
typedef enum lane_count { kAll, kHalf, kMore, kSome } lane_count;

/* The first `count` bytes of sixteen, more than eight of them: two halves that overlap. */
LN_INLINE void store_more(uint8_t* p, size_t count, __m128i x) {
  uint8_t bytes[16];
  _mm_storeu_si128((__m128i*)(void*)bytes, x);
  memcpy(p, bytes, 8);
  memcpy(p + count - 8, bytes + count - 8, 8);
}

#define LN_GLUE_(a, b) a##b
#define LN_GLUE(a, b) LN_GLUE_(a, b)

/* Blocks of so many channels. */
typedef struct block_width {
  size_t lanes;
  bool (*pack)(const ln_dwconv_q8_filter* f, size_t first, size_t count, block_head* head, void* packed);
  void (*run)(size_t width, size_t groups, size_t count, const void* packed, cursor* c, const ln_dwconv_q8_stretch* s,
              uint8_t* out);
  /* All lines of the stretch, of a block whose weights lie behind its head; false: it cannot. NULL: never. */
  bool (*run_lines)(size_t width, const block_head* head, size_t first, size_t count, const ln_dwconv_q8_stretch* s);
} block_width;

#endif
