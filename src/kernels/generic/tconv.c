#include "kernels/generic/tconv.h"

/* The input pixel whose tap `k` falls on output position `at`, -1: none. */
static int32_t source(int32_t at, int32_t pad, int32_t k, int32_t stride, int32_t size) {
  const int64_t distance = (int64_t)at + pad - k;
  if (distance < 0 || distance % stride != 0 || distance / stride >= size) return -1;
  return (int32_t)(distance / stride);
}

/* `dot(sum, a, w, channels)` for every tap that reaches the pixel, for every output channel. */
#define LN_TCONV(in_type, weight_type, sum_type, dot, finish)                                             \
  const size_t channels = (size_t)s->channels, taps = (size_t)s->filter_height * (size_t)s->filter_width; \
  for (int32_t x = 0; x < s->out_width; ++x)                                                              \
    for (size_t o = 0; o < (size_t)s->outputs; ++o) {                                                     \
      const weight_type* filter = weights + o * taps * channels;                                          \
      sum_type sum = 0;                                                                                   \
      for (int32_t ky = 0; ky < s->filter_height; ++ky) {                                                 \
        const int32_t iy = source(row, s->pad_top, ky, s->stride_y, s->in_height);                        \
        for (int32_t kx = 0; iy >= 0 && kx < s->filter_width; ++kx) {                                     \
          const int32_t ix = source(x, s->pad_left, kx, s->stride_x, s->in_width);                        \
          if (ix < 0) continue;                                                                           \
          const in_type* a = in + ((size_t)iy * (size_t)s->in_width + (size_t)ix) * channels;             \
          const weight_type* w = filter + ((size_t)ky * (size_t)s->filter_width + (size_t)kx) * channels; \
          dot;                                                                                            \
        }                                                                                                 \
      }                                                                                                   \
      *out++ = finish;                                                                                    \
    }

/* Eight sums side by side, so that the compiler may use vectors. */
static float dot_f32(const float* a, const float* w, size_t count) {
  float sums[8] = {0};
  size_t i = 0;
  for (; i + 8 <= count; i += 8)
    for (size_t k = 0; k < 8; ++k) sums[k] += a[i + k] * w[i + k];
  float sum = ((sums[0] + sums[4]) + (sums[2] + sums[6])) + ((sums[1] + sums[5]) + (sums[3] + sums[7]));
  for (; i < count; ++i) sum += a[i] * w[i];
  return sum;
}

void ln_tconv_f32_ref(const ln_tconv_shape* s, int32_t row, const float* in, const float* weights, const float* bias,
                      float low, float high, float* out) {
  LN_TCONV(float, float, float, sum += dot_f32(a, w, channels),
           ln_conv_clamp(sum + (bias != NULL ? bias[o] : 0.0f), low, high))
}

#define LN_DOT_INT \
  for (size_t i = 0; i < channels; ++i) sum += (uint32_t)((a[i] - p->in_zero_point) * (w[i] - p->weights_zero_point))

void ln_tconv_qs8_ref(const ln_tconv_shape* s, int32_t row, const int8_t* in, const int8_t* weights,
                      const ln_conv_quantized* p, int8_t* out) {
  LN_TCONV(int8_t, int8_t, uint32_t, LN_DOT_INT, (int8_t)ln_conv_finish_int(p, sum, o))
}

void ln_tconv_qu8_ref(const ln_tconv_shape* s, int32_t row, const uint8_t* in, const uint8_t* weights,
                      const ln_conv_quantized* p, uint8_t* out) {
  LN_TCONV(uint8_t, uint8_t, uint32_t, LN_DOT_INT, (uint8_t)ln_conv_finish_int(p, sum, o))
}

void ln_tconv_qs16_narrow_ref(const ln_tconv_shape* s, int32_t row, const int16_t* in, const int8_t* weights,
                              const ln_conv_quantized* p, int16_t* out) {
  LN_TCONV(int16_t, int8_t, uint32_t, LN_DOT_INT, (int16_t)ln_conv_finish_int(p, sum, o))
}

void ln_tconv_qs16_ref(const ln_tconv_shape* s, int32_t row, const int16_t* in, const int8_t* weights,
                       const int64_t* bias, const ln_conv_quantized* p, int16_t* out) {
  LN_TCONV(int16_t, int8_t, int64_t, for (size_t i = 0; i < channels; ++i) sum += (int64_t)a[i] * w[i],
           (int16_t)ln_conv_finish_wide(p, sum, bias, o))
}

void ln_tconv_hybrid_ref(const ln_tconv_shape* s, int32_t row, const int8_t* in, const int8_t* weights,
                         const ln_conv_hybrid* p, float* out) {
  LN_TCONV(int8_t, int8_t, uint32_t,
           for (size_t i = 0; i < channels; ++i) sum += (uint32_t)((a[i] - p->in_zero_point) * w[i]),
           ln_conv_finish_hybrid(p, sum, o))
}
