/* Depthwise convolution of bytes (int8 or uint8) with one filter a channel, a stretch of one output row at a time, or
 * of some rows that lie below each other.
 *
 * The filters, the biases and the factors are packed for the kernel once. A kernel may take the taps of one filter
 * column together and keep them while the window slides. Results are the reference's (ln_dwconv_qs8_ref,
 * ln_dwconv_qu8_ref). */
#ifndef LN_KERNELS_DWCONV_Q8_H_
#define LN_KERNELS_DWCONV_Q8_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cpu.h"
#include "kernels/generic/dwconv.h"
#include "kernels/generic/requant_q8.h"

enum {
  LN_DWCONV_Q8_MAX_FILTER = 64, /* in height and width */
  LN_DWCONV_Q8_MORE_ROWS = 3
};

/* What is packed. Activations count as unsigned: int8 moved up by 128, and the zero point with them. */
typedef struct ln_dwconv_q8_filter {
  size_t channels, period; /* the arrays below have `period` channels, which come again and again */
  int32_t height, width;
  const uint8_t* weights; /* [height][width][period] */
  bool is_signed;         /* the weights are int8, with zero point 0 */
  int32_t weights_zero_point, in_zero_point;
  const int32_t *bias, *multiplier, *shift; /* per channel; bias NULL: none */
  ln_requant_q8_out range;
} ln_dwconv_q8_filter;

/* Output pixel j of line l, channel c = the sum over the taps (y, x) of rows[l * line_step + y]'s pixel
 * first + j * slide * step + x * step. */
typedef struct ln_dwconv_q8_stretch {
  /* From the first line's first filter row to the last line's last, and for kernels of several lines
   * LN_DWCONV_Q8_MORE_ROWS that may be read but do not count: the input row's pixel 0. */
  const uint8_t* const* rows;
  const size_t* pixel_strides; /* of these rows, in bytes: one number, or 0 for a row outside of the picture, which
                                  is `outside` */
  size_t lines, line_step;
  const uint8_t* outside; /* a pixel of zero points: what lies left and right of the picture */
  int64_t in_width, first, step;
  int32_t slide;   /* in steps */
  size_t count;    /* of output pixels */
  uint8_t in_flip; /* 0x80 for int8 */
  ln_requant_q8_out range;
  uint8_t* out;
  size_t out_stride, out_line; /* in bytes, from pixel to pixel and from line to line */
} ln_dwconv_q8_stretch;

typedef struct ln_dwconv_q8 {
  const char* name;
  ln_isa isa;
  uint32_t id;
  size_t lanes; /* channels of its widest block: pixels with fewer are taken several at once; 0: they are not */
  size_t (*packed_size)(size_t channels, int32_t height, int32_t width); /* in bytes, at most; 0: too large a filter */
  /* False: the kernel cannot take this filter (factors above 1, sums too large, weights too far from their zero point).
   * `packed` is aligned to 64 bytes. */
  bool (*pack)(const ln_dwconv_q8_filter* filter, void* packed);
  void (*run)(size_t channels, int32_t height, int32_t width, const void* packed, const ln_dwconv_q8_stretch* stretch);
  size_t (*lines)(const ln_dwconv_shape* shape); /* so many lines `run` takes at most; NULL: one */
  /* A stretch that is whole lines of few channels, windows going on by one pixel; `packed` has the filters of as many
   * pixels as make `lanes` channels, and `outside` as many pixels. False: it cannot. NULL: never. */
  bool (*run_flat)(size_t channels, int32_t width, const void* packed, const ln_dwconv_q8_stretch* stretch);
} ln_dwconv_q8;

const ln_dwconv_q8* const* ln_dwconv_q8_rungs(size_t* count);
const ln_dwconv_q8* ln_dwconv_q8_best(void);

/* What does not change from row to row. `outside` is a pixel of the input's zero points, as they are stored. Where the
 * window goes on by one pixel, `together` neighbours with few channels (1: none) count as one pixel with as many more,
 * for which `repeated` has the filters. */
typedef struct ln_dwconv_q8_plan {
  const ln_dwconv_q8* kernel;
  const void *packed, *repeated;
  const uint8_t* outside;
  size_t together, lines;
  uint8_t in_flip;
  ln_requant_q8_out range;
} ln_dwconv_q8_plan;

/* How much memory a plan takes, to be aligned to 64 bytes; 0: too large a filter. */
size_t ln_dwconv_q8_plan_size(const ln_dwconv_q8* kernel, const ln_dwconv_shape* shape);
/* Fills the plan, with pointers into `memory`; false as ln_dwconv_q8.pack. */
bool ln_dwconv_q8_make_plan(const ln_dwconv_q8* kernel, const ln_dwconv_shape* shape, const ln_dwconv_q8_filter* filter,
                            void* memory, ln_dwconv_q8_plan* plan);

/* `count` rows of the output: out [count, out_width, C] from the image at `in`. The shape's multiplier is 1. */
void ln_dwconv_q8_rows(const ln_dwconv_q8_plan* plan, const ln_dwconv_shape* shape, int32_t first, int32_t count,
                       const uint8_t* in, uint8_t* out);

/* Each byte `times` times, one behind the other: what makes of a filter with a multiplier one without. */
void ln_repeat_bytes(const uint8_t* in, size_t count, size_t times, uint8_t* out);

/* For pack: the weight less its zero point; a channel's numbers, the activations' zero point taken in. */
int32_t ln_dwconv_q8_weight(const ln_dwconv_q8_filter* filter, int32_t y, int32_t x, size_t channel);
bool ln_dwconv_q8_channel(const ln_dwconv_q8_filter* filter, size_t channel, ln_requant_q8* numbers);
/* Of a channel whose numbers these are; false as ln_requant_q8_make_short. */
bool ln_dwconv_q8_channel_short(const ln_dwconv_q8_filter* filter, size_t channel, const ln_requant_q8* numbers,
                                ln_requant_q8_short* to);

#endif
