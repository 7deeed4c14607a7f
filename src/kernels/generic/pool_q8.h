/* Pooling of bytes, a row of the output at a time: the rungs of ln_average_pool_q?8_ref and ln_max_pool_q?8_ref, with
 * their results bit for bit. */
#ifndef LN_KERNELS_POOL_Q8_H_
#define LN_KERNELS_POOL_Q8_H_

#include <stddef.h>

#include "base/cpu.h"
#include "kernels/generic/pool.h"

/* `row` counts over all images' output rows; `in` and `out` are the whole arrays, int8 or uint8. */
typedef void (*ln_pool_q8_fn)(const ln_pool_shape* shape, size_t row, const void* in, void* out, int32_t low,
                              int32_t high);

/* sums[c] = the sum over the pixels, `stride` bytes apart, modulo 2^32. */
typedef void (*ln_pool_q8_sum)(size_t pixels, size_t channels, const void* in, size_t stride, uint32_t* sums);

typedef struct ln_pool_q8 {
  const char* name;
  ln_isa isa;
  ln_pool_q8_fn average_u8, average_s8, max_u8, max_s8;
  ln_pool_q8_sum sum_u8, sum_s8;
} ln_pool_q8;

const ln_pool_q8* const* ln_pool_q8_rungs(size_t* count);
const ln_pool_q8* ln_pool_q8_best(void);

#endif
