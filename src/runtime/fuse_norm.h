/* Layer norms, as converters write them down, found in a graph. */
#ifndef LN_RUNTIME_FUSE_NORM_H_
#define LN_RUNTIME_FUSE_NORM_H_

#include "runtime/fuse_state.h"

enum { NORM_NODES = 16 };

typedef struct ln_norm {
  int32_t positions[NORM_NODES]; /* of its nodes, the last of the plan first */
  int count;
  int32_t mean;                     /* position of the MEAN of x, which all others come after */
  int32_t x, epsilon, scale, shift; /* tensors; the last two may be -1 */
  bool centered;                    /* (x - mean) * factor, not x * factor - mean * factor */
} ln_norm;

/* Whether the node at `position` gives the result of one, of which nothing else is read by others. */
bool ln_find_norm(const fuse_state* f, int32_t position, ln_norm* norm);

#endif
