/* What operators on one input share: the output has the input's shape and is computed element by element. */
#ifndef LN_OPS_UNARY_UTIL_H_
#define LN_OPS_UNARY_UTIL_H_

#include "kernels/generic/unary.h"
#include "ops/op_util.h"

/* The one input and the one output. */
TfLiteStatus ln_unary_get(TfLiteContext* context, const TfLiteNode* node, const TfLiteTensor** input,
                          TfLiteTensor** output);

/* Gives the output, which must have the input's type, the input's shape. */
TfLiteStatus ln_unary_prepare(TfLiteContext* context, const TfLiteNode* node);

/* Runs the row function, large tensors on all threads. For FLOAT16 and BFLOAT16 it is one of floats. */
TfLiteStatus ln_unary_run(TfLiteContext* context, const TfLiteNode* node, ln_unary_row row, const void* params);

/* Reports unless input and output have a scale above 0. */
TfLiteStatus ln_unary_check_scales(TfLiteContext* context, const TfLiteTensor* input, const TfLiteTensor* output);

#endif
