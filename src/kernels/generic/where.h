/* The indices of the elements of an array that are not 0. */
#ifndef LN_KERNELS_WHERE_H_
#define LN_KERNELS_WHERE_H_

#include <stddef.h>
#include <stdint.h>

enum { LN_WHERE_MAX_RANK = 8 };

/* For one type of elements: `count` says how many of n are not 0, `list` writes the `rank` indices of each. */
typedef struct ln_where {
  size_t (*count)(const void* in, size_t n);
  void (*list)(const void* in, int rank, const int32_t* dims, int64_t* out);
} ln_where;

/* Integers and bool by their size in bytes: 1, 2, 4 or 8. Of floats, -0 is 0 and NaN is not. */
const ln_where* ln_where_int(size_t bytes);
extern const ln_where ln_where_f32, ln_where_f64;

#endif
