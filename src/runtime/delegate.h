/* Delegates as the rest of the runtime sees them. */
#ifndef LN_RUNTIME_DELEGATE_H_
#define LN_RUNTIME_DELEGATE_H_

#include "runtime/interpreter.h"

/* What TfLiteContext offers a delegate's Prepare; see the interface. */
TfLiteStatus ln_replace_nodes(ln_subgraph* subgraph, TfLiteRegistration registration, const TfLiteIntArray* nodes,
                              TfLiteDelegate* delegate);
TfLiteStatus ln_preview_partitioning(ln_subgraph* subgraph, const TfLiteIntArray* nodes, TfLiteDelegateParams** params,
                                     int* count);
void ln_delegation_free(ln_subgraph* subgraph); /* the previews and copies of the plan that a Prepare was given */

void ln_interpreter_forget_delegates(ln_interpreter* interpreter); /* those applied, when it is deleted */

/* Fetches a tensor's data from its delegate's memory where the copy here is stale. */
TfLiteStatus ln_make_readable(ln_subgraph* subgraph, int32_t tensor);
void ln_free_buffer_handle(ln_subgraph* subgraph, TfLiteTensor* tensor);

/* A delegate for fixed shapes has to look at the graph anew when an input is resized: undo brings back the file's plan,
 * redo applies all delegates again (a no-op where nothing is undone). After a failure the file's plan stands. */
TfLiteStatus ln_undo_delegates(ln_subgraph* subgraph);
TfLiteStatus ln_redo_delegates(ln_subgraph* subgraph);

/* Splits the plan into subsets that run one after the other. Only delegated ones list their inputs and outputs. Freed
 * with ln_partition_free. Reports nodes that cannot be asked for. */
TfLiteStatus ln_partition(const ln_subgraph* subgraph, const TfLiteIntArray* delegated, ln_node_subset** subsets,
                          int32_t* count);
void ln_partition_free(ln_node_subset* subsets, int32_t count);

#endif
