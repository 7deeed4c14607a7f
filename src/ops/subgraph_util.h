/* Running another subgraph of the model from an operator: what IF, WHILE, CALL_ONCE and composites share. */
#ifndef LN_OPS_SUBGRAPH_UTIL_H_
#define LN_OPS_SUBGRAPH_UTIL_H_

#include "ops/op_util.h"

/* Reports where there is no backend, no such subgraph, or its inputs and outputs are not as many as given (-1: any). */
TfLiteStatus ln_check_subgraph(TfLiteContext* context, int32_t subgraph, int inputs, int outputs);

/* Gives the subgraph's inputs the shapes (and types) of the node's inputs from `first` on, and allocates it. */
TfLiteStatus ln_shape_subgraph(TfLiteContext* context, const TfLiteNode* node, int first, int32_t subgraph);

/* A tensor of the subgraph: its input or output number `index`. */
TfLiteTensor* ln_subgraph_input(TfLiteContext* context, int32_t subgraph, int index);
TfLiteTensor* ln_subgraph_output(TfLiteContext* context, int32_t subgraph, int index);

/* Copies data (shapes must agree; a dynamic or string destination is made to fit). `owner` owns `to`. */
TfLiteStatus ln_copy_tensor(TfLiteContext* owner, const TfLiteTensor* from, TfLiteTensor* to);

/* Copies the node's inputs from `first` on into the subgraph's inputs, resizing and allocating it where shapes differ.
 */
TfLiteStatus ln_enter_subgraph(TfLiteContext* context, const TfLiteNode* node, int first, int32_t subgraph);

/* Copies the subgraph's outputs to the node's. */
TfLiteStatus ln_leave_subgraph(TfLiteContext* context, const TfLiteNode* node, int32_t subgraph);

/* What a tensor that decides between subgraphs says; reported where it is not one BOOL. */
TfLiteStatus ln_read_condition(TfLiteContext* context, const TfLiteTensor* t, bool* value);

/* Gives the node's outputs the subgraph's outputs' shapes, or makes them dynamic. */
TfLiteStatus ln_shape_outputs(TfLiteContext* context, const TfLiteNode* node, int32_t subgraph, bool dynamic);

#endif
