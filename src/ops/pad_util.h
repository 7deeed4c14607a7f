/* Padding as StableHLO has it: elements before, behind and between those of a tensor, of one value; a negative number
 * before or behind crops. PAD, DILATE and the windows of reductions and convolutions are this. */
#ifndef LN_OPS_PAD_UTIL_H_
#define LN_OPS_PAD_UTIL_H_

#include "ops/op_util.h"

typedef struct ln_edge_padding {
  int64_t low[LN_MAX_RANK], high[LN_MAX_RANK], interior[LN_MAX_RANK];
} ln_edge_padding;

/* The padded extents, negative where more is cropped than there is; reports a negative interior padding and extents
 * that overflow. */
TfLiteStatus ln_padded_dims(TfLiteContext* context, int rank, const int32_t* dims, const ln_edge_padding* padding,
                            int32_t* padded);

/* Writes the padded tensor; `value` is one element. `padded` are extents of at least 0 as by ln_padded_dims. */
void ln_pad_edges(int rank, const int32_t* dims, const void* in, const ln_edge_padding* padding, const void* value,
                  const int32_t* padded, void* out, size_t element_bytes);

#endif
