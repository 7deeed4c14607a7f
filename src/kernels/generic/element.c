#include "kernels/generic/element.h"

#include <math.h>
#include <stdbool.h>

#include "kernels/generic/element_complex.h"
#include "kernels/generic/half.h"

#define LN_SAME(x) (x)

/* Loads are to `value`, stores from what the expression gives. Arrays side by side get a loop of their own, which
 * compilers vectorize. */
#define LN_ROW(name, stored, value, load, out_stored, store, expression)                                      \
  static void name(const void* params, const void* a, size_t a_step, const void* b, size_t b_step, void* out, \
                   size_t n) {                                                                                \
    const stored *va = a, *vb = b;                                                                            \
    out_stored* to = out;                                                                                     \
    (void)params;                                                                                             \
    if (a_step == 1 && b_step == 1) {                                                                         \
      for (size_t i = 0; i < n; ++i) {                                                                        \
        const value x = load(va[i]), y = load(vb[i]);                                                         \
        to[i] = (out_stored)store(expression);                                                                \
      }                                                                                                       \
      return;                                                                                                 \
    }                                                                                                         \
    for (size_t i = 0; i < n; ++i) {                                                                          \
      const value x = load(va[i * a_step]), y = load(vb[i * b_step]);                                         \
      to[i] = (out_stored)store(expression);                                                                  \
    }                                                                                                         \
  }

#define LN_UNARY(name, stored, value, load, out_stored, store, expression)    \
  static void name(const void* params, const void* in, void* out, size_t n) { \
    const stored* from = in;                                                  \
    out_stored* to = out;                                                     \
    (void)params;                                                             \
    for (size_t i = 0; i < n; ++i) {                                          \
      const value x = load(from[i]);                                          \
      to[i] = (out_stored)store(expression);                                  \
    }                                                                         \
  }

/* ---- Integers ---- */

/* What does not depend on the sign: rows of unsigned numbers, computed in at least 32 bits. */
#define LN_BITS(suffix, type, wide, bits)                                                              \
  LN_ROW(add_##suffix, type, wide, LN_SAME, type, LN_SAME, x + y)                                      \
  LN_ROW(sub_##suffix, type, wide, LN_SAME, type, LN_SAME, x - y)                                      \
  LN_ROW(mul_##suffix, type, wide, LN_SAME, type, LN_SAME, x* y)                                       \
  LN_ROW(and_##suffix, type, wide, LN_SAME, type, LN_SAME, x& y)                                       \
  LN_ROW(or_##suffix, type, wide, LN_SAME, type, LN_SAME, x | y)                                       \
  LN_ROW(shl_##suffix, type, wide, LN_SAME, type, LN_SAME, y < (bits) ? x << (y < (bits) ? y : 0) : 0) \
  LN_ROW(all_##suffix, type, wide, LN_SAME, type, LN_SAME, x != 0 && y != 0)                           \
  LN_ROW(any_##suffix, type, wide, LN_SAME, type, LN_SAME, x != 0 || y != 0)                           \
  LN_ROW(eq_##suffix, type, wide, LN_SAME, uint8_t, LN_SAME, x == y)                                   \
  LN_ROW(ne_##suffix, type, wide, LN_SAME, uint8_t, LN_SAME, x != y)                                   \
  LN_UNARY(neg_##suffix, type, wide, LN_SAME, type, LN_SAME, 0 - x)

LN_BITS(u8, uint8_t, uint32_t, 8)
LN_BITS(u16, uint16_t, uint32_t, 16)
LN_BITS(u32, uint32_t, uint32_t, 32)
LN_BITS(u64, uint64_t, uint64_t, 64)

static inline int64_t divide_s(int64_t x, int64_t y) {
  return y == 0 ? -1 : y == -1 ? (int64_t)(UINT64_C(0) - (uint64_t)x) : x / y;
}
static inline int64_t remainder_s(int64_t x, int64_t y) { return y == 0 ? x : y == -1 ? 0 : x % y; }
static inline uint64_t divide_u(uint64_t x, uint64_t y) { return y == 0 ? UINT64_MAX : x / y; }
static inline uint64_t remainder_u(uint64_t x, uint64_t y) { return y == 0 ? x : x % y; }

static inline uint64_t power_u(uint64_t x, uint64_t exponent) {
  uint64_t result = 1;
  for (; exponent > 0; exponent >>= 1, x *= x)
    if ((exponent & 1) != 0) result *= x;
  return result;
}

static inline int64_t power_s(int64_t x, int64_t exponent) {
  if (exponent >= 0) return (int64_t)power_u((uint64_t)x, (uint64_t)exponent);
  return x == 1 ? 1 : x == -1 ? ((exponent & 1) != 0 ? -1 : 1) : 0;
}

#define LN_ORDERED(suffix, type, wide, kind)                                       \
  LN_ROW(div_##suffix, type, wide, LN_SAME, type, LN_SAME, divide_##kind(x, y))    \
  LN_ROW(rem_##suffix, type, wide, LN_SAME, type, LN_SAME, remainder_##kind(x, y)) \
  LN_ROW(pow_##suffix, type, wide, LN_SAME, type, LN_SAME, power_##kind(x, y))     \
  LN_ROW(max_##suffix, type, type, LN_SAME, type, LN_SAME, x < y ? y : x)          \
  LN_ROW(min_##suffix, type, type, LN_SAME, type, LN_SAME, y < x ? y : x)          \
  LN_ROW(lt_##suffix, type, type, LN_SAME, uint8_t, LN_SAME, x < y)                \
  LN_ROW(le_##suffix, type, type, LN_SAME, uint8_t, LN_SAME, x <= y)

LN_ORDERED(s8, int8_t, int64_t, s)
LN_ORDERED(s16, int16_t, int64_t, s)
LN_ORDERED(s32, int32_t, int64_t, s)
LN_ORDERED(s64, int64_t, int64_t, s)
LN_ORDERED(u8, uint8_t, uint64_t, u)
LN_ORDERED(u16, uint16_t, uint64_t, u)
LN_ORDERED(u32, uint32_t, uint64_t, u)
LN_ORDERED(u64, uint64_t, uint64_t, u)

#define LN_ABS_INT(suffix, type, wide) \
  LN_UNARY(abs_##suffix, type, type, LN_SAME, type, LN_SAME, x < 0 ? (wide)0 - (wide)x : (wide)x)
LN_ABS_INT(s8, int8_t, uint32_t)
LN_ABS_INT(s16, int16_t, uint32_t)
LN_ABS_INT(s32, int32_t, uint32_t)
LN_ABS_INT(s64, int64_t, uint64_t)

/* ---- Bools: any byte but 0 is true ---- */

#define LN_TRUTH(x) ((x) != 0)
LN_ROW(or_bool, uint8_t, bool, LN_TRUTH, uint8_t, LN_SAME, x || y)
LN_ROW(and_bool, uint8_t, bool, LN_TRUTH, uint8_t, LN_SAME, x&& y)
LN_ROW(eq_bool, uint8_t, bool, LN_TRUTH, uint8_t, LN_SAME, x == y)
LN_ROW(ne_bool, uint8_t, bool, LN_TRUTH, uint8_t, LN_SAME, x != y)
LN_ROW(lt_bool, uint8_t, bool, LN_TRUTH, uint8_t, LN_SAME, !x && y)
LN_ROW(le_bool, uint8_t, bool, LN_TRUTH, uint8_t, LN_SAME, !x || y)

/* ---- Floats ---- */

/* `f` names the functions of the width that is computed in. */
#define LN_FLOAT(suffix, stored, value, load, store, one, f)                           \
  LN_ROW(add_##suffix, stored, value, load, stored, store, x + y)                      \
  LN_ROW(sub_##suffix, stored, value, load, stored, store, x - y)                      \
  LN_ROW(mul_##suffix, stored, value, load, stored, store, x* y)                       \
  LN_ROW(div_##suffix, stored, value, load, stored, store, x / y)                      \
  LN_ROW(rem_##suffix, stored, value, load, stored, store, f(fmod)(x, y))              \
  LN_ROW(pow_##suffix, stored, value, load, stored, store, f(pow)(x, y))               \
  LN_ROW(max_##suffix, stored, value, load, stored, store, x < y ? y : x)              \
  LN_ROW(min_##suffix, stored, value, load, stored, store, y < x ? y : x)              \
  LN_ROW(all_##suffix, stored, value, load, stored, store, x != 0 && y != 0 ? one : 0) \
  LN_ROW(any_##suffix, stored, value, load, stored, store, x != 0 || y != 0 ? one : 0) \
  LN_ROW(eq_##suffix, stored, value, load, uint8_t, LN_SAME, x == y)                   \
  LN_ROW(ne_##suffix, stored, value, load, uint8_t, LN_SAME, x != y)                   \
  LN_ROW(lt_##suffix, stored, value, load, uint8_t, LN_SAME, x < y)                    \
  LN_ROW(le_##suffix, stored, value, load, uint8_t, LN_SAME, x <= y)

#define LN_FLOAT_FUNCTIONS(suffix, stored, value, load, store, one, f)           \
  LN_UNARY(abs_##suffix, stored, value, load, stored, store, f(fabs)(x))         \
  LN_UNARY(neg_##suffix, stored, value, load, stored, store, -x)                 \
  LN_UNARY(floor_##suffix, stored, value, load, stored, store, f(floor)(x))      \
  LN_UNARY(exp_##suffix, stored, value, load, stored, store, f(exp)(x))          \
  LN_UNARY(log_##suffix, stored, value, load, stored, store, f(log)(x))          \
  LN_UNARY(cos_##suffix, stored, value, load, stored, store, f(cos)(x))          \
  LN_UNARY(tanh_##suffix, stored, value, load, stored, store, f(tanh)(x))        \
  LN_UNARY(rsqrt_##suffix, stored, value, load, stored, store, one / f(sqrt)(x)) \
  LN_UNARY(cbrt_##suffix, stored, value, load, stored, store, f(cbrt)(x))        \
  LN_UNARY(logistic_##suffix, stored, value, load, stored, store, one / (one + f(exp)(-x)))

#define LN_NARROW(name) name##f
#define LN_WIDE(name) name
LN_FLOAT(f16, uint16_t, float, ln_half_to_float, ln_float_to_half, 1.0f, LN_NARROW)
LN_FLOAT(bf16, uint16_t, float, ln_bfloat16_to_float, ln_float_to_bfloat16, 1.0f, LN_NARROW)
LN_FLOAT(f32, float, float, LN_SAME, LN_SAME, 1.0f, LN_NARROW)
LN_FLOAT(f64, double, double, LN_SAME, LN_SAME, 1.0, LN_WIDE)
LN_FLOAT_FUNCTIONS(f16, uint16_t, float, ln_half_to_float, ln_float_to_half, 1.0f, LN_NARROW)
LN_FLOAT_FUNCTIONS(bf16, uint16_t, float, ln_bfloat16_to_float, ln_float_to_bfloat16, 1.0f, LN_NARROW)
LN_FLOAT_FUNCTIONS(f64, double, double, LN_SAME, LN_SAME, 1.0, LN_WIDE)
LN_UNARY(cbrt_f32, float, float, LN_SAME, float, LN_SAME, cbrtf(x))

/* The bits of floats read as sign and magnitude order them all. */
#define LN_ORDER_KEY(suffix, type, low) \
  static inline type order_##suffix(type bits) { return bits < 0 ? (type)((low)-bits - 1) : bits; }
LN_ORDER_KEY(16, int16_t, INT16_MIN)
LN_ORDER_KEY(32, int32_t, INT32_MIN)
LN_ORDER_KEY(64, int64_t, INT64_MIN)

#define LN_TOTAL(suffix, type)                                                   \
  LN_ROW(total_lt_##suffix, type, type, order_##suffix, uint8_t, LN_SAME, x < y) \
  LN_ROW(total_le_##suffix, type, type, order_##suffix, uint8_t, LN_SAME, x <= y)
LN_TOTAL(16, int16_t)
LN_TOTAL(32, int32_t)
LN_TOTAL(64, int64_t)

/* ---- Complex numbers: computed in doubles ---- */

typedef struct complex64 {
  float re, im;
} complex64;

static inline ln_complex widen(complex64 x) { return (ln_complex){(double)x.re, (double)x.im}; }
static inline complex64 narrow(ln_complex x) { return (complex64){(float)x.re, (float)x.im}; }

#define LN_COMPLEX_ROW(name, stored, load, out_stored, store, expression)                                     \
  static void name(const void* params, const void* a, size_t a_step, const void* b, size_t b_step, void* out, \
                   size_t n) {                                                                                \
    const stored *va = a, *vb = b;                                                                            \
    out_stored* to = out;                                                                                     \
    (void)params;                                                                                             \
    for (size_t i = 0; i < n; ++i) {                                                                          \
      const ln_complex x = load(va[i * a_step]), y = load(vb[i * b_step]);                                    \
      to[i] = store(expression);                                                                              \
    }                                                                                                         \
  }

#define LN_COMPLEX_UNARY(name, stored, load, out_stored, store, expression)   \
  static void name(const void* params, const void* in, void* out, size_t n) { \
    const stored* from = in;                                                  \
    out_stored* to = out;                                                     \
    (void)params;                                                             \
    for (size_t i = 0; i < n; ++i) {                                          \
      const ln_complex x = load(from[i]);                                     \
      to[i] = store(expression);                                              \
    }                                                                         \
  }

#define LN_COMPLEX(suffix, stored, part, load, store)                                          \
  LN_COMPLEX_ROW(add_##suffix, stored, load, stored, store, ln_complex_add(x, y))              \
  LN_COMPLEX_ROW(sub_##suffix, stored, load, stored, store, ln_complex_sub(x, y))              \
  LN_COMPLEX_ROW(mul_##suffix, stored, load, stored, store, ln_complex_mul(x, y))              \
  LN_COMPLEX_ROW(div_##suffix, stored, load, stored, store, ln_complex_div(x, y))              \
  LN_COMPLEX_ROW(pow_##suffix, stored, load, stored, store, ln_complex_pow(x, y))              \
  LN_COMPLEX_ROW(eq_##suffix, stored, load, uint8_t, (uint8_t), ln_complex_equal(x, y))        \
  LN_COMPLEX_ROW(ne_##suffix, stored, load, uint8_t, (uint8_t), !ln_complex_equal(x, y))       \
  LN_COMPLEX_UNARY(abs_##suffix, stored, load, part, (part), hypot(x.re, x.im))                \
  LN_COMPLEX_UNARY(neg_##suffix, stored, load, stored, store, ((ln_complex){-x.re, -x.im}))    \
  LN_COMPLEX_UNARY(exp_##suffix, stored, load, stored, store, ln_complex_exp(x))               \
  LN_COMPLEX_UNARY(log_##suffix, stored, load, stored, store, ln_complex_log(x))               \
  LN_COMPLEX_UNARY(cos_##suffix, stored, load, stored, store, ln_complex_cos(x))               \
  LN_COMPLEX_UNARY(tanh_##suffix, stored, load, stored, store, ln_complex_tanh(x))             \
  LN_COMPLEX_UNARY(rsqrt_##suffix, stored, load, stored, store, ln_complex_power(x, -0.5))     \
  LN_COMPLEX_UNARY(cbrt_##suffix, stored, load, stored, store, ln_complex_power(x, 1.0 / 3.0)) \
  LN_COMPLEX_UNARY(logistic_##suffix, stored, load, stored, store, ln_complex_logistic(x))

LN_COMPLEX(c64, complex64, float, widen, narrow)
LN_COMPLEX(c128, ln_complex, double, LN_SAME, LN_SAME)

/* ---- The tables ---- */

#define LN_INTEGER_ROWS(suffix, bits)                                                                       \
  {                                                                                                         \
    [LN_ELEMENT_ADD] = add_##bits, [LN_ELEMENT_SUB] = sub_##bits, [LN_ELEMENT_MUL] = mul_##bits,            \
    [LN_ELEMENT_DIV] = div_##suffix, [LN_ELEMENT_REM] = rem_##suffix, [LN_ELEMENT_POW] = pow_##suffix,      \
    [LN_ELEMENT_LARGER] = max_##suffix, [LN_ELEMENT_SMALLER] = min_##suffix, [LN_ELEMENT_AND] = and_##bits, \
    [LN_ELEMENT_OR] = or_##bits, [LN_ELEMENT_ALL] = all_##bits, [LN_ELEMENT_ANY] = any_##bits,              \
    [LN_ELEMENT_SHL] = shl_##bits, [LN_ELEMENT_EQ] = eq_##bits, [LN_ELEMENT_NE] = ne_##bits,                \
    [LN_ELEMENT_LT] = lt_##suffix, [LN_ELEMENT_LE] = le_##suffix,                                           \
  }
#define LN_FLOAT_ROWS(suffix, bits)                                                                           \
  {                                                                                                           \
    [LN_ELEMENT_ADD] = add_##suffix, [LN_ELEMENT_SUB] = sub_##suffix, [LN_ELEMENT_MUL] = mul_##suffix,        \
    [LN_ELEMENT_DIV] = div_##suffix, [LN_ELEMENT_REM] = rem_##suffix, [LN_ELEMENT_POW] = pow_##suffix,        \
    [LN_ELEMENT_LARGER] = max_##suffix, [LN_ELEMENT_SMALLER] = min_##suffix, [LN_ELEMENT_ALL] = all_##suffix, \
    [LN_ELEMENT_ANY] = any_##suffix, [LN_ELEMENT_EQ] = eq_##suffix, [LN_ELEMENT_NE] = ne_##suffix,            \
    [LN_ELEMENT_LT] = lt_##suffix, [LN_ELEMENT_LE] = le_##suffix, [LN_ELEMENT_TOTAL_EQ] = eq_u##bits,         \
    [LN_ELEMENT_TOTAL_NE] = ne_u##bits, [LN_ELEMENT_TOTAL_LT] = total_lt_##bits,                              \
    [LN_ELEMENT_TOTAL_LE] = total_le_##bits,                                                                  \
  }
#define LN_COMPLEX_ROWS(suffix)                                                                        \
  {                                                                                                    \
    [LN_ELEMENT_ADD] = add_##suffix, [LN_ELEMENT_SUB] = sub_##suffix, [LN_ELEMENT_MUL] = mul_##suffix, \
    [LN_ELEMENT_DIV] = div_##suffix, [LN_ELEMENT_POW] = pow_##suffix, [LN_ELEMENT_EQ] = eq_##suffix,   \
    [LN_ELEMENT_NE] = ne_##suffix,                                                                     \
  }

static const ln_binary_row kBinary[LN_NUMBER_COUNT][LN_ELEMENT_BINARY_COUNT] = {
    [LN_NUMBER_BOOL] = {[LN_ELEMENT_ADD] = or_bool,
                        [LN_ELEMENT_MUL] = and_bool,
                        [LN_ELEMENT_LARGER] = or_bool,
                        [LN_ELEMENT_SMALLER] = and_bool,
                        [LN_ELEMENT_AND] = and_bool,
                        [LN_ELEMENT_OR] = or_bool,
                        [LN_ELEMENT_ALL] = and_bool,
                        [LN_ELEMENT_ANY] = or_bool,
                        [LN_ELEMENT_EQ] = eq_bool,
                        [LN_ELEMENT_NE] = ne_bool,
                        [LN_ELEMENT_LT] = lt_bool,
                        [LN_ELEMENT_LE] = le_bool},
    [LN_NUMBER_S8] = LN_INTEGER_ROWS(s8, u8),
    [LN_NUMBER_S16] = LN_INTEGER_ROWS(s16, u16),
    [LN_NUMBER_S32] = LN_INTEGER_ROWS(s32, u32),
    [LN_NUMBER_S64] = LN_INTEGER_ROWS(s64, u64),
    [LN_NUMBER_U8] = LN_INTEGER_ROWS(u8, u8),
    [LN_NUMBER_U16] = LN_INTEGER_ROWS(u16, u16),
    [LN_NUMBER_U32] = LN_INTEGER_ROWS(u32, u32),
    [LN_NUMBER_U64] = LN_INTEGER_ROWS(u64, u64),
    [LN_NUMBER_F16] = LN_FLOAT_ROWS(f16, 16),
    [LN_NUMBER_BF16] = LN_FLOAT_ROWS(bf16, 16),
    [LN_NUMBER_F32] = LN_FLOAT_ROWS(f32, 32),
    [LN_NUMBER_F64] = LN_FLOAT_ROWS(f64, 64),
    [LN_NUMBER_C64] = LN_COMPLEX_ROWS(c64),
    [LN_NUMBER_C128] = LN_COMPLEX_ROWS(c128),
};

#define LN_SMOOTH(suffix)                                                                              \
  [LN_ELEMENT_ABS] = abs_##suffix, [LN_ELEMENT_NEG] = neg_##suffix, [LN_ELEMENT_EXP] = exp_##suffix,   \
  [LN_ELEMENT_LOG] = log_##suffix, [LN_ELEMENT_COS] = cos_##suffix, [LN_ELEMENT_TANH] = tanh_##suffix, \
  [LN_ELEMENT_RSQRT] = rsqrt_##suffix, [LN_ELEMENT_CBRT] = cbrt_##suffix, [LN_ELEMENT_LOGISTIC] = logistic_##suffix

static const ln_unary_row kUnary[LN_NUMBER_COUNT][LN_ELEMENT_UNARY_COUNT] = {
    [LN_NUMBER_S8] = {[LN_ELEMENT_ABS] = abs_s8, [LN_ELEMENT_NEG] = neg_u8},
    [LN_NUMBER_S16] = {[LN_ELEMENT_ABS] = abs_s16, [LN_ELEMENT_NEG] = neg_u16},
    [LN_NUMBER_S32] = {[LN_ELEMENT_ABS] = abs_s32, [LN_ELEMENT_NEG] = neg_u32},
    [LN_NUMBER_S64] = {[LN_ELEMENT_ABS] = abs_s64, [LN_ELEMENT_NEG] = neg_u64},
    [LN_NUMBER_U8] = {[LN_ELEMENT_NEG] = neg_u8},
    [LN_NUMBER_U16] = {[LN_ELEMENT_NEG] = neg_u16},
    [LN_NUMBER_U32] = {[LN_ELEMENT_NEG] = neg_u32},
    [LN_NUMBER_U64] = {[LN_ELEMENT_NEG] = neg_u64},
    [LN_NUMBER_F16] = {LN_SMOOTH(f16), [LN_ELEMENT_FLOOR] = floor_f16},
    [LN_NUMBER_BF16] = {LN_SMOOTH(bf16), [LN_ELEMENT_FLOOR] = floor_bf16},
    /* float has rows of its own for other operators. */
    [LN_NUMBER_F32] = {[LN_ELEMENT_ABS] = ln_unary_abs_f32_ref,
                       [LN_ELEMENT_NEG] = ln_unary_neg_f32_ref,
                       [LN_ELEMENT_FLOOR] = ln_unary_floor_f32_ref,
                       [LN_ELEMENT_EXP] = ln_unary_exp_f32_ref,
                       [LN_ELEMENT_LOG] = ln_unary_log_f32_ref,
                       [LN_ELEMENT_COS] = ln_unary_cos_f32_ref,
                       [LN_ELEMENT_TANH] = ln_unary_tanh_f32_ref,
                       [LN_ELEMENT_RSQRT] = ln_unary_rsqrt_f32_ref,
                       [LN_ELEMENT_CBRT] = cbrt_f32,
                       [LN_ELEMENT_LOGISTIC] = ln_unary_logistic_f32_ref},
    [LN_NUMBER_F64] = {LN_SMOOTH(f64), [LN_ELEMENT_FLOOR] = floor_f64},
    [LN_NUMBER_C64] = {LN_SMOOTH(c64)},
    [LN_NUMBER_C128] = {LN_SMOOTH(c128)},
};

ln_binary_row ln_element_binary(ln_element_op op, ln_number type) { return kBinary[type][op]; }

ln_unary_row ln_element_unary(ln_element_function function, ln_number type) { return kUnary[type][function]; }
