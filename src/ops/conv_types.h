/* The types that depthwise and transposed convolutions take. */
#ifndef LN_OPS_CONV_TYPES_H_
#define LN_OPS_CONV_TYPES_H_

#include "ops/op_util.h"

/* Prepare: FLOAT32 by FLOAT32, INT8 or INT4, UINT8 by UINT8, INT8 by INT8 or INT4, INT16 by INT8 or INT4 (with zero
 * points of 0); the output has the input's type. A bias (NULL: none) of INT16 pictures is the caller's to check. */
TfLiteStatus ln_check_conv_types(TfLiteContext* context, const TfLiteTensor* input, const TfLiteTensor* filter,
                                 const TfLiteTensor* bias, const TfLiteTensor* output);

#endif
