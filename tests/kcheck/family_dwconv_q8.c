/* kcheck: depthwise convolution of bytes, row by row, against the reference of ln_dwconv_qs8_ref and ln_dwconv_qu8_ref.
 */
#include <stdio.h>
#include <string.h>

#include "kcheck/kcheck.h"
#include "kernels/generic/dwconv_q8.h"

typedef struct layer {
  ln_dwconv_shape shape;
  ln_conv_quantized quantized;
  bool is_signed;
  uint8_t *in, *weights, *out;
  void* packed; /* aligned */
  ln_dwconv_q8_plan plan;
} layer;

static ln_dwconv_shape random_shape(void) {
  static const int32_t filters[][2] = {{3, 3}, {3, 3}, {3, 3}, {5, 5}, {5, 5}, {7, 7}, {1, 1}, {7, 3}, {2, 4}, {1, 3}};
  const int64_t f = kc_range(0, 9);
  ln_dwconv_shape s = {.in_height = (int32_t)kc_range(1, kc_chance(10) ? 40 : 9),
                       .in_width = (int32_t)kc_range(1, kc_chance(30) ? 40 : 13),
                       .channels = kc_chance(30) ? 4 << kc_range(0, 3) : (int32_t)kc_size(150, 16),
                       .multiplier = 1,
                       .filter_height = filters[f][0],
                       .filter_width = filters[f][1],
                       .stride_y = (int32_t)kc_range(1, 2),
                       .stride_x = (int32_t)kc_range(1, kc_chance(20) ? 3 : 2),
                       .dilation_y = (int32_t)kc_range(1, kc_chance(25) ? 3 : 1),
                       .dilation_x = (int32_t)kc_range(1, kc_chance(25) ? 3 : 1)};
  s.pad_top = (int32_t)kc_range(0, (s.filter_height - 1) * s.dilation_y);
  s.pad_left = (int32_t)kc_range(0, (s.filter_width - 1) * s.dilation_x);
  s.out_height = (int32_t)kc_range(1, kc_chance(10) ? 40 : 9);
  s.out_width = (int32_t)kc_range(1, s.in_width + 3); /* also beyond the picture */
  return s;
}

static void fill_numbers(layer* l) {
  const size_t channels = (size_t)l->shape.channels;
  int32_t* bias = kc_memory(channels * 4);
  int32_t* multiplier = kc_memory(channels * 4);
  int32_t* shift = kc_memory(channels * 4);
  kc_fill_s32(bias, channels, -20000, 20000);
  for (size_t i = 0; i < channels; ++i) {
    multiplier[i] = kc_chance(3) ? 0 : (int32_t)kc_range(INT32_C(1) << 30, INT32_MAX);
    shift[i] = (int32_t)(kc_chance(5) ? kc_range(-31, 3) : kc_range(-11, -4));
    if (!kc_chance(5)) continue;
    /* A channel whose weights are all but 0 has a scale so small that its bias needs all of int32. */
    bias[i] = (int32_t)kc_range(INT32_MIN, INT32_MAX);
    multiplier[i] = (int32_t)kc_range(INT32_C(1) << 30, INT32_C(3) << 29);
    shift[i] = (int32_t)kc_range(-28, -20);
  }
  const int32_t low = l->is_signed ? -128 : 0, high = l->is_signed ? 127 : 255;
  l->quantized = (ln_conv_quantized){.bias = kc_chance(80) ? bias : NULL,
                                     .multiplier = multiplier,
                                     .shift = shift,
                                     .in_zero_point = (int32_t)kc_range(low, high),
                                     .weights_zero_point = l->is_signed ? 0 : (int32_t)kc_range(3, 253),
                                     .out_zero_point = (int32_t)kc_range(low, high),
                                     .low = (int32_t)kc_range(low, low + 60),
                                     .high = (int32_t)kc_range(high - 60, high)};
}

static void make_layer(layer* l) {
  const ln_dwconv_shape* s = &l->shape;
  const size_t channels = (size_t)s->channels;
  const size_t taps = (size_t)s->filter_height * (size_t)s->filter_width;
  fill_numbers(l);
  l->in = kc_memory((size_t)s->in_height * (size_t)s->in_width * channels);
  l->weights = kc_memory(taps * channels);
  l->out = kc_memory((size_t)s->out_height * (size_t)s->out_width * channels);
  kc_fill_u8(l->in, (size_t)s->in_height * (size_t)s->in_width * channels);
  kc_fill_u8(l->weights, taps * channels);
  /* Weights far from their zero point are rare in models. */
  if (!l->is_signed && kc_chance(60))
    for (size_t i = 0; i < taps * channels; ++i)
      if (!kc_chance(2)) l->weights[i] = (uint8_t)(l->quantized.weights_zero_point + kc_range(-2, 2));
}

/* False: the kernel does not take the filter, which only factors above 1 and hostile numbers should bring about. */
static bool plan_layer(layer* l, const ln_dwconv_q8* kernel) {
  const ln_conv_quantized* q = &l->quantized;
  const ln_dwconv_q8_filter filter = {.channels = (size_t)l->shape.channels,
                                      .period = (size_t)l->shape.channels,
                                      .height = l->shape.filter_height,
                                      .width = l->shape.filter_width,
                                      .weights = l->weights,
                                      .is_signed = l->is_signed,
                                      .weights_zero_point = q->weights_zero_point,
                                      .in_zero_point = q->in_zero_point + (l->is_signed ? 128 : 0),
                                      .bias = q->bias,
                                      .multiplier = q->multiplier,
                                      .shift = q->shift,
                                      .range = ln_requant_q8_range(q->out_zero_point, q->low, q->high, l->is_signed)};
  const size_t size = ln_dwconv_q8_plan_size(kernel, &l->shape);
  l->packed = kc_memory((size + 63) / 64 * 64);
  return ln_dwconv_q8_make_plan(kernel, &l->shape, &filter, l->packed, &l->plan);
}

static void check_layer(const ln_dwconv_q8* kernel) {
  layer l = {.shape = random_shape(), .is_signed = kc_chance(50)};
  const ln_dwconv_shape* s = &l.shape;
  make_layer(&l);
  const size_t size = (size_t)s->out_width * (size_t)s->channels;
  uint8_t* expected = kc_memory(size);
  const bool packs = plan_layer(&l, kernel);
  const int32_t first = (int32_t)kc_range(0, s->out_height - 1);
  if (packs) ln_dwconv_q8_rows(&l.plan, s, first, s->out_height - first, l.in, l.out);
  for (int32_t row = first; packs && row < s->out_height; ++row) {
    if (l.is_signed)
      ln_dwconv_qs8_ref(s, row, (const int8_t*)l.in, (const int8_t*)l.weights, &l.quantized, (int8_t*)expected);
    else
      ln_dwconv_qu8_ref(s, row, l.in, l.weights, &l.quantized, expected);
    kc_same(l.out + (size_t)(row - first) * size, expected, size, 1,
            "%s %dx%dx%d, filter %dx%d, stride %d, dilation %d, pad %d, row %d of %d", l.is_signed ? "int8" : "uint8",
            s->in_height, s->in_width, s->channels, s->filter_height, s->filter_width, s->stride_x, s->dilation_x,
            s->pad_left, row, s->out_width);
  }
  if (!packs) kc_same("0", "1", 1, 1, "the filter is not taken");
  kc_release();
}

static void check(void) {
  size_t count;
  const ln_dwconv_q8* const* rungs = ln_dwconv_q8_rungs(&count);
  for (size_t i = 0; i < count; ++i)
    if (kc_rung(rungs[i]->name, rungs[i]->isa))
      for (int round = 0; round < 3 * kc_rounds(); ++round) check_layer(rungs[i]);
}

static void work(void* arg) {
  const layer* l = arg;
  ln_dwconv_q8_rows(&l->plan, &l->shape, 0, l->shape.out_height, l->in, l->out);
}

static void bench_shape(int32_t size, int32_t channels, int32_t filter, int32_t stride, bool is_signed) {
  size_t count;
  const ln_dwconv_q8* const* rungs = ln_dwconv_q8_rungs(&count);
  layer l = {.shape = {.in_height = size,
                       .in_width = size,
                       .channels = channels,
                       .multiplier = 1,
                       .out_height = (size + stride - 1) / stride,
                       .out_width = (size + stride - 1) / stride,
                       .filter_height = filter,
                       .filter_width = filter,
                       .stride_y = stride,
                       .stride_x = stride,
                       .dilation_y = 1,
                       .dilation_x = 1,
                       .pad_top = filter / 2,
                       .pad_left = filter / 2},
             .is_signed = is_signed};
  make_layer(&l);
  const double outputs = (double)l.shape.out_height * l.shape.out_width * channels;
  char detail[64];
  snprintf(detail, sizeof detail, "%s %dx%dx%d, %dx%d / %d", is_signed ? "int8" : "uint8", size, size, channels, filter,
           filter, stride);
  for (size_t i = 0; i < count; ++i)
    if (ln_cpu_present(rungs[i]->isa) && plan_layer(&l, rungs[i]))
      kc_time(rungs[i]->name, detail, outputs, "result", work, &l);
  kc_release();
}

static void bench(void) {
  bench_shape(56, 128, 3, 1, true);
  bench_shape(56, 144, 3, 2, true);
  bench_shape(48, 8, 3, 1, true);
  bench_shape(112, 16, 3, 1, true);
  bench_shape(112, 32, 3, 1, true);
  bench_shape(7, 960, 3, 1, true);
  bench_shape(28, 192, 5, 1, true);
  bench_shape(28, 192, 5, 2, true);
  bench_shape(28, 64, 7, 1, true);
  bench_shape(56, 44, 7, 2, true);
  bench_shape(28, 44, 5, 1, true);
  bench_shape(56, 11, 3, 1, true);
  bench_shape(56, 96, 3, 1, false);
}

const kc_family kc_family_dwconv_q8 = {"dwconv_q8", check, bench};
