#include "kernels/generic/binary.h"

#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "kernels/generic/fixed_exp.h"
#include "kernels/generic/fixed_point.h"
#include "kernels/generic/rows_f32.h"

void ln_binary_add(ln_binary_shape* s, size_t extent, size_t a_stride, size_t b_stride) {
  if (extent == 1) return;
  const int last = s->rank - 1;
  if (last >= 0 && s->a_strides[last] == a_stride * extent && s->b_strides[last] == b_stride * extent) {
    s->extents[last] *= extent;
    s->a_strides[last] = a_stride;
    s->b_strides[last] = b_stride;
    return;
  }
  s->extents[s->rank] = extent;
  s->a_strides[s->rank] = a_stride;
  s->b_strides[s->rank++] = b_stride;
}

/* An operand of a plane: the last two dimensions. */
typedef struct side {
  const char* data;
  size_t width; /* of an element, in bytes */
  size_t strides[2];
} side;

enum { REPEATED = 8192, SHORT = 512 };

/* Bytes in blocks of which the last begins earlier: with a size that compilers know memset is a few stores. */
static void fill_row(char* to, char byte, size_t n) {
  enum { LARGE = 64, SMALL = 16 };
  if (n < SMALL)
    memset(to, byte, n);
  else if (n < LARGE)
    for (size_t i = 0; i < n; i += SMALL) memset(to + (i + SMALL <= n ? i : n - SMALL), byte, SMALL);
  else
    for (size_t i = 0; i < n; i += LARGE) memset(to + (i + LARGE <= n ? i : n - LARGE), byte, LARGE);
}

/* Short rows of which one side has but one row, as one number a channel is over a picture's pixels, or but one byte
 * each: that is written down as often as a buffer has room, so that rows become long. false: they are none. */
static bool walk_repeated(ln_binary_row row, const void* params, size_t rows, size_t n, side whole, side part,
                          bool part_first, char* out, size_t out_width) {
  _Alignas(64) char repeated[REPEATED];
  const size_t line = n * part.width, room = line > 0 ? REPEATED / line : 0, most = room < rows ? room : rows;
  const bool one_row = part.strides[1] == 1 && part.strides[0] == 0;
  const bool one_each = part.width == 1 && part.strides[1] == 0 && part.strides[0] == 1 && n <= SHORT;
  if (most < 2 || whole.strides[1] != 1 || whole.strides[0] != n || !(one_row || one_each)) return false;
  for (size_t i = 0; i < most && one_row; ++i) memcpy(repeated + i * line, part.data, line);
  for (size_t i = 0; i < rows; i += most) {
    const size_t some = rows - i < most ? rows - i : most;
    for (size_t r = 0; r < some && one_each; ++r) fill_row(repeated + r * n, part.data[i + r], n);
    const char* x = whole.data + i * n * whole.width;
    row(params, part_first ? repeated : x, 1, part_first ? x : repeated, 1, out + i * n * out_width, n * some);
  }
  return true;
}

static void walk_plane(ln_binary_row row, const void* params, size_t rows, size_t n, side a, side b, char* out,
                       size_t out_width) {
  if (walk_repeated(row, params, rows, n, a, b, false, out, out_width) ||
      walk_repeated(row, params, rows, n, b, a, true, out, out_width))
    return;
  for (size_t r = 0; r < rows; ++r)
    row(params, a.data + r * a.strides[0] * a.width, a.strides[1], b.data + r * b.strides[0] * b.width, b.strides[1],
        out + r * n * out_width, n);
}

void ln_binary_walk(const ln_binary_shape* s, ln_binary_row row, const void* params, const void* a, size_t a_width,
                    const void* b, size_t b_width, void* out, size_t out_width) {
  const int last = s->rank - 1;
  if (s->rank == 0) {
    row(params, a, 0, b, 0, out, 1);
    return;
  }
  for (int i = 0; i < s->rank; ++i)
    if (s->extents[i] == 0) return;
  const size_t rows = last > 0 ? s->extents[last - 1] : 1, n = s->extents[last];
  side x = {a, a_width, {last > 0 ? s->a_strides[last - 1] : 0, s->a_strides[last]}};
  side y = {b, b_width, {last > 0 ? s->b_strides[last - 1] : 0, s->b_strides[last]}};
  char* z = out;
  size_t index[LN_BINARY_MAX_RANK] = {0};
  for (;;) {
    walk_plane(row, params, rows, n, x, y, z, out_width);
    z += rows * n * out_width;
    int axis = last - 2;
    for (; axis >= 0; --axis) {
      x.data += s->a_strides[axis] * a_width;
      y.data += s->b_strides[axis] * b_width;
      if (++index[axis] < s->extents[axis]) break;
      x.data -= s->a_strides[axis] * s->extents[axis] * a_width;
      y.data -= s->b_strides[axis] * s->extents[axis] * b_width;
      index[axis] = 0;
    }
    if (axis < 0) return;
  }
}

/* The three shapes of a row each get a loop of their own, so that the compiler can vectorize it. */
#define LN_ROW(name, in_type, out_type, params_type, expression)                                              \
  void ln_binary_##name##_ref(const void* params, const void* a, size_t a_step, const void* b, size_t b_step, \
                              void* out, size_t n) {                                                          \
    const params_type* p = params;                                                                            \
    const in_type *va = a, *vb = b;                                                                           \
    out_type* to = out;                                                                                       \
    (void)p;                                                                                                  \
    if (a_step == 1 && b_step == 1) {                                                                         \
      for (size_t i = 0; i < n; ++i) {                                                                        \
        const in_type x = va[i], y = vb[i];                                                                   \
        to[i] = expression;                                                                                   \
      }                                                                                                       \
    } else if (b_step == 0) {                                                                                 \
      const in_type y = *vb;                                                                                  \
      for (size_t i = 0; i < n; ++i) {                                                                        \
        const in_type x = va[i * a_step];                                                                     \
        to[i] = expression;                                                                                   \
      }                                                                                                       \
    } else {                                                                                                  \
      const in_type x = *va;                                                                                  \
      for (size_t i = 0; i < n; ++i) {                                                                        \
        const in_type y = vb[i];                                                                              \
        to[i] = expression;                                                                                   \
      }                                                                                                       \
    }                                                                                                         \
  }

static inline float clamp_f32(const ln_clamp_f32* p, float x) {
  return x < p->low ? p->low : x > p->high ? p->high : x;
}

static inline int64_t clamp_i64(const ln_clamp_i64* p, int64_t x) {
  return x < p->low ? p->low : x > p->high ? p->high : x;
}

LN_ROW(add_f32, float, float, ln_clamp_f32, clamp_f32(p, x + y))
LN_ROW(sub_f32, float, float, ln_clamp_f32, clamp_f32(p, x - y))
LN_ROW(mul_f32, float, float, ln_clamp_f32, clamp_f32(p, x* y))
LN_ROW(div_f32, float, float, ln_clamp_f32, clamp_f32(p, x / y))

/* Of 32 bits, which the range does not leave. */
static inline int32_t clamp_i32(const ln_clamp_i64* p, uint32_t x) {
  return ln_clamp_i32((int32_t)x, (int32_t)p->low, (int32_t)p->high);
}

/* Integers wrap before they are clamped. */
LN_ROW(add_i32, int32_t, int32_t, ln_clamp_i64, clamp_i32(p, (uint32_t)x + (uint32_t)y))
LN_ROW(sub_i32, int32_t, int32_t, ln_clamp_i64, clamp_i32(p, (uint32_t)x - (uint32_t)y))
LN_ROW(mul_i32, int32_t, int32_t, ln_clamp_i64, clamp_i32(p, (uint32_t)x*(uint32_t)y))
LN_ROW(add_i64, int64_t, int64_t, ln_clamp_i64, clamp_i64(p, (int64_t)((uint64_t)x + (uint64_t)y)))
LN_ROW(add_s16, int16_t, int16_t, ln_clamp_i64, (int16_t)clamp_i64(p, (int16_t)(x + y)))
LN_ROW(sub_s16, int16_t, int16_t, ln_clamp_i64, (int16_t)clamp_i64(p, (int16_t)(x - y)))
LN_ROW(mul_s16, int16_t, int16_t, ln_clamp_i64, (int16_t)clamp_i64(p, (int16_t)(x* y)))
LN_ROW(sub_i64, int64_t, int64_t, ln_clamp_i64, clamp_i64(p, (int64_t)((uint64_t)x - (uint64_t)y)))
LN_ROW(mul_i64, int64_t, int64_t, ln_clamp_i64, clamp_i64(p, (int64_t)((uint64_t)x*(uint64_t)y)))

/* The quotient of INT_MIN and -1 wraps. */
static inline int32_t divide_i32(int32_t x, int32_t y) { return y == -1 ? (int32_t)(0u - (uint32_t)x) : x / y; }

static inline int32_t floor_divide_i32(int32_t x, int32_t y) {
  if (y == -1) return divide_i32(x, y);
  return x / y - (x % y != 0 && (x < 0) != (y < 0) ? 1 : 0);
}

static inline int64_t floor_modulo(int64_t x, int64_t y) {
  if (y == -1) return 0;
  const int64_t rest = x % y;
  return rest != 0 && (rest < 0) != (y < 0) ? rest + y : rest;
}

static inline float floor_modulo_f32(float x, float y) {
  const float rest = fmodf(x, y);
  return rest != 0 && (rest < 0) != (y < 0) ? rest + y : rest;
}

/* Wraps as multiplying does. */
static inline int32_t power_i32(int32_t x, int32_t exponent) {
  uint32_t result = 1, base = (uint32_t)x;
  for (; exponent > 0; exponent >>= 1, base *= base)
    if ((exponent & 1) != 0) result *= base;
  return (int32_t)result;
}

LN_ROW(div_i32, int32_t, int32_t, ln_clamp_i64, (int32_t)clamp_i64(p, divide_i32(x, y)))
LN_ROW(floor_div_i32, int32_t, int32_t, void, floor_divide_i32(x, y))
LN_ROW(floor_div_s16, int16_t, int16_t, void, (int16_t)floor_divide_i32(x, y))
LN_ROW(floor_div_s8, int8_t, int8_t, void, (int8_t)floor_divide_i32(x, y))
LN_ROW(floor_div_f32, float, float, void, floorf(x / y))
LN_ROW(floor_mod_i32, int32_t, int32_t, void, (int32_t)floor_modulo(x, y))
LN_ROW(floor_mod_s16, int16_t, int16_t, void, (int16_t)floor_modulo(x, y))
LN_ROW(floor_mod_s8, int8_t, int8_t, void, (int8_t)floor_modulo(x, y))
LN_ROW(floor_mod_i64, int64_t, int64_t, void, floor_modulo(x, y))
LN_ROW(floor_mod_f32, float, float, void, floor_modulo_f32(x, y))
LN_ROW(atan2_f32, float, float, void, atan2f(x, y))
LN_ROW(atan2_f64, double, double, void, atan2(x, y))
LN_ROW(pow_i32, int32_t, int32_t, void, power_i32(x, y))
LN_ROW(pow_f32, float, float, void, powf(x, y))

/* From the exponent's highest bit down, some elements at a time. */
void ln_binary_whole_power_f32_ref(const void* params, const void* a, size_t a_step, const void* b, size_t b_step,
                                   void* out, size_t n) {
  enum { SOME = 256 };
  const int32_t exponent = *(const int32_t*)params;
  const ln_clamp_f32 finite = {-FLT_MAX, FLT_MAX};
  const ln_binary_row multiply = ln_binary_best(ln_binary_mul_f32_ref);
  float power[SOME];
  int top = 30;
  (void)b, (void)b_step;
  while ((exponent >> top & 1) == 0) --top;
  for (size_t i = 0; i < n; i += SOME) {
    const size_t some = n - i < SOME ? n - i : SOME;
    const float* x = (const float*)a + i * a_step;
    if (top == 0)
      for (size_t c = 0; c < some; ++c) power[c] = x[c * a_step];
    else
      multiply(&finite, x, a_step, x, a_step, power, some);
    for (int bit = top; bit-- > 0;) {
      if (bit < top - 1) multiply(&finite, power, 1, power, 1, power, some);
      if ((exponent >> bit & 1) != 0) multiply(&finite, power, 1, x, a_step, power, some);
    }
    memcpy((float*)out + i, power, some * sizeof *power);
  }
}

LN_ROW(squared_difference_f32, float, float, void, (x - y) * (x - y))
LN_ROW(squared_difference_i32, int32_t, int32_t, void,
       (int32_t)(((uint32_t)x - (uint32_t)y) * ((uint32_t)x - (uint32_t)y)))

/* A negative number shifted is rounded down. */
static inline int64_t shift_right(int64_t x, int64_t distance, int width) {
  return x >> (distance < 0 ? 0 : distance >= width ? width - 1 : distance);
}

LN_ROW(shift_right_u8, uint8_t, uint8_t, void, (uint8_t)shift_right(x, y, 8))
LN_ROW(shift_right_s8, int8_t, int8_t, void, (int8_t)shift_right(x, y, 8))
LN_ROW(shift_right_u16, uint16_t, uint16_t, void, (uint16_t)shift_right(x, y, 16))
LN_ROW(shift_right_s16, int16_t, int16_t, void, (int16_t)shift_right(x, y, 16))
LN_ROW(shift_right_u32, uint32_t, uint32_t, void, (uint32_t)shift_right(x, y, 32))
LN_ROW(shift_right_i32, int32_t, int32_t, void, (int32_t)shift_right(x, y, 32))
LN_ROW(xor_u8, uint8_t, uint8_t, void, (uint8_t)(x ^ y))
LN_ROW(xor_u16, uint16_t, uint16_t, void, (uint16_t)(x ^ y))
LN_ROW(xor_u32, uint32_t, uint32_t, void, x ^ y)

#define LN_EXTREMES(suffix, type)                           \
  LN_ROW(maximum_##suffix, type, type, void, x > y ? x : y) \
  LN_ROW(minimum_##suffix, type, type, void, x < y ? x : y)

LN_EXTREMES(f32, float)
LN_EXTREMES(u8, uint8_t)
LN_EXTREMES(s8, int8_t)
LN_EXTREMES(s16, int16_t)
LN_EXTREMES(i32, int32_t)
LN_EXTREMES(i64, int64_t)

static inline int32_t scaled(int32_t x, int32_t offset, int left_shift, int32_t multiplier, int shift) {
  const int32_t shifted = (int32_t)((uint32_t)(x + offset) << left_shift);
  return ln_rounding_shift_right(ln_doubling_high_mul(shifted, multiplier), -shift);
}

static inline int32_t add_quantized(const ln_add_quantized* p, int32_t x, int32_t y) {
  const int32_t a = scaled(x, p->a_offset, p->left_shift, p->a_multiplier, p->a_shift);
  const int32_t b = scaled(y, p->b_offset, p->left_shift, p->b_multiplier, p->b_shift);
  const int32_t sum = (int32_t)((uint32_t)a + (uint32_t)(p->sign * b));
  const int32_t out =
      ln_rounding_shift_right(ln_doubling_high_mul(sum, p->out_multiplier), -p->out_shift) + p->out_offset;
  return ln_clamp_i32(out, p->low, p->high);
}

static inline int32_t add_pot(const ln_add_pot* p, int32_t x, int32_t y) {
  const int32_t a = ln_rounding_shift_right(x, p->a_shift), b = ln_rounding_shift_right(y, p->b_shift);
  return ln_clamp_i32(ln_clamp_i32(a + p->sign * b, INT16_MIN, INT16_MAX), p->low, p->high);
}

static inline int32_t mul_quantized(const ln_mul_quantized* p, int32_t x, int32_t y) {
  const int32_t product = (int32_t)((uint32_t)(x + p->a_offset) * (uint32_t)(y + p->b_offset));
  return ln_clamp_i32((int32_t)((uint32_t)ln_requantize(product, p->multiplier, p->shift) + (uint32_t)p->out_offset),
                      p->low, p->high);
}

/* ln_rounding_shift_right for any exponent, as x86 shifts: by the exponent modulo 32 (the mask: modulo 64). A dividend
 * of one or two steps gets there, and these are the bits that the reference gives then. */
static inline int32_t shift_right_modulo(int32_t x, int exponent) {
  const int32_t mask = (int32_t)(uint32_t)((UINT64_C(1) << (exponent & 63)) - 1);
  const int32_t threshold = (mask >> 1) + (x < 0 ? 1 : 0);
  return (x >> (exponent & 31)) + ((x & mask) > threshold ? 1 : 0);
}

/* a / b as a * (1 / b), with as many bits of the dividend as fit. */
static inline int32_t div_quantized(const ln_div_quantized* p, int32_t x, int32_t y) {
  int32_t a = x + p->a_offset, b = y + p->b_offset;
  if (b < 0) {
    a = -a;
    b = -b;
  }
  int bits;
  const int32_t inverse = ln_reciprocal(b, 31, &bits);
  const int headroom = ln_leading_zeros((uint32_t)(a < 0 ? ~a : a)) - 1;
  const int32_t quotient = ln_doubling_high_mul((int32_t)((uint32_t)a << headroom), inverse);
  const int shift = p->shift - bits - headroom;
  const int32_t scaled = shift_right_modulo(ln_doubling_high_mul(quotient, p->multiplier), -shift);
  const int32_t out = (int32_t)((uint32_t)scaled + (uint32_t)p->out_offset);
  return ln_clamp_i32(out, p->low, p->high);
}

void ln_squared_difference_make_table(const ln_add_quantized* p, ln_squared_difference_table* table) {
  table->params = *p;
  table->plain_shift = p->out_shift <= 0 && p->out_multiplier >= 0 ? -p->out_shift : -1;
  for (int32_t x = INT8_MIN; x <= INT8_MAX; ++x) {
    table->a[(uint8_t)x] = scaled(x, p->a_offset, p->left_shift, p->a_multiplier, p->a_shift);
    table->b[(uint8_t)x] = scaled(x, p->b_offset, p->left_shift, p->b_multiplier, p->b_shift);
  }
}

/* ln_requantize where nothing is negative. */
static inline int32_t requantize_plain(uint32_t x, int32_t multiplier, int shift) {
  const uint64_t product = ((uint64_t)x * (uint32_t)multiplier + (UINT64_C(1) << 30)) >> 31;
  return (int32_t)((product + ((UINT64_C(1) << shift) >> 1)) >> shift);
}

static inline int32_t squared_difference_quantized(const ln_squared_difference_table* t, int8_t x, int8_t y) {
  const ln_add_quantized* p = &t->params;
  const uint32_t difference = (uint32_t)(t->a[(uint8_t)x] - t->b[(uint8_t)y]), square = difference * difference;
  const int32_t scaled_back = t->plain_shift >= 0 && square <= INT32_MAX
                                  ? requantize_plain(square, p->out_multiplier, t->plain_shift)
                                  : ln_requantize((int32_t)square, p->out_multiplier, p->out_shift);
  return ln_clamp_i32(scaled_back + p->out_offset, p->low, p->high);
}

LN_ROW(add_qu8, uint8_t, uint8_t, ln_add_quantized, (uint8_t)add_quantized(p, x, y))
LN_ROW(add_qs8, int8_t, int8_t, ln_add_quantized, (int8_t)add_quantized(p, x, y))
LN_ROW(add_qs16, int16_t, int16_t, ln_add_quantized, (int16_t)add_quantized(p, x, y))
LN_ROW(add_pot_s16, int16_t, int16_t, ln_add_pot, (int16_t)add_pot(p, x, y))
LN_ROW(mul_qu8, uint8_t, uint8_t, ln_mul_quantized, (uint8_t)mul_quantized(p, x, y))
LN_ROW(mul_qs8, int8_t, int8_t, ln_mul_quantized, (int8_t)mul_quantized(p, x, y))
LN_ROW(mul_qs16, int16_t, int16_t, ln_mul_quantized, (int16_t)mul_quantized(p, x, y))

LN_ROW(mul_qs16_s8, int16_t, int8_t, ln_mul_quantized, (int8_t)mul_quantized(p, x, y))
LN_ROW(div_qu8, uint8_t, uint8_t, ln_div_quantized, (uint8_t)div_quantized(p, x, y))
LN_ROW(div_qs8, int8_t, int8_t, ln_div_quantized, (int8_t)div_quantized(p, x, y))
LN_ROW(div_qs16, int16_t, int16_t, ln_div_quantized, (int16_t)div_quantized(p, x, y))
LN_ROW(squared_difference_qs8, int8_t, int8_t, ln_squared_difference_table,
       (int8_t)squared_difference_quantized(p, x, y))

typedef struct complex64 {
  float real, imaginary;
} complex64;

static inline complex64 multiply_complex(complex64 a, complex64 b) {
  return (complex64){a.real * b.real - a.imaginary * b.imaginary, a.real * b.imaginary + a.imaginary * b.real};
}

LN_ROW(mul_c64, complex64, complex64, void, multiply_complex(x, y))

#define LN_COMPARISON(name, suffix, type, sign) LN_ROW(name##_##suffix, type, uint8_t, void, (uint8_t)(x sign y))

LN_COMPARISON(equal, f32, float, ==)
LN_COMPARISON(equal, i32, int32_t, ==)
LN_COMPARISON(equal, i64, int64_t, ==)
LN_COMPARISON(equal, s16, int16_t, ==)
LN_COMPARISON(equal, u8, uint8_t, ==)
LN_COMPARISON(not_equal, f32, float, !=)
LN_COMPARISON(not_equal, i32, int32_t, !=)
LN_COMPARISON(not_equal, i64, int64_t, !=)
LN_COMPARISON(not_equal, s16, int16_t, !=)
LN_COMPARISON(not_equal, u8, uint8_t, !=)
LN_COMPARISON(less, f32, float, <)
LN_COMPARISON(less, i32, int32_t, <)
LN_COMPARISON(less, i64, int64_t, <)
LN_COMPARISON(less, s16, int16_t, <)
LN_COMPARISON(equal, s8, int8_t, ==)
LN_COMPARISON(not_equal, s8, int8_t, !=)
LN_COMPARISON(less, u8, uint8_t, <)
LN_COMPARISON(less, s8, int8_t, <)
LN_COMPARISON(less_equal, u8, uint8_t, <=)
LN_COMPARISON(less_equal, s8, int8_t, <=)
LN_COMPARISON(less_equal, f32, float, <=)
LN_COMPARISON(less_equal, i32, int32_t, <=)
LN_COMPARISON(less_equal, i64, int64_t, <=)
LN_COMPARISON(less_equal, s16, int16_t, <=)

static int32_t comparable(int32_t x, int32_t zero_point, int32_t multiplier, int shift) {
  return ln_requantize((int32_t)(((uint32_t)x - (uint32_t)zero_point) * 256u), multiplier, shift);
}

void ln_compare_fill(ln_compare_quantized* p, bool is_signed) {
  p->same = true;
  for (int i = 0; i < 256; ++i) {
    const int32_t x = is_signed ? (int8_t)i : i;
    p->a[i] = comparable(x, p->a_zero_point, p->a_multiplier, p->a_shift);
    p->b[i] = comparable(x, p->b_zero_point, p->b_multiplier, p->b_shift);
  }
  for (int i = 0; i < 256; ++i) {
    const int last = is_signed ? INT8_MAX : UINT8_MAX, next = (i + 1) & 0xff;
    p->same = p->same && p->a[i] == p->b[i] && (i == last || p->a[i] < p->a[next]);
  }
}

/* Bytes whose order is that of what they stand for are compared themselves. */
#define LN_COMPARISON_BYTES(name, type, plain, sign)                                                          \
  void ln_binary_##name##_ref(const void* params, const void* a, size_t a_step, const void* b, size_t b_step, \
                              void* out, size_t n) {                                                          \
    const ln_compare_quantized* p = params;                                                                   \
    const type *va = a, *vb = b;                                                                              \
    uint8_t* to = out;                                                                                        \
    if (p->same) {                                                                                            \
      ln_binary_##plain##_ref(p, a, a_step, b, b_step, out, n);                                               \
      return;                                                                                                 \
    }                                                                                                         \
    for (size_t i = 0; i < n; ++i)                                                                            \
      to[i] = (uint8_t)(p->a[(uint8_t)va[i * a_step]] sign p->b[(uint8_t)vb[i * b_step]]);                    \
  }

#define LN_COMPARISON_QUANTIZED(name, sign)                 \
  LN_COMPARISON_BYTES(name##_qu8, uint8_t, name##_u8, sign) \
  LN_COMPARISON_BYTES(name##_qs8, int8_t, name##_s8, sign)

#define LN_COMPARISON_QS16(name, sign)                                         \
  LN_ROW(name##_qs16, int16_t, uint8_t, ln_compare_quantized,                  \
         (uint8_t)(comparable(x, p->a_zero_point, p->a_multiplier, p->a_shift) \
                       sign comparable(y, p->b_zero_point, p->b_multiplier, p->b_shift)))

LN_COMPARISON_QUANTIZED(equal, ==)
LN_COMPARISON_QS16(equal, ==)
LN_COMPARISON_QS16(not_equal, !=)
LN_COMPARISON_QUANTIZED(not_equal, !=)
LN_COMPARISON_QUANTIZED(less, <)
LN_COMPARISON_QUANTIZED(less_equal, <=)

LN_ROW(logical_and, uint8_t, uint8_t, void, (uint8_t)(x != 0 && y != 0))
LN_ROW(logical_or, uint8_t, uint8_t, void, (uint8_t)(x != 0 || y != 0))
