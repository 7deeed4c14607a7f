#include "kernels/generic/rows_s16.h"

#include <stdbool.h>

#include "kernels/generic/requant.h"

/* Rows are made chunk by chunk; what the parameters say is written down for a whole one, which is not worth it for rows
 * shorter than SHORT. */
enum { CHUNK = 64, SHORT = 16 };

static bool suits(size_t n, int shift) { return n >= SHORT && shift >= -31 && shift <= 30; }

/* One factor for all; zero point and range come last. */
typedef struct factor {
  int32_t bias[CHUNK], multiplier[CHUNK], shift[CHUNK];
  ln_requant numbers;
} factor;

static void set_factor(factor* f, int32_t multiplier, int shift, int32_t zero_point, int32_t low, int32_t high) {
  for (size_t i = 0; i < CHUNK; ++i) {
    f->bias[i] = 0;
    f->multiplier[i] = multiplier;
    f->shift[i] = shift;
  }
  f->numbers = (ln_requant){.bias = f->bias,
                            .multiplier = f->multiplier,
                            .shift = f->shift,
                            .zero_point = zero_point,
                            .low = low,
                            .high = high};
}

/* Elements behind n, up to a whole step, are 0. */
static void apply(const factor* f, ln_requant_fn fixed, size_t n, int32_t* values) {
  const size_t whole = (n + LN_REQUANT_STEP - 1) / LN_REQUANT_STEP * LN_REQUANT_STEP;
  for (size_t i = n; i < whole; ++i) values[i] = 0;
  fixed(&f->numbers, 0, whole, values);
}

static size_t least(size_t a, size_t b) { return a < b ? a : b; }

static void add(const void* params, const void* a, size_t a_step, const void* b, size_t b_step, void* out, size_t n) {
  const ln_add_quantized* p = params;
  const int16_t *va = a, *vb = b;
  int16_t* to = out;
  if (!suits(n, p->a_shift) || !suits(n, p->b_shift) || !suits(n, p->out_shift)) {
    ln_binary_add_qs16_ref(params, a, a_step, b, b_step, out, n);
    return;
  }
  const ln_requant_fn fixed = ln_requant_best()->fixed;
  factor first, second, both;
  int32_t x[CHUNK], y[CHUNK];
  set_factor(&first, p->a_multiplier, p->a_shift, 0, INT32_MIN, INT32_MAX);
  set_factor(&second, p->b_multiplier, p->b_shift, 0, INT32_MIN, INT32_MAX);
  set_factor(&both, p->out_multiplier, p->out_shift, p->out_offset, p->low, p->high);
  for (size_t at = 0; at < n; at += CHUNK) {
    const size_t count = least(CHUNK, n - at);
    for (size_t i = 0; i < count; ++i) {
      x[i] = (int32_t)((uint32_t)(va[(at + i) * a_step] + p->a_offset) << p->left_shift);
      y[i] = (int32_t)((uint32_t)(vb[(at + i) * b_step] + p->b_offset) << p->left_shift);
    }
    apply(&first, fixed, count, x);
    apply(&second, fixed, count, y);
    for (size_t i = 0; i < count; ++i) x[i] = (int32_t)((uint32_t)x[i] + (uint32_t)(p->sign * y[i]));
    apply(&both, fixed, count, x);
    for (size_t i = 0; i < count; ++i) to[at + i] = (int16_t)x[i];
  }
}

static void mul(const void* params, const void* a, size_t a_step, const void* b, size_t b_step, void* out, size_t n) {
  const ln_mul_quantized* p = params;
  const int16_t *va = a, *vb = b;
  int16_t* to = out;
  if (!suits(n, p->shift)) {
    ln_binary_mul_qs16_ref(params, a, a_step, b, b_step, out, n);
    return;
  }
  const ln_requant_fn fixed = ln_requant_best()->fixed;
  factor f;
  int32_t x[CHUNK];
  set_factor(&f, p->multiplier, p->shift, p->out_offset, p->low, p->high);
  for (size_t at = 0; at < n; at += CHUNK) {
    const size_t count = least(CHUNK, n - at);
    for (size_t i = 0; i < count; ++i)
      x[i] =
          (int32_t)((uint32_t)(va[(at + i) * a_step] + p->a_offset) * (uint32_t)(vb[(at + i) * b_step] + p->b_offset));
    apply(&f, fixed, count, x);
    for (size_t i = 0; i < count; ++i) to[at + i] = (int16_t)x[i];
  }
}

static void rescale(const void* params, const void* in, void* out, size_t n) {
  const ln_unary_rescale* p = params;
  const int16_t* from = in;
  int16_t* to = out;
  if (!suits(n, p->positive_shift) || !suits(n, p->negative_shift)) {
    ln_unary_rescale_qs16_ref(params, in, out, n);
    return;
  }
  const ln_requant_fn fixed = ln_requant_best()->fixed;
  factor f;
  int32_t x[CHUNK];
  set_factor(&f, p->positive_multiplier, p->positive_shift, p->out_zero_point, p->low, p->high);
  for (size_t at = 0; at < n; at += CHUNK) {
    const size_t count = least(CHUNK, n - at);
    for (size_t i = 0; i < count; ++i) {
      x[i] = from[at + i] - p->in_zero_point;
      f.multiplier[i] = x[i] >= 0 ? p->positive_multiplier : p->negative_multiplier;
      f.shift[i] = x[i] >= 0 ? p->positive_shift : p->negative_shift;
    }
    apply(&f, fixed, count, x);
    for (size_t i = 0; i < count; ++i) to[at + i] = (int16_t)x[i];
  }
}

ln_binary_row ln_binary_s16_best(ln_binary_row ref) {
  return ref == ln_binary_add_qs16_ref ? add : ref == ln_binary_mul_qs16_ref ? mul : ref;
}

ln_unary_row ln_unary_s16_best(ln_unary_row ref) { return ref == ln_unary_rescale_qs16_ref ? rescale : ref; }
