/* Numbers looked up in a constant list of keys by operators that every runtime has: gathered where the keys lie close
 * together, compared with those of the same remainder else. Knows nothing of what the list came from. */
#ifndef LN_CONVERT_NUMBER_LOOKUP_H_
#define LN_CONVERT_NUMBER_LOOKUP_H_

#include "convert/tables.h"

/* Elements of one type: `strings` for LN_TYPE_STRING, `numbers` for others. */
typedef struct ln_elements {
  int type;
  const void* numbers;
  const ln_chars* strings;
} ln_elements;

/* Whether a list with an element for each number from the smallest key to the largest is of reasonable size. */
bool ln_keys_are_close(const int64_t* keys, size_t count);

/* For each number in x (of any integer type) the element with the index of its key; the last of equal keys counts.
 * Element number `count` is for numbers that are no key. NULL: x has too many dimensions, or too many of the keys have
 * equal remainders whatever they are divided by. */
ln_tensor* ln_build_lookup(const ln_builder* b, ln_tensor* x, const int64_t* keys, size_t count,
                           const ln_elements* elements, const char* name);

/* Elements `places[0..count)` as a constant [count]. */
ln_tensor* ln_pick_elements(const ln_builder* b, const ln_elements* elements, const int32_t* places, size_t count,
                            const char* name);

#endif
