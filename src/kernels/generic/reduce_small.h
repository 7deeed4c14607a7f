/* Reductions of bytes and 16-bit integers that lie in rows, or in columns side by side: sums, and extremes, of which
 * the least is the largest of what is turned over. reduce.h's definitions say what comes of it. */
#ifndef LN_KERNELS_REDUCE_SMALL_H_
#define LN_KERNELS_REDUCE_SMALL_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cpu.h"
#include "kernels/generic/reduce.h"

/* `rows` rows of `count` >= 1 values one after the other, or `columns` columns of `count` values whose lines are
 * `stride` values apart. Bytes are taken as unsigned after an exclusive or with `flip`: 0x80 for int8, all bits
 * inverted for the least instead; 16-bit ones are signed, with 0 or -1 for `flip`. Sums are modulo 2^32. */
typedef struct ln_reduce_small_kernel {
  const char* name;
  ln_isa isa;
  void (*sum_bytes)(const uint8_t* in, size_t rows, size_t count, uint8_t flip, uint32_t* sums);
  void (*sum_s16)(const int16_t* in, size_t rows, size_t count, uint32_t* sums);
  void (*most_bytes)(const uint8_t* in, size_t rows, size_t count, uint8_t flip, uint8_t* out);
  void (*most_s16)(const int16_t* in, size_t rows, size_t count, int16_t flip, int16_t* out);
  void (*most_bytes_down)(const uint8_t* in, size_t count, size_t stride, size_t columns, uint8_t flip, uint8_t* out);
  void (*most_s16_down)(const int16_t* in, size_t count, size_t stride, size_t columns, int16_t flip, int16_t* out);
} ln_reduce_small_kernel;

const ln_reduce_small_kernel* const* ln_reduce_small_rungs(size_t* count);
const ln_reduce_small_kernel* ln_reduce_small_best(void);

typedef enum ln_small { LN_SMALL_S8, LN_SMALL_U8, LN_SMALL_S16 } ln_small;

/* ln_reduce_s8_ref and its kin for LN_REDUCE_MAX and LN_REDUCE_MIN, and ln_reduce_sum_qs8_ref and its kin, for shapes
 * of one reduced dimension that is innermost or outside of one that is kept; false: it is another case. */
bool ln_reduce_small_extreme(ln_reduction kind, ln_small type, const ln_reduce_shape* shape, const void* in, void* out);
bool ln_reduce_small_sum(const ln_reduce_quantized* params, ln_small type, const ln_reduce_shape* shape, const void* in,
                         void* out);

#endif
