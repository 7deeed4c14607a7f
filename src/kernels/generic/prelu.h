/* PRELU's rows for ln_binary_walk: x where it is at least 0, else x times its slope. */
#ifndef LN_KERNELS_PRELU_H_
#define LN_KERNELS_PRELU_H_

#include "kernels/generic/binary.h"

/* params of the quantized rows. The first factor is input scale / output scale, the second that times the slopes'. */
typedef struct ln_prelu_quantized {
  int32_t in_offset, slope_offset, out_offset; /* -zero point, -zero point, +zero point */
  int32_t multiplier, slope_multiplier;
  int shift, slope_shift;
} ln_prelu_quantized;

#define LN_PRELU_ROW(name)                                                                                             \
  void ln_prelu_##name##_ref(const void* params, const void* in, size_t in_step, const void* slope, size_t slope_step, \
                             void* out, size_t n);

LN_PRELU_ROW(f32)
LN_PRELU_ROW(qu8)
LN_PRELU_ROW(qs8)
LN_PRELU_ROW(qs16) /* the slopes are int8 */

#undef LN_PRELU_ROW

#endif
