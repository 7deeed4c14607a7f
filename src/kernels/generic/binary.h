/* Element-wise functions of two arrays with broadcasting. */
#ifndef LN_KERNELS_BINARY_H_
#define LN_KERNELS_BINARY_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { LN_BINARY_MAX_RANK = 8 };

/* Output extents, and the inputs' strides in elements (0 where an input is broadcast). The last dimension's strides are
 * 0 or 1. Rank 0 is one element. */
typedef struct ln_binary_shape {
  int rank;
  size_t extents[LN_BINARY_MAX_RANK];
  size_t a_strides[LN_BINARY_MAX_RANK], b_strides[LN_BINARY_MAX_RANK];
} ln_binary_shape;

/* Adds a dimension inside the others, joining it with the last where both are one walk. */
void ln_binary_add(ln_binary_shape* shape, size_t extent, size_t a_stride, size_t b_stride);

/* One row: out[i] = f(a[i * a_step], b[i * b_step]) for i < n; steps are 0 or 1. `out` may be `a` or `b` where the
 * steps allow it. */
typedef void (*ln_binary_row)(const void* params, const void* a, size_t a_step, const void* b, size_t b_step, void* out,
                              size_t n);

/* All rows; widths are elements' sizes in bytes. */
void ln_binary_walk(const ln_binary_shape* shape, ln_binary_row row, const void* params, const void* a, size_t a_width,
                    const void* b, size_t b_width, void* out, size_t out_width);

/* ---- Parameters ---- */

typedef struct ln_clamp_f32 {
  float low, high;
} ln_clamp_f32;

typedef struct ln_clamp_i64 {
  int64_t low, high;
} ln_clamp_i64;

/* Quantized sums: both inputs are brought to a common scale with `left_shift` bits more, added, and brought to the
 * output's. */
typedef struct ln_add_quantized {
  int32_t a_offset, b_offset, out_offset; /* -zero point, -zero point, +zero point */
  int left_shift;
  int32_t a_multiplier, b_multiplier, out_multiplier; /* b's is negated by a subtraction: see `sign` */
  int a_shift, b_shift, out_shift;
  int32_t sign; /* +1 or -1: what b counts */
  int32_t low, high;
} ln_add_quantized;

/* What is squared is the difference of two numbers that follow from one byte each. */
typedef struct ln_squared_difference_table {
  ln_add_quantized params;
  int plain_shift; /* to the right, -1: not only that */
  int32_t a[256], b[256];
} ln_squared_difference_table;

void ln_squared_difference_make_table(const ln_add_quantized* params, ln_squared_difference_table* table);

/* Sums of int16 whose scales are powers of two: one input is shifted right. */
typedef struct ln_add_pot {
  int a_shift, b_shift; /* to the right */
  int32_t sign, low, high;
} ln_add_pot;

typedef struct ln_mul_quantized {
  int32_t a_offset, b_offset, out_offset, multiplier;
  int shift;
  int32_t low, high;
} ln_mul_quantized;

/* Quantized quotients; the divisor's zero point must not occur. */
typedef struct ln_div_quantized {
  int32_t a_offset, b_offset, out_offset, multiplier;
  int shift;
  int32_t low, high;
} ln_div_quantized;

/* What comparing quantized values of different scales needs: both are brought to 2^-8 of a real number. */
typedef struct ln_compare_quantized {
  int32_t a_zero_point, b_zero_point, a_multiplier, b_multiplier;
  int a_shift, b_shift;
  /* Of bytes, by ln_compare_fill: what each stands for, and whether they may be compared themselves. */
  int32_t a[256], b[256];
  bool same;
} ln_compare_quantized;

void ln_compare_fill(ln_compare_quantized* params, bool is_signed);

/* ---- Rows ---- */

#define LN_BINARY_ROW(name)                                                                                   \
  void ln_binary_##name##_ref(const void* params, const void* a, size_t a_step, const void* b, size_t b_step, \
                              void* out, size_t n);

LN_BINARY_ROW(add_f32)
LN_BINARY_ROW(sub_f32)
LN_BINARY_ROW(mul_f32)
LN_BINARY_ROW(div_f32)
LN_BINARY_ROW(add_i32)
LN_BINARY_ROW(sub_i32)
LN_BINARY_ROW(mul_i32)
LN_BINARY_ROW(add_i64)
LN_BINARY_ROW(sub_i64)
LN_BINARY_ROW(mul_i64)
/* Integer divisions: no divisor may be 0. The quotient is cut; floor_div and floor_mod round down. */
LN_BINARY_ROW(div_i32)
LN_BINARY_ROW(floor_div_i32)
LN_BINARY_ROW(floor_div_s16)
LN_BINARY_ROW(floor_div_s8)
LN_BINARY_ROW(floor_mod_s16)
LN_BINARY_ROW(floor_mod_s8)
LN_BINARY_ROW(floor_mod_i32)
LN_BINARY_ROW(floor_mod_i64)
LN_BINARY_ROW(floor_div_f32)
LN_BINARY_ROW(floor_mod_f32)
LN_BINARY_ROW(atan2_f32)
LN_BINARY_ROW(atan2_f64)
LN_BINARY_ROW(pow_f32)
LN_BINARY_ROW(whole_power_f32) /* int32_t, the exponent, at least 1; what is infinite becomes the largest number */
/* No exponent may be below 0. */
LN_BINARY_ROW(pow_i32)
LN_BINARY_ROW(squared_difference_f32)
LN_BINARY_ROW(squared_difference_i32)
LN_BINARY_ROW(maximum_f32)
LN_BINARY_ROW(maximum_u8)
LN_BINARY_ROW(maximum_s8)
LN_BINARY_ROW(maximum_s16)
LN_BINARY_ROW(maximum_i32)
LN_BINARY_ROW(maximum_i64)
LN_BINARY_ROW(minimum_f32)
LN_BINARY_ROW(minimum_u8)
LN_BINARY_ROW(minimum_s8)
LN_BINARY_ROW(minimum_s16)
LN_BINARY_ROW(minimum_i32)
LN_BINARY_ROW(minimum_i64)
LN_BINARY_ROW(add_qu8)
LN_BINARY_ROW(add_qs8)
LN_BINARY_ROW(add_qs16)
LN_BINARY_ROW(add_pot_s16)
LN_BINARY_ROW(add_s16)
LN_BINARY_ROW(sub_s16)
LN_BINARY_ROW(mul_qu8)
LN_BINARY_ROW(mul_qs8)
LN_BINARY_ROW(mul_qs16)
LN_BINARY_ROW(mul_qs16_s8) /* int16 to int8 */
LN_BINARY_ROW(mul_s16)     /* ln_clamp_i64 */
LN_BINARY_ROW(mul_c64)     /* complex numbers, two floats each */
LN_BINARY_ROW(div_qu8)
LN_BINARY_ROW(div_qs8)
LN_BINARY_ROW(div_qs16)
/* ln_squared_difference_table */
LN_BINARY_ROW(squared_difference_qs8)
/* To the right, by 0 to the width - 1: other distances count as the nearest of these. */
LN_BINARY_ROW(shift_right_u8)
LN_BINARY_ROW(shift_right_s8)
LN_BINARY_ROW(shift_right_u16)
LN_BINARY_ROW(shift_right_s16)
LN_BINARY_ROW(shift_right_u32)
LN_BINARY_ROW(shift_right_i32)
LN_BINARY_ROW(xor_u8)
LN_BINARY_ROW(xor_u16)
LN_BINARY_ROW(xor_u32)
/* Comparisons write bool. */
LN_BINARY_ROW(equal_f32)
LN_BINARY_ROW(equal_i32)
LN_BINARY_ROW(equal_i64)
LN_BINARY_ROW(equal_u8)
LN_BINARY_ROW(equal_s8)
LN_BINARY_ROW(equal_s16)
LN_BINARY_ROW(equal_qu8) /* ln_compare_quantized */
LN_BINARY_ROW(equal_qs8)
LN_BINARY_ROW(equal_qs16)
LN_BINARY_ROW(not_equal_f32)
LN_BINARY_ROW(not_equal_i32)
LN_BINARY_ROW(not_equal_i64)
LN_BINARY_ROW(not_equal_u8)
LN_BINARY_ROW(not_equal_s8)
LN_BINARY_ROW(not_equal_s16)
LN_BINARY_ROW(not_equal_qu8)
LN_BINARY_ROW(not_equal_qs8)
LN_BINARY_ROW(not_equal_qs16)
LN_BINARY_ROW(less_f32)
LN_BINARY_ROW(less_i32)
LN_BINARY_ROW(less_i64)
LN_BINARY_ROW(less_u8)
LN_BINARY_ROW(less_s8)
LN_BINARY_ROW(less_s16)
LN_BINARY_ROW(less_qu8)
LN_BINARY_ROW(less_qs8)
LN_BINARY_ROW(less_equal_f32)
LN_BINARY_ROW(less_equal_i32)
LN_BINARY_ROW(less_equal_i64)
LN_BINARY_ROW(less_equal_u8)
LN_BINARY_ROW(less_equal_s8)
LN_BINARY_ROW(less_equal_s16)
LN_BINARY_ROW(less_equal_qu8)
LN_BINARY_ROW(less_equal_qs8)
LN_BINARY_ROW(logical_and)
LN_BINARY_ROW(logical_or)

#undef LN_BINARY_ROW

#endif
