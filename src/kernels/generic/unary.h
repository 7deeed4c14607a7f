/* Element-wise functions of one array. `out` may be `in`. */
#ifndef LN_KERNELS_UNARY_H_
#define LN_KERNELS_UNARY_H_

#include <stddef.h>
#include <stdint.h>

typedef void (*ln_unary_row)(const void* params, const void* in, void* out, size_t n);

#define LN_UNARY_ROW(name) void ln_unary_##name##_ref(const void* params, const void* in, void* out, size_t n);

LN_UNARY_ROW(sin_f32)
LN_UNARY_ROW(cos_f32)
LN_UNARY_ROW(sqrt_f32)
LN_UNARY_ROW(rsqrt_f32)
LN_UNARY_ROW(square_f32)
LN_UNARY_ROW(exp_f32)
LN_UNARY_ROW(log_f32)
LN_UNARY_ROW(floor_f32)
LN_UNARY_ROW(ceil_f32)
/* To the nearest, ties to even. */
LN_UNARY_ROW(round_f32)
/* -1, 0 or 1; NaN stays. */
LN_UNARY_ROW(sign_f32)
LN_UNARY_ROW(sign_f64)
LN_UNARY_ROW(sign_i32)
LN_UNARY_ROW(abs_f32)
LN_UNARY_ROW(abs_i32)
LN_UNARY_ROW(abs_s16)
LN_UNARY_ROW(neg_f32)
LN_UNARY_ROW(neg_i32)
LN_UNARY_ROW(neg_i64)
/* Of the values as they are stored: quantized ones mean -x only where their zero point is 0. */
LN_UNARY_ROW(neg_s8)
LN_UNARY_ROW(neg_s16)
LN_UNARY_ROW(logical_not)
LN_UNARY_ROW(tanh_f32)
LN_UNARY_ROW(logistic_f32)
LN_UNARY_ROW(elu_f32)
/* x * logistic(x) */
LN_UNARY_ROW(swish_f32)
LN_UNARY_ROW(hard_swish_f32)
/* The error function, and its approximation by tanh. */
LN_UNARY_ROW(gelu_f32)
LN_UNARY_ROW(gelu_tanh_f32)

/* params: ln_unary_clamp. */
typedef struct ln_unary_clamp {
  float low, high;
} ln_unary_clamp;
LN_UNARY_ROW(clamp_f32)

/* params: float alpha. */
LN_UNARY_ROW(leaky_relu_f32)

/* params: ln_unary_rescale; the factor for values below the zero point is `negative`. */
typedef struct ln_unary_rescale {
  int32_t in_zero_point, out_zero_point;
  int32_t positive_multiplier, negative_multiplier;
  int positive_shift, negative_shift;
  int32_t low, high;
  float in_scale, out_scale; /* sqrt_* only */
} ln_unary_rescale;
LN_UNARY_ROW(rescale_qu8)
LN_UNARY_ROW(rescale_qs8)
LN_UNARY_ROW(rescale_qs16)

/* Cut towards the zero point, not rounded; the root of a negative value counts as 0. */
LN_UNARY_ROW(sqrt_qs8)
LN_UNARY_ROW(sqrt_qs16)

/* params: ln_unary_rescale with the positive factor 1 / (sqrt(input scale) * output scale). */
LN_UNARY_ROW(rsqrt_qs8)

#undef LN_UNARY_ROW

#endif
