/* Values that were computed with two numbers put for what is unknown (infer.h), and may hold for these two only: a
 * comparison of an unknown extent with a number between it and others, a rounding or a remainder that is the same for
 * both. Knows what comparisons and roundings do with sizes; runs nothing. */
#ifndef LN_CONVERT_DOUBT_H_
#define LN_CONVERT_DOUBT_H_

#include "convert/graph.h"

/* values[w], of bytes[w], is what the only output of `node` holds where number w is put. Where equal values, or a
 * choice between the operands, would claim too much, values[1] becomes a changed copy that the graph's job owns: the
 * output counts as unknown. False: no value can be put for it, it is known only when it runs. */
bool ln_doubt_values(const ln_node* node, const void* values[2], const size_t bytes[2]);

#endif
