#include "kernels/generic/winograd_f32.h"

#if defined(__x86_64__)
#include "kernels/x86/winograd_f32_x86.h"
#elif defined(__aarch64__) || defined(__arm__)
#include "kernels/arm/rungs_arm.h"
#endif

enum { IN = LN_WINOGRAD_IN, OUT = LN_WINOGRAD_OUT, TAPS = 3 };

static const float kIn[IN][IN] = {{4, 0, -5, 0, 1, 0},  {0, -4, -4, 1, 1, 0}, {0, 4, -4, -1, 1, 0},
                                  {0, -2, -1, 2, 1, 0}, {0, 2, -1, -2, 1, 0}, {0, 4, 0, -5, 0, 1}};
static const float kOut[OUT][IN] = {{1, 1, 1, 1, 1, 0}, {0, 1, -1, 2, -2, 0}, {0, 1, 1, 4, 4, 0}, {0, 1, -1, 8, -8, 1}};
static const double kFilter[IN][TAPS] = {{1.0 / 4, 0, 0},
                                         {-1.0 / 6, -1.0 / 6, -1.0 / 6},
                                         {-1.0 / 6, 1.0 / 6, -1.0 / 6},
                                         {1.0 / 24, 1.0 / 12, 1.0 / 6},
                                         {1.0 / 24, -1.0 / 12, 1.0 / 6},
                                         {0, 0, 1}};

void ln_winograd_in_f32_ref(const ln_winograd_in* t, float* v, size_t step) {
  for (size_t c = 0; c < t->channels; ++c) {
    float half[IN][IN] = {{0}};
    for (size_t i = 0; i < IN; ++i)
      for (size_t y = t->y0; y < t->y1; ++y)
        for (size_t x = t->x0; x < t->x1; ++x)
          half[i][x] += kIn[i][y] * t->in[(y - t->y0) * t->row_stride + (x - t->x0) * t->channels + c];
    for (size_t i = 0; i < IN; ++i)
      for (size_t j = 0; j < IN; ++j) {
        float sum = 0.0f;
        for (size_t x = 0; x < IN; ++x) sum += kIn[j][x] * half[i][x];
        v[(i * IN + j) * step + c] = sum;
      }
  }
}

void ln_winograd_out_f32_ref(const ln_winograd_out* t, const float* m, size_t step) {
  for (size_t n = 0; n < t->channels; ++n)
    for (size_t y = 0; y < t->rows; ++y)
      for (size_t x = 0; x < t->columns; ++x) {
        float sum = 0.0f;
        for (size_t i = 0; i < IN; ++i)
          for (size_t j = 0; j < IN; ++j) sum += kOut[y][i] * kOut[x][j] * m[(i * IN + j) * step + n];
        sum += t->bias[n];
        sum = sum < t->low ? t->low : sum;
        t->out[y * t->row_stride + x * t->pixel_stride + n] = sum > t->high ? t->high : sum;
      }
}

/* One filter's channel, in double: what is rounded is the result alone. */
static void transform(const float* taps, size_t tap_stride, float* to, size_t to_step) {
  double half[IN][TAPS];
  for (size_t i = 0; i < IN; ++i)
    for (size_t x = 0; x < TAPS; ++x) {
      half[i][x] = 0;
      for (size_t y = 0; y < TAPS; ++y) half[i][x] += kFilter[i][y] * (double)taps[(y * TAPS + x) * tap_stride];
    }
  for (size_t i = 0; i < IN; ++i)
    for (size_t j = 0; j < IN; ++j) {
      double sum = 0;
      for (size_t x = 0; x < TAPS; ++x) sum += kFilter[j][x] * half[i][x];
      to[(i * IN + j) * to_step] = (float)sum;
    }
}

void ln_winograd_f32_pack(const ln_gemm_f32* kernel, size_t columns, size_t channels, size_t first, size_t count,
                          const float* filters, float* packed) {
  const size_t nr = kernel->nr, step = ln_gemm_f32_packed_size(kernel, columns, channels);
  for (size_t n = first; n < first + (count + nr - 1) / nr * nr; ++n)
    for (size_t c = 0; c < channels; ++c) {
      float* to = packed + n / nr * nr * channels + c * nr + n % nr;
      if (n < columns)
        transform(filters + (n - first) * TAPS * TAPS * channels + c, channels, to, step);
      else
        for (size_t p = 0; p < LN_WINOGRAD_POINTS; ++p) to[p * step] = 0.0f;
    }
}

static const ln_winograd_f32 ln_winograd_f32_generic = {
    .name = "winograd_f32_ref", .isa = LN_ISA_GENERIC, .in = ln_winograd_in_f32_ref, .out = ln_winograd_out_f32_ref};

static const ln_winograd_f32* const ladder[] = {
    &ln_winograd_f32_generic,
#if defined(__x86_64__)
    &ln_winograd_f32_avx2,
    &ln_winograd_f32_avx512,
#elif defined(__aarch64__) || defined(__arm__)
    &ln_winograd_f32_neon,
#endif
};

const ln_winograd_f32* const* ln_winograd_f32_rungs(size_t* count) {
  *count = sizeof ladder / sizeof ladder[0];
  return ladder;
}

const ln_winograd_f32* ln_winograd_f32_best(void) {
  const ln_winograd_f32* best = ladder[0];
  for (size_t i = 1; i < sizeof ladder / sizeof ladder[0]; ++i)
    if (ln_cpu_has(ladder[i]->isa)) best = ladder[i];
  return best;
}
