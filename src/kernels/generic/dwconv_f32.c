/* The ladder of float depthwise convolutions. */
#include "kernels/generic/dwconv_f32.h"

#if defined(__x86_64__)
#include "kernels/x86/dwconv_f32_x86.h"
#elif defined(__aarch64__) || defined(__arm__)
#include "kernels/arm/rungs_arm.h"
#endif

static void run(const ln_dwconv_shape* s, int32_t row, int32_t rows, const float* in, const float* weights,
                const float* bias, float low, float high, float* out) {
  const size_t out_row = (size_t)s->out_width * (size_t)s->channels * (size_t)s->multiplier;
  for (int32_t r = 0; r < rows; ++r, out += out_row) ln_dwconv_f32_ref(s, row + r, in, weights, bias, low, high, out);
}

static const ln_dwconv_f32 ln_dwconv_f32_generic = {.name = "dwconv_f32_ref", .isa = LN_ISA_GENERIC, .run = run};

static const ln_dwconv_f32* const ladder[] = {
    &ln_dwconv_f32_generic,
#if defined(__x86_64__)
    &ln_dwconv_f32_avx2,
    &ln_dwconv_f32_avx512,
#elif defined(__aarch64__) || defined(__arm__)
    &ln_dwconv_f32_neon,
#endif
};

const ln_dwconv_f32* const* ln_dwconv_f32_rungs(size_t* count) {
  *count = sizeof ladder / sizeof ladder[0];
  return ladder;
}

const ln_dwconv_f32* ln_dwconv_f32_best(const ln_dwconv_shape* shape) {
  const ln_dwconv_f32* best = ladder[0];
  const int64_t outputs = (int64_t)shape->channels * shape->multiplier;
  /* Longer vectors than the channels fill are slower. */
  for (size_t i = 1; ln_dwconv_f32_fits(shape) && i < sizeof ladder / sizeof ladder[0]; ++i)
    if (ln_cpu_has(ladder[i]->isa) &&
        (best == ladder[0] || best->lanes < outputs || (ladder[i]->suits != NULL && ladder[i]->suits(shape))))
      best = ladder[i];
  return best;
}
