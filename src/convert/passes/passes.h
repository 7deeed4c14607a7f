/* The optimization passes: small functions over one subgraph. Each leaves outputs as they were (see linnet/convert.h).
 */
#ifndef LN_CONVERT_PASSES_PASSES_H_
#define LN_CONVERT_PASSES_PASSES_H_

#include "convert/graph.h"

typedef struct ln_pass {
  const char* name;
  const char* description;
  int (*run)(ln_subgraph* subgraph); /* how many changes it made */
} ln_pass;

/* In the order they run; the end has no name. */
extern const ln_pass ln_passes[];

/* Runs them over all subgraphs, again and again until nothing changes; those named in `skip` not (NULL: none). */
void ln_run_passes(ln_graph* graph, const char* skip);

/* Loops that are LSTM or plain recurrent layers as one operator, which keeps its state between runs: only where that is
 * wanted. How many. */
int ln_fuse_recurrent(ln_graph* graph);
/* Two of these that go over the same sequence from both ends as one. How many. */
int ln_join_directions(ln_graph* graph);

/* Makes builtin operators of those that importers leave for passes to recognize (the error function). Always runs. */
void ln_lower_rest(ln_graph* graph);

/* Makes operators that the original's kernels take of those that only the runtime here does, and notes as problems
 * those of which none can be made. Always runs, behind all passes. */
void ln_keep_limits(ln_graph* graph);

/* Whether a list of words separated by blanks or commas has a word. */
bool ln_has_word(const char* list, const char* word);

int ln_pass_dead(ln_subgraph* subgraph);
int ln_pass_fold(ln_subgraph* subgraph);
int ln_pass_identity(ln_subgraph* subgraph);
int ln_pass_common(ln_subgraph* subgraph);
int ln_pass_transposes(ln_subgraph* subgraph);
int ln_pass_reshapes(ln_subgraph* subgraph);
int ln_pass_scales(ln_subgraph* subgraph);
int ln_pass_depthwise(ln_subgraph* subgraph);
int ln_pass_dense(ln_subgraph* subgraph);
int ln_pass_pads(ln_subgraph* subgraph);
int ln_pass_activations(ln_subgraph* subgraph);
int ln_pass_clips(ln_subgraph* subgraph);
int ln_pass_hard_swish(ln_subgraph* subgraph);
int ln_pass_gelu(ln_subgraph* subgraph);
int ln_pass_l2_norm(ln_subgraph* subgraph);
int ln_pass_strength(ln_subgraph* subgraph);
int ln_pass_relus(ln_subgraph* subgraph);
int ln_pass_softmax(ln_subgraph* subgraph);
int ln_pass_layer_norm(ln_subgraph* subgraph);
int ln_pass_attention(ln_subgraph* subgraph);
int ln_pass_dilations(ln_subgraph* subgraph);
int ln_pass_resizes(ln_subgraph* subgraph);
int ln_pass_pieces(ln_subgraph* subgraph);
int ln_pass_movers(ln_subgraph* subgraph);
int ln_pass_chains(ln_subgraph* subgraph);
int ln_pass_following(ln_subgraph* subgraph);

/* ---- What passes share (pass_util.c) ---- */

/* The one node that takes `tensor`, if it is taken once and by a node; NULL else. */
ln_node* ln_only_user(const ln_tensor* tensor);
/* The node that makes `tensor`, if its code is `code` and nobody else takes it; NULL else. */
ln_node* ln_private_producer(const ln_tensor* tensor, int code);
bool ln_node_has_effect(const ln_node* node);
/* No fused activation, or the operator has none to fuse. */
bool ln_has_no_activation(const ln_node* node);
/* The slot of the operator's fused activation, -1: it has none. */
int ln_activation_slot(int code);
bool ln_is_float(const ln_tensor* tensor);
/* A constant number equal to `value` to float precision. */
bool ln_is_number(const ln_tensor* tensor, double value);
/* The operand of a binary node that is not `tensor`. */
ln_tensor* ln_other_operand(const ln_node* node, const ln_tensor* tensor);
/* The node's first output becomes `tensor` wherever it is taken, and the node goes. */
void ln_bypass(ln_node* node, ln_tensor* tensor);
/* Whether a tensor is an output of its subgraph. */
bool ln_is_output(const ln_tensor* tensor);
/* The node that made a tensor; NULL for NULL, a constant, an input. */
ln_node* ln_made_by(const ln_tensor* tensor);
/* The same where nobody else takes the tensor. */
ln_node* ln_made_for_one(const ln_tensor* tensor);
/* x and the number of a node of two operands, one of them a constant number, without an activation; false: it is none.
 * Where the order matters (SUB, DIV, POW) the number is the second. */
bool ln_with_number(const ln_node* node, int code, ln_tensor** x, double* number);
/* x where the tensor is x squared, in any form; NULL: it is not. */
ln_tensor* ln_square_of(const ln_tensor* tensor);
/* Makes the node another operator in place, with these inputs and the options' defaults. */
void ln_become(ln_node* node, int code, ln_tensor* x);
void ln_become_binary(ln_node* node, int code, ln_tensor* x, ln_tensor* y);
/* The node makes what `behind` made of its only output, and `behind` goes. */
void ln_absorb(ln_node* node, ln_node* behind);
/* A new node in front of `before` whose output is named after `like` and has its type and shape; `y` may be NULL. */
ln_node* ln_put_before(ln_node* before, int code, ln_tensor* x, ln_tensor* y, const ln_tensor* like);
/* A constant for a reshape to the shape of `like`; NULL: more than one of its extents is unknown. */
ln_tensor* ln_shape_constant(const ln_tensor* like);
/* The axis of a reduction over one dimension that is kept as 1, counted from 0; -1: it is none. */
int ln_reduced_axis(const ln_node* node, int code);
/* Where a layer (a convolution, a dense layer) has its output channels: the dimension of its weights, and which input
 * the bias is; false: it is no layer. */
bool ln_find_channels(const ln_node* node, int* dim, int* bias);
/* A layer whose weights are constant floats, without an activation: it can take scales and biases. */
bool ln_takes_scales(const ln_node* node);
/* The numbers of a constant that is one number (*step 0), or one for each of the last dimension's channels (*step 1);
 * NULL: it is neither. */
const float* ln_per_channel(const ln_tensor* tensor, int32_t channels, size_t* step);
/* Sets the bias at input `index`. */
void ln_set_bias(ln_node* node, int index, ln_tensor* bias);
/* The bias as it is where it can be changed: constant, float, one for each channel; or none. */
bool ln_bias_of(const ln_node* node, int index, int32_t channels, ln_tensor** bias);

#endif
