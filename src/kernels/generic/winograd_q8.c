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

static void out_ref(const ln_winograd_q8_out* t, const int32_t* m, size_t step) {
  for (size_t n = 0; n < t->channels; ++n)
    for (size_t y = 0; y < t->rows; ++y)
      for (size_t x = 0; x < t->columns; ++x) {
        const int32_t sum = sum_at(m + n, step, y, x);
        if (t->sums != NULL) {
          t->sums[(OUT * y + x) * COLUMNS + n] = sum;
          continue;
        }
        const ln_gemm_q8_numbers* all = t->numbers;
        const ln_requant_q8 own = {all->bias[n],       all->multiplier[n], all->offset[n],
                                   all->sign_shift[n], all->shift[n],      all->left != NULL ? all->left[n] : 0};
        t->out[y * t->row_stride + x * t->pixel_stride + n] =
            ln_requant_q8_apply(&own, &all->range, (uint32_t)sum + own.bias);
      }
}

static const ln_winograd_q8 ln_winograd_q8_generic = {.name = "winograd_q8_ref",
                                                      .isa = LN_ISA_GENERIC,
                                                      .mr = 1,
                                                      .nr = COLUMNS,
                                                      .lanes = 1,
                                                      .in = in_ref,
                                                      .product = product_ref,
                                                      .out = out_ref};

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

bool ln_winograd_q8_is_safe(size_t columns, size_t channels, const uint8_t* filters, uint8_t flip, int32_t zero) {
  enum { kAtOnce = 1 << 16 }; /* their sums are within 32 bits */
  const size_t depth = TAPS * TAPS * channels;
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

size_t ln_winograd_q8_packed_size(const ln_winograd_q8* kernel, size_t columns, size_t channels) {
  return POINTS * channels * ln_winograd_q8_width(kernel, columns);
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

static uint32_t sum_of(const uint8_t* filter, size_t depth, uint8_t flip) {
  uint32_t sum = 0;
  for (size_t k = 0; k < depth; ++k) sum += (uint32_t)weight_of(filter[k], flip);
  return sum;
}

void ln_winograd_q8_pack(const ln_winograd_q8* kernel, size_t columns, size_t channels, const uint8_t* filters,
                         uint8_t flip, int32_t zero, int16_t* packed, int32_t* column_sums) {
  const size_t depth = TAPS * TAPS * channels, nr = kernel->nr;
  /* What fills the last vector; others are written whole. */
  if (columns % kernel->lanes != 0)
    memset(packed, 0, ln_winograd_q8_packed_size(kernel, columns, channels) * sizeof *packed);
  for (size_t n = 0; n < columns; ++n) column_sums[n] = (int32_t)sum_of(filters + n * depth, depth, flip);
  for (size_t n = 0; n < columns; n += nr) {
    const size_t first = n / COLUMNS * COLUMNS, block = columns - first < COLUMNS ? columns - first : COLUMNS;
    const size_t count = columns - n < nr ? columns - n : nr, width = ln_winograd_q8_width(kernel, count);
    int16_t* panel = packed + ln_winograd_q8_panel(channels, first) + (n - first) * channels;
    for (size_t c = 0; c < channels; c += 2)
      transform_pair(count, channels, filters + n * depth + c, flip, zero, panel + c * width,
                     channels * ln_winograd_q8_width(kernel, block));
  }
}
