/* kcheck: sums and extremes of small integers, and that whole reductions are the definition's. */
#include "kcheck/kcheck.h"
#include "kernels/generic/reduce_small.h"

static const uint8_t kFlips[] = {0, 0x80, 0xff, 0x7f};

static void check_rows(const ln_reduce_small_kernel* rung, const ln_reduce_small_kernel* ref) {
  const size_t rows = (size_t)kc_range(1, 6), count = kc_size(150, 32);
  const uint8_t flip = kFlips[kc_range(0, 3)];
  const int16_t flip16 = kc_chance(50) ? 0 : -1;
  uint8_t *in = kc_memory(rows * count), *out = kc_memory(rows), *expected = kc_memory(rows);
  int16_t *in16 = kc_memory(rows * count * 2), *out16 = kc_memory(rows * 2), *expected16 = kc_memory(rows * 2);
  uint32_t *sums = kc_memory(rows * 4), *expected_sums = kc_memory(rows * 4);
  kc_fill_u8(in, rows * count);
  kc_fill_s16(in16, rows * count);
  ref->most_bytes(in, rows, count, flip, expected);
  rung->most_bytes(in, rows, count, flip, out);
  kc_same(out, expected, rows, 1, "largest bytes, %zu rows of %zu, flip %x", rows, count, flip);
  ref->most_s16(in16, rows, count, flip16, expected16);
  rung->most_s16(in16, rows, count, flip16, out16);
  kc_same(out16, expected16, rows * 2, 2, "largest int16, %zu rows of %zu, flip %d", rows, count, flip16);
  ref->sum_bytes(in, rows, count, flip, expected_sums);
  rung->sum_bytes(in, rows, count, flip, sums);
  kc_same(sums, expected_sums, rows * 4, 4, "sums of bytes, %zu rows of %zu, flip %x", rows, count, flip);
  ref->sum_s16(in16, rows, count, expected_sums);
  rung->sum_s16(in16, rows, count, sums);
  kc_same(sums, expected_sums, rows * 4, 4, "sums of int16, %zu rows of %zu", rows, count);
  kc_release();
}

static void check_columns(const ln_reduce_small_kernel* rung, const ln_reduce_small_kernel* ref) {
  const size_t count = (size_t)kc_range(1, 9), columns = kc_size(200, 32), stride = columns + (size_t)kc_range(0, 5);
  const size_t size = (count - 1) * stride + columns;
  const uint8_t flip = kFlips[kc_range(0, 3)];
  const int16_t flip16 = kc_chance(50) ? 0 : -1;
  uint8_t *in = kc_memory(size), *out = kc_memory(columns), *expected = kc_memory(columns);
  int16_t *in16 = kc_memory(size * 2), *out16 = kc_memory(columns * 2), *expected16 = kc_memory(columns * 2);
  kc_fill_u8(in, size);
  kc_fill_s16(in16, size);
  ref->most_bytes_down(in, count, stride, columns, flip, expected);
  rung->most_bytes_down(in, count, stride, columns, flip, out);
  kc_same(out, expected, columns, 1, "largest of %zu lines of %zu bytes, flip %x", count, columns, flip);
  ref->most_s16_down(in16, count, stride, columns, flip16, expected16);
  rung->most_s16_down(in16, count, stride, columns, flip16, out16);
  kc_same(out16, expected16, columns * 2, 2, "largest of %zu lines of %zu int16, flip %d", count, columns, flip16);
  kc_release();
}

/* By the best rung, against reduce.h. */
static void check_whole(void) {
  const int32_t dims[3] = {(int32_t)kc_range(1, 4), (int32_t)kc_range(1, 9), (int32_t)kc_size(100, 16)};
  const bool reduced[3] = {kc_chance(20), kc_chance(50), kc_chance(50)};
  const ln_small type = (ln_small)kc_range(0, 2);
  const size_t width = type == LN_SMALL_S16 ? 2 : 1, count = (size_t)dims[0] * (size_t)dims[1] * (size_t)dims[2];
  const ln_reduction kind = kc_chance(50) ? LN_REDUCE_MAX : LN_REDUCE_MIN;
  const ln_reduce_quantized q = {.multiplier = (int32_t)kc_range(1 << 30, INT32_MAX),
                                 .shift = (int)kc_range(-12, 3),
                                 .in_zero_point = type == LN_SMALL_S16 ? 0 : (int32_t)kc_range(-128, 255),
                                 .out_zero_point = (int32_t)kc_range(-128, 255)};
  ln_reduce_shape s;
  ln_reduce_make_shape(3, dims, reduced, &s);
  void *in = kc_memory(count * width), *out = kc_memory(s.outputs * width), *expected = kc_memory(s.outputs * width);
  kc_fill_u8(in, count * width);
  if (ln_reduce_small_extreme(kind, type, &s, in, out)) {
    if (type == LN_SMALL_S8) ln_reduce_s8_ref(kind, &s, in, expected);
    if (type == LN_SMALL_U8) ln_reduce_u8_ref(kind, &s, in, expected);
    if (type == LN_SMALL_S16) ln_reduce_s16_ref(kind, &s, in, expected);
    kc_same(out, expected, s.outputs * width, width, "extreme, type %d, %d x %d x %d, reduced %d %d %d", type, dims[0],
            dims[1], dims[2], reduced[0], reduced[1], reduced[2]);
  }
  if (ln_reduce_small_sum(&q, type, &s, in, out)) {
    if (type == LN_SMALL_S8) ln_reduce_sum_qs8_ref(&q, &s, in, expected);
    if (type == LN_SMALL_U8) ln_reduce_sum_qu8_ref(&q, &s, in, expected);
    if (type == LN_SMALL_S16) ln_reduce_sum_qs16_ref(&q, &s, in, expected);
    kc_same(out, expected, s.outputs * width, width, "sum, type %d, %d x %d x %d, reduced %d %d %d", type, dims[0],
            dims[1], dims[2], reduced[0], reduced[1], reduced[2]);
  }
  kc_release();
}

static void check(void) {
  size_t count;
  const ln_reduce_small_kernel* const* rungs = ln_reduce_small_rungs(&count);
  for (size_t i = 0; i < count; ++i) {
    if (!kc_rung(rungs[i]->name, rungs[i]->isa)) continue;
    for (int round = 0; round < 2 * kc_rounds(); ++round) {
      check_rows(rungs[i], rungs[0]);
      check_columns(rungs[i], rungs[0]);
      check_whole();
    }
  }
}

enum { kRows = 1024, kCount = 64 };

typedef struct run {
  const ln_reduce_small_kernel* rung;
  uint8_t *in, *out;
  uint32_t* sums;
} run;

static void work_sum(void* arg) {
  const run* r = arg;
  r->rung->sum_bytes(r->in, kRows, kCount, 0x80, r->sums);
}

static void work_most(void* arg) {
  const run* r = arg;
  r->rung->most_bytes(r->in, kRows, kCount, 0x80, r->out);
}

static void bench(void) {
  size_t count;
  const ln_reduce_small_kernel* const* rungs = ln_reduce_small_rungs(&count);
  run r = {.in = kc_memory(kRows * kCount), .out = kc_memory(kRows), .sums = kc_memory(kRows * 4)};
  kc_fill_u8(r.in, kRows * kCount);
  for (size_t i = 0; i < count; ++i) {
    r.rung = rungs[i];
    if (!ln_cpu_present(rungs[i]->isa)) continue;
    kc_time(rungs[i]->name, "sums of 1024 rows of 64 bytes", kRows * kCount, "byte", work_sum, &r);
    kc_time(rungs[i]->name, "largest of 1024 rows of 64 bytes", kRows * kCount, "byte", work_most, &r);
  }
  kc_release();
}

const kc_family kc_family_reduce_small = {"reduce_small", check, bench};
