/* kcheck: tiles of the matrix product of floats. */
#include <math.h>
#include <string.h>

#include "kcheck/kcheck.h"
#include "kernels/generic/gemm.h"

static ln_gemm_layout plain(size_t columns, size_t depth) {
  return (ln_gemm_layout){
      .columns = columns, .taps_y = 1, .taps_x = 1, .channels = depth, .column_stride = depth, .channel_stride = 1};
}

static void check_shape(const ln_gemm_f32* kernel, size_t rows, size_t columns, size_t depth, size_t gap) {
  const ln_gemm_layout layout = plain(columns, depth);
  const size_t a_stride = depth + gap, c_stride = columns + gap, nr = kernel->nr;
  float* a = kc_memory(((rows - 1) * a_stride + depth) * sizeof *a);
  float* b = kc_memory(columns * depth * sizeof *b);
  float* packed = kc_memory(ln_gemm_f32_packed_size(kernel, columns, depth) * sizeof *packed);
  float* bias = kc_memory((columns + nr - 1) / nr * nr * sizeof *bias);
  float* c = kc_memory(((rows - 1) * c_stride + columns) * sizeof *c);
  float* expected = kc_memory(((rows - 1) * c_stride + columns) * sizeof *expected);
  const float high = kc_chance(50) ? INFINITY : 0.5f;
  kc_fill_f32(a, (rows - 1) * a_stride + depth, 1);
  kc_fill_f32(b, columns * depth, 1);
  kc_fill_f32(bias, (columns + nr - 1) / nr * nr, 1);
  kc_fill_f32(c, (rows - 1) * c_stride + columns, 1);
  memcpy(expected, c, ((rows - 1) * c_stride + columns) * sizeof *c);
  ln_gemm_f32_pack(kernel, &layout, b, packed);
  ln_gemm_f32_ref(rows, columns, depth, a, a_stride, b, bias, -high, high, expected, c_stride);
  ln_gemm_f32_block(kernel, rows, columns, depth, a, a_stride, packed, bias, -high, high, c, c_stride);
  /* Sums of `depth` products below 1: their errors grow with the depth, what lies between the rows stays as it was. */
  kc_close(c, expected, (rows - 1) * c_stride + columns, 1e-7f * (float)(depth + 8), sqrtf((float)depth),
           "%zu rows, %zu columns, depth %zu, gap %zu", rows, columns, depth, gap);
  kc_release();
}

/* A depth in segments that lie apart, as a convolution's rows do, whose rows may lie anywhere: the same numbers as
 * without the gaps. */
static void check_segments(const ln_gemm_f32* kernel, size_t rows, size_t columns, size_t segments, size_t depth) {
  const size_t nr = kernel->nr, all = segments * depth, gap = (size_t)kc_range(0, 9);
  const size_t step = (size_t)kc_range(1, 9), segment = depth + gap + (rows - 1) * step;
  const ln_gemm_layout layout = plain(columns, all);
  size_t* row_at = kc_memory(rows * sizeof *row_at);
  const bool anywhere = rows <= kernel->mr && kc_chance(50), ahead = kc_chance(50);
  for (size_t m = 0; m < rows; ++m) row_at[m] = anywhere ? (size_t)kc_range(0, (int)((rows - 1) * step)) : m * step;
  float* bias = kc_memory(nr * sizeof *bias);
  const ln_gemm_walk walk = {.segments = segments,
                             .depth = depth,
                             .a_stride = step,
                             .a_segment = segment,
                             .b_segment = depth * nr,
                             .row_at = anywhere ? row_at : NULL,
                             .ahead = ahead ? bias : NULL,
                             .ahead_step = ahead ? (size_t)kc_range(0, 40) : 0};
  float* a = kc_memory((segments * segment - gap) * sizeof *a);
  float* flat = kc_memory(rows * all * sizeof *flat);
  float* b = kc_memory(columns * all * sizeof *b);
  float* packed = kc_memory(ln_gemm_f32_packed_size(kernel, columns, all) * sizeof *packed);
  float* c = kc_memory(rows * columns * sizeof *c);
  float* expected = kc_memory(rows * columns * sizeof *expected);
  kc_fill_f32(a, segments * segment - gap, 1);
  kc_fill_f32(b, columns * all, 1);
  kc_fill_f32(bias, nr, 1);
  for (size_t m = 0; m < rows; ++m)
    for (size_t s = 0; s < segments; ++s)
      memcpy(flat + m * all + s * depth, a + s * segment + row_at[m], depth * sizeof *a);
  ln_gemm_f32_pack(kernel, &layout, b, packed);
  ln_gemm_f32_ref(rows, columns, all, flat, all, b, bias, -INFINITY, INFINITY, expected, columns);
  kernel->run(rows, columns, &walk, a, packed, bias, -INFINITY, INFINITY, c, columns);
  kc_close(c, expected, rows * columns, 1e-7f * (float)(all + 8), sqrtf((float)all),
           "%zu rows %s%zu apart, %zu columns, %zu segments of %zu", rows, anywhere ? "at most " : "", step, columns,
           segments, depth);
  kc_release();
}

static void check(void) {
  size_t count;
  const ln_gemm_f32* const* rungs = ln_gemm_f32_rungs(&count);
  for (size_t i = 0; i < count; ++i) {
    if (!kc_rung(rungs[i]->name, rungs[i]->isa)) continue;
    for (int round = 0; round < kc_rounds() / 2; ++round)
      check_shape(rungs[i], kc_size(2 * rungs[i]->mr + 1, rungs[i]->mr), kc_size(2 * rungs[i]->nr + 1, rungs[i]->nr),
                  kc_size(200, 4), (size_t)kc_range(0, 5));
    for (int round = 0; round < kc_rounds() / 8; ++round)
      check_shape(rungs[i], 1, kc_size(9 * rungs[i]->nr, rungs[i]->nr), kc_size(200, 4), 0);
    for (int round = 0; round < kc_rounds() / 4; ++round) {
      const size_t columns = kc_size(rungs[i]->nr, rungs[i]->narrow_columns);
      check_segments(rungs[i], kc_size(ln_gemm_f32_rows(rungs[i], columns), 0), columns, (size_t)kc_range(0, 5) + 1,
                     kc_size(40, 4));
    }
  }
}

typedef struct run {
  const ln_gemm_f32* kernel;
  const float *a, *b, *bias;
  float* c;
} run;

enum { kDepth = 256 };

static void work(void* arg) {
  const run* r = arg;
  const ln_gemm_walk walk = {.segments = 1, .depth = kDepth, .a_stride = kDepth};
  r->kernel->run(r->kernel->mr, r->kernel->nr, &walk, r->a, r->b, r->bias, -INFINITY, INFINITY, r->c, r->kernel->nr);
}

static void bench(void) {
  size_t count;
  const ln_gemm_f32* const* rungs = ln_gemm_f32_rungs(&count);
  for (size_t i = 0; i < count; ++i) {
    const size_t mr = rungs[i]->mr, nr = rungs[i]->nr;
    if (!ln_cpu_present(rungs[i]->isa)) continue;
    float *a = kc_memory(mr * kDepth * 4), *b = kc_memory(nr * kDepth * 4), *bias = kc_memory(nr * 4);
    kc_fill_f32(a, mr * kDepth, 1);
    kc_fill_f32(b, nr * kDepth, 1);
    kc_fill_f32(bias, nr, 1);
    run r = {rungs[i], a, b, bias, kc_memory(mr * nr * 4)};
    kc_time(rungs[i]->name, "one tile, depth 256", (double)(mr * nr * kDepth), "MAC", work, &r);
    kc_release();
  }
}

const kc_family kc_family_gemm_f32 = {"gemm_f32", check, bench};
