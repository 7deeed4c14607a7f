/* Winograd's convolutions of bytes: the definition, packing, the ladder. */
#include "kernels/generic/winograd_q8.h"

#include <string.h>

#if defined(__x86_64__)
#include "kernels/x86/winograd_q8_x86.h"
#endif

enum {
  IN = LN_WINOGRAD_Q8_IN,
  OUT = LN_WINOGRAD_Q8_OUT,
  POINTS = LN_WINOGRAD_Q8_POINTS,
  LINE_OUT = LN_WINOGRAD_Q8_LINE_OUT,
  LINE_IN = LN_WINOGRAD_Q8_LINE_IN,
  COLUMNS = LN_WINOGRAD_Q8_COLUMNS,
  TAPS = 3
};

static const int32_t kIn[IN][IN] = {{4, 0, -5, 0, 1, 0},  {0, -4, -4, 1, 1, 0}, {0, 4, -4, -1, 1, 0},
                                    {0, -2, -1, 2, 1, 0}, {0, 2, -1, -2, 1, 0}, {0, 4, 0, -5, 0, 1}};
static const int16_t kFilter[IN][TAPS] = {{3, 0, 0}, {1, 1, 1}, {1, -1, 1}, {1, 2, 4}, {1, -2, 4}, {0, 0, 3}};
/* 24, 12, 6 and 6 times the way back, which is (1 1 1 1 1 0), (0 1 -1 2 -2 0), (0 1 1 4 4 0), (0 1 -1 8 -8 1) by the
 * filters' factors: three times 2^kShift. */
static const int32_t kOut[OUT][IN] = {
    {2, -4, -4, 1, 1, 0}, {0, -2, 2, 1, -1, 0}, {0, -1, -1, 1, 1, 0}, {0, -1, 1, 2, -2, 2}};
static const int kShift[OUT] = {3, 2, 1, 1};

/* The same for lines. The way back is 720 (the first result's) or 240 times. */
static const int32_t kLineIn[LINE_IN][LINE_IN] = {{-36, 0, 49, 0, -14, 0, 1, 0},   {0, 36, 36, -13, -13, 1, 1, 0},
                                                  {0, -36, 36, 13, -13, -1, 1, 0}, {0, 18, 9, -20, -10, 2, 1, 0},
                                                  {0, -18, 9, 20, -10, -2, 1, 0},  {0, 12, 4, -15, -5, 3, 1, 0},
                                                  {0, -12, 4, 15, -5, -3, 1, 0},   {0, -36, 0, 49, 0, -14, 0, 1}};
static const int16_t kLineFilter[LINE_IN][TAPS] = {{1, 0, 0},  {1, 1, 1}, {1, -1, 1}, {1, 2, 4},
                                                   {1, -2, 4}, {1, 3, 9}, {1, -3, 9}, {0, 0, 1}};
static const int32_t kLineOut[LINE_OUT][LINE_IN] = {{-20, 15, 15, -6, -6, 1, 1, 0}, {0, 5, -5, -4, 4, 1, -1, 0},
                                                    {0, 5, 5, -8, -8, 3, 3, 0},     {0, 5, -5, -16, 16, 9, -9, 0},
                                                    {0, 5, 5, -32, -32, 27, 27, 0}, {0, 5, -5, -64, 64, 81, -81, 240}};
enum { kLineShift = 4 };
static const uint32_t kFifteenth = UINT32_C(0xeeeeeeef), kFortyFifth = UINT32_C(0xa4fa4fa5);

static const uint32_t kNinth = UINT32_C(0x38e38e39);

static void in_ref(const ln_winograd_q8_in* t, int16_t* v, size_t step) {
  for (size_t c = 0; c < t->channels; ++c) {
    int32_t pixels[IN][IN], half[IN][IN] = {{0}};
    for (size_t y = 0; y < IN; ++y)
      for (size_t x = 0; x < IN; ++x) {
        const bool inside = y >= t->y0 && y < t->y1 && x >= t->x0 && x < t->x1;
        pixels[y][x] =
            inside ? t->in[(y - t->y0) * t->row_stride + (x - t->x0) * t->channels + c] ^ t->flip : t->outside;
      }
    for (size_t i = 0; i < IN; ++i)
      for (size_t x = 0; x < IN; ++x)
        for (size_t y = 0; y < IN; ++y) half[i][x] += kIn[i][y] * pixels[y][x];
    for (size_t i = 0; i < IN; ++i)
      for (size_t j = 0; j < IN; ++j) {
        int32_t sum = 0;
        for (size_t x = 0; x < IN; ++x) sum += kIn[j][x] * half[i][x];
        v[(i * IN + j) * step + c] = (int16_t)sum;
      }
  }
}

static void product_ref(const ln_winograd_q8_product* p) {
  for (size_t m = 0; m < p->rows; ++m)
    for (size_t n = 0; n < p->columns; ++n) {
      uint32_t sum = 0;
      for (size_t k = 0; k < p->channels; ++k)
        sum += (uint32_t)(p->a[m * p->a_stride + k] * p->b[(k / 2 * p->columns + n) * 2 + k % 2]);
      p->c[m * p->c_stride + n] = (int32_t)sum;
    }
}

static int32_t sum_at(const int32_t* m, size_t step, size_t y, size_t x) {
  uint32_t sum = 0;
  for (size_t i = 0; i < IN; ++i)
    for (size_t j = 0; j < IN; ++j) sum += (uint32_t)(kOut[y][i] * kOut[x][j]) * (uint32_t)m[(i * IN + j) * step];
  return (int32_t)(sum * kNinth) >> (kShift[y] + kShift[x]);
}

static ln_requant_q8 numbers_of(const ln_gemm_q8_numbers* all, size_t n) {
  return (ln_requant_q8){all->bias[n],       all->multiplier[n], all->offset[n],
                         all->sign_shift[n], all->shift[n],      all->left != NULL ? all->left[n] : 0};
}

static void out_ref(const ln_winograd_q8_out* t, const int32_t* m, size_t step) {
  for (size_t n = 0; n < t->channels; ++n)
    for (size_t y = 0; y < t->rows; ++y)
      for (size_t x = 0; x < t->columns; ++x) {
        const int32_t sum = sum_at(m + n, step, y, x);
        if (t->sums != NULL) {
          t->sums[(OUT * y + x) * COLUMNS + n] = sum;
          continue;
        }
        const ln_requant_q8 own = numbers_of(t->numbers, n);
        t->out[y * t->row_stride + x * t->pixel_stride + n] =
            ln_requant_q8_apply(&own, &t->numbers->range, (uint32_t)sum + own.bias);
      }
}

static void line_in_ref(const ln_winograd_q8_in* t, int16_t* v, size_t step) {
  for (size_t c = 0; c < t->channels; ++c) {
    int32_t pixels[LINE_IN];
    for (size_t y = 0; y < LINE_IN; ++y)
      pixels[y] = y >= t->y0 && y < t->y1 ? t->in[(y - t->y0) * t->row_stride + c] ^ t->flip : t->outside;
    for (size_t i = 0; i < LINE_IN; ++i) {
      int32_t sum = 0;
      for (size_t y = 0; y < LINE_IN; ++y) sum += kLineIn[i][y] * pixels[y];
      v[i * step + c] = (int16_t)sum;
    }
  }
}

static int32_t line_sum_at(const int32_t* m, size_t step, size_t y) {
  uint32_t sum = 0;
  for (size_t i = 0; i < LINE_IN; ++i) sum += (uint32_t)kLineOut[y][i] * (uint32_t)m[i * step];
  return (int32_t)(sum * (y == 0 ? kFortyFifth : kFifteenth)) >> kLineShift;
}

static void line_out_ref(const ln_winograd_q8_out* t, const int32_t* m, size_t step) {
  for (size_t n = 0; n < t->channels; ++n)
    for (size_t y = 0; y < t->rows; ++y) {
      const int32_t sum = line_sum_at(m + n, step, y);
      if (t->sums != NULL) {
        t->sums[y * COLUMNS + n] = sum;
        continue;
      }
      const ln_requant_q8 own = numbers_of(t->numbers, n);
      t->out[y * t->row_stride + n] = ln_requant_q8_apply(&own, &t->numbers->range, (uint32_t)sum + own.bias);
    }
}

static const ln_winograd_q8 ln_winograd_q8_generic = {.name = "winograd_q8_ref",
                                                      .isa = LN_ISA_GENERIC,
                                                      .mr = 1,
                                                      .nr = COLUMNS,
                                                      .lanes = 1,
                                                      .in = in_ref,
                                                      .product = product_ref,
                                                      .out = out_ref,
                                                      .line_in = line_in_ref,
                                                      .line_out = line_out_ref};

static const ln_winograd_q8* const ladder[] = {
    &ln_winograd_q8_generic,
#if defined(__x86_64__)
    &ln_winograd_q8_avx2,
    &ln_winograd_q8_avxvnni,
    &ln_winograd_q8_avx512vnni,
#endif
};

const ln_winograd_q8* const* ln_winograd_q8_rungs(size_t* count) {
  *count = sizeof ladder / sizeof ladder[0];
  return ladder;
}

const ln_winograd_q8* ln_winograd_q8_best(void) {
  const ln_winograd_q8* best = ladder[0];
  for (size_t i = 1; i < sizeof ladder / sizeof ladder[0]; ++i)
    if (ln_cpu_has(ladder[i]->isa)) best = ladder[i];
  return best;
}

static int32_t weight_of(uint8_t byte, uint8_t flip) { return (int8_t)(byte ^ flip); }

bool ln_winograd_q8_is_safe(size_t columns, size_t depth, const uint8_t* filters, uint8_t flip, int32_t zero) {
  enum { kAtOnce = 1 << 16 }; /* their sums are within 32 bits */
  for (size_t n = 0; n < columns; ++n, filters += depth) {
    int64_t above = 0, below = 0;
    for (size_t k = 0; k < depth;) {
      const size_t end = depth - k < kAtOnce ? depth : k + kAtOnce;
      int32_t some_above = 0, some_below = 0;
      for (; k < end; ++k) {
        const int32_t weight = weight_of(filters[k], flip) - zero;
        some_above += weight > 0 ? weight : 0;
        some_below += weight < 0 ? -weight : 0;
      }
      above += some_above;
      below += some_below;
    }
    if ((above > below ? above : below) * UINT8_MAX >= INT64_C(1) << 25) return false;
  }
  return true;
}

size_t ln_winograd_q8_packed_size(const ln_winograd_q8* kernel, ln_winograd_q8_cut cut, size_t columns,
                                  size_t channels) {
  return ln_winograd_q8_panel(cut, channels, ln_winograd_q8_width(kernel, columns));
}

/* Two channels of some filters [count][3][3][channels], side by side as panels have them: to[2 * n + channel] for every
 * point. Loops over filters, which compilers have vectors for; numbers stay within 16 bits. */
static void transform_pair(size_t count, size_t channels, const uint8_t* filters, uint8_t flip, int32_t zero,
                           int16_t* to, size_t to_step) {
  enum { BOTH = 2 * COLUMNS };
  int16_t taps[TAPS][TAPS][BOTH], half[IN][TAPS][BOTH];
  for (size_t n = 0; n < count; ++n, filters += TAPS * TAPS * channels)
    for (size_t t = 0; t < TAPS * TAPS; ++t)
      for (size_t c = 0; c < 2; ++c)
        taps[t / TAPS][t % TAPS][2 * n + c] = (int16_t)(weight_of(filters[t * channels + c], flip) - zero);
  for (size_t i = 0; i < IN; ++i)
    for (size_t x = 0; x < TAPS; ++x) {
      const int16_t a = kFilter[i][0], b = kFilter[i][1], c = kFilter[i][2];
      for (size_t n = 0; n < 2 * count; ++n)
        half[i][x][n] = (int16_t)(a * taps[0][x][n] + b * taps[1][x][n] + c * taps[2][x][n]);
    }
  for (size_t i = 0; i < IN; ++i)
    for (size_t j = 0; j < IN; ++j, to += to_step) {
      const int16_t a = kFilter[j][0], b = kFilter[j][1], c = kFilter[j][2];
      for (size_t n = 0; n < 2 * count; ++n)
        to[n] = (int16_t)(a * half[i][0][n] + b * half[i][1][n] + c * half[i][2][n]);
    }
}

/* The same for `taps` taps of a line, at most three. */
static void transform_line(size_t count, size_t taps, size_t channels, size_t depth, const uint8_t* filters,
                           uint8_t flip, int32_t zero, int16_t* to, size_t to_step) {
  int16_t line[TAPS][2 * COLUMNS] = {{0}};
  for (size_t n = 0; n < count; ++n, filters += depth)
    for (size_t t = 0; t < taps; ++t)
      for (size_t c = 0; c < 2; ++c) line[t][2 * n + c] = (int16_t)(weight_of(filters[t * channels + c], flip) - zero);
  for (size_t i = 0; i < LINE_IN; ++i, to += to_step) {
    const int16_t a = kLineFilter[i][0], b = kLineFilter[i][1], c = kLineFilter[i][2];
    for (size_t n = 0; n < 2 * count; ++n) to[n] = (int16_t)(a * line[0][n] + b * line[1][n] + c * line[2][n]);
  }
}

static uint32_t sum_of(const uint8_t* filter, size_t depth, uint8_t flip) {
  uint32_t sum = 0;
  for (size_t k = 0; k < depth; ++k) sum += (uint32_t)weight_of(filter[k], flip);
  return sum;
}

/* Columns that a product takes at once, to `panel`. */
static void pack_columns(const ln_winograd_q8* kernel, ln_winograd_q8_cut cut, size_t count, size_t channels,
                         const uint8_t* filters, uint8_t flip, int32_t zero, int16_t* panel, size_t step) {
  const size_t width = ln_winograd_q8_width(kernel, count), depth = ln_winograd_q8_taps(cut) * channels;
  for (size_t c = 0; c < channels && cut.lines == 0; c += 2)
    transform_pair(count, channels, filters + c, flip, zero, panel + c * width, step);
  for (size_t line = 0; line < cut.lines; ++line)
    for (size_t tap = 0; tap < cut.taps; tap += TAPS) {
      const size_t taps = cut.taps - tap < TAPS ? cut.taps - tap : TAPS;
      const uint8_t* from = filters + (line * cut.taps + tap) * channels;
      for (size_t c = 0; c < channels; c += 2, panel += 2 * width)
        transform_line(count, taps, channels, depth, from + c, flip, zero, panel, step);
    }
}

void ln_winograd_q8_pack(const ln_winograd_q8* kernel, ln_winograd_q8_cut cut, size_t columns, size_t channels,
                         const uint8_t* filters, uint8_t flip, int32_t zero, int16_t* packed, int32_t* column_sums) {
  const size_t depth = ln_winograd_q8_taps(cut) * channels, nr = kernel->nr;
  const size_t all = channels * ln_winograd_q8_threes(cut);
  /* What fills the last vector; others are written whole. */
  if (columns % kernel->lanes != 0)
    memset(packed, 0, ln_winograd_q8_packed_size(kernel, cut, columns, channels) * sizeof *packed);
  for (size_t n = 0; n < columns; ++n) column_sums[n] = (int32_t)sum_of(filters + n * depth, depth, flip);
  for (size_t n = 0; n < columns; n += nr) {
    const size_t first = n / COLUMNS * COLUMNS, block = columns - first < COLUMNS ? columns - first : COLUMNS;
    pack_columns(kernel, cut, columns - n < nr ? columns - n : nr, channels, filters + n * depth, flip, zero,
                 packed + ln_winograd_q8_panel(cut, channels, first) + (n - first) * all,
                 all * ln_winograd_q8_width(kernel, block));
  }
}
