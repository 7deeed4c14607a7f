/* Labels as a model's associated file: an archive behind the model with labels.txt, and metadata that say which output
 * it is for. */
#ifndef LN_CONVERT_LABELS_H_
#define LN_CONVERT_LABELS_H_

#include "convert/graph.h"

/* Reads a text file with a label a line and puts it into the graph for its first output, in place of an archive and
 * metadata that were there. */
void ln_add_labels(ln_graph* graph, const char* path);

#endif
