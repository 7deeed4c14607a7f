/* Running sums along the middle axis of [outer, extent, inner]. */
#ifndef LN_KERNELS_CUMSUM_H_
#define LN_KERNELS_CUMSUM_H_

#include <stdbool.h>
#include <stddef.h>

typedef struct ln_cumsum {
  size_t outer, extent, inner;
  bool exclusive; /* an element's own value does not count */
  bool reverse;   /* from the end */
} ln_cumsum;

/* `out` may be `in`. Integers wrap. */
void ln_cumsum_f32_ref(const ln_cumsum* p, const void* in, void* out);
void ln_cumsum_i32_ref(const ln_cumsum* p, const void* in, void* out);
void ln_cumsum_i64_ref(const ln_cumsum* p, const void* in, void* out);

#endif
