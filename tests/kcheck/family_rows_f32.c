/* kcheck: float rows, element-wise and softmax. */
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "kcheck/kcheck.h"
#include "kernels/generic/half.h"
#include "kernels/generic/matvec.h"
#include "kernels/generic/rows_f32.h"
#include "kernels/generic/softmax.h"

static const float kSpecial[] = {0.0f,    -0.0f,       INFINITY, -INFINITY, NAN,        1e-40f, -1e-40f,
                                 88.5f,   -88.5f,      100.0f,   -104.0f,   1e30f,      -1e30f, 0.625f,
                                 -0.625f, 3.14159274f, 99999.0f, 1e6f,      1.0000001f, 3.0f};

static void fill(float* values, size_t count) {
  kc_fill_f32(values, count, kc_chance(50) ? 4.0f : 40.0f);
  for (size_t i = 0; i < count; ++i)
    if (kc_chance(5)) values[i] = kSpecial[kc_range(0, (int64_t)(sizeof kSpecial / sizeof kSpecial[0]) - 1)];
  const uint32_t marked_nan = UINT32_C(0x7fc00001);
  if (count > 0 && kc_chance(10)) memcpy(&values[kc_range(0, (int64_t)count - 1)], &marked_nan, sizeof marked_nan);
}

static void check_unary(const ln_unary_variant* v, int index) {
  const size_t n = kc_size(150, 16);
  const ln_unary_clamp clamp = {-1.0f, 2.5f};
  const float alpha = 0.3f;
  const void* params = v->ref == ln_unary_leaky_relu_f32_ref ? (const void*)&alpha : &clamp;
  float *in = kc_memory(n * 4), *out = kc_chance(30) ? in : kc_memory(n * 4), *expected = kc_memory(n * 4);
  fill(in, n);
  v->ref(params, in, expected, n);
  v->row(params, in, out, n);
  const float floor = v->relative > 0 ? v->absolute / v->relative : 0.0f;
  kc_close(out, expected, n, v->relative * 0x1p-24f, floor > 1e-37f ? floor : 1e-37f, "unary %d, %zu elements", index,
           n);
  kc_release();
}

/* Roots are made of estimates: all mantissas with an even and an odd exponent, then every exponent. */
static void check_roots(const ln_unary_variant* v, int index) {
  enum { kSome = 1 << 14 };
  if (v->ref != ln_unary_sqrt_f32_ref && v->ref != ln_unary_rsqrt_f32_ref) return;
  float *in = kc_memory(kSome * 4), *out = kc_memory(kSome * 4), *expected = kc_memory(kSome * 4);
  for (uint32_t first = 0; first < UINT32_C(1) << 24; first += kSome) {
    for (uint32_t i = 0; i < kSome; ++i) in[i] = ln_float_of_bits(UINT32_C(0x3f800000) + first + i);
    v->ref(NULL, in, expected, kSome);
    v->row(NULL, in, out, kSome);
    kc_close(out, expected, kSome, 0.0f, 0.0f, "unary %d, mantissas from %u on", index, (unsigned)first);
  }
  for (uint32_t exponent = 0; exponent < 512; ++exponent) {
    for (uint32_t i = 0; i < 64; ++i) in[i] = ln_float_of_bits(exponent << 23 | i << 17 | i);
    v->ref(NULL, in, expected, 64);
    v->row(NULL, in, out, 64);
    kc_close(out, expected, 64, 0.0f, 0.0f, "unary %d, sign and exponent %u", index, (unsigned)exponent);
  }
  kc_release();
}

static void check_binary(const ln_binary_variant* v, int index) {
  const size_t n = kc_size(150, 16), a_step = kc_chance(70), b_step = kc_chance(70);
  const ln_clamp_f32 clamp = {-1.0f, kc_chance(50) ? INFINITY : 2.5f};
  float *a = kc_memory((a_step ? n : 1) * 4), *b = kc_memory((b_step ? n : 1) * 4), *expected = kc_memory(n * 4);
  float* out = a_step && kc_chance(30) ? a : kc_memory(n * 4);
  fill(a, a_step ? n : 1);
  fill(b, b_step ? n : 1);
  v->ref(&clamp, a, a_step, b, b_step, expected, n);
  v->row(&clamp, a, a_step, b, b_step, out, n);
  kc_close(out, expected, n, 0.0f, 1.0f, "binary %d, %zu elements, steps %zu, %zu", index, n, a_step, b_step);
  kc_release();
}

static void check_softmax(ln_softmax_f32_fn softmax) {
  const size_t rows = (size_t)kc_range(1, 3), depth = kc_size(100, 16), n = rows * depth;
  float *in = kc_memory(n * 4), *out = kc_memory(n * 4), *expected = kc_memory(n * 4);
  kc_fill_f32(in, n, 20.0f);
  ln_softmax_f32_ref(0.7f, in, expected, rows, depth);
  softmax(0.7f, in, out, rows, depth);
  kc_close(out, expected, n, 2e-6f, 1e-30f, "softmax, %zu rows of %zu", rows, depth);
  kc_release();
}

static void check_log_softmax(ln_log_softmax_f32_fn log_softmax) {
  const size_t rows = (size_t)kc_range(1, 3), depth = kc_size(100, 16), n = rows * depth;
  float *in = kc_memory(n * 4), *out = kc_memory(n * 4), *expected = kc_memory(n * 4);
  kc_fill_f32(in, n, 20.0f);
  ln_log_softmax_f32_ref(in, expected, rows, depth);
  log_softmax(in, out, rows, depth);
  kc_close(out, expected, n, 2e-6f, 1.0f, "log_softmax, %zu rows of %zu", rows, depth);
  kc_release();
}

static void check_matvec(ln_matvec_f32_fn matvec) {
  const bool far = kc_chance(3); /* 1 MB or more */
  const size_t rows = kc_size(12, 4), columns = kc_size(100, 16) + (far ? (1 << 18) / rows : 0);
  float *matrix = kc_memory(rows * columns * 4), *vector = kc_memory(columns * 4);
  float *result = kc_memory(rows * 4), *expected = kc_memory(rows * 4);
  kc_fill_f32(matrix, rows * columns, 1);
  kc_fill_f32(vector, columns, 1);
  kc_fill_f32(result, rows, 1);
  memcpy(expected, result, rows * 4);
  ln_matvec_f32_ref(matrix, rows, columns, vector, expected);
  matvec(matrix, rows, columns, vector, result);
  kc_close(result, expected, rows, 1e-7f * (float)(columns + 8), sqrtf((float)columns), "%zu rows of %zu", rows,
           columns);
  kc_release();
}

/* Bit for bit. */
static void check_matvecs(const ln_rows_f32* rung) {
  const size_t rows = kc_size(12, 4), columns = kc_size(100, 16), count = kc_size(9, 4);
  const size_t stride = columns + (size_t)kc_range(0, 3), result_stride = rows + (size_t)kc_range(0, 3);
  const size_t size = (count - 1) * stride + columns, result_size = (count - 1) * result_stride + rows;
  float *matrix = kc_memory(rows * columns * 4), *vectors = kc_memory(size * 4);
  float *results = kc_memory(result_size * 4), *expected = kc_memory(result_size * 4);
  kc_fill_f32(matrix, rows * columns, 1);
  kc_fill_f32(vectors, size, 1);
  kc_fill_f32(results, result_size, 1);
  memcpy(expected, results, result_size * 4);
  for (size_t i = 0; i < count; ++i)
    rung->matvec(matrix, rows, columns, vectors + i * stride, expected + i * result_stride);
  rung->matvecs(matrix, rows, columns, vectors, stride, count, results, result_stride);
  kc_same(results, expected, result_size * 4, 4, "%zu rows of %zu by %zu vectors", rows, columns, count);
  kc_release();
}

static void check_turn(ln_turn_32_fn turn) {
  const size_t rows = kc_size(20, 8), columns = kc_size(20, 8);
  const size_t in_stride = columns + (size_t)kc_range(0, 3), out_stride = rows + (size_t)kc_range(0, 3);
  const size_t in_size = (rows - 1) * in_stride + columns, out_size = (columns - 1) * out_stride + rows;
  float *in = kc_memory(in_size * 4), *out = kc_memory(out_size * 4), *expected = kc_memory(out_size * 4);
  kc_fill_u8((uint8_t*)in, in_size * 4); /* any bits */
  kc_fill_u8((uint8_t*)out, out_size * 4);
  memcpy(expected, out, out_size * 4);
  for (size_t r = 0; r < rows; ++r)
    for (size_t c = 0; c < columns; ++c) memcpy(expected + c * out_stride + r, in + r * in_stride + c, 4);
  turn(rows, columns, in, in_stride, out, out_stride);
  kc_same(out, expected, out_size * 4, 4, "%zu x %zu turned, strides %zu and %zu", rows, columns, in_stride,
          out_stride);
  kc_release();
}

/* Bit for bit, but for NaN. */
static void check_scale_shift(ln_scale_shift_f32_fn scale_shift) {
  size_t count;
  const size_t pixels = kc_size(9, 4), channels = kc_size(kc_chance(30) ? 300 : 50, 16);
  const size_t stride = channels + (size_t)kc_range(0, 3), out_stride = channels + (size_t)kc_range(0, 3);
  const size_t size = (pixels - 1) * stride + channels, out_size = (pixels - 1) * out_stride + channels;
  const ln_clamp_f32 clamp = {kc_chance(50) ? 0.0f : -1.0f, kc_chance(50) ? INFINITY : 2.5f};
  float *x = kc_memory(size * 4), *scale = kc_memory(channels * 4), *shift = kc_memory(channels * 4);
  float *out = stride == out_stride && kc_chance(30) ? x : kc_memory(out_size * 4), *expected = kc_memory(out_size * 4);
  fill(x, size);
  fill(scale, channels);
  fill(shift, channels);
  if (out != x) kc_fill_f32(out, out_size, 1);
  memcpy(expected, out, out_size * 4);
  ln_rows_f32_rungs(&count)[0]->scale_shift(x, stride, scale, shift, &clamp, pixels, channels, expected, out_stride);
  scale_shift(x, stride, scale, shift, &clamp, pixels, channels, out, out_stride);
  kc_close(out, expected, out_size, 0.0f, 1.0f, "%zu pixels, %zu channels scaled and shifted", pixels, channels);
  kc_release();
}

static void check_add_rows(ln_add_rows_f32_fn add_rows) {
  size_t count;
  const size_t rows = kc_size(13, 4), columns = kc_size(70, 16);
  const size_t x_stride = columns + (size_t)kc_range(0, 3), stride = columns + (size_t)kc_range(0, 3);
  const size_t x_size = (rows - 1) * x_stride + columns, size = (rows - 1) * stride + columns;
  const ln_clamp_f32 clamp = {kc_chance(50) ? 0.0f : -FLT_MAX, kc_chance(50) ? FLT_MAX : 2.5f};
  float *x = kc_memory(x_size * 4), *y = kc_memory(size * 4), *expected = kc_memory(size * 4);
  float* out = kc_chance(50) ? y : kc_memory(size * 4);
  fill(x, x_size);
  fill(y, size);
  if (out != y) kc_fill_f32(out, size, 1);
  memcpy(expected, out, size * 4);
  ln_rows_f32_rungs(&count)[0]->add_rows(&clamp, rows, columns, x, x_stride, y, expected, stride);
  add_rows(&clamp, rows, columns, x, x_stride, y, out, stride);
  kc_close(out, expected, size, 0.0f, 0.0f, "%zu rows of %zu added", rows, columns);
  kc_release();
}

static void check(void) {
  size_t count;
  const ln_rows_f32* const* rungs = ln_rows_f32_rungs(&count);
  for (size_t i = 0; i < count; ++i) {
    if (!kc_rung(rungs[i]->name, rungs[i]->isa)) continue;
    for (int k = 0; rungs[i]->unary[k].ref != NULL; ++k) check_roots(&rungs[i]->unary[k], k);
    for (int round = 0; round < kc_rounds() / 8; ++round) {
      for (int k = 0; rungs[i]->unary[k].ref != NULL; ++k) check_unary(&rungs[i]->unary[k], k);
      for (int k = 0; rungs[i]->binary[k].ref != NULL; ++k) check_binary(&rungs[i]->binary[k], k);
      check_softmax(rungs[i]->softmax);
      check_log_softmax(rungs[i]->log_softmax);
      check_matvec(rungs[i]->matvec);
      check_matvecs(rungs[i]);
      check_turn(rungs[i]->turn);
      check_scale_shift(rungs[i]->scale_shift);
      check_add_rows(rungs[i]->add_rows);
    }
  }
}

typedef struct run {
  const ln_unary_variant* variant;
  const float* in;
  float* out;
} run;

enum { kCount = 4096 };

static void work(void* arg) {
  const run* r = arg;
  static const float params[2] = {0.0f, 6.0f};
  r->variant->row(params, r->in, r->out, kCount);
}

static void bench(void) {
  size_t count;
  const ln_rows_f32* const* rungs = ln_rows_f32_rungs(&count);
  for (size_t i = 0; i < count; ++i) {
    if (!ln_cpu_present(rungs[i]->isa)) continue;
    for (int k = 0; rungs[i]->unary[k].ref != NULL; ++k) {
      float* in = kc_memory(kCount * 4);
      char detail[32];
      run r = {&rungs[i]->unary[k], in, kc_memory(kCount * 4)};
      kc_fill_f32(in, kCount, 4);
      snprintf(detail, sizeof detail, "unary %d, %d elements", k, kCount);
      kc_time(rungs[i]->name, detail, kCount, "element", work, &r);
      kc_release();
    }
  }
}

const kc_family kc_family_rows_f32 = {"rows_f32", check, bench};
