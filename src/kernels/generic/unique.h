/* The different values of a list, in the order in which they come. */
#ifndef LN_KERNELS_UNIQUE_H_
#define LN_KERNELS_UNIQUE_H_

#include <stddef.h>
#include <stdint.h>

/* How many slots a table for `n` keys has, at most 4 n + 4: a power of two. */
size_t ln_unique_slots(size_t n);

/* ids[i] becomes the number of keys[i] among the different keys; first[id] where that key stands first. Both have n
 * elements, `slots` has ln_unique_slots(n); n is at most INT32_MAX. Returns how many different keys there are. */
size_t ln_unique(const uint64_t* keys, size_t n, int32_t* slots, int32_t* ids, int32_t* first);

#endif
