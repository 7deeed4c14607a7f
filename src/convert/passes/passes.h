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

/* Makes builtin operators of those that importers leave for passes to recognize (the error function). Always runs. */
void ln_lower_rest(ln_graph* graph);

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

#endif
