/* What the integer step of a recurrent cell is made of: a matrix of int8 times a vector of 16 bits, its sums scaled and
 * added to gates of int16, and the gates' functions. Results are those of fixed_point.h and fixed_exp16.h, bit for bit.
 */
#ifndef LN_KERNELS_GATES_S16_H_
#define LN_KERNELS_GATES_S16_H_

#include <stddef.h>
#include <stdint.h>

#include "base/cpu.h"

typedef struct ln_gates_s16 {
  const char* name;
  ln_isa isa;
  /* matvec.h's ln_matvec_s8_s16_ref. */
  void (*matvec)(const int8_t* matrix, size_t rows, size_t columns, const int16_t* vector, int32_t* result);
  /* gate = saturated(gate + (sums + bias) * factor), the factor as ln_requantize has it, not negative; `bias` may be
   * NULL. */
  void (*accumulate)(const int32_t* sums, const int32_t* bias, int32_t multiplier, int shift, int16_t* gate,
                     size_t count);
  /* ln_logistic_s16 and ln_tanh_s16 of numbers with `integer_bits`, at most 6; `out` may be `in`. */
  void (*logistic)(int integer_bits, const int16_t* in, int16_t* out, size_t count);
  void (*tanh)(int integer_bits, const int16_t* in, int16_t* out, size_t count);
} ln_gates_s16;

const ln_gates_s16* const* ln_gates_s16_rungs(size_t* count);
const ln_gates_s16* ln_gates_s16_best(void);

#endif
