/* Choosing between the elements of two arrays by a third, with broadcasting. Knows nothing of types but their size. */
#ifndef LN_KERNELS_SELECT_H_
#define LN_KERNELS_SELECT_H_

#include <stddef.h>
#include <stdint.h>

enum { LN_SELECT_MAX_RANK = 8 };

/* Output extents, and the inputs' strides in elements: 0 where one is broadcast. */
typedef struct ln_select_shape {
  int rank;
  size_t extents[LN_SELECT_MAX_RANK];
  size_t strides[LN_SELECT_MAX_RANK][3]; /* condition, where it holds, where not */
} ln_select_shape;

/* Adds a dimension inside the others, joining it with the last where all inputs are one walk. */
void ln_select_add(ln_select_shape* shape, size_t extent, const size_t strides[3]);

/* out = condition != 0 ? yes : no, for elements of `bytes` bytes. `out` may be `yes` or `no` where that is not
 * broadcast. */
void ln_select(const ln_select_shape* shape, const uint8_t* condition, const void* yes, const void* no, void* out,
               size_t bytes);

#endif
