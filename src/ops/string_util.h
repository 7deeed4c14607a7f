/* The strings of a tensor: int32 count, int32 offsets[count + 1] from the start of the data, the bytes. Data comes from
 * files and clients at any alignment and with any content: it is checked once, as a whole, before a string is taken. */
#ifndef LN_OPS_STRING_UTIL_H_
#define LN_OPS_STRING_UTIL_H_

#include <string.h>

#include "ops/op_util.h"

/* One string: borrowed, not terminated. */
typedef struct ln_string {
  const char* data;
  size_t size;
} ln_string;

/* The strings of a tensor, good as long as its data. */
typedef struct ln_strings {
  const char* data;
  size_t count;
} ln_strings;

/* Reports a buffer whose offsets fall or leave it, and one with fewer strings than the tensor has elements. */
TfLiteStatus ln_read_strings(TfLiteContext* context, const TfLiteTensor* t, ln_strings* strings);

/* String i of those that ln_read_strings has checked. */
static inline ln_string ln_string_at(const ln_strings* strings, size_t i) {
  int32_t ends[2];
  memcpy(ends, strings->data + (i + 1) * sizeof(int32_t), sizeof ends);
  return (ln_string){strings->data + ends[0], (size_t)ends[1] - (size_t)ends[0]};
}

static inline bool ln_string_equal(ln_string a, ln_string b) {
  return a.size == b.size && (a.size == 0 || memcmp(a.data, b.data, a.size) == 0);
}

/* Makes the tensor's data of `count` strings: `at` gives the i-th, twice, the same one. They must not lie in the tensor
 * itself. Its shape is left alone. */
TfLiteStatus ln_write_strings(TfLiteContext* context, TfLiteTensor* t, size_t count,
                              ln_string (*at)(const void* arg, size_t i), const void* arg);

#endif
