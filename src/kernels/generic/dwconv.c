#include "kernels/generic/dwconv.h"

/* Channels are walked in chunks, whose sums stay in registers or the first cache while all taps are added. */
enum { CHUNK = 64 };

/* The taps that lie inside the picture along one axis: first, and one past the last. */
static void inside(int64_t origin, int32_t size, int32_t taps, int32_t dilation, int32_t* first, int32_t* end) {
  *first = origin < 0 ? (int32_t)((-origin + dilation - 1) / dilation) : 0;
  const int64_t room = size - origin;
  const int64_t last = room <= 0 ? 0 : (room + dilation - 1) / dilation;
  *end = last < taps ? (int32_t)last : taps;
  if (*first > *end) *first = *end;
}

/* `tap(sum, value, weight)` for every tap of every channel; multiplier 1 has a loop of its own, so that the compiler
 * sees plain arrays. */
#define LN_DWCONV(in_type, weight_type, sum_type, start, tap, finish)                                               \
  const size_t channels = (size_t)s->channels, multiplier = (size_t)s->multiplier, outputs = channels * multiplier; \
  const int64_t top = (int64_t)row * s->stride_y - s->pad_top;                                                      \
  int32_t y0, y1;                                                                                                   \
  inside(top, s->in_height, s->filter_height, s->dilation_y, &y0, &y1);                                             \
  for (int32_t x = 0; x < s->out_width; ++x, out += outputs) {                                                      \
    const int64_t left = (int64_t)x * s->stride_x - s->pad_left;                                                    \
    int32_t x0, x1;                                                                                                 \
    inside(left, s->in_width, s->filter_width, s->dilation_x, &x0, &x1);                                            \
    for (size_t c0 = 0; c0 < outputs; c0 += CHUNK) {                                                                \
      const size_t count = outputs - c0 < CHUNK ? outputs - c0 : CHUNK;                                             \
      sum_type sums[CHUNK];                                                                                         \
      for (size_t c = 0; c < count; ++c) sums[c] = start;                                                           \
      for (int32_t ky = y0; ky < y1; ++ky)                                                                          \
        for (int32_t kx = x0; kx < x1; ++kx) {                                                                      \
          const size_t iy = (size_t)(top + (int64_t)ky * s->dilation_y),                                            \
                       ix = (size_t)(left + (int64_t)kx * s->dilation_x);                                           \
          const in_type* from = in + (iy * (size_t)s->in_width + ix) * channels;                                    \
          const weight_type* w = weights + ((size_t)ky * (size_t)s->filter_width + (size_t)kx) * outputs + c0;      \
          if (multiplier == 1) {                                                                                    \
            from += c0;                                                                                             \
            for (size_t c = 0; c < count; ++c) tap(sums[c], from[c], w[c]);                                         \
          } else {                                                                                                  \
            for (size_t c = 0; c < count; ++c) tap(sums[c], from[(c0 + c) / multiplier], w[c]);                     \
          }                                                                                                         \
        }                                                                                                           \
      for (size_t c = 0; c < count; ++c) {                                                                          \
        const size_t o = c0 + c;                                                                                    \
        out[o] = finish;                                                                                            \
      }                                                                                                             \
    }                                                                                                               \
  }

#define LN_TAP_F32(sum, x, w) (sum) += (x) * (w)
#define LN_TAP_INT(sum, x, w) \
  (sum) = (int32_t)((uint32_t)(sum) + (uint32_t)(((x)-p->in_zero_point) * ((w)-p->weights_zero_point)))
#define LN_TAP_WIDE(sum, x, w) (sum) += (int64_t)(x) * (w)

void ln_dwconv_f32_ref(const ln_dwconv_shape* s, int32_t row, const float* in, const float* weights, const float* bias,
                       float low, float high, float* out) {
  LN_DWCONV(float, float, float, 0.0f, LN_TAP_F32, ln_conv_clamp(sums[c] + (bias != NULL ? bias[o] : 0.0f), low, high))
}

void ln_dwconv_qs8_ref(const ln_dwconv_shape* s, int32_t row, const int8_t* in, const int8_t* weights,
                       const ln_conv_quantized* p, int8_t* out) {
  LN_DWCONV(int8_t, int8_t, int32_t, 0, LN_TAP_INT, (int8_t)ln_conv_finish_int(p, (uint32_t)sums[c], o))
}

void ln_dwconv_qu8_ref(const ln_dwconv_shape* s, int32_t row, const uint8_t* in, const uint8_t* weights,
                       const ln_conv_quantized* p, uint8_t* out) {
  LN_DWCONV(uint8_t, uint8_t, int32_t, 0, LN_TAP_INT, (uint8_t)ln_conv_finish_int(p, (uint32_t)sums[c], o))
}

void ln_dwconv_qs16_ref(const ln_dwconv_shape* s, int32_t row, const int16_t* in, const int8_t* weights,
                        const int64_t* bias, const ln_conv_quantized* p, int16_t* out) {
  LN_DWCONV(int16_t, int8_t, int64_t, 0, LN_TAP_WIDE, (int16_t)ln_conv_finish_wide(p, sums[c], bias, o))
}

#define LN_TAP_HYBRID(sum, x, w) (sum) = (int32_t)((uint32_t)(sum) + (uint32_t)(((x)-p->in_zero_point) * (w)))

void ln_dwconv_hybrid_ref(const ln_dwconv_shape* s, int32_t row, const int8_t* in, const int8_t* weights,
                          const ln_conv_hybrid* p, float* out) {
  LN_DWCONV(int8_t, int8_t, int32_t, 0, LN_TAP_HYBRID, ln_conv_finish_hybrid(p, (uint32_t)sums[c], o))
}
