/* Shapes and values of nodes' outputs, found by the runtime: the node alone is made a model, prepared, and, where all
 * that it needs is known, run. So a shape here is what the interpreter will find, and constants are folded by the
 * kernels that would have computed them. Sees the runtime's public interface only.
 *
 * Each is done with two different numbers put for what is unknown (graph.h): extents that come out different are
 * unknown. Numbers that were computed from shapes are known in both forms: the shape operand of a reshape that comes
 * out as {3, 49} and {4, 49} is {-1, 49}. */
#ifndef LN_CONVERT_INFER_H_
#define LN_CONVERT_INFER_H_

#include "convert/graph.h"

/* Gives the node's outputs their shapes, and values where they can be known. An output whose value is the same in both
 * forms becomes a constant; a node all of whose outputs are constants is taken out of its subgraph. Where the runtime
 * refuses the node that is noted as a problem with its place. Outputs that are known only when it runs have rank -1, or
 * extents unknown where the operator says the rank. Control flow (IF, WHILE) and custom operators are left as they are:
 * their importer knows. */
void ln_infer(ln_node* node);

/* Computes a node all of whose inputs are constants, where that does not make the file grow: its outputs become
 * constants and it is taken out. False: it stays. */
bool ln_fold_node(ln_node* node);

/* The rank and extents of an output that are known otherwise: -1 for what is not. */
void ln_tensor_set_shape(ln_tensor* tensor, int rank, const int32_t* dims);

#endif
