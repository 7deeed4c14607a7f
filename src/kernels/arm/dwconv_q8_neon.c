/* Depthwise convolution of bytes with NEON: eight channels a block, a multiply-add of 16 bits to 32 for every tap. */
#include <arm_neon.h>
#include <string.h>

#include "base/compiler.h"
#include "kernels/arm/requant_q8_neon.h"
#include "kernels/arm/rungs_arm.h"

enum { kLanes = 8 };

typedef struct block {
  uint32_t bias[kLanes], multiplier[kLanes], shift[kLanes], left[kLanes];
  int16_t weights[][kLanes]; /* [width][height] */
} block;

static size_t block_size(int32_t height, int32_t width) {
  return sizeof(block) + (size_t)height * (size_t)width * sizeof(int16_t[kLanes]);
}

static size_t packed_size(size_t channels, int32_t height, int32_t width) {
  if (height > LN_DWCONV_Q8_MAX_FILTER || width > LN_DWCONV_Q8_MAX_FILTER) return 0;
  return (channels + kLanes - 1) / kLanes * block_size(height, width);
}

static bool pack(const ln_dwconv_q8_filter* f, void* packed) {
  const size_t size = block_size(f->height, f->width);
  memset(packed, 0, packed_size(f->channels, f->height, f->width));
  for (size_t c = 0; c < f->channels; ++c) {
    block* b = (block*)(void*)((char*)packed + c / kLanes * size);
    const size_t lane = c % kLanes;
    ln_requant_q8 n;
    if (!ln_dwconv_q8_channel(f, c, &n)) return false;
    b->bias[lane] = n.bias;
    b->multiplier[lane] = n.multiplier;
    b->shift[lane] = n.shift;
    b->left[lane] = n.left;
    for (int32_t x = 0; x < f->width; ++x)
      for (int32_t y = 0; y < f->height; ++y)
        b->weights[x * f->height + y][lane] = (int16_t)ln_dwconv_q8_weight(f, y, x, c);
  }
  return true;
}

/* What the sums of a block go through. */
typedef struct finish_numbers {
  requant_numbers_neon of[2];
  int32x4_t left[2];
  requant_range_neon range;
} finish_numbers;

LN_INLINE finish_numbers numbers_of(const block* b, const ln_requant_q8_out* range) {
  finish_numbers n = {.range = requant_range_of(range)};
  LN_UNROLL for (size_t v = 0; v < 2; ++v) {
    n.of[v] = requant_numbers_of(vld1q_u32(b->multiplier + 4 * v), vld1q_u32(b->shift + 4 * v));
    n.left[v] = vreinterpretq_s32_u32(vld1q_u32(b->left + 4 * v));
  }
  return n;
}

LN_INLINE void finish(const finish_numbers* n, const int32x4_t sums[2], uint8_t* out, size_t lanes) {
  int32x4_t r[2];
  LN_UNROLL for (size_t v = 0; v < 2; ++v) {
    const int32x4_t x = requant_signed(vreinterpretq_u32_s32(sums[v]));
    r[v] = requant_four(vshlq_s32(x, n->left[v]), n->of[v]);
  }
  const uint8x8_t bytes = requant_clamp_half(requant_eight_bytes(r[0], r[1], &n->range), &n->range);
  if (lanes == kLanes) {
    vst1_u8(out, bytes);
  } else {
    uint8_t all[kLanes];
    vst1_u8(all, bytes);
    memcpy(out, all, lanes);
  }
}

/* Eight channels of a pixel, or fewer. */
LN_INLINE int16x8_t pixel(const uint8_t* from, uint8x8_t flip, size_t lanes) {
  uint8_t some[kLanes] = {0};
  if (lanes < kLanes) from = memcpy(some, from, lanes);
  return vreinterpretq_s16_u16(vmovl_u8(veor_u8(vld1_u8(from), flip)));
}

LN_INLINE void add_tap(int32x4_t sums[2], int16x8_t x, const int16_t* weights) {
  const int16x8_t w = vld1q_s16(weights);
  sums[0] = vmlal_s16(sums[0], vget_low_s16(x), vget_low_s16(w));
  sums[1] = vmlal_s16(sums[1], vget_high_s16(x), vget_high_s16(w));
}

LN_INLINE void start(const block* b, int32x4_t sums[2]) {
  LN_UNROLL for (size_t v = 0; v < 2; ++v) sums[v] = vreinterpretq_s32_u32(vld1q_u32(b->bias + 4 * v));
}

/* The window slides: every column is taken up once and added to all outputs that it belongs to; sums[i] is that which
 * has seen i * slide columns before. Width, height and slide are constants where it is called. */
LN_INLINE void slide_block(size_t width, size_t height, size_t slide, const block* b, const ln_dwconv_q8_stretch* s,
                           size_t channel) {
  const size_t depth = (width - 1) / slide + 1, count = s->count, out_stride = s->out_stride;
  const int64_t in_width = s->in_width, step = s->step;
  const finish_numbers numbers = numbers_of(b, &s->range);
  const uint8x8_t flip = vdup_n_u8(s->in_flip);
  const uint8_t *at[5], *outside = s->outside + channel;
  uint8_t* out = s->out + channel;
  int64_t column = s->first;
  size_t strides[5];
  int32x4_t sums[5][2];
  LN_UNROLL for (size_t y = 0; y < height; ++y) {
    at[y] = s->rows[y] + channel;
    strides[y] = s->pixel_strides[y];
  }
  LN_UNROLL for (size_t i = 0; i < depth; ++i) sums[i][0] = sums[i][1] = vdupq_n_s32(0);
  for (size_t j = 0; j < count + depth - 1; ++j) {
    start(b, sums[0]);
    LN_UNROLL for (size_t phase = 0; phase < slide; ++phase, column += step) {
      const bool inside = column >= 0 && column < in_width;
      LN_UNROLL for (size_t y = 0; y < height; ++y) {
        const int16x8_t x = pixel(inside ? at[y] + (size_t)column * strides[y] : outside, flip, kLanes);
        LN_UNROLL for (size_t i = 0; i < depth; ++i) {
          if (phase + slide * i < width) add_tap(sums[i], x, b->weights[(phase + slide * i) * height + y]);
        }
      }
      if (phase == 0 && j >= depth - 1) {
        finish(&numbers, sums[depth - 1], out, kLanes);
        out += out_stride;
      }
    }
    LN_UNROLL for (size_t i = depth - 1; i > 0; --i) {
      LN_UNROLL for (size_t v = 0; v < 2; ++v) sums[i][v] = sums[i - 1][v];
    }
  }
}

/* Any filter and any number of channels, pixel by pixel. */
LN_INLINE void plain_block(size_t width, size_t height, size_t lanes, const block* b, const ln_dwconv_q8_stretch* s,
                           size_t channel) {
  const finish_numbers numbers = numbers_of(b, &s->range);
  const uint8x8_t flip = vdup_n_u8(s->in_flip);
  uint8_t* out = s->out + channel;
  for (size_t j = 0; j < s->count; ++j, out += s->out_stride) {
    int64_t column = s->first + (int64_t)j * s->slide * s->step;
    const int16_t(*weights)[kLanes] = b->weights;
    int32x4_t sums[2];
    start(b, sums);
    for (size_t x = 0; x < width; ++x, column += s->step) {
      const bool inside = column >= 0 && column < s->in_width;
      for (size_t y = 0; y < height; ++y) {
        const uint8_t* from = inside ? s->rows[y] + (size_t)column * s->pixel_strides[y] : s->outside;
        add_tap(sums, pixel(from + channel, flip, lanes), *weights++);
      }
    }
    finish(&numbers, sums, out, lanes);
  }
}

#define LN_SLIDE(size, stride)                                       \
  if (width == (size) && height == (size) && s->slide == (stride)) { \
    slide_block(size, size, stride, b, s, channel);                  \
    return;                                                          \
  }

static void run_block(size_t width, size_t height, const block* b, const ln_dwconv_q8_stretch* s, size_t channel) {
  LN_SLIDE(3, 1)
  LN_SLIDE(3, 2)
  LN_SLIDE(5, 1)
  LN_SLIDE(5, 2)
  plain_block(width, height, kLanes, b, s, channel);
}

static void run(size_t channels, int32_t height, int32_t width, const void* packed, const ln_dwconv_q8_stretch* s) {
  const size_t size = block_size(height, width);
  for (size_t c = 0; c < channels; c += kLanes) {
    const block* b = (const block*)(const void*)((const char*)packed + c / kLanes * size);
    if (channels - c >= kLanes)
      run_block((size_t)width, (size_t)height, b, s, c);
    else
      plain_block((size_t)width, (size_t)height, channels - c, b, s, c);
  }
}

const ln_dwconv_q8 ln_dwconv_q8_neon = {
    .name = "dwconv_q8_neon", .isa = LN_ISA_NEON, .id = 3, .packed_size = packed_size, .pack = pack, .run = run};
