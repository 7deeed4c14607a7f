/* Float depthwise convolution with AVX-512; eight channels by two pixels a vector. */
#include "kernels/x86/vec_avx512.h"

/* Pixels made at once by the width of the windows (in two lines where LN_PAIR5 or the width is 3), vectors of channels
 * elsewhere; with LN_LINES3 short lines are made whole by windows 3 wide. */
#define LN_PAIR5 1
#define LN_LINES3 1
enum { kPixels3 = 7, kPixels5 = 7, kPixels7 = 7, kVectors = 4 };

#include "kernels/generic/dwconv_f32_body.h"
#include "kernels/x86/dwconv_f32_x86.h"

/* Eight channels, 3 x 3, stride 1, lines of whole blocks: a vector has two neighbouring pixels, which lie there as they
 * are. At the ends of a line the half that is outside is masked. */
enum { kEight = 8, kTwos = 4 };

static bool has_eight(const ln_dwconv_shape* s) {
  return s->channels == kEight && s->multiplier == 1 && s->filter_width == 3 && s->filter_height == 3 &&
         s->stride_x == 1 && s->stride_y == 1 && s->dilation_x == 1 && s->dilation_y == 1 && s->pad_left == 1 &&
         s->in_width == s->out_width && s->out_width % (2 * kTwos) == 0;
}

LN_INLINE vec twice(const float* p) { return _mm512_broadcast_f32x8(_mm256_loadu_ps(p)); }

/* Row y of the windows' input, from one pixel before `in` on, by the taps of the first line's tap row y, and of the one
 * before for the second line. */
LN_INLINE void add_eights(const line* l, size_t lines, size_t y, const float* in, __mmask16 begin, __mmask16 end,
                          vec sums[2][kTwos]) {
  const bool first = lines == 1 || y < 3, second = lines == 2 && y > 0;
  vec taps[2][3];
  LN_UNROLL for (size_t x = 0; x < 3; ++x) {
    if (first) taps[0][x] = twice(l->weights + (y * 3 + x) * kEight);
    if (second) taps[1][x] = twice(l->weights + (y * 3 - 3 + x) * kEight);
  }
  LN_UNROLL for (size_t k = 0; k <= 2 * kTwos; ++k) {
    const __mmask16 inside = k == 0 ? begin : k == 2 * kTwos ? end : 0xffff;
    vec value = _mm512_maskz_loadu_ps(inside, in + k * kEight - kEight);
    LN_KEEP(value);
    LN_UNROLL for (size_t p = 0; p < kTwos; ++p) {
      if (k < 2 * p || k > 2 * p + 2) continue;
      if (first) sums[0][p] = _mm512_mask3_fmadd_ps(value, taps[0][k - 2 * p], sums[0][p], inside);
      if (second) sums[1][p] = _mm512_mask3_fmadd_ps(value, taps[1][k - 2 * p], sums[1][p], inside);
    }
  }
}

LN_INLINE void walk_eights(const line* l, size_t lines) {
  const size_t width = (size_t)l->shape->out_width, row = width * kEight;
  for (size_t x = 0; x < width; x += 2 * kTwos) {
    const __mmask16 begin = x == 0 ? 0xff00 : 0xffff, end = x + 2 * kTwos == width ? 0x00ff : 0xffff;
    const float* in = l->in + x * kEight;
    vec sums[2][kTwos];
    LN_UNROLL for (size_t r = 0; r < lines; ++r) {
      LN_UNROLL for (size_t p = 0; p < kTwos; ++p) sums[r][p] = twice(l->bias);
    }
    if (lines == 2) {
      LN_UNROLL for (size_t y = 0; y < 4; ++y) add_eights(l, lines, y, in + y * row, begin, end, sums);
    } else {
      for (size_t y = 0; y < l->rows; ++y) add_eights(l, lines, y, in + y * row, begin, end, sums);
    }
    LN_UNROLL for (size_t r = 0; r < lines; ++r) {
      LN_UNROLL for (size_t p = 0; p < kTwos; ++p)
          vec_store(l->out + r * row + x * kEight + p * VEC_LANES, vec_min(l->high, vec_max(l->low, sums[r][p])));
    }
  }
}

static void run_any(const ln_dwconv_shape* s, int32_t row, int32_t rows, const float* in, const float* weights,
                    const float* bias, float low, float high, float* out) {
  if (!has_eight(s)) {
    run(s, row, rows, in, weights, bias, low, high, out);
    return;
  }
  for (int32_t r = 0; r < rows;) {
    const line l = line_at(s, row + r, in, weights, bias, low, high, out + (size_t)r * (size_t)s->out_width * kEight);
    const bool two = is_pair(&l, row + r, r + 1 < rows);
    if (two)
      walk_eights(&l, 2);
    else
      walk_eights(&l, 1);
    r += two ? 2 : 1;
  }
}

const ln_dwconv_f32 ln_dwconv_f32_avx512 = {
    .name = "dwconv_f32_avx512", .isa = LN_ISA_AVX512, .lanes = VEC_LANES, .suits = has_eight, .run = run_any};
