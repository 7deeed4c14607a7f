/* The product of a FULLY_CONNECTED node that is prepared, for more rows than the node has: a loop's products of all its
 * steps at once. */
#ifndef LN_OPS_FULLY_CONNECTED_H_
#define LN_OPS_FULLY_CONNECTED_H_

#include "ops/op_util.h"

/* Whether it can be run so: all but its input is constant. `node` is of ln_op_fully_connected. */
bool ln_fully_connected_takes_rows(const TfLiteNode* node);

/* The memory for `times` as many rows; false: too much. */
bool ln_fully_connected_rows_bytes(const TfLiteNode* node, size_t times, size_t* size_bytes);

/* `times` inputs of the node behind each other at `in`, their outputs at `out`; `memory` at a multiple of 64. The
 * results are those of the node, bit for bit. */
void ln_fully_connected_run_rows(TfLiteContext* context, const TfLiteNode* node, const void* in, size_t times,
                                 void* out, void* memory);

#endif
