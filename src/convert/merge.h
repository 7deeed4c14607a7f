/* Signatures that compute the same by the same operators: they share a subgraph. */
#ifndef LN_CONVERT_MERGE_H_
#define LN_CONVERT_MERGE_H_

#include "convert/graph.h"

/* Points signatures at the first signature's subgraph that equals theirs in all but names. Subgraphs that nobody
 * reaches any more are taken out. */
void ln_merge_signatures(ln_graph* graph);

#endif
