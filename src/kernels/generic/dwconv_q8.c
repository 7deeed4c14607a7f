/* Depthwise convolution of bytes: the definition in plain C, what packing needs, the ladder. */
#include "kernels/generic/dwconv_q8.h"

#include <string.h>

#include "base/compiler.h"

#if defined(__x86_64__)
#include "kernels/x86/dwconv_q8_x86.h"
#elif defined(__aarch64__) || defined(__arm__)
#include "kernels/arm/rungs_arm.h"
#endif

int32_t ln_dwconv_q8_weight(const ln_dwconv_q8_filter* f, int32_t y, int32_t x, size_t channel) {
  const uint8_t byte = f->weights[((size_t)y * (size_t)f->width + (size_t)x) * f->period + channel % f->period];
  return f->is_signed ? (int32_t)(int8_t)byte : (int32_t)byte - f->weights_zero_point;
}

static int32_t bias_of(const ln_dwconv_q8_filter* f, size_t channel) {
  return f->bias != NULL ? f->bias[channel % f->period] : 0;
}

/* The sum of a channel's weights, and the largest sum that they can give. */
static int32_t sum_weights(const ln_dwconv_q8_filter* f, size_t channel, int32_t* largest) {
  int32_t sum = 0;
  *largest = 0;
  for (int32_t y = 0; y < f->height; ++y)
    for (int32_t x = 0; x < f->width; ++x) {
      const int32_t w = ln_dwconv_q8_weight(f, y, x, channel);
      sum += w;
      *largest += 255 * (w < 0 ? -w : w);
    }
  return sum;
}

bool ln_dwconv_q8_channel(const ln_dwconv_q8_filter* f, size_t channel, ln_requant_q8* numbers) {
  int32_t largest;
  const int32_t sum = sum_weights(f, channel, &largest);
  const size_t own = channel % f->period;
  if (!ln_requant_q8_make(bias_of(f, channel), largest, f->multiplier[own], f->shift[own], numbers)) return false;
  numbers->bias -= (uint32_t)sum * (uint32_t)f->in_zero_point;
  return true;
}

bool ln_dwconv_q8_channel_short(const ln_dwconv_q8_filter* f, size_t channel, const ln_requant_q8* numbers,
                                ln_requant_q8_short* to) {
  int32_t largest;
  sum_weights(f, channel, &largest);
  return ln_requant_q8_make_short(numbers, bias_of(f, channel), largest, &f->range, to);
}

/* Eight at once, over what the next byte then writes. */
void ln_repeat_bytes(const uint8_t* in, size_t count, size_t times, uint8_t* out) {
  const size_t ahead = (times + 7) / 8 * 8 - times, kept = times > 0 ? (ahead + times - 1) / times : count;
  size_t i = 0;
  if (times == 2)
    for (; i < count; ++i) out[2 * i] = out[2 * i + 1] = in[i];
  for (; i + kept < count; ++i, out += times) {
    const uint64_t eight = in[i] * UINT64_C(0x0101010101010101);
    for (size_t k = 0; k < times; k += 8) memcpy(out + k, &eight, 8);
  }
  for (; i < count; ++i, out += times) memset(out, in[i], times);
}

/* ---- Generic: channels in blocks of sixteen, for each their numbers and then the weights of every tap. ---- */

enum { kBlock = 16 };

typedef struct block {
  ln_requant_q8 numbers[kBlock];
  int16_t weights[][kBlock];
} block;

static size_t block_size(int32_t height, int32_t width) {
  return sizeof(block) + (size_t)height * (size_t)width * kBlock * sizeof(int16_t);
}

static size_t packed_size(size_t channels, int32_t height, int32_t width) {
  if (height > LN_DWCONV_Q8_MAX_FILTER || width > LN_DWCONV_Q8_MAX_FILTER) return 0;
  return (channels + kBlock - 1) / kBlock * block_size(height, width);
}

static bool pack(const ln_dwconv_q8_filter* f, void* packed) {
  const size_t size = block_size(f->height, f->width);
  for (size_t c = 0; c < (f->channels + kBlock - 1) / kBlock * kBlock; ++c) {
    block* b = (block*)(void*)((char*)packed + c / kBlock * size);
    const size_t lane = c % kBlock;
    b->numbers[lane] = (ln_requant_q8){.sign_shift = 32};
    if (c < f->channels && !ln_dwconv_q8_channel(f, c, &b->numbers[lane])) return false;
    for (int32_t y = 0; y < f->height; ++y)
      for (int32_t x = 0; x < f->width; ++x)
        b->weights[y * f->width + x][lane] = (int16_t)(c < f->channels ? ln_dwconv_q8_weight(f, y, x, c) : 0);
  }
  return true;
}

/* Sixteen-bit factors of fixed number: what compilers have vectors for. */
LN_INLINE void add_tap(size_t lanes, const uint8_t* from, uint8_t flip, const int16_t* w, uint32_t* sums) {
  for (size_t i = 0; i < lanes; ++i) {
    const int16_t x = (int16_t)(from[i] ^ flip);
    sums[i] += (uint32_t)(x * w[i]);
  }
}

LN_INLINE void pixel(const block* b, size_t lanes, size_t channel, int32_t height, int32_t width,
                     const ln_dwconv_q8_stretch* s, int64_t column, uint8_t* out) {
  const uint8_t flip = s->in_flip;
  uint32_t sums[kBlock];
  for (size_t i = 0; i < kBlock; ++i) sums[i] = b->numbers[i].bias;
  for (int32_t x = 0; x < width; ++x, column += s->step) {
    const bool inside = column >= 0 && column < s->in_width;
    for (int32_t y = 0; y < height; ++y) {
      const uint8_t* from = (inside ? s->rows[y] + (size_t)column * s->pixel_strides[y] : s->outside) + channel;
      add_tap(lanes, from, flip, b->weights[y * width + x], sums);
    }
  }
  uint8_t bytes[kBlock] = {0};
  for (size_t i = 0; i < lanes; ++i) bytes[i] = ln_requant_q8_apply(&b->numbers[i], &s->range, sums[i]);
  memcpy(out, bytes, lanes);
}

static void run(size_t channels, int32_t height, int32_t width, const void* packed, const ln_dwconv_q8_stretch* s) {
  const size_t size = block_size(height, width);
  for (size_t c = 0; c < channels; c += kBlock) {
    const block* b = (const block*)(const void*)((const char*)packed + c / kBlock * size);
    const size_t lanes = channels - c < kBlock ? channels - c : kBlock;
    for (size_t j = 0; j < s->count; ++j) {
      const int64_t column = s->first + (int64_t)j * s->slide * s->step;
      uint8_t* out = s->out + j * s->out_stride + c;
      if (lanes == kBlock)
        pixel(b, kBlock, c, height, width, s, column, out);
      else
        pixel(b, lanes, c, height, width, s, column, out);
    }
  }
}

static const ln_dwconv_q8 ln_dwconv_q8_generic = {
    .name = "dwconv_q8_generic", .isa = LN_ISA_GENERIC, .id = 1, .packed_size = packed_size, .pack = pack, .run = run};

static const ln_dwconv_q8* const ladder[] = {
    &ln_dwconv_q8_generic,
#if defined(__x86_64__)
    &ln_dwconv_q8_avx2,
    &ln_dwconv_q8_avxvnni,
    &ln_dwconv_q8_avx512vnni,
#elif defined(__aarch64__) || defined(__arm__)
    &ln_dwconv_q8_neon,
#endif
};

const ln_dwconv_q8* const* ln_dwconv_q8_rungs(size_t* count) {
  *count = sizeof ladder / sizeof ladder[0];
  return ladder;
}

const ln_dwconv_q8* ln_dwconv_q8_best(void) {
  const ln_dwconv_q8* best = ladder[0];
  for (size_t i = 1; i < sizeof ladder / sizeof ladder[0]; ++i)
    if (ln_cpu_has(ladder[i]->isa)) best = ladder[i];
  return best;
}

/* ---- Plans ---- */

static size_t round_up(size_t x) { return (x + 63) / 64 * 64; }

/* With more channels, or larger filters, a sliding window that keeps what it has loaded is as fast. */
static size_t pixels_together(const ln_dwconv_q8* kernel, const ln_dwconv_shape* s) {
  enum { kMostChannels = 16, kLargest = 3 };
  const size_t channels = (size_t)s->channels, most = channels > 0 ? kernel->lanes / channels : 0;
  const bool pays = most > 1 && most * channels == kernel->lanes && channels <= kMostChannels &&
                    s->filter_height <= kLargest && s->filter_width <= kLargest && s->stride_x == 1 &&
                    s->dilation_x == 1 && s->in_width - s->filter_width + 1 >= (int64_t)most;
  return pays ? most : 1;
}

static size_t outside_size(const ln_dwconv_q8* kernel, const ln_dwconv_shape* s) {
  return round_up((size_t)s->channels * pixels_together(kernel, s));
}

size_t ln_dwconv_q8_plan_size(const ln_dwconv_q8* kernel, const ln_dwconv_shape* s) {
  const size_t together = pixels_together(kernel, s), channels = (size_t)s->channels;
  const size_t size = kernel->packed_size(channels, s->filter_height, s->filter_width);
  if (size == 0) return 0;
  const size_t repeated =
      together > 1 ? kernel->packed_size(together * channels, s->filter_height, s->filter_width) : 0;
  return outside_size(kernel, s) + round_up(size) + repeated;
}

bool ln_dwconv_q8_make_plan(const ln_dwconv_q8* kernel, const ln_dwconv_shape* s, const ln_dwconv_q8_filter* filter,
                            void* memory, ln_dwconv_q8_plan* plan) {
  const size_t outside = outside_size(kernel, s);
  char *packed = (char*)memory + outside,
       *repeated = packed + round_up(kernel->packed_size(filter->channels, filter->height, filter->width));
  plan->kernel = kernel;
  plan->range = filter->range;
  plan->in_flip = filter->is_signed ? 0x80 : 0;
  plan->outside = memset(memory, filter->in_zero_point ^ plan->in_flip, outside);
  plan->packed = packed;
  plan->together = pixels_together(kernel, s);
  plan->lines = kernel->lines != NULL && s->dilation_y == 1 ? kernel->lines(s) : 1;
  plan->repeated = repeated;
  if (!kernel->pack(filter, packed)) return false;
  ln_dwconv_q8_filter wide = *filter;
  wide.channels *= plan->together;
  return plan->together == 1 || kernel->pack(&wide, repeated);
}

/* Outputs first to end; `some` is a copy of the stretch, changed again and again, as copies of what has just been
 * written wait for it. */
static void run_some(const ln_dwconv_q8_plan* plan, const ln_dwconv_shape* shape, const ln_dwconv_q8_stretch* all,
                     size_t first, size_t end, ln_dwconv_q8_stretch* some) {
  if (first >= end) return;
  some->first = all->first + (int64_t)first * all->slide * all->step;
  some->out = all->out + first * all->out_stride;
  some->count = end - first;
  plan->kernel->run((size_t)shape->channels, shape->filter_height, shape->filter_width, plan->packed, some);
}

/* Outputs first to end, whose windows lie in the picture, `together` at once; the last ones may be among them twice. */
static void run_together(const ln_dwconv_q8_plan* plan, const ln_dwconv_shape* shape, const ln_dwconv_q8_stretch* all,
                         size_t first, size_t end, ln_dwconv_q8_stretch* some) {
  const size_t together = plan->together, channels = together * (size_t)shape->channels;
  some->first = all->first + (int64_t)first;
  some->in_width = all->in_width - ((int64_t)together - 1);
  some->slide = (int32_t)together;
  some->out = all->out + first * all->out_stride;
  some->out_stride = all->out_stride * together;
  some->count = (end - first) / together;
  plan->kernel->run(channels, shape->filter_height, shape->filter_width, plan->repeated, some);
  if (some->count * together != end - first) {
    some->first = all->first + (int64_t)(end - together);
    some->out = all->out + (end - together) * all->out_stride;
    some->count = 1;
    plan->kernel->run(channels, shape->filter_height, shape->filter_width, plan->repeated, some);
  }
  some->in_width = all->in_width;
  some->slide = all->slide;
  some->out_stride = all->out_stride;
}

/* One line, `together` pixels at once where their windows lie in the picture. */
static void run_line(const ln_dwconv_q8_plan* plan, const ln_dwconv_shape* shape, const ln_dwconv_q8_stretch* s) {
  const int64_t behind = s->in_width - shape->filter_width - s->first + 1;
  const size_t first = s->first < 0 ? (size_t)-s->first : 0;
  const size_t end = behind < 0 ? 0 : (uint64_t)behind < s->count ? (size_t)behind : s->count;
  ln_dwconv_q8_stretch some = *s;
  if (end < first + plan->together) {
    run_some(plan, shape, s, 0, s->count, &some);
    return;
  }
  run_some(plan, shape, s, 0, first, &some);
  run_together(plan, shape, s, first, end, &some);
  run_some(plan, shape, s, end, s->count, &some);
}

static void run_stretch(const ln_dwconv_q8_plan* plan, const ln_dwconv_shape* shape, const ln_dwconv_q8_stretch* s) {
  const ln_dwconv_q8* kernel = plan->kernel;
  const size_t channels = (size_t)shape->channels;
  if (plan->together <= 1) {
    kernel->run(channels, shape->filter_height, shape->filter_width, plan->packed, s);
    return;
  }
  if (kernel->run_flat != NULL && kernel->run_flat(channels, shape->filter_width, plan->repeated, s)) return;
  ln_dwconv_q8_stretch one = *s;
  one.lines = 1;
  for (size_t line = 0; line < s->lines; ++line) {
    run_line(plan, shape, &one);
    one.rows += s->line_step;
    one.pixel_strides += s->line_step;
    one.out += s->out_line;
  }
}

/* With a dilation and stride 1, outputs whose distance is the dilation share columns: one stretch for each remainder.
 * With both, no two neighbours do. */
static void run_lines(const ln_dwconv_q8_plan* plan, const ln_dwconv_shape* shape, int32_t row, size_t lines,
                      const uint8_t* in, uint8_t* out) {
  const uint8_t* rows[LN_DWCONV_Q8_MAX_FILTER + LN_DWCONV_Q8_MORE_ROWS];
  size_t strides[LN_DWCONV_Q8_MAX_FILTER + LN_DWCONV_Q8_MORE_ROWS];
  const size_t channels = (size_t)shape->channels;
  const int32_t height = shape->filter_height + (int32_t)(lines - 1) * shape->stride_y;
  for (int32_t y = height; plan->kernel->lines != NULL && y < height + LN_DWCONV_Q8_MORE_ROWS; ++y) {
    rows[y] = plan->outside;
    strides[y] = 0;
  }
  for (int32_t y = 0; y < height; ++y) {
    const int64_t at = (int64_t)row * shape->stride_y - shape->pad_top + (int64_t)y * shape->dilation_y;
    const bool inside = at >= 0 && at < shape->in_height;
    rows[y] = inside ? in + (size_t)at * (size_t)shape->in_width * channels : plan->outside;
    strides[y] = inside ? channels : 0;
  }
  const int32_t width = shape->out_width;
  const int32_t apart = shape->dilation_x == 1 ? 1 : shape->stride_x == 1 ? shape->dilation_x : width;
  for (int32_t first = 0; first < apart && first < width; ++first) {
    const ln_dwconv_q8_stretch stretch = {.rows = rows,
                                          .pixel_strides = strides,
                                          .lines = lines,
                                          .line_step = (size_t)shape->stride_y,
                                          .outside = plan->outside,
                                          .in_width = shape->in_width,
                                          .first = (int64_t)first * shape->stride_x - shape->pad_left,
                                          .step = shape->dilation_x,
                                          .slide = shape->dilation_x == 1 ? shape->stride_x : 1,
                                          .count = (size_t)((width - first + apart - 1) / apart),
                                          .in_flip = plan->in_flip,
                                          .range = plan->range,
                                          .out = out + (size_t)first * channels,
                                          .out_stride = (size_t)apart * channels,
                                          .out_line = (size_t)width * channels};
    run_stretch(plan, shape, &stretch);
  }
}

void ln_dwconv_q8_rows(const ln_dwconv_q8_plan* plan, const ln_dwconv_shape* shape, int32_t first, int32_t count,
                       const uint8_t* in, uint8_t* out) {
  const size_t out_row = (size_t)shape->out_width * (size_t)shape->channels;
  for (int32_t row = first; row < first + count;) {
    const size_t left = (size_t)(first + count - row), lines = left < plan->lines ? left : plan->lines;
    run_lines(plan, shape, row, lines, in, out);
    out += lines * out_row;
    row += (int32_t)lines;
  }
}
