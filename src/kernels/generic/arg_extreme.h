/* Where along an axis the largest or smallest element stands; of equals the first. A NaN is never larger or smaller:
 * one that stands first is found. */
#ifndef LN_KERNELS_ARG_EXTREME_H_
#define LN_KERNELS_ARG_EXTREME_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* best[c] = the place among in[i * stride + c], 0 <= i < count, for each column; count is 1 to INT32_MAX. */
#define LN_ARG_EXTREME(name, type) \
  void ln_arg_extreme_##name(bool largest, const type* in, size_t count, size_t stride, size_t columns, int32_t* best);

LN_ARG_EXTREME(f32, float)
LN_ARG_EXTREME(s32, int32_t)
LN_ARG_EXTREME(s16, int16_t)
LN_ARG_EXTREME(s8, int8_t)
LN_ARG_EXTREME(u8, uint8_t)

#undef LN_ARG_EXTREME

#endif
