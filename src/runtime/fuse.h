/* Rewrites: nodes that are run as one. */
#ifndef LN_RUNTIME_FUSE_H_
#define LN_RUNTIME_FUSE_H_

#include "runtime/interpreter.h"

/* Replaces sets of the library's own nodes by one each: a padding before a convolution, an activation behind an
 * operator that can apply it to what it has just made, concatenations before norms that can read their pieces, layer
 * norms, transpositions around products. Tensors between them get no memory. Done anew where it was undone; a no-op
 * with preserve_all_tensors. */
TfLiteStatus ln_subgraph_fuse(ln_subgraph* subgraph);

/* Brings back the plan as it was. Whoever changes the plan or looks for single nodes in it does this first. */
void ln_subgraph_unfuse(ln_subgraph* subgraph);

#endif
