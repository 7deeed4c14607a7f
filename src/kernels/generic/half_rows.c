#include "kernels/generic/half_rows.h"

#include <float.h>
#include <math.h>

#include "kernels/generic/half.h"

enum { STRETCH = 256 };

static float widen(bool is_bfloat16, uint16_t x) { return is_bfloat16 ? ln_bfloat16_to_float(x) : ln_half_to_float(x); }

static uint16_t narrow(bool is_bfloat16, float x) {
  return is_bfloat16 ? ln_float_to_bfloat16(x) : ln_float_to_half(x);
}

static void widen_row(bool is_bfloat16, const uint16_t* in, float* out, size_t n) {
  for (size_t i = 0; i < n; ++i) out[i] = widen(is_bfloat16, in[i]);
}

static void narrow_row(bool is_bfloat16, const float* in, uint16_t* out, size_t n) {
  for (size_t i = 0; i < n; ++i) out[i] = narrow(is_bfloat16, in[i]);
}

void ln_half_unary_row(const void* params, const void* in, void* out, size_t n) {
  const ln_half_unary* p = params;
  float values[STRETCH];
  for (size_t first = 0; first < n; first += STRETCH) {
    const size_t count = n - first < STRETCH ? n - first : STRETCH;
    widen_row(p->is_bfloat16, (const uint16_t*)in + first, values, count);
    p->row(p->params, values, values, count);
    narrow_row(p->is_bfloat16, values, (uint16_t*)out + first, count);
  }
}

void ln_half_binary_row(const void* params, const void* a, size_t a_step, const void* b, size_t b_step, void* out,
                        size_t n) {
  const ln_half_binary* p = params;
  float va[STRETCH], vb[STRETCH], result[STRETCH];
  for (size_t first = 0; first < n; first += STRETCH) {
    const size_t count = n - first < STRETCH ? n - first : STRETCH;
    widen_row(p->is_bfloat16, (const uint16_t*)a + first * a_step, va, a_step == 0 ? 1 : count);
    widen_row(p->is_bfloat16, (const uint16_t*)b + first * b_step, vb, b_step == 0 ? 1 : count);
    if (p->is_comparison) {
      p->row(p->params, va, a_step, vb, b_step, (uint8_t*)out + first, count);
      continue;
    }
    p->row(p->params, va, a_step, vb, b_step, result, count);
    narrow_row(p->is_bfloat16, result, (uint16_t*)out + first, count);
  }
}

void ln_softmax_half(bool is_bfloat16, float beta, const uint16_t* in, uint16_t* out, size_t rows, size_t depth) {
  for (size_t r = 0; r < rows; ++r, in += depth, out += depth) {
    float largest = -FLT_MAX, sum = 0;
    for (size_t i = 0; i < depth; ++i) {
      const float x = widen(is_bfloat16, in[i]);
      if (x > largest) largest = x;
    }
    for (size_t i = 0; i < depth; ++i) {
      const float power = expf((widen(is_bfloat16, in[i]) - largest) * beta);
      out[i] = narrow(is_bfloat16, power);
      sum += power;
    }
    for (size_t i = 0; i < depth; ++i) out[i] = narrow(is_bfloat16, widen(is_bfloat16, out[i]) / sum);
  }
}
