/* kcheck: rows of float pooling, reductions of an axis, layer norms. */
#include <math.h>
#include <string.h>

#include "kcheck/kcheck.h"
#include "kernels/generic/pool_f32.h"

static int32_t pick(int32_t low, int32_t high) { return (int32_t)kc_range(low, high); }

static void check_pool(const ln_pool_f32* kernel, const ln_pool_f32* ref) {
  ln_pool_shape s = {.batch = pick(1, 2), .in_height = pick(1, 8), .in_width = pick(1, 8)};
  s.channels = (int32_t)kc_size(80, 16);
  s.filter_height = pick(1, 5);
  s.filter_width = pick(1, 5);
  s.stride_height = pick(1, 3);
  s.stride_width = pick(1, 3);
  s.pad_top = pick(0, s.filter_height - 1);
  s.pad_left = pick(0, s.filter_width - 1);
  s.out_height = (s.in_height + s.pad_top) / s.stride_height + 1;
  s.out_width = (s.in_width + s.pad_left) / s.stride_width + 1;
  const size_t in_size = (size_t)s.batch * (size_t)s.in_height * (size_t)s.in_width * (size_t)s.channels;
  const size_t rows = (size_t)s.batch * (size_t)s.out_height, row = (size_t)s.out_width * (size_t)s.channels;
  float *in = kc_memory(in_size * 4), *out = kc_memory(rows * row * 4), *expected = kc_memory(rows * row * 4);
  const float high = kc_chance(50) ? INFINITY : 0.5f;
  const int kind = pick(0, 2);
  kc_fill_f32(in, in_size, 1);
  for (size_t y = 0; y < rows; ++y) {
    if (kind == 0) {
      ref->max(&s, y, in, expected, -high, high);
      kernel->max(&s, y, in, out, -high, high);
    } else {
      ref->average(&s, y, in, expected, -high, high, kind == 2);
      kernel->average(&s, y, in, out, -high, high, kind == 2);
    }
  }
  kc_close(out, expected, rows * row, 4e-7f, 1.0f, "kind %d, %d x %d, %d channels, window %d x %d, pad %d, %d", kind,
           s.in_height, s.in_width, s.channels, s.filter_height, s.filter_width, s.pad_top, s.pad_left);
  kc_release();
}

static void check_reduce(const ln_pool_f32* kernel) {
  const int32_t dims[3] = {pick(1, 4), pick(1, 20), kc_chance(20) ? 1 : (int32_t)kc_size(80, 16)};
  const bool reduced[3] = {kc_chance(30), kc_chance(60), kc_chance(40)};
  ln_reduce_shape shape;
  ln_reduce_make_shape(3, dims, reduced, &shape);
  const size_t count = (size_t)dims[0] * (size_t)dims[1] * (size_t)dims[2];
  float *in = kc_memory(count * 4), *out = kc_memory(shape.outputs * 4), *expected = kc_memory(shape.outputs * 4);
  static const ln_reduction kKinds[] = {LN_REDUCE_SUM, LN_REDUCE_MEAN, LN_REDUCE_MAX, LN_REDUCE_MIN};
  const ln_reduction kind = kKinds[kc_range(0, 3)];
  kc_fill_f32(in, count, 1);
  if (count > 0 && kc_chance(10) && (kind == LN_REDUCE_MAX || kind == LN_REDUCE_MIN))
    in[kc_range(0, (int64_t)count - 1)] = NAN;
  ln_reduce_f32_ref(kind, &shape, in, expected);
  kernel->reduce(kind, &shape, in, out);
  kc_close(out, expected, shape.outputs, 1e-7f * (float)(shape.count + 8), 1.0f, "%d x %d x %d, reduced %d %d %d",
           dims[0], dims[1], dims[2], reduced[0], reduced[1], reduced[2]);
  kc_release();
}

/* Few different values, so that the first of equals is asked for. */
static void check_arg_extreme(const ln_pool_f32* kernel, const ln_pool_f32* ref) {
  const size_t rows = (size_t)pick(1, 4), count = kc_size(150, 16);
  float* in = kc_memory(rows * count * 4);
  int32_t *best = kc_memory(rows * 4), *expected = kc_memory(rows * 4);
  const bool largest = kc_chance(50);
  for (size_t i = 0; i < rows * count; ++i) in[i] = kc_chance(3) ? NAN : kc_chance(3) ? -INFINITY : (float)pick(-9, 9);
  ref->arg_extreme(largest, in, rows, count, expected);
  kernel->arg_extreme(largest, in, rows, count, best);
  kc_same(best, expected, rows * 4, 4, "arg extreme, %zu rows of %zu, largest %d", rows, count, largest);
  kc_release();
}

/* Within the tolerance of the definition, and bit for bit what the rung's own means make of it. */
static void check_layer_norm(const ln_pool_f32* kernel) {
  const size_t depth = kc_size(80, 16), rows = (size_t)pick(1, 5), count = rows * depth;
  float *in = kc_memory(count * 4), *out = kc_memory(count * 4), *expected = kc_memory(count * 4);
  float *scale = kc_memory(depth * 4), *shift = kc_memory(depth * 4), *squares = kc_memory(depth * 4);
  const ln_layer_norm norm = {0.001f, kc_chance(70) ? scale : NULL, kc_chance(50) ? shift : NULL, kc_chance(50)};
  ln_reduce_shape shape;
  ln_reduce_make_shape(1, (const int32_t[]){(int32_t)depth}, (const bool[]){true}, &shape);
  kc_fill_f32(in, count, 1);
  kc_fill_f32(scale, depth, 1);
  kc_fill_f32(shift, depth, 1);
  ln_layer_norm_f32_ref(&norm, in, rows, depth, expected);
  kernel->layer_norm(&norm, in, rows, depth, out);
  kc_close(out, expected, count, 1e-5f, 1.0f, "layer norm, %zu rows of %zu", rows, depth);
  for (size_t r = 0; r < rows; ++r) {
    const float* x = in + r * depth;
    float mean, variance;
    kernel->reduce(LN_REDUCE_MEAN, &shape, x, &mean);
    for (size_t i = 0; i < depth; ++i) squares[i] = (x[i] - mean) * (x[i] - mean);
    kernel->reduce(LN_REDUCE_MEAN, &shape, squares, &variance);
    const float factor = 1.0f / sqrtf(variance + norm.epsilon);
    for (size_t i = 0; i < depth; ++i) {
      const float f = norm.scale != NULL ? factor * scale[i] : factor;
      expected[r * depth + i] = norm.centered ? (x[i] - mean) * f + (norm.shift != NULL ? shift[i] : -0.0f)
                                              : x[i] * f + (norm.shift != NULL ? shift[i] - mean * f : -mean * f);
    }
  }
  kc_close(out, expected, count, 0.0f, 0.0f, "layer norm by its means, %zu rows of %zu", rows, depth);
  kc_release();
}

static void check(void) {
  size_t count;
  const ln_pool_f32* const* rungs = ln_pool_f32_rungs(&count);
  for (size_t i = 0; i < count; ++i) {
    if (!kc_rung(rungs[i]->name, rungs[i]->isa)) continue;
    for (int round = 0; round < kc_rounds() / 2; ++round) {
      check_pool(rungs[i], rungs[0]);
      check_reduce(rungs[i]);
      check_arg_extreme(rungs[i], rungs[0]);
      check_layer_norm(rungs[i]);
    }
  }
}

typedef struct run {
  const ln_pool_f32* kernel;
  ln_pool_shape shape;
  const float* in;
  float* out;
} run;

static void work(void* arg) {
  const run* r = arg;
  r->kernel->average(&r->shape, 5, r->in, r->out, -INFINITY, INFINITY, false);
}

static void bench(void) {
  size_t count;
  const ln_pool_f32* const* rungs = ln_pool_f32_rungs(&count);
  for (size_t i = 0; i < count; ++i) {
    if (!ln_cpu_present(rungs[i]->isa)) continue;
    float* in = kc_memory(14 * 14 * 128 * 4);
    run r = {rungs[i], {1, 14, 14, 128, 14, 14, 3, 3, 1, 1, 1, 1}, in, kc_memory(14 * 14 * 128 * 4)};
    kc_fill_f32(in, 14 * 14 * 128, 1);
    kc_time(rungs[i]->name, "average 3 x 3, 14 x 128", 14 * 128 * 9, "element", work, &r);
    kc_release();
  }
}

const kc_family kc_family_pool_f32 = {"pool_f32", check, bench};
