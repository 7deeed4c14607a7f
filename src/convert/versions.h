/* The version that a file must say of an operator so that old runtimes which lack a feature refuse it, and the runtime
 * that first had all versions of a model. */
#ifndef LN_CONVERT_VERSIONS_H_
#define LN_CONVERT_VERSIONS_H_

#include "convert/graph.h"

/* The least that has what the node uses; not below the version of the file it was read from. */
int32_t ln_operator_version(const ln_node* node);

/* Sets the metadata "min_runtime_version": the first runtime that has all that the graph's operators use. */
void ln_set_min_runtime_version(ln_graph* graph);

#endif
