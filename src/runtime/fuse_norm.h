/* Layer norms, as converters write them down, found in a graph. */
#ifndef LN_RUNTIME_FUSE_NORM_H_
#define LN_RUNTIME_FUSE_NORM_H_

#include "runtime/fuse_state.h"

enum { NORM_NODES = 10, NORM_CONSTANTS = 3 };

/* A layer norm whose first MEAN is at `position`: its other nodes' positions, the last one's last, and the constants
 * that a MEAN that normalizes reads as inputs 2 to 4. Returns how many nodes; 0: none. */
int ln_find_norm(const fuse_state* f, int32_t position, int32_t followers[NORM_NODES],
                 int32_t constants[NORM_CONSTANTS]);

#endif
