/* kcheck: Winograd's convolutions of bytes: the picture's transform, and whole tiles against the sums they stand for.
 */
#include <string.h>

#include "kcheck/kcheck.h"
#include "kernels/generic/winograd_q8.h"

enum {
  IN = LN_WINOGRAD_Q8_IN,
  OUT = LN_WINOGRAD_Q8_OUT,
  POINTS = LN_WINOGRAD_Q8_POINTS,
  COLUMNS = LN_WINOGRAD_Q8_COLUMNS
};

static size_t pick(size_t low, size_t high) { return (size_t)kc_range((int64_t)low, (int64_t)high); }

static void check_in(const ln_winograd_q8* ref, const ln_winograd_q8* kernel) {
  ln_winograd_q8_in t = {
      .channels = kc_size(70, 32), .flip = kc_chance(50) ? 0x80 : 0, .outside = (uint8_t)pick(0, 255)};
  const bool whole = kc_chance(50);
  t.y0 = whole ? 0 : pick(0, 5);
  t.x0 = whole ? 0 : pick(0, 5);
  t.y1 = whole ? IN : pick(t.y0 + 1, IN);
  t.x1 = whole ? IN : pick(t.x0 + 1, IN);
  t.row_stride = (t.x1 - t.x0) * t.channels + pick(0, 20);
  const size_t size = (t.y1 - t.y0 - 1) * t.row_stride + (t.x1 - t.x0) * t.channels, step = t.channels + pick(0, 9);
  const size_t bytes = ((POINTS - 1) * step + t.channels) * sizeof(int16_t);
  uint8_t* in = kc_memory(size);
  int16_t *v = kc_memory(bytes), *expected = kc_memory(bytes);
  kc_fill_u8(in, size);
  memset(v, 0, bytes);
  memset(expected, 0, bytes);
  t.in = in;
  ref->in(&t, expected, step);
  kernel->in(&t, v, step);
  kc_same(v, expected, bytes, sizeof(int16_t), "in, %zu channels, rows %zu to %zu, %zu to %zu", t.channels, t.y0, t.y1,
          t.x0, t.x1);
  kc_release();
}

/* What a tile gives by its definition. */
typedef struct whole {
  const ln_winograd_q8* kernel;
  size_t tiles, channels, columns, width, out_size;
  uint8_t *in, *filters, flip, weights_flip;
  int32_t zero;
  ln_requant_q8 own[COLUMNS];
  ln_gemm_q8_numbers numbers;
  ln_winograd_q8_out to;
} whole;

static uint32_t sum_of(const whole* w, size_t tile, size_t y, size_t x, size_t n) {
  uint32_t sum = 0;
  for (size_t i = 0; i < 3; ++i)
    for (size_t j = 0; j < 3; ++j)
      for (size_t c = 0; c < w->channels; ++c) {
        const uint8_t pixel = w->in[((tile * IN + y + i) * IN + x + j) * w->channels + c] ^ w->flip;
        const uint8_t weight = w->filters[((n * 3 + i) * 3 + j) * w->channels + c] ^ w->weights_flip;
        sum += (uint32_t)(pixel * ((int8_t)weight - w->zero));
      }
  return sum;
}

static void make_numbers(whole* w) {
  uint32_t* arrays[6];
  const bool any_left = kc_chance(25);
  for (size_t i = 0; i < 6; ++i) arrays[i] = memset(kc_memory(w->width * 4), 0, w->width * 4);
  for (size_t n = 0; n < w->columns; ++n) {
    ln_requant_q8* r = &w->own[n];
    ln_requant_q8_make((int32_t)kc_range(-50000, 50000), 1 << 29, (int32_t)kc_range(INT32_C(1) << 30, INT32_MAX),
                       (int32_t)(kc_chance(5) ? kc_range(-31, any_left ? 3 : 0) : kc_range(-12, -5)), r);
    const uint32_t values[6] = {r->bias, r->multiplier, r->offset, r->sign_shift, r->shift, r->left};
    for (size_t i = 0; i < 6; ++i) arrays[i][n] = values[i];
  }
  w->numbers = (ln_gemm_q8_numbers){.bias = arrays[0],
                                    .multiplier = arrays[1],
                                    .offset = arrays[2],
                                    .sign_shift = arrays[3],
                                    .shift = arrays[4],
                                    .left = any_left ? arrays[5] : NULL,
                                    .range = ln_requant_q8_range((int32_t)kc_range(0, 127), 0, 127, kc_chance(50))};
}

static void compare(const whole* w, const int32_t* m, size_t step) {
  ln_winograd_q8_out t = w->to;
  uint8_t *out = kc_memory(w->out_size), *expected = kc_memory(w->out_size);
  int32_t *sums = kc_memory(OUT * OUT * COLUMNS * 4), *right = kc_memory(OUT * OUT * COLUMNS * 4);
  for (size_t tile = 0; tile < w->tiles; ++tile) {
    memset(out, 0, w->out_size);
    memset(expected, 0, w->out_size);
    memset(sums, 0, OUT * OUT * COLUMNS * 4);
    for (size_t y = 0; y < t.rows; ++y)
      for (size_t x = 0; x < t.columns; ++x)
        for (size_t n = 0; n < w->columns; ++n) {
          const uint32_t sum = sum_of(w, tile, y, x, n);
          expected[y * t.row_stride + x * t.pixel_stride + n] =
              ln_requant_q8_apply(&w->own[n], &w->numbers.range, sum + w->own[n].bias);
          right[(OUT * y + x) * COLUMNS + n] = (int32_t)sum;
        }
    t.out = out;
    t.sums = NULL;
    w->kernel->out(&t, m + tile * w->width, step);
    kc_same(out, expected, w->out_size, 1, "bytes, %zu channels, %zu columns, %zu x %zu", w->channels, w->columns,
            t.rows, t.columns);
    t.sums = sums;
    w->kernel->out(&t, m + tile * w->width, step);
    for (size_t i = 0; i < OUT * OUT * COLUMNS; ++i)
      if (i % COLUMNS >= w->columns || i / COLUMNS % OUT >= t.columns || i / COLUMNS / OUT >= t.rows)
        sums[i] = right[i] = 0;
    kc_same(sums, right, OUT * OUT * COLUMNS * 4, 4, "sums, %zu channels, %zu columns", w->channels, w->columns);
  }
}

static void check_whole(const ln_winograd_q8* kernel) {
  whole w = {
      .kernel = kernel, .tiles = kc_size(14, 6), .channels = 2 * kc_size(20, 16), .columns = kc_size(COLUMNS, 16)};
  w.width = ln_winograd_q8_width(kernel, w.columns);
  w.flip = kc_chance(50) ? 0x80 : 0;
  w.weights_flip = kc_chance(50) ? 0x80 : 0;
  w.zero = kc_chance(50) ? 0 : (int32_t)kc_range(-128, 127);
  const size_t pixels = w.tiles * IN * IN * w.channels, taps = w.columns * 9 * w.channels;
  const size_t v_step = w.tiles * w.channels + pick(0, 9), m_step = w.tiles * w.width + pick(0, 9);
  w.in = kc_memory(pixels);
  w.filters = kc_memory(taps);
  kc_fill_u8(w.in, pixels);
  kc_fill_u8(w.filters, taps);
  int16_t* packed = kc_memory(ln_winograd_q8_packed_size(kernel, w.columns, w.channels) * 2);
  int16_t* v = kc_memory(((POINTS - 1) * v_step + w.tiles * w.channels) * 2);
  int32_t *m = kc_memory(((POINTS - 1) * m_step + w.tiles * w.width) * 4), column_sums[COLUMNS];
  make_numbers(&w);
  ln_winograd_q8_pack(kernel, w.columns, w.channels, w.filters, w.weights_flip, w.zero, packed, column_sums);
  w.to = (ln_winograd_q8_out){.rows = pick(1, OUT), .columns = pick(1, OUT), .channels = w.columns};
  w.to.numbers = &w.numbers;
  w.to.pixel_stride = w.columns + pick(0, 9);
  w.to.row_stride = w.to.columns * w.to.pixel_stride + pick(0, 9);
  w.out_size = (w.to.rows - 1) * w.to.row_stride + (w.to.columns - 1) * w.to.pixel_stride + w.columns;
  for (size_t t = 0; t < w.tiles; ++t) {
    const ln_winograd_q8_in from = {
        w.in + t * IN * IN * w.channels, 0, IN, 0, IN, IN * w.channels, w.channels, w.flip, 0};
    kernel->in(&from, v + t * w.channels, v_step);
  }
  for (size_t p = 0; p < POINTS; ++p)
    kernel->product(&(ln_winograd_q8_product){w.tiles, w.columns, w.channels, v + p * v_step, w.channels,
                                              packed + p * w.channels * w.width, m + p * m_step, w.width});
  if (ln_winograd_q8_is_safe(w.columns, w.channels, w.filters, w.weights_flip, w.zero)) compare(&w, m, m_step);
  kc_release();
}

static void check(void) {
  size_t count;
  const ln_winograd_q8* const* rungs = ln_winograd_q8_rungs(&count);
  for (size_t i = 0; i < count; ++i) {
    if (!kc_rung(rungs[i]->name, rungs[i]->isa)) continue;
    for (int round = 0; round < kc_rounds() / 4; ++round) {
      check_in(rungs[0], rungs[i]);
      check_whole(rungs[i]);
    }
  }
}

typedef struct run {
  const ln_winograd_q8* kernel;
  ln_winograd_q8_in in;
  ln_winograd_q8_out out;
  ln_winograd_q8_product product;
  int16_t* v;
  int32_t* m;
} run;

static void work_in(void* arg) {
  const run* r = arg;
  r->kernel->in(&r->in, r->v, 64);
}

static void work_out(void* arg) {
  const run* r = arg;
  r->kernel->out(&r->out, r->m, 64);
}

static void work_product(void* arg) {
  const run* r = arg;
  r->kernel->product(&r->product);
}

static void bench(void) {
  size_t count;
  const ln_winograd_q8* const* rungs = ln_winograd_q8_rungs(&count);
  for (size_t i = 0; i < count; ++i) {
    if (!ln_cpu_present(rungs[i]->isa)) continue;
    whole w = {.kernel = rungs[i], .columns = 64, .width = 64};
    make_numbers(&w);
    w.numbers.left = NULL;
    run r = {.kernel = rungs[i], .v = kc_memory(POINTS * 64 * 2), .m = kc_memory(POINTS * 64 * 4)};
    uint8_t* in = kc_memory(IN * IN * 64);
    kc_fill_u8(in, IN * IN * 64);
    memset(r.m, 0, POINTS * 64 * 4);
    r.in = (ln_winograd_q8_in){in, 0, IN, 0, IN, IN * 64, 64, 0x80, 0};
    r.out = (ln_winograd_q8_out){kc_memory(OUT * OUT * 64), NULL, OUT, OUT, OUT * 64, 64, 64, &w.numbers};
    int16_t *a = kc_memory(24 * 64 * 2), *b = kc_memory(64 * 64 * 2);
    kc_fill_s16(a, 24 * 64);
    kc_fill_s16(b, 64 * 64);
    r.product = (ln_winograd_q8_product){24, 64, 64, a, 64, b, kc_memory(24 * 64 * 4), 64};
    kc_time(rungs[i]->name, "one tile in, 64 channels", OUT * OUT * 64, "result", work_in, &r);
    kc_time(rungs[i]->name, "one tile out, 64 columns", OUT * OUT * 64, "result", work_out, &r);
    kc_time(rungs[i]->name, "24 x 64 x 64", 24 * 64 * 64, "multiply-add", work_product, &r);
    kc_release();
  }
}

const kc_family kc_family_winograd_q8 = {"winograd_q8", check, bench};
