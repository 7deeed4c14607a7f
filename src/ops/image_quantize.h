/* What hybrid convolutions do with their float input before they run: every image of the batch becomes int8, with a
 * scale and a zero point of its own. The memory for it is three temporaries of the node. */
#ifndef LN_OPS_IMAGE_QUANTIZE_H_
#define LN_OPS_IMAGE_QUANTIZE_H_

#include "ops/op_util.h"

enum { LN_IMAGE_TEMPORARIES = 3 };

typedef struct ln_quantized_images {
  const void* data; /* int8; or whole floats, less the zero point */
  const float* scales;
  const int32_t* zero_points;
} ln_quantized_images;

/* Prepare of a convolution of floats by a filter of 8 or 4 bits: shapes the temporaries at slots 0 to 2 (after
 * ln_set_temporaries) for the node's input `input_index`, and reads the filter's scales, one for each of its `outputs`
 * channels (what *scales was is freed; the caller frees it). `type` of the images: INT8 or FLOAT32. */
TfLiteStatus ln_prepare_hybrid(TfLiteContext* context, TfLiteNode* node, int input_index, const TfLiteTensor* filter,
                               int32_t outputs, TfLiteType type, float** scales);

/* Invoke. */
ln_quantized_images ln_quantize_images(TfLiteContext* context, const TfLiteNode* node, const TfLiteTensor* input);

#endif
