/* Products of the same floats by weights of bytes, as the query, key and value of attention are: what they make of
 * their input is the same. */
#ifndef LN_RUNTIME_FUSE_ROWS_H_
#define LN_RUNTIME_FUSE_ROWS_H_

#include "runtime/fuse_state.h"

/* Whether the products at both positions, the second one behind the first, make the same bytes of the same input. */
bool ln_share_rows(const fuse_state* f, int32_t position, int32_t other);

/* Tensors for such bytes, their scales and zero points. */
TfLiteStatus ln_add_row_tensors(ln_subgraph* subgraph, int32_t tensors[3]);

#endif
