/* Element-wise arithmetic on numbers of every type, as StableHLO means it: plain numbers without quantization, integers
 * that wrap, no broadcasting. Found by operation and type, for operators and for the regions of reductions alike. */
#ifndef LN_KERNELS_ELEMENT_H_
#define LN_KERNELS_ELEMENT_H_

#include "kernels/generic/binary.h"
#include "kernels/generic/unary.h"

typedef enum ln_number {
  LN_NUMBER_BOOL,
  LN_NUMBER_S8,
  LN_NUMBER_S16,
  LN_NUMBER_S32,
  LN_NUMBER_S64,
  LN_NUMBER_U8,
  LN_NUMBER_U16,
  LN_NUMBER_U32,
  LN_NUMBER_U64,
  LN_NUMBER_F16,
  LN_NUMBER_BF16,
  LN_NUMBER_F32,
  LN_NUMBER_F64,
  LN_NUMBER_C64,
  LN_NUMBER_C128,
  LN_NUMBER_COUNT
} ln_number;

/* Bools: added is or, multiplied is and. Integers: x / 0 has all bits set and x % 0 is x, as XLA has it; a negative
 * exponent gives 0 unless |x| is 1; a shift by less than 0 or by all the bits gives 0. Extremes of floats are those of
 * `a < b ? b : a`, so that a NaN in `a` stays and one in `b` is dropped. */
typedef enum ln_element_op {
  LN_ELEMENT_ADD,
  LN_ELEMENT_SUB,
  LN_ELEMENT_MUL,
  LN_ELEMENT_DIV,
  LN_ELEMENT_REM, /* has the dividend's sign */
  LN_ELEMENT_POW,
  LN_ELEMENT_LARGER,
  LN_ELEMENT_SMALLER,
  LN_ELEMENT_AND,
  LN_ELEMENT_OR,
  LN_ELEMENT_SHL,
  LN_ELEMENT_ALL, /* 1 where both are not 0, else 0 */
  LN_ELEMENT_ANY,
  /* To bools. In total order -NaN < -Inf < … < -0 < +0 < … < Inf < NaN. */
  LN_ELEMENT_EQ,
  LN_ELEMENT_NE,
  LN_ELEMENT_LT,
  LN_ELEMENT_LE,
  LN_ELEMENT_TOTAL_EQ,
  LN_ELEMENT_TOTAL_NE,
  LN_ELEMENT_TOTAL_LT,
  LN_ELEMENT_TOTAL_LE,
  LN_ELEMENT_BINARY_COUNT
} ln_element_op;

typedef enum ln_element_function {
  LN_ELEMENT_ABS, /* of complex numbers: to their parts' type */
  LN_ELEMENT_NEG,
  LN_ELEMENT_FLOOR,
  LN_ELEMENT_EXP,
  LN_ELEMENT_LOG,
  LN_ELEMENT_COS,
  LN_ELEMENT_TANH,
  LN_ELEMENT_RSQRT,
  LN_ELEMENT_CBRT,
  LN_ELEMENT_LOGISTIC,
  LN_ELEMENT_UNARY_COUNT
} ln_element_function;

/* Rows that take any steps; `out` may be `a` or `b` where its step is 1. NULL: not for that type. They have no
 * parameters. */
ln_binary_row ln_element_binary(ln_element_op op, ln_number type);
ln_unary_row ln_element_unary(ln_element_function function, ln_number type);

/* Between any two types. To integers: cut towards zero, the nearest value where it does not fit, 0 for NaN; integers to
 * narrower ones are cut to their bits. To bool: whether it is not 0. Complex numbers lose their imaginary part. */
void ln_element_convert(ln_number from, const void* in, ln_number to, void* out, size_t n);

/* sum over k of a[k * a_step] * b[k * b_step], in the order of k, as the type adds and multiplies (16-bit floats: in
 * floats, rounded once). Bools: whether any pair is set. */
void ln_element_dot(ln_number type, const void* a, size_t a_step, const void* b, size_t b_step, size_t n, void* out);

size_t ln_number_size(ln_number type);

#endif
