/* How many operands an operator has at least. Passes look at operators without asking again. */
#ifndef LN_CONVERT_OPERANDS_H_
#define LN_CONVERT_OPERANDS_H_

#include "convert/graph.h"

/* Stops the job where a node of a file has fewer inputs or outputs than its operator, or leaves out one that it must
 * have. Nothing is said of operators that no pass looks into. */
void ln_check_operands(const ln_node* node);

#endif
