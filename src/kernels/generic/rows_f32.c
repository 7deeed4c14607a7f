/* The ladder of float rows. */
#include "kernels/generic/rows_f32.h"

#include <string.h>

#include "kernels/generic/matvec.h"
#include "kernels/generic/rows_q8.h"
#include "kernels/generic/rows_s16.h"
#include "kernels/generic/softmax.h"
#if defined(__x86_64__)
#include "kernels/x86/rows_f32_x86.h"
#elif defined(__aarch64__)
#include "kernels/arm/rungs_arm.h"
#endif

static void turn_ref(size_t rows, size_t columns, const float* in, size_t in_stride, float* out, size_t out_stride) {
  for (size_t r = 0; r < rows; ++r)
    for (size_t c = 0; c < columns; ++c) memcpy(out + c * out_stride + r, in + r * in_stride + c, sizeof *out);
}

static void scale_shift_ref(const float* x, size_t x_stride, const float* scale, const float* shift,
                            const ln_clamp_f32* clamp, size_t pixels, size_t channels, float* out, size_t out_stride) {
  for (size_t p = 0; p < pixels; ++p, x += x_stride, out += out_stride)
    for (size_t c = 0; c < channels; ++c) {
      const float product = x[c] * scale[c], sum = product + shift[c];
      const float above = sum < clamp->low ? clamp->low : sum;
      out[c] = above > clamp->high ? clamp->high : above;
    }
}

static void add_rows_ref(const ln_clamp_f32* clamp, size_t rows, size_t columns, const float* x, size_t x_stride,
                         const float* y, float* out, size_t stride) {
  for (size_t r = 0; r < rows; ++r, x += x_stride, y += stride, out += stride)
    ln_binary_add_f32_ref(clamp, x, 1, y, 1, out, columns);
}

static void matvecs_ref(const float* matrix, size_t rows, size_t columns, const float* vectors, size_t vector_stride,
                        size_t count, float* results, size_t result_stride) {
  for (size_t i = 0; i < count; ++i)
    ln_matvec_f32_ref(matrix, rows, columns, vectors + i * vector_stride, results + i * result_stride);
}

static const ln_unary_variant no_unary[] = {{NULL, NULL, 0, 0}};
static const ln_binary_variant no_binary[] = {{NULL, NULL}};

static const ln_rows_f32 ln_rows_f32_generic = {.name = "rows_f32_ref",
                                                .isa = LN_ISA_GENERIC,
                                                .unary = no_unary,
                                                .binary = no_binary,
                                                .softmax = ln_softmax_f32_ref,
                                                .log_softmax = ln_log_softmax_f32_ref,
                                                .matvec = ln_matvec_f32_ref,
                                                .matvecs = matvecs_ref,
                                                .turn = turn_ref,
                                                .scale_shift = scale_shift_ref,
                                                .add_rows = add_rows_ref};

static const ln_rows_f32* const ladder[] = {
    &ln_rows_f32_generic,
#if defined(__x86_64__)
    &ln_rows_f32_avx2,
    &ln_rows_f32_avx512,
#elif defined(__aarch64__)
    &ln_rows_f32_neon,
#endif
};

const ln_rows_f32* const* ln_rows_f32_rungs(size_t* count) {
  *count = sizeof ladder / sizeof ladder[0];
  return ladder;
}

const ln_rows_f32* ln_rows_f32_best(void) {
  const ln_rows_f32* best = ladder[0];
  for (size_t i = 1; i < sizeof ladder / sizeof ladder[0]; ++i)
    if (ln_cpu_has(ladder[i]->isa)) best = ladder[i];
  return best;
}

ln_unary_row ln_unary_best(ln_unary_row ref) {
  const ln_unary_variant* v = ln_rows_f32_best()->unary;
  while (v->ref != NULL && v->ref != ref) ++v;
  return v->ref != NULL ? v->row : ln_unary_s16_best(ref);
}

ln_binary_row ln_binary_best(ln_binary_row ref) {
  const ln_binary_variant* v = ln_rows_f32_best()->binary;
  while (v->ref != NULL && v->ref != ref) ++v;
  return v->ref != NULL ? v->row : ln_rows_q8_best(ln_binary_s16_best(ref));
}
