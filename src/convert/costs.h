/* What an operator costs: multiply-adds, bytes of weights, bytes of activations. A batch that may change counts as
 * 1, another extent that may as LN_U0_OTHER. */
#ifndef LN_CONVERT_COSTS_H_
#define LN_CONVERT_COSTS_H_

#include "convert/graph.h"

typedef struct ln_cost {
  double multiply_adds; /* of products; for what only moves or compares: 0 */
  double weight_bytes;  /* constants that it reads */
  double read_bytes, written_bytes;
} ln_cost;

ln_cost ln_node_cost(const ln_node* node);
double ln_known_elements(const ln_tensor* tensor);
double ln_known_bytes(const ln_tensor* tensor);

#endif
