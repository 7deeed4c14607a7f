/* The ladder of float pooling; the definitions, row by row. */
#include "kernels/generic/pool_f32.h"

#include "kernels/generic/arg_extreme.h"

#if defined(__x86_64__)
#include "kernels/x86/pool_f32_x86.h"
#elif defined(__aarch64__) || defined(__arm__)
#include "kernels/arm/rungs_arm.h"
#endif

/* The picture of one row alone: what is above it counts as padding. */
static ln_pool_shape row_of(const ln_pool_shape* s, size_t row, const float** in, float** out) {
  const size_t image = row / (size_t)s->out_height, y = row % (size_t)s->out_height;
  const int64_t top = (int64_t)y * s->stride_height - s->pad_top;
  ln_pool_shape one = *s;
  *in += image * (size_t)s->in_height * (size_t)s->in_width * (size_t)s->channels;
  *out += row * (size_t)s->out_width * (size_t)s->channels;
  one.batch = one.out_height = 1;
  one.pad_top = (int32_t)-top;
  return one;
}

static void average(const ln_pool_shape* s, size_t row, const float* in, float* out, float low, float high,
                    bool square) {
  const ln_pool_shape one = row_of(s, row, &in, &out);
  ln_average_pool_f32_ref(&one, in, out, low, high, square);
}

static void max(const ln_pool_shape* s, size_t row, const float* in, float* out, float low, float high) {
  const ln_pool_shape one = row_of(s, row, &in, &out);
  ln_max_pool_f32_ref(&one, in, out, low, high);
}

static void arg_extreme(bool largest, const float* in, size_t rows, size_t count, int32_t* best) {
  for (size_t r = 0; r < rows; ++r) ln_arg_extreme_f32(largest, in + r * count, count, 1, 1, best + r);
}

static const ln_pool_f32 ln_pool_f32_generic = {.name = "pool_f32_ref",
                                                .isa = LN_ISA_GENERIC,
                                                .average = average,
                                                .max = max,
                                                .reduce = ln_reduce_f32_ref,
                                                .arg_extreme = arg_extreme,
                                                .layer_norm = ln_layer_norm_f32_ref};

static const ln_pool_f32* const ladder[] = {
    &ln_pool_f32_generic,
#if defined(__x86_64__)
    &ln_pool_f32_avx2,
    &ln_pool_f32_avx512,
#elif defined(__aarch64__) || defined(__arm__)
    &ln_pool_f32_neon,
#endif
};

const ln_pool_f32* const* ln_pool_f32_rungs(size_t* count) {
  *count = sizeof ladder / sizeof ladder[0];
  return ladder;
}

const ln_pool_f32* ln_pool_f32_best(void) {
  const ln_pool_f32* best = ladder[0];
  for (size_t i = 1; i < sizeof ladder / sizeof ladder[0]; ++i)
    if (ln_cpu_has(ladder[i]->isa)) best = ladder[i];
  return best;
}
