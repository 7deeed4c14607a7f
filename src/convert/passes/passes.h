/* The optimization passes: small functions over one graph. Each leaves outputs as they were (see linnet/convert.h). */
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

/* Whether a list of words separated by blanks has a word. */
bool ln_has_word(const char* list, const char* word);

int ln_pass_dead(ln_subgraph* subgraph);

#endif
