/* What passes change, found by comparing a graph with what it was: which nodes became which. Every node has a number
 * that it keeps. Knows nothing of what the passes are for; a graph that nobody reports on has none, and costs nothing.
 */
#ifndef LN_CONVERT_TRACE_H_
#define LN_CONVERT_TRACE_H_

#include "convert/graph.h"

/* A node as it was: its number, operator (a custom one's name) and what its source calls it. */
typedef struct ln_trace_node {
  int32_t number;
  const char *op, *name;
} ln_trace_node;

/* Some nodes that a pass made of some others. Nodes may be among both. */
typedef struct ln_trace_step {
  struct ln_trace_step* next;
  const char *pass, *subgraph;
  ln_trace_node *before, *after;
  int32_t before_count, after_count;
} ln_trace_step;

typedef struct ln_trace ln_trace;

/* Begins with the graph as it is, and hangs on it: graph->trace. */
void ln_trace_begin(ln_graph* graph);
/* Compares a subgraph with what it was; what has changed is the pass's work. Nothing where the graph has no trace. */
void ln_trace_pass(ln_subgraph* subgraph, const char* pass);
const ln_trace_step* ln_trace_steps(const ln_trace* trace);
/* The operator's name: "CONV_2D", or a custom one's own. */
const char* ln_node_op(const ln_node* node);
/* What a node is called: by its source, or its first output's name. */
const char* ln_node_name(const ln_node* node);

#endif
