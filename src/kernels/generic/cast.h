/* Between number types. Integers are cut to the bits of the type they go to; floats are cut towards 0 and saturate, NaN
 * becomes the largest value; of complex numbers the real part counts. What is not 0 is true. */
#ifndef LN_KERNELS_CAST_H_
#define LN_KERNELS_CAST_H_

#include <stddef.h>

typedef enum ln_number {
  LN_NUMBER_S8,
  LN_NUMBER_U8,
  LN_NUMBER_S16,
  LN_NUMBER_U16,
  LN_NUMBER_S32,
  LN_NUMBER_U32,
  LN_NUMBER_S64,
  LN_NUMBER_BOOL,
  LN_NUMBER_F32,
  LN_NUMBER_F64,
  LN_NUMBER_F16,
  LN_NUMBER_BF16,
  LN_NUMBER_C64,
  LN_NUMBER_S4, /* packed: the first of a byte is the lowest; only to and from F32 */
  LN_NUMBER_U4,
  LN_NUMBER_S2,
  LN_NUMBER_COUNT
} ln_number;

/* `in` and `out` do not overlap. */
void ln_cast_ref(ln_number in_type, const void* in, ln_number out_type, void* out, size_t count);

#endif
