/* Folding one array into another element by element: sums, products and extremes of rows. */
#ifndef LN_KERNELS_ACCUMULATE_H_
#define LN_KERNELS_ACCUMULATE_H_

#include <stddef.h>

/* out[i] = f(out[i], in[i]) for i < n. Integers wrap. An extreme of NaN and a number is what `out` holds. */
typedef void (*ln_accumulate_row)(const void* in, void* out, size_t n);

#define LN_ACCUMULATE_ROWS(name)                                            \
  void ln_accumulate_##name##_f32_ref(const void* in, void* out, size_t n); \
  void ln_accumulate_##name##_i32_ref(const void* in, void* out, size_t n);

LN_ACCUMULATE_ROWS(sum)
LN_ACCUMULATE_ROWS(product)
LN_ACCUMULATE_ROWS(maximum)
LN_ACCUMULATE_ROWS(minimum)

#undef LN_ACCUMULATE_ROWS

#endif
