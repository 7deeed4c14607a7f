/* What the signal operators (those of the microcontroller runtime's speech front end) share: checks of vectors, and
 * state that lives from one invoke to the next. */
#ifndef LN_OPS_SIGNAL_UTIL_H_
#define LN_OPS_SIGNAL_UTIL_H_

#include "ops/custom_ops.h"
#include "ops/custom_util.h"

/* State between invokes: a temporary that counts as a variable, so that resetting the variables zeroes it. Zeros must
 * be the first state. Put it in the node's data, with `first` -1. */
typedef struct ln_signal_state {
  int first;
  size_t size_bytes;
  bool fresh; /* not zeroed since its size has changed */
} ln_signal_state;

/* Makes it the node's only temporary. In prepare. */
TfLiteStatus ln_signal_set_state(TfLiteContext* context, TfLiteNode* node, ln_signal_state* state, size_t size_bytes);
/* In invoke. */
void* ln_signal_get_state(TfLiteContext* context, const TfLiteNode* node, ln_signal_state* state);

/* An input of that type and rank; `count` >= 0 asks for that many elements. */
TfLiteStatus ln_signal_get_vector(TfLiteContext* context, const TfLiteNode* node, int index, const char* what,
                                  TfLiteType type, int64_t count, const TfLiteTensor** tensor);
/* The output, which has that type. */
TfLiteStatus ln_signal_get_output(TfLiteContext* context, const TfLiteNode* node, int index, TfLiteType type,
                                  TfLiteTensor** tensor);

/* The product of all extents but the last `inner`. */
size_t ln_signal_outer(const TfLiteTensor* t, int inner);

#endif
