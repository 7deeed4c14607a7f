/* kcheck: Winograd's convolutions of bytes: the picture's transform, and whole tiles against the sums they stand for.
 */
#include <string.h>

#include "kcheck/kcheck.h"
#include "kernels/generic/winograd_q8.h"

enum {
  IN = LN_WINOGRAD_Q8_IN,
  OUT = LN_WINOGRAD_Q8_OUT,
  POINTS = LN_WINOGRAD_Q8_POINTS,
  LINE_IN = LN_WINOGRAD_Q8_LINE_IN,
  LINE_OUT = LN_WINOGRAD_Q8_LINE_OUT,
  COLUMNS = LN_WINOGRAD_Q8_COLUMNS
};

static size_t pick(size_t low, size_t high) { return (size_t)kc_range((int64_t)low, (int64_t)high); }

static const ln_winograd_q8_cut kSquare = {0};

/* `count` points `step` elements apart, by both. */
static void compare_in(void (*ref)(const ln_winograd_q8_in*, int16_t*, size_t),
                       void (*in)(const ln_winograd_q8_in*, int16_t*, size_t), ln_winograd_q8_in* t, size_t size,
                       size_t count, const char* what) {
  const size_t step = t->channels + pick(0, 9), bytes = ((count - 1) * step + t->channels) * sizeof(int16_t);
  uint8_t* picture = kc_memory(size);
  int16_t *v = kc_memory(bytes), *expected = kc_memory(bytes);
  kc_fill_u8(picture, size);
  memset(v, 0, bytes);
  memset(expected, 0, bytes);
  t->in = picture;
  ref(t, expected, step);
  in(t, v, step);
  kc_same(v, expected, bytes, sizeof(int16_t), "%s, %zu channels, rows %zu to %zu, %zu to %zu", what, t->channels,
          t->y0, t->y1, t->x0, t->x1);
  kc_release();
}

static void check_in(const ln_winograd_q8* ref, const ln_winograd_q8* kernel) {
  ln_winograd_q8_in t = {
      .channels = kc_size(70, 32), .flip = kc_chance(50) ? 0x80 : 0, .outside = (uint8_t)pick(0, 255)};
  const bool whole = kc_chance(50);
  t.y0 = whole ? 0 : pick(0, 5);
  t.x0 = whole ? 0 : pick(0, 5);
  t.y1 = whole ? IN : pick(t.y0 + 1, IN);
  t.x1 = whole ? IN : pick(t.x0 + 1, IN);
  t.row_stride = (t.x1 - t.x0) * t.channels + pick(0, 20);
  compare_in(ref->in, kernel->in, &t, (t.y1 - t.y0 - 1) * t.row_stride + (t.x1 - t.x0) * t.channels, POINTS, "in");
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
  int16_t* packed = kc_memory(ln_winograd_q8_packed_size(kernel, kSquare, w.columns, w.channels) * 2);
  int16_t* v = kc_memory(((POINTS - 1) * v_step + w.tiles * w.channels) * 2);
  int32_t *m = kc_memory(((POINTS - 1) * m_step + w.tiles * w.width) * 4), column_sums[COLUMNS];
  make_numbers(&w);
  ln_winograd_q8_pack(kernel, kSquare, w.columns, w.channels, w.filters, w.weights_flip, w.zero, packed, column_sums);
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
  if (ln_winograd_q8_is_safe(w.columns, 9 * w.channels, w.filters, w.weights_flip, w.zero)) compare(&w, m, m_step);
  kc_release();
}

static void check_line_in(const ln_winograd_q8* ref, const ln_winograd_q8* kernel) {
  ln_winograd_q8_in t = {
      .channels = kc_size(70, 32), .flip = kc_chance(50) ? 0x80 : 0, .outside = (uint8_t)pick(0, 255)};
  t.y0 = kc_chance(50) ? 0 : pick(0, LINE_IN);
  t.y1 = kc_chance(50) || t.y0 == LINE_IN ? LINE_IN : pick(t.y0, LINE_IN);
  t.row_stride = t.channels + pick(0, 20);
  const size_t inside = t.y1 - t.y0;
  compare_in(ref->line_in, kernel->line_in, &t, inside == 0 ? 1 : (inside - 1) * t.row_stride + t.channels, LINE_IN,
             "line in");
}

/* Filters of some lines of taps: the sums of a tile's results. */
static void compare_line(const ln_winograd_q8* kernel, ln_winograd_q8_cut cut, const whole* w, const int32_t* m,
                         size_t step) {
  ln_winograd_q8_out t = {.rows = pick(1, LINE_OUT), .columns = 1, .channels = w->columns, .numbers = &w->numbers};
  t.row_stride = w->columns + pick(0, 9);
  const size_t size = (t.rows - 1) * t.row_stride + w->columns;
  uint8_t *out = kc_memory(size), *expected = kc_memory(size);
  int32_t *sums = kc_memory(LINE_OUT * COLUMNS * 4), *right = kc_memory(LINE_OUT * COLUMNS * 4);
  const size_t long_line = LINE_OUT + cut.taps + 2;
  memset(out, 0, size);
  memset(expected, 0, size);
  memset(right, 0, LINE_OUT * COLUMNS * 4);
  memset(sums, 0, LINE_OUT * COLUMNS * 4);
  for (size_t y = 0; y < t.rows; ++y)
    for (size_t n = 0; n < w->columns; ++n) {
      uint32_t sum = 0;
      for (size_t k = 0; k < cut.lines * cut.taps * w->channels; ++k) {
        const size_t tap = k / w->channels, x = tap % cut.taps + y, line = tap / cut.taps;
        const uint8_t pixel = w->in[(line * long_line + x) * w->channels + k % w->channels] ^ w->flip;
        const uint8_t weight = w->filters[n * cut.lines * cut.taps * w->channels + k] ^ w->weights_flip;
        sum += (uint32_t)(pixel * ((int8_t)weight - w->zero));
      }
      right[y * COLUMNS + n] = (int32_t)sum;
      expected[y * t.row_stride + n] = ln_requant_q8_apply(&w->own[n], &w->numbers.range, sum + w->own[n].bias);
    }
  t.out = out;
  kernel->line_out(&t, m, step);
  kc_same(out, expected, size, 1, "line, bytes, %zu channels, %zu columns, %zu rows", w->channels, w->columns, t.rows);
  t.sums = sums;
  kernel->line_out(&t, m, step);
  for (size_t i = 0; i < LINE_OUT * COLUMNS; ++i)
    if (i % COLUMNS >= w->columns || i / COLUMNS >= t.rows) sums[i] = 0;
  kc_same(sums, right, LINE_OUT * COLUMNS * 4, 4, "line, sums, %zu channels, %zu columns", w->channels, w->columns);
}

static void check_line(const ln_winograd_q8* kernel) {
  const ln_winograd_q8_cut cut = {pick(1, 3), pick(1, 8)};
  whole w = {.kernel = kernel, .channels = 2 * kc_size(20, 16), .columns = kc_size(COLUMNS, 16)};
  w.width = ln_winograd_q8_width(kernel, w.columns);
  w.flip = kc_chance(50) ? 0x80 : 0;
  w.weights_flip = kc_chance(50) ? 0x80 : 0;
  w.zero = kc_chance(50) ? 0 : (int32_t)kc_range(-128, 127);
  const size_t threes = ln_winograd_q8_threes(cut), all = threes * w.channels,
               depth = cut.lines * cut.taps * w.channels;
  const size_t long_line = LINE_OUT + cut.taps + 2, pixels = cut.lines * long_line * w.channels;
  const size_t v_step = all + pick(0, 9), m_step = w.width + pick(0, 9);
  w.in = kc_memory(pixels);
  w.filters = kc_memory(w.columns * depth);
  kc_fill_u8(w.in, pixels);
  kc_fill_u8(w.filters, w.columns * depth);
  int16_t* packed = kc_memory(ln_winograd_q8_packed_size(kernel, cut, w.columns, w.channels) * 2);
  int16_t* v = kc_memory(((LINE_IN - 1) * v_step + all) * 2);
  int32_t *m = kc_memory(((LINE_IN - 1) * m_step + w.width) * 4), column_sums[COLUMNS];
  make_numbers(&w);
  ln_winograd_q8_pack(kernel, cut, w.columns, w.channels, w.filters, w.weights_flip, w.zero, packed, column_sums);
  size_t at = 0;
  for (size_t line = 0; line < cut.lines; ++line)
    for (size_t tap = 0; tap < cut.taps; tap += 3, at += w.channels) {
      const ln_winograd_q8_in from = {.in = w.in + (line * long_line + tap) * w.channels,
                                      .y1 = LINE_IN,
                                      .row_stride = w.channels,
                                      .channels = w.channels,
                                      .flip = w.flip};
      kernel->line_in(&from, v + at, v_step);
    }
  for (size_t p = 0; p < LINE_IN; ++p)
    kernel->product(&(ln_winograd_q8_product){1, w.columns, all, v + p * v_step, all, packed + p * all * w.width,
                                              m + p * m_step, w.width});
  if (ln_winograd_q8_is_safe(w.columns, depth, w.filters, w.weights_flip, w.zero))
    compare_line(kernel, cut, &w, m, m_step);
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
      if (rungs[0]->line_in == NULL || rungs[i]->line_in == NULL) continue;
      check_line_in(rungs[0], rungs[i]);
      check_line(rungs[i]);
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
